"""Kills parts of a running installation and looks whether anything was lost or done twice.

Every part is a process of its own and is killed with SIGKILL at seeded moments, while the providers hold their answers after they
have accepted, which is when a kill hurts most. At the end the database's word is held against the providers'.
"""

from __future__ import annotations

import random
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import func, select

from api import keys
from database import definitions, migrating
from database.engine import Database
from database.tables import EnrollmentRow, MessageRow, TaskRow, table
from runtime import folders, local_temporal
from runtime.children import Child, free_port
from tests.fakes import Fault, sendgrid, slack
from tests.installation import ROOT, START, TEAM

enrollments, messages, tasks = table(EnrollmentRow), table(MessageRow), table(TaskRow)
PARTS = ("worker", "api", "temporal")

JOURNEY = """
journey: chaos
title: Chaos
for: account
starts: {on: chaos_began, reenter: never}
anchor: start
class: onboarding
steps:
  - {send: welcome, to: champion}
  - {id: first, wait_for: chaos_went_on, where: event.round == 1, within: 1 day}
  - {id: second-mail, send: welcome, to: [champion, sponsor]}
  - {task: Look after them, owner: csm, sla: P4}
  - {id: second, wait_for: chaos_went_on, where: event.round == 2, within: 1 day}
  - {post: wins}
  - {id: third-mail, send: farewell, to: champion}
"""
EVENTS = "  chaos_began: {}\n  chaos_went_on: {tells: {round: count}}\n"
MESSAGES_A_RUN = 5


@dataclass
class Report:
    """What a run of chaos found."""

    runs: int
    kills: Counter[str] = field(default_factory=Counter)
    over: int = 0
    states: Counter[str] = field(default_factory=Counter)
    twice: int = 0
    breaches: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def lines(self) -> list[str]:
        return [
            f"{self.runs} journeys, {sum(self.kills.values())} kills ({', '.join(f'{name} {count}' for name, count in sorted(self.kills.items()))}), {self.seconds:.0f} s",
            f"over: {self.over}; messages: {', '.join(f'{state} {count}' for state, count in sorted(self.states.items()))}; accepted twice: {self.twice}",
            *self.breaches,
        ]


class Driver:
    """One installation under attack."""

    def __init__(self, home: Path, database_url: str, seed: int, journeys: int, kills: int) -> None:
        self.home = home
        self.url = database_url
        self.random = random.Random(seed)
        self.journeys = journeys
        self.kills = kills
        self.report = Report(journeys)
        self.mail, self.posts = sendgrid(), slack()
        holds = random.Random(seed + 1)
        for provider in (self.mail, self.posts):
            provider.fault = lambda: Fault(accepts=True, hold_seconds=holds.uniform(0.2, 1.5))
        self.database = Database(database_url)
        self.children: dict[str, Child] = {}
        self.stopped = threading.Event()

    # The installation

    def start(self) -> None:
        root = self.home / "definitions"
        shutil.copytree(ROOT / "journeys", root / "journeys")
        shutil.copytree(ROOT / "templates", root / "templates")
        (root / "journeys" / "chaos.yaml").write_text(JOURNEY)
        vocabulary = root / "journeys" / "policies" / "vocabulary.yaml"
        vocabulary.write_text(vocabulary.read_text().replace("\nevents:\n", f"\nevents:\n{EVENTS}"))
        migrating.upgrade(self.database)
        with self.database.write() as session:
            definitions.publish(session, folders.read(root), START)
            self.secret = keys.make(session, "chaos", keys.SCOPES, START)
        port, api_port = free_port(17233), free_port(18321)
        self.api = f"http://127.0.0.1:{api_port}"
        env = {
            "TENURE_HOME": str(self.home), "TENURE_DATABASE_URL": self.url, "TEMPORAL_ADDRESS": f"127.0.0.1:{port}", "TENURE_SENDGRID_API_KEY": "SG.chaos",
            "TENURE_SENDGRID_HOST": self.mail.url, "TENURE_SLACK_BOT_TOKEN": "xoxb-chaos", "TENURE_SLACK_BASE_URL": f"{self.posts.url}/",
            "TENURE_SWEEP_SECONDS": "1",
        }  # fmt: skip
        python = [sys.executable, "-m", "runtime.cli"]
        self.children = {
            "temporal": local_temporal.child(self.home, port, free_port(port + 100)),
            "worker": Child("worker", [*python, "worker"], self.home / "worker.log", env),
            "api": Child("api", [*python, "api", "--port", str(api_port)], self.home / "api.log", env),
        }
        for child in self.children.values():
            child.start()
        self.await_(lambda: httpx2.get(f"{self.api}/readyz", timeout=8).status_code == 200, 60, "the installation is not ready")
        threading.Thread(target=self._revive, daemon=True).start()

    def _revive(self) -> None:
        """What `tenure up` does for its children."""
        while not self.stopped.wait(0.2):
            for child in self.children.values():
                child.revive()

    def stop(self) -> None:
        self.stopped.set()
        time.sleep(0.3)
        for child in self.children.values():
            child.stop()
        self.mail.stop()
        self.posts.stop()
        self.database.close()

    # The attack

    def run(self) -> Report:
        began = time.monotonic()
        for id, person in TEAM.items():
            self.send("PUT", f"/v1/people/{id}", {**person, "time_zone": "Europe/Berlin", "country": "DE"})
        killer = threading.Thread(target=self._kill)
        with ThreadPoolExecutor(8) as senders:
            list(senders.map(self._begin, range(self.journeys)))
            killer.start()
            for turn in (1, 2):
                self.await_(partial(self._reached, turn), 240, f"not every run came to round {turn}")
                list(senders.map(lambda number, turn=turn: self._go_on(number, turn), range(self.journeys)))
        self.await_(lambda: self._over() == self.journeys, 240, "not every run came to its end")
        killer.join()
        self.await_(lambda: not self._in_flight(), 120, "messages are still on their way")
        self.report.seconds = time.monotonic() - began
        self._judge()
        return self.report

    def _kill(self) -> None:
        for number in range(self.kills):
            time.sleep(self.random.uniform(1.0, 4.0))
            part = PARTS[number % len(PARTS)]
            child = self.children[part]
            if child.is_alive() and child.process is not None:
                child.process.kill()
                self.report.kills[part] += 1

    def _begin(self, number: int) -> None:
        contacts = [
            {"id": f"{role}-{number}", "name": "Ann Lee", "email": f"{role}{number}@example.com", "roles": [role]}
            for role in ("champion", "sponsor")
        ]
        account = {"id": f"account-{number}", "name": f"Account {number}", "time_zone": "Europe/Berlin", "country": "DE", "owner": "csm"}
        self.send("POST", "/v1/events", {"id": f"begin-{number}", "name": "chaos_began", "account": account, "contacts": contacts})

    def _go_on(self, number: int, round: int) -> None:
        body = {"id": f"go-{number}-{round}", "name": "chaos_went_on", "account": f"account-{number}", "payload": {"round": round}}
        self.send("POST", "/v1/events", body)

    def send(self, method: str, path: str, body: dict[str, Any]) -> None:
        """Until the API says that it has it, as any careful program would."""

        def attempt() -> bool:
            answer = httpx2.request(method, self.api + path, json=body, headers={"Authorization": f"Bearer {self.secret}"}, timeout=10)
            assert answer.status_code < 500 or answer.status_code == 503, answer.text
            if answer.status_code >= 400 and answer.status_code != 503:
                raise AssertionError(answer.text)
            return answer.status_code < 400

        self.await_(attempt, 90, f"the API does not take {path}")

    def await_(self, holds: Callable[[], bool], within: float, words: str) -> None:
        deadline = time.monotonic() + within
        while True:
            try:
                if holds():
                    return
            except httpx2.HTTPError:
                pass
            if time.monotonic() > deadline:
                raise AssertionError(f"{words} after {within:.0f} s")
            time.sleep(0.1)

    # What came of it

    def _reached(self, round: int) -> bool:
        wanted = "first" if round == 1 else "second"
        with self.database.read() as session:
            live = session.execute(select(enrollments.c.state).where(enrollments.c.journey == "chaos")).scalars().all()
        standing = [state["tracks"].get("steps", {}).get("step") for state in live]
        return len(live) == self.journeys and all(step == wanted for step in standing)

    def _over(self) -> int:
        with self.database.read() as session:
            mine = (enrollments.c.journey == "chaos", enrollments.c.ended_at.is_not(None))
            return int(session.execute(select(func.count()).select_from(enrollments).where(*mine)).scalar_one())

    def _in_flight(self) -> int:
        with self.database.read() as session:
            moving = messages.c.state.in_(("planned", "claimed", "gated"))
            return int(session.execute(select(func.count()).select_from(messages).where(moving)).scalar_one())

    def _judge(self) -> None:
        report = self.report
        report.over = self._over()
        with self.database.read() as session:
            rows = session.execute(
                select(messages.c.id, messages.c.run_id, messages.c.state, messages.c.reason).where(messages.c.journey == "chaos")
            ).all()
            work = session.execute(select(tasks.c.enrollment_id, func.count()).group_by(tasks.c.enrollment_id)).all()
        report.states = Counter(row.state for row in rows)
        accepted = self.mail.counts() + self.posts.counts()
        report.twice = sum(count > 1 for count in accepted.values())
        if report.twice:
            report.breaches.append(f"BREACH: {report.twice} messages were accepted twice")
        ours = {row.id: row.state for row in rows}
        for id in accepted:
            if ours.get(id) not in ("accepted", "in_doubt"):
                report.breaches.append(f"BREACH: the provider has {id}, we say {ours.get(id, 'nothing')}")
        for id, state in ours.items():
            if state == "accepted" and id not in accepted:
                report.breaches.append(f"BREACH: we say {id} was accepted, the provider does not have it")
            if state not in ("accepted", "in_doubt", "skipped"):
                report.breaches.append(f"BREACH: message {id} is {state}")
        a_run = Counter(row.run_id for row in rows)
        if len(a_run) != self.journeys or set(a_run.values()) != {MESSAGES_A_RUN}:
            report.breaches.append(f"BREACH: messages a run: {Counter(a_run.values())} for {len(a_run)} of {self.journeys} runs")
        if len(work) != self.journeys or any(count != 1 for _, count in work):
            report.breaches.append("BREACH: not every run gave exactly one task")
