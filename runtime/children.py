"""Child processes that do not outlive their parent, and that are started again when they die."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
STOP_WITHIN_SECONDS = 8.0


def _die_with_parent() -> None:
    # Linux: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html. Runs in the child before it becomes its program.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One child: how it is started, and the process that runs now."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    is_mourned: bool = False  # whether the death of this process stands among `deaths`

    def start(self) -> None:
        self.is_mourned = False
        # A session of its own: Ctrl-C reaches the parent alone, which stops its children in order.
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own programs
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **self.env}, start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # the parent starts its children before it starts any thread
            )  # fmt: skip

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def revive(self) -> bool:
        """Starts a dead child again, after a longer pause the more often it died within a minute; whether it did."""
        if self.is_alive():
            return False
        now = time.monotonic()
        if not self.is_mourned:
            self.deaths = [*(death for death in self.deaths if now - death < 60), now]
            self.is_mourned = True
        if now - self.deaths[-1] < min(2 ** (len(self.deaths) - 1) * 0.25, 10.0) - 0.25:
            return False
        self.start()
        return True

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return "\n".join(lines[-12:])


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """The wanted port, or the next free one after it."""
    for port in range(wanted, wanted + 200):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {wanted} and {wanted + 200}")
