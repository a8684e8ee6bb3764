"""Who acts, asked at the moment of acting: owners, chains, teams, absences, leavers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain import roles
from domain.account import facts
from domain.facts import Absence, Contact, Facts, Person
from domain.roles import holder, managers, recipients
from tests.domain.kit import MONDAY, a_contact, a_house, a_person, an_account, at, people

HOUSE = a_house()


def known(team: Mapping[str, Person] | None = None, owner: str | None = "csm", **values: str) -> Facts:
    account = an_account(facts=values, owner_id=owner, people=people() if team is None else team)
    return facts(account, HOUSE, at("0 10:00"))


def held(role: str, about: Facts | None = None, when: str = "0 10:00") -> str | None:
    """The holder of a role, as `person`, or `person for the person they cover`."""
    found = holder(role, HOUSE.roles, HOUSE.calendars, about or known(), at(when))
    if found is None:
        return None
    return f"{found.person.id} for {found.covering_for.id}" if found.covering_for else found.person.id


def away(person: Person, first: int, last: int, backup: str | None = None) -> Person:
    """The person, not working from one day of the story to another."""
    return replace(person, backup_id=backup, absences=(Absence(MONDAY + timedelta(days=first), MONDAY + timedelta(days=last)),))


CSM, DIRECTOR, VP, CCO, ENGINEER = (people()[id] for id in ("csm", "director", "vp", "cco", "engineer"))
SUB = a_person("sub", "csm")


@pytest.mark.parametrize(
    ("role", "expected"),
    [("owner", "csm"), ("csm", "csm"), ("director", "director"), ("vp", "vp"), ("cco", "cco"), ("pool", "engineer"), ("nobody", None)],
)
def test_a_role_is_held(role: str, expected: str | None) -> None:
    assert held(role) == expected


def test_a_fact_can_name_the_holder() -> None:
    assert held("engineer", known(engineer="sub", team=people(SUB))) == "sub"
    assert held("engineer", known(engineer="somebody-unknown")) == "engineer"  # else the pool
    assert held("engineer", known()) == "engineer"


def test_without_an_owner_the_pool_acts() -> None:
    assert held("owner", known(owner=None)) == "engineer"
    assert held("owner", known(owner="gone-from-the-list")) == "engineer"


# The chain


def test_the_chain_is_of_the_owners_managers_not_of_anybodys() -> None:
    other = a_person("other-director", "director")
    assert held("director", known(people(other))) == "director"
    assert held("director", known(people(other, replace(CSM, manager_id="other-director")))) == "other-director"


@pytest.mark.parametrize(
    ("role", "team", "expected"),
    [
        ("director", people(replace(CSM, manager_id="vp")), "director"),  # nobody above the owner is one: anyone who is
        ("director", {id: person for id, person in people(replace(CSM, manager_id="vp")).items() if id != "director"}, "vp"),
        ("director", people(replace(DIRECTOR, active=False)), "vp"),
        ("director", people(replace(DIRECTOR, active=False), replace(VP, active=False)), "cco"),
        ("vp", people(replace(VP, active=False)), "cco"),
        ("cco", people(replace(CCO, active=False)), None),
        ("owner", {}, None),
    ],
)
def test_where_a_role_is_vacant_the_next_one_acts(role: str, team: Mapping[str, Person], expected: str | None) -> None:
    assert held(role, known(team)) == expected


def test_a_circle_of_managers_ends() -> None:
    circle = people(replace(DIRECTOR, manager_id="csm"))
    assert [person.id for person in managers("csm", known(circle))] == ["director"]
    assert held("vp", known(circle)) == "vp"  # from the team
    own = people(replace(CSM, manager_id="csm"))
    assert [person.id for person in managers("csm", known(own))] == []


def test_managers_are_told_nearest_first() -> None:
    assert [person.id for person in managers("csm", known())] == ["director", "vp", "cco"]
    assert list(managers(None, known())) == []
    assert list(managers("nobody", known())) == []


# Absence


@pytest.mark.parametrize(
    ("first", "last", "when", "expected"),
    [
        (0, 0, "0 10:00", "csm"),  # one day: it waits
        (0, 1, "0 10:00", "sub for csm"),  # more than one business day
        (0, 1, "1 10:00", "sub for csm"),
        (0, 1, "2 10:00", "csm"),
        (1, 5, "0 10:00", "csm"),
        (4, 6, "4 10:00", "csm"),  # Friday to Sunday is one business day
        (5, 6, "5 10:00", "csm"),  # a weekend is none
        (5, 7, "5 10:00", "csm"),
        (4, 7, "4 10:00", "sub for csm"),  # Friday and Monday are two
        (0, 30, "30 23:59", "sub for csm"),
        (0, 30, "31 00:01", "csm"),
    ],
)
def test_a_backup_covers_absences_of_more_than_a_business_day(first: int, last: int, when: str, expected: str) -> None:
    assert held("owner", known(people(away(CSM, first, last, "sub"), SUB)), when) == expected


def test_holidays_are_no_business_days_of_an_absence() -> None:
    easter = Absence(date(2026, 4, 2), date(2026, 4, 6))  # Maundy Thursday to Easter Monday
    german = people(replace(CSM, backup_id="sub", absences=(easter,)), SUB)
    american = people(replace(CSM, backup_id="sub", absences=(easter,), country="US"), SUB)
    assert held("owner", known(german), "87 10:00") == "csm"
    assert held("owner", known(american), "87 10:00") == "sub for csm"


def test_an_absence_is_local_to_the_person() -> None:
    far = away(replace(CSM, zone="Pacific/Auckland", country="NZ"), 1, 5, "sub")
    assert held("owner", known(people(far, SUB)), "0 10:00") == "csm"
    assert held("owner", known(people(far, SUB)), "0 13:00") == "sub for csm"  # midnight has passed there


@pytest.mark.parametrize(
    ("team", "expected"),
    [
        (people(away(CSM, 0, 9)), "engineer"),  # nobody covers: the pool
        (people(away(CSM, 0, 9, "nobody")), "engineer"),
        (people(away(CSM, 0, 9, "csm")), "engineer"),
        (people(away(CSM, 0, 9, "sub"), away(SUB, 0, 9, "csm")), "engineer"),  # each covers the other
        (people(away(CSM, 0, 9, "sub"), away(SUB, 0, 9, "vp")), "vp for csm"),
        (people(away(CSM, 0, 9, "sub"), replace(SUB, active=False)), "engineer"),
        (people(away(CSM, 0, 9, "sub"), replace(SUB, active=False, backup_id="director")), "director for csm"),
        (people(replace(CSM, active=False, backup_id="sub"), SUB), "sub for csm"),  # a leaver's backup too
        (people(replace(CSM, active=False)), "engineer"),
    ],
)
def test_absent_people_and_leavers_orphan_nothing(team: Mapping[str, Person], expected: str) -> None:
    assert held("owner", known(team)) == expected


# Teams


def test_a_team_shares_its_accounts_the_same_way_each_time() -> None:
    team = people(*(a_person(f"pool-{number}", "pool") for number in range(5)))
    chosen = []
    for number in range(200):
        about = facts(an_account(id=f"account-{number}", people=team), HOUSE, at("0 10:00"))
        chosen.append(held("pool", about))
        assert held("pool", about) == chosen[-1]
    counts = {person: chosen.count(person) for person in set(chosen)}
    assert len(counts) == 6
    assert min(counts.values()) > 10


def test_the_next_in_the_team_acts_while_the_first_is_away() -> None:
    team = people(a_person("second", "pool"))
    first = held("pool", known(team))
    assert first
    assert held("pool", known({**team, first: away(team[first], 0, 9)})) in {"engineer", "second"} - {first}


def test_a_digest_is_the_same_everywhere_and_for_ever() -> None:
    assert roles.digest("a", "b") == 17315457580335015581
    assert roles.digest("a", "b") != roles.digest("ab", "") != roles.digest("", "ab")


# Their side


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("champion", ["ann"]),
        ("sponsor", ["ben"]),
        ("user", ["cleo"]),
        ("billing", []),  # no such role
    ],
)
def test_contacts_hold_roles(role: str, expected: list[str]) -> None:
    assert [contact.id for contact in recipients(role, HOUSE.roles, known())] == expected


@pytest.mark.parametrize(
    ("contacts", "role", "expected"),
    [
        ([a_contact("z", "champion"), a_contact("a", "champion")], "champion", ["a", "z"]),
        ([a_contact("s", "sponsor"), a_contact("d", "admin")], "champion", ["s"]),  # the first of its `otherwise`
        ([a_contact("d", "admin")], "champion", ["d"]),
        ([a_contact("c", "champion", active=False), a_contact("d", "admin")], "champion", ["d"]),
        ([a_contact("c", "champion", refused=True), a_contact("d", "admin")], "champion", ["c"]),  # the governor drops it, and says so
        ([a_contact("c", "champion")], "signer", []),  # signer: sponsor; and no further
        ([], "champion", []),
    ],
)
def test_where_nobody_holds_a_role_of_theirs_others_are_written_to(contacts: list[Contact], role: str, expected: list[str]) -> None:
    about = facts(an_account(contacts=tuple(contacts)), HOUSE, at("0 10:00"))
    assert [contact.id for contact in recipients(role, HOUSE.roles, about)] == expected


def test_the_contact_is_the_one_the_run_is_about() -> None:
    about = facts(an_account(), HOUSE, at("0 10:00"), contact_id="cleo")
    assert [contact.id for contact in recipients("contact", HOUSE.roles, about)] == ["cleo"]
    assert recipients("contact", HOUSE.roles, known()) == ()
