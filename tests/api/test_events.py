"""Events, told alone and in batches (bad-input catalogue, rows 13, 15, 16, 21)."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from database.tables import EventRow, table
from tests.api.refusals import refused, stored
from tests.installation import Installation

EVENTS, BATCH = "/v1/events", "/v1/events/batch"


def event(name: str = "setup_completed", **more: Any) -> dict[str, Any]:
    return {"id": "e1", "name": name, "account": "acme", **more}


def contract(id: str = "c2", **more: Any) -> dict[str, Any]:
    return {"id": id, "starts_on": "2026-01-05", "ends_on": "2027-01-05", **more}


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer", "words"),
    [
        pytest.param({}, 422, "missing", "/id", "3 things are not right", id="nothing"),
        pytest.param(event(id=""), 422, "id", "/id", "1 to 128 letters", id="an empty id"),
        pytest.param(event(id="e" * 129), 422, "id", "/id", "1 to 128 letters", id="a long id"),
        pytest.param(event(id=7), 422, "string_type", "/id", "a text was expected", id="a number as id"),
        pytest.param(event("Setup Completed"), 422, "string_pattern_mismatch", "/name", "pattern", id="a name with spaces"),
        pytest.param(event("s" * 300), 422, "string_too_long", "/name", "at most 80", id="a long name"),
        pytest.param(event(account=None), 422, "object_type", "/account", "an object was expected", id="no account"),
        pytest.param(event(account=7), 422, "object_type", "/account", "an object was expected", id="a number as account"),
        pytest.param(event(account={}), 422, "missing", "/account/id", "'id' is missing", id="an account without id"),
        pytest.param(
            event(account={"id": "acme", "tme_zone": 1}), 422, "unknown_field", "/account/tme_zone", "'time_zone'", id="a slip"
        ),
        pytest.param(event(account="nobody"), 404, "account_not_found", "", "send it with the event", id="an unknown account"),
        pytest.param(
            event(account={"id": "new", "time_zone": "Europe/Berlin"}), 422, "missing", "/account/name", "a new account needs 'name'",
            id="half an account",
        ),
        pytest.param(
            event(account={"id": "acme", "owner": "nobody"}), 422, "unknown_person", "/account/owner", "upsert the person first",
            id="an unknown owner",
        ),
        pytest.param(
            event(contacts=[{"id": "c1", "name": "C", "email": "c@example.com"}, {"id": "c2"}]), 422, "missing", "/contacts/1/name",
            "a new contact needs 'name'", id="half a contact",
        ),
        pytest.param(
            event(contacts=[{"id": "other-ann"}]), 409, "contact_elsewhere", "", "belongs to account 'other'", id="another's contact"
        ),
        pytest.param(
            event(contacts=[{"id": "acme-ann"}, {"id": "acme-ann"}]), 422, "duplicate", "", "the same contact twice", id="a contact twice"
        ),
        pytest.param(
            event(contacts=[{"id": f"c{number}"} for number in range(51)]), 422, "too_long", "/contacts", "at most 50", id="51 contacts"
        ),
        pytest.param(event(contact="other-ann"), 422, "unknown", "/contact", "account 'acme' has no contact", id="about a stranger"),
        pytest.param(event(contract="other-1"), 422, "unknown", "/contract", "account 'acme' has no contract", id="about another's"),
        pytest.param(
            event(contract=contract("other-1")), 409, "contract_elsewhere", "", "belongs to account 'other'", id="another's contract"
        ),
        pytest.param(
            event(contract={"id": "c2", "starts_on": "2026-01-05"}), 422, "missing", "/contract/ends_on", "a new contract needs 'ends_on'",
            id="half a contract",
        ),
        pytest.param(
            event(contract=contract(ends_on="2026-01-05")), 422, "range", "/contract/ends_on", "ends after it starts", id="no days"
        ),
        pytest.param(
            event(contract=contract(facts={"price_change": "much"})), 422, "type", "/contract/facts/price_change", "not a number",
            id="a fact of the contract",
        ),
        pytest.param(event(occurred_at="2026-01-05T09:00:00"), 422, "timestamp_zone", "/occurred_at", "needs its time zone", id="no zone"),
        pytest.param(event(occurred_at="2026-01-05"), 422, "timestamp_zone", "/occurred_at", "needs its time zone", id="a day"),
        pytest.param(event(occurred_at="now"), 422, "timestamp", "/occurred_at", "a moment like", id="a word as moment"),
        pytest.param(event(occurred_at=1767603600), 422, "timestamp", "/occurred_at", "a moment like", id="Unix seconds"),
        pytest.param(event(occurred_at="2026-01-05T25:00:00Z"), 422, "timestamp", "/occurred_at", "a moment like", id="the 25th hour"),
        pytest.param(event(occurred_at="9999-12-31T23:59:59Z"), 422, "range", "/occurred_at", "1990 to 2100", id="the year 9999"),
        pytest.param(event(occurred_at="0001-01-01T00:00:00+14:00"), 422, "range", "/occurred_at", "1990 to 2100", id="the year 1"),
        pytest.param(event(occurred_at="2026-01-05T09:05:01Z"), 422, "range", "/occurred_at", "lies in the future", id="soon"),
        pytest.param(event(payload=[]), 422, "object_type", "/payload", "an object was expected", id="a list as payload"),
        pytest.param(event(payload={"done": True}), 422, "unknown_field", "/payload/done", "does not tell 'done'", id="an unknown field"),
        pytest.param(
            event("training_completed", payload={"shar": 1}), 422, "unknown_field", "/payload/shar", "'share'?", id="another slip"
        ),
        pytest.param(
            event("training_completed", payload={"share": "1"}), 422, "type", "/payload/share", "'share': '1' is not a number", id="a text"
        ),
        pytest.param(event("training_completed", payload={"share": 2}), 422, "type", "/payload/share", "0 to 1", id="too much"),
        pytest.param(
            event("account_churned", payload={"reason": "prize"}), 422, "fact", "/payload", "did you mean 'price'?", id="an unknown reason"
        ),
        pytest.param(
            event("cat_fed", payload={"a.b": 1}), 422, "string_pattern_mismatch", "/payload/a.b", "pattern", id="a field with a dot"
        ),
        pytest.param(
            event("cat_fed", payload={f"field_{number}": 1 for number in range(101)}), 422, "too_long", "/payload", "at most 100",
            id="101 fields",
        ),
    ],
)  # fmt: skip
def test_an_event_with_a_fault_is_refused(
    refusing: Installation, body: dict[str, Any], status: int, code: str, pointer: str, words: str
) -> None:
    errors = refused(refusing.client.post(EVENTS, json=body), status, code, words)["errors"]
    assert [error["pointer"] for error in errors[:1]] == ([pointer] if errors else [])


def test_an_event_that_nobody_declared_is_kept_and_nothing_follows(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    quick_installation.take_turn(quick_installation.nudges[0])
    before, told = stored(quick_installation.database), len(quick_installation.nudges)
    answer = quick_installation.client.post(EVENTS, json=event("setup_complete", payload={"who": {"name": "Ann"}, "when": [1, None]}))
    assert answer.status_code == 202
    assert answer.json() == {
        "id": "e1", "duplicate": False, "unmatched": True,
        "hint": "no event is declared as 'setup_complete'; did you mean 'setup_completed'?",
    }  # fmt: skip
    after = stored(quick_installation.database)
    assert len(after.pop("events")) == len(before.pop("events")) + 1
    assert after["enrollments"] == before["enrollments"]
    assert after["notices"] == before["notices"]
    assert len(quick_installation.nudges) == told


def test_an_event_of_long_ago_is_known_under_its_own_day(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    answer = quick_installation.client.post(EVENTS, json=event("first_value_reached", occurred_at="2024-03-01T23:30:00Z"))
    assert answer.status_code == 202
    assert quick_installation.client.get("/v1/accounts/acme").json()["facts"]["first_value_on"] == "2024-03-02"  # in Berlin


def test_a_clock_that_is_a_little_ahead_is_forgiven(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    assert quick_installation.client.post(EVENTS, json=event(occurred_at="2026-01-05T09:05:00Z")).status_code == 202


def test_the_same_event_may_write_its_moment_and_its_members_differently(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    client = quick_installation.client
    assert client.post(EVENTS, json=event(occurred_at="2026-01-05T08:00:00Z")).json()["duplicate"] is False
    again = client.post(EVENTS, json={"occurred_at": "2026-01-05T09:00:00+01:00", **event()})
    assert (again.status_code, again.json()["duplicate"]) == (200, True)


@pytest.mark.parametrize("change", [{"name": "plan_accepted"}, {"account": "other"}, {"contact": "acme-ann"}])
def test_the_same_id_with_other_contents_is_a_conflict_and_changes_nothing(
    quick_installation: Installation, change: dict[str, Any]
) -> None:
    quick_installation.sign_up()
    quick_installation.sign_up("other")
    assert quick_installation.client.post(EVENTS, json=event()).status_code == 202
    before = stored(quick_installation.database)
    refused(quick_installation.client.post(EVENTS, json=event(**change)), 409, "event_conflict", "a new event needs an id of its own")
    assert stored(quick_installation.database) == before


def test_an_account_sent_with_an_event_changes_as_if_it_had_been_sent_alone(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    quick_installation.take_turn(quick_installation.nudges[0])
    quick_installation.clock.pass_by(days=1)
    quick_installation.take_turn(quick_installation.nudges[0])
    account = {"id": "acme", "owner": "engineer", "tags": ["pilot"], "facts": {"industry": "retail"}}
    answer = quick_installation.client.post(EVENTS, json=event(account=account))
    assert answer.status_code == 202, answer.text
    known = quick_installation.client.get("/v1/accounts/acme").json()
    assert (known["owner"], known["tags"], known["facts"]["industry"]) == ("engineer", ["pilot"], "retail")
    tasks = quick_installation.client.get("/v1/tasks?state=open").json()["items"]
    assert tasks
    assert {task["assignee_id"] for task in tasks if task["role"] == "csm"} == {"engineer"}


def test_a_moved_contract_date_reaches_the_renewal_run(quick_installation: Installation) -> None:
    begins = date(2025, 3, 1)
    term = {"id": "acme-1", "starts_on": begins.isoformat(), "ends_on": "2026-03-01"}
    quick_installation.sign_up(contract=term)
    client = quick_installation.client
    run = client.post("/v1/enrollments", json={"journey": "renewal", "account": "acme", "by": "csm"}).json()
    nudge = next(nudge for nudge in quick_installation.nudges if nudge.order.run_id == run["id"])
    quick_installation.take_turn(nudge)
    wakes = client.get(f"/v1/enrollments/{run['id']}").json()["wake_at"]
    quick_installation.nudges.clear()
    moved = {**term, "ends_on": (date(2026, 3, 1) + timedelta(days=120)).isoformat()}
    assert client.post(EVENTS, json=event(contract=moved)).status_code == 202
    assert run["id"] in {nudge.order.run_id for nudge in quick_installation.nudges}
    quick_installation.take_turn(nudge)
    assert client.get(f"/v1/enrollments/{run['id']}").json()["wake_at"] > wakes


# Batches


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({}, 422, "missing", "'events' is missing"),
        ({"events": []}, 422, "too_short", "at least 1 item"),
        ({"events": {}}, 422, "list_type", "a list was expected"),
        ({"events": [{}] * 501}, 413, "batch_too_large", "at most 500 events"),
        ({"events": [{}], "dry_run": True}, 422, "unknown_field", "'dry_run' is not known here"),
    ],
)
def test_a_batch_that_is_none_is_refused(refusing: Installation, body: dict[str, Any], status: int, code: str, words: str) -> None:
    refused(refusing.client.post(BATCH, json=body), status, code, words)


def test_each_event_of_a_batch_stands_for_itself(installation: Installation) -> None:
    installation.sign_up()
    sent = [
        event(id="e1"),
        event(id="e1"),
        event(id="e1", name="plan_accepted"),
        event(id="e2", account="nobody"),
        event(id="e3", nmae=1),
        event("training_completed", id="e4", payload={"share": 2}),
        event("cat_fed", id="e5"),
        event(id="e6", occurred_at="2030-01-01T00:00:00Z"),
        event(id="e7", contract=contract(starts_on="2027-01-05")),
        "e8",
        {"name": "setup_completed"},
        event("plan_accepted", id="e9"),
    ]
    answer = installation.client.post(BATCH, json={"events": sent})
    assert answer.status_code == 207
    items = answer.json()["items"]
    assert [(item["id"], item["status"], [(error["pointer"], error["code"]) for error in item["errors"]]) for item in items] == [
        ("e1", 202, []),
        ("e1", 200, []),
        ("e1", 409, [("", "event_conflict")]),
        ("e2", 404, [("", "account_not_found")]),
        ("e3", 422, [("/nmae", "unknown_field")]),
        ("e4", 422, [("/payload/share", "type")]),
        ("e5", 202, []),
        ("e6", 422, [("/occurred_at", "range")]),
        ("e7", 422, [("/contract/ends_on", "range")]),
        (None, 422, [("", "object_type")]),
        (None, 422, [("/id", "missing"), ("/account", "missing")]),
        ("e9", 202, []),
    ]
    assert items[1]["event"]["duplicate"] is True
    assert items[4]["errors"][0]["message"] == "'nmae' is not known here; did you mean 'name'?"
    assert items[6]["event"]["unmatched"] is True
    with installation.database.read() as session:
        told = set(session.execute(select(table(EventRow).c.id)).scalars())
    assert told == {"signup-acme", "e1", "e5", "e9"}


def test_a_batch_may_be_sent_packed(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    packed = gzip.compress(json.dumps({"events": [event(id=f"e{number}") for number in range(30)]}).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = quick_installation.client.post(BATCH, content=packed, headers=headers)
    assert [item["status"] for item in answer.json()["items"]] == [202] * 30
