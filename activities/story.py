"""An entry told in a few sentences, for whoever has to answer a customer: moments are the account's, ages are in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from activities.reasons import Decided, Entry, Seen

# As decisions write it.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC")
# Decisions that the sentences on the rule, the reader, the approval and the delivery tell of better.
_TOLD_ELSEWHERE = ("addressed", "asked", "due", "expired", "dropped")


def of(entry: Entry, where: ZoneInfo) -> tuple[str, ...]:
    """`where` is the account's zone."""
    return tuple(_Story(entry, where).sentences())


def moment_of(at: datetime, where: ZoneInfo) -> str:
    """Mon 5 Jan 2026, 10:00"""
    local = at.astimezone(where)
    return f"{local:%a} {local.day} {local:%b %Y}, {local:%H:%M}"


class _Story:
    def __init__(self, entry: Entry, where: ZoneInfo) -> None:
        self.entry = entry
        self.where = where

    def sentences(self) -> Iterator[str]:
        entry = self.entry
        if entry.why and entry.delivery is None:
            yield self.sentence(entry.why)
        yield from self.began()
        yield from self.rule()
        for decided in entry.decided:
            if decided.what not in _TOLD_ELSEWHERE and not (decided.what == "escalated" and entry.approval):
                yield self.decision(decided)
        yield from self.woken()
        yield from self.reader()
        yield from map(self.sentence, self.entry.changed)
        yield from self.approval()
        yield from self.holds()
        yield from self.delivery()
        if self.entry.answered:
            yield self.sentence(self.entry.answered)
        if self.entry.judged:
            yield self.sentence(self.entry.judged)

    def began(self) -> Iterator[str]:
        entry = self.entry
        if entry.began and entry.fate == "refused":
            yield self.sentence(f"It was asked for: {entry.began}")
        elif entry.began:
            yield self.sentence(f"The run began: {entry.began}" if entry.journey else entry.began)

    def sentence(self, words: str) -> str:
        """With its moments on the account's clock."""
        words = _MOMENT.sub(lambda found: self.at(datetime.fromisoformat(f"{found[1]}+00:00")), words.strip().rstrip("."))
        return f"{words[:1].upper()}{words[1:]}."

    def at(self, moment: datetime | None) -> str:
        return moment_of(moment, self.where) if moment else "a day that is not known"

    def rule(self) -> Iterator[str]:
        entry, rule = self.entry, self.entry.rule
        due = next((decided for decided in entry.decided if decided.what == "due"), None)
        if rule is None:
            return
        if rule.at == "start":
            yield "It is due as soon as its run begins."
        elif rule.at:
            yield self.sentence(f"Its day is {rule.at}" + (f": {_day(entry.day)}{self.moved(entry.day)}" if entry.day else ""))
        if due:
            yield self.sentence(f"Its condition held: {due.rule}{self.values(due.saw, due.at)}")
        elif rule.when and entry.fate in ("ahead", "waiting", "over", "not_taken"):
            yield self.sentence(f"It asks for: {rule.when}")

    def moved(self, day: date) -> str:
        """Where it happened on a later day than its own."""
        entry = self.entry
        at = entry.delivery.planned_at if entry.delivery else entry.at
        happened = at.astimezone(self.where).date() if at else day
        waited = entry.kind == "escalation" and any(decided.what == "asked" for decided in entry.decided)
        if happened <= day or waited or entry.fate not in ("sent", "asked", "in_doubt"):
            return ""
        why = "which is no working day" if entry.closed else "and the run came to it later"
        return f", {why}; it was done on {_day(happened)}"

    def decision(self, decided: Decided) -> str:
        if (decided.result, decided.at) == (self.entry.why, self.entry.at):
            return self.sentence(f"The rule: {decided.rule or 'none'}{self.values(decided.saw, decided.at)}")
        step = f"'{decided.step}' " if decided.step and decided.step != self.entry.step else ""
        rule = f" ({decided.rule})" if decided.rule and decided.rule not in decided.result else ""
        return self.sentence(f"{self.at(decided.at)}: {step}{decided.what}, {decided.result}{rule}{self.values(decided.saw, decided.at)}")

    def values(self, saw: tuple[Seen, ...], at: datetime) -> str:
        if not saw:
            return ""
        return "; it saw " + ", ".join(f"{each.name} = {_spelled(each.value)}{_age(each, at)}" for each in saw)

    def woken(self) -> Iterator[str]:
        woken = self.entry.woken_by
        if woken is None:
            return
        if not woken:
            yield "Its run took this turn because its time had come."
        for each in woken:
            event = f", event {each.event_id}" if each.event_id else ""
            yield self.sentence(f"Its run was woken by {each.words} (told {self.at(each.told_at)}{event})")

    def reader(self) -> Iterator[str]:
        to = self.entry.to
        if to is None or self.entry.kind == "approval":
            return
        role = f", as {to.role}" if to.role else ""
        because = f", because {to.because}" if to.because else ""
        yield self.sentence(f"To {to.name}{role}{because}")

    def approval(self) -> Iterator[str]:
        gate = self.entry.approval
        if gate is None:
            return
        if gate.passed_at:
            asked = f"Approval was asked on {self.at(gate.asked_at)}; nobody decided in time, so on {self.at(gate.passed_at)} it went to "
            asked += f"{gate.approver.name}, as {gate.role}"
        else:
            because = f", because {gate.approver.because}" if gate.approver.because else ""
            asked = f"{gate.approver.name} was asked for approval as {gate.role}{because}, on {self.at(gate.asked_at)}"
        if gate.decided_at is None:
            yield self.sentence(
                f"{asked}; it is not decided" + (f", and can be until {self.at(gate.expires_at)}" if gate.expires_at else "")
            )
        elif gate.state in ("approved", "refused") or gate.decided_by:
            note = f": “{gate.note}”" if gate.note else ""
            yield self.sentence(asked)
            yield self.sentence(f"{gate.state} by {gate.decided_by or 'somebody'} on {self.at(gate.decided_at)}{note}")
        else:
            yield self.sentence(f"{asked}; nobody decided, and it was {gate.state} on {self.at(gate.decided_at)}")

    def holds(self) -> Iterator[str]:
        if self.entry.delivery and self.entry.kind == "mail" and not self.entry.holds:
            yield "No hold was on."
        for hold in self.entry.holds:
            until = f" to {self.at(hold.lifted_at)}" if hold.lifted_at else " and still"
            by = f" by {hold.by}" if hold.by else ""
            yield self.sentence(
                f"A hold on {hold.what} was on from {self.at(hold.since)}{until}{by}" + (f": {hold.reason}" if hold.reason else "")
            )

    def delivery(self) -> Iterator[str]:
        sent = self.entry.delivery
        if sent is None:
            return
        if sent.operational and self.entry.kind == "mail":
            yield "It is operational: it may leave at any hour."
        planned = f"Planned on {self.at(sent.planned_at)}{', in shadow' if sent.shadow else ''}"
        match sent.state:
            case "planned" if sent.due_at is None:
                yield self.sentence(f"{planned}; it waits until a hold is lifted{_because(sent.reason)}")
            case "planned":
                yield self.sentence(f"{planned} for {self.at(sent.due_at)}{_because(sent.reason)}")
            case "gated":
                yield self.sentence(f"{planned}; it waits for the approval")
            case "claimed":
                yield self.sentence(f"{planned}; it is being handed to {sent.channel} since {self.at(sent.claimed_at)}")
            case "shadowed":
                would = "could not" if sent.reason else "would"
                why = f": {sent.reason}" if sent.reason else ""
                yield self.sentence(f"{planned}; it {would} have left on {self.at(sent.settled_at)}{why}. Nothing was sent")
            case "accepted":
                id = f" as {sent.provider_id}" if sent.provider_id else ""
                tries = f", at attempt {sent.attempts}" if sent.attempts > 1 else ""
                yield self.sentence(f"{planned}; {sent.channel} accepted it on {self.at(sent.settled_at)}{id}{tries}")
            case "in_doubt":
                yield self.sentence(
                    f"{planned}; nobody knows whether {sent.channel} took it{_because(sent.reason)}. It is not sent again by itself"
                )
            case _:
                yield self.sentence(f"{planned}; it did not leave{_because(sent.reason)}")


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else ""


def _spelled(value: Any) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _age(seen: Seen, at: datetime) -> str:
    if seen.told_at is None:
        return ""
    stale = ", too old to count" if seen.stale else ""
    return f" (told {_length(seen.told_at, at)}{stale})"


def _length(told_at: datetime, at: datetime) -> str:
    seconds = (at - told_at).total_seconds()
    if seconds < 60:
        return "that minute"
    hours = seconds / 3600
    if hours < 1:
        return f"{round(seconds / 60)} min before"
    return f"{round(hours)} h before" if hours < 48 else f"{round(hours / 24)} days before"
