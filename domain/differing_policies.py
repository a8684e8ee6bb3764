"""The difference between two versions of the house's policies, in sentences; `tenure diff` shows them by policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from domain import asking, phrases
from domain.calendars import WEEKDAYS, Calendars, WeekHours
from domain.comparing import OTHERWISE, Says, says
from domain.conditions import Condition
from domain.contact_policy import ContactPolicy, KeptBack
from domain.difference import Difference, Kind
from domain.four_eyes import PublishingPolicy
from domain.grammar import Spoken
from domain.health import HealthPolicy
from domain.house import POLICIES, Brand, House, Segments, Webhooks
from domain.ladders import EscalationLadder, Ladders, Rung, TaskLadder
from domain.roles import Roles
from domain.succession import pairs, plain
from domain.vocabulary import Quiet, Vocabulary

Value = TypeVar("Value")


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
            yield from _ladders(old, new)
        case Segments(), Segments():
            yield from _segments(old, new)
        case Roles(), Roles():
            yield from _roles(old, new)
        case Calendars(), Calendars():
            yield from _calendars(old, new)
        case HealthPolicy(), HealthPolicy():
            yield from _health(old, new)
        case Vocabulary(), Vocabulary():
            yield from _vocabulary(old, new)
        case ContactPolicy(), ContactPolicy():
            yield from _contact(old, new)
        case Brand(), Brand():
            yield from _fields("", old, new, BRAND_SAYS, ("links",))
            yield from _values("links.{}", old.links, new.links)
        case Webhooks(), Webhooks():
            yield from _values("the webhook '{}'", old.webhooks, new.webhooks)
        case PublishingPolicy(), PublishingPolicy():
            yield from _fields("", old, new, PUBLISHING_SAYS)
        case _:
            yield from _fields("", old, new, {})


def _changed(sentence: str, kind: Kind = "changed") -> Difference:
    return Difference(kind, sentence)


def _fields(label: str, old: Spoken, new: Spoken, table: Mapping[str, Says], aside: Sequence[str] = ()) -> Iterator[Difference]:
    """Each field that differs, by its predicate; those `aside` are told elsewhere."""
    for name in type(new).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if name not in ("mark", "marks", *aside) and plain(before) != plain(after):
            say = table.get(name) or says(f"{name.strip('_').replace('_', ' ')}: {{}}")
            yield _changed(f"{label} {say(before, after)}".strip())


def _entries(
    what: str,
    old: Mapping[str, Value],
    new: Mapping[str, Value],
    changed: Callable[[str, Value, Value], Iterator[Difference]],
    described: Callable[[Value], str] = lambda _: "",
) -> Iterator[Difference]:
    """What is new, what changed and what is removed among things with names."""
    for name, after in new.items():
        if name not in old:
            yield _changed(f"{what.format(name)} is new" + (f": {words}" if (words := described(after)) else ""), "new")
        else:
            yield from changed(name, old[name], after)
    for name in old:
        if name not in new:
            yield _changed(f"{what.format(name)} is removed", "removed")


def _values(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    def changed(name: str, before: Any, after: Any) -> Iterator[Difference]:
        if plain(before) != plain(after):
            yield _changed(f"{what.format(name)} is {phrases.instead(after, before)}")

    yield from _entries(what, old, new, changed, phrases.words)


def _order(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    now = [name for name in new if name in old]
    if now != [name for name in old if name in new]:
        yield _changed(f"{what}: the order is now {phrases.listed(now)}")


def _condition(subject: str, old: Condition | None, new: Condition | None) -> Iterator[Difference]:
    before, after = asking.whole(old), asking.whole(new)
    if before.key != after.key:
        yield _changed(f"{subject} {asking.change(before, after)}")


# Ladders


def _ladders(old: Ladders, new: Ladders) -> Iterator[Difference]:
    for sla, task in new.tasks.items():
        yield from _task_ladder(f"{sla} tasks", old.tasks[sla], task)
    for sla, escalation in new.escalations.items():
        yield from _escalation_ladder(f"{sla} escalations", old.escalations[sla], escalation)
    yield from _fields("", old, new, LADDERS_SAYS, ("tasks", "escalations", "approvals"))
    yield from _fields("an approval that says nothing itself", old.approvals, new.approvals, APPROVAL_SAYS)


def _task_ladder(label: str, old: TaskLadder, new: TaskLadder) -> Iterator[Difference]:
    yield from _fields(label, old, new, TASK_SAYS, ("rungs",))
    yield from _rungs(label, old.rungs, new.rungs)


def _escalation_ladder(label: str, old: EscalationLadder, new: EscalationLadder) -> Iterator[Difference]:
    yield from _fields(label, old, new, ESCALATION_SAYS, ("rungs",))
    yield from _rungs(label, old.rungs, new.rungs)


def _rungs(label: str, old: Sequence[Rung], new: Sequence[Rung]) -> Iterator[Difference]:
    """A rung is known by what it does, or else by when."""
    found = pairs(old, new, [_deed, _moment], lambda *_: False)
    for before, after in found:
        if before is None and after is not None:
            yield _changed(f"{_deed(after)} of {label} {_moment(after)}; nobody was then", "new")
        elif before is not None and after is None:
            yield _changed(f"{_deed(before)} of {label} {_moment(before)} no more", "removed")
        elif before and after and _deed(before) == _deed(after) and _moment(before) != _moment(after):
            yield _changed(f"{_deed(after, 'now ')} of {label} {_moments(before, after)}")
        elif before and after and _deed(before) != _deed(after):
            yield _changed(f"{_deed(after, 'now ')} of {label} {_moment(after)}; it was: {_deed(before)}")
    kept = [(old.index(before), new.index(after)) for before, after in found if before and after]
    if [after for _, after in sorted(kept)] != sorted(after for _, after in kept):
        yield _changed(f"{label}: the rungs are climbed in another order")


def _deed(rung: Rung, now: str = "") -> str:
    told = (
        [f"{phrases.listed(_person(name) for name in rung.remind)} {'is' if len(rung.remind) == 1 else 'are'} {now}reminded"]
        if rung.remind
        else []
    )
    told += [f"{_person(rung.escalate)} is {now}told"] if rung.escalate else []
    told += [f"the next in the chain is {now}told"] if rung.climb else []
    return phrases.listed(told)


def _person(role: str) -> str:
    return {"assignee": "the assignee", "manager": "the assignee's manager"}.get(role) or phrases.title(role)


def _moment(rung: Rung) -> str:
    return f"at {rung.at:.0%} of the time" if rung.at is not None else f"{rung.after} after the deadline"


def _moments(before: Rung, after: Rung) -> str:
    if before.after and after.after:
        same = before.after.unit is after.after.unit
        return f"{after.after} after the deadline instead of {before.after.count if same else before.after}"
    return f"{_moment(after)} instead of {_moment(before)}"


# Roles and segments


def _roles(old: Roles, new: Roles) -> Iterator[Difference]:
    def ours(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from _fields(phrases.role(name), before, after, OUR_ROLE_SAYS)

    def theirs(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from _fields(f"what is for {phrases.role(name)}", before, after, THEIR_ROLE_SAYS)

    yield from _entries("our role '{}'", old.ours, new.ours, ours, lambda role: f"held by {_holder(role.held_by)}")
    yield from _entries("their role '{}'", old.theirs, new.theirs, theirs)


def _holder(held_by: str) -> str:
    return {"chain": "the first of the owner's managers who has it", "team": "anyone who has it"}.get(held_by) or f"whom {held_by} names"


def _segments(old: Segments, new: Segments) -> Iterator[Difference]:
    def changed(name: str, before: Any, after: Any) -> Iterator[Difference]:
        if before.title != after.title:
            yield _changed(f"the segment {name} is called {phrases.instead(after.title, before.title)}")
        if before.when and after.when:
            yield from _condition(f"the segment {after.title}", before.when, after.when)
        elif before.when or after.when:
            yield _changed(f"the segment {after.title} now takes " + (f"accounts with {after.when}" if after.when else "everybody else"))

    olds, news = ({rule.segment: rule for rule in each.segments} for each in (old, new))
    yield from _entries("the segment {}", olds, news, changed, lambda rule: str(rule.when) if rule.when else "everybody else")
    yield from _order("segments", list(olds), list(news))


# Calendars


def _calendars(old: Calendars, new: Calendars) -> Iterator[Difference]:
    yield from _hours("customers are written to", old.send, new.send)
    yield from _hours("our people work", old.work, new.work)
    if old.public_holidays != new.public_holidays:
        yield _changed(f"public holidays are {'days off' if new.public_holidays else 'days like others'} now")
    for day in sorted(set(new.closed) - set(old.closed)):
        yield _changed(f"the company is closed on {day}", "new")
    for day in sorted(set(old.closed) - set(new.closed)):
        yield _changed(f"the company is no longer closed on {day}", "removed")
    for freeze in new.freezes:
        if plain(freeze) not in map(plain, old.freezes):
            yield _changed(f"customers are not written to from {freeze.first} to {freeze.last}: {freeze.because}", "new")
    for freeze in old.freezes:
        if plain(freeze) not in map(plain, new.freezes):
            yield _changed(f"the freeze from {freeze.first} to {freeze.last} is no more", "removed")


def _contact(old: ContactPolicy, new: ContactPolicy) -> Iterator[Difference]:
    yield from _entries("the class of mail '{}'", dict.fromkeys(old.classes), dict.fromkeys(new.classes), lambda *_: iter(()))
    yield from _order("classes of mail", old.classes, new.classes)

    def topic(name: str, before: Spoken, after: Spoken) -> Iterator[Difference]:
        yield from _fields(f"the topic '{name}'", before, after, TOPIC_SAYS)

    yield from _entries("the topic '{}'", old.topics, new.topics, topic)
    if old.limits and new.limits:
        yield from _fields("", old.limits, new.limits, LIMITS_SAYS)
    elif old.limits or new.limits:
        yield _changed("there are limits to what a reader gets", "new") if new.limits else _changed("nothing is too much any more")

    yield from _fields("", old.spam_reports, new.spam_reports, SPAM_REPORTS_SAYS)

    def kept_back(_: str, before: KeptBack, after: KeptBack) -> Iterator[Difference]:
        yield from _fields(f"while {after.when}, mail", before, after, KEPT_BACK_SAYS, ("when",))

    before, after = ({str(each.when): each for each in several.kept_back} for several in (old, new))
    yield from _entries("keeping mail back while {}", before, after, kept_back)
    yield from _order("mail kept back", list(before), list(after))
    for domain in sorted({*old.public_domains} ^ {*new.public_domains}):
        is_new = domain in new.public_domains
        yield _changed(f"{domain} is {'now' if is_new else 'no longer'} where everybody has a mailbox", "new" if is_new else "removed")


def _hours(label: str, old: WeekHours, new: WeekHours) -> Iterator[Difference]:
    yield from _fields(label, old, new, HOURS_SAYS)


def _weekdays(days: frozenset[int]) -> str:
    return phrases.listed(WEEKDAYS[day].capitalize() for day in sorted(days))


# Health


def _health(old: HealthPolicy, new: HealthPolicy) -> Iterator[Difference]:
    def component(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from _fields(f"the component {name}", before, after, COMPONENT_SAYS, ("factors",))
        olds, news = ({each.fact: each for each in several.factors} for several in (before, after))
        yield from _entries(f"the factor {{}} of {name}", olds, news, factor)
        if len(olds) < len(before.factors) or len(news) < len(after.factors):  # a fact counts twice
            yield from _rest(f"the factors of {name}", before.factors, after.factors)

    def factor(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from _fields(f"the factor {name}", before, after, FACTOR_SAYS)

    def band(_: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from _fields(f"the band {before.title}", before, after, BAND_SAYS)

    yield from _entries("the component {}", old.components, new.components, component, lambda each: f"weight {each.weight:g}")
    olds, news = ({each.name: each for each in several.bands} for several in (old, new))
    yield from _entries("the band {}", olds, news, band, lambda each: f"from {each.from_:g}")
    yield from _order("bands", list(olds), list(news))
    found = pairs(old.overrides, new.overrides, [lambda each: plain(each.when), lambda each: each.because], lambda *_: False)
    for before, after in found:
        if before is None and after is not None:
            yield _changed(f"a new override: {after.band} or worse while {after.when} ({after.because})", "new")
        elif before is not None and after is None:
            yield _changed(f"the override '{before.because}' is removed", "removed")
        elif before and after:
            label = f"the override '{before.because}'"
            yield from _condition(label, before.when, after.when)
            yield from _fields(label, before, after, OVERRIDE_SAYS, ("when",))
    yield from _fields("a change of band", old.hysteresis, new.hysteresis, HYSTERESIS_SAYS)
    yield from _fields("", old, new, HEALTH_SAYS, ("components", "bands", "overrides", "hysteresis"))


def _rest(what: str, old: Any, new: Any) -> Iterator[Difference]:
    if plain(old) != plain(new):
        yield _changed(f"{what} are reckoned otherwise")


# Vocabulary


def _vocabulary(old: Vocabulary, new: Vocabulary) -> Iterator[Difference]:
    def fact(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from _fields(f"the fact {name}", before, after, FACT_SAYS)

    def event(name: str, before: Any, after: Any) -> Iterator[Difference]:
        yield from _values(f"what {name} tells: {{}}", before.tells, after.tells)
        yield from _values(f"what {name} sets: {{}}", before.sets, after.sets)
        yield from _fields(f"the event {name}", before, after, EVENT_SAYS, ("tells", "sets"))

    yield from _entries("the fact {}", old.by_name, new.by_name, fact, lambda each: each.meaning or f"a {each.type}")
    yield from _entries("the event {}", old.events, new.events, event, lambda each: each.meaning)
    yield from _values("policy.{}", old.values, new.values)


def _quiet(quiet: Quiet) -> str:
    return f"{quiet.for_} without {quiet.fact}"


# What each field means

LADDERS_SAYS: Mapping[str, Says] = {
    "chain": says("escalations climb {}", show=" → ".join),
    "due": says("a task that says nothing itself is due after {}"),
    "snooze": says("a task can be put off by {} at most"),
}
TASK_SAYS: Mapping[str, Says] = {
    "counts_from": says("have their time counted from {}", show={"creation": "their creation", "due": "their due day"}.__getitem__),
    "within": says("must be done within {}"),
}
ESCALATION_SAYS: Mapping[str, Says] = {"within": says("must be acknowledged within {}")}
APPROVAL_SAYS: Mapping[str, Says] = {
    "within": says("must be decided within {}"),
    "otherwise": says("is taken as {} when nobody decides in time", show=OTHERWISE.__getitem__),
}
OUR_ROLE_SAYS: Mapping[str, Says] = {
    "held_by": says("is {}", show=_holder),
    "otherwise": says("is stood in for by {}", "nobody", phrases.role),
}
THEIR_ROLE_SAYS: Mapping[str, Says] = {"otherwise": says("goes, where nobody is that, to {}", "nobody", phrases.roles)}
HOURS_SAYS: Mapping[str, Says] = {
    "opens": says("from {}"),
    "closes": says("until {}"),
    "days": says("on {}", show=_weekdays),
    "spread": says("spread over {}", "no time"),
}
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
LIMITS_SAYS: Mapping[str, Says] = {
    "mails_a_day": says("the most mails to one contact in a day: {}"),
    "mails_a_week": says("the most mails to one contact in a week: {}"),
    "account_mails_a_week": says("the most mails to one account in a week: {}"),
    "settling": says("the time around the contract's start with more mail: {}"),
    "domain_mails_a_week": says("the most mails to one mail domain in a week: {}", "any number"),
    "ceiling_a_week": says("the most mails of all kinds to one contact in a week: {}", "any number"),
    "survey_every": says("the time between two surveys to one contact: {}"),
    "same_survey_every": says("the time between two surveys of the same name: {}", "any"),
    "expires": says("mail that was kept back is stale after {}"),
}
SPAM_REPORTS_SAYS: Mapping[str, Says] = {
    "warn_at": says("spam reports are said to be many from this percent of commercial mail on: {}"),
    "hold_at": says("spam reports hold commercial mail from this percent of it on: {}"),
    "least_mails": says("spam reports mean something from so many mails in 30 days on: {}"),
    "least_reports": says("the fewest spam reports that hold commercial mail: {}"),
}
PUBLISHING_SAYS: Mapping[str, Says] = {
    "four_eyes": says("whoever publishes needs a second pair of eyes: {}"),
    "approvers": says("what is proposed is approved by {}", "nobody"),
}
TOPIC_SAYS: Mapping[str, Says] = {
    "title": says("is called {}", show=phrases.quoted),
    "about": says("is described as {}", show=phrases.quoted),
    "necessary": says("cannot be turned off: {}"),
    "consent_in": says("takes a consent in {}", "no country"),
}
KEPT_BACK_SAYS: Mapping[str, Says] = {
    "because": says("waits for the reason {}", show=phrases.quoted),
    "classes": says("of these classes waits: {}", "all"),
    "surveys": says("waits also where it is a survey: {}"),
    "operational": says("waits also where it is operational: {}"),
}
BRAND_SAYS: Mapping[str, Says] = {
    "company": says("the company is called {}"),
    "product": says("the product is called {}"),
    "postal_address": says("the postal address is {}"),
    "sender": says("mail comes from {}"),
    "support": says("support is at {}"),
    "colour": says("the colour is {}"),
}
