"""One difference between what is and what was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["new", "removed", "renamed", "replaced", "moved", "changed", "reworded"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, in a sentence. Of journeys: `steps` are the steps it speaks of (newer ids; older ones of what is removed) and
    `segments` whom it concerns, in their order; of policies and templates both are empty. `reworded`: no run notices."""

    kind: Kind
    sentence: str
    steps: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
