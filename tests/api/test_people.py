"""Our people: who they are, whom they answer to, and who has their work when they are gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.refusals import refused
from tests.api.staging import fall_ill, onboard
from tests.installation import Installation


@pytest.mark.parametrize(
    ("id", "body", "code", "pointer", "words"),
    [
        ("new", {}, "missing", "/name", "a new person needs 'name'"),
        ("new", {"name": "N", "email": "n@"}, "email_invalid", "/email", "not a mail address"),
        ("csm", {"manager": "csm"}, "self", "/manager", "nobody is their own manager or backup"),
        ("csm", {"backup": "csm"}, "self", "/backup", "nobody is their own manager or backup"),
        ("csm", {"backup": "nobody"}, "unknown_person", "/backup", "upsert the person first"),
        ("csm", {"absences": [{"starts_on": "2026-02-01"}]}, "missing", "/absences/0/ends_on", "'ends_on' is missing"),
        ("csm", {"absences": [{"starts_on": "2026-02-02", "ends_on": "2026-02-01"}]}, "range", "/absences/0", "ends after it starts"),
        ("csm", {"absences": [{"starts_on": "2026-02-02", "ends_on": "2026-02-02"}] * 51}, "too_long", "/absences", "at most 50"),
        ("csm", {"roles": ["csm"] * 21}, "too_long", "/roles", "at most 20"),
    ],
)
def test_a_person_with_a_fault_is_refused(
    refusing: Installation, id: str, body: dict[str, Any], code: str, pointer: str, words: str
) -> None:
    assert refused(refusing.client.put(f"/v1/people/{id}", json=body), 422, code, words)["errors"][0]["pointer"] == pointer


def test_a_person_is_kept_as_told(quick_installation: Installation) -> None:
    told = {
        "name": "Nora Ek", "email": "nora@example.com", "roles": ["csm"], "manager": "director", "backup": "csm",
        "time_zone": "Europe/Oslo", "country": "NO", "slack_id": "U02ABCDEF",
        "absences": [{"starts_on": "2026-07-06", "ends_on": "2026-07-17"}],
    }  # fmt: skip
    answer = quick_installation.client.put("/v1/people/nora", json=told)
    assert answer.json() == {"id": "nora", "active": True, **told}
    assert quick_installation.client.get("/v1/people/nora").json() == answer.json()
    changed = quick_installation.client.put("/v1/people/nora", json={"manager": None, "absences": []}).json()
    assert changed == {**answer.json(), "manager": None, "absences": []}


def test_everybody_is_listed_by_id(quick_installation: Installation) -> None:
    first = quick_installation.client.get("/v1/people?limit=4").json()
    second = quick_installation.client.get("/v1/people", params={"cursor": first["next"]}).json()
    ids = [person["id"] for person in first["items"] + second["items"]]
    assert ids == ["cco", "csm", "director", "engineer", "executive", "vp"]


def test_whoever_leaves_orphans_nothing(quick_installation: Installation) -> None:
    onboard(quick_installation, days=1)
    client = quick_installation.client
    client.put("/v1/people/csm", json={"backup": "executive"})
    quick_installation.nudges.clear()
    assert client.put("/v1/people/csm", json={"active": False}).json()["active"] is False
    tasks = client.get("/v1/tasks?state=open").json()["items"]
    assert {task["assignee_id"] for task in tasks} == {"executive"}
    assert "follow-up" in {nudge.workflow_type for nudge in quick_installation.nudges}


def test_whoever_goes_on_leave_hands_on_an_escalation(quick_installation: Installation) -> None:
    fall_ill(quick_installation)
    away = [{"starts_on": "2026-01-05", "ends_on": "2026-01-16"}]
    quick_installation.client.put("/v1/people/director", json={"absences": away, "backup": "vp"})
    assert quick_installation.client.get("/v1/escalations").json()["items"][0]["person_id"] == "vp"


def test_managers_in_a_circle_do_no_harm(quick_installation: Installation) -> None:
    assert quick_installation.client.put("/v1/people/cco", json={"manager": "csm", "backup": "vp"}).status_code == 200
    assert quick_installation.client.put("/v1/people/vp", json={"backup": "cco", "active": False}).status_code == 200
    assert fall_ill(quick_installation)["person_id"] == "director"
