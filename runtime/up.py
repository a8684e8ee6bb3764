"""`tenure up`: the whole product on one machine. It starts the parts, watches over them, and takes them down again."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from rich.console import Console
from rich.table import Table

from api import keys
from database import definitions, installations, migrating
from database.definitions import Change
from database.engine import Database
from database.tables import ApiKeyRow
from domain.faults import FaultyText
from runtime import demo, local_temporal, parts, publishing
from runtime.children import Child, free_port
from runtime.settings import Settings, temporal_address
from runtime.warrants import NeedsApproval

READY_WITHIN_SECONDS = 60.0


class CannotStart(RuntimeError):
    """The product does not come up; the sentence says what to do."""


@dataclass(frozen=True)
class Addresses:
    api: str
    temporal: str
    temporal_ui: str | None


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Two servers on one file would both be wrong, and neither would say so."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(f"Tenure is already running on {home.resolve()}; stop it, or set TENURE_HOME to another folder") from None
        yield


def run(settings: Settings, with_demo: bool, out: Console) -> int:
    """Until somebody stops it; the exit code."""
    stop = _Stop()
    began = time.monotonic()
    with only_one(settings.home):
        children: list[Child] = []
        try:
            addresses = _start(settings, children, out)
            secret = _first_key(settings)
            _wait_until_ready(addresses.api, children, stop)
            if not stop.asked:
                if with_demo:
                    demo.fill(addresses.api, secret, out)
                _show(addresses, settings, secret, time.monotonic() - began, out)
            _watch(children, stop, out)
        finally:
            for child in reversed(children):
                child.stop()
    return 0


class _Stop:
    """Ctrl-C and SIGTERM ask to stop; the parts are then taken down in order."""

    def __init__(self) -> None:
        self.asked = False
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


def _start(settings: Settings, children: list[Child], out: Console) -> Addresses:
    home = settings.home.resolve()
    env = {
        "TENURE_HOME": str(home),
        "TENURE_DATABASE_URL": settings.database_url,
        "TENURE_DEFINITIONS": str(settings.definitions.resolve()),
    }
    ui = None
    if (address := temporal_address()) is None:
        port, ui_port = free_port(7233), free_port(8233)
        temporal = local_temporal.child(home, port, ui_port)
        temporal.start()
        children.append(temporal)
        address, ui = f"127.0.0.1:{port}", f"http://127.0.0.1:{ui_port}"
        env["TEMPORAL_ADDRESS"] = address
    database = parts.database(settings)
    try:
        migrating.upgrade(database)
        _publish(database, settings, out)
    finally:
        database.close()
    if ui is not None:
        asyncio.run(local_temporal.until_healthy(address, 30))
    api_port = free_port(settings.api_port, settings.api_host)
    # -P: not the folder it is started in, which may hold a `runtime` of its own, but what is installed.
    python = [sys.executable, "-P", "-m", "runtime.cli"]
    for name, command in (("worker", ["worker"]), ("api", ["api", "--host", settings.api_host, "--port", str(api_port)])):
        child = Child(name, [*python, *command], home / f"{name}.log", env)
        child.start()
        children.append(child)
    return Addresses(f"http://{settings.api_host}:{api_port}", address, ui)


def _publish(database: Database, settings: Settings, out: Console) -> None:
    """What changed in the folder. With faults in it, customers go on with what was published before; the first time nothing can start."""
    try:
        _say_published(publishing.publish_folder(database, settings.definitions, parts.now()).changes, out)
    except NeedsApproval as error:
        out.print(f"[bold]the folder differs from what is published[/bold]: {error}\n")
    except FaultyText as error:
        with database.read() as session:
            if not definitions.current_texts(session)[0]:
                raise
        for fault in error.faults:
            out.print(str(fault), markup=False)
        out.print("[bold red]nothing was published[/bold red]; runs go on with what was published before. Mend it, then: tenure publish\n")


def _say_published(changes: list[Change], out: Console) -> None:
    for change in changes:
        if change.kind == "journey":
            runs = "" if change.version == 1 else "; runs under way stay on their version"
            out.print(f"{change.what} journey [bold]{change.name}[/bold], version {change.version}{runs}")
    others = sum(change.kind != "journey" for change in changes)
    if others:
        out.print(f"{others} policies and templates published")


def _first_key(settings: Settings) -> str:
    """The key of the local installation, made once and kept beside its database."""
    file = settings.home / "api-key"
    database = parts.database(settings)
    try:
        with database.write() as session:
            if file.exists() and (secret := file.read_text().strip()):
                hashed = keys.digest(secret)
                if session.query(ApiKeyRow).filter_by(hash=hashed).first():
                    return secret
            secret = keys.make(session, "local", keys.SCOPES, parts.now())
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as kept:
                kept.write(secret)
            return secret
    finally:
        database.close()


def _wait_until_ready(api: str, children: list[Child], stop: _Stop) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    words = "no answer"
    while not stop.asked:
        for child in children:
            if not child.is_alive():
                raise CannotStart(f"the {child.name} does not stay up:\n{child.last_words()}")
        with contextlib.suppress(httpx2.HTTPError):
            answer = httpx2.get(f"{api}/readyz", timeout=8)
            if answer.status_code == 200:
                return
            words = answer.text
        if time.monotonic() > deadline:
            raise CannotStart(f"not ready after {READY_WITHIN_SECONDS:.0f} s: {words}")
        time.sleep(0.05)


def _show(addresses: Addresses, settings: Settings, secret: str, seconds: float, out: Console) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    has_console = bool(settings.console_names(settings.api_host))
    table.add_row("Console", f"{addresses.api}/" if has_console else "off; it has no login yet, TENURE_CONSOLE=on serves it all the same")
    table.add_row("API", addresses.api)
    table.add_row("API description", f"{addresses.api}/openapi.json")
    if has_console:
        table.add_row("Outbox", f"{addresses.api}/outbox")
    if addresses.temporal_ui:
        table.add_row("Temporal UI", addresses.temporal_ui)
    table.add_row("Temporal", addresses.temporal)
    table.add_row("Data and logs", str(settings.home.resolve()))
    if not is_armed(settings):
        out.print("\n[bold red]Sending is disarmed[/bold red]: nothing leaves. Why: tenure doctor. When all is well: tenure arm")
    out.print(f"\n[bold]Tenure is ready[/bold] after {seconds:.1f} s. Ctrl-C stops it; what it knows stays.\n")
    out.print(table)
    out.print("\nSign a customer up; their welcome mail is then in the outbox:\n")
    # Printed as it is: a wrapped or coloured command cannot be copied.
    first_day = datetime.fromtimestamp((settings.home / "api-key").stat().st_mtime, UTC)
    sys.stdout.write(demo.signup_command(addresses.api, secret, first_day) + "\n\n")
    sys.stdout.flush()


def is_armed(settings: Settings) -> bool:
    database = parts.database(settings)
    with database.read() as session:
        standing = installations.standing(session)
    database.close()
    return standing is None or standing.armed


def _watch(children: list[Child], stop: _Stop, out: Console) -> None:
    while not stop.asked:
        for child in children:
            if not child.is_alive() and child.revive():
                often = f" ({len(child.deaths)} times within a minute)" if len(child.deaths) > 1 else ""
                out.print(f"the {child.name} had died{often} and was started again; its log is {child.log}")
        time.sleep(0.2)
    out.print("stopping")
