"""What our people do with mails that wait for them: look, change, approve, skip. Each is one transaction on the account's ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from activities import delivery, why, words
from activities.delivery import Undeliverable
from activities.ledger import Ledger, Office
from activities.orders import NotAllowed, NotOpen, NotThere
from activities.reasons import Entry
from activities.view import View
from activities.why import Question
from database import definitions, runs, work
from database.definitions import Published
from domain import account as account_of
from domain import deciding, editing, filling, ladder, news, refusing
from domain.composing import Template, body_hash
from domain.editing import MOST_SUBJECT, MOST_TEXT, Uneditable
from domain.facts import Contact, Facts
from domain.filling import Today
from domain.intents import Decision
from domain.links import Links
from domain.sandbox import Unfillable


class NotYours(NotAllowed):
    """Somebody else decides about this; says who."""


class Changed(NotOpen):
    """A mail is not what whoever decides has read."""


@dataclass(frozen=True)
class Letter:
    """A mail that waits, or waited, at a gate. `markdown` is its text to be changed; None where it cannot be, or is not open."""

    row: Row[Any]
    verdict: Row[Any] | None
    edits: Sequence[Row[Any]]
    markdown: str | None = None


@dataclass(frozen=True)
class Shown:
    """An approval with all that whoever decides must see. `because` says why it is asked: of its mails, else of itself."""

    row: Row[Any]
    letters: Sequence[Letter]
    because: Sequence[Entry]


# Looking


def look(view: View, id: str) -> Shown | None:
    """None where there is no such approval. Raises NotPublished while nothing is."""
    row = work.approval(view.session, id)
    if row is None:
        return None
    letters = letters_of(view, [row])[row.id]
    if row.state == "open":
        letters = [_with_markdown(view, letter) for letter in letters]
    asked = Question(journey=row.journey, step=row.step, limit=500)
    ids = {row.id, *(letter.row.id for letter in letters)}
    found = [entry for entry in why.answer(view, row.account_id, asked).entries if entry.id in ids]
    mails = [entry for entry in found if entry.id != row.id]
    return Shown(row, letters, mails or found)


def letters_of(view: View, asked: Sequence[Row[Any]]) -> dict[str, list[Letter]]:
    """The mails of approvals, by the approval's id; of one approval alone with their pages."""
    session = view.session
    if len(asked) == 1:
        found = {asked[0].id: list(work.letters(session, asked[0]))}
    else:
        at = work.letters_at(session, asked)
        found = {row.id: at.get((row.enrollment_id, row.step, row.visit), []) for row in asked}
    ids = [letter.id for letters in found.values() for letter in letters]
    verdicts, edits = work.verdicts_of(session, ids), work.edits_of(session, ids)
    return {id: [Letter(each, verdicts.get(each.id), edits.get(each.id, ())) for each in letters] for id, letters in found.items()}


def _with_markdown(view: View, letter: Letter) -> Letter:
    if letter.row.state != "gated" or letter.verdict:
        return letter
    if written := next((edit.text for edit in reversed(letter.edits) if edit.text is not None), None):
        return replace(letter, markdown=written)
    run, account = runs.enrollment(view.session, letter.row.run_id), view.account(letter.row.account_id)
    if run is None or account is None:
        return letter
    facts = account_of.facts(account, view.published.house, view.now, run.contract_id, run.contact_id)
    source = _Source(view.published, facts, _today(facts, run, view.now), letter.row, None)
    return replace(letter, markdown=editing.markdown(source.template, source.values(), source.formats) if source.template else None)


# Deciding


def decide(
    session: Session,
    office: Office,
    id: str,
    approved: bool,
    by: str,
    note: str | None,
    now: datetime,
    only: Collection[str] = (),
    read: Collection[str] = (),
) -> Ledger:
    """Decides an approval; of a gate about all mails that nobody has decided about yet, or about `only` these. `read` are the hashes
    of mails as somebody read them: what became another since is not decided about. Raises NotOpen, NotAllowed."""
    ledger, row = _open(session, office, id, by, now)
    waiting = _waiting(session, row, only)
    if approved:
        _must_be_whole(waiting, read)
    if only:
        _decide_about(ledger, row, waiting, approved, by, note)
        return ledger
    _keep_verdicts(ledger, row, waiting, approved, by, note)
    _close(ledger, row, approved, by, note)
    ledger.notify_if_concerned(row.enrollment_id, news.Decided(row.step, row.visit, now, approved, by))
    return ledger


def skip_mails_to(ledger: Ledger, contact_id: str, by: str, note: str) -> None:
    """Nobody is to decide any more about mails to this contact: they are not sent, and the gate goes on with the others."""
    for row in work.open_approvals(ledger.session, ledger.account.id, None, None):
        theirs = [letter for letter in _waiting(ledger.session, row, ()) if letter.recipient == contact_id]
        if theirs:
            _decide_about(ledger, row, theirs, False, by, note)


def _decide_about(ledger: Ledger, approval: Row[Any], letters: Sequence[Row[Any]], approved: bool, by: str, note: str | None) -> None:
    """Some mails of a gate, which is decided with the last of them."""
    _keep_verdicts(ledger, approval, letters, approved, by, note)
    readers, verdicts = _decided(ledger.session, approval)
    if (outcome := deciding.outcome(readers, verdicts)) is not None:
        _close(ledger, approval, outcome, by, None)  # a note is about the mails it was written for, and is kept with them
    for letter in letters:
        told = news.Decided(approval.step, approval.visit, ledger.now, approved, by, letter.recipient)
        ledger.notify_if_concerned(approval.enrollment_id, told)


def _keep_verdicts(ledger: Ledger, approval: Row[Any], letters: Sequence[Row[Any]], approved: bool, by: str, note: str | None) -> None:
    for letter in letters:
        work.keep_verdict(
            ledger.session,
            {
                "message_id": letter.id, "approval_id": approval.id, "verdict": "approved" if approved else "skipped", "by": by,
                "at": ledger.now, "body_hash": letter.body_hash, "template_hash": letter.template_hash, "note": note,
            },
        )  # fmt: skip
        if approved:
            _note(ledger, approval, letter, "approved", f"the mail to {letter.recipient} by {by}, as {letter.body_hash[:12]}")


def _open(session: Session, office: Office, id: str, by: str, now: datetime) -> tuple[Ledger, Row[Any]]:
    """The approval of this id, with its account held, where this person may decide about it. Raises NotOpen, NotYours."""
    found = work.approval(session, id)
    if found is None:
        raise NotThere("approval", id)
    ledger = Ledger(session, office, found.account_id, now)
    row = work.approval(session, id)
    assert row is not None, "approvals are never deleted"
    if row.state != "open":
        raise NotOpen("this approval is decided already")
    run = runs.enrollment(session, row.enrollment_id)
    facts = ledger.facts(run.contract_id, run.contact_id) if run else ledger.facts()
    roles = {row.asked_role or row.role, row.role}
    if why_not := deciding.refusal(facts.people[by], roles, row.approver_id, ledger.house, facts, now):
        raise NotYours(why_not)
    return ledger, row


def _waiting(session: Session, approval: Row[Any], only: Collection[str]) -> list[Row[Any]]:
    """The mails that are to be decided about, or changed. Raises NotOpen, NotThere."""
    letters = {letter.id: letter for letter in work.letters(session, approval)}
    verdicts = work.verdicts_of(session, letters)
    for id in only:
        if id not in letters:
            raise NotThere("mail", id)
        if id in verdicts or letters[id].state != "gated":
            raise NotOpen(f"the mail to {letters[id].recipient} is decided already")
    waiting = [letter for letter in letters.values() if letter.state == "gated" and letter.id not in verdicts]
    return [letter for letter in waiting if not only or letter.id in only]


def _must_be_whole(waiting: Sequence[Row[Any]], read: Collection[str]) -> None:
    for letter in waiting:
        if letter.text is None:
            raise NotAllowed(
                f"the mail to {letter.recipient} cannot be filled in: {letter.reason}; tell what is missing, edit the mail, or skip it"
            )
        if read and letter.body_hash not in read:
            raise Changed(f"the mail to {letter.recipient} has changed since you read it; read it again, then decide")


def _decided(session: Session, approval: Row[Any]) -> tuple[list[str], dict[str, bool]]:
    """Whose mails are at this gate, and what was decided about them."""
    letters = {letter.id: letter.recipient for letter in work.letters(session, approval) if letter.state == "gated"}
    verdicts = work.verdicts_of(session, letters)
    return list(letters.values()), {letters[id]: row.verdict == "approved" for id, row in verdicts.items()}


def _close(ledger: Ledger, row: Row[Any], approved: bool, by: str, note: str | None) -> None:
    verdict = "approved" if approved else "refused"
    changed = work.change_approval(ledger.session, row.id, {"state": verdict, "decided_at": ledger.now, "decided_by": by, "note": note})
    assert changed, "it is open, and its account is held"
    ledger.end_escalation(ladder.undecided(row.step), "decided", by)


def _note(ledger: Ledger, approval: Row[Any], letter: Row[Any], what: str, result: str) -> None:
    ledger.note([Decision(what, result, approval.step, approval.visit, rule=letter.recipient)], approval.enrollment_id)


# Changing


def edit(
    session: Session,
    office: Office,
    id: str,
    by: str,
    subject: str | None,
    text: str | None,
    now: datetime,
    only: Collection[str] = (),
    links: Links | None = None,
) -> Ledger:
    """Changes the mails that wait at a gate, or `only` these: their subject, their text (Markdown), or both. Names in braces are filled
    in for each reader, as in a template. Raises NotOpen, NotAllowed."""
    ledger, row = _open(session, office, id, by, now)
    if subject is None and text is None:
        raise NotAllowed("say what becomes of it: 'subject', 'text' or both")
    if len(subject or "") > MOST_SUBJECT or len(text or "") > MOST_TEXT:
        raise NotAllowed(f"a subject has at most {MOST_SUBJECT} characters, a text {MOST_TEXT:,}")
    if any(each is not None and not each.strip() for each in (subject, text)):
        raise NotAllowed("neither its subject nor its text can be empty; to send nothing, skip it")
    if ledger.house.packs.financial is not None:
        raise NotAllowed(
            "the financial pack lets customers have only words that were approved as a template; change the template, and skip this mail"
        )
    waiting = _waiting(session, row, only)
    if not waiting:
        raise NotAllowed("no mail waits for this approval")
    layouts = definitions.layouts_of(definitions.current_texts(session)[0])
    run = runs.enrollment(session, row.enrollment_id)
    assert run is not None, "approvals are asked by runs"
    facts = ledger.facts(run.contract_id, run.contact_id)
    edits = work.edits_of(session, [letter.id for letter in waiting])
    for letter in waiting:
        source = _Source(ledger.published, facts, _today(facts, run, now), letter, links)
        before = edits.get(letter.id, [])
        kept = {name: next((getattr(each, name) for each in reversed(before) if getattr(each, name) is not None), None) for name in _TOLD}
        told = {"subject": kept["subject"] if subject is None else subject, "text": kept["text"] if text is None else text}
        _rewrite(ledger, row, letter, source, told, layouts, by, len(before) + 1)
    return ledger


_TOLD = ("subject", "text")


def _rewrite(
    ledger: Ledger,
    approval: Row[Any],
    letter: Row[Any],
    source: _Source,
    told: Mapping[str, str | None],
    layouts: Mapping[str, str],
    by: str,
    number: int,
) -> None:
    template, contact = source.template, source.contact
    if template is None or contact is None:
        raise NotAllowed(f"the mail to {letter.recipient} cannot be changed: its template or its reader is not there any more; skip it")
    try:
        made = editing.edited(template, told["subject"], told["text"], layouts)
        if refusal := refusing.private_names(made, ledger.house.packs, ledger.house.vocabulary):
            raise NotAllowed(f"it says {refusal[0]}, which is phi: the healthcare pack keeps that out of messages")
        message = made.fill(source.values(), source.formats)
        if not letter.operational:
            delivery.must_show_sender(message, ledger.house)
    except (Uneditable, Unfillable, Undeliverable) as error:
        raise NotAllowed(f"the mail to {letter.recipient} cannot be changed so: {error}") from None
    digest = body_hash(message)
    becomes = {
        "subject": message.subject, "text": message.text, "html": message.html, "body_hash": digest, "address": contact.email,
        "template_hash": letter.template_hash or template.hash, "reason": None,
    }  # fmt: skip
    work.edit_letter(
        ledger.session,
        {
            "id": f"{letter.id}/{number:04}", "message_id": letter.id, "approval_id": approval.id, "by": by, "at": ledger.now,
            "subject": told["subject"], "text": told["text"], "was_subject": letter.subject, "was_text": letter.text,
            "was_html": letter.html, "was_hash": letter.body_hash, "body_hash": digest,
        },
        becomes,
    )  # fmt: skip
    was = f"from {letter.body_hash[:12]}" if letter.body_hash else "which could not be filled in"
    _note(ledger, approval, letter, "edited", f"the mail to {letter.recipient} by {by}, {was} to {digest[:12]}")


class _Source:
    """What a mail is made from for its reader, as it is now; `template` is None where there is none any more."""

    def __init__(self, published: Published, facts: Facts, today: Today, letter: Row[Any], links: Links | None) -> None:
        self.contact: Contact | None = next((contact for contact in facts.contacts if contact.id == letter.recipient), None)
        found = words.written_for(published, "email", letter.template, facts, self.contact)
        self.template: Template | None = found[0] if found else None
        self.formats = found[1] if found else ""
        self._about = (published, facts, today, letter.id, links)

    def values(self) -> dict[str, Any]:
        published, facts, today, id, links = self._about
        assert self.template, "asked of a mail that has a template"
        preferences, answers = (links.preferences(id), links.answers(id)) if links else (None, None)
        asked = filling.survey(published.house, self.template, answers)
        return filling.values(published.house, facts, today, self.contact, None, preferences, subject=filling.NOBODYS_SUBJECT, **asked)


def _today(facts: Facts, run: Row[Any], now: datetime) -> Today:
    today = facts.today(now)
    return Today(today, (today - run.anchor_on).days if run.anchor_on else None)
