"""Plays a real installation through months in seconds.

Everything is real: the API over HTTP, the database, a worker, Temporal's test server, the clients of SendGrid and Slack against
local fakes. The conductor moves Temporal's one clock to the earliest moment at which the database says anything is due, lets all
that is due happen, plays the people and events of that moment over the API, and repeats.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, literal, select, union_all
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import WorkflowRunner

from activities.sweep import Sweep
from channels.channel import Channels
from channels.sendgrid import SendGrid
from channels.slack import Slack
from channels.webhook import Webhooks
from database import accounts as stored
from database import runs
from database.engine import Database
from database.tables import (
    AccountRow,
    ApprovalRow,
    EnrollmentRow,
    EscalationRow,
    FollowUpRow,
    HoldRow,
    MessageRow,
    NoticeRow,
    PersonRow,
    PlannedStartRow,
    TaskRow,
    table,
)  # fmt: skip
from domain import people
from domain.calendars import Calendars
from domain.people import Behaviour
from domain.simulation import Touch
from domain.timing import Calendar
from runtime import worker
from runtime.temporal import Nudger
from tests import fakes, temporal
from tests.installation import Clock, Installation

# A Monday with no holiday near it; the test server's clock can only be moved forward.
START = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
SETTLES_WITHIN_SECONDS = 30.0

accounts, enrollments, follow_ups, notices = table(AccountRow), table(EnrollmentRow), table(FollowUpRow), table(NoticeRow)
messages, tasks, approvals, escalations = table(MessageRow), table(TaskRow), table(ApprovalRow), table(EscalationRow)
starts, holds = table(PlannedStartRow), table(HoldRow)

Act = Callable[["Conductor"], Awaitable[None]]


def telling(name: str, account: str, **payload: Any) -> Act:
    """An event, for the conductor to tell when its moment has come."""
    return lambda conductor: conductor.tell_now(name, account, **payload)


@dataclass
class Conductor:
    """`clock` is what the API reads; it shows the moment that is being played."""

    env: WorkflowEnvironment
    client: Client
    installation: Installation
    sendgrid: fakes.Provider
    slack: fakes.Provider
    sweep: Sweep
    behaviour: Behaviour = "silent"
    behaviours: dict[str, Behaviour] = field(default_factory=dict)  # of the people of accounts where they behave another way
    outcomes: dict[str, str] = field(default_factory=dict)
    moments: int = 0
    _agenda: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _seen: set[tuple[str, ...]] = field(default_factory=set)
    _checked_on: date | None = None
    _numbers: Any = field(default_factory=itertools.count)

    @property
    def clock(self) -> Clock:
        return self.installation.clock

    @property
    def database(self) -> Database:
        return self.installation.database

    # What tests say

    def at(self, moment: datetime, act: Act) -> None:
        """Something will happen then."""
        heapq.heappush(self._agenda, (moment, next(self._numbers), act))

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None, status: tuple[int, ...] = (200, 201, 202)) -> Any:
        """One request to the API."""
        answer = await asyncio.to_thread(self.installation.client.request, method, path, json=body)
        assert answer.status_code in status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def every(self, what: str, **wanted: str) -> list[dict[str, Any]]:
        """All of a list of the API, page by page, of which these fields hold."""
        found: list[dict[str, Any]] = []
        asked = {"limit": "200", **wanted}
        while True:
            page = await self.call("GET", f"/v1/{what}?{urlencode(asked)}")
            found += page["items"]
            if page["next"] is None:
                return found
            asked["cursor"] = page["next"]

    async def tell_now(self, name: str, account: str, **payload: Any) -> None:
        """Tells an event without waiting for what comes of it."""
        id = f"{name}-{account}-{next(self._numbers)}"
        await self.call("POST", "/v1/events", {"id": id, "name": name, "account": account, "payload": payload})

    async def tell(self, name: str, account: str, **payload: Any) -> None:
        await self.tell_now(name, account, **payload)
        await self.settle()

    async def play(self, until: datetime) -> None:
        """Everything due up to and including `until`."""
        await self.settle()
        while (moment := await asyncio.to_thread(self._earliest)) is not None and moment <= until:
            await self._move(max(moment, self.clock.now))
            await self.settle()
        await self._move(until)
        await self.settle()

    async def play_days(self, days: float) -> None:
        await self.play(self.clock.now + timedelta(days=days))

    # Time

    async def _move(self, moment: datetime) -> None:
        while (now := await self.env.get_current_time()) < moment:
            with contextlib.suppress(RPCError):  # a busy machine lets the call time out; the clock says whether it moved
                await self.env.sleep(moment - now)
        self.clock.now = moment
        self.moments += 1

    def _earliest(self) -> datetime | None:
        moments = [self._agenda[0][0]] if self._agenda else []
        with self.database.read() as session:
            if (wake := runs.earliest_wake(session)) is not None:
                moments.append(wake)
            if (watch := session.execute(select(func.min(accounts.c.watch_at))).scalar()) is not None:
                moments.append(watch)
            ends = select(func.min(holds.c.until)).where(holds.c.told_at.is_(None), holds.c.until > self.clock.now)
            if (end := session.execute(ends).scalar()) is not None:
                moments.append(end)
        return min(moments, default=None)

    async def settle(self) -> None:
        """Until nothing is due at this moment, people and events included."""
        while True:
            await self._quiet()
            await asyncio.to_thread(self._expect_people)
            if self._agenda and self._agenda[0][0] <= self.clock.now:
                await heapq.heappop(self._agenda)[2](self)
                continue
            if await asyncio.to_thread(self.sweep.once, self.clock.now, timedelta(days=1)):
                continue
            if not await asyncio.to_thread(self._is_busy):
                if self._checked_on != self.clock.now.date():  # once a day: it reads every account whole
                    self._checked_on = self.clock.now.date()
                    await asyncio.to_thread(self._check_memory)
                return

    async def _quiet(self) -> None:
        deadline = asyncio.get_running_loop().time() + SETTLES_WITHIN_SECONDS
        while await asyncio.to_thread(self._is_busy):
            assert asyncio.get_running_loop().time() < deadline, f"still busy after {SETTLES_WITHIN_SECONDS} s: {self._busy_with()}"
            await asyncio.sleep(0.02)

    def _is_busy(self) -> bool:
        return bool(self._busy_with())

    def _busy_with(self) -> list[Any]:
        """Runs that are due or have untaken news, and messages on their way."""
        runs = (enrollments, follow_ups)
        due = [select(each.c.id, each.c.verb).where(each.c.ended_at.is_(None), each.c.wake_at <= self.clock.now) for each in runs]
        waking = select(notices.c.run_id, literal("told")).where(notices.c.taken_at.is_(None), notices.c.wakes.is_(True))
        told = [waking.join(each, each.c.id == notices.c.run_id).where(each.c.ended_at.is_(None)) for each in runs]
        on_their_way = select(messages.c.id, messages.c.step).where(messages.c.state == "claimed")
        with self.database.read() as session:  # in one statement, or a turn slips between two of them
            return list(session.execute(union_all(*due, *told, on_their_way)))

    def _check_memory(self) -> None:
        """What the worker remembers of an account is what the database has, whatever was changed by whomever."""
        office = self.installation.office
        with self.database.write() as session:
            for id in session.execute(select(accounts.c.id)).scalars().all():
                row = stored.lock(session, id)
                assert row is not None
                if remembered := office.accounts.find(row):
                    vocabulary = self.installation.services.published(session).house.vocabulary
                    assert remembered == stored.load(session, row, remembered.people, vocabulary)

    # People

    def _expect_people(self) -> None:
        """Whatever our people were asked for the first time gets its moment, by the same rules as in simulation."""
        with self.database.read() as session:
            for row in session.execute(select(tasks).where(tasks.c.state == "open")).all():
                if self._is_new("task", row.id):
                    at = people.does_task(self._behaviour(row), self._calendar(row, row.assignee_id), row.created_at, row.due_at)
                    self._expect(at, lambda me, row=row: me._do_task(row))
            for row in session.execute(select(approvals).where(approvals.c.state == "open")).all():
                if self._is_new("approval", row.id, str(row.approver_id)):
                    at = people.decides(self._behaviour(row), self._calendar(row, row.approver_id), self.clock.now)
                    self._expect(at, lambda me, row=row: me._decide(row))
            told = (messages.c.effect == "told", messages.c.state.in_(("accepted", "in_doubt")))
            for row in session.execute(select(messages).where(*told)).all():
                if self._is_new("escalation", row.id):
                    calendar = self._calendar(row, row.recipient)
                    at = people.acknowledges(self._behaviour(row), calendar, row.settled_at)
                    self._expect(at, lambda me, row=row, calendar=calendar: me._acknowledge(row, calendar))

    def _is_new(self, *asked: str) -> bool:
        """Whether this was not looked at before."""
        found = asked not in self._seen
        self._seen.add(asked)
        return found

    def _expect(self, at: datetime | None, act: Any) -> None:
        if at is not None:
            self.at(at, act)

    def _behaviour(self, row: Any) -> Behaviour:
        return self.behaviours.get(row.account_id, self.behaviour)

    def _calendar(self, row: Any, person_id: str | None) -> Calendar:
        """The working hours of a person; of the account where there is nobody."""
        with self.database.read() as session:
            calendars: Calendars = self.installation.services.published(session).house.calendars
            place = session.get(PersonRow, person_id) if person_id else None
            found = place or session.get(AccountRow, row.account_id)
            assert found is not None
            return calendars.working(found.zone, found.country)

    async def _do_task(self, row: Any) -> None:
        task = await self.call("GET", f"/v1/tasks/{row.id}")
        if task["state"] == "open":
            outcome = self.outcomes.get(row.step) or (task["outcomes"][0] if task["outcomes"] else None)
            await self.call("POST", f"/v1/tasks/{row.id}/complete", {"by": "cco", "outcome": outcome})

    async def _decide(self, row: Any) -> None:
        verdict = "refuse" if self.outcomes.get(row.step) == "refuse" else "approve"
        if (await self.call("GET", f"/v1/approvals/{row.id}"))["state"] == "open":
            await self.call("POST", f"/v1/approvals/{row.id}/{verdict}", {"by": "cco"})

    async def _acknowledge(self, row: Any, calendar: Calendar) -> None:
        id = row.run_id.rpartition("-")[0]  # a ladder is called after its escalation
        if (await self.call("GET", f"/v1/escalations/{id}"))["state"] != "open":
            return
        await self.call("POST", f"/v1/escalations/{id}/acknowledge", {"by": "cco"})
        if row.context["title"] != "health":
            acknowledged_at = self.clock.now
            self.at(people.resolves(calendar, acknowledged_at), lambda me: me._resolve(id, acknowledged_at))

    async def _resolve(self, id: str, acknowledged_at: datetime) -> None:
        """Whoever acknowledged it resolves it, unless it was raised to somebody else since."""
        with self.database.read() as session:
            found = session.execute(select(escalations).where(escalations.c.id == id)).one()
        if found.state == "acknowledged" and found.acknowledged_at == acknowledged_at:
            await self.call("POST", f"/v1/escalations/{id}/resolve", {"by": "cco", "outcome": "resolved"})

    # What came of it

    def touches(self) -> list[Touch]:
        """Everything that reached a person, as the database tells it, in the shape of simulation's."""
        with self.database.read() as session:
            journey_of = {row.id: row.journey for row in session.execute(select(enrollments.c.id, enrollments.c.journey))}
            owner_of = {row.id: row.enrollment_id for row in session.execute(select(follow_ups.c.id, follow_ups.c.enrollment_id))}
            found = [
                Touch(row.settled_at, row.journey, row.step or row.context["title"], row.visit, row.effect, row.recipient, row.template, row.run_id)
                if row.run_id in journey_of
                else Touch(
                    row.settled_at, journey_of.get(owner_of.get(row.run_id) or "", "follow-up"), row.context["title"], row.visit, row.effect,
                    row.recipient, row.template, row.run_id,
                )
                for row in session.execute(select(messages).where(messages.c.state == "accepted"))
            ]  # fmt: skip
            found += [
                Touch(row.created_at, row.journey, row.step, row.visit, "task", row.assignee_id or row.role, row.step, row.enrollment_id)
                for row in session.execute(select(tasks))
            ]
            found += [
                Touch(row.asked_at, row.journey, row.step, row.visit, "approval", row.approver_id or row.role, row.title, row.enrollment_id)
                for row in session.execute(select(approvals))
            ]
        return sorted(found, key=lambda touch: (touch.at, touch.journey, touch.step, touch.visit, touch.effect, touch.recipient))


@asynccontextmanager
async def stage(database: Database, behaviour: Behaviour = "silent", runner: WorkflowRunner | None = None) -> AsyncIterator[Conductor]:
    """A whole installation at START, with its worker running and a team hired."""
    sendgrid, slack = fakes.sendgrid(), fakes.slack()
    channels = Channels(SendGrid("SG.test", sendgrid.url), Slack("xoxb-test", f"{slack.url}/"), Webhooks())
    installation = Installation(database, Clock(START), channels=channels)
    try:
        async with temporal.time_skipping() as (env, client):
            nudger = Nudger(client, asyncio.get_running_loop())
            installation.tell_temporal(nudger)
            conductor = Conductor(env, client, installation, sendgrid, slack, Sweep(database, installation.office, nudger), behaviour)
            await conductor._move(START)
            async with worker.build(client, database, installation.office, channels, nudger, runner=runner, clock=installation.clock):
                yield conductor
    finally:
        sendgrid.stop()
        slack.stop()
