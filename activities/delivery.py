"""From a planned message to what its provider said: composed inside the claim, sent outside any transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from activities import words
from activities.words import Today
from channels.channel import Accepted, Call, Channels, Mail, Post, Refused, Unclear
from database.definitions import Published
from database.messages import Message as Planned
from domain import composing
from domain.composing import Message, Unfillable
from domain.facts import Contact, Facts, Person

# How long a message that certainly was not taken waits for its next try, by how often it was tried; then the last, for ever.
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))


class Undeliverable(ValueError):
    """The message cannot be made: no address, no words, or words that cannot be filled in."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message as it will leave, and what its row keeps of it."""

    message_id: str
    load: Mail | Post | Call
    kept: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: `planned` again (to be tried at `retry_at`), or settled for good."""

    message_id: str
    state: Literal["accepted", "failed", "in_doubt", "planned"]
    reason: str | None = None
    provider_id: str | None = None
    retry_after: timedelta | None = None
    bad_address: bool = False


def parcel(published: Published, facts: Facts, today: Today, row: Planned, channels: Channels) -> Parcel:
    """Composes a message for its recipient. Raises Undeliverable."""
    try:
        match row.audience:
            case "contact":
                return _to_contact(published, facts, today, row, channels)
            case "person":
                return _to_person(published, facts, today, row, channels)
            case "channel":
                return _to_channel(published, facts, today, row, channels)
            case _:
                return _to_webhook(published, facts, row, channels)
    except Unfillable as error:
        raise Undeliverable(str(error)) from None


def _to_contact(published: Published, facts: Facts, today: Today, row: Planned, channels: Channels) -> Parcel:
    contact = next((contact for contact in facts.contacts if contact.id == row.recipient), None)
    if contact is None:
        raise Undeliverable("the contact is not there any more")
    approved = _approved(row)
    message, digest = approved or _fill(published, facts, today, row, contact=contact)
    return _mail(published, facts, row, message, digest, contact, channels)


def _approved(row: Planned) -> tuple[Message, str] | None:
    """What was approved (or composed for an earlier try) is what is sent, whatever became of the template; None before that."""
    if row.text is None:
        return None
    return Message(row.subject or "", row.text, row.html), row.template_hash or ""


def _mail(
    published: Published, facts: Facts, row: Planned, message: Message, digest: str, reader: Contact | Person, channels: Channels
) -> Parcel:
    brand = published.house.brand
    owner = facts.people.get(facts.owner_id or "")
    mail = Mail(
        row.id, reader.email, reader.name, brand.sender, owner.name if owner else brand.company, owner.email if owner else brand.support,
        message.subject, message.text, message.html,
    )  # fmt: skip
    return Parcel(row.id, mail, _kept(channels.mail.name, reader.email, message, digest))


def _to_person(published: Published, facts: Facts, today: Today, row: Planned, channels: Channels) -> Parcel:
    """By Slack where it is set up and knows them, else by mail."""
    person = facts.people.get(row.recipient)
    if person is None:
        raise Undeliverable("the person is not there any more")
    message, digest = _fill(published, facts, today, row, person=person)
    if person.slack_id and channels.posts.name != "outbox":
        return Parcel(row.id, Post(row.id, person.slack_id, message.text), _kept(channels.posts.name, person.slack_id, message, digest))
    return _mail(published, facts, row, replace(message, text=composing.without_slack(message.text)), digest, person, channels)


def _to_channel(published: Published, facts: Facts, today: Today, row: Planned, channels: Channels) -> Parcel:
    message, digest = _fill(published, facts, today, row)
    target = f"#{row.recipient}"
    return Parcel(row.id, Post(row.id, target, message.text), _kept(channels.posts.name, target, message, digest))


def _to_webhook(published: Published, facts: Facts, row: Planned, channels: Channels) -> Parcel:
    url = published.house.webhooks.webhooks.get(row.recipient)
    if url is None:
        raise Undeliverable(f"no webhook is called '{row.recipient}'")
    body: dict[str, object] = {"account": facts.account_id, "journey": row.journey, "step": row.step, "visit": row.visit, "run": row.run_id}
    message = Message(row.template, f"{body}")
    return Parcel(row.id, Call(row.id, url, body), _kept(channels.calls.name, url, message, ""))


def _fill(
    published: Published, facts: Facts, today: Today, row: Planned, contact: Contact | None = None, person: Person | None = None
) -> tuple[Message, str]:
    kind: Literal["email", "slack"] = "email" if row.audience == "contact" else "slack"
    template = published.words.get(kind, row.template)
    if template is None:
        raise Undeliverable(f"there is no template {kind}/{row.template}")
    subject = {"title": "", "sla": "", "why": "", "due": "", **(row.context or {})}
    return template.fill(words.values(published, facts, today, contact, person, subject=subject)), template.hash


def _kept(channel: str, address: str, message: Message, digest: str) -> dict[str, Any]:
    body = f"{message.subject}\x1f{message.text}\x1f{message.html or ''}"
    return {
        "channel": channel, "address": address, "subject": message.subject, "text": message.text, "html": message.html,
        "body_hash": hashlib.sha256(body.encode()).hexdigest(), "template_hash": digest,
    }  # fmt: skip


def send(parcel: Parcel, channels: Channels) -> Outcome:
    """One attempt. Nothing is retried here: what may be tried again is planned again and claimed again."""
    try:
        accepted = _hand_over(parcel.load, channels)
    except Refused as refusal:
        if refusal.permanent:
            return Outcome(parcel.message_id, "failed", str(refusal), bad_address=refusal.bad_address)
        return Outcome(parcel.message_id, "planned", str(refusal), retry_after=refusal.retry_after)
    except Unclear as doubt:
        return Outcome(parcel.message_id, "in_doubt", str(doubt))
    return Outcome(parcel.message_id, "accepted", provider_id=accepted.provider_id)


def _hand_over(load: Mail | Post | Call, channels: Channels) -> Accepted:
    match load:
        case Mail():
            return channels.mail.send(load)
        case Post():
            return channels.posts.post(load)
        case Call():
            return channels.calls.call(load)


def retry_at(outcome: Outcome, attempts: int, now: datetime) -> datetime:
    """When a message that was not taken is tried again: when the provider says, else later each time."""
    return now + (outcome.retry_after or BACK_OFF[min(attempts, len(BACK_OFF)) - 1])
