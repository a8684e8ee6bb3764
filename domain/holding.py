"""What keeps a run back, and what becomes of what fell due meanwhile.

A run is held by the holds of its account, of its journey or of everything, which its turn looks up, and by an order for it alone,
which it is told. It goes on when neither stands any more; a hold that came and went while the run slept counts all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain import sending
from domain.facts import Hold, Resume
from domain.news import HoldOrdered, ResumeOrdered
from domain.run import Run
from domain.state import KeptBy, Pause, Phase

STALE = "fell due during the hold"


def keeping(holds: Iterable[Hold], journey: str, now: datetime) -> Hold | None:
    """The hold that keeps runs of a journey back the longest; None when none does. A hold of a class of mail keeps no run back."""
    standing = [hold for hold in holds if hold.keeps_back(journey) and not hold.is_over(now)]
    endless = next((hold for hold in standing if hold.until is None), None)
    return endless or max(standing, key=lambda hold: hold.until or now, default=None)


def order(run: Run, news: HoldOrdered) -> None:
    """Somebody holds this run alone."""
    run.pause = Pause(run.pause.since if run.pause else run.now, news.until, news.resume, "order")
    run.decide("held", _until(news.until), rule=news.why)


def end(run: Run, news: ResumeOrdered) -> None:
    """The order for this run is taken back, or a hold that kept it back is over. `look` says what follows."""
    if news.since is not None:
        run.holds_over.append((news.since, news.at, news.resume or (run.pause.resume if run.pause else "shift")))
    elif run.pause is not None:
        run.pause = replace(run.pause, resume=news.resume or run.pause.resume, kept_by="hold")


def look(run: Run) -> datetime | None:
    """Begins, lengthens or ends the run's pause. Answers from when on what fell due is stale, where it ended with `skip`."""
    stale: list[datetime] = []
    paused, run.pause = run.pause, None
    goes_on = paused is None
    for span in _apart(sorted(_spans(run, paused), key=lambda each: each.since)):
        if span.until is None:
            run.pause = Pause(span.since, span.ends_at, span.resume, span.kept_by)
            if goes_on:
                run.decide("held", _until(span.ends_at), rule=span.why)
            continue
        if goes_on:
            run.decide("held", f"from {span.since:%Y-%m-%d %H:%M} to {span.until:%Y-%m-%d %H:%M} UTC")
        run.decide("resumed", "its hold ended" if goes_on or (paused and _is_up(paused, run.now)) else "resumed", rule=span.resume)
        _resume(run, span.until - span.since if span.resume == "shift" else None)
        run.resumed_at, goes_on = span.until, True
        if span.resume == "skip":
            stale.append(span.since)
    return min(stale, default=None)


@dataclass(frozen=True, slots=True)
class _Span:
    """A time during which a run was held, or still is (`until` is None; `ends_at` is when that ends by itself)."""

    since: datetime
    until: datetime | None
    resume: Resume
    ends_at: datetime | None = None
    kept_by: KeptBy | None = None
    why: str = ""

    def with_(self, other: _Span) -> _Span:
        """Both as one: what still stands goes before what is over, an order before a hold, what ended last before the rest."""
        standing = [each for each in (self, other) if each.until is None]
        if standing:
            return replace(min(standing, key=lambda each: each.kept_by == "hold"), since=self.since)
        last = max(other, self, key=lambda each: each.until or each.since)
        return replace(last, since=self.since)


def _spans(run: Run, paused: Pause | None) -> Iterator[_Span]:
    """Every time during which the run was held and that it has not taken yet; before its last resuming lies nothing more."""
    journey, floor = run.journey.name, run.resumed_at or run.before.begun_at
    # A turn keeps the moment it was asked for; a hold that was placed since, or that a later turn has taken, is in force all the same.
    now = max(run.now, floor, paused.since if paused else floor)
    over = [*run.holds_over]
    for hold in run.facts.holds:
        if hold.keeps_back(journey) and hold.ends_at and hold.ends_at <= now:
            over.append((hold.placed_at or now, hold.ends_at, hold.resume))
    kept = keeping(run.facts.holds, journey, now)
    if paused is not None:
        until = paused.until if _is_up(paused, now) else None
        if until is None and (paused.kept_by == "hold" or (paused.kept_by is None and (over or kept))):
            until = max((at for _, at, _ in over if at > paused.since), default=now)
        yield _Span(paused.since, until, paused.resume, paused.until, paused.kept_by)
    for since, at, resume in over:
        if max(since, floor) < at:
            yield _Span(max(since, floor), at, resume)
    if kept is not None:
        yield _Span(min(max(kept.placed_at or now, floor), now), None, kept.resume, kept.until, "hold", kept.reason)


def _apart(spans: Iterable[_Span]) -> list[_Span]:
    """Those that overlap as one."""
    found: list[_Span] = []
    for span in spans:
        last = found[-1] if found else None
        if last is not None and (last.until is None or span.since <= last.until):
            found[-1] = last.with_(span)
        else:
            found.append(span)
    return found


def _resume(run: Run, shift: timedelta | None) -> None:
    """What was reckoned in durations is shifted; what is on its way may leave."""
    for track, position in list(run.tracks.items()):
        if position.phase is Phase.OUT:
            run.tracks[track] = sending.let_go(run, run.plan.node(position.step), position)
        elif shift and position.until and position.day is None and position.phase is not Phase.BEFORE:
            run.tracks[track] = replace(position, until=position.until + shift)


def _is_up(pause: Pause, now: datetime) -> bool:
    return pause.until is not None and pause.until <= now


def _until(until: datetime | None) -> str:
    return f"until {until:%Y-%m-%d %H:%M} UTC" if until else "until resumed"
