"""One journey: its text as published, and where its runs are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from sqlalchemy import func, select

from activities.view import View
from console.few import few
from database.tables import AccountRow, EnrollmentRow, table

accounts, enrollments = table(AccountRow), table(EnrollmentRow)


def look(view: View, name: str) -> Mapping[str, Any] | None:
    journey = view.published.journeys.get(name)
    if journey is None:
        return None
    live = (enrollments.c.journey == name, enrollments.c.ended_at.is_(None))
    step, count = enrollments.c.step, func.count().label("runs")
    steps = select(step, count, func.min(enrollments.c.wake_at).label("first_at")).where(*live).group_by(step).order_by(count.desc(), step)
    runs = (
        select(enrollments, accounts.c.name.label("account"))
        .join(accounts, accounts.c.id == enrollments.c.account_id)
        .where(*live)
        .order_by(enrollments.c.wake_at.is_(None), enrollments.c.wake_at, enrollments.c.id)
    )
    return {
        "zone": UTC, "people": view.people, "journey": journey, "text": journey.any_plan.text,
        "steps": few(view.session, steps), "runs": few(view.session, runs),
    }  # fmt: skip
