"""What came of an act of publishing: each run it foresaw, beside what the database says happened since."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from database import publications, since
from database.since import Since
from domain import news, reviewing
from domain.foreseeing import DAY, Becomes
from domain.moving import CANCELLED, MOVING
from domain.news import (
    BandChanged,
    Changed,
    Decided,
    Engaged,
    EscalationEnded,
    ExitOrdered,
    Happened,
    HoldOrdered,
    News,
    ResumeOrdered,
    SkipOrdered,
    TaskDone,
)  # fmt: skip
from domain.reviewing import Came, Difference, Heard, Saw
from domain.touches import Touch

ACCOUNTS_AT_ONCE = 200


class NothingToReview(LookupError):
    """Nothing was published, or not under this number."""


@dataclass(frozen=True, slots=True)
class RunReview:
    """One run: what was foreseen to become of it and what became, its touches as foreseen and as they came, where they differ, what
    made the first difference (None: nothing that was heard), and everything it heard."""

    run_id: str
    account_id: str
    journey: str
    version: int
    foreseen_becomes: Becomes
    becomes: Becomes
    foreseen: Came
    came: Came
    differences: Sequence[Difference]
    cause: Heard | None
    heard: Sequence[Heard]


@dataclass(frozen=True, slots=True)
class Review:
    """What came of one act of publishing up to `now`."""

    revision: int
    published_at: datetime
    now: datetime
    choices: Mapping[str, Any]
    runs: Sequence[RunReview]

    @property
    def day(self) -> datetime:
        """The end of the first 24 hours, or now where they are not over."""
        return min(self.published_at + DAY, self.now)

    def becomes(self) -> tuple[Counter[str], Counter[str]]:
        """How many runs did what: as foreseen, and as it came."""
        return Counter(run.foreseen_becomes for run in self.runs), Counter(run.becomes for run in self.runs)

    def touches(self, until: datetime) -> tuple[Counter[str], Counter[str]]:
        """Touches by kind up to then: as foreseen, and as they came."""
        foreseen = sum((reviewing.counts(run.foreseen.touches, until) for run in self.runs), Counter[str]())
        return foreseen, sum((reviewing.counts(run.came.touches, until) for run in self.runs), Counter[str]())

    def to_come(self) -> Counter[str]:
        """What was foreseen for later than now."""
        return Counter(touch.kind for run in self.runs for touch in run.foreseen.touches if touch.at > self.now)

    @property
    def differing(self) -> list[RunReview]:
        return [run for run in self.runs if run.differences]

    @property
    def unexplained(self) -> list[RunReview]:
        """Runs that differ although nothing was heard: what was foreseen was wrong."""
        return [run for run in self.differing if run.cause is None]


def review(session: Session, revision: int | None, now: datetime) -> Review:
    """Of the act of publishing that made this revision, or of the last that had runs in flight. Raises NothingToReview."""
    acts = publications.acts(session)
    if revision is None:
        act = next((each for each in reversed(acts) if publications.foreseen(session, each.revision)), None)
        if act is None:
            raise NothingToReview("nothing was published while runs were under way on an older version, so there is nothing to review")
    else:
        act = next((each for each in acts if each.revision == revision), None)
        if act is None:
            known = ", ".join(str(each.revision) for each in acts[-10:]) or "none yet"
            raise NothingToReview(f"nothing was published as revision {revision}; the last were {known}")
    foreseen = publications.foreseen(session, act.revision)
    by_account: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in foreseen:
        by_account[row.account_id].append(row)
    found: list[RunReview] = []
    ids = list(by_account)
    for first in range(0, len(ids), ACCOUNTS_AT_ONCE):
        some = ids[first : first + ACCOUNTS_AT_ONCE]
        happened = since.read(session, some, act.published_at)
        later = [each for each in acts if each.revision > act.revision]
        for id in some:
            account = _Account(happened[id], act, later, now)
            found += [account.run(row) for row in by_account[id]]
    return Review(act.revision, act.published_at, now, act.choices, found)


class _Account:
    """What happened to one account since."""

    def __init__(self, since: Since, act: Row[Any], later: Sequence[Row[Any]], now: datetime) -> None:
        self.since = since
        self.act = act
        self.later = later
        self.now = now

    def run(self, row: Row[Any]) -> RunReview:
        foreseen, came = _foreseen(row), self.came(row)
        found = reviewing.differences(foreseen, came, self.now)
        heard = sorted(self.heard(row), key=lambda each: each.at)
        made = reviewing.cause(found[0], heard, self.saw(row), came.ended_at) if found else None
        return RunReview(
            row.run_id, row.account_id, row.journey, row.version, row.becomes, self.becomes(row, came), foreseen, came, found, made, heard
        )

    def becomes(self, row: Row[Any], came: Came) -> Becomes:
        """What became of it so far, in the words of what was foreseen: what has not come yet counts as foreseen."""
        if came.ended_why == CANCELLED:
            return "ends"
        if came.moved_at is not None:
            return "moves"
        if row.choice in MOVING and any(each.what == "stayed" for each in self.since.decisions.get(row.run_id, ())):
            return "cannot move"
        is_due = row.moves_at if row.becomes == "moves" else self.act.published_at if row.becomes == "ends" else None
        if is_due is not None and is_due > self.now - reviewing.NEAR and came.ended_at is None:
            return row.becomes  # type: ignore[no-any-return]
        return "stays" if row.becomes in ("moves", "ends") else row.becomes

    # What came

    def came(self, row: Row[Any]) -> Came:
        foreseen = {(touch.at, touch.effect, touch.step) for touch in _foreseen(row).touches}
        run = self.since.runs[row.run_id]
        touches = [
            touch
            for touch in self.touches(row.run_id)
            # Of the very moment of publishing, what was foreseen came after it, and the rest before. A run is foreseen to its end, and
            # not the clocks of tasks that it left.
            if (touch.at > self.act.published_at or (touch.at, touch.effect, touch.step) in foreseen)
            and (run.ended_at is None or touch.at <= run.ended_at)
        ]
        moved = [each.at for each in self.since.decisions.get(row.run_id, ()) if each.what == "moved"]
        return Came(tuple(sorted(touches, key=lambda touch: touch.at)), min(moved, default=None), run.ended_at, run.ended_why)

    def touches(self, run_id: str) -> Iterator[Touch]:
        mine = {run_id, *(each.id for each in self.since.follow_ups.get(run_id, ()))}
        for each in (message for id in mine for message in self.since.messages.get(id, ())):
            if each.state != "accepted":
                continue
            step = each.step or (each.context or {}).get("title", "")
            yield Touch(each.settled_at, each.journey, step, each.visit, each.effect, each.recipient, each.template, run_id)
        for each in self.since.tasks.get(run_id, ()):
            yield Touch(each.created_at, each.journey, each.step, each.visit, "task", each.assignee_id or each.role, each.title, run_id)
        for each in self.since.approvals.get(run_id, ()):
            yield Touch(each.asked_at, each.journey, each.step, each.visit, "approval", each.approver_id or each.role, each.title, run_id)

    # What was heard

    def heard(self, row: Row[Any]) -> Iterator[Heard]:
        """From outside, after the publication: what this run was told, and what its account was."""
        for notice in self.since.notices.get(row.run_id, ()):
            if notice.id > row.last_notice and (found := self.of_notice(news.load(notice.news), notice.told_at, True)):
                yield found
        for other, notices in self.since.notices.items():
            for notice in notices if other != row.run_id else ():
                if notice.told_at > self.act.published_at and (found := self.of_notice(news.load(notice.news), notice.told_at, False)):
                    yield found
        for event in self.since.events:
            yield Heard(event.told_at, _event(event.name, event), "", False)
        for at, names in self.since.facts.items():
            if not self.was_set(at) and not any(event.told_at == at for event in self.since.events):
                yield Heard(at, _facts(names), "", False, names)
        for act in self.later:
            changed = {each["name"] for each in act.changes}
            if act.published_at <= self.now:
                mine = row.journey in changed or any(each["kind"] != "journey" for each in act.changes) or not act.changes
                yield Heard(act.published_at, f"revision {act.revision} was published", "", mine)
        for decision in self.since.decisions.get(row.run_id, ()):
            if decision.what == "put off" and decision.at > self.act.published_at:
                yield Heard(decision.at, f"the message of {decision.step} was put off {decision.result}", "", False)
        for message in self.since.messages.get(row.run_id, ()):
            if message.state in ("failed", "in_doubt", "skipped") and message.settled_at > self.act.published_at:
                what = f"the message of {message.step} to {message.recipient} {message.state.replace('_', ' ')}: {message.reason}"
                yield Heard(message.settled_at, what, "", False)

    def was_set(self, at: datetime) -> bool:
        """Whether a run of ours made these facts known then, as was foreseen."""
        return any(each.what == "set" and each.at == at for decisions in self.since.decisions.values() for each in decisions)

    def of_notice(self, told: News, at: datetime, own: bool) -> Heard | None:
        """None for what follows from our own runs."""
        match told:
            case Happened():
                event = next((each for each in self.since.events if each.name == told.name and each.told_at == at), None)
                return Heard(at, _event(told.name, event), "", own)
            case BandChanged():
                return Heard(at, f"health went from {told.before or 'unknown'} to {told.after or 'unknown'}", "", own)
            case TaskDone():
                outcome = f" ({told.outcome})" if told.outcome else ""
                return Heard(at, f"the task of {told.step} was done{outcome}", told.by or "", own)
            case Decided():
                return Heard(at, f"{told.step} was {'approved' if told.approved else 'refused'}", told.by or "", own)
            case EscalationEnded() if told.outcome not in ("done", "decided"):
                return Heard(at, f"the escalation of {told.step} ended: {told.outcome}", "", own)
            case Engaged():
                return Heard(at, f"the mail of {told.step} was {told.how}", "", own)
            case ExitOrdered() if told.by:
                return Heard(at, f"an order to end it: {told.why.removesuffix(f' (by {told.by})')}", told.by, own)
            case SkipOrdered():
                return Heard(at, f"an order to skip {told.step}", told.by or "", own)
            case HoldOrdered() if told.by:
                return Heard(at, f"a hold: {told.why}" if told.why else "a hold", told.by, own)
            case ResumeOrdered() if told.by:
                return Heard(at, "an order to go on", told.by, own)
            case Changed():
                return self.of_change(told, at, own)
            case _:
                return None

    def of_change(self, told: Changed, at: datetime, own: bool) -> Heard | None:
        event = next((each for each in self.since.events if each.told_at == at), None)
        if event is not None:
            return Heard(at, _event(event.name, event), "", own)
        if "holds" in told.names:
            return Heard(at, "a hold was lifted", "", own)
        names = self.since.facts.get(at)
        if names and not self.was_set(at):
            return Heard(at, _facts(names), "", own, names)
        return None

    def saw(self, row: Row[Any]) -> Iterator[Saw]:
        for each in self.since.decisions.get(row.run_id, ()):
            told = ((name, datetime.fromisoformat(at)) for name, at in (each.told_at or {}).items())
            yield Saw(each.step, each.visit, frozenset((name, at) for name, at in told if at > self.act.published_at))


def _event(name: str, row: Row[Any] | None) -> str:
    """An event is told by a program; its id says which telling it was."""
    return f"the event {name} (told as {row.id})" if row else f"the event {name}"


def _facts(names: frozenset[str]) -> str:
    return f"the fact{'s' if len(names) > 1 else ''} {', '.join(sorted(names))}"


def _foreseen(row: Row[Any]) -> Came:
    touches = tuple(
        Touch(
            datetime.fromisoformat(each["at"]), row.journey, each["step"], each["visit"], each["effect"], each["recipient"], each["what"],
            row.run_id,
        )
        for each in row.touches
    )  # fmt: skip
    return Came(touches, row.moves_at, row.ends_at, row.ended_why)
