"""How fast a key may ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

PER_SECOND = 500  # far more than one sender asks who waits for each answer


@dataclass
class Pace:
    """Each key has as many requests as fit a second, which come back evenly: a burst passes, a flood does not.

    It counts the requests of this process. `clock` is in seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)  # by key: how many are left, and as of when

    def allows(self, key_id: str) -> bool:
        """Counts a request, unless it is one too many."""
        now = self.clock()
        left, at = self._left.get(key_id, (PER_SECOND, now))
        left = min(PER_SECOND, left + (now - at) * PER_SECOND)
        is_allowed = left >= 1
        self._left[key_id] = (left - 1 if is_allowed else left, now)
        return is_allowed
