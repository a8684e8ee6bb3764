"""What is to come of every account: each played on from where it stands, in several processes, and what that adds up to.

It imports little, for every process that plays imports it.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
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
from domain.simulation import World
from domain.standing import Standing

CHUNK = 20  # accounts that a process reads and plays at once
MOST_PROCESSES = 2  # more share one database, and the machine has other work
PAGE = 1000
Progress = Callable[[int, int], None]  # accounts done, of how many


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
    """What one process found of some accounts."""

    published: list[Counts]
    changed: list[Counts]
    carried: list[Mapping[str, float]]
    unplayed: list[Unplayed]
    played: int


def foresee(database: Database, question: Question, progress: Progress = lambda *_: None, processes: int | None = None) -> Foreseen:
    """Raises NotPublished before anything is published."""
    with database.read() as session:
        view = View(session, Office(), question.now)
        published, people = view.published, view.people
        after = definitions.as_published(session, question.changed) if question.changed is not None else None
        habits = history.habits(session, question.now) if question.passes else Habits()
        ids = list(_ids(session))
    found = list(_play(database.url, question, habits, ids, progress, processes or min(MOST_PROCESSES, os.cpu_count() or 1)))
    carried: dict[str, float] = {}
    for share in (share for part in found for share in part.carried):
        for owner, value in share.items():
            carried[owner] = carried.get(owner, 0.0) + value
    unplayed = tuple(sorted((each for part in found for each in part.unplayed), key=lambda each: each.account))
    played = sum(part.played for part in found)

    def added(house: House, of: Callable[[_Part], list[Counts]]) -> Forecast:
        passes = [Counts() for _ in range(max(1, question.passes))]
        for part in found:
            for total, counts in zip(passes, of(part), strict=True):
                total.update(counts)
        return Forecast(house, question.now.date(), question.days, people, passes, dict(sorted(carried.items())), played)

    changed = added(after.house, lambda part: part.changed) if after else None
    return Foreseen(question, added(published.house, lambda part: part.published), changed, unplayed, habits)


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
        futures = [pool.submit(_in_process, chunk) for chunk in chunks]
        for number, _ in enumerate(as_completed(futures), 1):
            progress(min(number * CHUNK, len(ids)), len(ids))
        yield from (future.result() for future in futures)


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
        count = max(1, self.question.passes)
        part = _Part([Counts() for _ in range(count)], [Counts() for _ in range(count if self.after else 0)], [], [], 0)
        with self.database.read() as session:
            view, rows = View(session, self.office, self.question.now), standings.read(session, ids)
            for id in ids:
                try:
                    stands = standing.of_rows(view, id, rows[id])
                    if stands is None:
                        continue  # it was erased meanwhile
                    before = self._passes(view.published, stands, moves=False)
                    then = self._passes(self.after, stands, moves=True) if self.after else []
                except Exception as error:  # noqa: BLE001  # the edge of one account: whatever is wrong with it, the others are played
                    part.unplayed.append(Unplayed(id, f"{type(error).__name__}: {error}".splitlines()[0]))
                    continue
                for total, counts in zip([*part.published, *part.changed], [*before, *then], strict=True):
                    total.update(counts)
                part.carried.append(forecast.carried([stands.account], view.published.house.capacity))
                part.played += 1
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
