"""A journey in shadow on live customers, with a worker and Temporal: nothing gets out, and virtual time records the same."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select

from activities import moving
from database import definitions
from database.engine import Database
from database.tables import EnrollmentRow, FollowUpRow, MessageRow, TaskRow, table
from domain.moving import Choices
from domain.simulation import World
from runtime import folders
from tests.e2e.conductor import START, Conductor, stage, telling
from tests.e2e.scripts import HAPPY, a_world_like, prepare
from tests.installation import ROOT

DAYS = timedelta(days=60)  # health falls after that, and its escalation is the house's, not a journey's
SCRIPT = tuple(each for each in HAPPY if each[0] < 60)


def texts_with(shadow: str, *journeys: str) -> dict[tuple[str, str], str]:
    """Everything of this repository, with these journeys in shadow."""
    texts = folders.read(ROOT)
    for name in journeys or [name for kind, name in texts if kind == "journey"]:
        texts["journey", name] = texts["journey", name].replace("\nanchor:", f"\nshadow: {shadow}\nanchor:", 1)
    return texts


def publish(conductor: Conductor, texts: dict[tuple[str, str], str]) -> None:
    with conductor.database.write() as session:
        definitions.publish(session, texts, conductor.clock.now)


async def go_live(conductor: Conductor, where_not: str) -> None:
    """Onboarding leaves the shadow but for some, also for the runs under way."""
    publish(conductor, texts_with(where_not, "onboarding"))
    installation = conductor.installation
    with conductor.database.write() as session:
        rows = session.execute(select(table(EnrollmentRow)).where(table(EnrollmentRow).c.ended_at.is_(None))).all()
        of = {row.id: row.account_id for row in rows}
        for ledger in moving.order(session, installation.office, of, Choices("move_now"), conductor.clock.now):
            installation.nudge(ledger.nudges.values())
    await conductor.settle()


async def recorded(conductor: Conductor, account: str = "") -> list[tuple[Any, ...]]:
    """What was in shadow, as virtual time has it."""
    found = await conductor.every("shadow", **{"account": account} if account else {})
    return sorted((each["at"], each["journey"], each["step"], each["visit"], each["kind"], each["recipient"]) for each in found)


def simulated(world: World) -> list[tuple[Any, ...]]:
    return sorted(
        (f"{touch.at:%Y-%m-%dT%H:%M:%SZ}", touch.journey, touch.step, touch.visit, touch.kind, touch.recipient) for touch in world.shadows
    )


async def test_two_months_in_shadow_send_nothing_and_are_recorded_as_they_are_simulated(database: Database) -> None:
    async with stage(database, "prompt") as conductor:
        publish(conductor, texts_with("yes"))
        await prepare(conductor, 90_000)
        world = a_world_like(conductor, "prompt")
        for days, name, payload in SCRIPT:
            moment = START + timedelta(days=days)
            conductor.at(moment, telling(name, "acme", **payload))
            world.at(moment, partial(World.event, name=name, payload=payload))
        end = START + DAYS
        world.play(end)
        await conductor.play(end)
        assert await recorded(conductor) == simulated(world) != []
        assert [conductor.sendgrid.accepted, conductor.slack.accepted] == [[], []]
        with conductor.database.read() as session:
            counts = [session.execute(select(func.count()).select_from(table(model))).scalar_one() for model in (TaskRow, FollowUpRow)]
            states = set(session.execute(select(table(MessageRow).c.state)).scalars())
            runs = session.execute(select(table(EnrollmentRow).c.shadow)).scalars().all()
        assert counts == [0, 0]
        assert states <= {"shadowed", "withdrawn", "failed", "skipped", "planned"}
        assert runs
        assert all(runs)


async def test_going_live_for_a_segment_begins_with_the_next_step_of_its_runs(database: Database) -> None:
    async with stage(database) as conductor:
        publish(conductor, texts_with("yes", "onboarding"))
        conductor.installation.sign_up("acme", 90_000)
        conductor.installation.sign_up("beta", 6_000)
        await conductor.play_days(1)
        before, of_beta = await recorded(conductor), await recorded(conductor, "beta")
        assert {each[2] for each in before} >= {"send-welcome"}
        assert conductor.sendgrid.accepted == []
        await go_live(conductor, 'account.segment != "smb"')
        await conductor.play_days(6)
        sent = await conductor.every("messages", state="accepted")
        assert {each["account_id"] for each in sent} == {"beta"}
        assert "send-welcome" not in {each["step"] for each in sent}, "what is past is not sent after all"
        assert "send-setup-guide" in {each["step"] for each in sent}
        assert await recorded(conductor, "beta") == of_beta
        assert len(await recorded(conductor, "acme")) > len(before) - len(of_beta)
        runs = await conductor.every("enrollments", live="true")
        assert {run["account_id"] for run in runs if run["journey"] == "onboarding"} == {"acme", "beta"}
        with conductor.database.read() as session:
            rows = session.execute(select(table(EnrollmentRow)).where(table(EnrollmentRow).c.journey == "onboarding")).all()
        assert {row.account_id: row.shadow for row in rows} == {"acme": True, "beta": False}
