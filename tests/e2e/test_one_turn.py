"""What is ordered or told while a run waits for a month is done in one turn: one signal, one activity, and no timer is waited for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.api.enums.v1 import EventType

from database import definitions
from database.engine import Database
from database.tables import MessageRow, table
from domain.protocol import enrollment_workflow_id
from runtime import folders
from tests.e2e.conductor import START, Conductor, stage
from tests.installation import ROOT

BY = {"by": "csm", "why": "they asked for it"}

PATIENCE = """
journey: patience
title: A month of patience
for: account
starts: {manual: true, reenter: never}
anchor: contract.starts_on
class: onboarding
steps:
  - {id: hello, send: welcome, to: champion}
  - {id: rest, wait: until day 30}
  - {id: after, post: wins}
"""
ASKING = """
journey: asking
title: A question
for: account
starts: {manual: true, reenter: never}
anchor: start
class: onboarding
steps:
  - {id: hello, send: welcome, to: champion}
  - {id: answer, wait_for: mail_replied, within: 7 days, otherwise: [{id: unanswered, task: Call them, owner: csm, sla: P4}]}
  - branch: replied
    cases:
      - {when: steps.answer.outcome == "heard" and steps.hello.replied, steps: [{id: thanks, task: Thank them, owner: csm, sla: P4}]}
      - else: []
"""


def publish(conductor: Conductor) -> None:
    texts = {**folders.read(ROOT), ("journey", "patience"): PATIENCE, ("journey", "asking"): ASKING}
    with conductor.database.write() as session:
        definitions.publish(session, texts, conductor.clock.now)


async def enroll(conductor: Conductor, journey: str, account: str = "acme") -> str:
    body = {"journey": journey, "account": account, "by": "csm"}
    run = await conductor.call("POST", "/v1/enrollments", body)
    await conductor.settle()
    return str(run["id"])


async def happened(conductor: Conductor, journey: str, run: str) -> Counter[str]:
    """How often Temporal's history of a run has each kind of event."""
    history = await conductor.client.get_workflow_handle(enrollment_workflow_id(journey, run)).fetch_history()
    return Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events)


@pytest.mark.parametrize(
    ("method", "path", "body", "step", "until"),
    [
        ("POST", "/v1/enrollments/{run}/exit", BY, None, None),
        ("POST", "/v1/enrollments/{run}/hold", {**BY, "until": "2030-01-28T09:00:00Z"}, "rest", "2030-01-28T09:00:00"),
        ("POST", "/v1/enrollments/{run}/skip", {**BY, "step": "rest"}, None, None),
        ("PUT", "/v1/accounts/acme/contracts/acme-1", {"starts_on": "2030-01-21"}, "rest", "2030-02-20T08:00:00"),
    ],
    ids=["exit", "hold", "skip", "moved date"],
)
async def test_an_order_in_a_month_of_waiting_is_one_signal_and_one_activity(
    method: str, path: str, body: dict[str, Any], step: str | None, until: str | None, database: Database
) -> None:
    async with stage(database) as conductor:
        publish(conductor)
        conductor.installation.sign_up()
        await conductor.settle()
        for each in (await conductor.call("GET", "/v1/enrollments?account=acme&live=true"))["items"]:
            await conductor.call("POST", f"/v1/enrollments/{each['id']}/exit", BY)
        run = await enroll(conductor, "patience")
        await conductor.play_days(3)
        before, moment = await happened(conductor, "patience", run), conductor.clock.now
        await conductor.call(method, path.format(run=run), body)
        await conductor.settle()
        after = await happened(conductor, "patience", run) - before
        assert (after["WORKFLOW_EXECUTION_SIGNALED"], after["ACTIVITY_TASK_SCHEDULED"], after["TIMER_FIRED"]) == (1, 1, 0)
        assert (conductor.clock.now, abs(await conductor.env.get_current_time() - moment) < timedelta(minutes=1)) == (moment, True)
        found = await conductor.call("GET", f"/v1/enrollments/{run}")
        assert ([each["step"] for each in found["positions"]], found["wake_at"]) == ([step] if step else [], until and f"{until}Z")
        assert (found["ended_at"] is None) is (step is not None)


@pytest.mark.parametrize("resume", ["shift", "skip", "send"])
async def test_a_reply_during_a_hold_takes_its_branch_on_resume(resume: str, database: Database) -> None:
    """Also where the time to reply is up before the hold ends: it came in time."""
    async with stage(database) as conductor:
        publish(conductor)
        conductor.installation.sign_up(arr=6_000)
        run = await enroll(conductor, "asking")
        await conductor.play_days(2)
        await conductor.call("POST", f"/v1/enrollments/{run}/hold", {**BY, "resume": resume})
        await conductor.play_days(2)
        await conductor.tell("mail_replied", "acme", message_id=mail_of(conductor, run), text="Thursday?")
        await conductor.play_days(16)
        assert tasks_of(await conductor.call("GET", "/v1/tasks?account=acme"), run) == [], "a held run asks nobody for anything"
        await conductor.call("POST", f"/v1/enrollments/{run}/resume", BY)
        await conductor.settle()
        assert conductor.clock.now == START + timedelta(days=20)
        assert tasks_of(await conductor.call("GET", "/v1/tasks?account=acme"), run) == [("thanks", conductor.clock.now)]


def mail_of(conductor: Conductor, run: str) -> str:
    messages = table(MessageRow)
    with conductor.database.read() as session:
        return str(session.execute(select(messages.c.id).where(messages.c.run_id == run, messages.c.state == "accepted")).scalar_one())


def tasks_of(page: dict[str, Any], run: str) -> list[tuple[str, datetime]]:
    found = [each for each in page["items"] if each["enrollment_id"] == run]
    return [(each["step"], datetime.fromisoformat(each["created_at"]).astimezone(UTC)) for each in found]
