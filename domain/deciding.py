"""Who may decide about what waits for one of us, and when all of it is decided."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from domain.facts import Facts, Person
from domain.handing_over import ROLES_OF_THE_OWNER
from domain.house import House
from domain.roles import holder, standing_in


def refusal(person: Person, roles: Collection[str], asked: str | None, house: House, facts: Facts, now: datetime) -> str | None:
    """Why this person may not decide what was asked of these `roles` (the one a journey names, and the one it was passed on to);
    None where they may. `asked` is the id of whoever has it now.

    Whoever was asked may, whoever holds the role or covers for them, and those higher up: from the Director on, and where more than
    a Director was asked, from there on. Others may not, whatever else they may do.
    """
    if person.id in {allowed for role in roles for allowed in _holding(role, house, facts, now)} | set(_covering(asked, house, facts, now)):
        return None
    higher = _higher(roles, house)
    named = {role for role in roles if _is_anybodys(role, house)}
    if set(person.roles) & (higher | named):
        return None
    who = facts.people[asked].name if asked and asked in facts.people else " or ".join(sorted(roles))
    *others, last = [role for role in house.ladders.chain if role in higher] or ["nobody else"]
    above = f"{', '.join(others)} or {last}" if others else last
    return f"{person.name} may not decide this: that is for {who}, whoever covers for them, and for {above}"


def _holding(role: str, house: House, facts: Facts, now: datetime) -> Iterator[str]:
    held = holder(role, house.roles, house.calendars, facts, now)
    if held:
        yield held.person.id
        if held.covering_for:
            yield held.covering_for.id


def _covering(asked: str | None, house: House, facts: Facts, now: datetime) -> Iterator[str]:
    """Whoever was asked, and their backup where they are away since."""
    person = facts.people.get(asked or "")
    if person is None:
        return
    yield person.id
    if cover := standing_in(person, house.calendars, facts, now):
        yield cover.id


def _is_anybodys(role: str, house: House) -> bool:
    """Whether anybody who has the role in the team acts for it."""
    rule = house.roles.ours.get(role)
    return rule is not None and rule.held_by == "team"


def _higher(roles: Collection[str], house: House) -> set[str]:
    """Of the chain above the owner, the roles from the lowest that was asked on."""
    chain = [role for role in house.ladders.chain if role not in ROLES_OF_THE_OWNER]
    places = [chain.index(role) for role in roles if role in chain]
    return set(chain[min(places, default=0) if len(places) == len(roles) else 0 :])


def outcome(readers: Collection[str], verdicts: Mapping[str, bool]) -> bool | None:
    """What became of a gate once each of its readers' mails has a verdict: whether anything leaves. None while one has none."""
    if any(reader not in verdicts for reader in readers):
        return None
    return any(verdicts[reader] for reader in readers)
