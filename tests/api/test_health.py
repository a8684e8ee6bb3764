"""Health, told by another system."""

from __future__ import annotations

from tests.api.refusals import refused
from tests.api.staging import TERM
from tests.installation import Installation

HEALTH = "/v1/accounts/acme/health"
POOR = {"usage": 60, "engagement": 60, "performance": 60, "satisfaction": 60}


def test_scores_make_the_reading_of_the_day(installation: Installation) -> None:
    installation.sign_up()
    first = installation.client.post(HEALTH, json={"scores": {"usage": 62.5, "satisfaction": 40}})
    assert first.status_code == 201
    assert (first.json()["score"], first.json()["known_weight"]) == (None, 50), "too little is known for a score"
    second = installation.client.post(HEALTH, json={"scores": {"engagement": 95, "performance": 95, "satisfaction": 95}}).json()
    assert second["components"] == {"usage": 62.5, "engagement": 95, "performance": 95, "satisfaction": 95}
    assert installation.client.get(HEALTH).json() == [second], "one reading a day"
    installation.clock.pass_by(days=1)
    third = installation.client.post(HEALTH, json={"scores": {"usage": None}}).json()
    assert third["components"]["usage"] is None
    assert installation.client.get(HEALTH).json() == [third, second]
    assert installation.client.get(f"{HEALTH}?limit=1").json() == [third]


def test_a_fall_opens_an_escalation_and_starts_the_save_play(quick_installation: Installation) -> None:
    quick_installation.sign_up(contract={"id": "acme-1", **TERM})
    assert quick_installation.client.post(HEALTH, json={"scores": POOR}).json()["band"] == "high_risk"
    assert {"save", "follow-up"} <= {nudge.workflow_type for nudge in quick_installation.nudges if nudge.begins}


def test_of_several_scores_one_fault_stores_none(refusing: Installation) -> None:
    document = refused(refusing.client.post(HEALTH, json={"scores": {**POOR, "usage": 101, "mood": 5}}), 422, "type", "0 to 100", "mood")
    assert [error["pointer"] for error in document["errors"]] == ["/scores/usage", "/scores/mood"]


def test_an_account_that_is_not_there_has_no_health(refusing: Installation) -> None:
    refused(refusing.client.post("/v1/accounts/nobody/health", json={"scores": POOR}), 404, "account_not_found")
