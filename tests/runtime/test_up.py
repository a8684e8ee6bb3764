"""`tenure up` as its user meets it: a process, its children, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.installation import ROOT

WITHIN_SECONDS = 60.0


@dataclass
class Running:
    """A product that is up."""

    process: subprocess.Popen[str]
    api: str
    client: httpx2.Client
    printed: list[str]

    def children(self) -> dict[str, int]:
        """The processes it started, by name."""
        found: dict[str, int] = {}
        for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if (
                name := "temporal" if "start-dev" in words else words[words.index("runtime.cli") + 1] if "runtime.cli" in words else None
            ):  # else it is just dying
                found[name] = int(pid)
        return found

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def up(home: Path, *options: str) -> Iterator[Running]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TENURE_", "TEMPORAL_"))}
    env |= {"TENURE_HOME": str(home), "TENURE_DEFINITIONS": str(ROOT), "TENURE_API_PORT": "28321"}
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime.cli", "up", *options],
        cwd=home.parent,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        printed: list[str] = []
        for line in process.stdout:
            printed.append(line.rstrip())
            if line.startswith("curl "):
                break
        assert printed, "it said nothing"
        assert printed[-1].startswith("curl "), "\n".join(printed)
        api = next(line.split()[-1] for line in printed if line.startswith("API  "))
        secret = (home / "api-key").read_text()
        with httpx2.Client(base_url=api, headers={"Authorization": f"Bearer {secret}"}, timeout=10) as client:
            yield Running(process, api, client, printed)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=WITHIN_SECONDS)


def sign_up(running: Running) -> None:
    """By the very command it printed."""
    command = running.printed[-1]
    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=20)
    assert '"duplicate":false' in told.stdout, told.stdout


def subjects(running: Running) -> list[str]:
    return [message["subject"] for message in running.get("/v1/outbox")]


def live(running: Running) -> set[tuple[str, str]]:
    return {(run["id"], run["journey"]) for run in running.get("/v1/enrollments?live=true")["items"]}


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_the_product_comes_up_survives_kills_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with up(home) as first:
        assert {name: first.get("/readyz")["parts"][name] for name in ("database", "temporal", "worker")} == {
            "database": "ok",
            "temporal": "ok",
            "worker": "ok",
        }
        sign_up(first)
        eventually(lambda: len(subjects(first)) == 1)
        before, children = live(first), first.children()
        assert set(children) == {"temporal", "worker", "api"}

        os.kill(children["worker"], signal.SIGKILL)
        eventually(lambda: first.children().get("worker", children["worker"]) != children["worker"])
        eventually(lambda: first.client.get("/readyz").status_code == 200)

        children = first.children()
        first.process.kill()
        first.process.communicate()
        eventually(lambda: not any(is_running(pid) for pid in children.values()))

    with up(home) as second:
        assert live(second) == before
        assert len(subjects(second)) == 1
        refused = subprocess.run(
            [sys.executable, "-m", "runtime.cli", "up"],
            env={**os.environ, "TENURE_HOME": str(home)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert refused.returncode == 3
        assert "already running" in refused.stderr
        children = second.children()
        second.process.send_signal(signal.SIGINT)
        second.process.communicate(timeout=WITHIN_SECONDS)
        assert second.process.returncode == 0
        assert not any(is_running(pid) for pid in children.values())


def test_a_demo_can_be_filled_in_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with up(home, "--demo") as first:
        ids = [account["id"] for account in first.get("/v1/accounts")["items"]]
        assert len(ids) == 10
        assert sum(first.get(f"/v1/accounts/{id}")["health"].get("band") is not None for id in ids) == 9
        runs = live(first)
    with up(home, "--demo") as second:
        assert live(second) >= {run for run in runs if run[1] == "onboarding"}
        assert len(second.get("/v1/accounts")["items"]) == 10
