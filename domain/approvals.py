"""Asking one of us: who decides, until when, and what happens when nobody does. For steps of their own and for gates before mails."""

from __future__ import annotations

from dataclasses import replace

from domain import ladder
from domain.intents import AskApproval, CloseApproval, EndEscalation, PassApproval, RaiseEscalation
from domain.journey import Node
from domain.language import Approval, Gate, Send
from domain.roles import covered
from domain.run import Run
from domain.state import Phase, Position


def ask(run: Run, node: Node, gate: Gate | Approval, position: Position, title: str) -> Position:
    rule = run.house.ladders.approvals
    held = run.holder(gate.by)
    expires = run.working(held).plus(run.now, gate.within or rule.within)
    approver = held.person.id if held else None
    otherwise = gate.otherwise or rule.otherwise
    run.intend(AskApproval(node.id, position.visit, title, gate.by, approver, run.now, expires, otherwise, covered(held)))
    run.note(node.id, approved=None)
    if not run.shadowed:
        run.decide("asked", f"{gate.by} decides until {expires:%Y-%m-%d %H:%M} UTC", node, getattr(gate, "when", None) or "", position)
    return replace(position, phase=Phase.GATE if isinstance(node.step, Send) else Phase.WAIT, until=expires)


def verdict(run: Run, node: Node, gate: Gate | Approval, position: Position) -> bool | None:
    """What was decided, or what the time being up decides; None while it is open."""
    if (approved := run.record(node.id).approved) is not None:
        return approved
    if position.phase is Phase.GATE and position.out.keys() <= set(position.approved):
        return bool(position.out)
    if not position.is_up(run.now):
        return None
    otherwise = gate.otherwise or run.house.ladders.approvals.otherwise
    # What lacks something leaves when somebody says so, never by itself.
    if otherwise == "escalate" or (otherwise == "send" and position.lacking.keys() - set(position.approved)):
        return None
    run.decide("expired", f"nobody decided in time: {otherwise}", node, position=position)
    run.intend(CloseApproval(node.id, position.visit, "sent" if otherwise == "send" else "skipped"))
    return otherwise == "send"


def pass_on(run: Run, node: Node, gate: Gate | Approval, position: Position) -> Position:
    """Nobody decided in time and the gate escalates: the role above decides, without an end."""
    if not position.is_up(run.now):
        return position
    held = run.holder(gate.by)
    asked = held.person.id if held else None
    found = ladder.above(run.house, run.facts, gate.by, asked, run.now)
    role, held = found or (gate.by, held)
    approver = held.person.id if held else None
    run.decide("escalated", f"nobody decided in time: {role} decides", node, position=position)
    run.intend(PassApproval(node.id, position.visit, role, approver, covered(held)))
    run.intend(RaiseEscalation(node.id, position.visit, ladder.undecided(node.id), role, approver, "P2", "nobody decided in time"))
    return replace(position, until=None)


def stop_asking(run: Run, node: Node, position: Position, why: str) -> None:
    """An approval that is not needed any more climbs no further."""
    is_asked = isinstance(node.step, Send | Approval) and position.phase in (Phase.GATE, Phase.WAIT)
    if is_asked and position.until is None:
        run.intend(EndEscalation(ladder.undecided(node.id), why))
