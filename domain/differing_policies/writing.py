"""When customers are written to, and how often: what differs of calendars and of the rules of contact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain import phrases
from domain.calendars import WEEKDAYS, Calendars, WeekHours
from domain.comparing import Says, says
from domain.contact_policy import ContactPolicy, KeptBack
from domain.difference import Difference
from domain.differing_policies import fields
from domain.grammar import Spoken
from domain.succession import plain


def calendars(old: Calendars, new: Calendars) -> Iterator[Difference]:
    yield from _hours("customers are written to", old.send, new.send)
    yield from _hours("our people work", old.work, new.work)
    if old.public_holidays != new.public_holidays:
        yield fields.difference(f"public holidays are {'days off' if new.public_holidays else 'days like others'} now")
    for day in sorted(set(new.closed) - set(old.closed)):
        yield fields.difference(f"the company is closed on {day}", "new")
    for day in sorted(set(old.closed) - set(new.closed)):
        yield fields.difference(f"the company is no longer closed on {day}", "removed")
    for freeze in new.freezes:
        if plain(freeze) not in map(plain, old.freezes):
            yield fields.difference(f"customers are not written to from {freeze.first} to {freeze.last}: {freeze.because}", "new")
    for freeze in old.freezes:
        if plain(freeze) not in map(plain, new.freezes):
            yield fields.difference(f"the freeze from {freeze.first} to {freeze.last} is no more", "removed")


def _hours(label: str, old: WeekHours, new: WeekHours) -> Iterator[Difference]:
    yield from fields.each(label, old, new, HOURS_SAYS)


def _weekdays(days: frozenset[int]) -> str:
    return phrases.listed(WEEKDAYS[day].capitalize() for day in sorted(days))


def contact(old: ContactPolicy, new: ContactPolicy) -> Iterator[Difference]:
    yield from fields.entries("the class of mail '{}'", dict.fromkeys(old.classes), dict.fromkeys(new.classes), lambda *_: iter(()))
    yield from fields.order("classes of mail", old.classes, new.classes)

    def topic(name: str, before: Spoken, after: Spoken) -> Iterator[Difference]:
        yield from fields.each(f"the topic '{name}'", before, after, TOPIC_SAYS)

    yield from fields.entries("the topic '{}'", old.topics, new.topics, topic)
    if old.limits and new.limits:
        yield from fields.each("", old.limits, new.limits, LIMITS_SAYS)
    elif new.limits:
        yield fields.difference("there are limits to what a reader gets", "new")
    elif old.limits:
        yield fields.difference("nothing is too much any more")

    yield from fields.each("", old.spam_reports, new.spam_reports, SPAM_REPORTS_SAYS)

    def kept_back(_: str, before: KeptBack, after: KeptBack) -> Iterator[Difference]:
        yield from fields.each(f"while {after.when}, mail", before, after, KEPT_BACK_SAYS, ("when",))

    before, after = ({str(each.when): each for each in several.kept_back} for several in (old, new))
    yield from fields.entries("keeping mail back while {}", before, after, kept_back)
    yield from fields.order("mail kept back", list(before), list(after))
    for domain in sorted({*old.public_domains} ^ {*new.public_domains}):
        is_new = domain in new.public_domains
        yield fields.difference(
            f"{domain} is {'now' if is_new else 'no longer'} where everybody has a mailbox", "new" if is_new else "removed"
        )


HOURS_SAYS: Mapping[str, Says] = {
    "opens": says("from {}"),
    "closes": says("until {}"),
    "days": says("on {}", show=_weekdays),
    "spread": says("spread over {}", "no time"),
}
TOPIC_SAYS: Mapping[str, Says] = {
    "title": says("is called {}", show=phrases.quoted),
    "about": says("is described as {}", show=phrases.quoted),
    "necessary": says("cannot be turned off: {}"),
    "consent_in": says("takes a consent in {}", "no country"),
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
KEPT_BACK_SAYS: Mapping[str, Says] = {
    "because": says("waits for the reason {}", show=phrases.quoted),
    "classes": says("of these classes waits: {}", "all"),
    "surveys": says("waits also where it is a survey: {}"),
    "operational": says("waits also where it is operational: {}"),
}
