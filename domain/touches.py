"""What a play leaves behind: everything that reached a person, and every decision with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.intents import Decision

KINDS = ("post", "task", "approval", "webhook", "escalation", "set", "start", "stop", "hold")


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that reached a person: a message, a post, a task, an approval asked, an escalation notice. Or what a step in shadow
    would have done; that may also be what only changes something (set, start, stop, hold)."""

    at: datetime
    journey: str
    step: str
    visit: int
    effect: str
    recipient: str
    what: str
    run: str = ""

    @property
    def kind(self) -> str:
        return "mail" if self.effect == "send" else self.effect if self.effect in KINDS else "notice"


@dataclass(frozen=True, slots=True)
class Why:
    """A decision and when and in which journey it was made."""

    at: datetime
    journey: str
    decision: Decision
