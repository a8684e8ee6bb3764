"""`tenure check`: every fault of a whole set of journeys, policies and templates, each a sentence at its place.

The grammar has refused what is not the language (domain/grammar, domain/language); here is checked what the words mean: names
that nobody declares, kinds that do not compare, days out of order, templates that are not there. What is legal but hardly meant,
like a case that can never be taken, is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from domain import composing, house, journey, needs
from domain.checking import asked, days, flow, missing, plans, policies, segments, shadows, starting, templates, topics
from domain.checking.known import Known
from domain.composing import Template
from domain.faults import Fault, FaultyText, Mark, suggestion
from domain.house import House
from domain.journey import Journey
from domain.protocol import WORKFLOWS


def check(texts: Mapping[tuple[str, str], str]) -> list[Fault]:
    """Every fault of a set: texts by (kind, name), as they would be published. Faults stand in reading order."""
    faults: list[Fault] = []
    by_kind = {kind: {name: text for (found, name), text in texts.items() if found == kind} for kind in ("policy", "template", "journey")}
    for name in by_kind["policy"]:
        if name not in house.POLICIES:
            mark = Mark(f"journeys/policies/{name}.yaml", 1, 1)
            faults.append(Fault(mark, f"no policy is called '{name}'{suggestion(name, house.POLICIES)}"))
    try:
        rules = house.load(by_kind["policy"])
    except FaultyText as error:
        return sorted({*faults, *error.faults})
    known = Known.of(rules, by_kind["journey"])
    known, more = _with_templates(known, by_kind["template"])
    faults += more
    faults += policies.check(known)
    journeys: dict[str, Journey] = {}
    for name, text in by_kind["journey"].items():
        try:
            journeys[name] = journey.compile(text, f"journeys/{name}.yaml", rules.segments)
        except FaultyText as error:
            faults += error.faults
    for name, compiled in journeys.items():
        faults += _name(name, compiled)
        faults += _journey(compiled, known)
    faults += starting.check(journeys)
    faults += shadows.check_set(journeys)
    return _in_order(faults)


def check_text(text: str, file: str, rules: House, journeys: Iterable[str]) -> list[Fault]:
    """The faults of one journey's text against a house and the journeys beside it."""
    try:
        compiled = journey.compile(text, file, rules.segments)
    except FaultyText as error:
        return _in_order(error.faults)
    return check_journey(compiled, rules, {*journeys, compiled.name})


def check_journey(compiled: Journey, rules: House, journeys: Iterable[str]) -> list[Fault]:
    """The faults of one compiled journey against a house and the journeys beside it."""
    return _in_order(_journey(compiled, Known.of(rules, journeys)))


def check_template(name: str, text: str, layouts: Mapping[str, str], rules: House) -> list[Fault]:
    """The faults of one template, by its name (`email/welcome`), set into one of these layouts if it is a mail."""
    return _in_order(templates.read(name, text, layouts, Known.of(rules, ()))[1])


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(set(faults))


def _journey(compiled: Journey, known: Known) -> set[Fault]:
    seen: set[tuple[object, ...]] = set()
    faults: set[Fault] = set()
    for plan in compiled.plans.values():
        faults.update(plans.check(plan, known))
        faults.update(asked.check(plan, known, seen))
        faults.update(days.check(plan))
        faults.update(flow.check(plan, known))
        faults.update(missing.check(plan, known))
        faults.update(shadows.check(plan))
    if all(fault.warning for fault in faults):  # a segment that is misspelled is met by none
        faults.update(segments.check(compiled))
    return faults


def _name(name: str, compiled: Journey) -> Iterator[Fault]:
    mark = compiled.any_plan.text.place("journey")
    if compiled.name != name:
        yield Fault(mark, f"the file is called {name}.yaml and the journey '{compiled.name}'; they must agree")
    if compiled.name in WORKFLOWS:
        yield Fault(mark, f"'{compiled.name}' is the name of a workflow of Tenure's own; call the journey otherwise")


def _with_templates(known: Known, texts: Mapping[str, str]) -> tuple[Known, list[Fault]]:
    layouts = composing.layouts(texts)
    faults = [fault for name, text in layouts.items() for fault in templates.layout(name, text)]
    found: dict[tuple[str, str], Template] = {}
    for name, text in texts.items():
        if not composing.is_layout(name):
            template, more = templates.read(name, text, layouts, known)
            faults += more
            if template:
                found[template.key] = template
    faults += templates.languages(found, texts)
    faults += topics.check(known.rules.contact, found.values(), layouts)
    words = composing.Words(found)
    rules = replace(known.rules, mails=words.of("email"), posts=words.of("slack"), tasks=words.of("tasks"))
    declared = known.rules.vocabulary.by_name
    lacking = {name for name in declared if name not in known.always_known} - {"contact.name", "contact.email"}  # a mail has a reader
    wanted: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    for template in found.values():
        if template.names & lacking:
            texts_of = (*(getattr(template.head, field, "") for field in ("subject", "preview", "title")), template.body)
            wanted.setdefault((template.kind, template.name), {})[template.file] = needs.of_template(*texts_of) & lacking
    return replace(known, rules=rules, needs=wanted), faults
