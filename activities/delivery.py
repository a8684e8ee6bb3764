"""From a planned message to what its provider said: composed inside the claim, sent outside any transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from activities import words
from channels.channel import Accepted, Call, Channels, Mail, Post, Refused, Unclear
from database.definitions import Published
from database.messages import Message as Planned
from domain import doubt, filling, refusing, replies, sandbox, senders
from domain.composing import Message, body_hash
from domain.contact_policy import ContactPolicy
from domain.facts import Contact, Facts, Person
from domain.filling import Today
from domain.house import House
from domain.pacing import Trouble
from domain.sandbox import Unfillable

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
    leaves_at: datetime | None = None  # not before

    @property
    def channel(self) -> str:
        """The name of the channel it leaves by."""
        return str(self.kept["channel"])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: `planned` again (to be tried at `retry_at`), or settled for good."""

    message_id: str
    state: Literal["accepted", "failed", "in_doubt", "planned"]
    reason: str | None = None
    provider_id: str | None = None
    retry_after: timedelta | None = None
    bad_address: bool = False
    trouble: Trouble | None = None  # the provider's own, with whatever it is sent


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
    message, digest = approved or _fill(published, facts, today, row, contact=contact, channels=channels)
    # Words that somebody changed are no template's; whoever approved the template did not read them.
    said = digest if approved is None or body_hash(message) == row.filled_hash else ""
    if not refusing.is_approved(said, published.house.packs, published.approved):
        raise Undeliverable(f"its words are not those of email/{row.template} that were approved, which the financial pack asks for")
    made = _mail(published, facts, row, message, digest, contact, channels)
    if approved is None:
        made = replace(made, kept={**made.kept, "filled_hash": made.kept["body_hash"]})
    if row.operational:
        return made
    if approved is None:
        must_show_sender(message, published.house)
    return _commercial(made, published.house, row, channels)


def must_show_sender(message: Message, house: House) -> None:
    """A mail that nobody waits for says where it comes from. Raises Undeliverable."""
    if missing := senders.unsaid(message.text, message.html, house.brand):
        raise Undeliverable(f"it does not show {missing}, as every mail that nobody waits for must")


def _commercial(made: Parcel, house: House, row: Planned, channels: Channels) -> Parcel:
    """Says how to say no to it for mail programs as well."""
    assert isinstance(made.load, Mail)
    wording = house.mails.get(row.template)
    if channels.links is None or (wording and house.contact.is_necessary(wording.topic)):
        return made
    return replace(made, load=replace(made.load, headers=channels.links.headers(row.id)))


def _approved(row: Planned) -> tuple[Message, str] | None:
    """What was approved (or composed for an earlier try) is what is sent, whatever became of the template; None before that."""
    if row.text is None:
        return None
    return Message(row.subject or "", row.text, row.html), row.template_hash or ""


def _mail(
    published: Published, facts: Facts, row: Planned, message: Message, digest: str, reader: Contact | Person, channels: Channels
) -> Parcel:
    sender = senders.of(published.house.brand, facts.people.get(facts.owner_id or ""))
    is_answered_here = channels.reply_domain and row.audience == "contact"
    answers_to = replies.reply_to(row.id, channels.reply_domain) if is_answered_here else sender.reply_to
    mail = Mail(
        row.id, reader.email, reader.name, sender.address, sender.name, answers_to, message.subject, message.text, message.html,
    )  # fmt: skip
    return Parcel(row.id, mail, _kept(channels.mail.name, reader.email, message, digest))


def _to_person(published: Published, facts: Facts, today: Today, row: Planned, channels: Channels) -> Parcel:
    """By Slack where it is set up and knows them, else by mail."""
    person = facts.people.get(row.recipient)
    if person is None:
        raise Undeliverable("the person is not there any more")
    message, digest = _approved(row) or _fill(published, facts, today, row, person=person)
    if person.slack_id and channels.posts.name != "outbox":
        return Parcel(row.id, Post(row.id, person.slack_id, message.text), _kept(channels.posts.name, person.slack_id, message, digest))
    return _mail(published, facts, row, replace(message, text=sandbox.without_slack(message.text)), digest, person, channels)


def _to_channel(published: Published, facts: Facts, today: Today, row: Planned, channels: Channels) -> Parcel:
    message, digest = _approved(row) or _fill(published, facts, today, row)
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
    published: Published,
    facts: Facts,
    today: Today,
    row: Planned,
    contact: Contact | None = None,
    person: Person | None = None,
    channels: Channels | None = None,
) -> tuple[Message, str]:
    kind: Literal["email", "slack"] = "email" if row.audience == "contact" else "slack"
    found = words.written_for(published, kind, row.template, facts, contact)
    if found is None:
        raise Undeliverable(f"there is no template {kind}/{row.template}")
    template, formats = found
    if refusal := refusing.refusal(template, published.house.packs, published.house.vocabulary, published.approved):
        raise Undeliverable(refusal)
    subject = {"title": "", "sla": "", "why": "", "due": "", **(row.context or {})}
    preferences, answers = (channels.preferences(row.id), channels.answers(row.id)) if channels else (None, None)
    asked = filling.survey(published.house, template, answers)
    values = filling.values(published.house, facts, today, contact, person, preferences, subject=subject, **asked)
    return template.fill(values, formats), template.hash


def words_now(published: Published, facts: Facts, row: Planned) -> str | None:
    """The hash of the template that a mail would be made from now; None where there is none any more."""
    contact = next((contact for contact in facts.contacts if contact.id == row.recipient), None)
    found = words.written_for(published, "email", row.template, facts, contact)
    return found[0].hash if found else None


def _kept(channel: str, address: str, message: Message, digest: str) -> dict[str, Any]:
    return {
        "channel": channel, "address": address, "subject": message.subject, "text": message.text, "html": message.html,
        "body_hash": body_hash(message), "template_hash": digest,
    }  # fmt: skip


def send(parcel: Parcel, channels: Channels) -> Outcome:
    """One attempt. Nothing is retried here: what may be tried again is planned again and claimed again."""
    try:
        accepted = _hand_over(parcel.load, channels)
    except Refused as refusal:
        if refusal.permanent:
            return Outcome(parcel.message_id, "failed", str(refusal), bad_address=refusal.bad_address)
        return Outcome(parcel.message_id, "planned", str(refusal), retry_after=refusal.retry_after, trouble=refusal.trouble)
    except Unclear as fault:
        return Outcome(parcel.message_id, "in_doubt", str(fault), trouble=Trouble.UNANSWERED)
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


def again(published: Published, facts: Facts, today: Today, row: Planned, channels: Channels) -> Parcel:
    """The same words once more, to whoever may have them already. Raises Undeliverable."""
    made = parcel(published, facts, today, row, channels)
    if isinstance(made.load, Post):
        return replace(made, load=replace(made.load, text=f"{made.load.text}\n(repeat)"))
    return made


def settled(outcome: Outcome, sent: Planned, policy: ContactPolicy, now: datetime) -> dict[str, Any]:
    """What the row of a message keeps of how it ended. What its provider has spoken of meanwhile is not in doubt."""
    kept = {"state": outcome.state, "settled_at": now, "reason": outcome.reason, "provider_id": outcome.provider_id}
    match outcome.state:
        case "accepted":
            return {**kept, "via": "answer"}
        case "in_doubt" if sent.heard_at is not None:
            return {**kept, "state": "accepted", "via": "report", "reason": None}
        case "in_doubt":
            about = (sent.audience, sent.channel or "", sent.mail_class, sent.operational)
            return {**kept, "resend_at": doubt.once_more_at(*about, policy, sent.repeats, now)}  # type: ignore[arg-type]  # one of its words
        case _:
            return kept
