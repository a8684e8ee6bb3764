"""What differs among fields, things with names, orders and conditions of a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from domain import asking, phrases
from domain.comparing import Says, says
from domain.conditions import Condition
from domain.difference import Difference, Kind
from domain.grammar import Spoken
from domain.succession import plain

Value = TypeVar("Value")


def difference(sentence: str, kind: Kind = "changed") -> Difference:
    return Difference(kind, sentence)


def each(label: str, old: Spoken, new: Spoken, table: Mapping[str, Says], aside: Sequence[str] = ()) -> Iterator[Difference]:
    """Each field that differs, by its predicate; those `aside` are told elsewhere."""
    for name in type(new).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if name not in ("mark", "marks", *aside) and plain(before) != plain(after):
            say = table.get(name) or says(f"{name.strip('_').replace('_', ' ')}: {{}}")
            yield difference(f"{label} {say(before, after)}".strip())


def entries(
    what: str,
    old: Mapping[str, Value],
    new: Mapping[str, Value],
    changed: Callable[[str, Value, Value], Iterator[Difference]],
    described: Callable[[Value], str] = lambda _: "",
) -> Iterator[Difference]:
    """What is new, what changed and what is removed among things with names."""
    for name, after in new.items():
        if name not in old:
            yield difference(f"{what.format(name)} is new" + (f": {words}" if (words := described(after)) else ""), "new")
        else:
            yield from changed(name, old[name], after)
    for name in old:
        if name not in new:
            yield difference(f"{what.format(name)} is removed", "removed")


def values(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    def changed(name: str, before: Any, after: Any) -> Iterator[Difference]:
        if plain(before) != plain(after):
            yield difference(f"{what.format(name)} is {phrases.instead(after, before)}")

    yield from entries(what, old, new, changed, phrases.words)


def order(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    now = [name for name in new if name in old]
    if now != [name for name in old if name in new]:
        yield difference(f"{what}: the order is now {phrases.listed(now)}")


def condition(subject: str, old: Condition | None, new: Condition | None) -> Iterator[Difference]:
    before, after = asking.whole(old), asking.whole(new)
    if before.key != after.key:
        yield difference(f"{subject} {asking.change(before, after)}")
