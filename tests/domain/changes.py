"""Journeys with one thing changed: every field of a text given another value or left out, every item of a list left out."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from domain import journey
from domain.faults import FaultyText
from domain.journey import Journey
from tests.domain.generated import CONDITIONS, DURATIONS, EVENTS
from tests.domain.kit import MAILS, a_house

NAMES = ("other-thing", "yet-another")
DAYS = ("start", "day 3", "day 17", "contract.starts_on + 2 business days")
ROLES = ("owner", "csm", "director", "champion", "sponsor")
FATES = ("close", "keep", "hand_on", "send", "skip", "escalate")

# Other values for a field, by its name. What is not among them takes a name.
VALUES: Mapping[str, tuple[Any, ...]] = {
    "send": MAILS,
    "to": (*ROLES, ["champion", "user"]),
    "owner": ROLES,
    "by": ROLES,
    "sla": ("P1", "P2", "P3", "P4"),
    "at": (*DAYS, ["day 1", "day 30"], ["day 1", "day 2", "day 30"]),
    "when": CONDITIONS,
    "where": ("event.score > 3", "event.score > 4"),
    "goal": CONDITIONS,
    "until": (*CONDITIONS, *DAYS),
    "wait_for": (*EVENTS, "account.ready and day > 3"),
    "wait": (*DURATIONS, "until 10:00", "until day 40"),
    "otherwise": FATES,
    "tasks": FATES,
    "since": ("start", "now"),
    "late": ("run", "skip", {"skip_after": "9 days"}),
    "on": EVENTS,
    "band": ("critical", "at_risk"),
    "again": ("never", "each", "after 40 days"),
    "anchor": ("start", "account.left_on"),
    "for": ("account", "contract", *DURATIONS),
    "reenter": ("never", "always", "after 40 days"),
    "manual": (True, False),
    "starts": ({"on": "signed", "where": "event.score > 3"}, {"at": "day -9", "when": "account.ready"}, {"stage": "won", "band": "critical"}),
    "hold": ({"journey": "yet-another"}, {"classes": ["growth", "save"]}),
    "set": ({"account.wishes": 1}, {"account.wishes": True}, {"account.ready": False, "tag": "seen"}),
    "approval": ("other-price", {"by": "vp"}, {"by": "csm", "within": "3 hours"}),
    "outcomes": (["good"], ["fine", "bad"]),
    **dict.fromkeys(("due", "within", "every", "apart", "skip_after"), (*DURATIONS, "11 days")),
}  # fmt: skip


def compiled(data: Any, file: str = "story.yaml") -> Journey:
    return journey.compile(json.dumps(data), file, a_house().segments)


def meaning(found: Journey) -> list[Any]:
    """All that a journey says to each segment: without the places of its words in the file, and names as they come out."""
    return [
        (
            _plain(plan.text.model_dump(warnings=False)),
            list(plan.nodes),
            list(plan.reactions),
            {id: node.step.verb for id, node in plan.nodes.items()},
        )
        for plan in found.plans.values()
    ]


def _plain(value: Any) -> Any:
    """Without written names; no steps are an empty list of steps."""
    if isinstance(value, dict):
        return {name: item for name, each in value.items() if name not in ("id", "name") and (item := _plain(each)) not in (None, ())}
    return tuple(_plain(item) for item in value) if isinstance(value, tuple) else value


def places(data: Any, name: str = "") -> Iterator[tuple[tuple[Any, ...], str]]:
    """The way to every value of a text, and the name of the field it belongs to."""
    items: list[tuple[Any, Any]] = list(data.items() if isinstance(data, dict) else enumerate(data))
    for key, value in items:
        field = key if isinstance(data, dict) and key not in ("by segment", "smb", "else") else name
        yield (key,), field
        if isinstance(value, dict | list):
            yield from (((key, *way), inner) for way, inner in places(value, field))


def with_change(data: Any, way: tuple[Any, ...], value: Any) -> Any:
    """A copy with this value there; GONE leaves it out."""
    changed = copy.deepcopy(data)
    inside = changed
    for key in way[:-1]:
        inside = inside[key]
    if value is GONE:
        del inside[way[-1]]
    else:
        inside[way[-1]] = value
    return changed


GONE = object()


def alternatives(field: str) -> tuple[Any, ...]:
    return (GONE, *VALUES.get(field, NAMES))


def one_of_each_change(data: Any) -> Iterator[tuple[str, Journey]]:
    """Of each field left out, and of each given another value, the first change that leaves a journey and means something else."""
    before = meaning(compiled(data))
    for way, field in places(data):
        for values in ((GONE,), VALUES.get(field, NAMES)):
            for value in values:
                try:
                    changed = compiled(with_change(data, way, value))
                except FaultyText:
                    continue
                if meaning(changed) != before:
                    yield f"{'/'.join(map(str, way))}: {'gone' if value is GONE else value}", changed
                    break


@st.composite
def a_change(draw: st.DrawFn, text: str) -> tuple[str, Journey] | None:
    """One of them; None where what was drawn is no journey, or means the same."""
    data = json.loads(text)
    way, field = draw(st.sampled_from(sorted(places(data), key=str)))
    value = draw(st.sampled_from(alternatives(field)))
    try:
        changed = compiled(with_change(data, way, value))
    except FaultyText:
        return None
    return None if meaning(changed) == meaning(compiled(data)) else (f"{way}: {value}", changed)
