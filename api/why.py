"""Why something went out to an account, and why something else did not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from activities import why
from activities.reasons import Fate, Kind
from activities.view import View
from activities.why import NotKnown, Question
from api.accounts import AccountId
from api.pages import Limit
from api.problems import Problem
from api.services import Use, needs
from api.shapes import Day, Id, Out, Word

router = APIRouter(prefix="/v1/accounts", tags=["why"])

_EXAMPLE: dict[str, Any] = {
    "account_id": "acme", "name": "Acme Ltd", "zone": "Europe/Berlin", "more": False,
    "entries": [
        {
            "at": "2026-01-12T08:00:00Z", "kind": "mail", "fate": "sent", "what": "pulse-survey", "why": "",
            "id": "8ebf0b45-a0ae-53ee-8df4-1a8873abecc8", "href": "/messages/8ebf0b45-a0ae-53ee-8df4-1a8873abecc8",
            "journey": "onboarding", "version": 1, "run_id": "0a1e8a0c4c0f4c8fae6b7f2f5d0e9c11", "step": "send-pulse-survey", "visit": 1,
            "day": "2026-01-12", "closed": False, "began": "signed_up",
            "to": {"id": "acme-ann", "name": "Ann Lee", "role": "champion", "because": ""},
            "rule": {
                "place": "journeys/onboarding.yaml:84",
                "text": '- {send: pulse-survey, at: day 7, to: champion, when: account.segment == "smb"}',
                "at": "day 7", "when": 'account.segment == "smb"', "gate": "",
            },
            "woken_by": [],
            "decided": [
                {
                    "at": "2026-01-12T08:00:00Z", "what": "due", "result": "its condition holds", "step": "send-pulse-survey",
                    "rule": 'account.segment == "smb"', "day": "2026-01-12",
                    "saw": [{"name": "account.segment", "value": "smb", "told_at": "2026-01-05T09:00:00Z", "stale": False}],
                }
            ],
            "approval": None,
            "delivery": {
                "state": "accepted", "planned_at": "2026-01-12T08:00:00Z", "due_at": "2026-01-12T08:00:00Z",
                "claimed_at": "2026-01-12T08:00:00Z", "settled_at": "2026-01-12T08:00:01Z", "operational": False, "attempts": 1,
                "channel": "sendgrid", "provider_id": "14c5d75ce93.dfd.64b469", "reason": None, "shadow": False,
            },
            "holds": [],
            "judged": "", "answered": "", "changed": [],
            "story": ["The run began: signed_up.", "Its day is day 7: Mon 12 Jan 2026."],
        }
    ],
}  # fmt: skip


class SeenOut(Out):
    name: str
    value: Any
    told_at: datetime | None = Field(description="when it was told, where that is known")
    stale: bool = Field(description="it was too old to count: the rule saw it as not known")


class RuleOut(Out):
    place: str = Field(description="file:line in that version of the journey")
    text: str
    at: str
    when: str
    gate: str = Field(description="who approves it, and where")


class DecidedOut(Out):
    at: datetime
    what: str
    result: str
    step: str | None
    rule: str
    saw: list[SeenOut]
    day: date | None = Field(description="the account's day that the step was for")


class WokenOut(Out):
    told_at: datetime
    kind: str
    words: str
    event_id: str | None


class ReaderOut(Out):
    id: str | None
    name: str
    role: str = Field(description="the role that was asked for")
    because: str = Field(description="why it is somebody else: absence, or that nobody holds the role")


class GateOut(Out):
    state: str
    role: str
    approver: ReaderOut
    asked_at: datetime
    passed_at: datetime | None = Field(description="when it went to this role, as nobody had decided in time")
    expires_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class DeliveryOut(Out):
    state: str
    planned_at: datetime
    due_at: datetime | None = Field(description="when it is planned for; null: until a person frees it")
    claimed_at: datetime | None
    settled_at: datetime | None
    operational: bool = Field(description="it may leave at any hour")
    attempts: int
    channel: str | None
    provider_id: str | None
    reason: str | None
    shadow: bool = Field(description="it does not leave: when it would have, that is recorded")


class HeldOut(Out):
    since: datetime
    lifted_at: datetime | None
    what: str
    reason: str
    by: str | None


class EntryOut(Out):
    at: datetime | None = Field(description="when it was settled, or when it is planned for; null: nobody can say")
    kind: Kind
    fate: Fate
    what: str = Field(description="the template, title, cause, step or journey")
    why: str
    id: str | None
    href: str = Field(description="its page in the console")
    journey: str | None
    version: int | None
    run_id: str | None
    step: str | None
    visit: int | None
    day: date | None
    closed: bool = Field(description="that day is none on which people are written to, or work")
    to: ReaderOut | None
    rule: RuleOut | None
    began: str = Field(description="why its run began")
    woken_by: list[WokenOut] | None = Field(
        description="what the run was told for that turn; empty: its time had come; null: no turn, or not known"
    )
    decided: list[DecidedOut] = Field(description="what was decided on the way to it, oldest first")
    approval: GateOut | None
    delivery: DeliveryOut | None
    holds: list[HeldOut]
    judged: str = Field(description="what somebody says of what a step in shadow would have done")
    answered: str = Field(description="what its reader answered to the survey that it asked")
    changed: list[str] = Field(description="who changed its words before it left, and when")
    story: list[str] = Field(description="all of it in sentences; moments are the account's")


class AnswerOut(Out):
    """Newest first."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    account_id: str
    name: str
    zone: str
    entries: list[EntryOut]
    more: bool = Field(description="there are older ones: ask with `until`, or a higher `limit`")


class WhyFilter(BaseModel):
    """A filter that is not known is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    journey: Annotated[Word | None, Field(examples=["onboarding"])] = None
    step: Annotated[Word | None, Field(description="a step's id, or what conditions call it", examples=["send-welcome"])] = None
    template: Annotated[Word | None, Field(description="steps that use these words", examples=["welcome"])] = None
    message: Id | None = None
    since: Annotated[Day | None, Field(description="the account's day, included", examples=["2026-01-05"])] = None
    until: Annotated[Day | None, Field(description="the account's day, included", examples=["2026-01-31"])] = None
    limit: Limit = 50


@router.get(
    "/{account_id}/why", summary="Why something went out, or did not", response_model=AnswerOut, dependencies=[needs("accounts:read")]
)
def get_why(account_id: AccountId, use: Use, asked: Annotated[WhyFilter, Query()]) -> Any:
    """Mails, posts, tasks, approvals, escalations and journeys, each with the rule, the values it saw and how old they were.

    Asked of a journey, step or template, it also tells of what did not happen, and why: not yet, skipped, never for this segment.
    """
    with use.database.read() as session:
        try:
            return why.answer(View(session, use.office, use.clock()), account_id, Question(**asked.model_dump()))
        except NotKnown as error:
            raise Problem(404, f"{error.what}_not_found", str(error)) from None
