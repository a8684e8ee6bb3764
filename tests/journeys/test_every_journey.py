"""Every journey in journeys/, for every segment: it loads, `tenure check` has nothing to say, and it can be lived.

A journey that is added is tested by being there; nothing here names one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from database import definitions
from database.definitions import Published
from domain import archetypes, checking, colliding
from domain.people import Behaviour
from domain.simulation import Touch, World
from domain.vocabulary import EventKind, Kind
from runtime import folders
from tests.domain.worlds import WatchfulWorld
from tests.installation import ROOT

BEGUN = date(2026, 1, 5)
DAYS = 420
NAMES = sorted(path.stem for path in Path(ROOT / "journeys").glob("*.yaml"))
BEHAVIOURS = get_args(Behaviour)
KNOWN_WORDS = ("nps", "csat", "ces", "review", "price", "Audiences")


@cache
def published() -> Published:
    return definitions.compile_all(folders.read(ROOT))


def cases() -> Iterator[tuple[str, str]]:
    yield from ((name, segment) for name in NAMES for segment in published().house.segments)


of_every_segment = pytest.mark.parametrize(("name", "segment"), list(cases()))


def live(name: str, segment: str, people: Behaviour, *events: tuple[int, str, dict[str, Any]]) -> World:
    """A year and more of one account in this journey, with these events on these days."""
    house, journey = published().house, published().journeys[name]
    begins = archetypes.start_of_day(BEGUN)
    world = WatchfulWorld(
        house, list(published().journeys.values()), archetypes.at_beginning_of(journey, house, segment, BEGUN), begins, people
    )
    for day, event, payload in events:
        world.at(begins + timedelta(days=day), lambda at, event=event, payload=payload: at.event(event, payload))  # type: ignore[misc]
    if all(run.journey.name != name for run in world.runs.values()):
        world.enroll(name)
    world.play(begins + timedelta(days=DAYS))
    return world


def of_its_own(world: World, name: str) -> list[Touch]:
    return [touch for touch in world.touches if touch.journey == name]


def test_there_are_journeys_and_nothing_is_to_be_said_about_them() -> None:
    assert NAMES
    assert [str(fault) for fault in checking.check(folders.read(ROOT))] == []


@of_every_segment
def test_left_alone_it_reaches_somebody_and_only_people_who_are_there(name: str, segment: str) -> None:
    world = live(name, segment, "silent")
    touches = of_its_own(world, name)
    assert touches
    assert {touch.recipient for touch in touches} <= {*world.account.people, *(contact.id for contact in world.account.contacts)}


@of_every_segment
@pytest.mark.parametrize("people", BEHAVIOURS)
def test_a_year_of_it_comes_to_an_end_or_rests_until_something(name: str, segment: str, people: Behaviour) -> None:
    world = live(name, segment, people)
    own = [run for run in world.runs.values() if run.journey.name == name]
    assert all(run.rest.over or run.rest.until or run.state.tracks for run in own)
    assert own or any(past.journey == name for past in world.past)


@of_every_segment
def test_every_touch_belongs_to_a_step_of_its_plan_and_comes_once(name: str, segment: str) -> None:
    world = live(name, segment, "late")
    touches = [touch for touch in of_its_own(world, name) if touch.kind != "notice"]
    assert {touch.step for touch in touches} <= set(published().journeys[name].plan(segment).nodes)
    once = Counter((touch.run, touch.step, touch.visit, touch.effect, touch.recipient) for touch in touches)
    assert [key for key, times in once.items() if times > 1] == []


@of_every_segment
def test_the_same_year_again_is_the_same(name: str, segment: str) -> None:
    one, other = live(name, segment, "prompt"), live(name, segment, "prompt")
    assert (one.touches, one.whys) == (other.touches, other.whys)


VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.sampled_from(KNOWN_WORDS), Kind.NUMBER: st.integers(-1, 400), Kind.COUNT: st.integers(0, 12), Kind.SHARE: st.sampled_from((0, 0.4, 1)),
    Kind.SCORE: st.sampled_from((20, 60, 95)), Kind.MONEY: st.just(9000), Kind.BOOLEAN: st.booleans(), Kind.LIST: st.just(["one"]),
    Kind.DATE: st.dates(BEGUN, BEGUN + timedelta(days=DAYS)).map(date.isoformat),
}  # fmt: skip


@st.composite
def an_event(draw: st.DrawFn) -> tuple[int, str, dict[str, Any]]:
    vocabulary = published().house.vocabulary
    name = draw(st.sampled_from(sorted(vocabulary.events)))
    event = vocabulary.events[name]
    words = {field: _words(field, event) for field in event.tells}
    values = {field: st.sampled_from(words[field]) if words[field] else VALUES[kind] for field, kind in event.tells.items()}
    return draw(st.integers(0, DAYS)), name, {field: draw(value) for field, value in values.items()}


def _words(field: str, event: EventKind) -> tuple[str, ...]:
    """What the fact that this field becomes may be, where its words are listed."""
    facts = (published().house.vocabulary.by_name[fact] for fact, value in event.sets.items() if value == f"event.{field}")
    return next((fact.one_of for fact in facts if fact.one_of), ())


@of_every_segment
@settings(max_examples=8, deadline=None)  # the first to send a mail compiles it
@given(st.lists(an_event(), max_size=10), st.sampled_from(BEHAVIOURS))
def test_whatever_happens_it_goes_on(name: str, segment: str, events: list[tuple[int, str, dict[str, Any]]], people: Behaviour) -> None:
    live(name, segment, people, *events)


LIVES: dict[str, tuple[tuple[int, str], ...]] = {
    "all goes well": ((3, "setup_completed"), (12, "first_milestone_reached"), (18, "first_value_reached")),
    "nothing is told": (),
}


@pytest.mark.parametrize("people", BEHAVIOURS)
@pytest.mark.parametrize("story", LIVES)
@pytest.mark.parametrize("segment", published().house.segments)
def test_all_journeys_together_are_too_much_for_nobody(segment: str, story: str, people: Behaviour) -> None:
    house, begins = published().house, archetypes.start_of_day(BEGUN)
    world = World(house, list(published().journeys.values()), archetypes.account(house, segment, BEGUN), begins, people)
    for day, name in LIVES[story]:
        world.at(begins + timedelta(days=day), partial(World.event, name=name))
    world.event("signed_up")
    world.play(begins + timedelta(days=DAYS))
    assert len(world.touches) > 20
    assert [each.sentence for each in colliding.collisions(world)] == []
