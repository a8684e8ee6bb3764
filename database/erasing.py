"""Wiping what rows say of one contact. Rows stay, so that what happened and why can still be told; what tells of the person goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, Text, and_, case, cast, func, insert, null, or_, select, update
from sqlmodel import Session

from database import traces
from database.correspondence import LEFT
from database.tables import (
    AnswerRow,
    ConsentRow,
    ContactRow,
    EditRow,
    ErasureRow,
    EventRow,
    FollowUpRow,
    MessageRow,
    NoticeRow,
    ReplyRow,
    ReportRow,
    ShadowRow,
    SuppressionRow,
    TaskRow,
    VerdictRow,
    table,
)  # fmt: skip
from database.traces import Search
from domain import addresses
from domain.composing import Message, body_hash
from domain.erasing import ERASED, Traces, own_words

contacts, erasures = table(ContactRow), table(ErasureRow)
messages, answers, events, replies, reports = table(MessageRow), table(AnswerRow), table(EventRow), table(ReplyRow), table(ReportRow)
tasks, follow_ups, notices = table(TaskRow), table(FollowUpRow), table(NoticeRow)
edits, shadows, verdicts = table(EditRow), table(ShadowRow), table(VerdictRow)
suppressions, consents = table(SuppressionRow), table(ConsentRow)


def find(session: Session, contact_id: str) -> Row[Any] | None:
    """The erasure of a contact."""
    return session.execute(select(erasures).where(erasures.c.id == contact_id)).one_or_none()


def known_among(session: Session, contact_ids: Collection[str]) -> frozenset[str]:
    """Those of these contacts that this database knows to be erased."""
    return frozenset(session.execute(select(erasures.c.id).where(erasures.c.id.in_(contact_ids))).scalars())


def is_there(session: Session, account_id: str, contact_id: str) -> bool:
    """Whether the account has this contact, erased or not."""
    found = select(contacts.c.id).where(contacts.c.id == contact_id, contacts.c.account_id == account_id)
    return session.execute(found).one_or_none() is not None


def keep(session: Session, values: Mapping[str, Any]) -> None:
    """Stores an erasure; one that was repeated is changed."""
    known = update(erasures).where(erasures.c.id == values["id"]).values(values)
    if not session.execute(known).rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
        session.execute(insert(erasures).values(values))


def others_with(session: Session, contact: ContactRow) -> Sequence[Row[Any]]:
    """The other contacts of any account that have the same address."""
    same = (func.lower(contacts.c.email) == contact.email.lower(), contacts.c.id != contact.id)
    return session.execute(select(contacts.c.id, contacts.c.account_id).where(*same).order_by(contacts.c.id)).all()


def bury(session: Session, contact_id: str, now: datetime) -> None:
    """Leaves a contact's row with its id alone, so that nobody takes it for another person's."""
    nothing = {"name": ERASED, "email": "", "roles": [], "zone": "", "country": "", "active": False, "facts": {}, "erased_at": now}
    session.execute(update(contacts).where(contacts.c.id == contact_id).values(nothing))


@dataclass
class Wiping:
    """What rows say of one contact. `archived_since`: mails that left since then stay as they are."""

    session: Session
    contact: ContactRow
    reader: str
    now: datetime
    archived_since: datetime | None = None
    _wiped: Counter[str] = field(default_factory=Counter)

    def archived(self) -> tuple[int, datetime | None]:
        """How many mails stay as they are, and when the last of them was sent."""
        if self.archived_since is None:
            return 0, None
        count, last = self.session.execute(
            select(func.count(), func.max(messages.c.claimed_at)).where(self._to_them, self._is_archived)
        ).one()
        return int(count), last

    def sent_through(self) -> dict[str, int]:
        """Their mails that left, by provider."""
        left = (self._to_them, messages.c.state.in_(LEFT))
        counted = select(messages.c.channel, func.count()).where(*left).group_by(messages.c.channel).order_by(messages.c.channel)
        return {channel or "": count for channel, count in self.session.execute(counted)}

    def tasks(self) -> Sequence[Row[Any]]:
        """The tasks that gave somebody what they wrote to us."""
        theirs = select(replies.c.task_id).where(self._wrote, replies.c.task_id.is_not(None))
        return self.session.execute(select(tasks).where(tasks.c.id.in_(theirs))).all()

    def wipe(self) -> dict[str, int]:
        """What is theirs, then every trace of it in whatever else is written about the account. Rows changed, by table."""
        # Reports of their mails are stored with the mails' rows held: from here on they come after this, or have come before.
        self.session.execute(select(messages.c.id).where(self._to_them).order_by(messages.c.id).with_for_update()).all()
        search = Search(self.session, self.contact, self._traces(), self.readers, self._stay, self._wiped)
        self._wipe_their_own()
        self._wipe_news()
        search.everywhere()
        self._compose_anew(search.reworded)
        return dict(sorted(self._wiped.items()))

    def wipe_mails(self) -> dict[str, int]:
        """Their mails, but those that stay as they are."""
        may_go = self._to_them if self._stay is None else and_(self._to_them, ~self._stay)
        words = ("address", "context", "subject", "html", "text")
        says_something = or_(*(messages.c[name].is_not(None) for name in words))
        self._set(messages, and_(may_go, says_something), **{**dict.fromkeys(words), "context": null()})
        return dict(self._wiped)

    # What is theirs

    @property
    def _to_them(self) -> ColumnElement[bool]:
        of_account = messages.c.account_id == self.contact.account_id
        return and_(of_account, messages.c.audience == "contact", messages.c.recipient == self.contact.id)

    @property
    def _is_archived(self) -> ColumnElement[bool]:
        left_since = messages.c.claimed_at >= self.archived_since
        return and_(messages.c.state.in_(LEFT), func.coalesce(left_since, False))

    @property
    def _stay(self) -> ColumnElement[bool] | None:
        return None if self.archived_since is None else and_(self._to_them, self._is_archived)

    @property
    def _wrote(self) -> ColumnElement[bool]:
        """What came in by mail from them, as far as that is known: nobody else with their address is known to have written it."""
        to_them = replies.c.message_id.in_(select(messages.c.id).where(self._to_them))
        unknown = and_(replies.c.contact_id.is_(None), to_them)
        from_them: ColumnElement[bool] = func.lower(replies.c.address).in_([each.lower() for each in (self.contact.email, *self.former)])
        if sharing := [row.id for row in self._sharing]:
            is_mine = and_(replies.c.contact_id.is_(None), replies.c.account_id == self.contact.account_id)
            from_them = and_(from_them, or_(is_mine, replies.c.contact_id.not_in(sharing)))
        return or_(replies.c.contact_id == self.contact.id, unknown, from_them)

    @cached_property
    def _sharing(self) -> Sequence[Row[Any]]:
        return others_with(self.session, self.contact)

    @cached_property
    def former(self) -> tuple[str, ...]:
        """Other addresses at which they got mail of ours, and which are nobody else's now."""
        got = select(messages.c.address).where(self._to_them, messages.c.address.is_not(None)).distinct()
        found = {each for each in self.session.execute(got).scalars() if each and each.lower() != self.contact.email.lower()}
        elsewhere = select(func.lower(contacts.c.email)).where(func.lower(contacts.c.email).in_([each.lower() for each in found]))
        taken = set(self.session.execute(elsewhere).scalars()) if found else set()
        return tuple(sorted(each for each in found if each.lower() not in taken))

    @cached_property
    def readers(self) -> frozenset[str]:
        """The digests of their addresses, but of one that somebody else has too: what it said no to is theirs as well."""
        former = {addresses.digest(each) for each in self.former}
        return frozenset(former if self._sharing else {self.reader, *former})

    def _traces(self) -> Traces:
        read = self.session.execute
        words = {text for row in read(select(replies.c.subject, replies.c.text).where(self._wrote)) for text in row}
        words |= set(read(select(answers.c.comment).where(answers.c.contact_id == self.contact.id)).scalars())
        for payload in read(select(events.c.payload).where(self._happened_to_them)).scalars():
            words |= set(own_words(payload))
        return Traces(self.contact.name, self.contact.email, traces.prose(self.session, self.contact, words), self.former)

    @property
    def _happened_to_them(self) -> ColumnElement[bool]:
        return and_(events.c.account_id == self.contact.account_id, events.c.contact_id == self.contact.id)

    def _wipe_their_own(self) -> None:
        wordless = {"subject": None, "html": None, "text": None}
        of_mail = select(messages.c.id).where(self._to_them)
        given = [row.id for row in self.tasks()]
        climbs = select(tasks.c.follow_up_id).where(tasks.c.id.in_(given))
        self._set(edits, edits.c.message_id.in_(of_mail), text=None, was_text=None, was_html=None, subject=None, was_subject=None)
        self._wipe_reports(reports.c.message_id.in_(of_mail))
        self._set(messages, messages.c.run_id.in_(climbs), **wordless, context=null())
        self._set(tasks, tasks.c.id.in_(given), title=ERASED, body=ERASED, note=None)
        for row in self.session.execute(select(follow_ups.c.id, follow_ups.c.state).where(follow_ups.c.id.in_(climbs))).all():
            self._set(follow_ups, follow_ups.c.id == row.id, state={**row.state, "title": ERASED})
        self._set(replies, self._wrote, address="", subject="", text="")
        self.wipe_mails()
        self._set(answers, answers.c.contact_id == self.contact.id, comment="")
        self._set(events, self._happened_to_them, payload={})
        its = (shadows.c.account_id == self.contact.account_id, shadows.c.recipient == self.contact.id)
        self._set(shadows, and_(*its), subject=None, text=None, note=None)
        proof = case((suppressions.c.source.in_(("reader", "provider")), suppressions.c.proof))  # theirs name a message, not a person
        self._set(suppressions, suppressions.c.reader.in_(self.readers), address=None, proof=proof)
        over = {"withdrawn_at": func.coalesce(consents.c.withdrawn_at, self.now)}
        self._set(consents, consents.c.reader.in_(self.readers), address=None, ip=None, proof=ERASED, **over)

    def _wipe_reports(self, theirs: ColumnElement[bool]) -> None:
        """What a program goes by stays: whether the address is a bad one."""
        flagged = select(reports.c.id, reports.c.detail).where(theirs, cast(reports.c.detail, Text).contains('"bad_address"'))
        bad = [row.id for row in self.session.execute(flagged).all() if "bad_address" in row.detail]
        self._set(reports, and_(theirs, reports.c.id.not_in(bad)), address=None, detail={})
        self._set(reports, and_(theirs, reports.c.id.in_(bad)), address=None, detail={"bad_address": True})

    def _wipe_news(self) -> None:
        """What runs were told of them and have taken; what they have not is searched, for they still go by it."""
        named = cast(notices.c.news, Text).contains(self.contact.id, autoescape=True)
        of_them = (traces.of_runs(notices.c.run_id, self.contact.account_id), named)
        for row in self.session.execute(select(notices.c.id, notices.c.news).where(*of_them, notices.c.taken_at.is_not(None))).all():
            if row.news.get("payload", {}).get("contact_id") == self.contact.id:
                self._set(notices, notices.c.id == row.id, news={**row.news, "payload": {}})

    def _compose_anew(self, reworded: Collection[str]) -> None:
        """A mail to somebody else that named them and has not left is composed anew, but where it waits for somebody who reads it: there
        its hash says that it is another now."""
        unsent = select(messages).where(messages.c.id.in_(reworded), messages.c.text.is_not(None))
        for row in self.session.execute(unsent.where(messages.c.state == "gated")).all():
            digest = body_hash(Message(row.subject or "", row.text, row.html))
            self.session.execute(update(messages).where(messages.c.id == row.id).values(body_hash=digest))
        judged = messages.c.id.in_(select(verdicts.c.message_id))
        unread = (messages.c.id.in_(reworded), messages.c.state == "planned", ~judged)
        nothing = dict.fromkeys(("subject", "text", "html", "body_hash", "filled_hash", "template_hash"))
        self.session.execute(update(messages).where(*unread).values(nothing))

    def _set(self, of: Table, where: ColumnElement[bool], **values: Any) -> None:
        self._wiped[of.name] += self.session.execute(update(of).where(where).values(values)).rowcount  # type: ignore[attr-defined]
