"""How pages show moments, scores and the texts of journeys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.evidence import written_at
from console import showing

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=20), "now"), (timedelta(minutes=5), "in 5 min"), (timedelta(hours=-3), "3 h ago"),
        (timedelta(hours=35), "in 35 h"), (timedelta(days=-2), "2 days ago"), (timedelta(days=365), "in 12 months"),
    ],
)  # fmt: skip
def test_distance_is_told_in_the_unit_that_fits(away: timedelta, words: str) -> None:
    assert showing.distance_between(NOW, NOW + away).replace(showing.NO_BREAK, " ") == words


def test_a_score_is_never_rounded_up_into_the_next_band() -> None:
    assert (showing.floored(89.96), showing.floored(0.0), showing.floored(None)) == ("89", "0", "–")


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (2, "- {send: welcome}"),
        (3, "- check: gate\n  verdicts:\n    - else: []"),
        (5, "- else: []"),
        (7, "- {send: setup, to: admin}"),
    ],
)
def test_a_step_is_quoted_as_it_is_written(line: int, written: str) -> None:
    text = "steps:\n  - {send: welcome}\n  - check: gate\n    verdicts:\n      - else: []\n\n  - {send: setup, to: admin}\ntracks:\n"
    assert written_at(text, line) == written
