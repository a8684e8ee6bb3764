"""What went to a customer in virtual time, and what waits: what the governor weighs there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain import addresses, caps, queueing
from domain.caps import Crowd
from domain.correspondence import Correspondence, Refusals, Sent
from domain.facts import Facts
from domain.governor import Letter
from domain.house import House
from domain.intents import SendMessage
from domain.standing import RunStanding


@dataclass(frozen=True, slots=True)
class Crowded:
    """A mail that a limit kept back, when it came to that first, and what filled the limit."""

    at: datetime
    journey: str
    step: str
    what: str
    recipient: str
    crowd: Crowd


@dataclass
class VirtualMail:
    """`sent` oldest first, as far back as limits count; `refusals` are who said no, and `crowded` what was kept back by a limit."""

    sent: list[Sent] = field(default_factory=list)
    refusals: Refusals = field(default_factory=Refusals)
    crowded: list[Crowded] = field(default_factory=list)

    def known(
        self, letter: Letter, own: RunStanding, runs: Sequence[RunStanding], house: House, facts: Facts, now: datetime
    ) -> Correspondence:
        """What the governor weighs of a letter of the run `own`."""
        contact = next((contact for contact in facts.contacts if contact.id == letter.recipient), None)
        if letter.audience != "contact" or contact is None:
            return Correspondence()
        ahead = []
        for run in runs:
            plan = run.journey.plan(facts.segment)
            waiting = (
                queueing.planned(message, house, run.journey.name, plan, facts, now)
                for message in run.planned
                if not message.gated and not message.shadow
            )
            ahead += [each for each in waiting if each]
            if run is not own:
                ahead += queueing.due(house, plan, run.state, facts, run.journey.name, now)
        reader = addresses.digest(contact.email)
        return Correspondence(
            tuple(self.sent), tuple(ahead), self.refusals.suppressions.get(reader, ()), self.refusals.consents.get(reader, frozenset())
        )

    def send(self, letter: Letter, message: SendMessage, journey: str, house: House, facts: Facts, now: datetime) -> None:
        """A mail has left."""
        contact = next(contact for contact in facts.contacts if contact.id == letter.recipient)
        domain = house.contact.domain(contact.email)
        what = f"{message.template} ({journey})"
        since = caps.horizon(house.contact.limits, True, now)
        self.sent = [sent for sent in self.sent if sent.at > since]
        reader = addresses.digest(contact.email)
        self.sent.append(Sent(now, reader, domain, True, message.operational, letter.survey, what, asks=letter.asks))

    def keep_back(self, letter: Letter, message: SendMessage, crowd: Crowd, now: datetime) -> None:
        if letter.queued_at is None:
            self.crowded.append(Crowded(now, letter.journey, message.step, message.template, message.recipient, crowd))
