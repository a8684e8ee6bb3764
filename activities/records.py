"""What is stored of what one account was sent and asked, and why: one query a table, whatever is asked and however much there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, Text, and_, cast, false, func, or_, select
from sqlmodel import Session

from activities.rounds import PUNCTUAL
from database import answers, work
from database.tables import (
    ApprovalRow,
    DecisionRow,
    EnrollmentRow,
    EscalationRow,
    EventRow,
    FollowUpRow,
    HoldRow,
    MessageRow,
    NoticeRow,
    PlannedStartRow,
    ReadingRow,
    ShadowRow,
    TaskRow,
    table,
)  # fmt: skip
from domain import news as news_of
from domain.news import News

enrollments, follow_ups, decisions, notices = table(EnrollmentRow), table(FollowUpRow), table(DecisionRow), table(NoticeRow)
messages, tasks, approvals, escalations = table(MessageRow), table(TaskRow), table(ApprovalRow), table(EscalationRow)
events, holds, readings, starts = table(EventRow), table(HoldRow), table(ReadingRow), table(PlannedStartRow)
shadows = table(ShadowRow)

# Decisions that something did not happen, of which nothing else is left.
REFUSALS = ("skipped", "withdrawn", "ignored", "not enrolled")
# What one answer reads at most of each table: runs with their states, decisions, and the rest.
MOST_RUNS, MOST_DECISIONS, MOST = 1000, 1000, 500

_shown = [column for column in messages.c if column.name not in ("html", "text", "context", "address", "subject", "body_hash")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`places` are journeys and steps of theirs (none named: any); None is everything. Moments from `begin` on and before `end`."""

    account_id: str
    places: Mapping[str, frozenset[str]] | None = None
    template: str | None = None
    message: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    limit: int = 50

    def of(self, rows: Table, *also: ColumnElement[bool]) -> ColumnElement[bool]:
        """The account's rows at the places asked for, or with what else is asked for."""
        mine = rows.c.account_id == self.account_id
        if self.places is None:
            return mine
        at = [
            (rows.c.journey == journey) & (rows.c.step.in_(sorted(steps))) if steps else rows.c.journey == journey
            for journey, steps in self.places.items()
        ]
        return and_(mine, or_(false(), *at, *also))

    def is_at(self, journey: str | None, step: str | None) -> bool:
        steps = None if self.places is None else self.places.get(journey or "")
        return self.places is None or (steps is not None and (not steps or step in steps))

    def within(self, moment: Any) -> list[ColumnElement[bool]]:
        """That a moment lies in the time asked for."""
        bounds = [moment >= self.begin] if self.begin else []
        return [*bounds, moment < self.end] if self.end else bounds

    def is_within(self, moment: datetime) -> bool:
        return (self.begin is None or moment >= self.begin) and (self.end is None or moment < self.end)


@dataclass
class Records:
    """Rows, newest first. `decided` holds the refusals of the time asked for and what was decided on the way to the other rows."""

    messages: Sequence[Row[Any]] = ()
    tasks: Sequence[Row[Any]] = ()
    answers: Mapping[str, Row[Any]] = field(default_factory=dict)  # by the mail that asked
    verdicts: Mapping[str, Row[Any]] = field(default_factory=dict)  # by the mail at a gate, as the edits
    edits: Mapping[str, Sequence[Row[Any]]] = field(default_factory=dict)
    shadows: Sequence[Row[Any]] = ()
    approvals: Sequence[Row[Any]] = ()
    escalations: Sequence[Row[Any]] = ()
    follow_ups: Mapping[str, Row[Any]] = field(default_factory=dict)
    decided: Sequence[Row[Any]] = ()
    notices: Mapping[str, Sequence[Row[Any]]] = field(default_factory=dict)  # by run
    notices_from: datetime | None = None  # where those taken before were too many to read
    holds: Sequence[Row[Any]] = ()
    readings: Sequence[Row[Any]] = ()
    events: Sequence[Row[Any]] = ()
    starts: Sequence[Row[Any]] = ()

    def woke(self, run_id: str, at: datetime) -> list[News] | None:
        """What a run took in its turn of that moment; a turn is told the moment of what woke it, up to a minute before it is taken.
        None where that lies further back than was read."""
        if self.notices_from and at < self.notices_from:
            return None
        taken = (row for row in self.notices.get(run_id, ()) if row.told_at <= at <= row.taken_at < at + PUNCTUAL)
        return [news_of.load(row.news) for row in taken]


def runs_of(session: Session, account_id: str) -> dict[str, Row[Any]]:
    """The account's runs by id, the latest first. Of many states few are looked at, so `state` is the JSON text."""
    columns = [column for column in enrollments.c if column.name != "state"]
    found = select(*columns, cast(enrollments.c.state, Text).label("state")).where(enrollments.c.account_id == account_id)
    rows = session.execute(found.order_by(enrollments.c.begun_at.desc(), enrollments.c.id).limit(MOST_RUNS))
    return {row.id: row for row in rows}


def read(session: Session, wanted: Wanted, runs: Iterable[str], around: Iterable[str], awaited: Iterable[str]) -> Records:
    """`runs` are looked at whether they did something or not, `around` are the steps that other steps lie in, `awaited` the events
    that would have started something."""
    found = Records()
    found.messages = _messages(session, wanted)
    found.answers = answers.of_messages(session, {row.id for row in found.messages if row.asks})
    if wanted.message is None:
        found.tasks = _newest(session, wanted, tasks, tasks.c.created_at)
        found.escalations = _newest(session, wanted, escalations, escalations.c.opened_at)
    found.shadows = _shadows(session, wanted, found.messages)
    found.approvals = _approvals(session, wanted, found.messages)
    gates = {(row.enrollment_id, row.step, row.visit) for row in found.approvals}
    gated = {row.id for row in found.messages if (row.run_id, row.step, row.visit) in gates}
    if gated:
        found.verdicts, found.edits = work.verdicts_of(session, gated), work.edits_of(session, gated)
    runs = {*runs} | {row.run_id for row in found.messages} | {row.enrollment_id for row in (*found.tasks, *found.approvals)}
    runs |= {row.run_id for row in found.shadows}
    runs |= {id for row in found.escalations for id in (row.enrollment_id, row.follow_up_id) if id}
    of_ladders = {row.run_id for row in found.messages if row.journey == "follow-up"}
    found.follow_ups = {row.id: row for row in _by_id(session, follow_ups, of_ladders)}
    found.decided = _decided(session, wanted, found, runs, around)
    begun = [row.planned_at for row in found.messages] + [row.created_at for row in found.tasks]
    begun += [row.asked_at for row in found.approvals] + [row.opened_at for row in found.escalations]
    begun += [row.at for row in found.shadows]
    begun += [row.at for row in found.decided if row.what in REFUSALS]
    runs |= {row.run_id for row in found.decided if row.run_id}
    taken = _notices(session, runs, min(begun), max(begun)) if begun else ()
    found.notices = {run: list(rows) for run, rows in groupby(sorted(taken, key=_by_run), _by_run)}
    found.notices_from = taken[-1].taken_at if len(taken) == MOST else None
    found.holds = _holds(session, wanted) if found.messages else ()
    if any(name.startswith("health.") for row in found.decided for name in row.inputs or ()):
        found.readings = _by_account(session, wanted, readings, readings.c.day)
    found.events = _events(session, wanted, awaited, {row.told_at for row in taken if row.news["kind"] in ("happened", "changed")})
    found.starts = session.execute(select(starts).where(starts.c.account_id == wanted.account_id)).all() if wanted.places else ()
    return found


def _messages(session: Session, wanted: Wanted) -> Sequence[Row[Any]]:
    settled = func.coalesce(messages.c.settled_at, messages.c.claimed_at, messages.c.planned_at)
    if wanted.message:
        asked = [messages.c.account_id == wanted.account_id, messages.c.id == wanted.message]
    else:
        of_template = [messages.c.template == wanted.template] if wanted.template else []
        asked = [wanted.of(messages, *of_template), *wanted.within(settled)]
    return session.execute(select(*_shown).where(*asked).order_by(settled.desc(), messages.c.id).limit(wanted.limit + 1)).all()


def _newest(session: Session, wanted: Wanted, rows: Table, moment: Any) -> Sequence[Row[Any]]:
    found = select(rows).where(wanted.of(rows), *wanted.within(moment))
    return session.execute(found.order_by(moment.desc(), rows.c.id).limit(wanted.limit + 1)).all()


def _shadows(session: Session, wanted: Wanted, sent: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Those of the time asked for, and what is said of the messages."""
    own = [] if wanted.message else [and_(wanted.of(shadows), *wanted.within(shadows.c.at))]
    of_messages = shadows.c.id.in_(sorted(row.id for row in sent if row.shadow))
    found = select(shadows).where(shadows.c.account_id == wanted.account_id, or_(of_messages, *own))
    return session.execute(found.order_by(shadows.c.at.desc(), shadows.c.id).limit(MOST)).all()


def _approvals(session: Session, wanted: Wanted, sent: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Those of the time asked for, and the gates of what was sent then."""
    gates = [
        and_(approvals.c.enrollment_id.in_(sorted({row.run_id for row in sent})), approvals.c.step.in_(sorted({row.step for row in sent})))
    ]
    own = [] if wanted.message else [and_(wanted.of(approvals), *wanted.within(approvals.c.asked_at))]
    found = select(approvals).where(approvals.c.account_id == wanted.account_id, or_(false(), *own, *gates))
    return session.execute(found.order_by(approvals.c.asked_at.desc(), approvals.c.id).limit(MOST)).all()


def _decided(session: Session, wanted: Wanted, found: Records, runs: Iterable[str], around: Iterable[str]) -> Sequence[Row[Any]]:
    steps = {row.step for row in (*found.messages, *found.tasks, *found.approvals, *found.escalations, *found.shadows) if row.step}
    on_the_way = and_(
        decisions.c.run_id.in_(sorted(runs)), or_(decisions.c.step.is_(None), decisions.c.step.in_(sorted(steps | {*around})))
    )
    asked = [on_the_way]
    if wanted.message is None:
        not_enrolled = [decisions.c.result.startswith(f"{journey}:", autoescape=True) for journey in wanted.places or ()]
        at_places = wanted.of(decisions, *not_enrolled)
        asked.append(and_(at_places, decisions.c.what.in_(REFUSALS), *wanted.within(decisions.c.at)))
        if wanted.places is not None:
            asked.append(wanted.of(decisions))
    until = [decisions.c.at < wanted.end] if wanted.end else []
    rows = select(decisions).where(decisions.c.account_id == wanted.account_id, or_(*asked), *until)
    return session.execute(rows.order_by(decisions.c.id.desc()).limit(MOST_DECISIONS)).all()


def _notices(session: Session, runs: Iterable[str], first: datetime, last: datetime) -> Sequence[Row[Any]]:
    found = select(notices).where(notices.c.run_id.in_(sorted(runs)), notices.c.taken_at >= first, notices.c.taken_at <= last + PUNCTUAL)
    return session.execute(found.order_by(notices.c.taken_at.desc(), notices.c.id).limit(MOST)).all()


def _by_run(row: Row[Any]) -> str:
    return str(row.run_id)


def _events(session: Session, wanted: Wanted, names: Iterable[str], told_at: Iterable[datetime]) -> Sequence[Row[Any]]:
    """The events of these names, and those that were told at these moments."""
    listed, moments = sorted(names), sorted(told_at)
    if not (listed or moments):
        return ()
    found = select(events).where(events.c.account_id == wanted.account_id, or_(events.c.name.in_(listed), events.c.told_at.in_(moments)))
    return session.execute(found.order_by(events.c.told_at.desc(), events.c.id).limit(MOST)).all()


def _by_account(session: Session, wanted: Wanted, rows: Table, moment: Any) -> Sequence[Row[Any]]:
    return session.execute(select(rows).where(rows.c.account_id == wanted.account_id).order_by(moment.desc()).limit(MOST)).all()


def _holds(session: Session, wanted: Wanted) -> Sequence[Row[Any]]:
    """Those of the account and those of all accounts."""
    concerning = or_(holds.c.account_id == wanted.account_id, holds.c.account_id.is_(None))
    return session.execute(select(holds).where(concerning).order_by(holds.c.placed_at.desc()).limit(MOST)).all()


def _by_id(session: Session, rows: Table, ids: Iterable[str]) -> Sequence[Row[Any]]:
    return session.execute(select(rows).where(rows.c.id.in_(listed))).all() if (listed := sorted(ids)) else ()
