"""The difference between two versions of the house's policies, in sentences; `tenure diff` shows them by policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domain import phrases
from domain.calendars import Calendars
from domain.comparing import Says, says
from domain.contact_policy import ContactPolicy
from domain.difference import Difference
from domain.differing_policies import fields, health, ladders, writing
from domain.four_eyes import PublishingPolicy
from domain.grammar import Spoken
from domain.health import HealthPolicy
from domain.house import POLICIES, Brand, House, Segments, Webhooks
from domain.ladders import Ladders
from domain.roles import Roles
from domain.vocabulary import Quiet, Vocabulary


def policies(old: House, new: House) -> dict[str, list[Difference]]:
    """What differs, by policy (journeys/policies/<name>.yaml); policies without a difference are left out."""
    before, after = _parts(old), _parts(new)
    found = {name: list(_policy(before[name], after[name])) for name in POLICIES}
    return {name: several for name, several in found.items() if several}


def _parts(house: House) -> dict[str, Spoken]:
    return {name: house.segments_rule if name == "segments" else getattr(house, name) for name in POLICIES}


def _policy(old: Spoken, new: Spoken) -> Iterator[Difference]:
    match old, new:
        case Ladders(), Ladders():
            yield from ladders.policy(old, new)
        case Segments(), Segments():
            yield from _segments(old, new)
        case Roles(), Roles():
            yield from _roles(old, new)
        case Calendars(), Calendars():
            yield from writing.calendars(old, new)
        case HealthPolicy(), HealthPolicy():
            yield from health.policy(old, new)
        case Vocabulary(), Vocabulary():
            yield from _vocabulary(old, new)
        case ContactPolicy(), ContactPolicy():
            yield from writing.contact(old, new)
        case Brand(), Brand():
            yield from fields.each("", old, new, BRAND_SAYS, ("links",))
            yield from fields.values("links.{}", old.links, new.links)
        case Webhooks(), Webhooks():
            yield from fields.values("the webhook '{}'", old.webhooks, new.webhooks)
        case PublishingPolicy(), PublishingPolicy():
            yield from fields.each("", old, new, PUBLISHING_SAYS)
        case _:
            yield from fields.each("", old, new, {})


def _roles(old: Roles, new: Roles) -> Iterator[Difference]:
    def ours(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from fields.each(phrases.role(name), before, after, OUR_ROLE_SAYS)

    def theirs(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from fields.each(f"what is for {phrases.role(name)}", before, after, THEIR_ROLE_SAYS)

    yield from fields.entries("our role '{}'", old.ours, new.ours, ours, lambda role: f"held by {_holder(role.held_by)}")
    yield from fields.entries("their role '{}'", old.theirs, new.theirs, theirs)


def _holder(held_by: str) -> str:
    return {"chain": "the first of the owner's managers who has it", "team": "anyone who has it"}.get(held_by) or f"whom {held_by} names"


def _segments(old: Segments, new: Segments) -> Iterator[Difference]:
    def changed(name: str, before: Any, after: Any) -> Iterator[Difference]:
        if before.title != after.title:
            yield fields.difference(f"the segment {name} is called {phrases.instead(after.title, before.title)}")
        if before.when and after.when:
            yield from fields.condition(f"the segment {after.title}", before.when, after.when)
        elif before.when or after.when:
            whom = f"accounts with {after.when}" if after.when else "everybody else"
            yield fields.difference(f"the segment {after.title} now takes {whom}")

    olds, news = ({rule.segment: rule for rule in each.segments} for each in (old, new))
    yield from fields.entries("the segment {}", olds, news, changed, lambda rule: str(rule.when) if rule.when else "everybody else")
    yield from fields.order("segments", list(olds), list(news))


def _vocabulary(old: Vocabulary, new: Vocabulary) -> Iterator[Difference]:
    def fact(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from fields.each(f"the fact {name}", before, after, FACT_SAYS)

    def event(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from fields.values(f"what {name} tells: {{}}", before.tells, after.tells)
        yield from fields.values(f"what {name} sets: {{}}", before.sets, after.sets)
        yield from fields.each(f"the event {name}", before, after, EVENT_SAYS, ("tells", "sets"))

    yield from fields.entries("the fact {}", old.by_name, new.by_name, fact, lambda each: each.meaning or f"a {each.type}")
    yield from fields.entries("the event {}", old.events, new.events, event, lambda each: each.meaning)
    yield from fields.values("policy.{}", old.values, new.values)


def _quiet(quiet: Quiet) -> str:
    return f"{quiet.for_} without {quiet.fact}"


OUR_ROLE_SAYS: Mapping[str, Says] = {
    "held_by": says("is {}", show=_holder),
    "otherwise": says("is stood in for by {}", "nobody", phrases.role),
}
THEIR_ROLE_SAYS: Mapping[str, Says] = {"otherwise": says("goes, where nobody is that, to {}", "nobody", phrases.roles)}
FACT_SAYS: Mapping[str, Says] = {
    "type": says("is a {}"),
    "one_of": says("is one of {}", "anything"),
    "default": says("is {} while nobody told it", "unknown"),
    "fresh_for": says("counts for {}", "ever"),
    "while_": says("is true while a run of {} is live", "no journey"),
    "quiet": says("is true after {}", "nothing", _quiet),
    "meaning": says("is described as {}", "nothing", phrases.quoted),
}
EVENT_SAYS: Mapping[str, Says] = {
    "answer": says("answers with {}"),
    "meaning": says("is described as {}", "nothing", phrases.quoted),
}
PUBLISHING_SAYS: Mapping[str, Says] = {
    "four_eyes": says("whoever publishes needs a second pair of eyes: {}"),
    "approvers": says("what is proposed is approved by {}", "nobody"),
}
BRAND_SAYS: Mapping[str, Says] = {
    "company": says("the company is called {}"),
    "product": says("the product is called {}"),
    "postal_address": says("the postal address is {}"),
    "sender": says("mail comes from {}"),
    "support": says("support is at {}"),
    "colour": says("the colour is {}"),
}
