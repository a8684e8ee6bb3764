"""How messages leave a step: to whom and when, the gate where somebody looks at them first, and what becomes of those still waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from domain import approvals
from domain.facts import Contact
from domain.intents import KeepBack, Release, SendMessage, Show, Withdraw
from domain.journey import Node
from domain.language import Gate, Post, Send, Webhook
from domain.roles import recipients
from domain.run import Run
from domain.state import Phase, Position

NOT_APPROVED = "not approved"
# Who looks at a mail that lacks something where its journey names nobody.
OWNERS = Gate.model_construct(by="owner", within=None, otherwise=None, when=None)


def send(run: Run, node: Node, step: Send, position: Position) -> Position | None:
    readers = _readers(run, step.to)
    if not readers:
        run.decide("skipped", f"nobody at the account is {' or '.join(step.to)}", node, position=position)
        return None
    gate = step.approval
    if gate is None or not run.holds(gate.when):
        out = _due(run, step, position, readers)
        for id, at in out.items():
            run.intend(_mail(run, node, step, position, id, at))
        return mails_out(run, node, step, _on_their_way(run, position, out))
    position = approvals.ask(run, node, gate, position, step.send)
    for id in readers:
        run.intend(replace(_mail(run, node, step, position, id, run.now), gated=True))
    lacking = run.lacks(step.send, readers.values())
    _say_lacking(run, node, position, lacking)
    return replace(position, out=dict.fromkeys(readers, run.now), lacking=lacking)


def _readers(run: Run, roles: Sequence[str]) -> dict[str, Contact]:
    return {contact.id: contact for role in roles for contact in recipients(role, run.house.roles, run.facts)}


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


def post(run: Run, node: Node, step: Post, position: Position) -> Position | None:
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


def webhook(run: Run, node: Node, step: Webhook, position: Position) -> Position:
    run.intend(_message(run, node, position, "webhook", "webhook", step.webhook, step.webhook, run.now))
    return _on_their_way(run, position, {step.webhook: run.now})


def _on_their_way(run: Run, position: Position, out: dict[str, datetime]) -> Position:
    return replace(position, phase=Phase.OUT, since=run.now, out=out, until=min(out.values()))


def mails_out(run: Run, node: Node, step: Send, position: Position) -> Position | None:
    """Mails whose moment has come leave, unless one of them lacks something: then somebody looks at what is left of them. What
    somebody let pass is not asked about again."""
    due = [contact for contact in run.facts.contacts if contact.id in position.out and position.out[contact.id] <= run.now]
    is_asked = not position.passed and (run.shadowed is not None or not position.shadow)
    lacking = run.lacks(step.send, due) if is_asked else {}
    if not lacking or (run.now > position.since and not run.holds(step.when)):
        return out(run, node, position)
    run.intend(KeepBack(node.id, position.visit))
    asked = approvals.ask(run, node, step.approval or OWNERS, position, step.send)
    _say_lacking(run, node, position, lacking)
    return replace(asked, out=dict.fromkeys(position.out, run.now), lacking=lacking)


def _say_lacking(run: Run, node: Node, position: Position, lacking: Mapping[str, str]) -> None:
    for reader, why in lacking.items():
        run.decide("lacking", f"the mail to {reader}: {why}", node, position=position)


def out(run: Run, node: Node, position: Position) -> Position | None:
    if not position.out:
        return None
    if run.now > position.since and not run.holds(node.step.when):
        return _withdraw(run, node, position)
    return replace(position, until=min(position.out.values()))


def _withdraw(run: Run, node: Node, position: Position) -> Position | None:
    """What made the step right has changed while its messages waited."""
    run.intend(Withdraw(node.id, position.visit, f"no longer: {node.step.when}"))
    approvals.stop_asking(run, node, position, f"no longer: {node.step.when}")
    run.decide("withdrawn", "its condition no longer holds", node, node.step.when or "", position)
    return None


# Gates


def at_gate(run: Run, node: Node, step: Send, position: Position) -> Position | None:
    gate = step.approval or OWNERS
    if run.now > position.since and not run.holds(step.when):
        return _withdraw(run, node, position)
    position = _look_again(run, node, step, position)
    verdict = approvals.verdict(run, node, gate, position)
    if verdict is None:
        return approvals.pass_on(run, node, gate, position)
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
