"""Holds: nothing goes out to an account, from a journey, or of a class of mail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.refusals import refused
from tests.installation import Installation

HOLDS = "/v1/accounts/acme/holds"


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({"by": "csm"}, 422, "missing", "'reason' is missing"),
        ({"by": "csm", "reason": ""}, 422, "empty", "it is empty"),
        ({"by": "nobody", "reason": "x"}, 422, "unknown_person", "nobody active"),
        ({"by": "csm", "reason": "x", "until": "2026-01-05T09:00:00Z"}, 422, "range", "lies in the past"),
        ({"by": "csm", "reason": "x", "until": "soon"}, 422, "timestamp", "a moment like"),
        ({"by": "csm", "reason": "x", "journey": "renewl"}, 422, "not_allowed", "did you mean 'renewal'?"),
        ({"by": "csm", "reason": "x", "mail_class": "grwth"}, 422, "not_allowed", "did you mean 'growth'?"),
        ({"by": "csm", "reason": "x", "journey": "renewal", "mail_class": "growth"}, 422, "either_or", "not both at once"),
    ],
)
def test_a_hold_with_a_fault_is_refused(refusing: Installation, body: dict[str, Any], status: int, code: str, words: str) -> None:
    refused(refusing.client.post(HOLDS, json=body), status, code, words)


def test_only_what_is_there_is_held_and_lifted(refusing: Installation) -> None:
    refused(refusing.client.post("/v1/accounts/nobody/holds", json={"by": "csm", "reason": "x"}), 404, "account_not_found")
    refused(refusing.client.post("/v1/holds/7/lift", json={"by": "csm"}), 404, "hold_not_found", "there is no hold '7'")


@pytest.mark.parametrize("part", [{}, {"journey": "onboarding"}, {"mail_class": "growth"}])
def test_a_hold_is_in_force_until_it_is_lifted_once(quick_installation: Installation, part: dict[str, str]) -> None:
    quick_installation.sign_up()
    client = quick_installation.client
    placed = client.post(HOLDS, json={"by": "csm", "reason": "They move", "until": "2026-03-01T00:00:00Z", **part})
    assert placed.status_code == 201
    hold = placed.json()
    assert (hold["placed_by"], hold["lifted_at"], hold["until"]) == ("csm", None, "2026-03-01T00:00:00Z")
    assert client.get(HOLDS).json() == [hold]
    quick_installation.nudges.clear()
    lifted = client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"}).json()
    assert lifted["lifted_at"] == "2026-01-05T09:00:00Z"
    assert {nudge.workflow_type for nudge in quick_installation.nudges} == {"onboarding"}
    refused(client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"}), 409, "not_open", "lifted already")
    assert client.get(HOLDS).json() == []


def test_nothing_leaves_while_an_account_is_held(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    begun = quick_installation.nudges[0]
    quick_installation.client.post(HOLDS, json={"by": "csm", "reason": "Not yet"})
    quick_installation.take_turn(begun)
    assert quick_installation.client.get("/v1/outbox").json() == []
    hold = quick_installation.client.get(HOLDS).json()[0]
    quick_installation.client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"})
    quick_installation.take_turn(begun)
    assert [mail["step"] for mail in quick_installation.client.get("/v1/outbox").json()] == ["send-welcome"]


def test_a_run_that_two_holds_keep_back_goes_on_when_both_are_lifted(quick_installation: Installation) -> None:
    installed = quick_installation
    installed.sign_up()
    nudge = installed.nudges[-1]
    installed.take_turn(nudge)
    of_all, of_journey = (
        installed.client.post(HOLDS, json={"by": "csm", "reason": reason, **part}).json()["id"]
        for reason, part in (("a dispute", {}), ("a freeze", {"journey": "onboarding"}))
    )
    held = []
    for hold in (of_journey, of_all):
        installed.client.post(f"/v1/holds/{hold}/lift", json={"by": "csm"})
        installed.take_turn(nudge)
        held.append(installed.client.get(f"/v1/enrollments/{nudge.order.run_id}").json()["held"])
    assert held == [True, False]
