"""A fault is one sentence about one place in a text that somebody wrote, saying what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import nlargest

MOST_COMPARED = 80  # characters of a word that is nothing's name
_CLOSELY = 12


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Mark("", 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong at `mark`. A warning lets the text be published; an error does not."""

    mark: Mark
    sentence: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.mark}: {'warning: ' if self.warning else ''}{self.sentence}"


@dataclass
class FaultyText(Exception):
    """A text cannot be used; `faults` says everything that is wrong with it, in reading order."""

    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` where a known word is near, else nothing."""
    word = str(word)[:MOST_COMPARED]
    own = _traits(word)
    # Comparing closely takes long: only with the names that share most letters and pairs of letters.
    likely = nlargest(_CLOSELY, sorted(known), key=lambda name: len(own & _traits(name)) / (len(own | _traits(name)) or 1))
    near = difflib.get_close_matches(word, likely, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


@lru_cache(maxsize=4096)
def _traits(word: str) -> frozenset[str]:
    return frozenset({*word, *(word[at : at + 2] for at in range(len(word) - 1))})
