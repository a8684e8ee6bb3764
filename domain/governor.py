"""Whether a message may leave now: asked in the transaction that claims it, with the account's row held, and in virtual time alike.

It protects customers; our own people hear of things at any time. In this order: whom nothing reaches, who said no, what is held,
the reader's hours, and how much they get (domain/caps.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain import addresses, caps
from domain.caps import Crowd, Question
from domain.contact_policy import KeptBack
from domain.correspondence import NOTHING, Correspondence, Place
from domain.facts import Contact, Facts, Scope
from domain.house import House
from domain.intents import Audience
from domain.state import Pause
from domain.timing import Calendar, local_day

UNTIL_LIFTED = datetime(9999, 1, 1, tzinfo=UTC)
EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Go:
    """It may leave."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It may leave later; UNTIL_LIFTED when only a person ends the wait.

    `is_queued`: it waits for its turn, and not for ever: from the first such wait on its time runs. `crowd` is the limit it met.
    """

    until: datetime
    why: str
    is_queued: bool = False
    crowd: Crowd | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """It must not leave at all."""

    why: str


Verdict = Go | Wait | Drop


@dataclass(frozen=True, slots=True)
class Letter:
    """What the governor looks at of a message. `topic`, `survey` and `asks` (which of ours) say what it is; `queued_at` since when
    it has waited its turn."""

    audience: Audience
    recipient: str
    journey: str
    mail_class: str
    operational: bool
    topic: str | None = None
    survey: bool = False
    step: str = ""
    visit: int = 0
    due_at: datetime | None = None
    queued_at: datetime | None = None
    asks: str = ""


def verdict(
    letter: Letter, house: House, facts: Facts, pause: Pause | None, now: datetime, known: Correspondence = NOTHING
) -> Verdict:  # fmt: skip
    """`pause` is the hold of the run the message belongs to; `known` is what its reader got and said."""
    if letter.audience != "contact":
        return _held_run(pause) or Go()
    contact = next((contact for contact in facts.contacts if contact.id == letter.recipient), None)
    if contact is None or not contact.active:
        return Drop("the contact has left")
    if why := _never(letter, contact, house, facts, known):
        return Drop(why)
    if held := _held(letter, facts, now) or _held_run(pause):
        return held
    window = house.calendars.reader(contact, facts)
    if not letter.operational and (opens := window.next_open(now)) > now:
        return Wait(opens, house.calendars.frozen(window, now) or "outside the reader's hours")
    crowded = _crowded(letter, contact, window, house, facts, now, known)
    rule = next((rule for rule in house.contact.kept_back if _keeps_back(rule, letter, facts)), None)
    if rule is None and crowded is None:
        return Go()
    return _queue(letter, house, window, now, rule, crowded)


# Whom nothing reaches, and who said no


def _never(letter: Letter, contact: Contact, house: House, facts: Facts, known: Correspondence) -> str | None:
    if contact.refused:
        return "the address was refused for good"
    if facts.values.get("account.do_not_contact"):
        return "the account is not to be contacted"
    for each in known.suppressions:
        if each.scope == "everything":
            return f"the address is suppressed: {each.reason}"
    if addresses.is_nobodys(contact.email) and not known.consents:
        return f"{contact.email.partition('@')[0]}@ is nobody's mailbox, and no consent is recorded for it"
    if letter.operational or house.contact.is_necessary(letter.topic):
        return None
    for each in known.suppressions:
        if (each.scope, each.name) == ("channel", EMAIL):
            return f"the reader wants no mail that is not necessary: {each.reason}"
        if each.scope == "topic" and each.name == letter.topic:
            return f"the reader wants nothing about {each.name}: {each.reason}"
    topic = house.contact.topics.get(letter.topic or "")
    country = contact.country or facts.country
    if topic and country in topic.consent_in and not {"", letter.topic} & known.consents:
        return f"no consent to {letter.topic} is recorded, which {country} asks for"
    return None


# What is held


def _held(letter: Letter, facts: Facts, now: datetime) -> Wait | None:
    for hold in facts.holds:
        # A class is held so that nothing is asked of the customer; what they wait for goes all the same.
        is_exempt = letter.operational and hold.mail_class is not None
        if hold.covers(letter.journey, letter.mail_class, now) and not is_exempt:
            return Wait(hold.ends_at or UNTIL_LIFTED, f"{hold.what} is held" + (f": {hold.reason}" if hold.reason else ""))
    return None


def _held_run(pause: Pause | None) -> Wait | None:
    return Wait(pause.until or UNTIL_LIFTED, "the run is held") if pause is not None else None


def _keeps_back(rule: KeptBack, letter: Letter, facts: Facts) -> bool:
    return rule.covers(letter.mail_class, letter.operational, letter.survey) and rule.when.holds(Scope(facts.values))


# The queue


def _crowded(
    letter: Letter, contact: Contact, window: Calendar, house: House, facts: Facts, now: datetime, known: Correspondence
) -> Crowd | None:
    policy = house.contact
    if policy.limits is None:
        return None
    domain = policy.domain(contact.email)
    asked = Question(
        addresses.digest(contact.email),
        domain,
        letter.operational,
        letter.survey,
        place(letter, house, now),
        contact,
        window,
        facts,
        now,
        letter.asks,
    )
    return caps.crowd(asked, policy.limits, known)


def place(letter: Letter, house: House, now: datetime) -> Place:
    """Its place among those that wait for the same free slot."""
    since = letter.queued_at or letter.due_at or now
    return Place(rank(house, letter.mail_class), since, letter.journey, letter.step, letter.visit, letter.recipient)


def rank(house: House, mail_class: str) -> int:
    """0 goes first."""
    return house.contact.ranks.get(mail_class, len(house.contact.classes))


def _queue(letter: Letter, house: House, window: Calendar, now: datetime, rule: KeptBack | None, crowded: Crowd | None) -> Verdict:
    """It waits for its turn, and is stale some days later. What makes way for another for a minute does not queue yet."""
    if rule is None and crowded and crowded.is_contested:
        return Wait(crowded.until, crowded.sentence)
    tomorrow = window.opening(local_day(now, window.zone) + timedelta(days=1))
    until = crowded.until if crowded and not crowded.is_contested else tomorrow
    why = rule.because if rule else crowded.sentence if crowded else ""
    if letter.operational:
        return Wait(until, why, is_queued=True, crowd=crowded)
    stale_at = window.plus(letter.queued_at or now, house.contact.expires)
    if stale_at <= now:
        return Drop(f"it has waited for {house.contact.expires} and is stale: {why}")
    return Wait(min(until, stale_at), why, is_queued=True, crowd=crowded)
