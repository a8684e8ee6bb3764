"""What happened to an account, as entries: what it was sent, who was asked, which journeys it entered, and what was decided against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row

from activities.evidence import Evidence
from activities.reasons import Delivery, Entry, Fate, Kind, Reader
from activities.records import REFUSALS, Wanted
from domain import ladder
from domain.governor import UNTIL_LIFTED
from domain.shadow import SHADOWED

_FATES: Mapping[str, Fate] = {
    "accepted": "sent", "in_doubt": "in_doubt", "failed": "failed", "skipped": "dropped", "withdrawn": "withdrawn",
    "planned": "waiting", "gated": "waiting", "claimed": "waiting", SHADOWED: "shadowed",
}  # fmt: skip
_SHADOWS: Mapping[str, Kind] = {"task": "task", "approval": "approval", "escalation": "escalation"}
_KINDS: Mapping[str, Kind] = {"send": "mail", "post": "post", "webhook": "webhook"}
_REFUSED: Mapping[str, Fate] = {"skipped": "skipped", "withdrawn": "withdrawn", "ignored": "ignored"}
# What a gate decides about single mails; of its own, a mail tells by its verdict and its edits.
OF_ONE_MAIL, ABOUT_ONE = ("approved", "refused", "edited"), "the mail to "


def of(evidence: Evidence, wanted: Wanted) -> Iterator[Entry]:
    """What the records hold of what is wanted, in no order."""
    found = evidence.records
    yield from (_message(evidence, row) for row in found.messages)
    yield from (_task(evidence, row) for row in found.tasks)
    yield from (_escalation(evidence, row) for row in found.escalations)
    if wanted.message:
        return
    sent = {row.id for row in found.messages}
    yield from (_shadow(evidence, row) for row in found.shadows if row.id not in sent)
    asked = (row for row in found.approvals if wanted.is_at(row.journey, row.step) and wanted.is_within(row.asked_at))
    yield from (_approval(evidence, row) for row in islice(asked, wanted.limit + 1))
    yield from islice(_refusals(evidence, wanted), wanted.limit + 1)


def _refusals(evidence: Evidence, wanted: Wanted) -> Iterator[Entry]:
    """What was decided against and nothing else is left of, newest first."""
    sent = {(row.run_id, row.step, row.visit) for row in evidence.records.messages}
    for row in evidence.records.decided:
        of_message = row.what == "withdrawn" and (row.run_id, row.step, row.visit) in sent
        if row.what not in REFUSALS or of_message or not wanted.is_within(row.at):
            continue
        if row.what == "not enrolled":
            journey, _, why = row.result.partition(": ")
            if wanted.places is None or journey in wanted.places:
                yield _not_enrolled(evidence, row, journey, why)
        elif wanted.is_at(row.journey, row.step):
            yield _refusal(evidence, row)


def runs(evidence: Evidence, wanted: Wanted) -> Iterator[Entry]:
    """The journeys that the account entered."""
    for row in evidence.runs.values():
        if wanted.is_at(row.journey, None) and wanted.is_within(row.begun_at):
            yield _run(row)


def _message(evidence: Evidence, row: Row[Any]) -> Entry:
    due_at = row.due_at if row.due_at < UNTIL_LIFTED else None
    ahead = due_at if row.state == "planned" and due_at and due_at > evidence.view.now else None
    delivery = Delivery(
        row.state, row.planned_at, due_at, row.claimed_at, row.settled_at, row.operational, row.attempts, row.channel, row.provider_id,
        row.reason, row.shadow,
    )  # fmt: skip
    entry = Entry(
        ahead or row.settled_at or row.claimed_at or row.planned_at, _KINDS.get(row.effect, "notice"), _FATES[row.state], row.template,
        row.reason or "", row.id, f"/messages/{row.id}", delivery=delivery, holds=evidence.holds_on(row), judged=evidence.judged(row.id),
        answered=_answered(evidence, row),
    )  # fmt: skip
    run = evidence.runs.get(row.run_id)
    if run is not None:
        placed = evidence.placed(entry, run, row.step, row.visit, row.planned_at)
        gate, to = evidence.gate(row), evidence.reader(row, placed)
        own = tuple(each for each in placed.decided if each.what not in OF_ONE_MAIL or not each.result.startswith(ABOUT_ONE))
        return replace(placed, to=to, approval=gate, changed=evidence.changed(row), decided=own if gate else placed.decided)
    to, woken_by = evidence.reader(row, None), evidence.woken(row.run_id, row.planned_at)
    entry = replace(entry, run_id=row.run_id, visit=row.visit, to=to, woken_by=woken_by)
    if (follow_up := evidence.records.follow_ups.get(row.run_id)) is None:
        return replace(entry, journey=row.journey, step=row.step)
    climb = ladder.load(follow_up.state)
    began = f"{climb.kind} {climb.sla}: {climb.title}. {climb.why}".strip()
    return replace(entry, began=began, decided=evidence.by_ladder(row))


def _answered(evidence: Evidence, row: Row[Any]) -> str:
    answer = evidence.records.answers.get(row.id)
    if answer is None:
        return ""
    comment = f": “{answer.comment}”" if answer.comment else ""
    return f"answered {answer.score} to {answer.survey} on {answer.answered_at:%Y-%m-%d %H:%M} UTC{comment}"


def _asked(evidence: Evidence, row: Row[Any], kind: Kind, at: datetime, what: str, why: str) -> Entry:
    entry = Entry(at, kind, "asked", what, why, row.id, f"/accounts/{evidence.account.id}")
    return evidence.placed(entry, evidence.runs.get(row.enrollment_id or ""), row.step, row.visit, at)


def _task(evidence: Evidence, row: Row[Any]) -> Entry:
    by = f" by {evidence.name(row.done_by)}" if row.done_by else ""
    because = "" if row.state == "open" else f"{row.state}{by}" + (f": {row.outcome or row.note}" if row.outcome or row.note else "")
    entry = _asked(evidence, row, "task", row.created_at, row.title, because)
    return replace(entry, to=evidence.holder(row.assignee_id, row.role, row.covering_for, entry))


def _approval(evidence: Evidence, row: Row[Any]) -> Entry:
    entry = _asked(evidence, row, "approval", row.asked_at, row.title, "" if row.state == "open" else row.state)
    gate = evidence.gate_of(row, entry)
    return replace(entry, to=gate.approver, approval=gate)


def _escalation(evidence: Evidence, row: Row[Any]) -> Entry:
    cause, _, _ = row.cause.partition("/")  # overdue/<task>; its reason names the task
    entry = _asked(evidence, row, "escalation", row.opened_at, cause, row.why)
    return replace(entry, to=evidence.holder(row.person_id, row.role, None, entry))


def _shadow(evidence: Evidence, row: Row[Any]) -> Entry:
    why = f"in shadow: it was not done{f', and could not have been: {row.fault}' if row.fault else ''}"
    entry = Entry(
        row.at, _SHADOWS.get(row.kind, "step"), "shadowed", row.what, why, row.id, f"/accounts/{evidence.account.id}",
        judged=evidence.judged(row.id),
    )  # fmt: skip
    placed = evidence.placed(entry, evidence.runs.get(row.run_id), row.step, row.visit, row.at)
    return replace(placed, to=Reader(row.recipient, evidence.name(row.recipient))) if row.recipient else placed


def _not_enrolled(evidence: Evidence, row: Row[Any], journey: str, why: str) -> Entry:
    href = f"/journeys/{journey}" if journey in evidence.view.published.journeys else ""
    decided = (evidence.show(row),)
    return Entry(row.at, "journey", "refused", journey, why, href=href, journey=journey, began=row.rule, decided=decided)


def _refusal(evidence: Evidence, row: Row[Any]) -> Entry:
    entry = Entry(row.at, "step", _REFUSED[row.what], row.step or row.rule, row.result, href=f"/accounts/{evidence.account.id}")
    placed = evidence.placed(entry, evidence.runs.get(row.run_id or ""), row.step, row.visit, row.at)
    return placed if row.step else replace(placed, decided=(evidence.show(row),))


def _run(row: Row[Any]) -> Entry:
    why = f"it ended: {row.ended_why}" if row.ended_at else ""
    return Entry(
        row.begun_at, "journey", "entered", row.journey, why, row.id, f"/journeys/{row.journey}", row.journey, row.version, row.id,
        began=row.why,
    )  # fmt: skip
