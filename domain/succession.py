"""Which step of a newer version of a journey is which step of the older: what runs are moved by.

Two plans of one segment are compared. What somebody told by hand (`StepMap`) comes first. Then the rules are tried in this order, each
on what the former left over:

1. *Same*: the same id and the same verb. Wherever the step stands and whatever else it says, it is the same step.
2. *Renamed*: the same verb and the same fields (its id and the steps inside it aside) in the same place, and no other step there, old or
   new, is like it. A wait that nobody named is known by its length, so one whose length alone changed is renamed too if it is the only
   wait in that place, before and after.
3. *Ambiguous*: the same verb in the same place, but other fields, or several to choose from; or another verb under the same id, or
   about the same thing in the same place. Somebody has to say; `candidates` are the steps it may have become.
4. *Removed*: everything else.

The *same place* is the same list of steps (of the same track, or of the same case, arm or `otherwise` of the same step), between the
same two neighbours that are known to be the same. Lists are taken from the outside in: a step that was renamed takes its lists along.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from domain import asking
from domain.conditions import Condition
from domain.grammar import Spoken
from domain.journey import CLOSING, MAIN, Journey, Plan
from domain.language import Awaited, Branch, Case, Check, Split, Step, Task, Wait, WaitFor, Whenever

How = Literal["same", "renamed", "ambiguous", "removed"]
Item = TypeVar("Item")
StepMap = Mapping[str, str | None]  # told by hand: a step of an older version, and which of the newer it is; None: it is gone


@dataclass(frozen=True, slots=True)
class Place:
    """A list of steps: its track, the step it lies in (None at the top), and which of that step's lists it is (at the top of closing
    steps: whose end)."""

    track: str
    parent: str | None
    block: int = 0


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a step of the older version; all ids but `step` are the newer version's.

    `becomes` is the step it is now: None when `how` is removed or ambiguous. Where there is none, and where it went to another list
    (perhaps of another track: `node(becomes).track`), the place it left is told too: `next` is the first step after it in its list that
    is still in that list and that the segment comes to (None: none is), and `inside` the nearest step around it that still exists
    (None: none; where `next` is None as well, its track is over). Which to take is the caller's choice.

    A run that goes on at `becomes`, or else at `next`, passes over `missed`: steps of that list which stand before it and which the
    run has not come to. It comes a second time to `again`: steps which now stand after it and which the run has behind it. Both speak
    of that one list, and of steps that the segment comes to; what changed around it is told by the fates of the steps around.
    """

    step: str
    verb: str
    how: How
    becomes: str | None = None
    candidates: tuple[str, ...] = ()
    next: str | None = None
    inside: str | None = None
    missed: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


@dataclass
class Succession:
    """How the steps, lists and tracks of two plans of a segment correspond."""

    old: Plan
    new: Plan
    told: StepMap = field(default_factory=dict)  # of other plans too: what this one does not have is left out
    same: dict[str, str] = field(init=False, default_factory=dict)  # older id → newer id, of rules 1 and 2
    ambiguous: dict[str, tuple[str, ...]] = field(init=False, default_factory=dict)  # older id → candidates, of the same verb
    doubtful: dict[str, tuple[str, ...]] = field(init=False, default_factory=dict)  # … and those of another
    tracks: dict[str, str] = field(init=False, default_factory=dict)  # those which are still there, `whenever` tracks included
    ends: dict[int, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.old_lists, self.new_lists = lists(self.old), lists(self.new)
        self.old_places, self.new_places = _places(self.old_lists), _places(self.new_lists)
        self.same |= {id: to for id, to in self.told.items() if to and id in self.old.nodes and to in self.new.nodes}
        taken = set(self.same.values())
        for id, node in self.old.nodes.items():
            if id not in self.told and id not in taken and id in self.new.nodes and self.new.nodes[id].step.verb == node.step.verb:
                self.same[id] = id
        self._pair_tracks()
        self._match(_are_alike)
        self._match(_are_unnamed_waits)
        self._doubt()

    @property
    def replaced(self) -> dict[str, str]:
        """Of the ambiguous: steps in whose place there is one other, which took the place of no other step besides."""
        claims = [candidate for candidates in self.ambiguous.values() for candidate in candidates]
        return {id: found[0] for id, found in self.ambiguous.items() if len(found) == 1 and claims.count(found[0]) == 1}

    @property
    def came_from(self) -> Mapping[str, str]:
        """Newer id → older id."""
        return {new: old for old, new in self.same.items()}

    def counterpart(self, place: Place) -> Place | None:
        """The list of the newer plan that a list of the older is; None when it is gone."""
        if place.parent is None and place.track == CLOSING:
            block = self.ends.get(place.block)
            return None if block is None else Place(CLOSING, None, block)
        if place.parent is None:
            track = self.tracks.get(place.track)
            return None if track is None else Place(track, None)
        parent = self.same.get(place.parent)
        if parent is None:
            return None
        node = self.new.nodes[parent]
        if node.step.verb != self.old.nodes[place.parent].step.verb:
            return None
        block = dict(blocks(self.old.nodes[place.parent].step, node.step)).get(place.block)
        return None if block is None else Place(node.track, parent, block)

    def fate(self, step: str) -> Fate:
        node, place = self.old.nodes[step], self.old_places[step]
        line = self.old_lists[place]
        before, after = line[: line.index(step)], line[line.index(step) + 1 :]
        there = self.counterpart(place)
        becomes = self.same.get(step)
        left = becomes is None or self.new_places[becomes] != there
        following = next((self.same[id] for id in after if self._stays_in(id, there) and self._comes(self.same[id])), None)
        goes_on = becomes or following
        missed: tuple[str, ...] = ()
        again: tuple[str, ...] = ()
        if goes_on:
            passed = {self.same[id] for id in before if id in self.same}
            to_come = {self.same[id] for id in after if id in self.same}
            here = self.new_lists[self.new_places[goes_on]]
            origins = self.came_from
            missed = tuple(id for id in here[: here.index(goes_on)] if (id not in origins or id in to_come) and self._comes(id))
            again = tuple(id for id in here[here.index(goes_on) + 1 :] if id in passed and self._comes(id))
        if becomes:
            how: How = "same" if becomes == step else "renamed"
            onward = (following, self._around(step)) if left else (None, None)
            return Fate(step, node.step.verb, how, becomes, (), *onward, missed, again)
        candidates = self.ambiguous.get(step) or self.doubtful.get(step, ())
        how = "ambiguous" if candidates else "removed"
        return Fate(step, node.step.verb, how, None, candidates, following, self._around(step), missed, again)

    def _stays_in(self, id: str, there: Place | None) -> bool:
        return id in self.same and self.new_places[self.same[id]] == there

    def _comes(self, id: str) -> bool:
        """Whether the segment alone does not keep a step of the newer plan from happening."""
        return not asking.of(self.new.nodes[id].step.when, self.new.segment).never

    def _around(self, step: str) -> str | None:
        parent = self.old.nodes[step].parent
        while parent and parent not in self.same:
            parent = self.old.nodes[parent].parent
        return self.same[parent] if parent else None

    # Tracks

    def _pair_tracks(self) -> None:
        old, new = self.old.text, self.new.text
        self.tracks[MAIN] = MAIN
        tracks = pairs(tuple(old.tracks), tuple(new.tracks), [str], lambda one, other: self._share(Place(one, None), Place(other, None)))
        self.tracks.update({one: other for one, other in tracks if one and other})
        reactions = pairs(
            old.whenever,
            new.whenever,
            [lambda each: each.title, lambda each: plain((each.on, each.where, each.when, each.band))],
            lambda one, other: self._share(Place(track_of(one), None), Place(track_of(other), None)),
        )
        self.tracks.update({track_of(one): track_of(other) for one, other in reactions if one and other})
        ends = pairs(
            tuple(enumerate(old.ends)),
            tuple(enumerate(new.ends)),
            [lambda each: plain((each[1].on, each[1].where, each[1].when)), lambda each: each[1].on],
            lambda one, other: self._share(Place(CLOSING, None, one[0]), Place(CLOSING, None, other[0])) or one[0] == other[0],
        )
        self.ends.update({one[0]: other[0] for one, other in ends if one and other})

    def _share(self, one: Place, other: Place) -> bool:
        """Whether two lists have a step in common."""
        return bool({self.same.get(id) for id in self.old_lists[one]} & set(self.new_lists[other]))

    # Steps that have another id

    def _match(self, alike: Callable[[Step, Step], bool]) -> None:
        for place in self.old_lists:  # outer lists come first
            for olds, news in self._gaps(place):
                for id in olds:
                    found = [other for other in news if alike(self.old.nodes[id].step, self.new.nodes[other].step)]
                    if len(found) != 1:
                        continue
                    rivals = [other for other in olds if alike(self.old.nodes[other].step, self.new.nodes[found[0]].step)]
                    if len(rivals) == 1:
                        self.same[id] = found[0]

    def _doubt(self) -> None:
        for place in self.old_lists:
            for olds, news in self._gaps(place):
                for id in olds:
                    step = self.old.nodes[id].step
                    if found := tuple(other for other in news if self.new.nodes[other].step.verb == step.verb):
                        self.ambiguous[id] = found
                    elif found := tuple(other for other in news if self.new.nodes[other].step.object == step.object):
                        self.doubtful[id] = found
        origins = self.came_from
        for id in self.old.nodes.keys() & self.new.nodes.keys():
            if id not in self.same and id not in self.told and id not in self.ambiguous and id not in origins:
                self.doubtful[id] = (id,)

    def _gaps(self, place: Place) -> Iterator[tuple[list[str], list[str]]]:
        """The steps of a list that have no counterpart yet, and those that nothing was, between each two known neighbours."""
        there = self.counterpart(place)
        if there is None:
            return
        old, new, origins = self.old_lists[place], self.new_lists[there], self.came_from
        stays = {id: self.same[id] for id in old if id in self.same and self.same[id] in new}
        gaps: dict[tuple[str | None, str | None], tuple[list[str], list[str]]] = {}
        for neighbours, id in _between(old, stays):
            if id not in self.same and id not in self.told:
                gaps.setdefault(neighbours, ([], []))[0].append(id)
        for neighbours, id in _between(new, {id: id for id in stays.values()}):
            if id not in origins:
                gaps.setdefault(neighbours, ([], []))[1].append(id)
        yield from (gap for gap in gaps.values() if gap[0] and gap[1])


def _between(line: Sequence[str], known: Mapping[str, str]) -> Iterator[tuple[tuple[str | None, str | None], str]]:
    """Each step that is not among the known, with the known ones around it."""
    for index, id in enumerate(line):
        if id not in known:
            left = next((known[other] for other in reversed(line[:index]) if other in known), None)
            right = next((known[other] for other in line[index + 1 :] if other in known), None)
            yield (left, right), id


def between(old: Journey, new: Journey, segment: str, told: StepMap | None = None) -> Mapping[str, Fate]:
    """The step map of one segment: the fate of every step that a run of this segment can stand at.

    That is every step of its plan; and, because a run whose segment changed finishes the step it stands at, every step that only the
    plans of other segments have (`Plan.node`): its fate is the one it has there.
    """
    fates: dict[str, Fate] = {}
    plan = old.plan(segment)
    for each in (plan, *(variant for variant in old.plans.values() if variant is not plan)):
        if each.nodes.keys() <= fates.keys():
            continue
        succession = Succession(each, new.plan(each.segment if each is not plan else segment), told or {})
        fates.update({id: succession.fate(id) for id in each.nodes if id not in fates})
    return fates


# Lists


def lists(plan: Plan) -> dict[Place, tuple[str, ...]]:
    """Every list of steps of a plan and the ids in it, also of steps that its segment never comes to; outer lists before inner ones."""
    text = plan.text
    names = {id(node.step): name for name, node in plan.nodes.items()}
    found: dict[Place, tuple[str, ...]] = {}

    def lay(place: Place, steps: Iterable[Step]) -> None:
        laid = [(names[id(step)], step) for step in steps]
        found[place] = tuple(name for name, _ in laid)
        for name, step in laid:
            for number, block in enumerate(step.blocks()):
                lay(Place(place.track, name, number), block)

    lay(Place(MAIN, None), text.steps)
    for name, steps in text.tracks.items():
        lay(Place(name, None), steps)
    for reaction in text.whenever:
        lay(Place(track_of(reaction), None), reaction.steps)
    for number, end in enumerate(text.ends):
        lay(Place(CLOSING, None, number), end.then)
    return found


def _places(found: Mapping[Place, tuple[str, ...]]) -> dict[str, Place]:
    return {id: place for place, ids in found.items() for id in ids}


def track_of(reaction: Whenever) -> str:
    return f"whenever.{reaction.title}"


def blocks(old: Step, new: Step) -> list[tuple[int, int]]:
    """Which list inside a step is which inside the other: cases by verdict, condition and order, arms by name."""
    if isinstance(old, Branch | Check) and isinstance(new, Branch | Check):
        before, after = cases(old), cases(new)
        keys: list[Callable[[Any], Hashable]] = [
            lambda each: each[1].verdict and (each[1].verdict, plain(each[1].when)),
            lambda each: plain(each[1].when) or "else",
            lambda each: each[1].verdict,
        ]
        found = pairs(tuple(enumerate(before)), tuple(enumerate(after)), keys, lambda *_: True)
        return [(one[0], other[0]) for one, other in found if one and other]
    if isinstance(old, Split) and isinstance(new, Split):
        arms = pairs(tuple(enumerate(old.arms)), tuple(enumerate(new.arms)), [lambda each: each[1].arm], lambda *_: True)
        return [(one[0], other[0]) for one, other in arms if one and other]
    return [(number, number) for number in range(min(len(old.blocks()), len(new.blocks())))]


def cases(step: Branch | Check) -> tuple[Case, ...]:
    return step.cases if isinstance(step, Branch) else step.verdicts


def pairs(
    olds: Sequence[Item], news: Sequence[Item], keys: Sequence[Callable[[Item], Hashable]], otherwise: Callable[[Item, Item], bool]
) -> list[tuple[Item | None, Item | None]]:
    """Items that belong together: by each key in turn (an empty key fits nothing), then by `otherwise`, in their order. Those of `olds`
    that are left stand alone, then those of `news`."""
    left, right = list(olds), list(news)
    found: list[tuple[Item | None, Item | None]] = []
    tests: list[Callable[[Item, Item], bool]] = [lambda one, other, key=key: bool(key(one)) and key(one) == key(other) for key in keys]  # type: ignore[misc]
    for test in (*tests, otherwise):
        for one in list(left):
            if (fit := next((other for other in right if test(one, other)), None)) is not None:
                found.append((one, fit))
                left.remove(one)
                right.remove(fit)
    return [*found, *((one, None) for one in left), *((None, other) for other in right)]


# Fields

_NO_FIELDS = frozenset({"id", "verb", "mark", "marks"})


def _are_alike(old: Step, new: Step) -> bool:
    return old.verb == new.verb and fields(old) == fields(new)


def _are_unnamed_waits(old: Step, new: Step) -> bool:
    return isinstance(old, Wait) and isinstance(new, Wait) and not (old.id or new.id)


def fields(spoken: Spoken) -> dict[str, Hashable]:
    """What a step (or a part of one) says, for comparing: without its name, its place in the file and the steps inside it."""
    return {name: plain(getattr(spoken, name)) for name in type(spoken).model_fields if name not in _NO_FIELDS and not _holds(spoken, name)}


def _holds(spoken: Spoken, name: str) -> bool:
    """Whether a field is a list of steps."""
    return name in ("steps", "then", "else_") or (name == "otherwise" and isinstance(spoken, Task | WaitFor))


def plain(value: Any) -> Hashable:
    """A value of the language for comparing: without its place in the file, and without the steps inside it."""
    match value:
        case Condition():
            return ast.unparse(value.tree)
        case Awaited():
            return (value.event, plain(value.condition))
        case Spoken():
            return tuple(fields(value).items())
        case dict():
            return tuple((name, plain(item)) for name, item in value.items())
        case tuple() | list():
            return tuple(plain(item) for item in value)
        case bool() | int() | float():
            return repr(value)  # True == 1
        case str():
            return str(value)
        case _:
            return value  # type: ignore[no-any-return]  # dates, durations: values already
