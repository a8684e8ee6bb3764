"""From a wake-up to the next rest: `advance` is what every run does, in real and in virtual time alike.

It reads no clock and no store. It takes what the run was told, looks at what ends it and what it reacts to, then takes each
track, in the order of their declaration, as far as it goes. It says what to do (intents), why (decisions) and what to wait
for (rest). Effects that need the outside come back as news (Settled, PutOff, Decided …) to a later call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from domain import approvals, holding, planning, sending, shadow, verbs
from domain.facts import Facts
from domain.governor import UNTIL_LIFTED
from domain.house import House
from domain.intents import CloseTasks, Decision, Intent, LiftHolds, Withdraw
from domain.journey import CLOSING, Journey, Node
from domain.language import End, Repeat, Whenever
from domain.news import (
    Acknowledged,
    BandChanged,
    Changed,
    Closed,
    Decided,
    Engaged,
    EscalationEnded,
    ExitOrdered,
    Happened,
    HoldOrdered,
    News,
    PutOff,
    Raised,
    Reassigned,
    ResumeOrdered,
    Settled,
    SkipOrdered,
    Snoozed,
    TaskDone,
)  # fmt: skip
from domain.run import Run
from domain.state import Heard, Phase, Position, Reaction, Rest, State

MOST_MOVES = 5000
MOST_HEARD = 50


class Stuck(Exception):
    """A journey went round without resting. A published journey cannot; its run is parked until the journey is mended."""


@dataclass(frozen=True, slots=True)
class Turned:
    """What came of one call: the new state, what to do in this order, why, and what to wait for."""

    state: State
    intents: Sequence[Intent]
    decisions: Sequence[Decision]
    rest: Rest


def enter(journey: Journey, facts: Facts, now: datetime) -> State:
    """A run at its very beginning: every track before its first step."""
    plan = journey.plan(facts.segment)
    tracks = {name: Position(first, 1, now) for name, first in plan.tracks.items()}
    return State(begun_at=now, tracks=tracks, shadow=shadow.begins_in(plan, facts, now))


def advance(journey: Journey, house: House, state: State, now: datetime, facts: Facts, news: Sequence[News]) -> Turned:
    """Raises Stuck for a journey that never rests."""
    run = Run(journey, house, state, now, facts)
    if run.over is None:
        _Turn(run).take(news)
    return Turned(run.state(), run.intents, run.decisions, _rest(run))


def hear(run: Run, news: News) -> None:
    """What one piece of news changes of a run, before its tracks are looked at."""
    _Turn(run).hear(news)


class _Turn:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.moves = 0
        self.stale_from: datetime | None = None  # a hold ended, and what fell due since then is skipped

    def take(self, news: Sequence[News]) -> None:
        run = self.run
        run.find_anchor()
        for item in news:
            if run.over is None:
                self.hear(item)
        while run.over is None and self.look_around():
            pass
        if run.over is None:
            self.stale_from = holding.look(run)
        if run.shadow and not shadow.is_whole(run):
            run.shadow = False
            run.decide("went live", "its journey is not in shadow any more", rule=run.plan.text.shadow or "")
        if run.pause is None:
            self.walk()
        if run.over is None and not run.tracks:
            self.finish(run.closing or "completed")

    # What the run is told

    def hear(self, news: News) -> None:
        run = self.run
        match news:
            case Happened():
                self.happened(news)
            case BandChanged():
                for name, (reaction, first) in run.plan.reactions.items():
                    if news.after in reaction.band:
                        self.react(name, reaction, first, f"band {news.before} to {news.after}")
            case TaskDone():
                if not _waits_for_later(run, news):
                    run.note(news.step, done_on=run.facts.today(news.at), outcome=news.outcome)
            case Decided(recipient=None):
                run.note(news.step, approved=news.approved)
            case Decided():
                self.decided_one(news)
            case EscalationEnded():
                run.note(news.step, done_on=run.facts.today(news.at), outcome=news.outcome)
            case Engaged():
                run.note(news.step, **{news.how: True})
            case Settled():
                self.settled(news)
            case PutOff():
                self.put_off(news)
            case ExitOrdered():
                self.leave(news.tasks, news.why)
                self.finish(news.why)
            case SkipOrdered():
                self.skip(news)
            case HoldOrdered():
                holding.order(run, news)
            case ResumeOrdered():
                holding.end(run, news)
            case Changed():
                self.changed(news)
            case Acknowledged() | Closed() | Reassigned() | Snoozed() | Raised():
                pass  # told to follow-ups
            case _:
                assert_never(news)

    def happened(self, news: Happened) -> None:
        run = self.run
        if news.name in run.plan.awaits:
            run.heard = (*run.heard, Heard(news.name, news.at, news.payload))[-MOST_HEARD:]
        if run.closing is None:
            for index, end in enumerate(run.plan.text.ends):
                if news.name in end.on and run.fits(end.where, news.payload):
                    self.end(index, end, news.name)
                    return
        for name, (reaction, first) in run.plan.reactions.items():
            if news.name in reaction.on and run.fits(reaction.where, news.payload):
                self.react(name, reaction, first, news.name)

    def settled(self, news: Settled) -> None:
        run = self.run
        standing = run.standing_at(news.step, news.visit)
        if standing and standing[1].phase is Phase.OUT and news.recipient in standing[1].out:
            track, position = standing
            run.tracks[track] = replace(position, out={id: at for id, at in position.out.items() if id != news.recipient})
        if news.result in ("accepted", "in_doubt", shadow.SHADOWED):
            run.note(news.step, at=run.now, done_on=run.today)

    def put_off(self, news: PutOff) -> None:
        run = self.run
        standing = run.standing_at(news.step, news.visit)
        if standing and news.recipient in standing[1].out:
            track, position = standing
            run.tracks[track] = replace(position, out={**position.out, news.recipient: news.until})
            until = "it is lifted" if news.until == UNTIL_LIFTED else f"{news.until:%Y-%m-%d %H:%M} UTC"
            run.decide("put off", f"until {until}: {news.why}", run.plan.node(news.step), position=position)

    def decided_one(self, news: Decided) -> None:
        run = self.run
        assert news.recipient is not None, "who is told of the whole gate is told otherwise"
        if standing := run.standing_at(news.step, news.visit):
            track, position = standing
            run.tracks[track] = sending.decide_one(run, run.plan.node(news.step), position, news.recipient, news.approved, news.by)

    def changed(self, news: Changed) -> None:
        """Facts are looked at anyway; lifted holds let what waited for them go."""
        run = self.run
        for track, position in list(run.tracks.items()):
            if "holds" in news.names and position.phase is Phase.OUT:
                run.tracks[track] = sending.let_go(run, run.plan.node(position.step), position)

    def skip(self, news: SkipOrdered) -> None:
        run = self.run
        if standing := run.standing_at(news.step):
            track, position = standing
            node = run.plan.node(news.step)
            run.decide("skipped", f"by {news.by or 'order'}", node, position=position)
            run.intend(Withdraw(node.id, position.visit, "skipped"))
            approvals.stop_asking(run, node, position, "skipped")
            self.move(track, self.onward(node))

    # What concerns the whole run

    def look_around(self) -> bool:
        """Goals, ends and reactions that follow from what is known now; whether anything came of it."""
        run, text = self.run, self.run.plan.text
        if text.goal and run.goal_at is None and run.holds(text.goal):
            run.goal_at = run.now
            run.decide("goal", "reached", rule=text.goal)
        if run.closing is not None:
            return False
        for index, end in enumerate(text.ends):
            if end.when and run.holds(end.when):
                self.end(index, end, str(end.when))
                return False
        moved = False
        for name, (reaction, first) in run.plan.reactions.items():
            if reaction.when:
                memory = run.reactions.get(name) or Reaction()
                true = run.holds(reaction.when)
                if true != memory.was_true:
                    run.reactions[name] = replace(memory, was_true=true)
                if true and not memory.was_true:
                    moved |= self.react(name, reaction, first, str(reaction.when))
        return moved

    def react(self, name: str, reaction: Whenever, first: str | None, cause: str) -> bool:
        run = self.run
        memory = run.reactions.get(name) or Reaction()
        if run.closing is not None or first is None or not may_react(run, name, reaction):
            run.decide("ignored", f"{cause}: {'already running' if name in run.tracks else 'not again'}", rule=name)
            return False
        run.reactions[name] = replace(memory, last=run.now)
        run.tracks[name] = planning.arrive(run, run.plan.node(first))
        run.decide("reacted", cause, rule=name)
        return True

    def end(self, index: int, end: End, cause: str) -> None:
        run = self.run
        self.leave(end.tasks, cause)
        run.closing = cause
        first = run.plan.closings[index]
        run.decide("ended", cause, rule=end.when or ", ".join(end.on))
        if first is None:
            self.finish(cause)
        else:
            run.tracks[CLOSING] = planning.arrive(run, run.plan.node(first))

    def leave(self, tasks: str, why: str) -> None:
        """Every track stops where it stands; what was planned or asked is withdrawn."""
        run = self.run
        for position in run.tracks.values():
            approvals.stop_asking(run, run.plan.node(position.step), position, why)
        run.tracks.clear()
        run.intend(Withdraw(None, None, why))
        if tasks == "close":
            run.intend(CloseTasks("close", why))
        elif tasks == "hand_on":
            run.intend(CloseTasks("hand_on", why))

    def finish(self, why: str) -> None:
        run = self.run
        run.over = why
        run.tracks.clear()
        run.intend(LiftHolds())
        run.decide("over", why)

    # Tracks

    def walk(self) -> None:
        """Each track as far as it goes, and again while one of them changed what the others stand on."""
        run = self.run
        settled = False
        seen: Facts | None = None  # what every track was last looked at with
        while not settled and run.over is None:
            settled, begun = True, run.facts
            for track, position in list(run.tracks.items()):
                facts, noted, closing = run.facts, run.noted, run.closing
                if facts is seen and position.phase is Phase.BEFORE and planning.waits_for_its_day(run, position):
                    continue  # only facts would move it
                self.go(track)
                if run.facts is not facts or run.noted != noted:
                    settled = False
                    while run.over is None and self.look_around():
                        pass
                if run.closing != closing:
                    break
            seen = begun if run.facts is begun else None

    def go(self, track: str) -> None:
        run = self.run
        while (position := run.tracks.get(track)) is not None:
            self.moves += 1
            if self.moves > MOST_MOVES:
                raise Stuck(f"{run.journey.name} goes round without resting at step '{position.step}'")
            node = run.plan.node(position.step)
            after = self.look(node, position)
            if after is None:
                self.move(track, self.onward(node))
                continue
            run.tracks[track] = after
            if (after.step, after.visit) == (position.step, position.visit):
                return

    def look(self, node: Node, position: Position) -> Position | None:
        run = self.run
        if position.phase is not Phase.BEFORE:
            return verbs.resume(run, node, planning.deadline(run, node, position))
        planned = planning.due(run, node, position)
        if isinstance(planned, str):
            run.decide("skipped", planned, node, position=position)
            return None
        if planned.until is None and planning.is_unknown(node, planned):
            return planned
        if planned.until is not None and planned.until > run.now:
            return planned
        if self.is_stale(node, planned):
            run.decide("skipped", holding.STALE, node, position=planned)
            return None
        if not run.holds(node.step.when):
            run.decide("skipped", "its condition does not hold", node, node.step.when or "", planned)
            return None
        if node.step.when:
            run.decide("due", "its condition holds", node, node.step.when, planned)
        if why := shadow.rule(run, node):
            return shadow.act(run, node, planned, why)
        return verbs.act(run, node, planned)

    def is_stale(self, node: Node, position: Position) -> bool:
        if self.stale_from is None or position.day is None or not node.step.reaches_people:
            return False
        return self.stale_from <= planning.opening(self.run, node, position.day) < self.run.now

    def onward(self, node: Node) -> Position | None:
        """Where a track goes after a step: its next date, the step after it, or back to the step it lies in."""
        run = self.run
        visits = run.record(node.id).visits + 1
        run.note(node.id, visits=visits)
        return self.after(node, visits)

    def after(self, node: Node, visits: int) -> Position | None:
        run, own = self.run, self.run.plan.nodes
        if node.step.at and visits < len(node.step.at) and node.id in own:
            return planning.arrive(run, node)
        following = node.next
        while following and following not in own:  # left behind with the former segment
            following = run.plan.node(following).next
        if following:
            return planning.arrive(run, own[following])
        if node.parent is None:
            return None
        parent = run.plan.node(node.parent)
        if isinstance(parent.step, Repeat) and parent.id in own:
            return verbs.next_round(run, parent, parent.step)
        return self.after(parent, run.record(parent.id).visits)

    def move(self, track: str, position: Position | None) -> None:
        if position is None:
            self.run.tracks.pop(track, None)
        else:
            self.run.tracks[track] = position


def _waits_for_later(run: Run, news: TaskDone) -> bool:
    """Whether the track waits for a later task of the same step than the one that was done."""
    standing = run.standing_at(news.step)
    return standing is not None and standing[1].phase is Phase.WAIT and standing[1].visit > news.visit


def may_react(run: Run, name: str, reaction: Whenever) -> bool:
    """Whether a `whenever` may begin now: not while it runs, and as often as its `again` says."""
    last = (run.reactions.get(name) or Reaction()).last
    if name in run.tracks:
        return False
    if last is None:
        return True
    again = reaction.again
    return not again.never and (again.after is None or run.account_calendar().plus(last, again.after) <= run.now)


def _rest(run: Run) -> Rest:
    if run.over is not None:
        return Rest(None, "", "", run.over)
    if run.pause is not None:
        return Rest(run.pause.until, "resume", "")
    waking = [
        (position.until, index, position)
        for index, position in enumerate(run.tracks.values())
        if position.until is not None and position.until < UNTIL_LIFTED
    ]
    if not waking:
        first = next(iter(run.tracks.values()), None)
        return Rest(None, run.plan.node(first.step).step.verb if first else "", first.step if first else "")
    until, _, position = min(waking, key=lambda item: item[:2])
    return Rest(until, run.plan.node(position.step).step.verb, position.step)
