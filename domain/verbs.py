"""What each step does when its moment has come, and how it goes on when it had to wait.

Both functions return the position the track rests at, the position it goes to (inside this step), or None: the step is behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import assert_never

from domain import ladder, planning
from domain.durations import Duration
from domain.facts import Contact
from domain.intents import (
    AskApproval,
    CloseApproval,
    CreateTask,
    EndEscalation,
    KeepBack,
    PassApproval,
    PlaceHold,
    RaiseEscalation,
    Release,
    SendMessage,
    SetFacts,
    Show,
    StartJourney,
    StopJourney,
    Withdraw,
)  # fmt: skip
from domain.journey import Node
from domain.language import (
    Approval,
    At,
    Branch,
    Case,
    Check,
    Escalate,
    Gate,
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
from domain.roles import Holder, digest, recipients
from domain.run import Run
from domain.state import Phase, Position
from domain.timing import local_day, moment, zone

NOT_APPROVED = "not approved"
# Who looks at a mail that lacks something where its journey names nobody.
OWNERS = Gate.model_construct(by="owner", within=None, otherwise=None, when=None)


def act(run: Run, node: Node, position: Position) -> Position | None:
    step = node.step
    match step:
        case Send():
            return _send(run, node, step, position)
        case Post():
            return _post(run, node, step, position)
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
            run.intend(_message(run, node, position, "webhook", "webhook", step.webhook, step.webhook, run.now))
            return _on_their_way(run, position, {step.webhook: run.now})
        case Repeat():
            return _round(run, node, step, replace(position, phase=Phase.BETWEEN, until=run.now))
        case _:
            assert_never(step)


def resume(run: Run, node: Node, position: Position) -> Position | None:
    step = node.step
    match step:
        case Send():
            return _gate(run, node, step, position) if position.phase is Phase.GATE else _mails_out(run, node, step, position)
        case Post() | Webhook():
            return _out(run, node, position)
        case Task():
            return _await_task(run, node, step, position)
        case Approval():
            return _await_approval(run, node, step, position)
        case Wait():
            return _done(run, node) if _is_up(run, position) else position
        case WaitFor():
            return _await(run, node, step, position)
        case Repeat():
            return _round(run, node, step, position)
        case _:
            return position


def _is_up(run: Run, position: Position) -> bool:
    return position.until is not None and position.until <= run.now


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


# Messages


def _readers(run: Run, roles: Sequence[str]) -> dict[str, Contact]:
    return {contact.id: contact for role in roles for contact in recipients(role, run.house.roles, run.facts)}


def _send(run: Run, node: Node, step: Send, position: Position) -> Position | None:
    readers = _readers(run, step.to)
    if not readers:
        run.decide("skipped", f"nobody at the account is {' or '.join(step.to)}", node, position=position)
        return None
    gate = step.approval
    if gate is None or not run.holds(gate.when):
        out = _due(run, step, position, readers)
        for id, at in out.items():
            run.intend(_mail(run, node, step, position, id, at))
        return _mails_out(run, node, step, _on_their_way(run, position, out))
    position = _ask(run, node, gate, position, step.send)
    for id in readers:
        run.intend(replace(_mail(run, node, step, position, id, run.now), gated=True))
    lacking = run.lacks(step.send, readers.values())
    _say_lacking(run, node, position, lacking)
    return replace(position, out=dict.fromkeys(readers, run.now), lacking=lacking)


def _due(run: Run, step: Send, position: Position, readers: dict[str, Contact]) -> dict[str, datetime]:
    """When each reader's copy may leave: at once when operational, else when their send window is open."""
    if run.house.mails[step.send].operational:
        return dict.fromkeys(readers, run.now)
    out = {}
    for id, reader in readers.items():
        window = run.sending(reader)
        opening = window.opening(position.day) if position.day else run.now
        # The day may have come for one reader and not yet for another further west.
        out[id] = opening if opening > run.now else window.next_open(run.now)
    if out:
        run.last_mail_at = min(out.values())
    return out


def let_go(run: Run, node: Node, position: Position) -> Position:
    """A hold ended: what is on its way may leave now, or when its reader's hours begin."""
    out = dict.fromkeys(position.out, run.now)
    if isinstance(node.step, Send):
        out |= _due(run, node.step, position, {contact.id: contact for contact in run.facts.contacts if contact.id in out})
    run.intend(Release(node.id, position.visit, out))
    return replace(position, out=out)


def _mail(run: Run, node: Node, step: Send, position: Position, reader: str, at: datetime) -> SendMessage:
    operational = run.house.mails[step.send].operational
    return SendMessage(node.id, position.visit, "send", "contact", reader, step.send, at, run.plan.text.class_, operational)


def _message(
    run: Run, node: Node, position: Position, effect: str, audience: str, recipient: str, template: str, at: datetime
) -> SendMessage:
    return SendMessage(node.id, position.visit, effect, audience, recipient, template, at, run.plan.text.class_, True)  # type: ignore[arg-type]


def _post(run: Run, node: Node, step: Post, position: Position) -> Position | None:
    if step.to is None:
        channel = run.house.posts[step.post].channel or "general"
        run.intend(_message(run, node, position, "post", "channel", channel, step.post, run.now))
        return _on_their_way(run, position, {channel: run.now})
    holders = {held.person.id: held for role in step.to if (held := run.holder(role))}
    if not holders:
        run.decide("skipped", f"nobody holds {' or '.join(step.to)}", node, position=position)
        return None
    for id in holders:
        run.intend(_message(run, node, position, "post", "person", id, step.post, run.now))
    return _on_their_way(run, position, dict.fromkeys(holders, run.now))


def _on_their_way(run: Run, position: Position, out: dict[str, datetime]) -> Position:
    return replace(position, phase=Phase.OUT, since=run.now, out=out, until=min(out.values()))


def _mails_out(run: Run, node: Node, step: Send, position: Position) -> Position | None:
    """Mails whose moment has come leave, unless one of them lacks something: then somebody looks at what is left of them. What
    somebody let pass is not asked about again."""
    due = [contact for contact in run.facts.contacts if contact.id in position.out and position.out[contact.id] <= run.now]
    is_asked = not position.passed and (run.shadowed is not None or not position.shadow)
    lacking = run.lacks(step.send, due) if is_asked else {}
    if not lacking or (run.now > position.since and not run.holds(step.when)):
        return _out(run, node, position)
    run.intend(KeepBack(node.id, position.visit))
    asked = _ask(run, node, step.approval or OWNERS, position, step.send)
    _say_lacking(run, node, position, lacking)
    return replace(asked, out=dict.fromkeys(position.out, run.now), lacking=lacking)


def _say_lacking(run: Run, node: Node, position: Position, lacking: Mapping[str, str]) -> None:
    for reader, why in lacking.items():
        run.decide("lacking", f"the mail to {reader}: {why}", node, position=position)


def _out(run: Run, node: Node, position: Position) -> Position | None:
    if not position.out:
        return None
    if run.now > position.since and not run.holds(node.step.when):
        return _withdraw(run, node, position)
    return replace(position, until=min(position.out.values()))


def _withdraw(run: Run, node: Node, position: Position) -> Position | None:
    """What made the step right has changed while its messages waited."""
    run.intend(Withdraw(node.id, position.visit, f"no longer: {node.step.when}"))
    stop_asking(run, node, position, f"no longer: {node.step.when}")
    run.decide("withdrawn", "its condition no longer holds", node, node.step.when or "", position)
    return None


# Approvals


def _ask(run: Run, node: Node, gate: Gate | Approval, position: Position, title: str) -> Position:
    rule = run.house.ladders.approvals
    held = run.holder(gate.by)
    expires = run.working(held).plus(run.now, gate.within or rule.within)
    approver = held.person.id if held else None
    otherwise = gate.otherwise or rule.otherwise
    run.intend(AskApproval(node.id, position.visit, title, gate.by, approver, run.now, expires, otherwise, _covering(held)))
    run.note(node.id, approved=None)
    if not run.shadowed:
        run.decide("asked", f"{gate.by} decides until {expires:%Y-%m-%d %H:%M} UTC", node, getattr(gate, "when", None) or "", position)
    return replace(position, phase=Phase.GATE if isinstance(node.step, Send) else Phase.WAIT, until=expires)


def _covering(held: Holder | None) -> str | None:
    return held.covering_for.id if held and held.covering_for else None


def _verdict(run: Run, node: Node, gate: Gate | Approval, position: Position) -> bool | None:
    """What was decided, or what the time being up decides; None while it is open."""
    if (approved := run.record(node.id).approved) is not None:
        return approved
    if position.phase is Phase.GATE and position.out.keys() <= set(position.approved):
        return bool(position.out)
    if not _is_up(run, position):
        return None
    otherwise = gate.otherwise or run.house.ladders.approvals.otherwise
    # What lacks something leaves when somebody says so, never by itself.
    if otherwise == "escalate" or (otherwise == "send" and position.lacking.keys() - set(position.approved)):
        return None
    run.decide("expired", f"nobody decided in time: {otherwise}", node, position=position)
    run.intend(CloseApproval(node.id, position.visit, "sent" if otherwise == "send" else "skipped"))
    return otherwise == "send"


def _pass_on(run: Run, node: Node, gate: Gate | Approval, position: Position) -> Position:
    """Nobody decided in time and the gate escalates: the role above decides, without an end."""
    if not _is_up(run, position):
        return position
    held = run.holder(gate.by)
    asked = held.person.id if held else None
    found = ladder.above(run.house, run.facts, gate.by, asked, run.now)
    role, held = found or (gate.by, held)
    approver = held.person.id if held else None
    run.decide("escalated", f"nobody decided in time: {role} decides", node, position=position)
    run.intend(PassApproval(node.id, position.visit, role, approver, _covering(held)))
    run.intend(RaiseEscalation(node.id, position.visit, ladder.undecided(node.id), role, approver, "P2", "nobody decided in time"))
    return replace(position, until=None)


def stop_asking(run: Run, node: Node, position: Position, why: str) -> None:
    """An approval that is not needed any more climbs no further."""
    is_asked = isinstance(node.step, Send | Approval) and position.phase in (Phase.GATE, Phase.WAIT)
    if is_asked and position.until is None:
        run.intend(EndEscalation(ladder.undecided(node.id), why))


def _gate(run: Run, node: Node, step: Send, position: Position) -> Position | None:
    gate = step.approval or OWNERS
    if run.now > position.since and not run.holds(step.when):
        return _withdraw(run, node, position)
    position = _look_again(run, node, step, position)
    verdict = _verdict(run, node, gate, position)
    if verdict is None:
        return _pass_on(run, node, gate, position)
    if not verdict:
        for id in position.out:
            if id not in position.approved:
                run.intend(Withdraw(node.id, position.visit, NOT_APPROVED, id))
        position = replace(position, out={id: at for id, at in position.out.items() if id in position.approved})
    if not position.out:
        run.intend(Withdraw(node.id, position.visit, NOT_APPROVED))
        run.note(node.id, approved=False)
        return None
    if not run.holds(step.when):
        return _withdraw(run, node, position)
    readers = {contact.id: contact for contact in run.facts.contacts if contact.id in position.out}
    if not readers:
        run.intend(Withdraw(node.id, position.visit, "nobody is left to read it"))
        run.decide("withdrawn", "nobody is left to read it", node, position=position)
        return None
    out = _due(run, step, position, readers)
    run.note(node.id, approved=True)
    run.intend(Release(node.id, position.visit, out))
    return replace(_on_their_way(run, position, out), passed=True)


def _look_again(run: Run, node: Node, step: Send, position: Position) -> Position:
    """What was lacking may have been told since: those mails are shown as they would leave now."""
    waiting = [contact for contact in run.facts.contacts if contact.id in position.lacking and contact.id not in position.approved]
    lacking = run.lacks(step.send, waiting)
    complete = tuple(contact.id for contact in waiting if contact.id not in lacking)
    if not complete or position.shadow:
        return position
    run.intend(Show(node.id, position.visit, complete))
    run.decide("complete", f"what the mail to {', '.join(complete)} lacked is known", node, position=position)
    return replace(position, lacking={id: why for id, why in position.lacking.items() if id not in complete})


def is_complete_for_more(run: Run, node: Node, position: Position) -> bool:
    """Whether a mail at this gate lacks nothing any more."""
    step = node.step
    if not isinstance(step, Send) or position.phase is not Phase.GATE:
        return False
    waiting = [contact for contact in run.facts.contacts if contact.id in position.lacking and contact.id not in position.approved]
    return len(run.lacks(step.send, waiting)) < len(waiting)


def decide_one(run: Run, node: Node, position: Position, recipient: str, approved: bool, by: str | None) -> Position:
    """Somebody decided about the mail of one reader; the gate stays shut until there is nobody left to decide about."""
    if position.phase is not Phase.GATE or recipient not in position.out or recipient in position.approved:
        return position
    run.decide("approved" if approved else "refused", f"the mail to {recipient}, by {by or 'somebody'}", node, position=position)
    if approved:
        return replace(position, approved=(*position.approved, recipient))
    run.intend(Withdraw(node.id, position.visit, NOT_APPROVED, recipient))
    return replace(position, out={id: at for id, at in position.out.items() if id != recipient})


def _approval(run: Run, node: Node, step: Approval, position: Position) -> Position:
    return _ask(run, node, step, position, step.approval)


def _await_approval(run: Run, node: Node, step: Approval, position: Position) -> Position | None:
    verdict = _verdict(run, node, step, position)
    if verdict is None:
        return _pass_on(run, node, step, position)
    run.note(node.id, at=run.now, done_on=run.today, approved=verdict, outcome="approved" if verdict else "refused")
    return None


# Tasks and escalations


def _task(run: Run, node: Node, step: Task, position: Position) -> Position | None:
    held = run.holder(step.owner)
    calendar = run.working(held)
    clock = run.house.ladders.tasks[step.sla]
    allowed = step.due or (clock.within if clock.counts_from == "creation" else run.house.ladders.due)
    assignee, due_at = held.person.id if held else None, calendar.plus(run.now, allowed)
    run.intend(CreateTask(node.id, position.visit, step.task, step.owner, assignee, step.sla, due_at, step.outcomes, _covering(held)))
    run.note(node.id, at=run.now, done_on=None, outcome=None)
    if step.wait is None:
        return None
    return replace(position, phase=Phase.WAIT, until=calendar.plus(run.now, step.wait))


def _await_task(run: Run, node: Node, step: Task, position: Position) -> Position | None:
    if run.record(node.id).done_on is not None:
        return None
    if not _is_up(run, position):
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
    if not _is_up(run, position):
        return position
    run.decide("timed out", f"no {step.wait_for} in time", node, position=position)
    run.note(node.id, outcome="timed out")
    return _enter(run, node, 0)


def _round(run: Run, node: Node, step: Repeat, position: Position) -> Position | None:
    """The next round when it is time, the end when the condition holds."""
    if run.holds(step.until):
        run.decide("ended", "repeated until it held", node, step.until, position)
        return _done(run, node)
    if not _is_up(run, position):
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
