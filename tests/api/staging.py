"""Situations that these tests begin in, brought about as in life: by what is told, and by time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from activities.ledger import Nudge
from tests.installation import Installation

TERM = {"starts_on": "2025-03-01", "ends_on": "2026-03-01"}  # an account of ten months, at the clock's start


def play(installation: Installation, nudge: Nudge, **time: float) -> None:
    """Takes the turns of one run as they fall due in this time."""
    until = installation.clock.now + timedelta(**time)
    wait = installation.take_turn(nudge)
    while wait.over is None and wait.until and wait.until <= until:
        installation.clock.now = max(wait.until, installation.clock.now)
        wait = installation.take_turn(nudge)
    installation.clock.now = until


def started(installation: Installation, journey: str, account: str = "acme") -> Nudge:
    """What Temporal was told of the start of an account's run."""
    return next(
        nudge
        for nudge in installation.nudges
        if nudge.begins and nudge.workflow_type == journey and nudge.attributes["TenureAccount"] == account
    )


def onboard(installation: Installation, **time: float) -> Nudge:
    """An account that has been onboarded for so long."""
    installation.sign_up()
    nudge = started(installation, "onboarding")
    play(installation, nudge, **time)
    return nudge


def fall_ill(installation: Installation) -> dict[str, Any]:
    """An old account whose health is High Risk; the escalation to the Director that this opens."""
    installation.sign_up(contract={"id": "acme-1", **TERM})
    scores = {"usage": 60, "engagement": 60, "performance": 60, "satisfaction": 60}
    answer = installation.client.post("/v1/accounts/acme/health", json={"scores": scores})
    assert answer.json()["band"] == "high_risk", answer.text
    return only(installation, "escalations")


def only(installation: Installation, what: str, **wanted: Any) -> dict[str, Any]:
    """The one of a list for which these fields hold."""
    items = installation.client.get(f"/v1/{what}").json()["items"]
    found = [item for item in items if all(item[name] == value for name, value in wanted.items())]
    assert len(found) == 1, items
    one: dict[str, Any] = found[0]
    return one
