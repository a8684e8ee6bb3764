"""What is simulated is what runs: stories that nobody would write, played in virtual time and on Temporal, and compared whole."""

from __future__ import annotations

import pytest

from tests.conftest import NewDatabase
from tests.e2e.reality import worlds
from tests.e2e.reality.stories import stories
from tests.e2e.reality.worlds import Limits

AT_ONCE = 8


@pytest.mark.parametrize(("kind", "limits", "seed"), [("sqlite", "wide", 2), ("postgres", "tight", 1)])
async def test_a_generated_story_is_the_same_in_virtual_time_and_on_temporal(
    kind: str, limits: Limits, seed: int, new_database: NewDatabase
) -> None:
    """Every touch, time and decision, and how all stands at the end. `make reality` plays as many as you like."""
    played = stories(AT_ONCE, seed)
    found = await worlds.play(new_database(kind), played, limits)
    assert not found, "\n".join(worlds.told(played[number], lines) for number, lines in found.items())
