"""A POST that is sent again under its Idempotency-Key has taken effect once (bad-input catalogue, row 17)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from database.tables import HoldRow, IdempotencyKeyRow, table
from tests.api.refusals import refused, stored
from tests.api.staging import onboard, only
from tests.installation import Installation

HOLDS = "/v1/accounts/acme/holds"
HOLD = {"by": "csm", "reason": "They move"}
KEY = {"Idempotency-Key": "k1"}


def count(installation: Installation, model: Any) -> int:
    with installation.database.read() as session:
        found: int = session.execute(select(func.count()).select_from(table(model))).scalar_one()
        return found


def test_the_first_answer_is_given_again_and_nothing_happens_again(installation: Installation) -> None:
    installation.sign_up()
    first = installation.client.post(HOLDS, json=HOLD, headers=KEY)
    assert (first.status_code, "idempotent-replayed" in first.headers) == (201, False)
    told = len(installation.nudges)
    again = installation.client.post(HOLDS, json=HOLD, headers=KEY)
    assert (again.status_code, again.content, again.headers["content-type"]) == (201, first.content, first.headers["content-type"])
    assert again.headers["idempotent-replayed"] == "true"
    assert count(installation, HoldRow) == 1
    assert len(installation.nudges) == told


def test_without_a_key_or_with_another_it_is_another_request(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    for headers in ({}, {}, KEY, {"Idempotency-Key": "k2"}):
        assert quick_installation.client.post(HOLDS, json=HOLD, headers=headers).status_code == 201
    assert count(quick_installation, HoldRow) == 4


def test_the_key_of_one_sender_and_address_is_nothing_to_others(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    quick_installation.sign_up("other")
    another = quick_installation.client_with(quick_installation.key("enrollments:write", "act_for_people"))
    ids = {
        client.post(path, json=HOLD, headers=KEY).json()["id"]
        for client, path in (
            (quick_installation.client, HOLDS), (quick_installation.client, "/v1/accounts/other/holds"), (another, HOLDS),
        )
    }  # fmt: skip
    assert len(ids) == 3


def test_a_key_that_is_used_again_for_something_else_is_refused(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    quick_installation.client.post(HOLDS, json=HOLD, headers=KEY)
    before = stored(quick_installation.database)
    other = quick_installation.client.post(HOLDS, json={**HOLD, "reason": "Other"}, headers=KEY)
    refused(other, 422, "idempotency_key_reused", "a new request needs a new key")
    assert stored(quick_installation.database) == before


def test_what_was_refused_may_be_sent_again_under_its_key(quick_installation: Installation) -> None:
    body = {"by": "csm", "reason": "They move", "journey": "onboarding"}
    refused(quick_installation.client.post(HOLDS, json=body, headers=KEY), 404, "account_not_found")
    assert count(quick_installation, IdempotencyKeyRow) == 0
    quick_installation.sign_up()
    assert quick_installation.client.post(HOLDS, json=body, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", [b"", b" ", b"k" * 256, b"k 1", "kö".encode("latin-1"), "k\u20ac".encode()])
def test_a_key_that_is_none_is_refused(refusing: Installation, key: bytes) -> None:
    answer = refusing.client.post(HOLDS, json=HOLD, headers={b"Idempotency-Key": key})
    refused(answer, 400, "idempotency_key", "1 to 255 visible ASCII characters")


def test_answers_are_kept_for_seven_days(installation: Installation) -> None:
    installation.sign_up()
    first = installation.client.post(HOLDS, json=HOLD, headers=KEY).json()["id"]
    installation.clock.pass_by(days=7)
    assert installation.client.post(HOLDS, json=HOLD, headers=KEY).json()["id"] == first
    installation.clock.pass_by(seconds=1)
    installation.client.post(HOLDS, json=HOLD, headers={"Idempotency-Key": "k2"})
    assert count(installation, IdempotencyKeyRow) == 1, "what is older is thrown away by whoever comes next"
    assert installation.client.post(HOLDS, json=HOLD, headers=KEY).json()["id"] != first


def test_a_repetition_that_comes_while_the_first_is_under_way_waits_for_its_answer(installation: Installation) -> None:
    installation.sign_up()
    with ThreadPoolExecutor(12) as senders:
        answers = list(senders.map(lambda _: installation.client.post(HOLDS, json=HOLD, headers=KEY), range(24)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(answer.headers.get("idempotent-replayed", "") for answer in answers) == [""] + ["true"] * 23
    assert count(installation, HoldRow) == 1


def test_a_hold_is_answered_again_after_it_has_run_out(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    hold = {**HOLD, "until": "2026-01-06T09:00:00Z"}
    first = quick_installation.client.post(HOLDS, json=hold, headers=KEY)
    quick_installation.clock.pass_by(days=2)
    assert quick_installation.client.post(HOLDS, json=hold, headers=KEY).content == first.content
    refused(quick_installation.client.post(HOLDS, json=hold), 422, "range", "lies in the past")


def test_a_batch_gets_its_first_answer_again(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    batch = {"events": [{"id": "e1", "name": "setup_completed", "account": "acme"}, {"id": "e2"}]}
    first = quick_installation.client.post("/v1/events/batch", json=batch, headers=KEY)
    again = quick_installation.client.post("/v1/events/batch", json=batch, headers=KEY)
    assert (again.status_code, again.content) == (207, first.content)
    assert [item["status"] for item in again.json()["items"]] == [202, 422]


def test_an_event_gets_its_first_answer_again(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    event = {"id": "e1", "name": "setup_completed", "account": "acme"}
    first = quick_installation.client.post("/v1/events", json=event, headers=KEY)
    assert (first.status_code, first.json()["duplicate"]) == (202, False)
    again = quick_installation.client.post("/v1/events", json=event, headers=KEY)
    assert (again.status_code, again.json()["duplicate"]) == (202, False)
    without = quick_installation.client.post("/v1/events", json=event)
    assert (without.status_code, without.json()["duplicate"]) == (200, True)


def test_a_task_that_was_completed_answers_its_repetition_as_the_first_time(quick_installation: Installation) -> None:
    onboard(quick_installation, days=1)
    path = f"/v1/tasks/{only(quick_installation, 'tasks', step='task-welcome-call')['id']}/complete"
    first = quick_installation.client.post(path, json={"by": "csm"}, headers=KEY)
    again = quick_installation.client.post(path, json={"by": "csm"}, headers=KEY)
    assert (again.status_code, again.content) == (200, first.content)
    refused(quick_installation.client.post(path, json={"by": "csm"}), 409, "not_open", "this task is done already")


def test_the_same_new_things_told_at_the_same_moment_are_one(installation: Installation) -> None:
    event = {"id": "e1", "name": "signed_up", "account": {"id": "nova", "name": "Nova Ltd", "time_zone": "Europe/Berlin"}}
    account = {"name": "Nova Ltd", "time_zone": "Europe/Berlin"}
    with ThreadPoolExecutor(12) as senders:
        told = [senders.submit(installation.client.post, "/v1/events", json=event) for _ in range(8)]
        put = [senders.submit(installation.client.put, "/v1/accounts/nova", json=account) for _ in range(8)]
        statuses = [sent.result().status_code for sent in told], [sent.result().status_code for sent in put]
    assert sorted(statuses[0]) == [200] * 7 + [202]
    assert set(statuses[1]) <= {200, 201}
    assert len(installation.client.get("/v1/enrollments").json()["items"]) == 1
