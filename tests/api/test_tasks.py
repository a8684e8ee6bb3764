"""What our people do with their tasks, over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.refusals import refused
from tests.api.staging import fall_ill, onboard, only, play, started
from tests.installation import Installation


@pytest.fixture
def task(quick_installation: Installation) -> dict[str, Any]:
    """The CSM's first task for a new account."""
    onboard(quick_installation, days=1)
    return only(quick_installation, "tasks", step="task-welcome-call")


def decision(installation: Installation) -> dict[str, Any]:
    """A task that asks for one of several outcomes."""
    fall_ill(installation)
    play(installation, started(installation, "save"), days=31)
    return only(installation, "tasks", step="task-save-decision")


def test_a_task_is_completed_by_the_person_acted_for(quick_installation: Installation, task: dict[str, Any]) -> None:
    quick_installation.nudges.clear()
    path = f"/v1/tasks/{task['id']}"
    answer = quick_installation.client.post(f"{path}/complete", json={"by": "csm", "note": "Went well"})
    assert answer.status_code == 200
    done = answer.json()
    assert (done["state"], done["done_by"], done["note"], done["done_at"]) == ("done", "csm", "Went well", "2026-01-06T09:00:00Z")
    assert quick_installation.client.get(path).json() == done
    told = {nudge.order.run_id for nudge in quick_installation.nudges}
    assert len(told) == 1, "its clock stops"


def test_a_task_is_completed_once(quick_installation: Installation, task: dict[str, Any]) -> None:
    path = f"/v1/tasks/{task['id']}"
    assert quick_installation.client.post(f"{path}/complete", json={"by": "csm"}).status_code == 200
    told = len(quick_installation.nudges)
    refused(quick_installation.client.post(f"{path}/complete", json={"by": "director"}), 409, "not_open", "this task is done already")
    refused(quick_installation.client.post(f"{path}/reassign", json={"by": "director", "to": "vp"}), 409, "not_open")
    later = {"by": "csm", "until": "2026-01-08T09:00:00Z", "reason": "away"}
    refused(quick_installation.client.post(f"{path}/snooze", json=later), 409, "not_open")
    assert quick_installation.client.get(path).json()["done_by"] == "csm"
    assert len(quick_installation.nudges) == told


def test_an_outcome_is_one_of_those_the_task_has(quick_installation: Installation) -> None:
    id = decision(quick_installation)["id"]
    path, told = f"/v1/tasks/{id}/complete", len(quick_installation.nudges)
    named = "exit_save, restructure, managed_churn"
    refused(quick_installation.client.post(path, json={"by": "vp"}), 422, "not_allowed", "say one of this task's outcomes", named)
    wrong = {"by": "vp", "outcome": "exit-save"}
    refused(quick_installation.client.post(path, json=wrong), 422, "not_allowed", named, "did you mean 'exit_save'?")
    assert quick_installation.client.get(f"/v1/tasks/{id}").json()["state"] == "open"
    assert len(quick_installation.nudges) == told
    assert quick_installation.client.post(path, json={"by": "vp", "outcome": "restructure"}).json()["outcome"] == "restructure"


def test_an_outcome_of_a_task_that_has_none_is_refused(quick_installation: Installation, task: dict[str, Any]) -> None:
    answer = quick_installation.client.post(f"/v1/tasks/{task['id']}/complete", json={"by": "csm", "outcome": "good"})
    refused(answer, 422, "not_allowed", "leave 'outcome' out")


def test_a_task_can_be_snoozed_once(quick_installation: Installation, task: dict[str, Any]) -> None:
    path = f"/v1/tasks/{task['id']}/snooze"
    later = {"by": "csm", "until": "2026-01-12T09:00:00Z", "reason": "They are at a fair"}
    snoozed = quick_installation.client.post(path, json=later).json()
    assert (snoozed["snoozed_until"], snoozed["due_at"]) == ("2026-01-12T09:00:00Z", "2026-01-12T09:00:00Z")
    refused(quick_installation.client.post(path, json=later), 422, "not_allowed", "snoozed once")
    assert quick_installation.client.get(f"/v1/tasks/{task['id']}").json() == snoozed


def test_why_goes_on_to_be_told_of_tasks_that_somebody_changed(quick_installation: Installation) -> None:
    """Nothing else was decided at some of their steps, and what people do says no version of the journey."""
    onboard(quick_installation, days=30)
    tasks = {task["id"] for task in quick_installation.client.get("/v1/tasks?state=open").json()["items"]}
    assert len(tasks) > 3
    for id in tasks:
        assert quick_installation.client.post(f"/v1/tasks/{id}/reassign", json={"by": "csm", "to": "director"}).status_code == 200
    answer = quick_installation.client.get("/v1/accounts/acme/why", params={"limit": 200})
    assert answer.status_code == 200, answer.text
    assert tasks <= {entry["id"] for entry in answer.json()["entries"]}


@pytest.mark.parametrize("away", [timedelta(0), timedelta(days=-1), timedelta(days=15), timedelta(days=365 * 50)])
def test_a_task_is_snoozed_for_as_long_as_the_house_allows(quick_installation: Installation, task: dict[str, Any], away: timedelta) -> None:
    until = (quick_installation.clock.now + away).isoformat()
    answer = quick_installation.client.post(f"/v1/tasks/{task['id']}/snooze", json={"by": "csm", "until": until, "reason": "x"})
    refused(answer, 422, "not_allowed", "10 business days at most")
    assert quick_installation.client.get(f"/v1/tasks/{task['id']}").json() == task


def test_a_task_is_given_to_somebody_else(quick_installation: Installation, task: dict[str, Any]) -> None:
    answer = quick_installation.client.post(f"/v1/tasks/{task['id']}/reassign", json={"by": "director", "to": "engineer"})
    assert answer.json()["assignee_id"] == "engineer"
    mine = quick_installation.client.get("/v1/tasks?assignee=engineer").json()["items"]
    assert [each["id"] for each in mine] == [task["id"]]


def test_a_task_is_not_given_to_nobody(quick_installation: Installation, task: dict[str, Any]) -> None:
    quick_installation.client.put("/v1/people/engineer", json={"active": False})
    for nobody in ("engineer", "nobody"):
        answer = quick_installation.client.post(f"/v1/tasks/{task['id']}/reassign", json={"by": "director", "to": nobody})
        refused(answer, 422, "not_allowed", f"nobody active has the id '{nobody}'")
    assert quick_installation.client.get(f"/v1/tasks/{task['id']}").json()["assignee_id"] == "csm"


def test_nobody_acts_who_is_not_one_of_us_or_has_left(quick_installation: Installation, task: dict[str, Any]) -> None:
    quick_installation.client.put("/v1/people/executive", json={"active": False})
    for nobody in ("nobody", "executive"):
        answer = quick_installation.client.post(f"/v1/tasks/{task['id']}/complete", json={"by": nobody})
        assert refused(answer, 422, "unknown_person", "upsert the person first")["errors"][0]["pointer"] == "/by"
    assert quick_installation.client.get(f"/v1/tasks/{task['id']}").json()["state"] == "open"


@pytest.mark.parametrize(
    ("action", "body"), [("complete", {}), ("snooze", {"until": "2026-01-08T09:00:00Z", "reason": "x"}), ("reassign", {"to": "vp"})]
)
def test_a_task_that_is_not_there_is_not_found(refusing: Installation, action: str, body: dict[str, Any]) -> None:
    refused(refusing.client.post(f"/v1/tasks/7/{action}", json={"by": "csm", **body}), 404, "task_not_found", "there is no task '7'")


def test_tasks_come_a_page_at_a_time(quick_installation: Installation) -> None:
    for id in ("acme", "bolt", "core"):
        quick_installation.sign_up(id)
        nudge = started(quick_installation, "onboarding", id)
        quick_installation.take_turn(nudge)
    quick_installation.clock.pass_by(days=1)
    for id in ("acme", "bolt", "core"):
        quick_installation.take_turn(started(quick_installation, "onboarding", id))
    every = quick_installation.client.get("/v1/tasks").json()
    assert (len(every["items"]), every["next"]) == (6, None)
    first = quick_installation.client.get("/v1/tasks?limit=4").json()
    second = quick_installation.client.get("/v1/tasks", params={"limit": 4, "cursor": first["next"]}).json()
    assert second["next"] is None
    assert first["items"] + second["items"] == every["items"]
    of_bolt = quick_installation.client.get("/v1/tasks?account=bolt&state=open").json()["items"]
    assert {task["account_id"] for task in of_bolt} == {"bolt"}
    assert quick_installation.client.get("/v1/tasks?account=bolt&state=done").json()["items"] == []
