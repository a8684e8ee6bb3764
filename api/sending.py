"""Sending as a whole: whether it is armed, which providers are in trouble, and how many messages hang."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session

from activities import arming, complaining
from api.idempotency import Done, Post
from api.services import Use, acts, must_be_active, needs
from api.shapes import Id, In, Line, Out, example
from database import complaints, doubts, installations, providers
from domain.complaints import Grade

router = APIRouter(prefix="/v1/sending", tags=["sending"])


class SendingBody(In):
    """Arms or disarms sending, in the name of a person."""

    model_config = example(by="vera", why="Restored from last night's backup; reconciled with what SendGrid tells")

    by: Id
    why: Line


class ProviderOut(Out):
    """A provider in trouble."""

    name: str
    since: datetime
    why: str
    free_at: datetime = Field(description="when it is tried again")


class SpamReportsOut(Out):
    mails: int
    reported: int = Field(description="how many of these mails somebody reported")
    percent: float | None
    grade: Grade = Field(description="by `spam_reports` of journeys/policies/contact.yaml; unsaid of too little mail")
    held: bool = Field(description="commercial mail of all accounts waits until a person lifts the hold")


class SendingOut(Out):
    armed: bool = Field(description="disarmed, messages stay planned and nothing leaves")
    since: datetime | None
    by: str | None = Field(description="null when it was found to be so")
    why: str
    troubled: list[ProviderOut]
    claimed: int = Field(description="messages that are being sent for more than 15 minutes")
    in_doubt: int = Field(description="messages in doubt for more than 6 hours that nobody has settled")
    unheard: int = Field(description="mails that SendGrid accepted more than 24 hours ago and has told nothing of")


@router.get("", summary="Whether sending is armed, and what hangs", response_model=SendingOut, dependencies=[needs("messages:read")])
def get_sending(use: Use) -> SendingOut:
    with use.database.read() as session:
        return _sending(session, use.clock())


@router.get(
    "/spam-reports",
    summary="How many readers report our mail as spam",
    response_model=SpamReportsOut,
    dependencies=[needs("messages:read")],
)
def get_spam_reports(use: Use) -> SpamReportsOut:
    """Of the commercial mail that providers accepted in the last 30 days; counted anew each time it is asked."""
    now = use.clock()
    with use.database.read() as session:
        seen, held = complaining.see(session, use.office, now), complaints.held(session, now)
    found = seen.complaints
    percent = None if found.percent is None else float(found.percent)
    return SpamReportsOut(mails=found.mails, reported=found.reported, percent=percent, grade=seen.grade, held=held.stands)


@router.post("/arm", summary="Arm sending", response_model=SendingOut, dependencies=[acts("sending:write")])
def arm(body: SendingBody, use: Use, post: Post) -> Response:
    """After a restore, when it is clear what had left since the backup. Whatever waited leaves within a minute, if it still may."""

    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        arming.arm(session, body.by, body.why, use.clock())
        return Done(_sending(session, use.clock()), [])

    return post.carry_out(work)


@router.post("/disarm", summary="Stop all sending", response_model=SendingOut, dependencies=[acts("sending:write")])
def disarm(body: SendingBody, use: Use, post: Post) -> Response:
    """Nothing is claimed from now on; what is on its way already may arrive."""

    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        arming.disarm(session, body.by, body.why, use.clock())
        return Done(_sending(session, use.clock()), [])

    return post.carry_out(work)


def _sending(session: Session, now: datetime) -> SendingOut:
    found, hanging = installations.standing(session), doubts.hanging(session, now)
    return SendingOut(
        armed=found.armed if found else True,
        since=found.since if found else None,
        by=found.by if found else None,
        why=found.why if found else "no worker has looked yet",
        troubled=[ProviderOut.model_validate(row) for row in providers.troubled(session)],
        claimed=hanging.claimed,
        in_doubt=hanging.in_doubt,
        unheard=hanging.unheard,
    )
