"""What history shows of how long things take and how they come out, to draw from in virtual time.

A draw depends on its seed, its pass and what it is about alone, so that the same forecast gives the same numbers in whatever process
and order accounts are played.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from domain.roles import digest

LEAST = 20  # with fewer cases than that, one odd case would count for too many accounts
Kind = Literal["task", "approval", "acknowledgement", "wait"]


@dataclass(frozen=True, slots=True)
class Case:
    """One time that something was asked or waited for: how long it took (None: it did not come), how it came out, and with what
    an event was told. A wait's time is counted from the beginning of its run, everything else from when somebody was asked."""

    after: timedelta | None
    outcome: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a case is about: the step of a journey; of acknowledgements, the class of the escalation in place of a step."""

    kind: Kind
    journey: str
    step: str


@dataclass(frozen=True)
class Habits:
    """`cases` in a fixed order, by their subject."""

    cases: Mapping[Subject, Sequence[Case]] = field(default_factory=dict)

    def known(self, subject: Subject) -> Sequence[Case]:
        """Nothing where there is too little history to draw from."""
        found = self.cases.get(subject, ())
        return found if len(found) >= LEAST else ()

    @property
    def too_few(self) -> Mapping[Subject, int]:
        return {subject: len(cases) for subject, cases in self.cases.items() if len(cases) < LEAST}


@dataclass(frozen=True, slots=True)
class Lot:
    """The draws of one pass."""

    habits: Habits
    seed: int
    number: int

    def draw(self, subject: Subject, about: Sequence[str], age: timedelta) -> Case | None:
        """One of the cases that took longer than what is asked now has taken already; None where history shows too little."""
        cases = self.habits.known(subject)
        left = [case for case in cases if case.after is None or case.after >= age]
        if not left:
            return None
        return left[digest(str(self.seed), str(self.number), subject.kind, subject.journey, subject.step, *about) % len(left)]
