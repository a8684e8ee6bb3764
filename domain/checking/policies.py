"""What the house rules say of each other: every name in a policy is declared somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from domain import locales
from domain.checking import conditions
from domain.checking.known import Known
from domain.faults import Fault, Mark, suggestion
from domain.locales import UnknownLanguage
from domain.survey_policy import COMMENT
from domain.vocabulary import COHORT, Kind, Setting, write_value

_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+")
READABLE = 4.5  # https://www.w3.org/TR/WCAG21/#contrast-minimum
_COLOUR = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")


def check(known: Known) -> Iterator[Fault]:
    """The faults of the house rules beside these journeys."""
    return _Policies(known).faults()


class _Policies:
    def __init__(self, known: Known) -> None:
        self.rules = known.rules
        self.journeys = known.journeys
        self.names = known.names

    def faults(self) -> Iterator[Fault]:
        yield from self.vocabulary()
        yield from self.roles()
        yield from self.health()
        yield from self.ladders()
        yield from self.brand()
        yield from self.contact()
        yield from self.packs()
        yield from self.surveys()
        for role in self.rules.publishing.approvers:
            yield from self.role(self.rules.publishing.place("approvers"), role)
        for rule in self.rules.segments_rule.segments:
            if rule.when:
                yield from conditions.check(rule.when, self.names)
            known = self.names.one_of.get("account.segment", ())
            if known and rule.segment not in known:
                yield Fault(rule.place("segment"), f"account.segment is never '{rule.segment}'{suggestion(rule.segment, known)}")
        for name, url in (*self.rules.brand.links.items(), *self.rules.webhooks.webhooks.items()):
            if not url.startswith("https://"):
                owner = self.rules.brand if name in self.rules.brand.links else self.rules.webhooks
                yield Fault(owner.place("links" if owner is self.rules.brand else "webhooks"), f"'{name}': an address begins with https://")
        for segment in self.rules.capacity.accounts:
            if segment not in self.rules.segments:
                place = self.rules.capacity.place("accounts")
                yield Fault(place, f"no segment is called '{segment}'{suggestion(segment, self.rules.segments)}")
        for hours in (self.rules.calendars.send, self.rules.calendars.work):
            try:
                hours.hours()
            except ValueError as error:
                yield Fault(hours.mark, str(error))

    def contact(self) -> Iterator[Fault]:
        policy = self.rules.contact
        for rule in policy.kept_back:
            yield from conditions.check(rule.when, self.names)
            for name in rule.classes or ():
                if name not in policy.classes:
                    yield Fault(rule.place("classes"), f"'{name}' is not a class of mail{suggestion(name, policy.classes)}")

    def surveys(self) -> Iterator[Fault]:
        policy, events = self.rules.surveys, self.rules.vocabulary.events
        if limits := self.rules.contact.limits:
            for name in limits.same_survey_every:
                if name not in policy.surveys:
                    yield Fault(limits.place("same_survey_every"), f"surveys.yaml has no survey '{name}'{suggestion(name, policy.surveys)}")
        if not policy.surveys:
            return
        event = events.get(policy.event)
        if event is None:
            yield Fault(policy.place("event"), f"no event is declared as '{policy.event}'{suggestion(policy.event, events)}")
            return
        if event.tells.get("survey") is not Kind.TEXT or not (score := event.tells.get("score")) or not score.is_number:
            yield Fault(policy.place("event"), f"'{policy.event}' tells no answer: its payload has 'survey: text' and 'score: number'")
        if event.tells.get(COMMENT, Kind.TEXT) is not Kind.TEXT:
            yield Fault(policy.place("event"), f"what a reader adds is a text, and '{policy.event}' tells '{COMMENT}' as something else")

    def brand(self) -> Iterator[Fault]:
        brand = self.rules.brand
        for field in ("company", "product", "postal_address"):
            if not getattr(brand, field).strip():
                yield Fault(brand.place(field), f"{field} is empty, and every mail shows it")
        for field in ("sender", "support"):
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", getattr(brand, field)):
                yield Fault(brand.place(field), f"'{getattr(brand, field)}' is not a mail address")
        if not locales.is_known(brand.language):
            yield Fault(brand.place("language"), str(UnknownLanguage(brand.language)))
        for domain in brand.domains:
            if not _DOMAIN.fullmatch(domain):
                yield Fault(brand.place("domains"), f"'{domain}' is not a domain like example.com")
        if brand.domains and brand.sender.rpartition("@")[2].lower() not in {domain.lower() for domain in brand.domains}:
            known = ", ".join(brand.domains)
            yield Fault(brand.place("sender"), f"'{brand.sender}' is at none of the domains that mail may come from ({known})")
        if not _COLOUR.fullmatch(brand.colour):
            yield Fault(brand.place("colour"), f"'{brand.colour}' is not a colour like #1f4b8f; quote it, since a # begins a comment")
        elif _contrast_with_white(brand.colour) < READABLE:
            sentence = f"'{brand.colour}' is too light for links on white and for white words on buttons; choose a darker one"
            yield Fault(brand.place("colour"), sentence, warning=True)

    def packs(self) -> Iterator[Fault]:
        if financial := self.rules.packs.financial:
            for role in financial.approved_by:
                yield from self.role(financial.place("approved_by"), role)

    def vocabulary(self) -> Iterator[Fault]:
        vocabulary = self.rules.vocabulary
        for name, fact in vocabulary.by_name.items():
            if name == COHORT:
                yield Fault(fact.mark, f"'{name}' is known of every account without being declared (0 to 99); call yours otherwise")
            if fact.quiet and self.names.kinds.get(fact.quiet.fact) is not Kind.DATE:
                yield Fault(fact.quiet.place("fact"), f"'{fact.quiet.fact}' is not a date fact{suggestion(fact.quiet.fact, self.dates())}")
            if fact.while_ and fact.while_ not in self.journeys:
                yield Fault(fact.place("while"), f"no journey is called '{fact.while_}'{suggestion(fact.while_, self.journeys)}")
            for field in ("default", "example"):
                try:
                    fact.read(write_value(getattr(fact, field)))
                except ValueError as error:
                    yield Fault(fact.place(field), f"{name}: {error}")
        for event in vocabulary.events.values():
            for name, value in event.sets.items():
                setting = value.to if isinstance(value, Setting) else value
                yield from self.setting(event.place("sets"), name, setting, event.tells)
                if isinstance(value, Setting):
                    yield from conditions.check(value.when, conditions.with_event(self.names, event.tells))
            if event.answer and event.answer not in event.tells:
                yield Fault(event.place("answer"), f"the payload has no '{event.answer}'{suggestion(event.answer, event.tells)}")

    def setting(self, mark: Mark, name: str, value: Any, tells: Mapping[str, Kind]) -> Iterator[Fault]:
        kind = self.names.kinds.get(name)
        if kind is None or name.startswith(("policy.", "health.")):
            known = [known for known in self.names.kinds if not known.startswith(("policy.", "health."))]
            yield Fault(mark, f"'{name}' is not a fact an event can set{suggestion(name, known)}")
        elif isinstance(value, str) and value.startswith("event."):
            told = tells.get(value.removeprefix("event."))
            if told is None:
                yield Fault(mark, f"the payload has no '{value.removeprefix('event.')}'{suggestion(value.removeprefix('event.'), tells)}")
            elif told is not kind and not (told.is_number and kind.is_number):
                yield Fault(mark, f"'{name}' is a {kind} and the payload tells a {told}")
        elif value == "on":
            if kind is not Kind.DATE:
                yield Fault(mark, f"'on' is the day of the event, and '{name}' is a {kind}")
        else:
            yield from conditions.check_value(mark, name, value, self.rules.vocabulary)

    def dates(self) -> list[str]:
        return [name for name, kind in self.names.kinds.items() if kind is Kind.DATE]

    def numbers(self) -> list[str]:
        return [name for name, kind in self.names.kinds.items() if kind and kind.is_number]

    def scores(self) -> list[str]:
        return [name for name, kind in self.names.kinds.items() if kind is Kind.SCORE]

    def roles(self) -> Iterator[Fault]:
        ours, theirs = self.rules.roles.ours, self.rules.roles.theirs
        for role in ours.values():
            if role.otherwise and role.otherwise not in ours:
                yield Fault(role.place("otherwise"), f"no role of ours is called '{role.otherwise}'{suggestion(role.otherwise, ours)}")
            if role.held_by not in ("chain", "team", "account.owner") and self.names.kinds.get(role.held_by) is not Kind.TEXT:
                options = ("chain", "team", "account.owner", *self.names.kinds)
                yield Fault(role.place("held_by"), f"'{role.held_by}' names nobody{suggestion(role.held_by, options)}")
        for their in theirs.values():
            for name in their.otherwise:
                if name not in theirs:
                    yield Fault(their.place("otherwise"), f"no role of theirs is called '{name}'{suggestion(name, theirs)}")

    def health(self) -> Iterator[Fault]:
        policy = self.rules.health
        for component in policy.components.values():
            for factor in component.factors:
                kind = self.names.kinds.get(factor.fact)
                if kind is None or not kind.is_number:
                    yield Fault(
                        factor.place("fact"), f"'{factor.fact}' is not a number that is declared{suggestion(factor.fact, self.numbers())}"
                    )
                if factor.full == factor.zero:
                    yield Fault(factor.place("full"), "'zero' and 'full' are the same; a scale needs two ends")
            if component.told and self.names.kinds.get(component.told) is not Kind.SCORE:
                yield Fault(
                    component.place("told"),
                    f"'{component.told}' is not a score that is declared{suggestion(component.told, self.scores())}",
                )
        starts = [band.from_ for band in policy.bands]
        if starts != sorted(starts, reverse=True) or len(set(starts)) < len(starts) or (starts and starts[-1] != 0):
            yield Fault(policy.place("bands"), "bands go from best to worst, each beginning lower, and the last from 0")
        bands = [band.name for band in policy.bands]
        for band in policy.bands:
            yield from self.role(band.place("owner"), band.owner)
        for override in policy.overrides:
            yield from conditions.check(override.when, conditions.with_today(self.names))
            if override.band not in bands:
                yield Fault(override.place("band"), f"no band is called '{override.band}'{suggestion(override.band, bands)}")
        yield from self.role(policy.place("unknown_to"), policy.unknown_to)
        declared = self.rules.vocabulary.facts.get("health", {})
        for name in ("score", "band", *policy.components):
            if name not in declared:
                yield Fault(policy.place("components"), f"vocabulary.yaml declares no health.{name}")

    def ladders(self) -> Iterator[Fault]:
        ladders = self.rules.ladders
        rungs = [rung for ladder in ladders.tasks.values() for rung in ladder.rungs]
        for rung in (*rungs, *(rung for ladder in ladders.escalations.values() for rung in ladder.rungs)):
            for name in (*rung.remind, *((rung.escalate,) if rung.escalate else ())):
                if name not in ("assignee", "manager"):
                    yield from self.role(rung.mark, name)
        for name in ladders.chain:
            yield from self.role(ladders.place("chain"), name)

    def role(self, mark: Mark, name: str) -> Iterator[Fault]:
        if name not in self.rules.roles.ours:
            yield Fault(mark, f"no role of ours is called '{name}'{suggestion(name, self.rules.roles.ours)}")


def _contrast_with_white(colour: str) -> float:
    """By WCAG 2.1: 1 for white itself, 21 for black."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    shares = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
