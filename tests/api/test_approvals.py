"""Decisions about what waits for one, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.refusals import refused
from tests.api.staging import fall_ill, only, play, started
from tests.installation import Installation


@pytest.fixture
def approval(quick_installation: Installation) -> dict[str, Any]:
    """A mail to the sponsor of an account in trouble, which the Director looks at first."""
    fall_ill(quick_installation)
    play(quick_installation, started(quick_installation, "save"), days=9)
    quick_installation.nudges.clear()
    return only(quick_installation, "approvals", role="director")


def test_whoever_decides_sees_the_mail_as_it_will_leave(quick_installation: Installation, approval: dict[str, Any]) -> None:
    shown = quick_installation.client.get(f"/v1/approvals/{approval['id']}").json()
    assert (shown["approver_id"], shown["state"], shown["otherwise"]) == ("director", "open", "skip")
    assert [mail["recipient"] for mail in shown["messages"]] == ["acme-ben"]


@pytest.mark.parametrize(("verb", "state"), [("approve", "approved"), ("refuse", "refused")])
def test_a_decision_is_made_once(quick_installation: Installation, approval: dict[str, Any], verb: str, state: str) -> None:
    path = f"/v1/approvals/{approval['id']}"
    answer = quick_installation.client.post(f"{path}/{verb}", json={"by": "director", "note": "Fine"})
    assert answer.status_code == 200
    decided = answer.json()
    assert (decided["state"], decided["decided_by"], decided["note"]) == (state, "director", "Fine")
    assert [nudge.order.run_id for nudge in quick_installation.nudges] == [approval["enrollment_id"]]
    for other in ("approve", "refuse"):
        refused(quick_installation.client.post(f"{path}/{other}", json={"by": "vp"}), 409, "not_open", "decided already")
    assert quick_installation.client.get(path).json() == decided


def test_nobody_unknown_decides(quick_installation: Installation, approval: dict[str, Any]) -> None:
    path = f"/v1/approvals/{approval['id']}"
    refused(quick_installation.client.post(f"{path}/approve", json={"by": "nobody"}), 422, "unknown_person")
    refused(quick_installation.client.post(f"{path}/approve", json={}), 422, "missing", "'by' is missing")
    refused(quick_installation.client.post(f"{path}/approve", json={"by": "vp", "note": "x" * 4001}), 422, "string_too_long")
    assert quick_installation.client.get(path).json()["state"] == "open"
    assert quick_installation.nudges == []


def test_an_approval_that_is_not_there_is_not_found(refusing: Installation) -> None:
    refused(refusing.client.post("/v1/approvals/7/approve", json={"by": "csm"}), 404, "approval_not_found")


def test_approvals_are_found_by_who_decides(quick_installation: Installation, approval: dict[str, Any]) -> None:
    mine = quick_installation.client.get("/v1/approvals?approver=director&state=open&account=acme").json()["items"]
    assert [each["id"] for each in mine] == [approval["id"]]
    assert quick_installation.client.get("/v1/approvals?approver=csm").json()["items"] == []
