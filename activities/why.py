"""Why something went out to an account, and why something else did not: asked of what was written down, also a year later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from activities import happenings, records, story, why_not
from activities.evidence import Evidence, template_of
from activities.reasons import Answer, Entry
from activities.records import Wanted
from activities.view import View
from domain.faults import suggestion
from domain.timing import MIDNIGHT, moment, zone

FOREVER = datetime.max.replace(tzinfo=UTC)


class NotKnown(LookupError):
    """What is asked about does not exist: `what` is an account, journey, step, template or message."""

    def __init__(self, what: str, name: str, known: Iterable[str] = ()) -> None:
        super().__init__(f"there is no {what} '{name[:80]}'{suggestion(name[:80], known)}")
        self.what = what


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an account. `step` is a step's id or the name conditions call it by; days are the account's, both included.
    Of the newest entries `limit` are told."""

    journey: str | None = None
    step: str | None = None
    template: str | None = None
    message: str | None = None
    since: date | None = None
    until: date | None = None
    limit: int = 50


def answer(view: View, account_id: str, question: Question) -> Answer:
    """Raises NotKnown, and NotPublished while nothing is."""
    account = view.account(account_id)
    if account is None:
        raise NotKnown("account", account_id)
    evidence = Evidence(view, account)
    where = zone(account.zone)
    places = _places(evidence, question)
    wanted = Wanted(
        account_id, places, question.template, question.message,
        moment(question.since, MIDNIGHT, where) if question.since else None,
        moment(question.until + timedelta(days=1), MIDNIGHT, where) if question.until else None,
        question.limit,
    )  # fmt: skip
    asked = [row.id for row in evidence.runs.values() if places and row.journey in places]
    awaited = why_not.awaited(evidence, places) if places else ()
    evidence.records = records.read(view.session, wanted, asked, evidence.around, awaited)
    if question.message and not evidence.records.messages:
        raise NotKnown("message", question.message)
    if question.template and not places and not evidence.records.messages:
        raise NotKnown("template", question.template, (name for _, name in view.published.words.templates))
    entries = sorted(_entries(evidence, wanted, question), key=_newest_first, reverse=True)
    told = (replace(entry, story=story.of(entry, where)) for entry in entries[: question.limit])
    return Answer(account.id, account.name, account.zone, tuple(told), len(entries) > question.limit)


def _newest_first(entry: Entry) -> tuple[object, ...]:
    # What nobody can say a moment of comes first; of things at one moment the beginning of the journey comes last.
    return entry.at or FOREVER, entry.kind != "journey", entry.step or "", entry.visit or 0, entry.id or ""


def _entries(evidence: Evidence, wanted: Wanted, question: Question) -> Iterator[Entry]:
    happened = list(happenings.of(evidence, wanted))
    yield from happened
    if question.message:
        return
    if not (question.step or question.template):
        yield from happenings.runs(evidence, wanted)
    if wanted.places:
        there = {(entry.run_id, entry.step) for entry in happened}
        yield from (entry for entry in why_not.of(evidence, wanted.places, there) if wanted.is_within(entry.at or evidence.view.now))


def _places(evidence: Evidence, question: Question) -> Mapping[str, frozenset[str]] | None:
    """The journeys asked about, and the steps of each (none named: all of them); None for everything. Raises NotKnown."""
    if question.message or not (question.journey or question.step or question.template):
        return None
    journeys = list(evidence.journeys())
    named = [journey for journey in journeys if question.journey in (None, journey.name)]
    if question.journey and not named:
        raise NotKnown("journey", question.journey, (journey.name for journey in journeys))
    if not (question.step or question.template):
        return {journey.name: frozenset() for journey in named}
    found: dict[str, set[str]] = {}
    known: set[str] = set()
    for journey in named:
        for plan in journey.plans.values():
            known |= plan.nodes.keys()
            step = question.step
            ids = {step, plan.names.get(step.replace("-", "_"), step)} if step else plan.nodes.keys()
            hits = {id for id in ids if id in plan.nodes and question.template in (None, template_of(plan.nodes[id]))}
            if hits:
                found.setdefault(journey.name, set()).update(hits)
    if question.step and not found:
        raise NotKnown("step", question.step, known)
    return {name: frozenset(ids) for name, ids in found.items()}
