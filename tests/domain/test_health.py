"""Health: components to a score, scores to a band, and when the band that stands changes (requirements H1-H3, C1-C12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import health
from domain.health import Crossing, HealthPolicy, Reading
from tests.domain.kit import a_house

POLICY: HealthPolicy = a_house().health
DAY = date(2026, 1, 15)
NAMES = ("usage", "engagement", "performance", "satisfaction")
scores = st.floats(0, 100)


def told(*values: float | None) -> dict[str, Any]:
    """Usage, engagement, performance and satisfaction as another system scores them."""
    return {f"account.{name}": value for name, value in zip(NAMES, values, strict=True)}


def read(values: dict[str, Any], *earlier: Reading) -> Reading:
    return health.read(POLICY, values, DAY, earlier)


def even(score: float) -> dict[str, Any]:
    return told(score, score, score, score)


# The score


@pytest.mark.parametrize(
    ("values", "score"),
    [
        (told(70, 80, 90, 75), 78.5),  # exactly on every threshold (C1)
        (told(0, 100, 100, 100), 70),  # one component at nothing hides in the average (C3)
        (told(100, 0, 100, 100), 75),
        (told(100, 100, 0, 100), 75),
        (told(100, 100, 100, 0), 80),
        (told(0, 80, 90, 75), 57.5),
        (told(70, 0, 90, 75), 58.5),
        (told(70, 80, 0, 75), 56),
        (told(70, 80, 90, 0), 63.5),
        (even(100), 100),
        (even(0), 0),
    ],
)
def test_the_score_is_the_weighted_mean(values: dict[str, Any], score: float) -> None:
    assert read(values).score == pytest.approx(score)


@pytest.mark.parametrize(
    ("values", "known", "score"),
    [
        (told(80, 60, None, None), 55, None),  # 30 + 25 percent of the weight
        (told(80, None, None, 60), 50, None),
        (told(None, 80, 60, None), 50, None),
        (told(80, 60, None, 60), 75, (80 * 30 + 60 * 25 + 60 * 20) / 75),
        (told(None, 80, 80, 60), 70, (80 * 50 + 60 * 20) / 70),
        (told(0, 0, None, 0), 75, 0),  # nothing is something
        (told(None, None, None, None), 0, None),
    ],
)
def test_what_is_not_known_is_left_out_and_with_less_than_sixty_percent_there_is_no_score(
    values: dict[str, Any], known: float, score: float | None
) -> None:
    reading = read(values)
    assert reading.known_weight == pytest.approx(known)
    assert reading.score == (None if score is None else pytest.approx(score))
    assert (reading.band is None) is (score is None)


@pytest.mark.parametrize(
    ("values", "usage"),
    [
        ({"account.share": 0.5}, 50),
        ({"account.seats": 5}, 50),
        ({"account.share": 1, "account.seats": 0}, 25),  # seats weigh three times as much
        ({"account.seats": 20}, 100),  # clipped
        ({"account.seats": -5}, 0),
        ({"account.share": 0.5, "account.usage": 90}, 90),  # told as a whole, it replaces its factors
        ({"account.usage": 0, "account.share": 1}, 0),
        ({}, None),
    ],
)
def test_a_component_is_told_or_made_of_factors(values: dict[str, Any], usage: float | None) -> None:
    assert read(values).components["usage"] == (None if usage is None else pytest.approx(usage))


@pytest.mark.parametrize(("load", "points"), [(0, 100), (5, 75), (20, 0), (40, 0), (-3, 100)])
def test_less_can_be_better(load: float, points: float) -> None:
    assert read({"account.growth": load}).components["engagement"] == pytest.approx(points)


# Bands


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100, "healthy"), (90, "healthy"), (89.99, "at_risk"), (89.5, "at_risk"), (70, "at_risk"), (69.999, "high_risk"),
        (50, "high_risk"), (49.999, "critical"), (0, "critical"),
    ],
)  # fmt: skip
def test_bands_are_half_open_on_unrounded_scores(score: float, band: str) -> None:
    assert read(even(score)).raw == band
    assert read(even(score)).band == band


@given(scores, scores)
def test_a_higher_score_is_never_a_worse_band(one: float, other: float) -> None:
    low, high = sorted((one, other))
    ranks = [POLICY.rank(read(even(score)).raw or "") for score in (low, high)]
    assert ranks[0] >= ranks[1]


# Overrides


@pytest.mark.parametrize(
    ("values", "band", "reasons"),
    [
        (told(0, 100, 100, 100), "high_risk", ("usage has collapsed",)),  # C3: the floor under the average
        (told(29.9, 100, 100, 100), "high_risk", ("usage has collapsed",)),
        (told(30, 100, 100, 100), "at_risk", ()),
        (told(0, 0, 0, 0), "critical", ("usage has collapsed",)),  # a floor, not a ceiling
        ({**even(100), "account.stage": "lost"}, "critical", ("notice was given",)),
        ({**told(0, 100, 100, 100), "account.stage": "lost"}, "critical", ("notice was given", "usage has collapsed")),
        ({"account.stage": "lost"}, "critical", ("notice was given",)),  # also where there is no score
        ({"account.usage": 0}, "high_risk", ("usage has collapsed",)),
    ],
)
def test_an_override_is_a_floor(values: dict[str, Any], band: str, reasons: Sequence[str]) -> None:
    reading = read(values)
    assert reading.band == band
    assert reading.reasons[: len(reasons)] == tuple(reasons)
    assert reading.overridden is bool(reasons)


@given(st.tuples(scores, scores, scores, scores))
def test_no_override_makes_a_band_better(values: tuple[float, float, float, float]) -> None:
    reading = read(told(*values))
    assert reading.raw
    assert reading.band
    assert POLICY.rank(reading.band) >= POLICY.rank(reading.raw)


# The band that stands


def a_reading(score: float | None, band: str | None = None, days_ago: int = 1) -> Reading:
    """An earlier reading; the band that stood then, where it is not the score's own."""
    raw = None if score is None else read(even(score)).raw
    return Reading(DAY - timedelta(days=days_ago), score, raw, band or raw, {}, 100)


@pytest.mark.parametrize(
    ("earlier", "score", "band"),
    [
        ([], 60, "high_risk"),  # the first reading stands
        ([a_reading(95)], 89, "healthy"),  # once is noise
        ([a_reading(95), a_reading(89, "healthy")], 88, "at_risk"),  # twice is evidence
        ([a_reading(95), a_reading(89, "healthy")], 91, "healthy"),
        ([a_reading(95), a_reading(89, "healthy"), a_reading(91)], 89, "healthy"),  # not in a row
        ([a_reading(95)], 85, "at_risk"),  # ten points at once
        ([a_reading(95)], 85.1, "healthy"),
        ([a_reading(95)], 40, "critical"),
        ([a_reading(75)], 92, "at_risk"),  # better takes two clear readings as well
        ([a_reading(75), a_reading(93, "at_risk")], 93, "healthy"),
        ([a_reading(75), a_reading(92.9, "at_risk")], 95, "at_risk"),  # not clear of the boundary
        ([a_reading(75), a_reading(95, "at_risk")], 92.9, "at_risk"),
        ([a_reading(75), a_reading(93, "at_risk"), a_reading(80)], 93, "at_risk"),
        ([a_reading(40), a_reading(95, "critical")], 75, "at_risk"),  # as good as the worse of the two
        ([a_reading(40), a_reading(72, "critical")], 74, "high_risk"),  # 72 is not clear of 70
        ([a_reading(40), a_reading(52, "critical")], 53, "critical"),
        ([a_reading(40), a_reading(53, "critical")], 53, "high_risk"),
        ([a_reading(95), a_reading(None)], 89, "healthy"),  # a gap forgets neither the band nor the reading
        ([a_reading(95), a_reading(89, "healthy"), a_reading(None)], 88, "at_risk"),
    ],
)
def test_a_band_changes_on_evidence(earlier: list[Reading], score: float, band: str) -> None:
    reading = health.read(POLICY, even(score), DAY, earlier)
    assert reading.band == band
    assert reading.raw == a_reading(score).raw


def test_an_override_needs_no_second_opinion_and_none_when_it_goes() -> None:
    calm = read(even(95))
    fired = read({**even(95), "account.stage": "lost"}, calm)
    assert (calm.band, fired.band) == ("healthy", "critical")
    assert read(even(95), calm, fired).band == "healthy"  # the score was clear all along


@given(st.lists(scores, min_size=1, max_size=8), scores)
def test_a_band_moves_only_towards_what_the_scores_say(earlier: list[float], score: float) -> None:
    readings: list[Reading] = []
    for value in earlier:
        readings.append(health.read(POLICY, even(value), DAY, readings[-3:]))
    reading = health.read(POLICY, even(score), DAY, readings[-3:])
    raws = [POLICY.rank(each.raw or "") for each in (readings[-1], reading)]
    stood, stands = POLICY.rank(readings[-1].band or ""), POLICY.rank(reading.band or "")
    assert min(stood, *raws) <= stands <= max(stood, *raws)


# Reasons


def test_the_reasons_name_the_three_heaviest_losses_and_how_they_moved() -> None:
    before = Reading(DAY, 80, "at_risk", "at_risk", {"usage": 80.0, "engagement": 50.0, "satisfaction": 70.0}, 100)
    assert read(told(60, 75, 100, 70), before).reasons == (
        "usage 60 (below 70), -20",
        "engagement 75 (below 80), +25",
        "satisfaction 70 (below 75)",
    )


def test_a_component_that_rose_from_nothing_is_said_to_have_risen() -> None:
    before = Reading(DAY, 70, "at_risk", "high_risk", {"usage": 0.0}, 100)
    assert read(told(40, 100, 100, 100), before).reasons[0] == "usage 40 (below 70), +40"


# Crossings


@pytest.mark.parametrize(
    ("before", "after", "days", "expected"),
    [
        ("healthy", "healthy", 90, None),
        (None, None, 90, None),
        ("healthy", "at_risk", 90, Crossing("healthy", "at_risk", True, False)),
        ("at_risk", "healthy", 90, Crossing("at_risk", "healthy", False, False)),
        ("healthy", "critical", 30, Crossing("healthy", "critical", True, False)),
        ("healthy", "critical", 29, Crossing("healthy", "critical", True, True)),  # new accounts settle first
        ("healthy", "critical", None, Crossing("healthy", "critical", True, False)),
        (None, "healthy", 90, Crossing(None, "healthy", False, False)),
        (None, "high_risk", 0, Crossing(None, "high_risk", True, True)),
        ("healthy", None, 90, Crossing("healthy", None, False, False)),
    ],
)
def test_a_crossing_is_told_once_an_account_has_settled(
    before: str | None, after: str | None, days: int | None, expected: Crossing | None
) -> None:
    reading = Reading(DAY, 50, after, after, {}, 100)
    assert health.crossing(POLICY, before, reading, days) == expected


def test_an_override_is_told_of_new_accounts_too() -> None:
    reading = read({**even(95), "account.stage": "lost"})
    assert health.crossing(POLICY, "healthy", reading, 3) == Crossing("healthy", "critical", True, False)


def test_it_reads_what_components_and_overrides_name() -> None:
    assert POLICY.inputs() == {
        "account.usage", "account.engagement", "account.performance", "account.satisfaction", "account.share", "account.seats",
        "account.growth", "account.stage",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("known_days", "last_read", "expected"),
    [
        (POLICY.settle.days, -7, Crossing("critical", "critical", True, False)),
        (POLICY.settle.days + 6, -7, Crossing("critical", "critical", True, False)),
        (POLICY.settle.days + 7, -7, None),  # the reading before was of an account that had settled
        (POLICY.settle.days - 1, -7, None),
        (None, -7, None),
        (POLICY.settle.days, None, None),
    ],
)
def test_what_fell_while_an_account_was_too_new_counts_with_its_first_reading_after_that(
    known_days: int | None, last_read: int | None, expected: Crossing | None
) -> None:
    reading = Reading(DAY, 40.0, "critical", "critical", {}, 100.0)
    day = None if last_read is None else DAY + timedelta(days=last_read)
    assert health.crossing(POLICY, "critical", reading, known_days, day) == expected
