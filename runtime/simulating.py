"""`tenure simulate`: a described account, or a copy of one, in virtual time, and its timeline on paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from activities import standing
from activities.view import View
from activities.why import NotKnown
from database import definitions
from database.definitions import Published
from database.engine import Database
from domain import archetypes, checking, colliding
from domain.colliding import Collision
from domain.faults import FaultyText, suggestion
from domain.journey import Journey
from domain.moving import Choices
from domain.people import Behaviour
from domain.simulation import Touch, Why, World
from domain.timing import zone
from domain.vocabulary import UnfitPayload, spoken_value, write_value
from runtime import choosing, folders, parts
from runtime import why as accounts

SUPPRESSED = ("skipped", "withdrawn", "dropped", "put off", "not enrolled", "expired", "timed out", "ignored")
FRONT_DOOR = "signed_up"
_EVENT = re.compile(r"day (\d{1,4}): ([a-z][a-z0-9_]*)((?: [a-z_]+=\S+)*)")


class Unplayable(ValueError):
    """What is to be played names something that does not exist; the sentence says what."""


@dataclass(frozen=True)
class Script:
    """How to play: `journey` alone or, without a name, all of them together; `events` as `day 3: setup_completed`, `facts` as
    `training=0.5`."""

    journey: str | None
    days: int
    people: str = "prompt"
    events: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Played:
    """What a simulation gave: of one journey, or of all of them together (`journey` is None then). `account` is None for a described
    account. `versions` are the journeys that runs were on when the play began."""

    world: World
    journey: Journey | None
    segment: str
    begun: date
    days: int
    account: str | None = None
    versions: Mapping[str, Journey] = field(default_factory=dict)
    collisions: tuple[Collision, ...] = ()

    @property
    def title(self) -> str:
        if self.account:
            return f"{self.world.account.name}, {self.days} days from {self.begun}"
        return f"{self.journey.name if self.journey else 'all journeys'}, {self.segment}, {self.days} days from {self.begun}"

    @property
    def of_all(self) -> bool:
        return self.journey is None or self.account is not None

    def journey_of(self, touch: Touch) -> Journey | None:
        return self.versions.get(touch.run) or self.world.journeys.get(touch.journey)


def play(root: Path, script: Script, segment: str, start: date | None) -> Played:
    """A described account: one journey from where it begins; without a name all of them, from the account's signup.

    Raises FaultyText for texts with faults, NoDefinitions for a folder without any, and Unplayable.
    """
    published = definitions.compile_all(read(root))
    house = published.house
    journey = _journey(published, script.journey)
    if segment not in house.segments:
        raise Unplayable(f"no segment is called '{segment}'{suggestion(segment, house.segments)}")
    begun = start or date(2026, 1, 5)
    account = archetypes.at_beginning_of(journey, house, segment, begun) if journey else archetypes.account(house, segment, begun)
    now = archetypes.start_of_day(begun)
    world = World(house, [journey] if journey else list(published.journeys.values()), account, now, behaviour(script.people))
    _let(world, script)
    if journey and not world.runs:
        world.enroll(journey.name, "simulated")
    elif not journey and FRONT_DOOR in house.vocabulary.events:
        world.event(FRONT_DOOR)
    elif not journey and not script.events:
        raise Unplayable(f"no event is called '{FRONT_DOOR}', with which an account begins; say what happens: --event 'day 0: …'")
    world.play(now + timedelta(days=script.days))
    return Played(world, journey, segment, begun, script.days, collisions=tuple(colliding.collisions(world)))


@dataclass(frozen=True, slots=True)
class Change:
    """A folder of journeys that are not published, and what runs under way do then and what became of their steps, as publishing is
    told it."""

    root: Path
    runs: Sequence[str] = ()
    maps: Sequence[str] = ()


def play_account(
    database: Database, called: str, script: Script, now: datetime, readings: Iterable[datetime], change: Change | None
) -> Played:
    """A copy of an account of this database goes on from now, with the journeys that are published or with a change of them; its health
    is read at these moments. A journey that is named is begun first. Nothing is written.

    Raises FaultyText, NoDefinitions, NotPublished, UnknownChoice and Unplayable.
    """
    with database.read() as session:
        view = View(session, parts.office(), now)
        try:
            stands = standing.of_account(view, accounts.account_id(session, called))
        except NotKnown as error:
            raise Unplayable(str(error)) from None
        assert stands, "its id was just read"
        published, chosen = view.published, Choices()
        if change is not None:
            texts = read(change.root)
            published = definitions.as_published(session, texts)
            chosen = choosing.choices(change.runs, change.maps, published.journeys)
            choosing.check_in_flight(session, chosen, texts)
    journey = _journey(published, script.journey)
    world = World(published.house, list(published.journeys.values()), stands.account, now, behaviour(script.people))
    world.adopt_account(stands)
    versions = {run.id: run.journey for run in stands.runs}
    if change is not None:
        for each in published.journeys.values():
            world.publish(each, chosen.of_journey(each.name), chosen.map_of(each.name))
        world.change(world.account)  # journeys that begin on a day are planned anew
    for moment in readings:
        world.at(moment, World.read_health)
    _let(world, script)
    if journey and all(run.journey.name != journey.name for run in world.runs.values()):
        world.enroll(journey.name, "simulated")
    world.play(now + timedelta(days=script.days))
    segment = str(stands.account.values.get("account.segment") or published.house.segments[-1])
    begun = now.astimezone(zone(stands.account.zone)).date()
    found = tuple(colliding.collisions(world))
    return Played(world, journey, segment, begun, script.days, stands.account.id, versions, found)


def read(root: Path) -> dict[tuple[str, str], str]:
    """The texts of a folder that holds journeys/ and templates/, or of its journeys/. Raises FaultyText and NoDefinitions."""
    texts = folders.read(root.resolve().parent if (root / "policies").is_dir() else root)
    if faults := [fault for fault in checking.check(texts) if not fault.warning]:
        raise FaultyText(faults)
    return texts


def _journey(published: Published, name: str | None) -> Journey | None:
    if name is not None and name not in published.journeys:
        raise Unplayable(f"no journey is called '{name}'{suggestion(name, published.journeys)}")
    return published.journeys[name] if name else None


def behaviour(people: str) -> Behaviour:
    if people not in get_args(Behaviour):
        raise Unplayable(f"people behave prompt, late or silent, not '{people}'")
    return people  # type: ignore[return-value]  # looked up above


def _let(world: World, script: Script) -> None:
    """What is known from the beginning, and what happens on its day."""
    vocabulary = world.house.vocabulary
    known = {}
    for each in script.facts:
        fact, _, value = each.partition("=")
        full = fact if fact.startswith(("account.", "contract.")) else f"account.{fact}"
        try:
            known[full] = vocabulary.imagine(full, write_value(spoken_value(value)))
        except ValueError as error:
            raise Unplayable(f"{fact}: {error}") from None
    for each in script.events:
        match = _EVENT.fullmatch(each.strip())
        if not match or match[2] not in vocabulary.events:
            raise Unplayable(
                f"'{each}' is not an event; write 'day 3: setup_completed' or 'day 9: survey_answered survey=csat score=2'"
                + (suggestion(match[2], vocabulary.events) if match else "")
            )
        spoken = {key: write_value(spoken_value(value)) for key, value in (pair.split("=", 1) for pair in match[3].split())}
        try:
            payload = vocabulary.read_payload(match[2], spoken)
        except UnfitPayload as error:
            raise Unplayable(f"'{each}': {error}") from None
        world.at(world.now + timedelta(days=int(match[1])), lambda at, event=match[2], told=payload: at.event(event, told))  # type: ignore[misc]
    if known:
        world.know(known)


def why(played: Played, touch: Touch) -> str:
    """The rule that made it due: its day and its condition, as written."""
    journey = played.journey_of(touch)
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
    return {
        "account": played.account,
        "journey": played.journey.name if played.journey else None,
        "segment": played.segment,
        "from": played.begun.isoformat(),
        "days": played.days,
        "touches": [_as_json(played, touch) for touch in played.world.touches],
        "in_shadow": [_as_json(played, touch) for touch in played.world.shadows],
        "suppressed": [
            {
                "at": each.at.isoformat(), "journey": each.journey, "step": each.decision.step, "what": each.decision.what,
                "result": each.decision.result, "rule": each.decision.rule,
            }
            for each in suppressed(played)
        ],
        "collisions": [{"at": each.at.isoformat(), "sentence": each.sentence} for each in played.collisions],
    }  # fmt: skip


def _as_json(played: Played, touch: Touch) -> dict[str, Any]:
    return {
        "at": touch.at.isoformat(), "local": touch.at.astimezone(zone(played.world.account.zone)).isoformat(), "kind": touch.kind,
        "journey": touch.journey, "step": touch.step, "visit": touch.visit, "to": touch.recipient, "what": touch.what,
        "why": why(played, touch),
    }  # fmt: skip


def _what(touch: Touch) -> str:
    """A notice is about something, which its ladder is named for."""
    return f"{touch.what}: {touch.step}" if touch.kind == "notice" else touch.what


def suppressed(played: Played) -> list[Why]:
    return [each for each in played.world.whys if each.decision.what in SUPPRESSED]


def show(played: Played, out: Console) -> None:
    where = zone(played.world.account.zone)
    table = Table(
        title=played.title,
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
    )
    of_all = played.of_all
    for column in ("day", "local time", *(("journey",) if of_all else ()), "what", "", "to", "why"):
        table.add_column(column, no_wrap=column != "why", overflow="fold")
    lines: list[tuple[datetime, str, str, tuple[str, ...]]] = [
        (each.at, "dim", each.journey, (each.decision.what, each.decision.step or "", "", f"{each.decision.result} {each.decision.rule}"))
        for each in suppressed(played)
    ]
    lines += [
        (touch.at, "", touch.journey, (touch.kind, _what(touch), touch.recipient, why(played, touch))) for touch in played.world.touches
    ]
    lines += [
        (touch.at, "cyan", touch.journey, (f"{touch.kind} (in shadow)", _what(touch), touch.recipient, why(played, touch)))
        for touch in played.world.shadows
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
    if played.world.shadows:
        out.print(f"{len(played.world.shadows)} more in shadow, which reach nobody.")
    if of_all:
        _show_collisions(played.collisions, played, out)


def _show_collisions(found: Sequence[Collision], played: Played, out: Console) -> None:
    if not found:
        out.print("\nNothing is too much for anybody, by the limits of journeys/policies/contact.yaml.")
        return
    out.print(f"\n[bold]{len(found)} times it is too much[/bold], by the limits of journeys/policies/contact.yaml:")
    for each in found:
        day = (each.at.astimezone(zone(played.world.account.zone)).date() - played.begun).days
        out.print(f"  day {day}: {each.sentence}", markup=False)
