"""An answer to the survey of a mail: kept, and told to the account as an event, in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from activities import intake
from activities.intake import EventIn
from activities.ledger import Ledger, Office
from database import accounts, answers, messages
from database.definitions import Published
from database.messages import Message
from database.revisions import DEFINITIONS, current
from database.tables import AccountRow, ContactRow
from domain.survey_policy import COMMENT, Asking, Given, Survey, given


@dataclass(frozen=True, slots=True)
class Asked:
    """A survey as one mail asks it: in its reader's `language`, with the answer that stands. `closed` says why none is taken any more:
    `too late`, `answered` (and not to be changed any more) or `gone` (the reader, or the survey)."""

    message: Message
    survey: Survey | None
    words: Asking | None
    language: str
    answer: Row[Any] | None
    closed: str | None


def asked(session: Session, published: Published, message_id: str, now: datetime) -> Asked | None:
    """None where the mail asks nothing, or never left."""
    message = messages.find(session, message_id)
    if message is None or not message.asks or message.claimed_at is None:
        return None
    house = published.house
    survey, contact = house.surveys.surveys.get(message.asks), session.get(ContactRow, message.recipient)
    answer = answers.of_message(session, message_id)
    if survey is None or contact is None or contact.erased_at or contact.account_id != message.account_id:
        return Asked(message, None, None, house.brand.language, answer, "gone")
    words, language = survey.words([(contact.facts or {}).get("language"), _language_of(session, message)], house.brand.language)
    closed = house.surveys.stands(message.claimed_at, answer.first_at if answer else None, now)
    return Asked(message, survey, words, language, answer, closed)


def _language_of(session: Session, message: Message) -> object:
    row = session.get(AccountRow, message.account_id)
    return (row.facts or {}).get("language") if row else None


def take(
    session: Session, office: Office, message_id: str, score: int, comment: str, now: datetime
) -> tuple[Asked | None, list[Ledger]]:  # fmt: skip
    """What stands afterwards, and the ledgers whose runs must hear of it. Nothing changes where no answer is taken any more.

    Raises ValueError for a number that is not on the scale.
    """
    published = office.definitions.at(session, current(session).get(DEFINITIONS, 0))
    message = messages.find(session, message_id)
    if message is None:
        return None, []
    accounts.lock(session, message.account_id)
    found = asked(session, published, message_id, now)
    if found is None or found.closed or found.survey is None:
        return found, []
    if score not in found.survey.choices:
        raise ValueError(f"{score} is not on the scale from {found.survey.from_} to {found.survey.to}")
    before = found.answer
    stands, is_told = given(Given(before.score, before.comment, before.times) if before else None, score, comment)
    _keep(session, message, before, stands, now)
    ledgers = [_tell(session, office, published, message, stands, now)] if is_told else []
    return asked(session, published, message_id, now), ledgers


def _keep(session: Session, message: Message, before: Row[Any] | None, stands: Given, now: datetime) -> None:
    values = {"score": stands.score, "comment": stands.comment, "times": stands.times}
    if before is None:
        whose = {"id": message.id, "account_id": message.account_id, "contact_id": message.recipient, "survey": message.asks}
        where = {"run_id": message.run_id, "journey": message.journey, "step": message.step}
        answers.add(session, {**whose, **where, **values, "first_at": now, "answered_at": now})
    elif (before.score, before.comment) != (stands.score, stands.comment):
        answers.change(session, message.id, {**values, "answered_at": now})


def _tell(session: Session, office: Office, published: Published, message: Message, stands: Given, now: datetime) -> Ledger:
    name = published.house.surveys.event
    payload: dict[str, Any] = {"survey": message.asks, "score": stands.score}
    if stands.comment and COMMENT in published.house.vocabulary.events[name].tells:
        payload[COMMENT] = stands.comment
    digest = hashlib.sha256(repr(sorted(payload.items())).encode()).hexdigest()
    id = f"answer-{message.id}-{stands.times}"
    told = EventIn(id, name, message.account_id, digest, contact_id=message.recipient, payload=payload)
    ledger = intake.event(session, office, told, now).ledger
    assert ledger, "the event's id is new: its number was counted with the account held"
    return ledger
