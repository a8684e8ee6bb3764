"""Whether a message may leave now: asked in the transaction that claims it, with the account's row held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.facts import Facts
from domain.house import House
from domain.intents import Audience
from domain.state import Pause

UNTIL_LIFTED = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Go:
    """It may leave."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It may leave later; UNTIL_LIFTED when only a person ends the wait."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Drop:
    """It must not leave at all."""

    why: str


Verdict = Go | Wait | Drop


@dataclass(frozen=True, slots=True)
class Letter:
    """What the governor looks at of a message."""

    audience: Audience
    recipient: str
    journey: str
    mail_class: str
    operational: bool


def verdict(letter: Letter, house: House, facts: Facts, pause: Pause | None, now: datetime) -> Verdict:
    """`pause` is the hold of the run the message belongs to. Windows and holds protect customers; our people hear of things."""
    audience, recipient, journey, mail_class = letter.audience, letter.recipient, letter.journey, letter.mail_class
    contact = None
    if audience == "contact":
        contact = next((contact for contact in facts.contacts if contact.id == recipient), None)
        if contact is None or not contact.active:
            return Drop("the contact has left")
        if contact.refused:
            return Drop("the address was refused for good")
        if facts.values.get("account.do_not_contact"):
            return Drop("the account is not to be contacted")
        for hold in facts.holds:
            # A class is held so that nothing is asked of the customer; what they wait for goes all the same.
            is_exempt = letter.operational and hold.mail_class is not None
            if hold.covers(journey, mail_class, now) and not is_exempt:
                what = f"class {hold.mail_class}" if hold.mail_class else hold.journey or "the account"
                return Wait(hold.until or UNTIL_LIFTED, f"{what} is held" + (f": {hold.reason}" if hold.reason else ""))
    if pause is not None:
        return Wait(pause.until or UNTIL_LIFTED, "the run is held")
    if contact and not letter.operational:
        window = house.calendars.sending(contact.zone or facts.zone.key, contact.country or facts.country)
        if (opens := window.next_open(now)) > now:
            return Wait(opens, "outside the reader's hours")
    return Go()
