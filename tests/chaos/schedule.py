"""What goes wrong when, made from a seed: the same seed gives the same kills, the same faults and the same refusals."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import Literal

from tests.fakes import Fault

# Where a worker can be killed between its claim and the end of its turn, and an API process between its commit and its answer.
WORKER_POINTS = ("claiming", "claimed", "posting", "answered", "settled")
API_POINTS = ("stored",)
# A file beside theirs, with a line of JSON for each message handed to a provider: its id, and when it was asked whether it may leave.
CLAIMS = "claims"

Part = Literal["worker", "api", "temporal", "postgres"]


@dataclass(frozen=True, slots=True)
class Kill:
    """A process killed so many seconds after the last kill: at a named point when it comes there, or wherever it is."""

    after_seconds: float
    part: Part
    point: str | None = None

    @property
    def name(self) -> str:
        return f"{self.part} {self.point}" if self.point else self.part


def kills(seed: int, count: int, has_postgres: bool, pace: float = 1.0) -> list[Kill]:
    """Every part and point has its turn before any has its next; which comes when is the seed's. `pace` 2 is half as often."""
    chance = random.Random(f"kills {seed}")
    all_kinds: list[tuple[Part, str | None]] = [("worker", point) for point in WORKER_POINTS]
    all_kinds += [("api", point) for point in API_POINTS]
    all_kinds += [("worker", None), ("worker", None), ("api", None), ("temporal", None)]
    if has_postgres:
        all_kinds.append(("postgres", None))
    chosen: list[tuple[Part, str | None]] = []
    while len(chosen) < count:
        chance.shuffle(all_kinds)
        chosen += all_kinds
    return [Kill(chance.uniform(1.0, 4.0) * pace, part, point) for part, point in chosen[:count]]


Say = Literal["unsubscribes", "bounces", "leaves", "is erased", "is held"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One account whose reader says no, or which is held for a while, before its journey's mail of that round."""

    account: int
    says: Say
    before_round: int


def refusals(seed: int, journeys: int) -> dict[int, Refusal]:
    """By account: of a hundred journeys twelve unsubscribe, and six each bounce, leave their company, are erased, are held for a time."""
    chance = random.Random(f"refusals {seed}")
    shares: tuple[tuple[Say, float], ...] = (
        ("unsubscribes", 0.12), ("bounces", 0.06), ("leaves", 0.06), ("is erased", 0.06), ("is held", 0.06),
    )  # fmt: skip
    numbers = chance.sample(range(journeys), journeys)
    found: dict[int, Refusal] = {}
    for says, share in shares:
        for number in (numbers.pop() for _ in range(max(1, round(journeys * share)))):
            found[number] = Refusal(number, says, chance.choice((1, 2)))
    return found


class Faults:
    """What a provider does with each request, in order: mostly it accepts and answers late."""

    HANG_SECONDS = 14.0  # longer than our clients wait
    # Every 429 keeps all mail back for half a minute (domain/pacing.py), so there is one in every run and few more.
    SLOW_DOWN = Fault(status=429, headers={"Retry-After": "1"})
    SLOW_DOWN_FIRST = 40

    def __init__(self, seed: int, name: str) -> None:
        self.chance = random.Random(f"faults {name} {seed}")
        self.lock = threading.Lock()
        self.count = 0

    def __call__(self) -> Fault:
        with self.lock:
            draw, hold = self.chance.random(), self.chance.uniform(0.2, 1.5)
            self.count += 1
            if self.count == self.SLOW_DOWN_FIRST:
                return self.SLOW_DOWN
        for share, fault in self._bad(hold):
            if draw < share:
                return fault
            draw -= share
        return Fault(accepts=True, hold_seconds=hold)

    def _bad(self, hold: float) -> tuple[tuple[float, Fault], ...]:
        return (
            (0.005, self.SLOW_DOWN),
            (0.016, Fault(status=500, hold_seconds=hold)),
            (0.020, Fault(status=503, accepts=True, hold_seconds=hold)),
            (0.016, Fault(resets=True, hold_seconds=hold)),
            (0.020, Fault(resets=True, accepts=True, hold_seconds=hold)),
            (0.004, Fault(hold_seconds=self.HANG_SECONDS)),
            (0.004, Fault(accepts=True, hold_seconds=self.HANG_SECONDS)),
        )
