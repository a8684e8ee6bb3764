"""What each step does when its moment has come, and how it goes on when it had to wait.

Both functions return the position the track rests at, the position it goes to (inside this step), or None: the step is behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import assert_never

from domain import approvals, planning, sending
from domain.durations import Duration
from domain.intents import (
    CreateTask,
    PlaceHold,
    RaiseEscalation,
    SetFacts,
    StartJourney,
    StopJourney,
)  # fmt: skip
from domain.journey import Node
from domain.language import (
    Approval,
    At,
    Branch,
    Case,
    Check,
    Escalate,
    Hold,
    Post,
    Repeat,
    Send,
    Set,
    Split,
    Start,
    Stop,
    Task,
    UntilClock,
    Wait,
    WaitFor,
    Webhook,
)  # fmt: skip
from domain.roles import covered, digest, recipients
from domain.run import Run
from domain.state import Phase, Position
from domain.timing import local_day, moment, zone


def act(run: Run, node: Node, position: Position) -> Position | None:
    step = node.step
    match step:
        case Send():
            return sending.send(run, node, step, position)
        case Post():
            return sending.post(run, node, step, position)
        case Task():
            return _task(run, node, step, position)
        case Approval():
            return _approval(run, node, step, position)
        case Wait():
            return resume(run, node, _rest(run, node, step, position))
        case WaitFor():
            return resume(run, node, _listen(run, node, step, position))
        case Branch():
            return _enter(run, node, _choose(run, node, step.cases, position))
        case Check():
            return _check(run, node, step, position)
        case Split():
            return _split(run, node, step, position)
        case Escalate():
            return _escalate(run, node, step, position)
        case Set():
            return _set(run, node, step, position)
        case Start():
            run.intend(StartJourney(step.start))
            return _done(run, node)
        case Stop():
            run.intend(StopJourney(step.stop, step.tasks, f"stopped by {run.journey.name}"))
            return _done(run, node)
        case Hold():
            return _hold(run, node, step, position)
        case Webhook():
            return sending.webhook(run, node, step, position)
        case Repeat():
            return _round(run, node, step, replace(position, phase=Phase.BETWEEN, until=run.now))
        case _:
            assert_never(step)


def resume(run: Run, node: Node, position: Position) -> Position | None:
    step = node.step
    match step:
        case Send():
            go_on = sending.at_gate if position.phase is Phase.GATE else sending.mails_out
            return go_on(run, node, step, position)
        case Post() | Webhook():
            return sending.out(run, node, position)
        case Task():
            return _await_task(run, node, step, position)
        case Approval():
            return _await_approval(run, node, step, position)
        case Wait():
            return _done(run, node) if position.is_up(run.now) else position
        case WaitFor():
            return _await(run, node, step, position)
        case Repeat():
            return _round(run, node, step, position)
        case _:
            return position


def _done(run: Run, node: Node) -> Position | None:
    run.note(node.id, at=run.now, done_on=run.today)
    return None


def _enter(run: Run, node: Node, block: int) -> Position | None:
    """Into one of the step's lists of steps; None where it is empty."""
    first = run.plan.first(node.id, block)
    if first is None:
        return None
    run.note(node.id, visits=run.record(node.id).visits + 1)
    return planning.arrive(run, run.plan.node(first))


# Approvals, tasks and escalations


def _approval(run: Run, node: Node, step: Approval, position: Position) -> Position:
    return approvals.ask(run, node, step, position, step.approval)


def _await_approval(run: Run, node: Node, step: Approval, position: Position) -> Position | None:
    verdict = approvals.verdict(run, node, step, position)
    if verdict is None:
        return approvals.pass_on(run, node, step, position)
    run.note(node.id, at=run.now, done_on=run.today, approved=verdict, outcome="approved" if verdict else "refused")
    return None


def _task(run: Run, node: Node, step: Task, position: Position) -> Position | None:
    held = run.holder(step.owner)
    calendar = run.working(held)
    clock = run.house.ladders.tasks[step.sla]
    allowed = step.due or (clock.within if clock.counts_from == "creation" else run.house.ladders.due)
    assignee, due_at = held.person.id if held else None, calendar.plus(run.now, allowed)
    run.intend(CreateTask(node.id, position.visit, step.task, step.owner, assignee, step.sla, due_at, step.outcomes, covered(held)))
    run.note(node.id, at=run.now, done_on=None, outcome=None)
    if step.wait is None:
        return None
    return replace(position, phase=Phase.WAIT, until=calendar.plus(run.now, step.wait))


def _await_task(run: Run, node: Node, step: Task, position: Position) -> Position | None:
    if run.record(node.id).done_on is not None:
        return None
    if not position.is_up(run.now):
        return position
    run.decide("timed out", f"not done after {step.wait}", node, position=position)
    return _enter(run, node, 0)


def _escalate(run: Run, node: Node, step: Escalate, position: Position) -> Position | None:
    held = run.holder(step.to)
    why = step.why or step.escalate.replace("-", " ").capitalize()
    run.intend(RaiseEscalation(node.id, position.visit, step.escalate, step.to, held.person.id if held else None, step.sla, why))
    run.note(node.id, at=run.now)
    return None


# Time


def _rest(run: Run, node: Node, step: Wait, position: Position) -> Position:
    match step.wait:
        case Duration():
            return replace(position, phase=Phase.WAIT, until=run.account_calendar().plus(run.now, step.wait))
        case UntilClock(at):
            where = run.facts.zone
            if step.to and (reader := next(iter(recipients(step.to, run.house.roles, run.facts)), None)) and reader.zone:
                where = zone(reader.zone)
            today = local_day(run.now, where)
            until = moment(today, at, where)
            if until <= run.now:
                until = moment(today.fromordinal(today.toordinal() + 1), at, where)
            return replace(position, phase=Phase.WAIT, until=until)
        case At():
            return planning.deadline(run, node, replace(position, phase=Phase.WAIT, day=None, until=None))
        case _:
            assert_never(step.wait)


def _listen(run: Run, node: Node, step: WaitFor, position: Position) -> Position:
    run.note(node.id, done_on=None, answer=None, outcome=None)
    if step.within:
        return replace(position, phase=Phase.WAIT, until=run.account_calendar().plus(run.now, step.within))
    return planning.deadline(run, node, replace(position, phase=Phase.WAIT, day=None, until=None))


def _await(run: Run, node: Node, step: WaitFor, position: Position) -> Position | None:
    if step.wait_for.event:
        # What was heard before the last time this step was satisfied has been used; `since: now` counts what comes after the arrival.
        used = run.record(node.id).at
        for heard in run.heard:
            if (
                heard.name == step.wait_for.event
                and (step.since == "start" or heard.at > position.since)
                and (used is None or heard.at > used)
                and run.fits(step.where, heard.payload)
            ):
                answer = run.house.vocabulary.events[heard.name].answer
                run.note(node.id, at=run.now, done_on=run.today, outcome="heard", answer=heard.payload.get(answer) if answer else None)
                run.decide("heard", f"{heard.name} at {heard.at:%Y-%m-%d %H:%M} UTC", node, step.where or "", position)
                return None
    elif run.holds(step.wait_for.condition):
        run.note(node.id, at=run.now, done_on=run.today, outcome="true")
        run.decide("heard", "it is true", node, step.wait_for.condition, position)
        return None
    if not position.is_up(run.now):
        return position
    run.decide("timed out", f"no {step.wait_for} in time", node, position=position)
    run.note(node.id, outcome="timed out")
    return _enter(run, node, 0)


def _round(run: Run, node: Node, step: Repeat, position: Position) -> Position | None:
    """The next round when it is time, the end when the condition holds."""
    if run.holds(step.until):
        run.decide("ended", "repeated until it held", node, step.until, position)
        return _done(run, node)
    if not position.is_up(run.now):
        return position
    if position.since == run.record(node.id).at and _round_due(run, node, step) > run.today:
        return next_round(run, node, step)
    first = run.plan.first(node.id, 0)
    if first is None:  # its segment is another than when it came here, and has nothing to repeat
        run.decide("ended", f"nothing in it is for {run.plan.segment}", node, position=position)
        return _done(run, node)
    run.note(node.id, at=run.now)
    return planning.arrive(run, run.plan.node(first))


def next_round(run: Run, node: Node, step: Repeat) -> Position:
    """A round is over: the repeat rests until the next is due, or until the day on which the repeat will end."""
    record, due = run.record(node.id), _round_due(run, node, step)
    if step.until.elapsing:
        days = (run.today + timedelta(days=ahead) for ahead in range(1, (due - run.today).days))
        due = next((day for day in days if run.holds_on(step.until, day)), due)
    return Position(node.id, record.visits + 1, record.at or run.now, Phase.BETWEEN, until=planning.working_day(run, due))


def _round_due(run: Run, node: Node, step: Repeat) -> date:
    """Rounds are reckoned from the beginning of the last, however long it took."""
    return local_day(run.account_calendar().plus(run.record(node.id).at or run.now, step.every), run.facts.zone)


# Choices


def _choose(run: Run, node: Node, cases: Sequence[Case], position: Position) -> int:
    for index, case in enumerate(cases):
        if case.else_ is not None or run.holds(case.when):
            result = case.verdict or ("else" if case.else_ is not None else f"case {index + 1}")
            weighed = [earlier.when for earlier in cases[:index] if earlier.when]
            run.decide("chosen", result, node, case.when or "else", position, weighed)
            run.note(node.id, at=run.now, done_on=run.today, outcome=result)
            return index
    raise AssertionError("the grammar demands an else")


def _check(run: Run, node: Node, step: Check, position: Position) -> Position | None:
    return _enter(run, node, _choose(run, node, step.verdicts, position))


def _split(run: Run, node: Node, step: Split, position: Position) -> Position | None:
    """Sticky: the arm depends on the account, the journey and the step alone."""
    place = digest(run.facts.account_id, run.journey.name, node.id) % 100
    for index, arm in enumerate(step.arms):
        if place < arm.percent:
            run.decide("chosen", arm.arm, node, f"{arm.percent}% by hash", position)
            run.note(node.id, at=run.now, done_on=run.today, outcome=arm.arm)
            return _enter(run, node, index)
        place -= arm.percent
    raise AssertionError("the grammar demands 100 percent")


def _set(run: Run, node: Node, step: Set, position: Position) -> Position | None:
    values = {name: run.today if value == "today" else value for name, value in step.set.items() if name not in ("tag", "untag")}
    add = (str(step.set["tag"]),) if "tag" in step.set else ()
    remove = (str(step.set["untag"]),) if "untag" in step.set else ()
    run.intend(SetFacts(values, add, remove))
    if run.shadowed:
        return _done(run, node)
    run.decide("set", ", ".join(f"{name} = {value}" for name, value in step.set.items()), node, position=position)
    tags = tuple(tag for tag in run.facts.values.get("account.tags") or () if tag not in remove)
    run.learn({**values, "account.tags": (*tags, *(tag for tag in add if tag not in tags))})
    return _done(run, node)


def _hold(run: Run, node: Node, step: Hold, position: Position) -> Position | None:
    until = run.account_calendar().plus(run.now, step.for_) if step.for_ else None
    for journey, mail_class in [(step.hold.journey, None)] if step.hold.journey else [(None, name) for name in step.hold.classes]:
        run.intend(PlaceHold(node.id, position.visit, journey, mail_class, until))
    return _done(run, node)
