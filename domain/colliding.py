"""Where journeys that are good one by one get in each other's way: what one customer would get of all of them together.

It reads what a simulation gave and changes nothing. The limits are `limits` of journeys/policies/contact.yaml.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.house import Limits
from domain.language import Send, WaitFor
from domain.simulation import Touch, World
from domain.timing import local_day, zone

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Collision:
    """Too much for one reader: when the touch came that was one too many, a sentence, and what came together."""

    at: datetime
    sentence: str
    touches: tuple[Touch, ...]


def collisions(world: World) -> list[Collision]:
    """In the order of time."""
    limits = world.house.contact.limits
    if limits is None:
        return []
    mails = [touch for touch in world.touches if touch.kind == "mail"]
    counted = [touch for touch in mails if not world.house.mails[touch.what].operational]
    by_reader: dict[str, list[Touch]] = defaultdict(list)
    for touch in counted:
        by_reader[touch.recipient].append(touch)
    names = {contact.id: contact.name for contact in world.account.contacts}
    zones = {contact.id: zone(contact.zone or world.account.zone) for contact in world.account.contacts}
    home = zone(world.account.zone)
    found: list[Collision] = []
    for reader, theirs in by_reader.items():
        name = names.get(reader, reader)
        for day, together in _by_day(theirs, zones.get(reader, home)).items():
            if len(together) > limits.mails_a_day:
                found.append(_collision(f"{name} gets {len(together)} mails on {day}", together))
        in_a_week = _windows(theirs, WEEK, lambda at: limits.mails_a_week + (1 if _settles(world, at, limits) else 0))
        found += [_collision(f"{name} gets {len(some)} mails within 7 days", some) for some in in_a_week]
    at_account = _windows(counted, WEEK, lambda at: limits.account_mails_a_week + (2 if _settles(world, at, limits) else 0))
    found += [_collision(f"{world.account.name} gets {len(some)} mails within 7 days", some) for some in at_account]
    surveys = _surveys(world)
    asked = [touch for touch in mails if (touch.journey, touch.step) in surveys]
    for reader in dict.fromkeys(touch.recipient for touch in asked):
        theirs = [touch for touch in asked if touch.recipient == reader]
        quiet = timedelta(days=limits.survey_every.days)
        for some in _windows(theirs, quiet, lambda _: 1):
            found.append(_collision(f"{names.get(reader, reader)} is asked {len(some)} surveys within {limits.survey_every}", some))
    return sorted(found, key=lambda each: (each.at, each.sentence))


def _surveys(world: World) -> set[tuple[str, str]]:
    """The mails that ask for a score: (journey, step) of each send that is followed by a wait for an event which answers with one."""
    declared = world.house.vocabulary.events.items()
    answers = {name for name, event in declared if event.answer and event.tells[event.answer].is_number}
    asking: set[tuple[str, str]] = set()
    for journey in world.journeys.values():
        for plan in journey.plans.values():
            for node in plan.nodes.values():
                following = plan.nodes[node.next].step if node.next else None
                if isinstance(node.step, Send) and isinstance(following, WaitFor) and following.wait_for.event in answers:
                    asking.add((journey.name, node.id))
    return asking


def _by_day(touches: Sequence[Touch], where: ZoneInfo) -> Mapping[date, list[Touch]]:
    days: dict[date, list[Touch]] = defaultdict(list)
    for touch in touches:
        days[local_day(touch.at, where)].append(touch)
    return days


def _settles(world: World, at: datetime, limits: Limits) -> bool:
    """Whether a contract begins about now."""
    around = timedelta(days=limits.settling.days)
    day = local_day(at, zone(world.account.zone))
    return any(abs(contract.starts_on - day) <= around for contract in world.account.contracts)


def _windows(touches: Sequence[Touch], length: timedelta, most: Callable[[datetime], int]) -> Iterator[list[Touch]]:
    """Each longest run of touches within `length` of its first that is more than `most` then; none that another one holds."""
    begin = 0
    while begin < len(touches):
        end = begin
        while end < len(touches) and touches[end].at - touches[begin].at < length:
            end += 1
        if end - begin > most(touches[begin].at):
            yield list(touches[begin:end])
            begin = end
        else:
            begin += 1


def _collision(sentence: str, touches: Sequence[Touch]) -> Collision:
    what = ", ".join(f"{touch.what} ({touch.journey})" for touch in touches)
    return Collision(touches[-1].at, f"{sentence}: {what}", tuple(touches))
