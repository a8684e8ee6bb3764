"""What publishing would do to runs in flight, at one moment: nothing heard, nobody acting, played on to their ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from activities import moving, standing
from activities.view import View
from database import definitions, runs, standings
from database.definitions import Published, Texts
from domain import ahead, composing, foreseeing, state
from domain import moving as domain_moving
from domain.account import facts
from domain.ahead import Words
from domain.foreseeing import DAY, Becomes, Course, Order
from domain.journey import Journey
from domain.moving import MOVING, CannotMove, Choices, InFlight
from domain.simulation import World
from domain.standing import Standing
from domain.succession import Fate, between

ACCOUNTS_AT_ONCE = 200

Progress = Callable[[int, int], None]  # how many accounts are done, and of how many


@dataclass(frozen=True, slots=True)
class RunImpact:
    """What publishing does to one run: where it stood (track to step), what becomes of it, what it does then, and what it would do
    anyway."""

    run_id: str
    account_id: str
    journey: str
    version: int
    choice: InFlight
    becomes: Becomes
    why: str
    stood: Mapping[str, str]
    run_revision: int
    then: Course
    anyway: Course

    @property
    def tasks_lost(self) -> int:
        return foreseeing.lost(self.then, self.anyway)


@dataclass(frozen=True, slots=True)
class Question:
    """A step of which somebody has to say what became of it, and how many runs that are to move stand at it, or have it behind them
    or ahead."""

    journey: str
    step: str
    candidates: tuple[str, ...]
    stand: int
    others: int


@dataclass(frozen=True, slots=True)
class Reach:
    """A changed template and the runs in flight that still have it ahead, by the version they will be on: their accounts by journey."""

    template: str
    accounts: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Impact:
    """What publishing would do to every run concerned at `now`. `token` stands for that moment."""

    now: datetime
    runs: tuple[RunImpact, ...]
    questions: tuple[Question, ...]
    reach: tuple[Reach, ...]
    token: str

    def count(self, becomes: Becomes, journey: str | None = None) -> int:
        return sum(run.becomes == becomes and journey in (None, run.journey) for run in self.runs)

    def touches(self, whole: bool, journey: str | None = None) -> tuple[Counter[str], Counter[str]]:
        """Touches by kind, as they will come and as they would come anyway: of the next 24 hours, or to the end."""
        until = None if whole else self.now + DAY
        mine = [run for run in self.runs if journey in (None, run.journey)]
        then = sum((run.then.counts(until) for run in mine), Counter[str]())
        return then, sum((run.anyway.counts(until) for run in mine), Counter[str]())

    @property
    def journeys(self) -> tuple[str, ...]:
        return tuple(sorted({run.journey for run in self.runs}))


def of(view: View, texts: Texts, choices: Choices, progress: Progress | None = None) -> Impact:
    """For the texts as they would be published. Raises FaultyText."""
    return _Preview(view, texts, choices).impact(progress or _unseen)


def questions(view: View, texts: Texts, choices: Choices) -> tuple[Question, ...]:
    """What somebody has to say of steps before all runs that are to move can. Raises FaultyText."""
    preview = _Preview(view, texts, choices)
    return tuple(preview.questions())


@dataclass
class _Preview:
    view: View
    texts: Texts
    choices: Choices
    rows: Sequence[Row[Any]] = field(init=False)
    after: Published = field(init=False)

    def __post_init__(self) -> None:
        self.after = definitions.as_published(self.view.session, self.texts)
        self.rows = list(moving.concerned(self.view.session, self.texts))
        self._fates: dict[tuple[str, int, str], Mapping[str, Fate]] = {}
        self._segments: dict[str, str] = {}

    def impact(self, progress: Progress) -> Impact:
        by_account: dict[str, list[Row[Any]]] = {}
        for row in self.rows:
            by_account.setdefault(row.account_id, []).append(row)
        found: dict[str, RunImpact] = {}
        done = 0
        for some in _batches(list(by_account)):
            loads, open_rows = self.view.accounts(some), standings.read(self.view.session, some)
            for id in some:
                stands = standing.of_rows(self.view, loads[id](), open_rows[id])
                found |= {run.run_id: run for run in self.of_account(stands, by_account[id])}
                done += 1
                progress(done, len(by_account))
        token = moving.token(self.view.session, self.rows, self.texts, self.choices)
        runs = tuple(found[row.id] for row in self.rows)
        return Impact(self.view.now, runs, tuple(self.questions()), tuple(self.reach()), token)

    def of_account(self, stands: Standing, rows: Sequence[Row[Any]]) -> Iterator[RunImpact]:
        orders = {row.id: self.order(row) for row in rows}
        then = self.courses(self.after, stands, orders, given=True)
        anyway = self.courses(self.view.published, stands, orders, given=False)
        for row in rows:
            becomes, why = foreseeing.becomes(orders[row.id], then[row.id])
            positions = {track: position.step for track, position in state.load(row.state).tracks.items()}
            yield RunImpact(
                row.id, row.account_id, row.journey, row.version, orders[row.id].choice, becomes, why, positions, row.revision,
                then[row.id], anyway[row.id],
            )  # fmt: skip

    def courses(self, published: Published, stands: Standing, orders: Mapping[str, Order], given: bool) -> dict[str, Course]:
        world = World(published.house, list(published.journeys.values()), stands.account, self.view.now, "silent")
        world.adopt_account(stands)
        if given:
            for id, order in orders.items():
                order.give(world.runs[id], self.view.now)
        return foreseeing.play(world, orders)

    def order(self, row: Row[Any]) -> Order:
        return Order(self.choices.of_journey(row.journey), self.after.journeys.get(row.journey), self.choices.map_of(row.journey))

    # What somebody has to say

    def questions(self) -> Iterator[Question]:
        stand: Counter[tuple[str, str]] = Counter()
        others: Counter[tuple[str, str]] = Counter()
        candidates: dict[tuple[str, str], tuple[str, ...]] = {}
        for row in self.rows:
            order, stands = self.order(row), state.load(row.state)
            if order.choice not in MOVING or order.new is None:
                continue
            at = {position.step for position in stands.tracks.values()}
            segment = self.segment(row.account_id)
            to_come = ahead.steps(self.view.journey(row), stands, segment) if order.choice == "move" else frozenset[str]()
            for fate in self.fates(row, order.new, segment).values():
                if fate.how != "ambiguous" or not (fate.step in at or fate.step in stands.records or fate.step in to_come):
                    continue
                candidates[row.journey, fate.step] = fate.candidates
                (stand if fate.step in at else others)[row.journey, fate.step] += 1
        for (journey, step), found in sorted(candidates.items()):
            yield Question(journey, step, found, stand[journey, step], others[journey, step])

    def fates(self, row: Row[Any], new: Journey, segment: str) -> Mapping[str, Fate]:
        key = (row.journey, row.version, segment)
        if key not in self._fates:
            self._fates[key] = between(self.view.journey(row), new, segment, self.choices.map_of(row.journey))
        return self._fates[key]

    def segment(self, account_id: str) -> str:
        if account_id not in self._segments:
            account = self.view.account(account_id)
            assert account is not None, "it has runs"
            self._segments[account_id] = facts(account, self.view.published.house, self.view.now).segment
        return self._segments[account_id]

    # Whom changed words reach

    def reach(self) -> Iterator[Reach]:
        changed = self.changed_words()
        if not changed:
            return
        accounts: dict[str, dict[str, list[str]]] = {name: {} for name in changed}
        concerned = {row.id for row in self.rows}
        for row in runs.all_live(self.view.session):
            used = self.words_ahead(row, row.id in concerned)
            for template, words in changed.items():
                if words & used:
                    accounts[template].setdefault(row.journey, []).append(row.account_id)
        for template, found in accounts.items():
            yield Reach(template, {journey: tuple(ids) for journey, ids in sorted(found.items())})

    def changed_words(self) -> dict[str, frozenset[Words]]:
        """The templates and layouts whose text changes, and what is written with each of them; those that are new change nothing."""
        before, _ = definitions.current_texts(self.view.session)
        templates = self.after.words.templates.values()
        found: dict[str, frozenset[Words]] = {}
        for (kind, name), text in before.items():
            if kind != "template" or self.texts.get((kind, name), text) == text:
                continue
            if composing.is_layout(name):
                found[name] = frozenset((each.kind, each.name) for each in templates if each.kind == "email")
            else:
                found[name] = frozenset((each.kind, each.name) for each in templates if each.path == name)
        return found

    def words_ahead(self, row: Row[Any], concerned: bool) -> frozenset[Words]:
        """What a run may yet fill in, under the version it will be on."""
        journey, stands, segment = self.view.journey(row), state.load(row.state), self.segment(row.account_id)
        order = self.order(row)
        if not concerned or order.choice not in MOVING or order.new is None:
            return ahead.words(journey, stands, segment)
        account = self.view.account(row.account_id)
        assert account is not None
        known = facts(account, self.after.house, self.view.now, row.contract_id, row.contact_id)
        try:
            moved = domain_moving.move(journey, order.new, self.after.house, stands, self.view.now, known, order.told)
        except CannotMove:
            return ahead.words(journey, stands, segment)
        then = ahead.words(order.new, moved.state, segment)
        return then if order.choice == "move_now" else then | ahead.words(journey, stands, segment)


def _unseen(done: int, of: int) -> None:
    """Nobody watches."""


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), ACCOUNTS_AT_ONCE):
        yield ids[first : first + ACCOUNTS_AT_ONCE]
