"""journeys/policies/ladders.yaml: how long people have, who is reminded, and who is told next when nobody answers."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from domain.durations import SpokenDuration
from domain.grammar import Spoken, Truth, Word, Words
from domain.health import Sla


def _share(value: Any) -> Any:
    if isinstance(value, float):
        return value
    match = re.fullmatch(r"(\d{1,3})%", str(value))
    if not match:
        raise ValueError(f"'{value}' is not a share of the time like 75%")
    return int(match[1]) / 100


Share = Annotated[float, BeforeValidator(_share)]


class Rung(Spoken):
    """One step of a ladder: after a share of the time allowed, or a while past its end."""

    at: Share | None = None
    after: SpokenDuration | None = Field(default=None, description="this long past the deadline")
    remind: Words = Field(default=(), description="roles told, or `assignee`, or `manager` (the assignee's)")
    escalate: Word | None = Field(default=None, description="the role an overdue task is escalated to; ends the task's own ladder")
    climb: Truth = Field(default=False, description="an escalation moves to the next role of the chain, whose time starts anew")

    @model_validator(mode="after")
    def _one_moment_and_deed(self) -> Rung:
        if (self.at is None) == (self.after is None):
            raise ValueError("a rung has either 'at:' (75%) or 'after:' (2 business days)")
        if not (self.remind or self.escalate or self.climb):
            raise ValueError("a rung does something: 'remind:', 'escalate:' or 'climb: true'")
        return self


class TaskLadder(Spoken):
    """The clock of a task and its ladder. Time is the assignee's working time."""

    counts_from: Literal["creation", "due"]
    within: SpokenDuration = Field(description="from creation: the time to act; from due: the grace after it")
    rungs: tuple[Rung, ...] = ()


class EscalationLadder(Spoken):
    """The clock of an escalation: how long its holder has to acknowledge it."""

    within: SpokenDuration
    rungs: tuple[Rung, ...]


class ApprovalRule(Spoken):
    """What holds for an approval that says nothing itself."""

    within: SpokenDuration
    otherwise: Literal["send", "skip", "escalate"]


class Ladders(Spoken):
    """journeys/policies/ladders.yaml."""

    tasks: dict[Sla, TaskLadder]
    escalations: dict[Sla, EscalationLadder]
    chain: Words = Field(description="who an escalation climbs to, lowest first")
    approvals: ApprovalRule
    due: SpokenDuration = Field(description="when a task is due that says nothing itself")
    snooze: SpokenDuration = Field(description="the longest a task may be snoozed, once")

    @model_validator(mode="after")
    def _every_class(self) -> Ladders:
        for name, ladders in (("tasks", self.tasks), ("escalations", self.escalations)):
            if missing := [sla for sla in ("P1", "P2", "P3", "P4") if sla not in ladders]:
                raise ValueError(f"{name} says nothing of {', '.join(missing)}")
        return self

    def above(self, role: str) -> str | None:
        """The role an escalation climbs to from this one."""
        if role not in self.chain:
            return self.chain[0]
        place = self.chain.index(role) + 1
        return self.chain[place] if place < len(self.chain) else None
