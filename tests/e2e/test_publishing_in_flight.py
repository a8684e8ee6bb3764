"""A hundred runs in flight when their journeys are changed: what the preview said is what happens, and what made it otherwise is named."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from activities import reviewing
from activities.foreseeing import Impact
from activities.reviewing import Review
from database.engine import Database
from domain.foreseeing import DAY
from domain.moving import CANCELLED, GONE, Choices, InFlight
from runtime import folders, publishing
from tests.e2e.conductor import START, Conductor, stage
from tests.installation import ROOT

BEFORE = """
journey: {name}
title: Visits
for: account
starts: {{manual: true, reenter: never}}
anchor: start
class: onboarding
steps:
  - {{send: visit, at: day 1, to: champion}}
  - {{task: visit-them, owner: csm, sla: P4, wait: 3 days}}
  - {{approval: second-visit, by: director, within: 4 days, otherwise: send}}
  - wait_for: setup_completed
    within: 3 days
    otherwise: [{{post: visits, to: csm}}]
  - {{send: visit, id: farewell, at: day 11, to: champion, when: not account.setup_completed_on}}
"""
AFTER = """
journey: {name}
title: Visits
for: account
starts: {{manual: true, reenter: never}}
anchor: start
class: onboarding
steps:
  - {{send: visit, at: day 2, to: champion}}
  - {{task: call-them, owner: csm, sla: P4, wait: 4 days}}
  - {{wait: 12 hours}}
  - wait_for: setup_completed
    within: 2 days
    otherwise: [{{post: visits, to: director}}, {{task: unvisited, owner: csm, sla: P4}}]
  - {{send: visit, id: farewell, at: day 13, to: champion, when: not account.setup_completed_on}}
tracks:
  beside:
    - {{post: visits, id: beside, to: marketing, at: day 9}}
"""
CHOICES: dict[str, InFlight] = {"drained": "drain", "pinned": "pin", "moving": "move", "moving-now": "move_now", "cancelled": "cancel"}
CHOSEN = Choices(of=CHOICES, maps={name: {"task-visit-them": "task-call-them"} for name in ("moving", "moving-now")})
ACCOUNTS = 20
WORDS = {
    "email/visit": '---\nsubject: "A visit"\npreview: We come by\ntopic: start\n---\n\nHello {{ contact.first_name }}.\n',
    "slack/visits": '---\nsubject: "Visited"\n---\n\nVisited.\n',
    **{f"tasks/{name}": '---\ntitle: "Visit them"\n---\n\nGo.\n' for name in ("visit-them", "call-them", "unvisited")},
}
LADDERS = ("slack/escalation", "slack/escalation-reminder", "slack/task-reminder")
STUB = "journey: {}\ntitle: Any\nfor: account\nstarts: {{manual: true, reenter: always}}\nanchor: start\nclass: save\nsteps: [{{wait: 1 day}}]\n"
Texts = dict[tuple[str, str], str]


def texts(journeys: str) -> Texts:
    """The house of this repository with five journeys, in which nobody gets too much mail: that is another test's."""
    found: Texts = {}
    for (kind, name), text in folders.read(ROOT).items():
        if kind == "journey":
            found[kind, name] = STUB.format(name)
        elif kind == "policy" or name in LADDERS or name.startswith("layouts/"):
            found[kind, name] = re.sub(r"_a_(day|week): \d+", r"_a_\1: 1000", text) if name == "contact" else text
    found |= {("template", name): text for name, text in WORDS.items()}
    return found | {("journey", name): journeys.format(name=name) for name in CHOICES}


@asynccontextmanager
async def runs_in_flight(database: Database, accounts: int, days: float) -> AsyncIterator[Conductor]:
    """Five journeys of each of these accounts, each account so many days further than the next."""
    async with stage(database) as conductor:
        await asyncio.to_thread(publishing.publish, database, texts(BEFORE), conductor.clock.now, Choices())
        for number in range(accounts):
            await conductor.play(START + number * timedelta(days=days))
            await asyncio.to_thread(conductor.installation.sign_up, f"a{number:02}")
            for name in CHOICES:
                await conductor.call("POST", "/v1/enrollments", {"journey": name, "account": f"a{number:02}", "by": "csm"})
        await conductor.settle()
        live = await conductor.every("enrollments", live="true")
        assert len(live) == accounts * len(CHOICES)
        yield conductor


async def publish(conductor: Conductor) -> Impact:
    """A change of the steps, with another policy for the runs of each journey."""
    seen = await asyncio.to_thread(publishing.preview, conductor.database, texts(AFTER), conductor.clock.now, CHOSEN)
    done = await asyncio.to_thread(publishing.publish, conductor.database, texts(AFTER), conductor.clock.now, CHOSEN, seen.token)
    conductor.installation.nudge(done.nudges)
    await conductor.settle()
    return seen


def review(conductor: Conductor) -> Review:
    with conductor.database.read() as session:
        return reviewing.review(session, None, conductor.clock.now)


async def test_with_the_outside_world_still_what_was_previewed_is_what_happens(database: Database) -> None:
    async with runs_in_flight(database, ACCOUNTS, 0.5) as conductor:
        seen = await publish(conductor)
        assert len(seen.runs) == ACCOUNTS * len(CHOICES)
        assert len({tuple(run.stood.values()) for run in seen.runs}) >= 4, "they stand at spread-out steps"
        assert {run.becomes for run in seen.runs} == {"stays", "moves", "ends"}
        foreseen = Counter((run.journey, run.becomes) for run in seen.runs)
        await conductor.play(seen.now + DAY)
        came = review(conductor)
        assert came.touches(came.now) == (seen.touches(False)[0], seen.touches(False)[0])
        await conductor.play_days(20)
        came = review(conductor)
        assert Counter((run.journey, run.becomes) for run in came.runs) == foreseen
        assert came.touches(came.now) == (seen.touches(True)[0], seen.touches(True)[0])
        assert sum(run.tasks_lost for run in seen.runs) == await closed(conductor)
        assert [(run.journey, run.account_id, run.differences) for run in came.differing] == []


async def closed(conductor: Conductor) -> int:
    """Tasks that were taken back by the change."""
    return sum(task["note"] in (CANCELLED, GONE) for task in await conductor.every("tasks", state="closed"))


async def test_with_events_every_difference_is_named_with_the_event_that_made_it(database: Database) -> None:
    async with runs_in_flight(database, ACCOUNTS, 0.5) as conductor:
        seen = await publish(conductor)
        runs = {(run.account_id, run.journey): run.run_id for run in seen.runs}
        tasks = await conductor.every("tasks", state="open")
        mine = [task for task in tasks if (task["journey"], task["step"]) == ("moving-now", "task-call-them")]
        done = max(mine, key=lambda task: str(task["created_at"]))
        approvals = await conductor.every("approvals", state="open")
        approved = max((each for each in approvals if each["journey"] == "drained"), key=lambda each: str(each["expires_at"]))
        asked = {done["account_id"], approved["account_id"]}
        told, left, held, known, still = [account for account in sorted({run.account_id for run in seen.runs}) if account not in asked][:5]

        await conductor.play_days(0.1)
        await conductor.call("POST", f"/v1/tasks/{done['id']}/complete", {"by": "csm"})
        await conductor.call("POST", f"/v1/approvals/{approved['id']}/approve", {"by": "director"})
        await conductor.tell_now("setup_completed", told)
        await conductor.call("POST", f"/v1/enrollments/{runs[left, 'moving']}/exit", {"by": "csm", "why": "they asked for it"})
        await conductor.call("POST", f"/v1/enrollments/{runs[held, 'pinned']}/hold", {"by": "csm", "why": "they moved house"})
        await conductor.play_days(0.25)
        await conductor.call("PUT", f"/v1/accounts/{known}", {"facts": {"setup_completed_on": "2030-01-10"}})
        await conductor.play_days(20)

        came = review(conductor)
        causes = {(run.account_id, run.journey): str(run.cause) for run in came.differing}
        assert came.unexplained == []
        assert "the task of task-call-them was done" in causes[done["account_id"], "moving-now"]
        assert ", by csm" in causes[done["account_id"], "moving-now"]
        assert "second-visit was approved" in causes[approved["account_id"], "drained"]
        assert ", by director" in causes[approved["account_id"], "drained"]
        assert "an order to end it: they asked for it" in causes[left, "moving"]
        assert "a hold: they moved house" in causes[held, "pinned"]
        for journey in ("drained", "pinned", "moving", "moving-now"):
            assert "the event setup_completed" in causes[told, journey]
            assert "setup_completed_on" in causes[known, journey]
        assert not [account for account, _ in causes if account == still]
