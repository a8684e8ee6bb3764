"""Which mails are surveys."""

from __future__ import annotations

from domain.house import House
from domain.journey import Plan
from domain.language import Send, WaitFor


def asks(house: House, plan: Plan, step: str) -> bool:
    """Whether a step's mail asks for a score: it says so itself, or is followed by a wait for an event that answers with a number."""
    node = plan.node(step)
    following = plan.node(node.next).step if node.next else None
    if not isinstance(node.step, Send):
        return False
    if (wording := house.mails.get(node.step.send)) and wording.survey:
        return True
    if not isinstance(following, WaitFor):
        return False
    event = house.vocabulary.events.get(following.wait_for.event or "")
    return bool(event and event.answer and event.tells[event.answer].is_number)


def named(house: House, template: str) -> str:
    """The survey that a mail asks, by its name in surveys.yaml; empty where it asks none of ours."""
    wording = house.mails.get(template)
    return (wording.survey if wording else None) or ""
