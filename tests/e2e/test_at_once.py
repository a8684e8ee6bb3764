"""What people order and CS ops publish while a run waits: heard at once, and by nobody else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from temporalio.client import WorkflowExecutionStatus

from activities import foreseeing, moving
from activities.view import View
from database import definitions
from database.engine import Database
from database.tables import EnrollmentRow, FollowUpRow, table
from domain.moving import Choices, InFlight
from domain.protocol import SEARCH_ATTRIBUTES, enrollment_workflow_id, follow_up_workflow_id
from runtime import folders
from tests.e2e.conductor import Conductor, stage
from tests.installation import ROOT

CSM = {"by": "csm", "why": "they asked for it"}


async def the_live(conductor: Conductor, account: str, journey: str = "onboarding") -> dict[str, Any]:
    found = await conductor.call("GET", f"/v1/enrollments?account={account}&journey={journey}&live=true")
    return dict(await conductor.call("GET", f"/v1/enrollments/{found['items'][0]['id']}"))


async def order(conductor: Conductor, enrollment: dict[str, Any], what: str, **more: Any) -> dict[str, Any]:
    """The enrollment after an order, at the same moment of the clock."""
    moment = conductor.clock.now
    await conductor.call("POST", f"/v1/enrollments/{enrollment['id']}/{what}", {**CSM, **more})
    await conductor.settle()
    assert conductor.clock.now == moment
    return dict(await conductor.call("GET", f"/v1/enrollments/{enrollment['id']}"))


def subjects(conductor: Conductor) -> list[str]:
    return [delivery.subject for delivery in conductor.sendgrid.accepted]


def standing(enrollment: dict[str, Any]) -> dict[str, str]:
    return {each["track"]: each["step"] for each in enrollment["positions"]}


async def test_an_exit_ends_a_waiting_run_at_once_and_nothing_more_is_sent(database: Database) -> None:
    async with stage(database) as conductor:
        conductor.installation.sign_up()
        await conductor.play_days(3)
        run = await the_live(conductor, "acme")
        sent = subjects(conductor)
        ended = await order(conductor, run, "exit")
        assert ended["ended_why"] == "they asked for it (by csm)"
        handle = conductor.client.get_workflow_handle(enrollment_workflow_id("onboarding", run["id"]))
        assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED
        assert (await conductor.call("GET", "/v1/tasks?account=acme&state=open"))["items"] == []
        await conductor.play_days(40)
        assert subjects(conductor) == sent
        await conductor.call("POST", f"/v1/enrollments/{run['id']}/exit", CSM, status=(409,))


async def test_what_was_answered_during_a_hold_takes_its_branch_on_resume(database: Database) -> None:
    async with stage(database) as conductor:
        conductor.installation.sign_up(arr=6_000)
        await conductor.play_days(3)
        run = await the_live(conductor, "acme")
        assert standing(run)["setup"] == "setup"
        held = await order(conductor, run, "hold")
        assert held["held"]
        sent = subjects(conductor)
        await conductor.play_days(2)
        await conductor.tell("setup_completed", "acme")
        await conductor.play_days(4)
        assert subjects(conductor) == sent, "nothing leaves while it is held"
        resumed = await order(conductor, run, "resume")
        assert not resumed["held"]
        await conductor.play_days(2)
        steps = {message["step"] for message in await conductor.every("messages", account="acme")}
        assert "send-setup-done" in steps
        assert "send-setup-help" not in steps


async def test_a_skip_goes_on_from_a_waiting_step_at_once(database: Database) -> None:
    async with stage(database) as conductor:
        conductor.installation.sign_up()
        await conductor.play_days(3)
        run = await the_live(conductor, "acme")
        assert standing(run)["setup"] == "setup"
        skipped = await order(conductor, run, "skip", step="setup")
        assert standing(skipped).get("setup") != "setup"
        assert {track: step for track, step in standing(skipped).items() if track != "setup"} == {
            track: step for track, step in standing(run).items() if track != "setup"
        }
        await conductor.call("POST", f"/v1/enrollments/{run['id']}/skip", {**CSM, "step": "setup"}, status=(409,))


async def test_a_moved_start_moves_every_day_that_lies_ahead_at_once(database: Database) -> None:
    async with stage(database) as conductor:
        event = conductor.installation.sign_up(arr=6_000)
        await conductor.play_days(1)
        run = await the_live(conductor, "acme")
        until = {each["track"]: each["until"] for each in run["positions"]}
        assert until["setup"].startswith("2030-01-09")
        await conductor.call("PUT", f"/v1/accounts/acme/contracts/{event['contract']['id']}", {"starts_on": "2030-01-14"})
        await conductor.settle()
        moved = await the_live(conductor, "acme")
        assert moved["anchor_on"] == "2030-01-14"
        assert {each["track"]: each["until"] for each in moved["positions"]}["setup"].startswith("2030-01-16")
        description = await conductor.client.get_workflow_handle(enrollment_workflow_id("onboarding", run["id"])).describe()
        assert description.status is WorkflowExecutionStatus.RUNNING


async def test_a_run_stays_on_its_version_when_another_is_published(database: Database) -> None:
    texts = folders.read(ROOT)
    changed = texts["journey", "onboarding"].replace("{send: setup-guide, at: day 2,", "{send: setup-guide, at: day 4,")
    assert changed != texts["journey", "onboarding"]
    async with stage(database) as conductor:
        conductor.installation.sign_up("acme", 6_000)
        await conductor.settle()
        with conductor.database.write() as session:
            (change,) = definitions.publish(session, {**texts, ("journey", "onboarding"): changed}, conductor.clock.now)
        assert (change.name, change.version) == ("onboarding", 2)
        conductor.installation.sign_up("beta", 6_000)
        await conductor.settle()
        runs = {account: await the_live(conductor, account) for account in ("acme", "beta")}
        assert {account: run["version"] for account, run in runs.items()} == {"acme": 1, "beta": 2}
        await conductor.play_days(5)
        sent = await conductor.every("messages")
        guides = {message["account_id"]: message["settled_at"][:10] for message in sent if message["step"] == "send-setup-guide"}
        assert guides == {"acme": "2030-01-09", "beta": "2030-01-11"}


async def test_runs_move_to_a_newer_version_at_once_or_when_they_have_gone_on(database: Database) -> None:
    texts = folders.read(ROOT)
    later = texts["journey", "onboarding"].replace("{send: setup-guide, at: day 2,", "{send: setup-guide, at: day 4,")
    changed = {**texts, ("journey", "onboarding"): later}
    async with stage(database) as conductor:
        for account in ("acme", "beta", "gamma"):
            conductor.installation.sign_up(account, 6_000)
        await conductor.settle()
        runs = {account: (await the_live(conductor, account))["id"] for account in ("acme", "beta", "gamma")}
        office, now = conductor.installation.office, conductor.clock.now
        with conductor.database.read() as session:
            seen = foreseeing.of(View(session, office, now), changed, Choices("move_now"))
        assert [run.becomes for run in seen.runs] == ["moves"] * 3
        chosen: dict[str, InFlight] = {"acme": "move_now", "beta": "move", "gamma": "drain"}
        with conductor.database.write() as session:
            definitions.publish(session, changed, now)
            for account, in_flight in chosen.items():
                for ledger in moving.order(session, office, {runs[account]: account}, Choices(in_flight), now):
                    conductor.installation.nudge(ledger.nudges.values())
        await conductor.settle()
        versions = {account: (await the_live(conductor, account))["version"] for account in runs}
        assert versions == {"acme": 2, "beta": 1, "gamma": 1}
        await conductor.play_days(6)
        versions = {account: (await the_live(conductor, account))["version"] for account in runs}
        assert versions == {"acme": 2, "beta": 2, "gamma": 1}
        sent = await conductor.every("messages")
        guides = sorted((each["account_id"], each["settled_at"][:10]) for each in sent if each["step"] == "send-setup-guide")
        assert guides == [("acme", "2030-01-11"), ("beta", "2030-01-11"), ("gamma", "2030-01-09")]


async def test_temporal_is_told_nothing_personal(database: Database) -> None:
    """Neither its search attributes nor its histories hold a name or an address, whatever was sent and answered."""
    async with stage(database, "prompt") as conductor:
        conductor.installation.sign_up(arr=6_000)
        await conductor.play_days(9)
        await conductor.tell("setup_completed", "acme")
        await conductor.play_days(5)
        with conductor.database.read() as session:
            ids = [enrollment_workflow_id(row.journey, row.id) for row in session.execute(select(table(EnrollmentRow)))]
            ids += [follow_up_workflow_id(row.id) for row in session.execute(select(table(FollowUpRow)))]
        assert len(ids) >= 2
        for id in ids:
            handle = conductor.client.get_workflow_handle(id)
            history = (await handle.fetch_history()).to_json()
            attributes = {pair.key.name: pair.value for pair in (await handle.describe()).typed_search_attributes}
            assert set(attributes) <= {*SEARCH_ATTRIBUTES, "BuildIds"}
            for personal in ("Ann", "Okafor", "example.com", "Acme Ltd", "cara"):
                assert personal not in history + str(attributes), f"{id} holds {personal!r}"
