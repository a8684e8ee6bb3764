"""Plays stories in virtual time and in one installation on Temporal, and says where the two differ.

Many stories share an installation, each with an account, a journey and a CSM of its own: Temporal's clock is moved once for all.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from sqlalchemy import or_, select

from activities import moving
from activities.health import Health
from database import accounts as stored
from database import definitions
from database.engine import Database
from database.tables import ApprovalRow, EnrollmentRow, HoldRow, MessageRow, TaskRow, table
from domain import journey, state
from domain.moving import Choices, InFlight
from domain.simulation import World
from runtime import folders
from tests import fakes
from tests.domain.kit import MAILS, POLICIES
from tests.e2e.conductor import START, Conductor, stage
from tests.e2e.reality import timelines
from tests.e2e.reality.deeds import DEEDS, MONDAY, Asked, Names, Played
from tests.e2e.reality.stories import LASTS_DAYS, Story
from tests.installation import ROOT

END = START + timedelta(days=LASTS_DAYS)
Texts = Mapping[tuple[str, str], str]
OTHER = {
    "journey": "other", "title": "Another", "for": "account", "starts": {"manual": True, "reenter": "always"}, "anchor": "contract.starts_on",
    "class": "growth",
    "steps": [{"send": "offer", "to": "champion"}, {"wait": "4 days"}, {"task": "review", "owner": "csm", "sla": "P4"}],
}  # fmt: skip
REPLIED = "events:\n  mail_replied: {tells: {message_id: text}}\n"


MOST_SHOWN = 20

# What is too much for a reader: `wide` keeps nothing back, `tight` a good part of what is sent.
Limits = Literal["wide", "tight"]
TIGHT = "limits: {mails_a_day: 1, mails_a_week: 2, account_mails_a_week: 3, settling: 10 days, survey_every: 14 days}"


async def play(database: Database, played: Sequence[Story], limits: Limits = "wide") -> dict[int, list[str]]:
    """The differences of each story, by its place; none for those whose worlds are one."""
    hooks = fakes.webhook_receiver()
    try:
        async with stage(database) as conductor:
            return await _Both(conductor, played, texts_of(played, hooks.url, limits)).play()
    finally:
        hooks.stop()


def told(story: Story, lines: Sequence[str]) -> str:
    """A story in which the worlds differ, for whoever looks into it."""
    more = [f"… and {len(lines) - MOST_SHOWN} more"] if len(lines) > MOST_SHOWN else []
    return "\n".join(["", str(story), "", *lines[:MOST_SHOWN], *more, ""])


def texts_of(played: Sequence[Story], hooks: str, limits: Limits) -> dict[tuple[str, str], str]:
    """Everything published: the house of tests/domain, words for all it can say, and the stories' journeys."""
    texts = {("policy", name): text for name, text in POLICIES.items()}
    texts["policy", "vocabulary"] = texts["policy", "vocabulary"].replace("events:\n", REPLIED)
    if limits == "tight":
        texts["policy", "contact"] = re.sub(r"limits: .*", TIGHT, texts["policy", "contact"])
    texts["policy", "webhooks"] = f'webhooks: {{crm: "{hooks}/crm"}}\n'
    texts |= {
        ("template", name): text for (kind, name), text in folders.read(ROOT).items() if kind == "template" and name.endswith(".mjml")
    }
    for mail in (*MAILS, "receipt"):
        operational = "operational: true\n" if mail == "receipt" else ""
        texts["template", f"email/{mail}"] = f"---\nsubject: {mail}\npreview: About {mail}\n{operational}---\n\nWe write about {mail}.\n"
    for post in ("cheers", "heads-up", "escalation", "escalation-reminder", "task-reminder"):
        channel = "channel: wins\n" if post == "cheers" else ""
        texts["template", f"slack/{post}"] = f"---\nsubject: {post}\n{channel}---\n\nAbout {post}.\n"
    for task in ("call", "plan", "review"):
        texts["template", f"tasks/{task}"] = f"---\ntitle: {task}\n---\n\nDo it.\n"
    texts["journey", "other"] = json.dumps(OTHER)
    for number, story in enumerate(played):
        names = Names(number)
        texts["journey", names.journey] = story.journey(names)
    return texts


def happening(what: str, world: Played, names: Names) -> Callable[[World], None]:
    return lambda _: DEEDS[what].virtual(world, names)


class _Both:
    def __init__(self, conductor: Conductor, played: Sequence[Story], texts: dict[tuple[str, str], str]) -> None:
        self.conductor = conductor
        self.installation = conductor.installation
        self.played = {Names(number): story for number, story in enumerate(played)}
        self.texts = texts
        self.refused: dict[int, list[str]] = {}

    async def play(self) -> dict[int, list[str]]:
        with self.conductor.database.write() as session:
            definitions.publish(session, self.texts, START)
        for names, story in self.played.items():
            await self.prepare(names, story)
        worlds = {names: self.a_world(names, story) for names, story in self.played.items()}
        for names, story in self.played.items():
            self.conductor.behaviours[names.account] = story.behaviour
            for minutes, what in ((0, "again"), *story.happens):
                moment = START + timedelta(minutes=minutes)
                worlds[names].at(moment, happening(what, worlds[names], names))
                self.conductor.at(moment, self.doing(what, names))
        for world in worlds.values():
            world.play(END)
        await self.conductor.play(END)
        found = {names.number: [*self.refused.get(names.number, []), *self.compare(names, world)] for names, world in worlds.items()}
        return {number: lines for number, lines in found.items() if lines}

    def doing(self, what: str, names: Names) -> Callable[[Conductor], Awaitable[None]]:
        async def act(_: Conductor) -> None:
            try:
                await DEEDS[what].real(self, names)
            except AssertionError as error:
                self.refused.setdefault(names.number, []).append(f"refused: {what} at {self.conductor.clock.now}: {error}")

        return act

    def compare(self, names: Names, world: World) -> list[str]:
        with self.conductor.database.write() as session:
            vocabulary = self.installation.services.published(session).house.vocabulary
            real = timelines.of_account(session, names.account, vocabulary)
        return timelines.differences(real, timelines.of_world(world))

    async def prepare(self, names: Names, story: Story) -> None:
        call, account = self.conductor.call, story.account
        csm = account.people["csm"]
        person = {
            "name": "Cara", "email": f"{names.csm}@story.com", "roles": ["csm"], "manager": "director", "time_zone": csm.zone,
            "country": csm.country, "active": csm.active,
        }  # fmt: skip
        await call("PUT", f"/v1/people/{names.csm}", person)
        body = {
            "name": "Acme", "time_zone": account.zone, "country": account.country, "owner": names.csm if account.owner_id == "csm" else None,
            "facts": {"segment": account.values["account.segment"]},
        }  # fmt: skip
        await call("PUT", f"/v1/accounts/{names.account}", body)
        starts_on = MONDAY + timedelta(days=story.starts_in_days)
        if story.is_old:
            before = {"starts_on": (starts_on - timedelta(days=365)).isoformat(), "ends_on": starts_on.isoformat()}
            await call("PUT", f"/v1/accounts/{names.account}/contracts/b{names.number}", before)
        term = {"starts_on": starts_on.isoformat(), "ends_on": (starts_on + timedelta(days=365)).isoformat()}
        await call("PUT", f"/v1/accounts/{names.account}/contracts/{names.contract}", term)
        for number, contact in enumerate(account.contacts):
            who = {
                "name": contact.name, "email": f"{names.contact(number)}@story.org", "roles": list(contact.roles),
                **({"time_zone": contact.zone} if contact.zone else {}), **({"country": contact.country} if contact.country else {}),
            }  # fmt: skip
            await call("PUT", f"/v1/accounts/{names.account}/contacts/{names.contact(number)}", who)

    def a_world(self, names: Names, story: Story) -> Played:
        """Virtual time with the account as the installation has it before anything happens."""
        services = self.installation.services
        with self.conductor.database.write() as session:
            published = services.published(session)
            row = stored.lock(session, names.account)
            assert row is not None
            account = stored.load(session, row, services.office.people.at(session, -2), published.house.vocabulary)
        world = Played(published.house, list(published.journeys.values()), account, START, story.behaviour)
        world.change(account)
        world.whys.clear()
        if after := story.newer(names):
            compiled = journey.compile(after, f"journeys/{names.journey}.yaml", published.house.segments)
            world.newer = replace(compiled, version=2)
        return world

    # What deeds ask

    def live(self, names: Names) -> tuple[str, list[str], bool] | None:
        rows = table(EnrollmentRow)
        wanted = (rows.c.account_id == names.account, rows.c.journey == names.journey, rows.c.ended_at.is_(None))
        with self.conductor.database.read() as session:
            row = session.execute(select(rows).where(*wanted).order_by(rows.c.begun_at, rows.c.id)).first()
        return (row.id, [at.step for at in state.load(row.state).tracks.values()], row.held) if row else None

    def open_asks(self, names: Names) -> list[Asked]:
        found = []
        with self.conductor.database.read() as session:
            for kind, rows in (("task", table(TaskRow)), ("approval", table(ApprovalRow))):
                for row in session.execute(select(rows).where(rows.c.account_id == names.account, rows.c.state == "open")):
                    outcomes = getattr(row, "outcomes", None) or [None]
                    found.append(Asked(kind, row.journey, row.step, row.visit, outcomes[0], row.id))
        return found

    def last_mail(self, names: Names) -> str | None:
        rows = table(MessageRow)
        mine = (rows.c.account_id == names.account, rows.c.journey == names.journey, rows.c.effect == "send", rows.c.state == "accepted")
        latest = select(rows.c.id).where(*mine).order_by(
            rows.c.settled_at.desc(), rows.c.step.desc(), rows.c.visit.desc(), rows.c.recipient.desc()
        )  # fmt: skip
        with self.conductor.database.read() as session:
            return session.execute(latest.limit(1)).scalar()

    def is_kept_back(self, names: Names) -> bool:
        rows, now = table(HoldRow), self.conductor.clock.now
        mine = (rows.c.account_id == names.account, rows.c.lifted_at.is_(None), rows.c.mail_class.is_(None))
        about = or_(rows.c.journey.is_(None), rows.c.journey == names.journey)
        with self.conductor.database.read() as session:
            return bool(session.execute(select(rows.c.id).where(*mine, about, or_(rows.c.until.is_(None), rows.c.until > now))).all())

    def placed_holds(self, names: Names) -> list[str]:
        rows = table(HoldRow)
        now = self.conductor.clock.now
        stands = or_(rows.c.until.is_(None), rows.c.until > now)
        placed = (rows.c.account_id == names.account, rows.c.lifted_at.is_(None), rows.c.placed_by.is_not(None), stands)
        with self.conductor.database.read() as session:
            return list(session.execute(select(rows.c.id).where(*placed).order_by(rows.c.placed_at)).scalars())

    async def publish(self, names: Names, in_flight: InFlight) -> None:
        await asyncio.to_thread(self._publish, names, in_flight)

    def _publish(self, names: Names, in_flight: InFlight) -> None:
        after = self.played[names].newer(names)
        if after is None:
            return
        self.texts["journey", names.journey] = after
        now = self.conductor.clock.now
        with self.conductor.database.write() as session:
            definitions.publish(session, self.texts, now)
            rows = table(EnrollmentRow)
            concerned = (rows.c.account_id == names.account, rows.c.journey == names.journey, rows.c.ended_at.is_(None))
            live = session.execute(select(rows.c.id).where(*concerned)).scalars().all()
            ledgers = moving.order(session, self.installation.office, dict.fromkeys(live, names.account), Choices(in_flight), now)
        for ledger in ledgers:
            self.installation.nudge(ledger.nudges.values())

    async def read_health(self, names: Names) -> None:
        health = Health(self.conductor.database, self.installation.office, self.installation.nudge)
        await asyncio.to_thread(health.read_one, names.account, self.conductor.clock.now)
