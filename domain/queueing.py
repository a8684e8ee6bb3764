"""Who else wants the same free slot: from what is planned and whose turn has come, to what the governor weighs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol, TypeVar

from domain import addresses, governor, planning, shadow, surveys
from domain.correspondence import Ahead, Place
from domain.facts import Facts
from domain.governor import Letter
from domain.house import House
from domain.journey import Node, Plan
from domain.language import Send
from domain.roles import recipients
from domain.state import Phase, Position, State


class Planned(Protocol):
    """A message that has not left, in virtual time or as its row has it. `queued_at` is since when it has waited its turn."""

    @property
    def audience(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def template(self) -> str: ...
    @property
    def mail_class(self) -> str: ...
    @property
    def operational(self) -> bool: ...
    @property
    def step(self) -> str: ...
    @property
    def visit(self) -> int: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def queued_at(self) -> datetime | None: ...


Waiting = TypeVar("Waiting", bound=Planned)


def first(messages: Iterable[Waiting]) -> Waiting | None:
    """Which of the due messages of a run leaves first: the order in which they would be given a slot, so that none makes way for one
    of its own run."""
    return min(messages, key=lambda each: (each.queued_at or each.due_at, each.step, each.visit, each.recipient), default=None)


def letter(message: Planned, house: House, journey: str, plan: Plan | None) -> Letter:
    """What the governor looks at. `plan` is that of the run it belongs to; a follow-up has none."""
    is_mail = message.audience == "contact"
    wording = house.mails.get(message.template) if is_mail else None
    return Letter(
        message.audience, message.recipient, journey, message.mail_class, message.operational,  # type: ignore[arg-type]  # one of its words
        topic=wording.topic if wording else None,
        survey=bool(is_mail and plan and surveys.asks(house, plan, message.step)),
        step=message.step, visit=message.visit, due_at=message.due_at, queued_at=message.queued_at,
        asks=surveys.named(house, message.template) if is_mail else "",
    )  # fmt: skip


def planned(message: Planned, house: House, journey: str, plan: Plan | None, facts: Facts, now: datetime) -> Ahead | None:
    """A planned mail that is due, as others see it; None for what waits for nobody's slot."""
    if message.audience != "contact" or message.operational or message.due_at > now:
        return None
    asked = letter(message, house, journey, plan)
    return Ahead(governor.place(asked, house, now), message.due_at, _readers([message.recipient], facts), asked.survey)


def due(house: House, plan: Plan, state: State, facts: Facts, journey: str, now: datetime) -> Iterator[Ahead]:
    """The mails of a run whose turn has come and that has not taken it yet."""
    if state.pause is not None:
        return
    for position in state.tracks.values():
        node = plan.node(position.step)
        step, since = node.step, _due_since(node, position)
        if since is None or since > now:
            continue
        if isinstance(step, Send) and not house.mails[step.send].operational and not shadow.keeps_back(plan, node, facts, now):
            readers = [contact.id for role in step.to for contact in recipients(role, house.roles, facts)]
            place = Place(governor.rank(house, plan.text.class_), since, journey, position.step, position.visit)
            yield Ahead(place, since, _readers(readers, facts), surveys.asks(house, plan, position.step))


def _due_since(node: Node, position: Position) -> datetime | None:
    """Since when a step could have acted; None when it acted before, or waits for a day."""
    if position.phase is not Phase.BEFORE:
        return None
    at = planning.visit_at(node, position)
    return position.since if at is None or at.is_start else position.until


def _readers(ids: list[str], facts: Facts) -> frozenset[str]:
    return frozenset(addresses.digest(contact.email) for contact in facts.contacts if contact.id in ids)
