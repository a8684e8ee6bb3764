"""What is to come of every account: each played on from where it stands, in several processes, and what that adds up to.

It imports little, for every process that plays imports it.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from activities import history, standing
from activities.ledger import Office
from activities.view import View
from database import accounts, definitions, standings
from database.definitions import Published, Texts
from database.engine import Database
from domain import forecast
from domain.drawing import DrawnWorld
from domain.forecast import Counts, Forecast
from domain.habits import Habits, Lot
from domain.house import House
from domain.moving import Choices
from domain.people import Behaviour
from domain.simulation import Restless, World
from domain.standing import Standing

CHUNK = 20  # accounts that a process reads and plays at once
MOST_PROCESSES = 2  # more share one database, and the machine has other work
PAGE = 1000
Progress = Callable[[int, int], None]  # accounts done, of how many


# What is stored of an account cannot be read (a version or a field is gone, a value is of another kind), or its runs do not rest.
UNPLAYABLE = (LookupError, TypeError, ValueError, ArithmeticError, Restless)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: so many days from `now`, with our people acting so. With `passes` what history shows is drawn that often.
    `changed` are the texts of a change that is not published, `choices` what runs under way do then. `readings` are the moments at
    which everybody's health is read."""

    now: datetime
    days: int
    people: Behaviour = "prompt"
    passes: int = 0
    seed: int = 0
    changed: Texts | None = None
    choices: Choices = field(default_factory=Choices)
    readings: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Unplayed:
    """An account that could not be played, and why."""

    account: str
    why: str


@dataclass(frozen=True)
class Foreseen:
    """`changed` is the forecast with a change, None where none was asked about."""

    question: Question
    published: Forecast
    changed: Forecast | None
    unplayed: tuple[Unplayed, ...]
    habits: Habits


@dataclass
class _Part:
    """What was found of some accounts: the counts of each pass, and of each account which share its owner carries with it."""

    published: list[Counts]
    changed: list[Counts]
    carried: list[Mapping[str, float]] = field(default_factory=list)
    unplayed: list[Unplayed] = field(default_factory=list)
    played: int = 0

    @classmethod
    def of(cls, question: Question, with_change: bool) -> _Part:
        """Of no accounts."""
        count = max(1, question.passes)
        return cls([Counts() for _ in range(count)], [Counts() for _ in range(count if with_change else 0)])

    def add(self, other: _Part) -> None:
        for total, counts in zip([*self.published, *self.changed], [*other.published, *other.changed], strict=True):
            total.update(counts)
        self.carried += other.carried
        self.unplayed += other.unplayed
        self.played += other.played


def foresee(database: Database, question: Question, progress: Progress = lambda *_: None, processes: int | None = None) -> Foreseen:
    """Raises NotPublished before anything is published."""
    with database.read() as session:
        view = View(session, Office(), question.now)
        published, people = view.published, view.people
        after = definitions.as_published(session, question.changed) if question.changed is not None else None
        habits = history.habits(session, question.now) if question.passes else Habits()
        ids = list(_ids(session))
    total = _Part.of(question, with_change=after is not None)
    for part in _play(database.url, question, habits, ids, progress, processes or min(MOST_PROCESSES, os.cpu_count() or 1)):
        total.add(part)
    unplayed = tuple(sorted(total.unplayed, key=lambda each: each.account))
    carried: dict[str, float] = {}
    for share in total.carried:
        for owner, value in share.items():
            carried[owner] = carried.get(owner, 0.0) + value

    def added(house: House, passes: Sequence[Counts]) -> Forecast:
        return Forecast(house, question.now.date(), question.days, people, passes, dict(sorted(carried.items())), total.played)

    changed = added(after.house, total.changed) if after else None
    return Foreseen(question, added(published.house, total.published), changed, unplayed, habits)


def _ids(session: object) -> Iterator[str]:
    last = ""
    while page := accounts.ids_after(session, last, PAGE):  # type: ignore[arg-type]
        yield from page
        last = page[-1]


def _play(url: str, question: Question, habits: Habits, ids: Sequence[str], progress: Progress, processes: int) -> Iterator[_Part]:
    chunks = [ids[begin : begin + CHUNK] for begin in range(0, len(ids), CHUNK)]
    progress(0, len(ids))
    if len(chunks) < 2 or processes < 2:
        player = _Player(url, question, habits)
        for number, chunk in enumerate(chunks, 1):
            yield player.play(chunk)
            progress(min(number * CHUNK, len(ids)), len(ids))
        player.database.close()
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, _begin, (url, question, habits)) as pool:
        for number, part in enumerate(pool.map(_in_process, chunks), 1):
            progress(min(number * CHUNK, len(ids)), len(ids))
            yield part


_player: _Player | None = None  # of a process that plays


def _begin(url: str, question: Question, habits: Habits) -> None:
    global _player  # noqa: PLW0603  # a pool gives its processes no other place for what all their calls need
    _player = _Player(url, question, habits)


def _in_process(ids: Sequence[str]) -> _Part:
    assert _player
    return _player.play(ids)


class _Player:
    def __init__(self, url: str, question: Question, habits: Habits) -> None:
        self.database = Database(url, pool_size=1)
        self.office = Office()
        self.question = question
        self.lots = [Lot(habits, question.seed, number) for number in range(question.passes)]
        self.after: Published | None = None
        if question.changed is not None:
            with self.database.read() as session:
                self.after = definitions.as_published(session, question.changed)

    def play(self, ids: Sequence[str]) -> _Part:
        part = _Part.of(self.question, with_change=self.after is not None)
        with self.database.read() as session:
            view, rows = View(session, self.office, self.question.now), standings.read(session, ids)
            loads = view.accounts(ids)
            for id in ids:
                try:
                    stands = standing.of_rows(view, loads[id](), rows[id])
                    before = self._passes(view.published, stands, moves=False)
                    then = self._passes(self.after, stands, moves=True) if self.after else []
                except UNPLAYABLE as error:
                    part.unplayed.append(Unplayed(id, f"{type(error).__name__}: {error}".splitlines()[0]))
                    continue
                part.add(_Part(before, then, [forecast.carried([stands.account], view.published.house.capacity)], played=1))
        return part

    def _passes(self, published: Published, stands: Standing, moves: bool) -> list[Counts]:
        question = self.question
        journeys = list(published.journeys.values())
        about = (published.house, journeys, stands.account, question.now, question.people)
        worlds: Iterator[World] = (DrawnWorld(*about, lot=lot) for lot in self.lots) if self.lots else iter([World(*about)])
        found = []
        for world in worlds:
            world.adopt_account(stands)
            if moves:
                for journey in journeys:
                    world.publish(journey, question.choices.of_journey(journey.name), question.choices.map_of(journey.name))
                world.change(world.account)  # journeys that begin on a day are planned anew
            for reading in question.readings:
                world.at(reading, World.read_health)
            world.play(question.now + timedelta(days=question.days))
            found.append(forecast.counts(world))
        return found
