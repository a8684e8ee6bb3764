"""How much is too much: the limits of contact.yaml, counted over what was sent and what is due now and ranks higher."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.contact_policy import Limits
from domain.correspondence import Ahead, Correspondence, Place, Sent
from domain.facts import Contact, Facts
from domain.timing import MIDNIGHT, Calendar, local_day, moment

WEEK = 7
# How long a mail makes way for one that ranks higher and is due at the same moment: by then that one has left, or will not.
MAKING_WAY = timedelta(minutes=1)
# What has been due for longer than this and has not left is stuck on something else; nobody makes way for it.
STUCK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Crowd:
    """A limit that a mail would break: until when, in words, and what fills it. `is_contested`: it is not full yet, but will be."""

    until: datetime
    sentence: str
    sent: tuple[Sent, ...] = ()
    is_contested: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """The mail that wants to leave, and what its limits depend on. `window` are its reader's hours."""

    reader: str
    domain: str | None
    operational: bool
    survey: bool
    place: Place
    contact: Contact
    window: Calendar
    facts: Facts
    now: datetime
    asks: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """At most `most` of these `sent` in `days` days, of which today is the last."""

    whom: str
    where: ZoneInfo
    days: int
    most: int
    sent: tuple[Sent, ...]
    ahead: tuple[Ahead, ...]
    noun: str = "mails"


def crowd(asked: Question, limits: Limits, known: Correspondence) -> Crowd | None:
    """The limit that keeps this mail longest; None when it may leave. A full one counts before one that is only contested."""
    found = [crowd for rule in _rules(asked, limits, known) if (crowd := _crowd(rule, asked))]
    return max(found, key=lambda each: (not each.is_contested, each.until), default=None)


def _rules(asked: Question, limits: Limits, known: Correspondence) -> Iterator[_Rule]:
    name, account = asked.contact.name, str(asked.facts.values.get("account.name") or asked.facts.account_id)
    here, home = asked.window.zone, asked.facts.zone
    theirs = tuple(sent for sent in known.sent if sent.reader == asked.reader)
    ahead = tuple(each for each in known.ahead if each.place < asked.place and asked.now - each.due_at < STUCK)
    of_theirs = tuple(each for each in ahead if asked.reader in each.readers)
    if limits.ceiling_a_week is not None:
        yield _Rule(name, here, WEEK, limits.ceiling_a_week, theirs, (), "mails of all kinds")
    if asked.operational:
        return
    more = 1 if settles(asked.facts, limits, asked.now) else 0
    wanted = tuple(sent for sent in theirs if not sent.operational)
    yield _Rule(name, here, 1, limits.mails_a_day, wanted, of_theirs)
    yield _Rule(name, here, WEEK, limits.mails_a_week + more, wanted, of_theirs)
    of_account = tuple(sent for sent in known.sent if sent.of_account and not sent.operational)
    yield _Rule(account, home, WEEK, limits.account_mails_a_week + 2 * more, of_account, ahead)
    if limits.domain_mails_a_week is not None and asked.domain is not None:
        of_domain = tuple(sent for sent in known.sent if sent.domain == asked.domain and not sent.operational)
        yield _Rule(asked.domain, home, WEEK, limits.domain_mails_a_week, of_domain, ahead)
    if asked.survey:
        surveys = tuple(sent for sent in theirs if sent.survey)
        yield _Rule(name, here, round(limits.survey_every.days), 1, surveys, tuple(each for each in of_theirs if each.survey), "surveys")
    if every := limits.same_survey_every.get(asked.asks):
        same = tuple(sent for sent in theirs if sent.asks == asked.asks)
        # Who else is about to ask the same asks a survey, for which it makes way already.
        yield _Rule(name, here, round(every.days), 1, same, (), f"{asked.asks} surveys")


def settles(facts: Facts, limits: Limits, at: datetime) -> bool:
    """Whether a contract of the account begins about then."""
    around = timedelta(days=limits.settling.days)
    today = facts.today(at)
    return any(abs(starts_on - today) <= around for starts_on in facts.contract_starts)


def horizon(limits: Limits | None, survey: bool, now: datetime) -> datetime:
    """How far back what was sent can count; a day more than that, since days begin elsewhere earlier."""
    gaps = [limits.survey_every, *limits.same_survey_every.values()] if limits and survey else []
    days = max(WEEK, *(round(gap.days) for gap in gaps)) if gaps else WEEK
    return now - timedelta(days=days + 1)


def _crowd(rule: _Rule, asked: Question) -> Crowd | None:
    where, today = rule.where, local_day(asked.now, rule.where)
    first = today - timedelta(days=rule.days - 1)
    since = asked.now - timedelta(days=rule.days + 1)  # certainly before that day, wherever it begins
    counted = sorted((sent for sent in rule.sent if sent.at > since and local_day(sent.at, where) >= first), key=lambda sent: sent.at)
    if len(counted) >= rule.most:
        # Places come free in the order in which they were taken.
        frees = (
            local_day(counted[len(counted) - rule.most].at, where) + timedelta(days=rule.days) if rule.most else today + timedelta(days=1)
        )
        return Crowd(asked.window.next_open(moment(frees, MIDNIGHT, where)), _sentence(rule, counted, today), tuple(counted))
    if rule.ahead and len(counted) + len(rule.ahead) >= rule.most:
        first_of_them = min(rule.ahead, key=lambda each: each.place)
        return Crowd(asked.now + MAKING_WAY, f"{first_of_them.place.journey} goes first", is_contested=True)
    return None


def _sentence(rule: _Rule, counted: list[Sent], today: date) -> str:
    when = f"on {today}" if rule.days == 1 else f"within {rule.days} days"
    had = ", ".join(sent.name for sent in counted)
    return f"{rule.whom} would get {len(counted) + 1} {rule.noun} {when}, and {rule.most} is the most" + (f": had {had}" if had else "")
