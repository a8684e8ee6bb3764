"""An installation whose every part is a process of its own that can be killed, and is started again when it was."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from database import definitions, migrating
from database.engine import Database
from runtime import folders, local_temporal
from runtime.children import Child, free_port
from tests import signing
from tests.fakes import Provider, sendgrid, slack
from tests.installation import ROOT, START
from tests.postgres import PostgresServer

JOURNEY = """
journey: chaos
title: Chaos
for: account
starts: {on: chaos_began, reenter: never}
anchor: start
class: onboarding
steps:
  - {id: mail-1, send: chaos-note, to: champion}
  - {post: wins}
  - {id: first, wait_for: chaos_went_on, where: event.round == 1, within: 1 day}
  - {id: mail-2, send: chaos-note, to: [champion, sponsor]}
  - {task: Look after them, owner: csm, sla: P4}
  - {id: second, wait_for: chaos_went_on, where: event.round == 2, within: 1 day}
  - {id: mail-3, send: chaos-note, to: champion}
"""
EVENTS = "  chaos_began: {}\n  chaos_went_on: {tells: {round: count}}\n"
NOTE = '---\nsubject: "A note for {{ account.name }}"\npreview: One line\ntopic: tips\n---\n\nHello {{ contact.first_name }}, this is a note.\n'
# Mail that nobody waits for leaves at any hour here, and as much of it as the journey has.
ANY_HOUR = 'send: {opens: "00:01", closes: "00:00", days: [mon, tue, wed, thu, fri, sat, sun]}'
DEFINED = ("journeys", "templates")


def define(root: Path) -> None:
    """What is shipped, with the journey of chaos, and without what would keep its mail for another day."""
    for name in DEFINED:
        shutil.copytree(ROOT / name, root / name)
    policies = root / "journeys" / "policies"
    (root / "journeys" / "chaos.yaml").write_text(JOURNEY)
    (root / "templates" / "email" / "chaos-note.md").write_text(NOTE)
    vocabulary = policies / "vocabulary.yaml"
    vocabulary.write_text(vocabulary.read_text().replace("\nevents:\n", f"\nevents:\n{EVENTS}"))
    contact = (policies / "contact.yaml").read_text()
    (policies / "contact.yaml").write_text(contact.partition("\n# What one customer gets at most")[0] + "\n")
    lines = (policies / "calendars.yaml").read_text().splitlines()
    kept = [
        ANY_HOUR if line.startswith("send:") else "public_holidays: false" if line.startswith("public_holidays") else line for line in lines
    ]
    (policies / "calendars.yaml").write_text("\n".join(kept) + "\n")


class Server:
    """The database server, where it is one."""

    def __init__(self, kind: str, home: Path) -> None:
        self.postgres = PostgresServer() if kind == "postgres" else None
        self.lock = threading.Lock()
        if self.postgres:
            self.postgres.execute("CREATE DATABASE chaos")
        self.url = self.postgres.url("chaos") if self.postgres else f"sqlite:///{home / 'tenure.db'}"

    def kill(self) -> None:
        assert self.postgres
        with self.lock:
            self.postgres.kill()

    def revive(self) -> None:
        """It starts when the processes of the one before have gone, and not earlier."""
        with self.lock:
            if self.postgres and self.postgres.process.poll() is not None:
                try:
                    self.postgres.start()
                except Exception:  # noqa: BLE001  # whatever it is, it is tried again until it is there
                    return

    def stop(self) -> None:
        if self.postgres:
            self.postgres.stop()


class Parts:
    """What can be killed, and the providers, which cannot."""

    def __init__(self, home: Path, kind: str, naive: bool = False) -> None:
        self.home = home
        self.points = home / "points"
        self.points.mkdir(parents=True)
        self.mail: Provider = sendgrid()
        self.posts: Provider = slack()
        self.posts.page = 200
        self.server = Server(kind, home)
        self.database = Database(self.server.url)
        root = home / "definitions"
        define(root)
        migrating.upgrade(self.database)
        with self.database.write() as session:
            definitions.publish(session, folders.read(root), START)
        start = 17233 + os.getpid() % 4000
        port = free_port(start)
        self.temporal_address, api_port = f"127.0.0.1:{port}", free_port(port + 300)
        self.api = f"http://127.0.0.1:{api_port}"
        # A part that is started again reads what the one before it compiled, whatever the one who runs this wants elsewhere.
        env = {
            "PYTHONDONTWRITEBYTECODE": "",
            "TENURE_HOME": str(home), "TENURE_DATABASE_URL": self.server.url, "TEMPORAL_ADDRESS": self.temporal_address,
            "TENURE_SENDGRID_API_KEY": "SG.chaos", "TENURE_SENDGRID_HOST": self.mail.url, "TENURE_SENDGRID_WEBHOOK_KEYS": signing.PUBLIC,
            "TENURE_SLACK_BOT_TOKEN": "xoxb-chaos", "TENURE_SLACK_BASE_URL": f"{self.posts.url}/", "TENURE_SWEEP_SECONDS": "1",
            "CHAOS_POINTS": str(self.points), "CHAOS_NAIVE": "1" if naive else "",
        }  # fmt: skip
        python = [sys.executable, "-m", "tests.chaos.launcher"]
        self.children = {
            "temporal": local_temporal.child(home, port, free_port(port + 100)),
            "worker": Child("worker", [*python, "worker"], home / "worker.log", env),
            "api": Child("api", [*python, "api", "--port", str(api_port)], home / "api.log", env),
        }
        self.stopped = threading.Event()
        self.reviving = threading.Thread(target=self._revive, daemon=True)

    def start(self) -> None:
        for child in self.children.values():
            child.start()
        self.reviving.start()

    def kill(self, part: str) -> bool:
        if part == "postgres":
            self.server.kill()
            return True
        child = self.children[part]
        if child.process is None or child.process.poll() is not None:
            return False
        child.process.kill()
        child.process.wait()
        return True

    def _revive(self) -> None:
        """As `tenure up` and PostgreSQL's own service manager do, without their pauses."""
        while not self.stopped.wait(0.1):
            self.server.revive()
            for child in self.children.values():
                if not child.is_alive():
                    child.start()

    def be_still(self) -> None:
        """Nobody works any more, and nothing is started again; Temporal and the database can still be asked."""
        self.stopped.set()
        if self.reviving.is_alive():
            self.reviving.join()
        for name in ("worker", "api"):
            self.children[name].stop()

    def stop(self) -> None:
        self.be_still()
        for child in self.children.values():
            child.stop()
        self.mail.stop()
        self.posts.stop()
        self.database.close()
        self.server.stop()


@contextmanager
def parts(home: Path, kind: str, naive: bool = False) -> Iterator[Parts]:
    """Not yet started; gone at the end."""
    made = Parts(home, kind, naive)
    try:
        yield made
    finally:
        made.stop()
