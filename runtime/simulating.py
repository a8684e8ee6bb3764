"""`tenure simulate`: a described account in virtual time, and its timeline on paper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from database import definitions
from domain import archetypes, checking, colliding
from domain.colliding import Collision
from domain.faults import FaultyText, suggestion
from domain.journey import Journey
from domain.people import Behaviour
from domain.simulation import Touch, Why, World
from domain.timing import zone
from domain.vocabulary import UnfitPayload, spoken_value, write_value
from runtime import folders

SUPPRESSED = ("skipped", "withdrawn", "dropped", "put off", "not enrolled", "expired", "timed out", "ignored")
FRONT_DOOR = "signed_up"
_EVENT = re.compile(r"day (\d{1,4}): ([a-z][a-z0-9_]*)((?: [a-z_]+=\S+)*)")


class Unplayable(ValueError):
    """What is to be played names something that does not exist; the sentence says what."""


@dataclass(frozen=True)
class Played:
    """What a simulation gave: of one journey, or of all of them together (`journey` is None then)."""

    world: World
    journey: Journey | None
    segment: str
    begun: date
    days: int


def play(
    root: Path, name: str | None, segment: str, days: int, people: str, start: date | None, events: list[str], facts: list[str]
) -> Played:
    """One journey from where it begins; without a name all of them, from the account's signup.

    Raises FaultyText for texts with faults, NoDefinitions for a folder without any, and Unplayable.
    """
    texts = folders.read(root)
    if faults := [fault for fault in checking.check(texts) if not fault.warning]:
        raise FaultyText(faults)
    published = definitions.compile_all(texts)
    house = published.house
    if name is not None and name not in published.journeys:
        raise Unplayable(f"no journey is called '{name}'{suggestion(name, published.journeys)}")
    if segment not in house.segments:
        raise Unplayable(f"no segment is called '{segment}'{suggestion(segment, house.segments)}")
    if people not in get_args(Behaviour):
        raise Unplayable(f"people behave prompt, late or silent, not '{people}'")
    journey = published.journeys[name] if name else None
    begun = start or date(2026, 1, 5)
    account = archetypes.at_beginning_of(journey, house, segment, begun) if journey else archetypes.account(house, segment, begun)
    known = {}
    for each in facts:
        fact, _, value = each.partition("=")
        full = fact if fact.startswith(("account.", "contract.")) else f"account.{fact}"
        try:
            known[full] = house.vocabulary.read(full, write_value(spoken_value(value)))
        except ValueError as error:
            raise Unplayable(f"{fact}: {error}") from None
    now = archetypes.start_of_day(begun)
    world = World(house, [journey] if journey else list(published.journeys.values()), account, now, people)  # type: ignore[arg-type]  # looked up above
    for each in events:
        match = _EVENT.fullmatch(each.strip())
        if not match or match[2] not in house.vocabulary.events:
            raise Unplayable(
                f"'{each}' is not an event; write 'day 3: setup_completed' or 'day 9: survey_answered survey=csat score=2'"
                + (suggestion(match[2], house.vocabulary.events) if match else "")
            )
        spoken = {key: write_value(spoken_value(value)) for key, value in (pair.split("=", 1) for pair in match[3].split())}
        try:
            payload = house.vocabulary.read_payload(match[2], spoken)
        except UnfitPayload as error:
            raise Unplayable(f"'{each}': {error}") from None
        world.at(now + timedelta(days=int(match[1])), lambda at, event=match[2], told=payload: at.event(event, told))  # type: ignore[misc]
    if known:
        world.know(known)
    if journey is None:
        world.event(FRONT_DOOR)
    elif not world.runs:
        world.enroll(journey.name, "simulated")
    world.play(now + timedelta(days=days))
    return Played(world, journey, segment, begun, days)


def why(played: Played, touch: Touch) -> str:
    """The rule that made it due: its day and its condition, as written."""
    journey = played.world.journeys.get(touch.journey)
    node = journey.plan(played.segment).nodes.get(touch.step) if journey else None
    if node is None or touch.kind == "notice":
        return "nobody acted in time" if touch.effect != "told" else "escalated"
    step = node.step
    words = []
    if step.at:
        words.append(str(step.at[min(touch.visit, len(step.at)) - 1]))
    if step.when:
        words.append(f"because {step.when}")
    return "; ".join(words) or "next in its track"


def as_json(played: Played) -> dict[str, Any]:
    """For programs. Times are UTC; `local` is the account's clock."""
    where = zone(played.world.account.zone)
    return {
        "journey": played.journey.name if played.journey else None,
        "segment": played.segment,
        "from": played.begun.isoformat(),
        "days": played.days,
        "touches": [
            {
                "at": touch.at.isoformat(), "local": touch.at.astimezone(where).isoformat(), "kind": touch.kind, "journey": touch.journey,
                "step": touch.step, "visit": touch.visit, "to": touch.recipient, "what": touch.what, "why": why(played, touch),
            }
            for touch in played.world.touches
        ],
        "suppressed": [
            {
                "at": each.at.isoformat(), "journey": each.journey, "step": each.decision.step, "what": each.decision.what,
                "result": each.decision.result, "rule": each.decision.rule,
            }
            for each in suppressed(played)
        ],
        "collisions": [{"at": each.at.isoformat(), "sentence": each.sentence} for each in colliding.collisions(played.world)],
    }  # fmt: skip


def _what(touch: Touch) -> str:
    """A notice is about something, which its ladder is named for."""
    return f"{touch.what}: {touch.step}" if touch.kind == "notice" else touch.what


def suppressed(played: Played) -> list[Why]:
    return [each for each in played.world.whys if each.decision.what in SUPPRESSED]


def show(played: Played, out: Console) -> None:
    where = zone(played.world.account.zone)
    table = Table(
        title=f"{played.journey.name if played.journey else 'all journeys'}, {played.segment}, {played.days} days from {played.begun}",
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
    )
    of_all = played.journey is None
    for column in ("day", "local time", *(("journey",) if of_all else ()), "what", "", "to", "why"):
        table.add_column(column, no_wrap=column != "why", overflow="fold")
    lines: list[tuple[datetime, str, str, tuple[str, ...]]] = [
        (each.at, "dim", each.journey, (each.decision.what, each.decision.step or "", "", f"{each.decision.result} {each.decision.rule}"))
        for each in suppressed(played)
    ]
    lines += [
        (touch.at, "", touch.journey, (touch.kind, _what(touch), touch.recipient, why(played, touch))) for touch in played.world.touches
    ]
    for at, style, journey, cells in sorted(lines, key=lambda line: line[0]):
        local = at.astimezone(where)
        words = (str((local.date() - played.begun).days), f"{local:%a %d %b %H:%M}", *((journey,) if of_all else ()), *cells)
        table.add_row(*(Text(word, style=style) for word in words))
    out.print(table)
    mails = sum(touch.kind == "mail" for touch in played.world.touches)
    tasks = sum(touch.kind == "task" for touch in played.world.touches)
    others = len(played.world.touches) - mails - tasks
    out.print(f"\n{mails + tasks + others} touches: {mails} mails, {tasks} tasks, {others} others. Times are {played.world.account.zone}.")
    if of_all:
        _show_collisions(colliding.collisions(played.world), played, out)


def _show_collisions(found: list[Collision], played: Played, out: Console) -> None:
    if not found:
        out.print("\nNothing is too much for anybody, by the limits of journeys/policies/contact.yaml.")
        return
    out.print(f"\n[bold]{len(found)} times it is too much[/bold], by the limits of journeys/policies/contact.yaml:")
    for each in found:
        day = (each.at.astimezone(zone(played.world.account.zone)).date() - played.begun).days
        out.print(f"  day {day}: {each.sentence}", markup=False)
