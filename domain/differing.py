"""The difference between two versions of a journey, in sentences for people who do not read YAML.

Each segment's plans are compared, step by step as `domain.succession` pairs them; what holds of several segments is said once. A
change that no segment notices (of a step that none of them comes to, or a condition that means the same) is said as well.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from domain import asking, comparing, phrases
from domain.comparing import Said, conditions, spoken
from domain.difference import Difference
from domain.journey import CLOSING, MAIN, Journey, Plan
from domain.language import Branch, Check, Split, Step, Wait
from domain.succession import Place, Succession, blocks, cases, track_of


def journeys(old: Journey, new: Journey, titles: Mapping[str, str] | None = None) -> list[Difference]:
    """What differs, in reading order. Segments are the newer version's, by their `titles` where given; one that the older version does
    not know is compared with the plan its runs have there."""
    segments = tuple(new.plans)
    said = {segment: list(_Reader(old.plan(segment), new.plan(segment), segment).differences()) for segment in segments}
    noticed = {each.about for several in said.values() for each in several if each.matters}
    merged: list[tuple[Said, list[str]]] = []
    for segment, several in said.items():
        place = 0
        for each in several:
            if not each.matters and each.about in noticed:
                continue
            found = next((index for index, (other, _) in enumerate(merged) if other.is_like(each)), None)
            if found is None:  # beside what other segments have to say of the same
                found = max((index + 1 for index, (other, _) in enumerate(merged) if other.about == each.about), default=place)
                merged.insert(found, (each, []))
            merged[found][1].append(segment)
            place = found + 1
    return [_difference(each, tuple(dict.fromkeys(concerned)), segments, titles or {}) for each, concerned in merged]


def _difference(said: Said, concerned: tuple[str, ...], segments: tuple[str, ...], titles: Mapping[str, str]) -> Difference:
    sentence = said.sentence
    if concerned != segments:
        names = [titles.get(segment, segment) for segment in concerned]
        sentence = f"for {phrases.listed(names)}{' only' if len(names) == 1 else ''}: {sentence}"
    return Difference(said.kind, sentence, said.steps, concerned)


class _Reader:
    """Reads two plans of a segment side by side."""

    def __init__(self, old: Plan, new: Plan, segment: str) -> None:
        self.old, self.new, self.segment = old, new, segment
        self.succession = Succession(old, new)
        self.stays = self.succession.same | self.succession.replaced
        self.origins = {after: before for before, after in self.stays.items()}

    def differences(self) -> Iterator[Said]:
        yield from comparing.head(self.old.text, self.new.text, self.segment)
        yield from self.line(Place(MAIN, None), Place(MAIN, None))
        yield from self.tracks()
        yield from self.reactions()
        yield from self.ends()

    # Tracks

    def tracks(self) -> Iterator[Said]:
        old, new, pairs = tuple(self.old.text.tracks), tuple(self.new.text.tracks), self.succession.tracks
        came_from = {after: before for before, after in pairs.items()}
        for name in new:
            if name not in came_from:
                yield Said("new", ("track", name), f"the track '{name}' is new")
            elif came_from[name] != name:
                yield Said("renamed", ("track", name), f"the track '{came_from[name]}' is called '{name}' now")
            yield from self.line(Place(came_from[name], None) if name in came_from else None, Place(name, None))
        for name in old:
            if name not in pairs:
                yield Said("removed", ("track", name), f"the track '{name}' is removed")
                yield from self.line(Place(name, None), None)
        yield from _reordered("it takes its tracks in another order", [pairs[name] for name in old if name in pairs], new)

    def reactions(self) -> Iterator[Said]:
        pairs = self.succession.tracks
        olds = {track_of(each): each for each in self.old.text.whenever}
        news = {track_of(each): each for each in self.new.text.whenever}
        came_from = {after: before for before, after in pairs.items() if before in olds}
        for track, reaction in news.items():
            before = came_from.get(track)
            if before is None:
                yield Said("new", ("whenever", track), f"whenever '{reaction.title}' is new: it begins {comparing.cause(reaction)}")
            else:
                yield from comparing.reaction(olds[before], reaction, self.segment)
            yield from self.line(Place(before, None) if before else None, Place(track, None))
        for track, reaction in olds.items():
            if track not in pairs:
                yield Said("removed", ("whenever", track), f"whenever '{reaction.title}' is removed")
                yield from self.line(Place(track, None), None)
        yield from _reordered("it takes its whenevers in another order", [pairs[track] for track in olds if track in pairs], tuple(news))

    def ends(self) -> Iterator[Said]:
        olds, news, pairs = self.old.text.ends, self.new.text.ends, self.succession.ends
        came_from = {after: before for before, after in pairs.items()}
        for number, end in enumerate(news):
            before = came_from.get(number)
            if before is None:
                yield Said("new", ("end", str(number)), f"it also ends {comparing.cause(end)}")
            else:
                yield from comparing.end(olds[before], end, self.segment)
            yield from self.line(None if before is None else Place(CLOSING, None, before), Place(CLOSING, None, number))
        for number, end in enumerate(olds):
            if number not in pairs:
                yield Said("removed", ("end gone", str(number)), f"it no longer ends {comparing.cause(end)}")
                yield from self.line(Place(CLOSING, None, number), None)
        yield from _reordered(
            "it takes its ends in another order", [pairs[number] for number in range(len(olds)) if number in pairs], range(len(news))
        )

    # Lists of steps

    def line(self, old: Place | None, new: Place | None) -> Iterator[Said]:
        """Two lists that correspond, or one that is new or removed."""
        before = self.succession.old_lists[old] if old else ()
        after = self.succession.new_lists[new] if new else ()
        gone = _gone_after(before, [id for id in before if self.stays.get(id) in after], self.stays)
        moved = self._out_of_order(before, after)
        yield from self.removed(gone[None])
        for id in after:
            origin = self.origins.get(id)
            if origin is None:
                yield self.appeared(id)
            else:
                if origin not in before:
                    place = f"is now in {self.where(self.new, id)}, {self.behind(id)}; it was in {self.where(self.old, origin)}"
                    yield self.say("moved", id, "place", f"{self.label(id)} {place}")
                elif id in moved:
                    yield self.say("moved", id, "place", f"{self.label(id)} now comes {self.behind(id)}")
                yield from self.step(origin, id)
            yield from self.inside(origin, id)
            if origin in before:
                yield from self.removed(gone.get(origin, ()))

    def inside(self, old: str | None, new: str) -> Iterator[Said]:
        """The lists inside a step."""
        after = self.new.nodes[new]
        before = self.old.nodes[old] if old else None
        pairs = blocks(before.step, after.step) if before else []
        came_from = {there: here for here, there in pairs}
        for number in range(len(after.step.blocks())):
            origin = Place(before.track, before.id, came_from[number]) if before and number in came_from else None
            yield from self.line(origin, Place(after.track, new, number))
        if before:
            for number in range(len(before.step.blocks())):
                if number not in dict(pairs):
                    yield from self.line(Place(before.track, before.id, number), None)

    def removed(self, ids: Iterable[str]) -> Iterator[Said]:
        for id in ids:
            node = self.old.nodes[id]
            name = (
                f"the {comparing.wait_of(node.step)} {_beside(self.old, self.succession.old_lists, id)}" if _is_unnamed(node.step) else id
            )
            yield Said("removed", (id, "gone"), f"{name} is removed", (id,), self.comes(self.old, id))
            for number in range(len(node.step.blocks())):
                yield from self.line(Place(node.track, id, number), None)

    def appeared(self, id: str) -> Said:
        step = self.new.nodes[id].step
        place = self.succession.new_places[id]
        inside = "" if place == Place(MAIN, None) else f" ({self.where(self.new, id)})"
        if _is_unnamed(step):
            sentence = f"a {comparing.wait_of(step)} {_beside(self.new, self.succession.new_lists, id)} is new"
        else:
            sentence = f"{id} is new: {self.described(id)}"
        return Said("new", (id, "new"), sentence + inside, (id,), self.comes(self.new, id))

    def _out_of_order(self, before: Sequence[str], after: Sequence[str]) -> set[str]:
        """The fewest steps whose moving explains the new order."""
        order = {id: number for number, id in enumerate(before)}
        both = [id for id in after if self.origins.get(id) in order]
        kept = _longest_rise([order[self.origins[id]] for id in both])
        return {id for index, id in enumerate(both) if index not in kept}

    # Steps

    def step(self, old: str, new: str) -> Iterator[Said]:
        before, after = self.old.nodes[old].step, self.new.nodes[new].step
        if old in self.succession.replaced:
            yield self.say("replaced", new, "step", f"{new} takes the place of {old}: {self.described(new)}")
            return
        label = self.label(new)
        if old != new and not (_is_unnamed(before) and _is_unnamed(after)):
            yield self.say("renamed", new, "id", f"{old} is called {new} now")
        yield from self.dates(before, after, new)
        yield from self.condition(before, after, new)
        for said in spoken(before, after, new, label, self.segment):
            yield self.say(said.kind, new, said.about[-1], said.sentence, matters=said.matters)
        if isinstance(before, Branch | Check) and isinstance(after, Branch | Check):
            yield from self.cases(before, after, new)
        if isinstance(before, Split) and isinstance(after, Split):
            yield from self.arms(before, after, new)

    def say(self, kind: Any, id: str, field: str, sentence: str, matters: bool = True) -> Said:
        origin = self.origins[id]
        return Said(kind, (id, field), sentence, (id,), matters and (self.comes(self.new, id) or self.comes(self.old, origin)))

    def dates(self, old: Step, new: Step, id: str) -> Iterator[Said]:
        before, after, label = old.at or (), new.at or (), self.label(id)
        if before == after:
            return
        if len(before) == len(after) > 1:
            title, noun = self.new.text.title, phrases.NOUNS[new.verb]
            for visit, (was, now) in enumerate(zip(before, after, strict=True), 1):
                if was != now:
                    moves = f"moves from {phrases.day(was)} to {phrases.day(now)}"
                    yield self.say("changed", id, f"at {visit}", f"{title} {noun} {visit} ({id}, visit {visit}) {moves}")
            return
        if not before:
            sentence = f"{label} now comes {phrases.on(after)}, and not when its track gets there"
        elif not after:
            sentence = f"{label} comes when its track gets there, and not {phrases.on(before)}"
        elif len(before) == len(after):
            sentence = f"{label} moves from {phrases.days(before)} to {phrases.days(after)}"
        elif more := _added(before, after):
            sentence = f"{label} also comes {phrases.on(more)}"
        elif gone := _added(after, before):
            sentence = f"{label} no longer comes {phrases.on(gone)}"
        else:
            sentence = f"{label} comes {phrases.on(after)} instead of {phrases.days(before)}"
        yield self.say("changed", id, "at", sentence)

    def condition(self, old: Step, new: Step, id: str) -> Iterator[Said]:
        before, after = asking.of(old.when, self.segment), asking.of(new.when, self.segment)
        if before.never != after.never:
            words = "comes no more" if after.never else f"now comes: {self.described(id)}"
            yield self.say("changed", id, "when", f"{self.label(id)} {words}")
            return
        for said in conditions((id, "when"), self.label(id), old.when, new.when, self.segment, "comes only if"):
            yield self.say(said.kind, id, "when", said.sentence, matters=said.matters)

    def cases(self, old: Branch | Check, new: Branch | Check, id: str) -> Iterator[Said]:
        label, pairs = self.label(id), blocks(old, new)
        came_from = {there: here for here, there in pairs}
        for number, case in enumerate(cases(new)):
            if number not in came_from:
                yield self.say("changed", id, f"case {number}", f"{label} has a new case: {comparing.case(case)}")
                continue
            before = cases(old)[came_from[number]]
            of_case = f"{label}" if len(cases(new)) == 2 or not case.verdict else f"{label}, verdict {case.verdict},"
            for said in conditions((id, f"case {number}"), of_case, before.when, case.when, self.segment):
                yield self.say(said.kind, id, said.about[-1], said.sentence, matters=said.matters)
            if before.verdict != case.verdict:
                verdict = phrases.instead(f"'{case.verdict or 'else'}'", f"'{before.verdict or 'else'}'")
                yield self.say("changed", id, f"verdict {number}", f"{label} gives the verdict {verdict} for {comparing.case(case)}")
        for number, case in enumerate(cases(old)):
            if number not in dict(pairs):
                yield self.say("changed", id, f"case gone {number}", f"{label} no longer has the case {comparing.case(case)}")
        for said in _reordered(f"{label} takes its cases in another order", [there for _, there in sorted(pairs)], range(len(cases(new)))):
            yield self.say("changed", id, "order", said.sentence)

    def arms(self, old: Split, new: Split, id: str) -> Iterator[Said]:
        label, pairs = self.label(id), blocks(old, new)
        came_from = {there: here for here, there in pairs}
        for number, arm in enumerate(new.arms):
            if number not in came_from:
                yield self.say("changed", id, f"arm {number}", f"{label} has a new arm: {arm.arm} ({arm.percent}%)")
                continue
            before = old.arms[came_from[number]]
            if before.arm != arm.arm:
                yield self.say("changed", id, f"arm name {number}", f"the arm '{before.arm}' of {label} is called '{arm.arm}' now")
            if before.percent != arm.percent:
                yield self.say(
                    "changed", id, f"percent {number}", f"{label} gives its arm '{arm.arm}' {arm.percent}% instead of {before.percent}%"
                )
        for number, arm in enumerate(old.arms):
            if number not in dict(pairs):
                yield self.say("changed", id, f"arm gone {number}", f"{label} no longer has the arm '{arm.arm}'")
        for said in _reordered(f"{label} takes its arms in another order", [there for _, there in sorted(pairs)], range(len(new.arms))):
            yield self.say("changed", id, "order", said.sentence)

    # Words

    def label(self, id: str) -> str:
        """What a step is called in a sentence."""
        step = self.new.nodes[id].step
        if _is_unnamed(step):
            return f"the wait {_beside(self.new, self.succession.new_lists, id)}"
        return f"the {step.verb} '{step.object}'" if isinstance(step, Branch | Check | Split) and not step.id else id

    def described(self, id: str) -> str:
        step = self.new.nodes[id].step
        return phrases.whole_step(step, asking.of(step.when, self.segment))

    def behind(self, id: str) -> str:
        line = self.succession.new_lists[self.succession.new_places[id]]
        place = line.index(id)
        return f"after {_called(self.new, line[place - 1])}" if place else "first"

    def where(self, plan: Plan, id: str) -> str:
        """The list a step stands in."""
        place = (self.succession.new_places if plan is self.new else self.succession.old_places)[id]
        if place.parent:
            return f"{place.parent}, {comparing.block(plan.nodes[place.parent].step, place.block)}"
        if place.track in (MAIN, CLOSING):
            return "the main track" if place.track == MAIN else "the closing steps"
        is_reaction = place.track.startswith("whenever.")
        return f"whenever '{place.track.removeprefix('whenever.')}'" if is_reaction else f"track '{place.track}'"

    def comes(self, plan: Plan, id: str | None) -> bool:
        """Whether runs of the segment can come to a step."""
        while id:
            node = plan.nodes[id]
            if asking.of(node.step.when, self.segment).never:
                return False
            id = node.parent
        return True


def _is_unnamed(step: Step) -> bool:
    return isinstance(step, Wait) and not step.id


def _called(plan: Plan, id: str) -> str:
    step = plan.nodes[id].step
    return f"the {comparing.wait_of(step)}" if _is_unnamed(step) else id


def _beside(plan: Plan, lists: Mapping[Place, tuple[str, ...]], id: str) -> str:
    """`before send-news`: where a step without a name is."""
    line = next(ids for ids in lists.values() if id in ids)
    place = line.index(id)
    if place + 1 < len(line):
        return f"before {_called(plan, line[place + 1])}"
    if place:
        return f"after {_called(plan, line[place - 1])}"
    node = plan.nodes[id]
    return f"in {node.parent or ('the main track' if node.track == MAIN else node.track)}"


def _gone_after(before: Sequence[str], here: Sequence[str], stays: Mapping[str, str]) -> dict[str | None, list[str]]:
    """The steps that are no more, by the last step before them that stays in the list."""
    gone: dict[str | None, list[str]] = {None: []}
    last: str | None = None
    for id in before:
        if id in here:
            last = id
        elif id not in stays:
            gone.setdefault(last, []).append(id)
    return gone


def _reordered(sentence: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Said]:
    """Those of both are in another order; the new one is named where they have names."""
    now = [each for each in new if each in old]
    if now != list(old):
        names = f": {phrases.listed(each.removeprefix('whenever.') for each in now)}" if isinstance(now[0], str) else ""
        yield Said("changed", ("order", sentence), sentence + names)


def _added(before: Sequence[Any], after: Sequence[Any]) -> Sequence[Any]:
    """What `after` has more than `before`, where all of `before` is there in its order; else nothing."""
    left = list(before)
    more = [each for each in after if not (left and each == left[0] and left.pop(0))]
    return () if left else more


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The indexes of a longest rising subsequence."""
    tails: list[int] = []  # of each length: the index of the least number that ends one
    previous: list[int | None] = []
    for index, number in enumerate(numbers):
        length = bisect_left([numbers[tail] for tail in tails], number)
        previous.append(tails[length - 1] if length else None)
        tails[length : length + 1] = [index]
    found: set[int] = set()
    index_: int | None = tails[-1] if tails else None
    while index_ is not None:
        found.add(index_)
        index_ = previous[index_]
    return found
