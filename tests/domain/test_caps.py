"""How much one customer gets: limits over days, weeks, people, accounts and mail domains, and who goes first when there is one place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain import addresses, governor
from domain.account import facts
from domain.caps import Crowd, horizon
from domain.contact_policy import Country
from domain.correspondence import Ahead, Correspondence, Place, Sent
from domain.facts import Contract
from domain.governor import Drop, Go, Letter, Verdict, Wait
from domain.house import House
from tests.domain.kit import a_contact, a_house, an_account, at

LONG_AGO = (Contract("c1", date(2024, 1, 1), date(2030, 1, 1)),)  # no contract begins about now: no mail more than usual
ANN = a_contact("ann", "champion")
LETTER = Letter("contact", "ann", "story", "onboarding", operational=False, step="send-hello", visit=1)
RECEIPT = replace(LETTER, operational=True)
SURVEY = replace(LETTER, survey=True)
LIMITS = """
    classes: [renewal, onboarding, growth, advocacy]
    limits:
      mails_a_day: 1
      mails_a_week: 2
      account_mails_a_week: 4
      domain_mails_a_week: 5
      ceiling_a_week: 5
      settling: 30 days
      survey_every: 14 days
    kept_back:
      - {when: account.in_save, classes: [growth], surveys: true, because: a save play runs}
      - {when: account.nps == 1, because: lawyers talk, operational: true}
"""


def the_house(**changes: str) -> House:
    text = LIMITS
    for name, value in changes.items():
        text = text.replace(next(line for line in LIMITS.splitlines() if f"{name}:" in line), f"      {name}: {value}")
    return a_house(contact=text)


def had(when: str, reader: str = "ann@example.org", **more: Any) -> Sent:
    known: dict[str, Any] = {"of_account": True, "operational": False, "survey": False, "what": "hello (story)", **more}
    return Sent(at(when), addresses.digest(reader), addresses.domain(reader), **known)


def ask(letter: Letter = LETTER, *sent: Sent, when: str = "15 10:00", ahead: tuple[Ahead, ...] = (), **account: Any) -> Verdict:
    house = account.pop("house", the_house())
    about = facts(an_account(**{"contacts": (ANN,), "contracts": LONG_AGO, **account}), house, at(when))
    return governor.verdict(letter, house, about, None, at(when), Correspondence(sent, ahead))


def waits(verdict: Verdict, until: str, *words: str) -> None:
    assert isinstance(verdict, Wait), verdict
    assert (verdict.until, verdict.is_queued) == (at(until), True)
    for word in words:
        assert word in verdict.why


# One contact


@pytest.mark.parametrize(
    ("sent", "until"),
    [
        ([], None),
        (["14 09:00"], None),
        (["15 09:00"], "16 09:00"),  # one a day
        (["14 09:00", "10 09:00"], "17 09:00"),  # two a week: the older one leaves it on day 17
        (["14 09:00", "9 09:00"], "16 09:00"),
        (["14 09:00", "8 23:59"], None),
        (["8 09:00", "7 09:00"], None),
        (["15 00:00"], "16 09:00"),
        (["14 23:59"], None),
    ],
)
def test_a_contact_gets_so_many_mails_a_day_and_in_any_seven_days(sent: list[str], until: str | None) -> None:
    found = ask(LETTER, *map(had, sent))
    if until is None:
        assert found == Go()
    else:
        waits(found, until, "Ann would get")


def test_the_day_is_the_readers_own() -> None:
    """It was Monday evening in New York and Tuesday in Berlin."""
    there = a_contact("ann", "champion", zone="America/New_York", country="US")
    sent = had("15 04:00")
    assert ask(LETTER, sent, contacts=(there,), when="15 16:00") == Go()
    waits(ask(LETTER, had("15 08:00"), contacts=(there,), when="15 16:00"), "16 15:00")


# Each of these would be one too many by the days of the other zone, or of UTC.
THERE = a_contact("ann", "champion", zone="America/New_York", country="US")


@pytest.mark.parametrize(
    ("letter", "sent", "changes"),
    [
        (LETTER, [had("9 04:00"), had("9 04:30")], {}),
        (RECEIPT, [had("9 04:00", operational=True)] * 5, {}),
        (SURVEY, [had("2 04:00", survey=True)], {}),
        (
            replace(SURVEY, asks="nps"),
            [had("6 04:00", survey=True, asks="nps")],
            {"survey_every": "2 days\n      same_survey_every: {nps: 10 days}"},
        ),
    ],
    ids=["a week", "the ceiling", "surveys", "surveys of one name"],
)
def test_a_contacts_weeks_are_days_of_theirs(letter: Letter, sent: list[Sent], changes: dict[str, str]) -> None:
    house = the_house(**changes)
    assert ask(letter, *sent, contacts=(THERE,), when="15 16:00", house=house) == Go()
    assert isinstance(
        ask(letter, *(replace(each, at=each.at + timedelta(hours=3)) for each in sent), contacts=(THERE,), when="15 16:00", house=house),
        Wait,
    )


@pytest.mark.parametrize("of_account", [True, False], ids=["account", "domain"])
def test_an_accounts_and_a_domains_weeks_are_days_of_the_accounts(of_account: bool) -> None:
    sent = [had("9 00:30", "ben@example.org", of_account=of_account)] * (4 if of_account else 5)
    waits(ask(LETTER, *sent, contacts=(THERE,), when="15 16:00"), "16 15:00", "Acme" if of_account else "example.org")
    assert ask(LETTER, *(replace(each, at=each.at - timedelta(hours=1)) for each in sent), contacts=(THERE,), when="15 16:00") == Go()


def test_today_is_where_the_limit_counts() -> None:
    """Half past midnight in Berlin, when it is yesterday still in UTC."""
    sent = [had(f"{day} 12:00", operational=True) for day in (9, 10, 11, 12, 13)]
    assert ask(RECEIPT, *sent, when="16 00:30") == Go()
    assert isinstance(ask(RECEIPT, *sent, when="15 23:30"), Wait)


def test_a_reader_whose_day_is_further_on_is_asked_when_the_accounts_day_begins_and_not_each_minute_until_then() -> None:
    """Ten in the morning in Auckland, one in the afternoon of the day before in Los Angeles."""
    there = a_contact("ann", "champion", zone="Pacific/Auckland", country="NZ")
    now = at("15 13:00", "America/Los_Angeles")
    house = the_house()
    account = an_account(contacts=(there,), contracts=LONG_AGO, zone="America/Los_Angeles", country="US")
    sent = tuple(replace(had("0 09:00", "ben@example.org"), at=now - timedelta(days=days)) for days in (6, 5, 4, 3))
    found = governor.verdict(LETTER, house, facts(account, house, now), None, now, Correspondence(sent))
    assert isinstance(found, Wait)
    assert found.until == at("17 09:00", "Pacific/Auckland"), "Los Angeles' day 16 begins at nine in the evening of Auckland's"


def test_a_free_place_on_a_weekend_is_taken_on_monday() -> None:
    waits(ask(LETTER, had("18 09:00"), when="18 12:00"), "21 09:00")


def test_where_none_are_let_go_it_is_asked_again_each_day() -> None:
    none = the_house(mails_a_day="0")
    assert ask(LETTER, house=none) == Wait(
        at("16 09:00"),
        "Ann would get 1 mails on 2026-01-20, and 0 is the most",
        is_queued=True,
        crowd=Crowd(at("16 09:00"), "Ann would get 1 mails on 2026-01-20, and 0 is the most"),
    )
    waits(ask(LETTER, had("15 09:00"), house=none), "16 09:00", "Ann would get 2 mails on 2026-01-20, and 0 is the most: had hello (story)")


def test_what_fills_a_limit_is_named_in_the_order_in_which_it_left() -> None:
    found = ask(LETTER, had("14 09:00", what="tips (b)"), had("13 09:00", what="tour (a)"))
    assert isinstance(found, Wait)
    assert found.why == "Ann would get 3 mails within 7 days, and 2 is the most: had tour (a), tips (b)"
    assert found.crowd is not None
    assert [sent.what for sent in found.crowd.sent] == ["tour (a)", "tips (b)"]


def test_a_limit_that_is_full_counts_before_one_that_is_only_wanted_by_others() -> None:
    others = [had(f"{day} 09:00", "ben@example.org") for day in (12, 13)]
    found = ask(LETTER, had("15 09:00"), *others, ahead=(an_ahead("renewal", reader="cleo@example.org"),))
    waits(found, "16 09:00", "Ann would get 2 mails")


def test_about_the_beginning_of_a_contract_there_is_one_mail_more_a_week_and_two_an_account() -> None:
    beginning = (Contract("c1", date(2026, 1, 5), date(2027, 1, 5)),)
    week = [had("14 09:00"), had("13 09:00")]
    assert isinstance(ask(LETTER, *week), Wait)
    assert ask(LETTER, *week, contracts=beginning) == Go()
    waits(ask(LETTER, *week, had("12 09:00"), contracts=beginning), "21 09:00", "would get 4 mails")  # day 19 is a Saturday
    others = [had(f"{day} 09:00", "ben@example.org") for day in (9, 10, 11, 12, 13, 14)]
    assert isinstance(ask(LETTER, *others[2:]), Wait)
    assert ask(LETTER, *others[1:], contracts=beginning, house=the_house(domain_mails_a_week="9")) == Go()
    waits(ask(LETTER, *others, contracts=beginning, house=the_house(domain_mails_a_week="9")), "16 09:00", "Acme would get 7 mails")


@pytest.mark.parametrize(("days", "settles"), [(-31, False), (-30, True), (0, True), (30, True), (31, False)])
def test_about_the_beginning_is_thirty_days_before_and_after_it(days: int, settles: bool) -> None:
    begins = date(2026, 1, 20) + timedelta(days=days)
    found = ask(LETTER, had("14 09:00"), had("13 09:00"), contracts=(Contract("c1", begins, date(2028, 1, 1)),))
    assert (found == Go()) == settles


@pytest.mark.parametrize("reader", ["ANN@example.org", "ann+news@example.org"])
def test_one_reader_under_another_spelling_is_one_reader(reader: str) -> None:
    waits(ask(LETTER, had("15 09:00", reader)), "16 09:00")


def test_mail_they_wait_for_is_neither_counted_nor_kept_back_below_the_ceiling() -> None:
    assert ask(LETTER, had("15 09:00", operational=True)) == Go()
    assert ask(RECEIPT, had("15 09:00")) == Go()


def test_the_ceiling_counts_all_kinds_and_keeps_back_all_kinds_but_drops_nothing_operational() -> None:
    sent = [had(f"{day} 09:00", operational=True) for day in (10, 11, 12, 13, 14)]
    for letter in (LETTER, RECEIPT):
        waits(ask(letter, *sent), "17 09:00", "Ann would get 6 mails of all kinds within 7 days, and 5 is the most")
    patient = replace(RECEIPT, queued_at=at("1 09:00"))
    assert isinstance(ask(patient, *sent), Wait)


def test_a_survey_comes_once_in_so_many_days() -> None:
    waits(ask(SURVEY, had("3 09:00", survey=True)), "17 09:00", "Ann would get 2 surveys within 14 days")
    assert ask(SURVEY, had("1 09:00", survey=True)) == Go()
    assert ask(SURVEY, had("3 09:00")) == Go()
    assert ask(LETTER, had("3 09:00", survey=True)) == Go()


def test_a_survey_of_one_name_comes_less_often_than_any() -> None:
    house = the_house(survey_every="2 days\n      same_survey_every: {nps: 10 days}")
    nps = replace(SURVEY, asks="nps")
    waits(
        ask(nps, had("8 09:00", survey=True, asks="nps"), house=house),
        "18 09:00",
        "Ann would get 2 nps surveys within 10 days",
        "had hello (story)",
    )
    assert ask(nps, had("8 09:00", survey=True, asks="ces"), house=house) == Go()
    assert ask(nps, had("5 09:00", survey=True, asks="nps"), house=house) == Go()
    assert ask(replace(SURVEY, asks="ces"), had("8 09:00", survey=True, asks="nps"), house=house) == Go()


@pytest.mark.parametrize(
    ("limits", "survey", "days"),
    [
        ({}, True, 14), ({}, False, 7), ({"survey_every": "2 days"}, True, 7),
        ({"survey_every": "2 days\n      same_survey_every: {nps: 90 days}"}, True, 90),
    ],
)  # fmt: skip
def test_so_far_back_is_read_as_can_count_and_a_day_more_since_days_begin_elsewhere_earlier(
    limits: dict[str, str], survey: bool, days: int
) -> None:
    assert horizon(the_house(**limits).contact.limits, survey, at("15 10:00")) == at("15 10:00") - timedelta(days=days + 1)
    assert horizon(None, survey, at("15 10:00")) == at("15 10:00") - timedelta(days=8)


# Accounts and domains


def test_an_account_gets_so_many_mails_to_all_its_people() -> None:
    others = [had(f"{day} 09:00", f"{name}@example.org") for day, name in ((10, "ben"), (11, "cleo"), (12, "dora"), (13, "emil"))]
    waits(ask(LETTER, *others), "17 09:00", "Acme would get 5 mails within 7 days, and 4 is the most")


def test_a_mail_domain_gets_so_many_mails_also_of_other_accounts() -> None:
    others = [
        had(f"{day} 09:00", f"{name}@example.org", of_account=False) for day, name in ((9, "a"), (10, "b"), (11, "c"), (12, "d"), (13, "e"))
    ]
    waits(ask(LETTER, *others), "16 09:00", "example.org would get 6 mails")
    assert ask(LETTER, *others[1:]) == Go()
    assert ask(LETTER, *others[1:], had("12 09:00", "f@example.org", of_account=False, operational=True)) == Go()
    assert ask(LETTER, *others[1:], had("12 09:00", "f@example.com", of_account=False)) == Go()
    assert ask(LETTER, *others[1:], ahead=(an_ahead("renewal", reader="f@example.org"),)) == Wait(at("15 10:01"), "other goes first")


def test_where_everybody_has_a_mailbox_a_domain_says_nothing() -> None:
    at_home = replace(ANN, email="ann@gmail.com")
    others = [had("13 09:00", f"{name}@gmail.com", of_account=False) for name in "abcdefgh"]
    assert ask(LETTER, *others, contacts=(at_home,)) == Go()


def test_what_others_sent_counts_and_is_named() -> None:
    newsletter = had("15 08:00", what="spring newsletter", told_by="marketing")
    waits(ask(LETTER, newsletter), "16 09:00", "had spring newsletter (marketing)")


# The queue


def an_ahead(mail_class: str, due: str = "15 10:00", reader: str = "ann@example.org", journey: str = "other", **more: Any) -> Ahead:
    rank = governor.rank(the_house(), mail_class)
    since = at(more.pop("since", due))
    return Ahead(Place(rank, since, journey), at(due), frozenset({addresses.digest(reader)}), more.get("survey", False))


@pytest.mark.parametrize(
    ("ahead", "goes_first"),
    [
        (an_ahead("renewal"), True),
        (an_ahead("growth"), False),
        (an_ahead("onboarding", since="14 10:00"), True),  # of the same class, and waiting longer
        (an_ahead("onboarding", journey="a"), True),  # alike in all: some order there must be
        (an_ahead("onboarding", journey="z"), False),
        (an_ahead("growth", since="1 09:00"), False),
        (an_ahead("renewal", reader="ben@example.org"), False),  # another place is another's
        (an_ahead("renewal", due="15 09:51"), True),
        (an_ahead("renewal", due="15 09:50"), False),  # it is stuck on something else
        (replace(an_ahead("onboarding"), place=Place(1, at("15 10:00"), "story", "send-hello", 1, "ann")), False),  # that is itself
    ],
)
def test_a_higher_class_takes_the_place_that_a_lower_one_wants(ahead: Ahead, goes_first: bool) -> None:
    letter = replace(LETTER, due_at=at("15 10:00"))
    assert ask(letter, ahead=(ahead,)) == (Wait(at("15 10:01"), f"{ahead.place.journey} goes first") if goes_first else Go())


def test_of_several_that_go_first_the_first_is_named() -> None:
    letter = replace(LETTER, due_at=at("15 10:00"))
    ahead = (an_ahead("renewal", journey="b"), an_ahead("renewal", journey="a"), an_ahead("onboarding", journey="c"))
    assert ask(letter, ahead=ahead) == Wait(at("15 10:01"), "a goes first")


def test_a_survey_makes_way_for_another_survey() -> None:
    roomy = the_house(mails_a_day="3", mails_a_week="3")
    assert ask(SURVEY, ahead=(an_ahead("renewal", survey=True),), house=roomy) == Wait(at("15 10:01"), "other goes first")
    assert ask(SURVEY, ahead=(an_ahead("renewal"),), house=roomy) == Go()
    assert ask(LETTER, ahead=(an_ahead("renewal", survey=True),), house=roomy) == Go()


def test_nobody_makes_way_where_there_is_room_for_all() -> None:
    roomy = the_house(mails_a_day="3", mails_a_week="3")
    assert ask(LETTER, ahead=(an_ahead("renewal"),), house=roomy) == Go()
    assert isinstance(ask(LETTER, had("15 08:00"), had("14 08:00"), ahead=(an_ahead("renewal"),), house=roomy), Wait)


def test_all_of_an_accounts_mail_wants_its_places() -> None:
    three = [had(f"{day} 09:00", "ben@example.org") for day in (11, 12, 13)]
    other = an_ahead("renewal", reader="cleo@example.org")
    assert ask(LETTER, *three) == Go()
    assert ask(LETTER, *three, ahead=(other,)) == Wait(at("15 10:01"), "other goes first")


def test_mail_that_waited_for_five_business_days_is_stale_and_says_for_what() -> None:
    full = had("15 09:00")
    queued = replace(LETTER, queued_at=at("8 10:00"))
    assert ask(queued, full) == Drop(
        "it has waited for 5 business days and is stale: Ann would get 2 mails on 2026-01-20, and 1 is the most: had hello (story)"
    )
    assert ask(queued) == Go()  # a place that is free is taken, however late
    nearly = replace(LETTER, queued_at=at("8 10:30"))
    waits(ask(nearly, full), "15 10:30")


def test_mail_is_kept_back_while_the_house_says_so_and_is_asked_again_each_day() -> None:
    growth = replace(LETTER, mail_class="growth")
    saved: dict[str, Any] = {"facts": {"in_save": True}}
    waits(ask(growth, **saved), "16 09:00", "a save play runs")
    waits(ask(SURVEY, **saved), "16 09:00", "a save play runs")
    assert ask(LETTER, **saved) == Go()
    assert ask(replace(growth, operational=True), **saved) == Go()


def test_what_is_kept_back_for_lawyers_is_all_mail() -> None:
    for letter in (LETTER, RECEIPT):
        waits(ask(letter, facts={"nps": 1}), "16 09:00", "lawyers talk")
    stale = replace(LETTER, queued_at=at("1 10:00"))
    assert ask(stale, facts={"nps": 1}) == Drop("it has waited for 5 business days and is stale: lawyers talk")


def test_without_limits_nothing_is_too_much() -> None:
    house = a_house(contact="classes: [onboarding]")
    assert ask(LETTER, *[had("15 09:00") for _ in range(50)], house=house) == Go()


# In any order of things


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(9, 16), st.sampled_from(("ann", "ben")), st.booleans()), max_size=25))
def test_whoever_does_what_the_governor_says_never_goes_over_a_limit(wishes: list[tuple[int, int, str, bool]]) -> None:
    """Mails that wish to leave, each let go when it may: no window of a day or a week then holds more than the most."""
    waiting = [(at(f"{day} {hour:02}:00"), index, name, operational) for index, (day, hour, name, operational) in enumerate(wishes)]
    house, account = the_house(), an_account(contacts=(ANN, a_contact("ben", "user")), contracts=LONG_AGO)
    sent: list[Sent] = []
    asked = 0
    while waiting:
        waiting.sort()
        now, index, name, operational = waiting.pop(0)
        letter = replace(LETTER, recipient=name, operational=operational)
        found = governor.verdict(letter, house, facts(account, house, now), None, now, Correspondence(tuple(sent)))
        match found:
            case Go():
                sent.append(replace(had("0 09:00", f"{name}@example.org", operational=operational), at=now))
            case Wait(until):
                assert until > now
                waiting.append((until, index, name, operational))
            case Drop():
                raise AssertionError("none of them is said to have queued")
        asked += 1
        assert asked < 2000
    for name in ("ann", "ben"):
        theirs = [each.at for each in sent if each.reader == addresses.digest(f"{name}@example.org")]
        wanted = [
            each.at
            for each in sent
            if each.at in theirs and not each.operational and each.reader == addresses.digest(f"{name}@example.org")
        ]
        for moments, days, most in ((wanted, 1, 1), (wanted, 7, 2), (theirs, 7, 5)):
            for last in moments:
                day = last.date()
                assert sum(day - timedelta(days=days) < moment.date() <= day for moment in moments) <= most


def test_a_country_is_two_large_letters_and_a_norway_without_quotes_is_asked_for_them() -> None:
    country = TypeAdapter(Country)
    assert [country.validate_python(name) for name in ("DE", "NO")] == ["DE", "NO"]
    for wrong in ("de", "DEU", "", False, None, 49):  # YAML reads NO as false
        with pytest.raises(ValidationError, match="is not a country; write its two letters in quotes"):
            country.validate_python(wrong)


def test_what_is_kept_back_waits_for_the_readers_own_tomorrow() -> None:
    """It is Monday evening in UTC, and Tuesday morning in Auckland."""
    there = a_contact("ann", "champion", zone="Pacific/Auckland", country="NZ")
    found = ask(replace(LETTER, mail_class="growth"), when="14 22:00", contacts=(there,), facts={"in_save": True})
    assert isinstance(found, Wait)
    assert found.until.astimezone(ZoneInfo("Pacific/Auckland")).isoformat() == "2026-01-21T09:00:00+13:00"


@pytest.mark.parametrize("letter", [LETTER, RECEIPT])
def test_a_mail_that_is_one_too_many_says_what_crowds_it(letter: Letter) -> None:
    sent = [had("14 09:00"), *[had(f"{day} 09:00", operational=True) for day in (11, 12, 13)], had("15 09:00")]
    found = ask(letter, *sent)
    assert isinstance(found, Wait)
    assert found.crowd is not None
    assert found.why == found.crowd.sentence
