"""Enrollments: starting a journey by hand, and orders for one under way (bad-input catalogue, rows 18-19)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from database.tables import NoticeRow, table
from tests.api.refusals import refused, stored
from tests.api.staging import TERM, onboard, play, started
from tests.installation import Installation

ENROLLMENTS = "/v1/enrollments"


def enroll(journey: object = "growth", **more: Any) -> dict[str, Any]:
    return {"journey": journey, "account": "acme", "by": "csm", **more}


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (enroll("grwth"), 404, "journey_not_found", "did you mean 'growth'?"),
        (enroll("../growth"), 404, "journey_not_found", "no journey is published as '../growth'"),
        (enroll(account="nobody"), 404, "account_not_found", "there is no account 'nobody'"),
        (enroll(by="nobody"), 422, "unknown_person", "nobody active has the id 'nobody'"),
        (enroll(contract="other-1"), 422, "unknown", "account 'acme' has no contract 'other-1'"),
        (enroll(contact="nobody"), 422, "unknown", "account 'acme' has no contact 'nobody'"),
        (enroll(contact="acme\x00ann"), 422, "bad_unicode", "zero byte"),
        ({"journey": "growth", "account": "acme"}, 422, "missing", "'by' is missing"),
        (enroll(journey=7), 422, "string_type", "a text was expected"),
        (enroll(version=2), 422, "unknown_field", "'version' is not known here"),
    ],
)
def test_an_enrollment_with_a_fault_is_refused(refusing: Installation, body: dict[str, Any], status: int, code: str, words: str) -> None:
    refused(refusing.client.post(ENROLLMENTS, json=body), status, code, words)


def test_a_journey_is_started_by_hand_once(installation: Installation) -> None:
    installation.sign_up()
    first = installation.client.post(ENROLLMENTS, json=enroll())
    assert first.status_code == 201
    run = first.json()
    assert (run["journey"], run["account_id"], run["why"], run["ended_at"]) == ("growth", "acme", "by csm", None)
    assert started(installation, "growth").order.run_id == run["id"]
    told = len(installation.nudges)
    again = installation.client.post(ENROLLMENTS, json=enroll(by="director"))
    assert (again.status_code, again.json()) == (200, run)
    assert len(installation.nudges) == told


def test_a_journey_for_a_contract_is_found_again_without_naming_it(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    first = quick_installation.client.post(ENROLLMENTS, json=enroll("renewal"))
    assert (first.status_code, first.json()["contract_id"]) == (201, "acme-1")
    for body in (enroll("renewal"), enroll("renewal", contract="acme-1")):
        again = quick_installation.client.post(ENROLLMENTS, json=body)
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


def test_a_journey_whose_rules_say_no_says_why(quick_installation: Installation) -> None:
    nudge = onboard(quick_installation)
    client = quick_installation.client
    client.post(f"{ENROLLMENTS}/{nudge.order.run_id}/exit", json={"by": "csm"})
    quick_installation.take_turn(nudge)
    before = stored(quick_installation.database)
    refused(client.post(ENROLLMENTS, json=enroll("onboarding")), 409, "not_enrolled", "its last run ended less than 90 days ago")
    assert stored(quick_installation.database) == before


def test_an_enrollment_shows_where_it_stands_and_what_comes_next(quick_installation: Installation) -> None:
    nudge = onboard(quick_installation, days=1)
    run = quick_installation.client.get(f"{ENROLLMENTS}/{nudge.order.run_id}").json()
    assert {position["track"] for position in run["positions"]} >= {"setup", "training"}
    assert run["history"][0]["what"] == "enrolled"
    assert len(run["next"]) == 5
    assert run["next"] == sorted(run["next"], key=lambda touch: touch["at"])


def test_enrollments_are_listed_and_filtered(quick_installation: Installation) -> None:
    nudge = onboard(quick_installation)
    quick_installation.sign_up("bolt")
    client = quick_installation.client
    client.post(f"{ENROLLMENTS}/{nudge.order.run_id}/exit", json={"by": "csm"})
    quick_installation.take_turn(nudge)

    def listed(query: str) -> set[str]:
        return {run["account_id"] for run in client.get(f"{ENROLLMENTS}?{query}").json()["items"]}

    assert listed("") == {"acme", "bolt"}
    assert listed("live=true") == {"bolt"}
    assert listed("live=false&journey=onboarding") == {"acme"}
    assert listed("account=bolt&journey=renewal") == set()
    refused(client.get(f"{ENROLLMENTS}?live=perhaps"), 422, "bool_parsing")


# Orders


def untaken(installation: Installation, run_id: str) -> list[str]:
    notices = table(NoticeRow)
    with installation.database.read() as session:
        found = session.execute(select(notices.c.news).where(notices.c.run_id == run_id, notices.c.taken_at.is_(None)))
        return [row.news["kind"] for row in found]


@pytest.mark.parametrize(
    ("order", "body", "kind"),
    [
        ("hold", {"until": "2026-02-02T09:00:00Z", "resume": "skip"}, "hold_ordered"),
        ("exit", {"tasks": "hand_on"}, "exit_ordered"),
        ("skip", {"step": "task-welcome-call"}, "skip_ordered"),
    ],
)
def test_an_order_is_stored_and_its_run_is_told(installation: Installation, order: str, body: dict[str, Any], kind: str) -> None:
    nudge = onboard(installation)
    id = nudge.order.run_id
    installation.nudges.clear()
    answer = installation.client.post(f"{ENROLLMENTS}/{id}/{order}", json={"by": "csm", "why": "They asked", **body})
    assert (answer.status_code, answer.json()) == (202, {"id": id, "ordered": order})
    assert untaken(installation, id) == [kind]
    assert [nudge.order.run_id for nudge in installation.nudges] == [id]


def test_a_run_is_held_and_resumed(quick_installation: Installation) -> None:
    nudge = onboard(quick_installation)
    client, path = quick_installation.client, f"{ENROLLMENTS}/{nudge.order.run_id}"
    refused(client.post(f"{path}/resume", json={"by": "csm"}), 409, "not_held", "this enrollment is not held")
    client.post(f"{path}/hold", json={"by": "csm"})
    quick_installation.take_turn(nudge)
    assert client.get(path).json()["held"] is True
    assert client.post(f"{path}/resume", json={"by": "csm"}).status_code == 202
    quick_installation.take_turn(nudge)
    assert client.get(path).json()["held"] is False


def test_a_run_that_is_over_takes_no_orders(quick_installation: Installation) -> None:
    nudge = onboard(quick_installation)
    client, path = quick_installation.client, f"{ENROLLMENTS}/{nudge.order.run_id}"
    client.post(f"{path}/exit", json={"by": "csm", "why": "They were set up by a partner"})
    play(quick_installation, nudge)
    ended = client.get(path).json()
    assert ended["ended_why"] == "They were set up by a partner (by csm)"
    for order in ("hold", "resume", "exit"):
        refused(client.post(f"{path}/{order}", json={"by": "csm"}), 409, "enrollment_over", "They were set up by a partner")
    refused(client.post(f"{path}/skip", json={"by": "csm", "step": "send-welcome"}), 409, "enrollment_over")
    assert untaken(quick_installation, nudge.order.run_id) == []


def test_only_a_step_where_a_track_stands_is_skipped(quick_installation: Installation) -> None:
    nudge = onboard(quick_installation)
    answer = quick_installation.client.post(f"{ENROLLMENTS}/{nudge.order.run_id}/skip", json={"by": "csm", "step": "task-welcom-call"})
    refused(answer, 409, "not_there", "no track stands at 'task-welcom-call'", "did you mean 'task-welcome-call'?")
    assert untaken(quick_installation, nudge.order.run_id) == []


@pytest.mark.parametrize(
    ("order", "body", "code", "words"),
    [
        ("hold", {}, "missing", "'by' is missing"),
        ("hold", {"by": "nobody"}, "unknown_person", "nobody active"),
        ("hold", {"by": "csm", "until": "2026-01-05T09:00:00Z"}, "range", "lies in the past"),
        ("hold", {"by": "csm", "resume": "later"}, "literal_error", "'shift', 'skip' or 'send'"),
        ("hold", {"by": "csm", "why": "x" * 301}, "string_too_long", "at most 300"),
        ("exit", {"by": "csm", "tasks": "burn"}, "literal_error", "'close', 'keep' or 'hand_on'"),
        ("exit", {"by": "csm", "until": "2026-02-02T09:00:00Z"}, "unknown_field", "'until' is not known here"),
        ("skip", {"by": "csm"}, "missing", "'step' is missing"),
        ("resume", {"by": 7}, "string_type", "a text was expected"),
    ],
)
def test_an_order_with_a_fault_is_refused(refusing: Installation, order: str, body: dict[str, Any], code: str, words: str) -> None:
    id = started(refusing, "onboarding").order.run_id
    refused(refusing.client.post(f"{ENROLLMENTS}/{id}/{order}", json=body), 422, code, words)


@pytest.mark.parametrize("order", ["hold", "resume", "exit", "skip"])
def test_an_order_for_nothing_is_refused(refusing: Installation, order: str) -> None:
    body = {"by": "csm", **({"step": "x"} if order == "skip" else {})}
    refused(refusing.client.post(f"{ENROLLMENTS}/7/{order}", json=body), 404, "enrollment_not_found", "there is no enrollment '7'")


def test_terms_of_a_contract_decide_which_run_is_meant(quick_installation: Installation) -> None:
    quick_installation.sign_up(contract={"id": "acme-1", **TERM})
    client = quick_installation.client
    client.put("/v1/accounts/acme/contracts/acme-2", json={"starts_on": "2026-03-01", "ends_on": "2027-03-01"})
    runs = [client.post(ENROLLMENTS, json=enroll("renewal", contract=id)).json() for id in ("acme-1", "acme-2")]
    assert runs[0]["id"] != runs[1]["id"]
    assert client.post(ENROLLMENTS, json=enroll("renewal")).json()["id"] == runs[0]["id"], "the current one"
