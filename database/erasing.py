"""Wiping what rows say of one contact. Rows stay, so that what happened and why can still be told; what tells of the person goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Row, String, Table, and_, case, func, insert, null, or_, select, tuple_, update
from sqlmodel import AutoString, Session

from database.tables import (
    AccountRow,
    AnswerRow,
    ApprovalRow,
    ConsentRow,
    ContactRow,
    EditRow,
    EnrollmentRow,
    ErasureRow,
    EventRow,
    FollowUpRow,
    IdempotencyKeyRow,
    MessageRow,
    NoticeRow,
    ProposalRow,
    ReplyRow,
    ReportRow,
    ShadowRow,
    SuppressionRow,
    TaskRow,
    VerdictRow,
    metadata,
    table,
)  # fmt: skip
from domain.erasing import ERASED, Traces, own_words

accounts, contacts, erasures = table(AccountRow), table(ContactRow), table(ErasureRow)
messages, answers, events, replies, reports = table(MessageRow), table(AnswerRow), table(EventRow), table(ReplyRow), table(ReportRow)
tasks, follow_ups, notices, enrollments = table(TaskRow), table(FollowUpRow), table(NoticeRow), table(EnrollmentRow)
edits, verdicts, approvals, shadows = table(EditRow), table(VerdictRow), table(ApprovalRow), table(ShadowRow)
suppressions, consents = table(SuppressionRow), table(ConsentRow)
idempotency_keys, proposals = table(IdempotencyKeyRow), table(ProposalRow)

HAS_LEFT = ("claimed", "accepted", "in_doubt")
AT_ONCE = 200

# Tables that hold nothing of customers' people: what is published, who we are, how the installation stands, digests.
IMPERSONAL = frozenset({
    "revisions", "people", "definitions", "publications", "publishings", "readers", "installations", "providers", "approved_words",
    "api_keys", "erasures",
})  # fmt: skip


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
        left = (self._to_them, messages.c.state.in_(HAS_LEFT))
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
        traces = self._traces()
        self._wipe_their_own()
        self._wipe_news()
        for each, theirs in self._elsewhere():
            self._sweep(each, theirs, traces)
        for each, suspect, traced in self._anywhere(traces):
            self._sweep(each, suspect, traced)
        return dict(sorted(self._wiped.items()))

    def wipe_mails(self) -> dict[str, int]:
        """Their mails, but those that stay as they are."""
        may_go = self._to_them if self.archived_since is None else and_(self._to_them, ~self._is_archived)
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
        return and_(messages.c.state.in_(HAS_LEFT), func.coalesce(left_since, False))

    @property
    def _wrote(self) -> ColumnElement[bool]:
        """What came in by mail from them, as far as that is known."""
        to_them = replies.c.message_id.in_(select(messages.c.id).where(self._to_them))
        unknown = and_(replies.c.contact_id.is_(None), to_them)
        return or_(replies.c.contact_id == self.contact.id, unknown, func.lower(replies.c.address) == self.contact.email.lower())

    @cached_property
    def is_shared(self) -> bool:
        """Whether somebody else has the same address: what it said no to is theirs too."""
        return bool(others_with(self.session, self.contact))

    def _traces(self) -> Traces:
        read = self.session.execute
        words = {text for row in read(select(replies.c.subject, replies.c.text).where(self._wrote)) for text in row}
        words |= set(read(select(answers.c.comment).where(answers.c.contact_id == self.contact.id)).scalars())
        for payload in read(select(events.c.payload).where(self._happened_to_them)).scalars():
            words |= set(own_words(payload))
        return Traces(self.contact.name, self.contact.email, tuple(sorted(words - {""})))

    @property
    def _happened_to_them(self) -> ColumnElement[bool]:
        return and_(events.c.account_id == self.contact.account_id, events.c.contact_id == self.contact.id)

    def _wipe_their_own(self) -> None:
        wordless = {"subject": None, "html": None, "text": None}
        of_mail = select(messages.c.id).where(self._to_them)
        given = [row.id for row in self.tasks()]
        climbs = select(tasks.c.follow_up_id).where(tasks.c.id.in_(given))
        self._set(edits, edits.c.message_id.in_(of_mail), text=None, was_text=None, was_html=None, subject=None, was_subject=None)
        for row in self.session.execute(select(reports).where(reports.c.message_id.in_(of_mail))).all():
            self._set(reports, reports.c.id == row.id, address=None, detail={name: True for name in ("bad_address",) if name in row.detail})
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
        if not self.is_shared:
            proof = case((suppressions.c.source.in_(("reader", "provider")), suppressions.c.proof))  # theirs name a message, not a person
            self._set(suppressions, suppressions.c.reader == self.reader, address=None, proof=proof)
            over = {"withdrawn_at": func.coalesce(consents.c.withdrawn_at, self.now)}
            self._set(consents, consents.c.reader == self.reader, address=None, ip=None, proof=ERASED, **over)

    def _wipe_news(self) -> None:
        """What runs were told of them and have taken; what they have not is swept, for they still go by it."""
        taken = select(notices.c.id, notices.c.news).where(self._of_runs(notices.c.run_id), notices.c.taken_at.is_not(None))
        for row in self.session.execute(taken).all():
            if row.news.get("payload", {}).get("contact_id") == self.contact.id:
                self._set(notices, notices.c.id == row.id, news={**row.news, "payload": {}})

    def _set(self, of: Table, where: ColumnElement[bool], **values: Any) -> None:
        self._wiped[of.name] += self.session.execute(update(of).where(where).values(values)).rowcount  # type: ignore[attr-defined]

    # What else was written

    def _of_runs(self, column: Column[Any]) -> ColumnElement[bool]:
        mine = self.contact.account_id
        of_account = (select(each.c.id).where(each.c.account_id == mine) for each in (enrollments, follow_ups))
        return or_(*(column.in_(ids) for ids in of_account))

    def _elsewhere(self) -> Iterator[tuple[Table, ColumnElement[bool]]]:
        """Rows about their account, table by table."""
        mine = self.contact.account_id
        its_approvals = select(approvals.c.id).where(approvals.c.account_id == mine)
        by_hand: dict[str, ColumnElement[bool]] = {
            accounts.name: accounts.c.id == mine,
            notices.name: self._of_runs(notices.c.run_id),
            edits.name: edits.c.approval_id.in_(its_approvals),
            verdicts.name: verdicts.c.approval_id.in_(its_approvals),
        }
        if self.archived_since is not None:
            by_hand[messages.name] = and_(messages.c.account_id == mine, ~and_(self._to_them, self._is_archived))
        for each in metadata.sorted_tables:
            if each.name in by_hand:
                yield each, by_hand[each.name]
            elif "account_id" in each.c and each is not contacts and each.name not in IMPERSONAL:
                yield each, each.c.account_id == mine

    def _anywhere(self, traces: Traces) -> Iterator[tuple[Table, ColumnElement[bool], Traces]]:
        """Rows of no account that may tell of them, and what to look for in them: a name alone may be another's there."""
        address = Traces("", traces.address)
        answer = idempotency_keys.c.answer
        of_account = and_(answer.contains(self.contact.account_id, autoescape=True), answer.contains(self.contact.name, autoescape=True))
        yield idempotency_keys, or_(answer.icontains(self.contact.email, autoescape=True), of_account), traces
        yield proposals, proposals.c.id.is_not(None), address
        if not self.is_shared:
            yield suppressions, suppressions.c.reader == self.reader, traces
            yield consents, consents.c.reader == self.reader, traces
        yield replies, replies.c.account_id.is_(None), address
        yield reports, and_(reports.c.account_id.is_(None), func.lower(reports.c.address) == self.contact.email.lower()), address

    def _sweep(self, of: Table, where: ColumnElement[bool], traces: Traces) -> None:
        keys, wordy = list(of.primary_key.columns), list(_wordy(of))
        if not wordy:
            return
        ids = [tuple(row) for row in self.session.execute(select(*keys).where(where))]
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            these = tuple_(*keys).in_(some) if len(keys) > 1 else keys[0].in_([id for (id,) in some])
            for row in self.session.execute(select(*keys, *wordy).where(these)).mappings().all():
                changed = {column.name: new for column in wordy if (new := traces.out_of(row[column])) is not row[column]}
                if changed:
                    self._set(of, and_(*(key == row[key] for key in keys)), **changed)


def _wordy(of: Table) -> Iterable[Column[Any]]:
    """The columns that can hold words; names, by which rows find each other, cannot."""
    for column in of.c:
        is_name = column.primary_key or column.foreign_keys or column.name.endswith("_id") or (of.name, column.name) in NAMES
        if isinstance(column.type, AutoString | String | JSON) and not is_name:
            yield column


# An account is called as it is called.
NAMES = frozenset({("accounts", "name"), ("accounts", "tags")})
