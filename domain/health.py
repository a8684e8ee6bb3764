"""journeys/policies/health.yaml and what it means: components to a score, scores to a band, and when a band changes.

Bands are half-open on unrounded scores (requirements.md C5). A band changes on evidence, not on noise (5.7): worse after two
readings, or at once on a steep drop or an override; better after two readings clear of the boundary. A day counts as one
reading, so that three inputs within an hour are not three opinions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from domain.conditions import SpokenCondition
from domain.durations import SpokenDuration
from domain.facts import Scope
from domain.grammar import Real, Spoken, Whole, Word

Sla = Literal["P1", "P2", "P3", "P4"]


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("a weight is more than 0; leave out what does not count")
    return value


Weight = Annotated[Real, AfterValidator(_positive)]


class Factor(Spoken):
    """A fact on a scale: `zero` is worth 0 points, `full` 100; outside it is clipped. `full` below `zero` turns the polarity."""

    fact: Word
    zero: Real = 0
    full: Real = 100
    weight: Weight = 1

    def points(self, value: float) -> float:
        return min(100.0, max(0.0, 100.0 * (value - self.zero) / (self.full - self.zero)))


class Component(Spoken):
    """One dimension of health, 0 to 100."""

    weight: Weight
    threshold: Real = Field(description="below it, the component counts as a breach and is named among the reasons")
    told: Word | None = Field(default=None, description="a fact that gives the component directly; while known, it replaces the factors")
    factors: tuple[Factor, ...] = ()


class Band(Spoken):
    """A range of scores from `from` up to the next band, and whose business it is."""

    name: Word
    from_: Real = Field(alias="from")
    title: Word
    owner: Word = Field(description="the role that answers for accounts in this band")
    escalate: Sla | None = Field(default=None, description="entering the band escalates to its owner with this SLA class")


class Override(Spoken):
    """While `when` holds the band is `band` or worse, whatever the score."""

    when: SpokenCondition
    band: Word
    because: Word


class Hysteresis(Spoken):
    readings: Whole = Field(default=2, ge=1)
    drop: Real = 10
    margin: Real = 3


class HealthPolicy(Spoken):
    """journeys/policies/health.yaml."""

    components: dict[str, Component] = Field(min_length=1)
    bands: tuple[Band, ...] = Field(min_length=1, description="best first")
    overrides: tuple[Override, ...] = ()
    hysteresis: Hysteresis = Hysteresis()
    least_weight: Real = Field(default=60, description="percent of the weight that must be known; below it there is no score")
    settle: SpokenDuration = Field(description="a new account's band starts nothing for this long, unless an override fires")
    unknown_to: Word = Field(description="the role that looks after accounts without enough data")

    def band(self, name: str) -> Band:
        return next(band for band in self.bands if band.name == name)

    def rank(self, name: str) -> int:
        """0 for the best band."""
        return next(rank for rank, band in enumerate(self.bands) if band.name == name)

    def inputs(self) -> frozenset[str]:
        """Every fact whose change can change the health of an account."""
        names = {component.told for component in self.components.values() if component.told}
        names |= {factor.fact for component in self.components.values() for factor in component.factors}
        names |= {name for override in self.overrides for name in override.when.names if not name.startswith("health.")}
        return frozenset(names)


@dataclass(frozen=True, slots=True)
class Reading:
    """The health of one account on one day. `raw` is the band the score alone gives; `band` the one that stands."""

    day: date
    score: float | None
    raw: str | None
    band: str | None
    components: Mapping[str, float | None]
    known_weight: float
    reasons: tuple[str, ...] = ()
    overridden: bool = False

    def values(self) -> dict[str, Any]:
        return {
            "health.score": self.score,
            "health.band": self.band,
            **{f"health.{name}": value for name, value in self.components.items()},
        }


def read(policy: HealthPolicy, values: Mapping[str, Any], day: date, earlier: Sequence[Reading]) -> Reading:
    """The reading of `day` from the facts of that day, given the latest earlier readings (oldest first, other days)."""
    components = {name: _component(component, values) for name, component in policy.components.items()}
    whole = sum(component.weight for component in policy.components.values())
    known = {name: value for name, value in components.items() if value is not None}
    weight = sum(policy.components[name].weight for name in known)
    share = 100 * weight / whole
    score = (
        sum(policy.components[name].weight * value for name, value in known.items()) / weight
        if share >= policy.least_weight and weight
        else None
    )
    raw = _band_of(policy, score)
    scope = Scope({**values, "today": day, "health.score": score, **{f"health.{name}": value for name, value in components.items()}})
    fired = [override for override in policy.overrides if override.when.holds(scope)]
    standing = _standing(policy, score, raw, earlier)
    for override in fired:
        if standing is None or policy.rank(override.band) > policy.rank(standing):
            standing = override.band
    return Reading(day, score, raw, standing, components, share, _reasons(policy, known, earlier, fired), bool(fired))


def _component(component: Component, values: Mapping[str, Any]) -> float | None:
    if component.told and isinstance(told := values.get(component.told), int | float):
        return float(told)
    known = [(factor, value) for factor in component.factors if isinstance(value := values.get(factor.fact), int | float)]
    weight = sum(factor.weight for factor, _ in known)
    return sum(factor.weight * factor.points(value) for factor, value in known) / weight if weight else None


def _band_of(policy: HealthPolicy, score: float | None, margin: float = 0) -> str | None:
    """The best band whose lower boundary (and margin above it) the score reaches; the worst needs no margin."""
    if score is None:
        return None
    for band in policy.bands[:-1]:
        if score >= band.from_ + margin:
            return band.name
    return policy.bands[-1].name


def _standing(policy: HealthPolicy, score: float | None, raw: str | None, earlier: Sequence[Reading]) -> str | None:
    current = next((reading.band for reading in reversed(earlier) if reading.band), None)
    if raw is None or score is None or current is None:
        return raw
    scored = [reading for reading in earlier if reading.score is not None]
    rule = policy.hysteresis
    recent = scored[-(rule.readings - 1) :] if rule.readings > 1 else []
    enough = len(recent) == rule.readings - 1
    if policy.rank(raw) > policy.rank(current):
        steep = bool(scored) and (scored[-1].score or 0) - score >= rule.drop
        agreed = enough and all(policy.rank(reading.raw or current) > policy.rank(current) for reading in recent)
        return raw if steep or agreed else current
    cleared = [_band_of(policy, value, rule.margin) for value in (score, *(reading.score for reading in recent))]
    worst = max((policy.rank(band) for band in cleared if band), default=0)
    return policy.bands[worst].name if enough and worst < policy.rank(current) else current


def _reasons(policy: HealthPolicy, known: Mapping[str, float], earlier: Sequence[Reading], fired: Sequence[Override]) -> tuple[str, ...]:
    """Overrides first, then the three components that weigh most against the account."""
    before = earlier[-1].components if earlier else {}
    lost = sorted(known, key=lambda name: (policy.components[name].weight * (known[name] - 100), name))
    words = []
    for name in lost[:3]:
        value, threshold = known[name], policy.components[name].threshold
        earlier_value = before.get(name)
        moved = 0.0 if earlier_value is None else value - earlier_value
        words.append(
            f"{name} {value:.0f}" + (f" (below {threshold:.0f})" if value < threshold else "") + (f", {moved:+.0f}" if round(moved) else "")
        )
    return (*(override.because for override in fired), *words)


@dataclass(frozen=True, slots=True)
class Crossing:
    """An account's band changed. `quiet` when it is too new for the change to start anything."""

    before: str | None
    after: str | None
    worse: bool
    quiet: bool


def crossing(
    policy: HealthPolicy, before: str | None, reading: Reading, known_days: int | None, last_read: date | None = None
) -> Crossing | None:
    """What changed between the band that stood and this reading, for an account `known_days` old (None: unknown).

    What fell while the account was too new to act on counts as fallen with its first reading after that; `last_read` is the day of
    the reading before.
    """
    if before == reading.band:
        grown_up = (
            known_days is not None
            and last_read is not None
            and known_days >= policy.settle.days > known_days - (reading.day - last_read).days
        )
        if grown_up and reading.band is not None and policy.band(reading.band).escalate:
            return Crossing(before, reading.band, True, False)
        return None
    worse = reading.band is not None and policy.rank(reading.band) > (policy.rank(before) if before else 0)
    young = known_days is not None and known_days < policy.settle.days
    return Crossing(before, reading.band, worse, young and not reading.overridden)
