"""`tenure approve-words`: somebody with the role for it agrees to words before customers get them (the financial pack)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session

from database import approved_words, definitions
from database.definitions import Published, Texts
from database.tables import PersonRow
from domain import house, refusing
from domain.composing import Template
from domain.faults import Fault, Mark, suggestion


class MayNotApprove(ValueError):
    """This person, or this house, approves no words; says why."""


def approve(session: Session, published: Published, names: Sequence[str], by: str, now: datetime) -> Iterator[tuple[Template, bool]]:
    """Approves mails by their names (`email/welcome`), each in every language; all of them where none is named.

    Gives each and whether it was not approved before. Raises MayNotApprove.
    """
    role = _role(session, published, by)
    mails = [template for (kind, _), template in sorted(published.words.templates.items()) if kind == "email"]
    known = {name for mail in mails for name in (f"email/{mail.name}", mail.path)}
    for name in names:
        if name not in known:
            raise MayNotApprove(f"no mail is called '{name}'{suggestion(name, known)}")
    for mail in mails:
        if not names or mail.path in names or f"email/{mail.name}" in names:
            yield mail, approved_words.approve(session, mail.path, mail.hash, by, role, now)


def _role(session: Session, published: Published, by: str) -> str:
    financial = published.house.packs.financial
    if financial is None:
        raise MayNotApprove("words need no approval here: policies/packs.yaml turns no financial pack on")
    person = session.get(PersonRow, by)
    if person is None or not person.active:
        raise MayNotApprove(f"nobody active has the id '{by}'")
    role = next((role for role in financial.approved_by if role in (person.roles or ())), None)
    if role is None:
        raise MayNotApprove(f"{person.name} may not approve words: that takes one of {', '.join(financial.approved_by)}")
    return role


def unapproved(session: Session, texts: Texts) -> list[Fault]:
    """The mails among sound texts that may not be published yet."""
    rules = house.load(definitions.policies_of(texts))
    packs, vocabulary = rules.packs, rules.vocabulary
    if packs.financial is None:
        return []
    published, approved = definitions.compile_all(texts), approved_words.hashes(session)
    refusals = ((each, refusing.refusal(each, packs, vocabulary, approved)) for each in published.words.templates.values())
    return sorted(Fault(Mark(each.file, 1, 1), refusal) for each, refusal in refusals if refusal)
