"""What the end of a hold does to the runs it keeps back, foreseen in virtual time: nothing is heard meanwhile, and nobody acts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain import holding
from domain.facts import Hold, Resume
from domain.governor import UNTIL_LIFTED
from domain.news import Changed
from domain.simulation import World
from domain.standing import RunStanding
from domain.state import Phase, Position
from domain.touches import Touch


@dataclass(frozen=True, slots=True)
class Later:
    """What does not happen at once: a mail that leaves in its reader's hours (`before` is None), or what was shifted from one
    moment to another."""

    step: str
    at: datetime
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resumption:
    """One run that goes on. `at_once` reaches somebody in the same turn, `stale` are the steps that are skipped because they fell due
    during the hold; `held_by` says what keeps it back all the same, `over` why it ends."""

    run_id: str
    journey: str
    at_once: tuple[Touch, ...] = ()
    stale: tuple[str, ...] = ()
    later: tuple[Later, ...] = ()
    shifted: tuple[Later, ...] = ()
    held_by: str | None = None
    over: str | None = None


class Resuming(World):
    """An account of which holds end now."""

    def end(self, ids: Collection[str], resume: Resume | None) -> list[Resumption]:
        """What follows at once for every run that these holds keep back, or mail of it; `resume` goes before their own policies."""
        ending = [hold for id, (_, hold) in self.holds.items() if id in ids]
        concerned = [run for run in self.runs.values() if any(_concerns(hold, run) for hold in ending)]
        for hold in ending:
            self._end_hold(hold.id, resume)
        return [self._go_on(run) for run in concerned]

    def _go_on(self, run: RunStanding) -> Resumption:
        stood, told, touched = run.state.tracks, len(self.whys), len(self.touches)
        run.news.append(Changed(self.now, ("holds",)))
        self._turn(run)
        decided = [why.decision for why in self.whys[told:] if why.journey == run.journey.name]
        stale = tuple(each.step or "" for each in decided if (each.what, each.result) == ("skipped", holding.STALE))
        at_once = tuple(touch for touch in self.touches[touched:] if touch.run == run.id)
        shifted = tuple(_shifted(stood, run.state.tracks))
        later = tuple(_later(run, self.now))
        pause = run.state.pause
        return Resumption(run.id, run.journey.name, at_once, stale, later, shifted, self._held_by(run) if pause else None, run.rest.over)

    def _held_by(self, run: RunStanding) -> str:
        kept = holding.keeping(self.account.holds, run.journey.name, self.now)
        return f"{kept.what} is held" + (f": {kept.reason}" if kept.reason else "") if kept else "it is held by an order of its own"


def _concerns(hold: Hold, run: RunStanding) -> bool:
    return hold.keeps_back(run.journey.name) or any(hold.keeps_mail(mail.mail_class, mail.operational) for mail in run.planned)


def _shifted(before: Mapping[str, Position], after: Mapping[str, Position]) -> Iterator[Later]:
    """The rests that end later than they would have."""
    for track, stood in before.items():
        stands = after.get(track)
        same = stands is not None and (stands.step, stands.visit, stands.phase) == (stood.step, stood.visit, stood.phase)
        if same and stands and stood.phase is not Phase.OUT and stood.until and stands.until and stands.until > stood.until:
            yield Later(stands.step, stands.until, stood.until)


def _later(run: RunStanding, now: datetime) -> Iterator[Later]:
    """Mail that may leave now, and does when its reader's hours begin."""
    for message in run.planned:
        if not message.gated and now < message.due_at < UNTIL_LIFTED and run.state.pause is None:
            yield Later(message.step, message.due_at)
