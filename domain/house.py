"""The house rules that all journeys share, and what they need to know of the words: one object, loaded whole and checked whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import Field, field_validator

from domain import grammar, locales, source
from domain.calendars import Calendars
from domain.capacity import Capacity
from domain.composing import Wording
from domain.composing import Words as Templates
from domain.conditions import SpokenCondition
from domain.contact_policy import ContactPolicy
from domain.facts import Scope
from domain.faults import Fault, FaultyText, Mark
from domain.four_eyes import PublishingPolicy
from domain.grammar import Model, Spoken, Word, Words
from domain.health import HealthPolicy
from domain.ladders import Ladders
from domain.packs import Packs
from domain.roles import Roles
from domain.survey_policy import Surveys
from domain.vocabulary import Vocabulary


class SegmentRule(Spoken):
    segment: Word
    title: Word
    when: SpokenCondition | None = Field(default=None, description="the last rule has none: it takes everybody else")


class Segments(Spoken):
    """journeys/policies/segments.yaml: which segment an account is in; the first rule that holds."""

    segments: tuple[SegmentRule, ...]

    @field_validator("segments")
    @classmethod
    def _complete(cls, rules: tuple[SegmentRule, ...]) -> tuple[SegmentRule, ...]:
        if not rules or rules[-1].when or any(rule.when is None for rule in rules[:-1]):
            raise ValueError("every segment but the last has a 'when:', and the last has none")
        return rules


class Brand(Spoken):
    """journeys/policies/brand.yaml: what every template may name as brand.<name> and links.<name>."""

    company: Word
    product: Word
    postal_address: Word
    sender: Word = Field(description="the address mail comes from; the name is the account owner's")
    support: Word
    links: dict[str, Word]
    colour: Word = "#1f4b8f"
    language: Word = Field(default=locales.HOUSE, description="the one that words without a language in their file's name are written in")
    domains: Words = Field(default=(), description="owners with an address here send from it; set up SPF and DKIM for each")


class Webhooks(Spoken):
    """journeys/policies/webhooks.yaml: the systems that a `webhook:` step may tell, by name."""

    webhooks: dict[str, Word] = Field(default_factory=dict)

    @field_validator("webhooks", mode="before")
    @classmethod
    def _none_yet(cls, value: Any) -> Any:
        return value or {}


POLICIES: Mapping[str, type[Spoken]] = {
    "vocabulary": Vocabulary,
    "segments": Segments,
    "roles": Roles,
    "calendars": Calendars,
    "ladders": Ladders,
    "health": HealthPolicy,
    "contact": ContactPolicy,
    "brand": Brand,
    "webhooks": Webhooks,
    "packs": Packs,
    "publishing": PublishingPolicy,
    "capacity": Capacity,
    "surveys": Surveys,
}
OPTIONAL = frozenset({"packs", "publishing", "capacity", "surveys"})


@dataclass(frozen=True)
class House:
    """All policies, and of all templates what the rules need. `words` are those that are published; a house without them takes every
    mail for one that can be filled in."""

    vocabulary: Vocabulary
    segments_rule: Segments
    roles: Roles
    calendars: Calendars
    ladders: Ladders
    health: HealthPolicy
    contact: ContactPolicy
    brand: Brand
    webhooks: Webhooks
    mails: Mapping[str, Wording] = field(default_factory=dict)
    posts: Mapping[str, Wording] = field(default_factory=dict)
    tasks: Mapping[str, Wording] = field(default_factory=dict)
    hash: str = ""
    packs: Packs = field(default_factory=Packs)
    publishing: PublishingPolicy = field(default_factory=PublishingPolicy)
    capacity: Capacity = field(default_factory=Capacity)
    surveys: Surveys = field(default_factory=Surveys)
    words: Templates | None = field(default=None, repr=False, compare=False)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        return tuple(rule.segment for rule in self.segments_rule.segments)

    def segment_of(self, values: Mapping[str, Any]) -> str:
        """The segment whose rule is the first to hold of these facts."""
        scope = Scope(values)
        return next(rule.segment for rule in self.segments_rule.segments if rule.when is None or rule.when.holds(scope))


def load(texts: Mapping[str, str], folder: str = "journeys/policies") -> House:
    """The house from its policy texts by name. Raises FaultyText with every fault of all of them."""
    faults: list[Fault] = []
    parts: dict[str, Any] = {}
    for name, model in POLICIES.items():
        file = f"{folder}/{name}.yaml"
        if name not in texts and name in OPTIONAL:
            parts[name] = model()
            continue
        if name not in texts:
            faults.append(Fault(Mark(file, 1, 1), "this policy is missing"))
            continue
        try:
            parts[name] = _policy(model, texts[name], file)
        except FaultyText as error:
            faults += error.faults
    if faults:
        raise FaultyText(faults)
    digest = hashlib.sha256("\x1f".join(f"{name}\x1f{texts[name]}" for name in sorted(texts)).encode()).hexdigest()
    return House(
        parts["vocabulary"], parts["segments"], parts["roles"], parts["calendars"], parts["ladders"], parts["health"], parts["contact"],
        parts["brand"], parts["webhooks"], hash=digest, packs=parts["packs"], publishing=parts["publishing"], capacity=parts["capacity"],
        surveys=parts["surveys"],
    )  # fmt: skip


def _policy(model: type[Model], text: str, file: str) -> Model:
    return grammar.load(model, source.read(text, file), file)
