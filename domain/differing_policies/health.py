"""Health: what differs of components, bands and overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domain import phrases
from domain.comparing import Says, says
from domain.difference import Difference
from domain.differing_policies import fields
from domain.health import HealthPolicy
from domain.succession import pairs, plain


def policy(old: HealthPolicy, new: HealthPolicy) -> Iterator[Difference]:
    def component(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from fields.each(f"the component {name}", before, after, COMPONENT_SAYS, ("factors",))
        olds, news = ({each.fact: each for each in several.factors} for several in (before, after))
        yield from fields.entries(f"the factor {{}} of {name}", olds, news, factor)
        if len(olds) < len(before.factors) or len(news) < len(after.factors):  # a fact counts twice
            yield from _rest(f"the factors of {name}", before.factors, after.factors)

    def factor(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from fields.each(f"the factor {name}", before, after, FACTOR_SAYS)

    def band(_: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from fields.each(f"the band {before.title}", before, after, BAND_SAYS)

    yield from fields.entries("the component {}", old.components, new.components, component, lambda each: f"weight {each.weight:g}")
    olds, news = ({each.name: each for each in several.bands} for several in (old, new))
    yield from fields.entries("the band {}", olds, news, band, lambda each: f"from {each.from_:g}")
    yield from fields.order("bands", list(olds), list(news))
    found = pairs(old.overrides, new.overrides, [lambda each: plain(each.when), lambda each: each.because], lambda *_: False)
    for before, after in found:
        if before is None and after is not None:
            yield fields.difference(f"a new override: {after.band} or worse while {after.when} ({after.because})", "new")
        elif before is not None and after is None:
            yield fields.difference(f"the override '{before.because}' is removed", "removed")
        elif before and after:
            label = f"the override '{before.because}'"
            yield from fields.condition(label, before.when, after.when)
            yield from fields.each(label, before, after, OVERRIDE_SAYS, ("when",))
    yield from fields.each("a change of band", old.hysteresis, new.hysteresis, HYSTERESIS_SAYS)
    yield from fields.each("", old, new, HEALTH_SAYS, ("components", "bands", "overrides", "hysteresis"))


def _rest(what: str, old: Any, new: Any) -> Iterator[Difference]:
    if plain(old) != plain(new):
        yield fields.difference(f"{what} are reckoned otherwise")


COMPONENT_SAYS: Mapping[str, Says] = {
    "weight": says("weighs {}"),
    "threshold": says("is a breach below {}"),
    "told": says("is told by {}", "no fact"),
}
FACTOR_SAYS: Mapping[str, Says] = {
    "fact": says("is {}"),
    "zero": says("is worth nothing at {}"),
    "full": says("is worth everything at {}"),
    "weight": says("weighs {}"),
}
BAND_SAYS: Mapping[str, Says] = {
    "name": says("is called {}"),
    "from_": says("begins at {}"),
    "title": says("has the title {}"),
    "owner": says("is the business of {}", show=phrases.role),
    "escalate": says("escalates on entering as {}", "nothing"),
}
OVERRIDE_SAYS: Mapping[str, Says] = {"band": says("makes it {} or worse"), "because": says("gives the reason {}", show=phrases.quoted)}
HYSTERESIS_SAYS: Mapping[str, Says] = {
    "readings": says("takes {} readings"),
    "drop": says("is immediate on a drop of {} points"),
    "margin": says("for the better takes a margin of {} points"),
}
HEALTH_SAYS: Mapping[str, Says] = {
    "least_weight": says("there is a score once {} percent of the weight is known"),
    "settle": says("a new account's band starts nothing for {}"),
    "unknown_to": says("accounts without a score go to {}", show=phrases.role),
}
