"""What is being measured and how far it is, while it lasts."""

from __future__ import annotations

import sys
import time
from typing import TextIO

LINE_EVERY_SECONDS = 10.0


class Progress:
    """One line that is written over in a terminal; elsewhere a line now and then, and one whenever the subject changes."""

    def __init__(self, out: TextIO = sys.stderr) -> None:
        self.out = out
        self.is_terminal = out.isatty()
        self.began = time.monotonic()
        self._subject = ""
        self._said_at = 0.0

    def say(self, subject: str, done: float = 0, of: float = 0, unit: str = "") -> None:
        """`subject` is what goes on; `done` of `of` how much of it is done, where that is known."""
        now = time.monotonic()
        words = f"{subject}, {done:.0f} of {of:.0f} {unit}".rstrip() if of else subject
        if self.is_terminal:
            self.out.write(f"\r\x1b[2K{now - self.began:4.0f} s  {words}")
        elif subject != self._subject or now - self._said_at > LINE_EVERY_SECONDS:
            self.out.write(f"{now - self.began:4.0f} s  {words}\n")
            self._said_at = now
        self._subject = subject
        self.out.flush()

    def clear(self) -> None:
        if self.is_terminal:
            self.out.write("\r\x1b[2K")
            self.out.flush()
