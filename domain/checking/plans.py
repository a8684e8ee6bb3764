"""The words of one journey as it reads for one segment: every name in its head and its steps is declared somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.checking import conditions
from domain.checking.known import Known
from domain.faults import Fault, Mark, suggestion
from domain.journey import Plan
from domain.language import (
    Approval,
    At,
    Escalate,
    Hold,
    Post,
    Send,
    Set,
    Start,
    Step,
    Stop,
    Task,
    Wait,
    WaitFor,
    Webhook,
)  # fmt: skip
from domain.vocabulary import Kind

_FOLDERS = {"templates/email": "send:", "templates/slack": "post:", "templates/tasks": "task:"}


def check(plan: Plan, known: Known) -> Iterator[Fault]:
    return _Words(plan, known).faults()


class _Words:
    def __init__(self, plan: Plan, known: Known) -> None:
        self.plan = plan
        self.text = plan.text
        self.known = known
        self.rules = known.rules
        self.journeys = known.journeys
        self.vocabulary = known.rules.vocabulary

    def faults(self) -> Iterator[Fault]:
        yield from self.head()
        for node in self.plan.nodes.values():
            yield from self.step(node.step)

    def head(self) -> Iterator[Fault]:
        text, vocabulary = self.text, self.vocabulary
        dates = self.known.dates
        if text.anchor != "start" and text.anchor not in dates:
            yield Fault(text.place("anchor"), f"'{text.anchor}' is neither 'start' nor a date fact{suggestion(text.anchor, dates)}")
        if text.starts.at and text.anchor == "start":
            yield Fault(text.starts.place("at"), "a journey anchored at its own start cannot begin on a day from it")
        yield from self.one_of(text.place("class"), text.class_, self.rules.contact.classes, "class of mail")
        stages = vocabulary.by_name["account.stage"].one_of if "account.stage" in vocabulary.by_name else ()
        if text.stage:
            yield from self.one_of(text.place("stage"), text.stage, stages, "stage")
        for stage in text.starts.stage:
            yield from self.one_of(text.starts.place("stage"), stage, stages, "stage")
        bands = [band.name for band in self.rules.health.bands]
        causes = [(text.starts, text.starts.on, text.starts.band), *((cause, cause.on, cause.band) for cause in text.whenever)]
        for cause, events, bands_named in (*causes, *((end, end.on, ()) for end in text.ends)):
            for event in events:
                yield from self.one_of(cause.place("on"), event, vocabulary.events, "event")
            for band in bands_named:
                yield from self.one_of(cause.place("band"), band, bands, "band")
        for at in (text.starts.at,) if text.starts.at else ():
            yield from self.at(text.starts.place("at"), at)

    def one_of(self, mark: Mark, word: str, known: Iterable[str], what: str) -> Iterator[Fault]:
        names = list(known)
        if word not in names:
            yield Fault(mark, f"no {what} is called '{word}'{suggestion(word, names)}")

    def step(self, step: Step) -> Iterator[Fault]:
        for at in step.at or ():
            yield from self.at(step.place("at"), at)
        match step:
            case Send():
                yield from self.template(step.place("send"), step.send, self.rules.mails, "templates/email")
                for role in step.to:
                    yield from self.their_role(step.place("to"), role)
                if step.approval:
                    yield from self.our_role(step.approval.place("by"), step.approval.by)
            case Post():
                yield from self.template(step.place("post"), step.post, self.rules.posts, "templates/slack")
                for role in step.to or ():
                    yield from self.our_role(step.place("to"), role)
                wording = self.rules.posts.get(step.post)
                if wording and step.to is None and wording.channel is None:
                    yield Fault(step.place("post"), f"nobody gets it: add 'to:', or 'channel:' to templates/slack/{step.post}.md")
            case Task():
                if " " not in step.task:
                    yield from self.template(step.place("task"), step.task, self.rules.tasks, "templates/tasks")
                yield from self.our_role(step.place("owner"), step.owner)
            case Approval():
                yield from self.our_role(step.place("by"), step.by)
            case WaitFor():
                if step.wait_for.event:
                    yield from self.one_of(step.place("wait_for"), step.wait_for.event, self.vocabulary.events, "event")
                if step.until:
                    yield from self.at(step.place("until"), step.until)
            case Wait():
                if isinstance(step.wait, At):
                    yield from self.at(step.place("wait"), step.wait)
                if step.to:
                    yield from self.their_role(step.place("to"), step.to)
            case Escalate():
                yield from self.our_role(step.place("to"), step.to)
            case Set():
                yield from self.setting(step)
            case Start():
                yield from self.one_of(step.place("start"), step.start, self.journeys, "journey")
            case Stop():
                yield from self.one_of(step.place("stop"), step.stop, self.journeys, "journey")
            case Hold():
                if step.hold.journey:
                    yield from self.one_of(step.place("hold"), step.hold.journey, self.journeys, "journey")
                for name in step.hold.classes:
                    yield from self.one_of(step.place("hold"), name, self.rules.contact.classes, "class of mail")
            case Webhook():
                yield from self.one_of(step.place("webhook"), step.webhook, self.rules.webhooks.webhooks, "webhook")
            case _:
                pass

    def setting(self, step: Set) -> Iterator[Fault]:
        for name, value in step.set.items():
            if name in ("tag", "untag"):
                if not isinstance(value, str):
                    yield Fault(step.place("set"), f"'{name}' takes one word")
            elif name.startswith(("health.", "policy.", "contact.")):
                yield Fault(step.place("set"), f"'{name}' cannot be set by a step")
            elif value == "today":
                fact = self.vocabulary.by_name.get(name)
                if fact is None or fact.type is not Kind.DATE:
                    yield Fault(step.place("set"), f"'{name}' is not a date fact{suggestion(name, self.known.dates)}")
            else:
                yield from conditions.check_value(step.place("set"), name, value, self.vocabulary)

    def at(self, mark: Mark, at: At) -> Iterator[Fault]:
        if at.fact:
            fact = self.vocabulary.by_name.get(at.fact)
            if fact is None or fact.type is not Kind.DATE:
                yield Fault(mark, f"'{at.fact}' is not a date fact{suggestion(at.fact, self.known.dates)}")

    def template(self, mark: Mark, name: str, known: Mapping[str, Any], folder: str) -> Iterator[Fault]:
        if name not in known:
            places = {"templates/email": self.rules.mails, "templates/slack": self.rules.posts, "templates/tasks": self.rules.tasks}
            elsewhere = next((place for place, names in places.items() if name in names), None)
            hint = suggestion(name, known) or (f"; {elsewhere} has one, which is for '{_FOLDERS[elsewhere]}'" if elsewhere else "")
            yield Fault(mark, f"there is no {folder}/{name}.md{hint}")

    def our_role(self, mark: Mark, name: str) -> Iterator[Fault]:
        yield from self.one_of(mark, name, self.rules.roles.ours, "role of ours")

    def their_role(self, mark: Mark, name: str) -> Iterator[Fault]:
        known = [*self.rules.roles.theirs, *(("contact",) if self.text.for_ == "contact" else ())]
        yield from self.one_of(mark, name, known, "role of theirs")
