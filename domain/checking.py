"""`tenure check`: every fault of a whole set of journeys, policies and templates, each a sentence at its place.

The grammar has refused what is not the language (domain/grammar, domain/language); here is checked what the words mean: names
that nobody declares, kinds that do not compare, days out of order, templates that are not there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain import composing, house, journey
from domain.conditions import ELAPSING, Condition, comparisons
from domain.faults import Fault, FaultyText, Mark, suggestion
from domain.house import House
from domain.journey import Journey, Plan
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
from domain.protocol import WORKFLOWS
from domain.state import RECORDED
from domain.vocabulary import Kind, Setting, Vocabulary, write_value

LAYOUT = "email/layout.mjml"
_BUILT_IN = {"day": Kind.NUMBER, "today": Kind.DATE}
_RECORD_KINDS: Mapping[str, Kind | None] = {
    "done_on": Kind.DATE, "outcome": Kind.TEXT, "answer": None, "approved": Kind.BOOLEAN, "clicked": Kind.BOOLEAN, "replied": Kind.BOOLEAN,
    "visits": Kind.NUMBER,
}  # fmt: skip


def check(texts: Mapping[tuple[str, str], str]) -> list[Fault]:
    """Every fault of a set: texts by (kind, name), as they would be published. Faults stand in reading order."""
    faults: list[Fault] = []
    policies = {name: text for (kind, name), text in texts.items() if kind == "policy"}
    for name in policies:
        if name not in house.POLICIES:
            faults.append(
                Fault(Mark(f"journeys/policies/{name}.yaml", 1, 1), f"no policy is called '{name}'{suggestion(name, house.POLICIES)}")
            )
    try:
        rules = house.load(policies)
    except FaultyText as error:
        return sorted({*faults, *error.faults})
    templates, more = _templates(texts, rules)
    faults += more
    rules = _with_words(rules, templates)
    journeys: dict[str, Journey] = {}
    for (kind, name), text in texts.items():
        if kind == "journey":
            try:
                journeys[name] = journey.compile(text, f"journeys/{name}.yaml", rules.segments)
            except FaultyText as error:
                faults += error.faults
    names = {name for kind, name in texts if kind == "journey"}
    faults += _House(rules, names).faults()
    for name, compiled in journeys.items():
        if compiled.name != name:
            mark = compiled.any_plan.text.place("journey")
            faults.append(Fault(mark, f"the file is called {name}.yaml and the journey '{compiled.name}'; they must agree"))
        if compiled.name in WORKFLOWS:
            mark = compiled.any_plan.text.place("journey")
            faults.append(Fault(mark, f"'{compiled.name}' is the name of a workflow of Tenure's own; call the journey otherwise"))
        faults += check_journey(compiled, rules, names)
    return sorted(set(faults))


def check_text(text: str, file: str, rules: House, journeys: Iterable[str]) -> list[Fault]:
    """The faults of one journey's text against a house and the journeys beside it."""
    try:
        compiled = journey.compile(text, file, rules.segments)
    except FaultyText as error:
        return sorted(set(error.faults))
    return sorted(set(check_journey(compiled, rules, {*journeys, compiled.name})))


def check_journey(compiled: Journey, rules: House, journeys: Iterable[str]) -> list[Fault]:
    names = set(journeys)
    return [fault for plan in compiled.plans.values() for fault in _Plan(plan, rules, names).faults()]


def _with_words(rules: House, templates: Iterable[composing.Template]) -> House:
    words = composing.Words({(template.kind, template.name): template for template in templates})
    return replace(rules, mails=words.of("email"), posts=words.of("slack"), tasks=words.of("tasks"))


def _templates(texts: Mapping[tuple[str, str], str], rules: House) -> tuple[list[composing.Template], list[Fault]]:
    layout = texts.get(("template", LAYOUT), "")
    found: list[composing.Template] = []
    faults: list[Fault] = []
    for (kind, name), text in texts.items():
        folder, _, stem = name.partition("/")
        if kind != "template" or name == LAYOUT:
            continue
        if folder not in ("email", "slack", "tasks"):
            faults.append(
                Fault(Mark(f"templates/{name}", 1, 1), f"templates/{folder} is not a folder of templates; use email, slack or tasks")
            )
            continue
        try:
            template = composing.compile(folder, stem, text, layout)  # type: ignore[arg-type]
        except FaultyText as error:
            faults += error.faults
            continue
        found.append(template)
        allowed = _allowed_in(folder, rules)
        for used in sorted(template.names):
            if used not in allowed and used.split(".")[0] != "subject":
                mark = _find(text, used, f"templates/{folder}/{stem}.md")
                faults.append(Fault(mark, f"templates know no '{used}'{suggestion(used, allowed)}"))
    return found, faults


def _find(text: str, word: str, file: str) -> Mark:
    for number, line in enumerate(text.splitlines(), 1):
        if word in line:
            return Mark(file, number, line.index(word) + 1)
    return Mark(file, 1, 1)


def _allowed_in(folder: str, rules: House) -> set[str]:
    vocabulary = rules.vocabulary
    allowed = {name for name in vocabulary.by_name if folder == "email" or not name.startswith("contact.")}
    allowed |= {f"policy.{name}" for name in vocabulary.values}
    allowed |= {
        "account.id",
        "account.name",
        "account.currency",
        "day",
        "today",
        "owner.name",
        "owner.first_name",
        "owner.email",
        "owner.is_person",
    }
    allowed |= {f"brand.{name}" for name in ("company", "product", "postal_address", "sender", "support", "colour")}
    allowed |= {f"links.{name}" for name in rules.brand.links}
    if folder == "email":
        allowed |= {"contact.name", "contact.first_name", "contact.email"}
    if folder == "slack":
        allowed |= {"person.name", "person.first_name", "person.email"}
    return allowed


# Conditions


@dataclass(frozen=True)
class _Names:
    """What a condition may name, and of which kind each is (None: any)."""

    kinds: Mapping[str, Kind | None]
    one_of: Mapping[str, tuple[str, ...]]


def _vocabulary_names(vocabulary: Vocabulary) -> _Names:
    kinds: dict[str, Kind | None] = {name: fact.type for name, fact in vocabulary.by_name.items()}
    for name, value in vocabulary.values.items():
        kinds[f"policy.{name}"] = Kind.NUMBER if isinstance(value, int | float) and not isinstance(value, bool) else Kind.TEXT
    return _Names(kinds, {name: fact.one_of for name, fact in vocabulary.by_name.items() if fact.one_of})


def _check_condition(condition: Condition, names: _Names, where: Mark | None = None) -> Iterator[Fault]:
    mark = condition.mark if condition.mark.file else where or condition.mark
    for node in ast.walk(condition.tree):
        if isinstance(node, ast.Name) and node.id not in names.kinds and not _is_function(node, condition):
            yield Fault(_at(mark, node), f"nothing is called '{node.id}'{suggestion(node.id, names.kinds)}")
        elif isinstance(node, ast.Call):
            yield from _check_call(node, names, mark)
        elif isinstance(node, ast.BinOp):
            yield from _check_reckoning(node, names, mark)
    for left, operator, right in comparisons(condition):
        yield from _check_pair(left, operator, right, names, mark)


def _check_call(call: ast.Call, names: _Names, mark: Mark) -> Iterator[Fault]:
    function, kind = ast.unparse(call.func), _kind(call.args[0], names)
    wanted = Kind.LIST if function == "count" else Kind.DATE
    if kind and kind is not wanted:
        yield Fault(_at(mark, call.args[0]), f"{function}(x) takes a {wanted}, and this is a {_word(kind)}")
    if function in ELAPSING and "today" not in names.kinds:
        yield Fault(_at(mark, call), f"'{function}' cannot be said here: there is no today to reckon from")


def _check_reckoning(sum: ast.BinOp, names: _Names, mark: Mark) -> Iterator[Fault]:
    for side in (sum.left, sum.right):
        kind = _kind(side, names)
        if kind and not kind.is_number:
            hint = "; say days_since(…) or days_until(…)" if kind is Kind.DATE else ""
            yield Fault(_at(mark, side), f"a {_word(kind)} is no number to reckon with{hint}")


def _is_function(name: ast.Name, condition: Condition) -> bool:
    return any(isinstance(node, ast.Call) and node.func is name for node in ast.walk(condition.tree))


def _at(mark: Mark, node: ast.AST) -> Mark:
    return Mark(mark.file, mark.line, mark.column + getattr(node, "col_offset", 0))


def _check_pair(left: ast.expr, operator: ast.cmpop, right: ast.expr, names: _Names, mark: Mark) -> Iterator[Fault]:
    if isinstance(operator, ast.In | ast.NotIn):
        if isinstance(right, ast.List | ast.Tuple):
            for item in right.elts:
                yield from _check_pair(left, ast.Eq(), item, names, mark)
        return
    one, other = _kind(left, names), _kind(right, names)
    if one and other and one is not other and not (one.is_number and other.is_number):
        yield Fault(_at(mark, right), f"a {_word(one)} and a {_word(other)} do not compare")
        return
    for name, value in ((left, right), (right, left)):
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            allowed = names.one_of.get(name.id)
            if allowed and value.value not in allowed:
                hint = suggestion(value.value, allowed) or f"; it is one of {', '.join(allowed)}"
                yield Fault(_at(mark, value), f"{name.id} is never '{value.value}'{hint}")


def _word(kind: Kind) -> str:
    return "number" if kind.is_number else str(kind)


def _kind(node: ast.expr, names: _Names) -> Kind | None:
    match node:
        case ast.Constant(value=bool()):
            return Kind.BOOLEAN
        case ast.Constant(value=int() | float()):
            return Kind.NUMBER
        case ast.Constant(value=str()):
            return Kind.TEXT
        case ast.Name():
            return names.kinds.get(node.id)
        case ast.BinOp() | ast.Call():
            return Kind.NUMBER
        case _:
            return None


# The house


class _House:
    def __init__(self, rules: House, journeys: set[str]) -> None:
        self.rules = rules
        self.journeys = journeys
        self.names = _vocabulary_names(rules.vocabulary)

    def faults(self) -> Iterator[Fault]:
        yield from self.vocabulary()
        yield from self.roles()
        yield from self.health()
        yield from self.ladders()
        for rule in self.rules.segments_rule.segments:
            if rule.when:
                yield from _check_condition(rule.when, self.names)
            known = self.names.one_of.get("account.segment", ())
            if known and rule.segment not in known:
                yield Fault(rule.place("segment"), f"account.segment is never '{rule.segment}'{suggestion(rule.segment, known)}")
        for name, url in (*self.rules.brand.links.items(), *self.rules.webhooks.webhooks.items()):
            if not url.startswith("https://"):
                owner = self.rules.brand if name in self.rules.brand.links else self.rules.webhooks
                yield Fault(owner.place("links" if owner is self.rules.brand else "webhooks"), f"'{name}': an address begins with https://")
        for hours in (self.rules.calendars.send, self.rules.calendars.work):
            try:
                hours.hours()
            except ValueError as error:
                yield Fault(hours.mark, str(error))

    def vocabulary(self) -> Iterator[Fault]:
        vocabulary = self.rules.vocabulary
        for name, fact in vocabulary.by_name.items():
            if fact.quiet and self.names.kinds.get(fact.quiet.fact) is not Kind.DATE:
                yield Fault(fact.quiet.place("fact"), f"'{fact.quiet.fact}' is not a date fact{suggestion(fact.quiet.fact, self.dates())}")
            if fact.while_ and fact.while_ not in self.journeys:
                yield Fault(fact.place("while"), f"no journey is called '{fact.while_}'{suggestion(fact.while_, self.journeys)}")
            if fact.default is not None:
                try:
                    fact.read(write_value(fact.default))
                except ValueError as error:
                    yield Fault(fact.place("default"), f"{name}: {error}")
        for event in vocabulary.events.values():
            for name, value in event.sets.items():
                setting = value.to if isinstance(value, Setting) else value
                yield from self.setting(event.place("sets"), name, setting, event.tells)
                if isinstance(value, Setting):
                    yield from _check_condition(value.when, _with_event(self.names, event.tells))
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
            yield from _check_value(mark, name, value, self.rules.vocabulary)

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
            yield from _check_condition(override.when, _with_today(self.names))
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


def _check_value(mark: Mark, name: str, value: Any, vocabulary: Vocabulary) -> Iterator[Fault]:
    try:
        vocabulary.read(name, write_value(value))
    except ValueError as error:
        yield Fault(mark, str(error) if f"'{name}'" in str(error) else f"{name}: {error}")


def _with_event(names: _Names, tells: Mapping[str, Kind]) -> _Names:
    about: dict[str, Kind | None] = {"event.contract_id": Kind.TEXT, "event.contact_id": Kind.TEXT}
    return _Names({**names.kinds, **about, **{f"event.{name}": kind for name, kind in tells.items()}}, names.one_of)


def _with_today(names: _Names) -> _Names:
    return _Names({**names.kinds, "today": Kind.DATE}, names.one_of)


# Journeys


class _Plan:
    """One journey as it reads for one segment."""

    def __init__(self, plan: Plan, rules: House, journeys: set[str]) -> None:
        self.plan = plan
        self.text = plan.text
        self.rules = rules
        self.journeys = journeys
        self.vocabulary = rules.vocabulary
        base = _vocabulary_names(rules.vocabulary)
        steps = {f"steps.{step}.{field}": kind for step in plan.names for field, kind in _RECORD_KINDS.items()}
        self.names = _Names({**base.kinds, **_BUILT_IN, **steps}, base.one_of)
        self.names_before = _with_today(base)

    def faults(self) -> Iterator[Fault]:
        yield from self.head()
        yield from self.conditions()
        for node in self.plan.nodes.values():
            yield from self.step(node.step)
        yield from self.order()

    def head(self) -> Iterator[Fault]:
        text, vocabulary = self.text, self.vocabulary
        dates = self.dates()
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

    def conditions(self) -> Iterator[Fault]:
        for condition, event, is_watched in journey.conditions(self.plan):
            starts = self.text.starts
            declared = self.vocabulary.events.get(event) if event else None
            names = self.names_before if condition is starts.where or condition is starts.when else self.names
            for fault in _check_condition(condition, _with_event(names, declared.tells) if declared else names):
                yield self.explained(fault)
            if is_watched and (word := condition.elapsing):
                yield Fault(
                    condition.mark,
                    f"'{word}' changes without anybody telling, so nothing would look at this on the day: "
                    "use 'at:' instead, or a fact about quiet (policies/vocabulary.yaml)",
                )

    def explained(self, fault: Fault) -> Fault:
        """A name that several steps share gets the ids it must be called by; one that only runs know is told apart."""
        if fault.sentence.startswith("nothing is called") and (name := fault.sentence.split("'")[1]) in self.names.kinds:
            return Fault(fault.mark, f"'{name}' is not known before a run begins")
        for name, ids in self.plan.ambiguous.items():
            if f"'steps.{name}." in fault.sentence:
                wanted = " or ".join(f"steps.{id.replace('-', '_')}" for id in ids)
                return Fault(fault.mark, f"several steps are called '{name}': say {wanted}")
        if "'steps." in fault.sentence:
            name = fault.sentence.split("'")[1]
            field = name.rsplit(".", 1)[-1]
            if name.count(".") == 2 and name.split(".")[1] in self.plan.names and field not in RECORDED:
                return Fault(fault.mark, f"steps tell no '{field}'{suggestion(field, RECORDED)}; they tell {', '.join(RECORDED)}")
        return fault

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
                    yield Fault(step.place("set"), f"'{name}' is not a date fact{suggestion(name, self.dates())}")
            else:
                yield from _check_value(step.place("set"), name, value, self.vocabulary)

    def at(self, mark: Mark, at: At) -> Iterator[Fault]:
        if at.fact:
            fact = self.vocabulary.by_name.get(at.fact)
            if fact is None or fact.type is not Kind.DATE:
                yield Fault(mark, f"'{at.fact}' is not a date fact{suggestion(at.fact, self.dates())}")

    def dates(self) -> list[str]:
        return [name for name, fact in self.vocabulary.by_name.items() if fact.type is Kind.DATE]

    def template(self, mark: Mark, name: str, known: Mapping[str, Any], folder: str) -> Iterator[Fault]:
        if name not in known:
            yield Fault(mark, f"there is no {folder}/{name}.md{suggestion(name, known)}")

    def our_role(self, mark: Mark, name: str) -> Iterator[Fault]:
        yield from self.one_of(mark, name, self.rules.roles.ours, "role of ours")

    def their_role(self, mark: Mark, name: str) -> Iterator[Fault]:
        known = [*self.rules.roles.theirs, *(("contact",) if self.text.for_ == "contact" else ())]
        yield from self.one_of(mark, name, known, "role of theirs")

    def order(self) -> Iterator[Fault]:
        """Inside a track order holds, so a step whose day lies before its predecessor's would always be late."""
        for steps in self.lists():
            last: int | None = None
            for step in steps:
                days = [at.day for at in step.at or () if at.day is not None]
                if days and days != sorted(days):
                    yield Fault(step.place("at"), "its days are not in order")
                if days and last is not None and days[0] < last:
                    yield Fault(
                        step.place("at"), f"day {days[0]} comes after day {last} in the same list; move it up, or into a track of its own"
                    )
                last = max(last, days[-1]) if days and last is not None else days[-1] if days else last

    def lists(self) -> Iterator[tuple[Step, ...]]:
        text = self.text
        yield text.steps
        yield from text.tracks.values()
        yield from (reaction.steps for reaction in text.whenever)
        yield from (end.then for end in text.ends)
        for node in self.plan.nodes.values():
            yield from node.step.blocks()
