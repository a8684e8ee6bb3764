"""When a step is due: its day, its reader's or worker's hours, and what lateness makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from domain.journey import Node
from domain.language import At, Late, Post, Send, SkipAfter, Task, Wait, WaitFor
from domain.roles import recipients
from domain.run import Run
from domain.state import Phase, Position
from domain.timing import MIDNIGHT, Calendar, moment


def arrive(run: Run, node: Node) -> Position:
    """The track comes to a step."""
    return Position(node.id, run.record(node.id).visits + 1, run.now)


def visit_at(node: Node, position: Position) -> At | None:
    """The day this visit of the step is for; None for a step without days."""
    days = node.step.at
    return days[min(position.visit, len(days)) - 1] if days else None


def due(run: Run, node: Node, position: Position) -> Position | str:
    """The position with the moment the step is due, reckoned again when its day moved; or why it is skipped as late."""
    at = visit_at(node, position)
    if at is None or at.is_start:
        return position
    day = run.day_of(at)
    if day is None:
        return replace(position, day=None, until=None)
    if day != position.day:
        lateness = (run.today - day).days
        if lateness > 0 and (why := _pointless(run, node, position, lateness)):
            return why
        if position.day is not None:
            run.decide("planned", f"moved from {position.day} to {day}", node, position=position)
        until = opening(run, node, day)
        position = replace(position, day=day, until=until if until > run.now else _catching_up(run, node), late=lateness > 0)
    return _apart(run, node, position)


def waits_for_its_day(run: Run, position: Position) -> bool:
    """Whether a step that was reckoned comes at its moment and not before, whatever else happens in its run meanwhile."""
    return position.day is not None and position.until is not None and position.until > run.now and not position.late


def is_unknown(node: Node, position: Position) -> bool:
    """Whether the step waits for a date that nobody has told yet."""
    at = visit_at(node, position)
    return at is not None and not at.is_start and position.day is None


def _pointless(run: Run, node: Node, position: Position, lateness: int) -> str:
    days = node.step.at or ()
    if position.visit < len(days):
        following = run.day_of(days[position.visit])
        if following is not None and following <= run.today:
            return f"overtaken by its next date, {following}"
    rule: Late = node.step.late or (run.plan.text.late if node.step.reaches_people else "run")
    if rule == "skip":
        return f"late by {lateness} days; late steps are skipped"
    if isinstance(rule, SkipAfter) and lateness > rule.skip_after.days:
        return f"late by {lateness} days, more than {rule.skip_after}"
    return ""


def _apart(run: Run, node: Node, position: Position) -> Position:
    """Mails that catch up keep their distance from the last one."""
    if not position.late:
        return position
    apart = run.plan.text.apart
    if not (apart and run.last_mail_at and isinstance(node.step, Send)) or run.house.mails[node.step.send].operational:
        return position
    earliest = run.account_calendar().plus(run.last_mail_at, apart)
    return replace(position, until=earliest) if position.until and earliest > position.until else position


def opening(run: Run, node: Node, day: date) -> datetime:
    """When on `day` the step happens: the opening of its first reader's window or of its worker's day."""
    calendars = _calendars(run, node)
    return min(calendar.opening(day) for calendar in calendars) if calendars else working_day(run, day)


def _catching_up(run: Run, node: Node) -> datetime:
    """When a step happens whose moment is past: now, or when its first reader or worker is there again."""
    step = node.step
    if isinstance(step, Send) and run.house.mails[step.send].operational:
        return run.now
    return min((calendar.next_open(run.now) for calendar in _calendars(run, node)), default=run.now)


def _calendars(run: Run, node: Node) -> list[Calendar]:
    """The hours of everybody whom the step reaches; none for a step that reaches nobody in particular."""
    step = node.step
    match step:
        case Send():
            readers = [contact for role in step.to for contact in recipients(role, run.house.roles, run.facts)]
            windows = [run.sending(contact) for contact in readers] or [run.account_calendar()]
            is_gated = step.approval is not None and run.holds(step.approval.when)
            # An approval is asked when the day begins; only what leaves is spread.
            return [window.without_stagger() for window in windows] if is_gated else windows
        case Task():
            return [run.working(run.holder(step.owner))]
        case Post() if step.to:
            return [run.working(run.holder(role)) for role in step.to]
        case _:
            return []


def working_day(run: Run, day: date) -> datetime:
    """When steps that reach no particular person happen: the owner begins work, and `day` has begun for the account too."""
    calendar = run.working(run.holder("owner"))
    return max(calendar.opening(day), calendar.next_open(moment(day, MIDNIGHT, run.facts.zone)))


def deadline(run: Run, node: Node, position: Position) -> Position:
    """A rest that ends on a day ends on another when its anchor moved."""
    step = node.step
    at = step.until if isinstance(step, WaitFor) else step.wait if isinstance(step, Wait) and isinstance(step.wait, At) else None
    if position.phase is not Phase.WAIT or at is None:
        return position
    day = run.day_of(at)
    if day == position.day:
        return position
    if position.day is not None:
        run.decide("planned", f"its end moved from {position.day} to {day}", node, position=position)
    return replace(position, day=day, until=max(working_day(run, day), run.now) if day else None)
