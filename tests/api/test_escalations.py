"""Escalations: somebody takes them, somebody ends them, each once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.refusals import refused
from tests.api.staging import fall_ill
from tests.installation import Installation


@pytest.fixture
def escalation(quick_installation: Installation) -> dict[str, Any]:
    """The Director's, since the health of an account is High Risk."""
    opened = fall_ill(quick_installation)
    quick_installation.nudges.clear()
    return opened


def test_an_escalation_is_taken_by_one_person(quick_installation: Installation, escalation: dict[str, Any]) -> None:
    path = f"/v1/escalations/{escalation['id']}"
    taken = quick_installation.client.post(f"{path}/acknowledge", json={"by": "director"}).json()
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "director")
    assert [nudge.workflow_type for nudge in quick_installation.nudges] == ["follow-up"]
    refused(
        quick_installation.client.post(f"{path}/acknowledge", json={"by": "vp"}), 409, "not_open", "director has this escalation already"
    )
    assert quick_installation.client.get(path).json() == taken


def test_an_escalation_is_over_once(quick_installation: Installation, escalation: dict[str, Any]) -> None:
    path = f"/v1/escalations/{escalation['id']}"
    over = quick_installation.client.post(f"{path}/resolve", json={"by": "vp", "outcome": "They agreed to a plan"}).json()
    assert (over["state"], over["ended_by"], over["outcome"]) == ("resolved", "vp", "They agreed to a plan")
    again = quick_installation.client.post(f"{path}/resolve", json={"by": "director", "outcome": "Mine"})
    refused(again, 409, "not_open", "this escalation is over")
    refused(quick_installation.client.post(f"{path}/acknowledge", json={"by": "director"}), 409, "not_open", "this escalation is over")
    assert quick_installation.client.get(path).json() == over


def test_ending_an_old_escalation_leaves_a_newer_one_of_its_cause_alone(
    quick_installation: Installation, escalation: dict[str, Any]
) -> None:
    client = quick_installation.client
    over = {"by": "vp", "outcome": "It was a mistake"}
    client.post(f"/v1/escalations/{escalation['id']}/resolve", json=over)
    client.post("/v1/accounts/acme/health", json={"scores": {"usage": 95, "engagement": 95, "performance": 95, "satisfaction": 95}})
    quick_installation.clock.pass_by(days=1)
    client.post("/v1/accounts/acme/health", json={"scores": {"usage": 60, "engagement": 60, "performance": 60, "satisfaction": 60}})
    refused(client.post(f"/v1/escalations/{escalation['id']}/resolve", json=over), 409, "not_open")
    newer = client.get("/v1/escalations?state=open").json()["items"]
    assert [(each["cause"], each["id"] == escalation["id"]) for each in newer] == [("health", False)]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"by": "vp"}, "missing", "'outcome' is missing"),
        ({"by": "vp", "outcome": " "}, "empty", "it is empty"),
        ({"outcome": "x"}, "missing", "'by' is missing"),
        ({"by": "nobody", "outcome": "x"}, "unknown_person", "nobody active has the id 'nobody'"),
    ],
)
def test_an_escalation_ends_with_a_word_and_a_name(
    quick_installation: Installation, escalation: dict[str, Any], body: dict[str, Any], code: str, words: str
) -> None:
    path = f"/v1/escalations/{escalation['id']}"
    refused(quick_installation.client.post(f"{path}/resolve", json=body), 422, code, words)
    assert quick_installation.client.get(path).json() == escalation


def test_an_escalation_that_is_not_there_is_not_found(refusing: Installation) -> None:
    refused(refusing.client.post("/v1/escalations/7/acknowledge", json={"by": "csm"}), 404, "escalation_not_found")
    refused(refusing.client.post("/v1/escalations/7/resolve", json={"by": "csm", "outcome": "x"}), 404, "escalation_not_found")


def test_escalations_are_found_by_who_has_them(quick_installation: Installation, escalation: dict[str, Any]) -> None:
    assert quick_installation.client.get("/v1/escalations?person=director&account=acme").json()["items"] == [escalation]
    assert quick_installation.client.get("/v1/escalations?person=csm").json()["items"] == []
