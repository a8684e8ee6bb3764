"""Whether what a journey test names exists: a test about a mail that nobody sends would say nothing, and never fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.archetypes import CONTACTS, TEAM
from domain.expecting import ASK, CHOOSE, REFUSE, Expectation, Given, Happening, JourneyTest, JourneyTests, called, day_value
from domain.faults import Fault, Mark, suggestion
from domain.house import House
from domain.journey import Journey
from domain.language import Approval, Branch, Check, Escalate, Post, Send, Split, Step, Task, Webhook
from domain.reaching import label
from domain.telling import HEALTH
from domain.timing import zone
from domain.vocabulary import COHORT, Kind, UnfitPayload, write_value


def check(tests: JourneyTests, house: House, journeys: Mapping[str, Journey]) -> list[Fault]:
    """Every fault of a file that reads well; in reading order."""
    if tests.journey not in journeys:
        return [_unknown(tests.place("journey"), tests.journey, journeys, "journey")]
    checker = _Checker(tests, house, journeys)
    return sorted(set(checker.faults()))


class _Checker:
    def __init__(self, tests: JourneyTests, house: House, journeys: Mapping[str, Journey]) -> None:
        self.tests = tests
        self.house = house
        self.journeys = journeys
        self.journey = journeys[tests.journey]

    def faults(self) -> Iterator[Fault]:
        yield from self.given(self.tests.given)
        for test in self.tests.tests:
            yield from self.given(test.given)
            yield from self.test(test, test.given.over(self.tests.given))

    # What is given

    def given(self, given: Given) -> Iterator[Fault]:
        for name in given.segment or ():
            yield from _one_of(given.place("segment"), name, self.house.segments, "segment")
        for name in given.beside:
            yield from _one_of(given.place("beside"), name, self.journeys, "journey")
        place = given.place("facts")
        for name, value in given.facts.items():
            if name in self.placed():
                yield Fault(place, f"'{name}' follows from where day 0 lies; say that with 'day 0:' and 'begins:'")
            else:
                yield from self.fact(place, name, value)
        for contact in given.contacts or ():
            for role in contact.roles:
                yield from _one_of(contact.place("roles"), role, self.house.roles.theirs, "role of theirs")
            if contact.zone:
                try:
                    zone(contact.zone)
                except ValueError as error:
                    yield Fault(contact.place("zone"), str(error))
        if given.health is not None:
            yield from self.health(given.place("health"), given.health)
        for name, answer in given.answers.items():
            yield from self.answer(given.place("answers"), name, answer)
        if given.begins and self.journey.any_plan.text.anchor == "start":
            yield Fault(given.place("begins"), "this journey is anchored at its own start: it begins on day 0")

    def placed(self) -> tuple[str, ...]:
        """The facts that say where day 0 lies."""
        anchor = self.journey.any_plan.text.anchor
        return (anchor, "contract.ends_on") if anchor == "contract.decision_on" else (anchor,)

    def fact(self, place: Mark, name: str, value: Any) -> Iterator[Fault]:
        vocabulary = self.house.vocabulary
        known = [COHORT, *(known for known in vocabulary.by_name if known.startswith(("account.", "contract.")))]
        if name.startswith("health.") and name in vocabulary.by_name:
            yield Fault(place, f"'{name}' is reckoned from scores; say 'health: 82', or the scores")
        elif name == "contract.decision_on":
            yield Fault(place, "'contract.decision_on' follows from the contract's end; move contract.ends_on")
        elif name not in known:
            yield _unknown(place, name, known, "fact")
        else:
            yield from self.value(place, name, value)

    def value(self, place: Mark, name: str, value: Any) -> Iterator[Fault]:
        fact = self.house.vocabulary.by_name.get(name)
        dated = "day 0" if value == "today" and fact and fact.type is Kind.DATE else value
        try:
            self.house.vocabulary.imagine(name, write_value(day_value(dated, self.tests.given.day_0)))
        except ValueError as error:
            yield Fault(place, str(error) if f"'{name}'" in str(error) else f"{name}: {error}")

    def health(self, place: Mark, score: float) -> Iterator[Fault]:
        told = [component.told for component in self.house.health.components.values() if component.told]
        if not told:
            yield Fault(place, "no component of policies/health.yaml is 'told'; say the facts its factors read")
        elif not 0 <= score <= 100:
            yield Fault(place, f"{score:g} is not a score (0 to 100)")

    def answer(self, place: Mark, name: str, answer: Any) -> Iterator[Fault]:
        yield from self.step(place, name, (Task, *ASK), "step that asks for an answer")
        for step in called(self.journey, name, (Task, *ASK)).values():
            allowed = step.outcomes if isinstance(step, Task) else (REFUSE,)
            if answer not in allowed:
                yield Fault(
                    place,
                    f"'{answer}' is no answer to '{name}'{suggestion(str(answer), allowed)}; it is one of {', '.join(allowed) or 'none'}",
                )

    # What happens and what is expected

    def test(self, test: JourneyTest, given: Given) -> Iterator[Fault]:
        for happening in test.happens:
            yield from self.happening(happening, given)
        for expectation in (*test.expect, *test.never):
            yield from self.expectation(expectation, given)

    def happening(self, happening: Happening, given: Given) -> Iterator[Fault]:
        name = happening.deed
        word, place = getattr(happening, name), happening.place(name)
        match name:
            case "event":
                yield from self.event(happening, given)
            case "know":
                for fact, value in word.items():
                    if fact == "account.tags":
                        yield Fault(place, "tags are set by steps, and given")
                    else:
                        yield from self.fact(place, fact, value)
            case "health":
                yield from self.health(place, word)
            case "done":
                yield from self.step(place, word, (Task,), "task")
                if happening.outcome:
                    yield from self.answer(happening.place("outcome"), word, happening.outcome)
            case "approve" | "refuse":
                yield from self.step(place, word, ASK, "step that asks for approval")
            case "acknowledge" | "resolve":
                yield from _one_of(place, word, self.causes([self.journey]), "escalation")
            case "hold" if word != "account":
                for held in word.classes:
                    yield from _one_of(place, held, self.house.contact.classes, "class of mail")
                if word.journey:
                    yield from _one_of(place, word.journey, self.published(given), "journey of this test")
            case "skip":
                yield from self.step(place, word, (object,), "step")
            case "enroll":
                yield from _one_of(place, word, self.published(given), "journey of this test")
            case "leaves":
                yield from _one_of(place, word, (*_contacts(given), *TEAM), "contact or person")
            case "away":
                yield from _one_of(place, word, TEAM, "person")

    def event(self, happening: Happening, given: Given) -> Iterator[Fault]:
        name = happening.event or ""
        if name not in self.house.vocabulary.events:
            yield _unknown(happening.place("event"), name, self.house.vocabulary.events, "event")
            return
        try:
            tells = {key: write_value(day_value(value, given.day_0)) for key, value in happening.tells.items()}
            self.house.vocabulary.read_payload(name, tells)
        except UnfitPayload as error:
            yield Fault(happening.place("tells"), str(error))
        if happening.contact:
            yield from _one_of(happening.place("contact"), happening.contact, _contacts(given), "contact")

    def expectation(self, expectation: Expectation, given: Given) -> Iterator[Fault]:
        if expectation.journey and expectation.journey not in self.published(given):
            yield _unknown(expectation.place("journey"), expectation.journey, self.published(given), "journey of this test")
            return
        journey = self.journeys[expectation.journey or self.tests.journey]
        place = expectation.place(expectation.claim)
        every = [node.step for plan in journey.plans.values() for node in plan.nodes.values()]
        match expectation.claim:
            case "chosen":
                for name, result in (expectation.chosen or {}).items():
                    yield from self.step(place, name, CHOOSE, "branch, check or split", journey)
                    if found := called(journey, name, CHOOSE):
                        yield from _one_of(
                            place, str(result), [way for step in found.values() for way in _ways(step)], f"way on from '{name}'"
                        )
            case "known":
                for name, value in (expectation.known or {}).items():
                    if name not in self.house.vocabulary.by_name:
                        yield _unknown(place, name, self.house.vocabulary.by_name, "fact")
                    elif value is not None and not (fact := self.house.vocabulary.by_name[name]).while_ and not fact.quiet:
                        yield from self.value(place, name, value)
            case "skipped":
                yield from self.step(place, expectation.name, (object,), "step", journey)
            case "over":
                pass  # any reason may be
            case "enrolled":
                yield from _one_of(place, expectation.name, self.published(given), "journey of this test")
            case "mail":
                yield from _one_of(
                    place, expectation.name, [step.send for step in every if isinstance(step, Send)], f"mail of {journey.name}"
                )
            case "post":
                posts = [step.post for step in every if isinstance(step, Post)]
                yield from _one_of(place, expectation.name, posts, f"post of {journey.name}")
            case "task":
                yield from _one_of(place, expectation.name, _tasks(every), f"task of {journey.name}")
            case "approval":
                asked = [step.approval for step in every if isinstance(step, Approval)]
                asked += [step.send for step in every if isinstance(step, Send) and step.approval]
                yield from _one_of(place, expectation.name, asked, f"approval of {journey.name}")
            case "webhook":
                hooks = [step.webhook for step in every if isinstance(step, Webhook)]
                yield from _one_of(place, expectation.name, hooks, f"webhook of {journey.name}")
            case "escalation":
                yield from _one_of(place, expectation.name, self.causes([journey]), f"escalation of {journey.name}")
            case "reminder":
                known = [*_tasks(every), *self.causes([journey])]
                yield from _one_of(place, expectation.name, known, f"task or escalation of {journey.name}")
        channels = [wording.channel or "general" for wording in self.house.posts.values()]
        for name in expectation.to:
            known = [*self.house.roles.theirs, *self.house.roles.ours, *_contacts(given), *TEAM, *channels, *self.house.webhooks.webhooks]
            yield from _one_of(expectation.place("to"), name, known, "role, contact, person or channel")

    def published(self, given: Given) -> tuple[str, ...]:
        return (self.tests.journey, *given.beside)

    def causes(self, journeys: Iterable[Journey]) -> list[str]:
        """Everything that somebody may be told of as an escalation."""
        found = [HEALTH]
        for journey in journeys:
            for plan in journey.plans.values():
                found += [node.step.escalate for node in plan.nodes.values() if isinstance(node.step, Escalate)]
                found += [f"overdue/{node.step.task}" for node in plan.nodes.values() if isinstance(node.step, Task)]
                found += [f"approval-{node.id}" for node in plan.nodes.values() if _asks(node.step)]
        return found

    def step(self, place: Mark, name: str, kinds: tuple[type, ...], what: str, journey: Journey | None = None) -> Iterator[Fault]:
        journey = journey or self.journey
        if not called(journey, name, kinds):
            nodes = [node for plan in journey.plans.values() for node in plan.nodes.values() if isinstance(node.step, kinds)]
            yield _unknown(place, name, [word for node in nodes for word in (node.id, node.step.object)], what)


def _ways(step: Step) -> list[str]:
    match step:
        case Branch(cases=cases) | Check(verdicts=cases):
            return [label(index, case) for index, case in enumerate(cases)]
        case Split(arms=arms):
            return [arm.arm for arm in arms]
        case _:
            return []


def _tasks(steps: Iterable[Step]) -> list[str]:
    return [step.task for step in steps if isinstance(step, Task)]


def _asks(step: Step) -> bool:
    return isinstance(step, Approval) or (isinstance(step, Send) and step.approval is not None)


def _contacts(given: Given) -> list[str]:
    return [contact.id for contact in CONTACTS] if given.contacts is None else [contact.contact for contact in given.contacts]


def _one_of(mark: Mark, word: str, known: Iterable[str], what: str) -> Iterator[Fault]:
    names = list(known)
    if word not in names:
        yield _unknown(mark, word, names, what)


def _unknown(mark: Mark, word: str, known: Iterable[str], what: str) -> Fault:
    return Fault(mark, f"no {what} is called '{word}'{suggestion(word, known)}")
