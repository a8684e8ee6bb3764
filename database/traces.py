"""Searching whatever else was written about an account for what tells of one contact."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, String, Table, Text, and_, cast, func, or_, select, true, tuple_, update
from sqlmodel import AutoString, Session

from database import definitions
from database.tables import (
    AccountRow,
    AnswerRow,
    ApprovalRow,
    ConsentRow,
    ContactRow,
    ContractRow,
    EditRow,
    EnrollmentRow,
    EventRow,
    ExternalSendRow,
    FollowUpRow,
    IdempotencyKeyRow,
    MessageRow,
    NoticeRow,
    ProposalRow,
    ReplyRow,
    ReportRow,
    ShadowRow,
    SuppressionRow,
    VerdictRow,
    metadata,
    table,
)  # fmt: skip
from domain.erasing import Traces, is_prose

accounts, contacts, contracts = table(AccountRow), table(ContactRow), table(ContractRow)
messages, answers, events, replies, reports = table(MessageRow), table(AnswerRow), table(EventRow), table(ReplyRow), table(ReportRow)
follow_ups, notices, enrollments, external_sends = table(FollowUpRow), table(NoticeRow), table(EnrollmentRow), table(ExternalSendRow)
edits, verdicts, approvals, shadows = table(EditRow), table(VerdictRow), table(ApprovalRow), table(ShadowRow)
suppressions, consents = table(SuppressionRow), table(ConsentRow)
idempotency_keys, proposals = table(IdempotencyKeyRow), table(ProposalRow)

AT_ONCE = 200
MOST_MARKS = 40  # more of them are sought faster here than by the database

# Tables that hold nothing of customers' people: what is published, who we are, how the installation stands, digests.
IMPERSONAL = frozenset({
    "revisions", "people", "definitions", "publications", "publishings", "readers", "installations", "providers", "approved_words",
    "api_keys", "erasures",
})  # fmt: skip

# Columns of words that programs go by, which a contact may have for a name: what is not named here is searched.
CODES = frozenset({
    "asked_role", "asks", "audience", "band", "becomes", "channel", "choice", "country", "currency", "delivery", "domain", "effect",
    "journey", "kind", "mail_class", "otherwise", "provider", "raw", "reader", "resume", "role", "roles", "scope", "segment", "sla",
    "source", "state", "status", "step", "step_map", "survey", "template", "text_version", "told_at", "topic", "verb", "verdict", "via",
    "waits_for", "zone",
    "acknowledged_by", "by", "covering_for", "decided_by", "done_by", "ended_by", "judged_by", "lifted_by", "placed_by", "settled_by",
})  # fmt: skip
# The same, of one table each. An account is called as it is called.
CODES_OF = frozenset({
    ("accounts", "name"), ("accounts", "tags"), ("decisions", "what"), ("enrollments", "key"), ("escalations", "cause"), ("events", "name"),
    ("messages", "recipient"), ("proposals", "base"), ("reports", "name"), ("shadows", "recipient"), ("suppressions", "name"),
    ("tasks", "outcome"), ("tasks", "outcomes"),
})  # fmt: skip
# These are JSON, in which somebody may be named.
STATES = frozenset({("enrollments", "state"), ("follow_ups", "state")})

# Whose a row is, where it is one contact's.
_OWNERS: Mapping[str, ColumnElement[Any]] = {
    messages.name: messages.c.recipient,
    edits.name: select(messages.c.recipient).where(messages.c.id == edits.c.message_id).scalar_subquery(),
    shadows.name: shadows.c.recipient,
    events.name: events.c.contact_id,
    replies.name: replies.c.contact_id,
    answers.name: answers.c.contact_id,
    external_sends.name: external_sends.c.contact_id,
}
_SAID_BY_THEM = (events.name, replies.name, answers.name)


def prose(session: Session, contact: ContactRow, said: Iterable[str]) -> tuple[str, ...]:
    """What of this is the contact's alone: neither words of ours, nor what the account's facts say, which others may say as well."""
    ours = _plain(" ".join(definitions.current_texts(session)[0].values()))
    to_others = (messages.c.account_id == contact.account_id, messages.c.recipient != contact.id, messages.c.subject.is_not(None))
    common = set(session.execute(select(messages.c.subject).where(*to_others).distinct()).scalars())
    for facts in (accounts.c.facts, contracts.c.facts):
        whose = accounts.c.id if facts.table is accounts else contracts.c.account_id
        for row in session.execute(select(facts).where(whose == contact.account_id)).scalars():
            common |= {value for value in (row or {}).values() if isinstance(value, str)}
    return tuple(sorted({each for each in said if is_prose(each) and each not in common and _plain(each) not in ours}))


def _plain(text: str) -> str:
    return " ".join(text.split())


@dataclass
class Search:
    """For traces of one contact. `readers`: the digests of their addresses that nobody shares; `kept`: messages that stay."""

    session: Session
    contact: ContactRow
    traces: Traces
    readers: frozenset[str]
    kept: ColumnElement[bool] | None = None
    wiped: Counter[str] = field(default_factory=Counter)
    reworded: set[str] = field(default_factory=set)  # mails to others from which something was taken

    def everywhere(self) -> None:
        for each, where in self._of_account():
            self._sweep(each, where, self.traces)
        for each, where, traces in self._of_nobody():
            self._sweep(each, where, traces)
        self._answers_given()

    # Where

    def _of_account(self) -> Iterator[tuple[Table, ColumnElement[bool]]]:
        """Rows about their account, table by table."""
        mine = self.contact.account_id
        its_approvals = select(approvals.c.id).where(approvals.c.account_id == mine)
        by_hand: dict[str, ColumnElement[bool]] = {
            accounts.name: accounts.c.id == mine,
            notices.name: of_runs(notices.c.run_id, mine),
            edits.name: edits.c.approval_id.in_(its_approvals),
            verdicts.name: verdicts.c.approval_id.in_(its_approvals),
        }
        if self.kept is not None:
            by_hand[messages.name] = and_(messages.c.account_id == mine, ~self.kept)
        for each in metadata.sorted_tables:
            if each.name in by_hand:
                yield each, by_hand[each.name]
            elif "account_id" in each.c and each is not contacts and each.name not in IMPERSONAL:
                yield each, each.c.account_id == mine

    def _of_nobody(self) -> Iterator[tuple[Table, ColumnElement[bool], Traces]]:
        """Rows of no account that may tell of them, and what to look for in them: a name alone may be another's there."""
        address = replace(self.traces, name="", words=())
        addresses = [each.lower() for each in (self.contact.email, *self.traces.former)]
        yield proposals, proposals.c.id.is_not(None), address
        yield suppressions, suppressions.c.reader.in_(self.readers), self.traces
        yield consents, consents.c.reader.in_(self.readers), self.traces
        yield replies, replies.c.account_id.is_(None), address
        yield reports, and_(reports.c.account_id.is_(None), func.lower(reports.c.address).in_(addresses)), address

    def _answers_given(self) -> None:
        """What requests were answered, which is JSON in a text."""
        answer, name = idempotency_keys.c.answer, json.dumps(self.contact.name, ensure_ascii=False)[1:-1]
        of_account = and_(answer.contains(self.contact.account_id, autoescape=True), answer.icontains(name, autoescape=True))
        theirs = [answer.icontains(each, autoescape=True) for each in (self.contact.email, *self.traces.former)]
        for row in self.session.execute(select(idempotency_keys).where(or_(of_account, *theirs))).all():
            told = json.loads(row.answer)
            if (said := self.traces.out_of(told)) is not told:
                same = (idempotency_keys.c[key.name] == getattr(row, key.name) for key in idempotency_keys.primary_key)
                self.change(idempotency_keys, and_(*same), answer=json.dumps(said, ensure_ascii=False))

    # What

    def _sweep(self, of: Table, where: ColumnElement[bool], traces: Traces) -> None:
        keys, wordy = list(of.primary_key.columns), list(wordy_columns(of))
        if not wordy:
            return
        owner = [_OWNERS[of.name].label("owner")] if of.name in _OWNERS else []
        ids = [tuple(row) for row in self.session.execute(select(*keys).where(where, _may_tell(wordy, traces)))]
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            these = tuple_(*keys).in_(some) if len(keys) > 1 else keys[0].in_([id for (id,) in some])
            for row in self.session.execute(select(*keys, *wordy, *owner).where(these)).mappings().all():
                looked_for = self._in_rows_of(row["owner"], of.name, traces) if owner else traces
                changed = {column.name: new for column in wordy if (new := looked_for.out_of(row[column])) is not row[column]}
                if changed:
                    self.change(of, and_(*(key == row[key] for key in keys)), **changed)
                    if of is messages:
                        self.reworded.add(row[messages.c.id])

    def _in_rows_of(self, owner: str | None, table: str, traces: Traces) -> Traces:
        """What to look for in what is another contact's: not what they share, nor a name that is any word; nor in what they said."""
        other = self._others.get(owner or "")
        if other is None:
            return traces
        is_namesake = other.name.casefold() == traces.name.casefold()
        return replace(
            traces,
            name="" if is_namesake or traces.is_common else traces.name,
            address="" if other.email.lower() == traces.address.lower() else traces.address,
            words=() if table in _SAID_BY_THEM else traces.words,
        )

    @cached_property
    def _others(self) -> Mapping[str, Any]:
        of_account = (contacts.c.account_id == self.contact.account_id, contacts.c.id != self.contact.id)
        return {row.id: row for row in self.session.execute(select(contacts).where(*of_account))}

    def change(self, of: Table, where: ColumnElement[bool], **values: Any) -> None:
        self.wiped[of.name] += self.session.execute(update(of).where(where).values(values)).rowcount  # type: ignore[attr-defined]


def _may_tell(columns: Iterable[Column[Any]], traces: Traces) -> ColumnElement[bool]:
    """What the database can tell without handing over the words: most rows name nobody."""
    if traces.marks is None or len(traces.marks) > MOST_MARKS:
        return true()
    said = [func.lower(cast(column, Text)) for column in columns]
    return or_(*(each.contains(mark) for each in said for mark in sorted(traces.marks)))


def of_runs(column: Column[Any], account_id: str) -> ColumnElement[bool]:
    of_account = (select(each.c.id).where(each.c.account_id == account_id) for each in (enrollments, follow_ups))
    return or_(*(column.in_(ids) for ids in of_account))


def wordy_columns(of: Table) -> Iterable[Column[Any]]:
    """The columns that can hold words; names, by which rows find each other and programs go, cannot."""
    for column in of.c:
        if column.primary_key or column.foreign_keys or column.name.endswith(("_id", "_hash")):
            continue
        is_code = (column.name in CODES and (of.name, column.name) not in STATES) or (of.name, column.name) in CODES_OF
        if isinstance(column.type, AutoString | String | JSON) and not is_code:
            yield column
