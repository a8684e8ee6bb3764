"""What reads text reads any text: it gives sentences, never a traceback, and takes no longer than a text of that length may.

The allowance is 50 ms for each hundred lines begun, a line counting for 120 characters at most. It is processor time, and what took
too long is read twice more: the least counts, for a machine that is busy with something else is not the text's fault.
"""

from __future__ import annotations

import gc
import itertools
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from database import definitions
from domain import checking, composing, house
from domain.faults import Fault, FaultyText
from domain.house import House
from domain.sandbox import Unfillable
from tests.catalogue import pages
from tests.fuzz.mutating import Mutator

ALLOWED = 0.050  # seconds for each hundred lines
_LINE = 120
_LINES = 100


@dataclass(frozen=True)
class Failure:
    """A text that should not have done this."""

    kind: str
    name: str
    what: str
    text: str


@dataclass
class Tally:
    """What was read: how many texts of each kind, how many were sound, and what failed."""

    read: Counter[str] = field(default_factory=Counter)
    sound: Counter[str] = field(default_factory=Counter)
    sentences: int = 0
    slowest: float = 0.0  # share of the allowance
    failures: list[Failure] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count:,} {kind} texts ({self.sound[kind]:,} sound)" for kind, count in sorted(self.read.items()))
        return f"{kinds}; {self.sentences:,} sentences; {len(self.failures)} failures; the slowest took {self.slowest:.0%} of what it may"


class Fuzzer:
    """Reads descendants of `texts` by (kind, name) against their own house."""

    def __init__(self, texts: Mapping[tuple[str, str], str], seed: int) -> None:
        self._texts = texts
        self._rules: House = definitions.compile_all(dict(texts)).house
        self._journeys = [name for kind, name in texts if kind == "journey"]
        self._layouts = definitions.layouts_of(texts)
        # What can be sound begins often, so that more than its first line is read.
        self._material = [(kind, name, text) for (kind, name), text in texts.items() for _ in range(12 if kind == "journey" else 1)]
        self._material += [(page.kind, page.name, page.text) for case in pages.cases() for page in case.pages if len(page.text) < 20_000]
        random.Random(seed).shuffle(self._material)
        self._mutator = Mutator([text for _, _, text in self._material], seed)
        self.tally = Tally()

    def run(self, seconds: float = math.inf, texts: int = sys.maxsize, tell: Callable[[Tally], None] = lambda tally: None) -> Tally:
        """For so long, or for so many texts; `tell` hears of the tally after every hundred."""
        ends = time.monotonic() + seconds
        # Collecting all that was loaded takes longer than reading a text, and is no text's fault.
        gc.collect()
        gc.freeze()
        for number, (kind, name, text) in enumerate(itertools.islice(itertools.cycle(self._material), texts), 1):
            self.read(kind, name, self._mutator.text(text))
            if number % 100 == 0:
                tell(self.tally)
            if time.monotonic() >= ends:
                break
        gc.unfreeze()
        return self.tally

    def read(self, kind: str, name: str, text: str) -> None:
        try:
            faults, took = self._timed(kind, name, text)
            allowed = allowance(text)
            for _ in range(2):
                if took > allowed:
                    took = min(took, self._timed(kind, name, text)[1])
            if kind == "template" and not composing.is_layout(name) and all(fault.warning for fault in faults):
                self._fill(name, text)
        except Exception as error:  # noqa: BLE001  # a crash is what is looked for
            self.tally.failures.append(Failure(kind, name, f"{type(error).__name__}: {error}", text))
            return
        self.tally.read[kind] += 1
        self.tally.sound[kind] += not faults
        self.tally.sentences += len(faults)
        self.tally.slowest = max(self.tally.slowest, took / allowed)
        if took > allowed:
            self.tally.failures.append(Failure(kind, name, f"took {took * 1000:.0f} ms of {allowed * 1000:.0f}", text))
        elsewhere = [fault for fault in faults if not fault.mark.file or not fault.sentence or fault.mark.line < 1 or fault.mark.column < 1]
        if elsewhere:
            self.tally.failures.append(Failure(kind, name, f"stands nowhere: {elsewhere[0]}", text))

    def _fill(self, name: str, text: str) -> None:
        """What is let through can also be filled in, or says which value it lacks."""
        folder, _, stem = name.partition("/")
        template = composing.compile(folder, stem, text, self._layouts)  # type: ignore[arg-type]  # it has been checked
        with suppress(Unfillable):
            template.fill({})

    def _timed(self, kind: str, name: str, text: str) -> tuple[list[Fault], float]:
        began = time.process_time()
        faults = self._faults(kind, name, text)
        return faults, time.process_time() - began

    def _faults(self, kind: str, name: str, text: str) -> list[Fault]:
        if kind == "journey":
            return checking.check_text(text, f"journeys/{name}.yaml", self._rules, self._journeys)
        if kind == "template" and not composing.is_layout(name):
            return checking.check_template(name, text, self._layouts, self._rules)
        if kind == "template":
            return checking.check_template("email/hello", "---\nsubject: Hello\npreview: x\n---\n\nHello\n", {"mail": text}, self._rules)
        try:
            house.load({name: text})
        except FaultyText as error:
            return [fault for fault in error.faults if fault.sentence != "this policy is missing"]
        return []


def allowance(text: str) -> float:
    """Seconds that reading this text may take."""
    lines = sum(1 + len(line) // _LINE for line in text.split("\n"))
    return ALLOWED * (1 + lines // _LINES)
