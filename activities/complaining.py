"""Looking at how many readers report our mail as spam; where they are too many, commercial mail is held until a person lifts that.

Who is asked is the database alone, so any worker may look, several at once too: the hold is placed once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session

from activities.ledger import Office
from activities.view import View
from database import complaints, holds, revisions
from database.definitions import NotPublished
from database.engine import Database
from domain import complaints as domain
from domain.complaints import Complaints, Grade
from domain.contact_policy import SpamReports
from domain.facts import COMMERCIAL, Hold

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was reported, and what that means by the policy that is published."""

    complaints: Complaints
    grade: Grade

    @property
    def is_well(self) -> bool:
        return self.grade in (Grade.UNSAID, Grade.WELL)


def see(session: Session, office: Office, now: datetime) -> Seen:
    found = complaints.count(session, now)
    return Seen(found, domain.grade(found, _policy(session, office, now)))


def _policy(session: Session, office: Office, now: datetime) -> SpamReports:
    try:
        return View(session, office, now).published.house.contact.spam_reports
    except NotPublished:
        return SpamReports()


def look(database: Database, office: Office, now: datetime) -> Seen:
    """Says so where readers report more than is well, and holds commercial mail where it must."""
    with database.read() as session:
        seen = see(session, office, now)
    if seen.is_well:
        return seen
    known = {"mails": seen.complaints.mails, "reported": seen.complaints.reported, "percent": f"{seen.complaints.percent:.2f}"}
    log.warning("many readers report spam", **known)
    if seen.grade is Grade.HOLD and (id := database.transact(lambda session: _hold(session, office, now))):
        log.error("commercial mail is held", hold=id, **known)
    return seen


def _hold(session: Session, office: Office, now: datetime) -> str | None:
    """Places a hold where it must; its id. Counted again: who else looks waits here, and then finds it."""
    revisions.lock(session, revisions.DEFINITIONS)  # it is there as soon as anything is published, which that of holds is not
    found = complaints.count(session, now)
    if not domain.must_hold(found, _policy(session, office, now), complaints.held(session, now)):
        return None
    hold = Hold(uuid.uuid4().hex, mail_class=COMMERCIAL, reason=found.reason, placed_at=now, everywhere=True)
    holds.place(session, None, hold, None, complaints.BY)
    return hold.id
