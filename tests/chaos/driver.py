"""Journeys under attack: they are begun and go on over the API as a careful program would do it, while parts are killed.

Readers say no and accounts are held in the middle of it. What was promised to whom, and when, is kept here for the judge
(tests/chaos/judge.py), who holds it against the database and against the providers.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx2
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from api import keys
from database.tables import EnrollmentRow, MessageRow, ReportRow, SuppressionRow, table
from domain import addresses
from tests.chaos import schedule
from tests.chaos.installation import Parts
from tests.chaos.postman import Postman
from tests.chaos.schedule import Faults, Kill, Refusal
from tests.installation import START, TEAM

enrollments, messages, reports, suppressions = table(EnrollmentRow), table(MessageRow), table(ReportRow), table(SuppressionRow)
PROGRAMS = 8  # that tell events at the same time
REACHED_WITHIN_SECONDS = 15.0
LOOKS_EVERY_SECONDS = 0.25
SAYS_EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Promise:
    """From `since` on, when the API had said yes, until `until` nothing is claimed for this reader or this account. Unix times."""

    kind: str
    since: float
    until: float = float("inf")
    reader: str | None = None
    account: str | None = None


class Stuck(Exception):
    """Something that was to happen did not happen in time."""


@dataclass
class Journal:
    """What the outside world was told and saw."""

    journeys: int
    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)  # ids of events
    promises: list[Promise] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)  # readers suppressed by a report of their provider, and when that was seen
    stuck: str = ""
    seconds: float = 0.0


class Driver:
    """One run of chaos. `say` is told how it goes."""

    def __init__(self, parts: Parts, seed: int, journeys: int, kills: list[Kill], say: Callable[[str], None]) -> None:
        self.parts = parts
        self.journeys = journeys
        self.kills = kills
        self.say = say
        self.journal = Journal(journeys)
        self.refusals = schedule.refusals(seed, journeys)
        self.chance = random.Random(f"driver {seed}")
        self.postman = Postman(seed)
        self.postman.bouncing = {address(number, "champion") for number, each in self.refusals.items() if each.says == "bounces"}
        parts.mail.fault, parts.posts.fault = Faults(seed, "sendgrid"), Faults(seed, "slack")
        accept = parts.mail.accept
        parts.mail.accept = lambda delivery: (accept(delivery), self.postman.took(delivery))[0]  # type: ignore[method-assign,func-returns-value]
        self.patience = 120 + journeys * 0.8 + len(kills) * 10
        self.is_over = threading.Event()
        self.phase = "starting"
        with parts.database.write() as session:
            self.secret = keys.make(session, "chaos", keys.SCOPES, START)

    def run(self) -> Journal:
        """Raises nothing of what the installation does wrong: that is for the judge."""
        self.parts.start()
        self._await(lambda: httpx2.get(f"{self.parts.api}/readyz", timeout=8).status_code == 200, 90, "the installation is not ready")
        self.postman.start(self.parts.api)
        for id, person in TEAM.items():
            self._send("PUT", f"/v1/people/{id}", {**person, "time_zone": "Europe/Berlin", "country": "DE"})
        began = time.monotonic()
        threads = [threading.Thread(target=each, daemon=True) for each in (self._watch, self._tell)]
        killer = threading.Thread(target=self._kill, daemon=True)
        for thread in (*threads, killer):
            thread.start()
        try:
            self._drive()
            killer.join()
            self.phase = "coming to rest"
            self._await(self._rests, self.patience, "not everything came to rest")
        except Stuck as stuck:
            self.journal.stuck = f"{stuck} (phase: {self.phase})"
        finally:
            self.is_over.set()
            for thread in (*threads, killer):
                thread.join()
            self.postman.stop()
        self.journal.seconds = time.monotonic() - began
        return self.journal

    def _drive(self) -> None:
        with ThreadPoolExecutor(PROGRAMS) as programs:
            self.phase = "beginning"
            list(programs.map(self._begin, range(self.journeys)))
            for round in (1, 2):
                self.phase = f"to round {round}"
                self._await(partial(self._reached, round), self.patience, f"not every run came to round {round}")
                self.phase = f"round {round}"
                pauses = [self.chance.uniform(0.0, 0.5) for _ in range(self.journeys)]
                list(programs.map(self._go_on, range(self.journeys), [round] * self.journeys, pauses))
        self.phase = "to the end"
        self._await(lambda: self._ended() == self.journeys, self.patience, "not every run came to its end")

    # The attack

    def _kill(self) -> None:
        for kill in self.kills:
            if self.is_over.wait(kill.after_seconds):
                return
            name = kill.name if kill.point and self._kill_at(kill.point) else None
            if name is None and self._kill_anywhere(kill.part):
                name = kill.part
            if name:
                self.journal.kills[name] += 1

    def _kill_anywhere(self, part: str) -> bool:
        deadline = time.monotonic() + REACHED_WITHIN_SECONDS
        while time.monotonic() < deadline:
            if self.parts.kill(part):
                return True
            time.sleep(0.1)
        return False

    def _kill_at(self, point: str) -> bool:
        """Whether a process came to the point, and died there."""
        asked, reached = self.parts.points / point, self.parts.points / f"{point}.reached"
        asked.touch()
        deadline = time.monotonic() + REACHED_WITHIN_SECONDS
        while time.monotonic() < deadline and not reached.exists():
            time.sleep(0.05)
        asked.unlink(missing_ok=True)
        if not reached.exists():
            return False
        reached.unlink()
        return True

    # The programs that tell of customers

    def _begin(self, number: int) -> None:
        contacts = [
            {"id": f"{role}-{number}", "name": name(number, role), "email": address(number, role), "roles": [role]}
            for role in ("champion", "sponsor")
        ]
        account = {"id": f"account-{number}", "name": f"Account {number}", "time_zone": "Europe/Berlin", "country": "DE", "owner": "csm"}
        self._tell_event({"id": f"begin-{number}", "name": "chaos_began", "account": account, "contacts": contacts})

    def _go_on(self, number: int, round: int, pause: float) -> None:
        self._tell_event(
            {"id": f"go-{number}-{round}", "name": "chaos_went_on", "account": f"account-{number}", "payload": {"round": round}}
        )
        refusal = self.refusals.get(number)
        if refusal and refusal.before_round == round:
            time.sleep(pause)
            self._refuse(refusal, pause)

    def _refuse(self, refusal: Refusal, pause: float) -> None:
        number = refusal.account
        if refusal.says == "unsubscribes":
            reader = address(number, "champion")
            body = {
                "address": reader,
                "scope": "channel" if number % 2 else "everything",
                "reason": "said so",
                "proof": "a call in the night",
            }
            self._send("POST", "/v1/suppressions", body)
            self.journal.promises.append(Promise("suppressed", time.time(), reader=addresses.digest(reader)))
        if refusal.says == "leaves":
            reader = address(number, "champion")
            self._send("PUT", f"/v1/accounts/account-{number}/contacts/champion-{number}", {"active": False})
            self.journal.promises.append(Promise("left", time.time(), reader=addresses.digest(reader)))
        if refusal.says == "is erased":
            body = {"by": "csm", "why": f"{name(number, 'champion')} asked for it"}
            self._send("POST", f"/v1/accounts/account-{number}/contacts/champion-{number}/erasure", body)
            self.journal.promises.append(Promise("erased", time.time(), reader=addresses.digest(address(number, "champion"))))
        if refusal.says == "is held":
            account = f"account-{number}"
            key = {"Idempotency-Key": f"hold-{number}"}
            held = self._send("POST", f"/v1/accounts/{account}/holds", {"by": "csm", "reason": "an audit", "resume": "send"}, key)
            since = time.time()
            time.sleep(pause * 6)
            self.journal.promises.append(Promise("held", since, time.time(), account=account))
            self._send("POST", f"/v1/holds/{held['id']}/lift", {"by": "csm"}, {"Idempotency-Key": f"lift-{number}"})

    def _tell_event(self, body: dict[str, Any]) -> None:
        self._send("POST", "/v1/events", body)
        self.journal.acknowledged.append(body["id"])

    def _send(self, method: str, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Until the API says that it has it, as any careful program would."""
        said: list[dict[str, Any]] = []

        def attempt() -> bool:
            known = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
            answer = httpx2.request(method, self.parts.api + path, json=body, headers=known, timeout=10)
            if answer.status_code >= 400 and answer.status_code not in (409, 429, 503):
                raise Stuck(f"the API answers {answer.status_code} to {method} {path}: {answer.text[:300]}")
            if answer.status_code < 400:
                said.append(answer.json())
            return answer.status_code < 400

        self._await(attempt, 120, f"the API does not take {path}")
        return said[0]

    # Looking on

    def _await(self, holds: Callable[[], bool], within: float, words: str) -> None:
        deadline = time.monotonic() + within
        while True:
            try:
                if holds():
                    return
            except (httpx2.HTTPError, SQLAlchemyError):
                pass  # whoever was asked has just been killed
            if time.monotonic() > deadline:
                raise Stuck(f"{words} within {within:.0f} s")
            time.sleep(0.2)

    def _watch(self) -> None:
        """Sees when a provider's word has become a suppression."""
        by_provider = select(suppressions.c.reader).where(suppressions.c.source == "provider")
        while not self.is_over.wait(LOOKS_EVERY_SECONDS):
            try:
                with self.parts.database.read() as session:
                    found = session.execute(by_provider).scalars().all()
            except SQLAlchemyError:
                continue
            now = time.time()
            for reader in found:
                self.journal.seen.setdefault(reader, now)

    def _tell(self) -> None:
        began = time.monotonic()
        while not self.is_over.wait(SAYS_EVERY_SECONDS):
            try:
                with self.parts.database.read() as session:
                    counted = session.execute(select(messages.c.state, func.count()).group_by(messages.c.state)).all()
                    ended = session.execute(
                        select(func.count()).select_from(enrollments).where(enrollments.c.ended_at.is_not(None))
                    ).scalar_one()
                states = ", ".join(f"{state} {count}" for state, count in sorted(counted))
            except SQLAlchemyError:
                states, ended = "the database is away", "?"
            killed = f"{sum(self.journal.kills.values())}/{len(self.kills)} kills"
            self.say(f"{time.monotonic() - began:5.0f} s  {self.phase:14}  {killed}  ended {ended}/{self.journeys}  {states}")

    def _reached(self, round: int) -> bool:
        wanted = "first" if round == 1 else "second"
        with self.parts.database.read() as session:
            live = session.execute(select(enrollments.c.state).where(enrollments.c.journey == "chaos")).scalars().all()
        standing = [state["tracks"].get("steps", {}).get("step") for state in live]
        return len(live) == self.journeys and all(step == wanted for step in standing)

    def _ended(self) -> int:
        with self.parts.database.read() as session:
            mine = (enrollments.c.journey == "chaos", enrollments.c.ended_at.is_not(None))
            return int(session.execute(select(func.count()).select_from(enrollments).where(*mine)).scalar_one())

    def _rests(self) -> bool:
        """Nothing is on its way, nothing will be sent once more, and everything that came back was told."""
        moving = messages.c.state.in_(("planned", "claimed", "gated")) | messages.c.resend_at.is_not(None)
        untold = (reports.c.tells.is_(True), reports.c.told_at.is_(None))
        with self.parts.database.read() as session:
            open_messages = session.execute(select(func.count()).select_from(messages).where(moving)).scalar_one()
            open_reports = session.execute(select(func.count()).select_from(reports).where(*untold)).scalar_one()
        return self.postman.is_idle and not open_messages and not open_reports


def address(number: int, role: str) -> str:
    return f"{role}{number}@example.com"


def name(number: int, role: str) -> str:
    return f"Ann {role.capitalize()}{number}"
