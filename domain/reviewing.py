"""What was foreseen of a run beside what came: where they differ, and which of the things it heard made the difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.touches import Touch

# Later than foreseen by less is a worker that was busy, not a difference.
NEAR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Came:
    """How far a run has come: what it did since it was foreseen, when it moved, when and why it was over."""

    touches: tuple[Touch, ...] = ()
    moved_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One point where what came is not what was foreseen; `step` and `visit` where it is about one, `at` the moment of it."""

    at: datetime
    sentence: str
    is_more: bool = False  # something came that was not foreseen, rather than the other way about
    step: str | None = None
    visit: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that came from outside after a run was foreseen. `own` says that the run itself was told of it; `facts` are the
    names of the facts that it changed."""

    at: datetime
    what: str
    teller: str = ""
    own: bool = True
    facts: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.what}, {self.at:%Y-%m-%d %H:%M} UTC" + (f", by {self.teller}" if self.teller else "")


@dataclass(frozen=True, slots=True)
class Saw:
    """A decision made at a step since, and which facts the rule saw that were told since: their names and when."""

    step: str | None
    visit: int | None
    facts: frozenset[tuple[str, datetime]] = field(default_factory=frozenset)


def differences(foreseen: Came, came: Came, now: datetime) -> list[Difference]:
    """Up to `now`, in the order of their moments. What was foreseen for the last minutes may still come."""
    settled = now - NEAR
    found = list(_touches([touch for touch in foreseen.touches if touch.at <= now], came.touches, settled))
    found += _moments("moved", "move", foreseen.moved_at, came.moved_at, settled)
    found += _moments("ended", "end", foreseen.ended_at, came.ended_at, settled)
    return sorted(found, key=lambda difference: difference.at)


def cause(difference: Difference, heard: Sequence[Heard], saw: Iterable[Saw], ended_at: datetime | None) -> Heard | None:
    """What made the difference: of what was heard before it, what the step's rule saw; else what ended the run; else what came last
    before something came that was not foreseen; else what came first. What the run was told itself goes before what its account was.
    None when nothing was heard: then the foresight was wrong.
    """
    before = sorted((each for each in heard if each.at <= difference.at + NEAR), key=lambda each: each.at)
    seen = {fact for each in saw if (each.step, each.visit) == (difference.step, difference.visit) for fact in each.facts}
    if told := [each for each in before if any(each.at == at and (not each.facts or name in each.facts) for name, at in seen)]:
        return told[-1]
    mine = [each for each in before if each.own] or before
    if ended_at is not None and ended_at <= difference.at and (ending := [each for each in mine if each.at <= ended_at]):
        return ending[-1]
    if not mine:
        return None
    return mine[-1] if difference.is_more else mine[0]


def _touches(foreseen: Iterable[Touch], came: Iterable[Touch], settled: datetime) -> Iterable[Difference]:
    missing, more = list(foreseen), list(came)
    keys: list[Callable[[Touch], Hashable]] = [_whole, _elsewhere, _to_another]
    for key in keys:
        for touch in list(missing):
            other = next((each for each in more if key(each) == key(touch) and (key is not _elsewhere or _is_near(each, touch))), None)
            if other is None:
                continue
            missing.remove(touch)
            more.remove(other)
            if key is _to_another:
                yield _at(touch, other, f"{_spoken(touch)} went to {other.recipient}")
            elif not _is_near(touch, other):
                yield _at(touch, other, f"{_spoken(touch)} came on {_when(other.at)}, and was foreseen for {_when(touch.at)}")
    for touch in missing:
        if touch.at <= settled:
            yield Difference(touch.at, f"{_spoken(touch)} did not come on {_when(touch.at)}", False, touch.step, touch.visit)
    for touch in more:
        yield Difference(touch.at, f"{_spoken(touch)} came on {_when(touch.at)}, and was not foreseen", True, touch.step, touch.visit)


def _moments(did: str, do: str, foreseen: datetime | None, came: datetime | None, settled: datetime) -> Iterable[Difference]:
    if foreseen is not None and foreseen > settled and came is None:
        return
    if foreseen is not None and came is not None and abs(foreseen - came) <= NEAR:
        return
    if came is not None:
        due = f"was foreseen for {_when(foreseen)}" if foreseen else "was not foreseen"
        yield Difference(came, f"it {did} on {_when(came)}, and that {due}", True)
    elif foreseen is not None:
        yield Difference(foreseen, f"it did not {do} on {_when(foreseen)}, as was foreseen")


def _whole(touch: Touch) -> Hashable:
    # A notice is about a task or an escalation, whose id nobody can foresee.
    return (touch.effect, "" if touch.kind == "notice" else touch.step, touch.visit, touch.recipient, touch.kind == "notice" and touch.what)


def _elsewhere(touch: Touch) -> Hashable:
    """The same from a step that has got another id since."""
    return (touch.effect, touch.visit, touch.recipient)


def _to_another(touch: Touch) -> Hashable:
    return (touch.effect, touch.step, touch.visit)


def _is_near(one: Touch, other: Touch) -> bool:
    return abs(one.at - other.at) <= NEAR


def _at(foreseen: Touch, came: Touch, sentence: str) -> Difference:
    return Difference(min(foreseen.at, came.at), sentence, came.at < foreseen.at, foreseen.step, foreseen.visit)


def _spoken(touch: Touch) -> str:
    visit = f" (visit {touch.visit})" if touch.visit > 1 else ""
    return f"the {touch.kind} of {touch.step}{visit} to {touch.recipient}"


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def counts(touches: Iterable[Touch], until: datetime) -> Counter[str]:
    """By kind, up to and including `until`."""
    return Counter(touch.kind for touch in touches if touch.at <= until)
