"""What is stored of a run, of what it is told and of a climb: written as JSON, read back the same, and readable by older and newer code."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain import ladder, news, state
from domain.governor import UNTIL_LIFTED
from domain.ladder import Climb
from domain.news import (
    Acknowledged,
    BandChanged,
    Changed,
    Closed,
    Decided,
    Engaged,
    EscalationEnded,
    ExitOrdered,
    Happened,
    HoldOrdered,
    News,
    PutOff,
    Raised,
    Reassigned,
    ResumeOrdered,
    Settled,
    SkipOrdered,
    Snoozed,
    TaskDone,
)
from domain.state import Heard, Pause, Phase, Position, Reaction, Record, State

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3, microseconds=1)


def stored(value: Any) -> Any:
    """What a column of JSON gives back."""
    return json.loads(json.dumps(value, allow_nan=False))


# What JSON can hold: what an event's payload, and so an answer, is made of.
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
maybe = st.none() | moments
words = st.text(max_size=8) | st.sampled_from(("2026-01-05", "2026-01-05T09:00:00Z", "true", "null", "1", "before", "🎉"))
payloads = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
positions = st.builds(
    Position, words, st.integers(1, 400), moments, st.sampled_from(Phase), st.none() | st.dates(), maybe, st.booleans(),
    st.dictionaries(words, moments | st.just(UNTIL_LIFTED), max_size=3),
)  # fmt: skip
records = st.builds(
    Record, st.integers(0, 400), maybe, st.none() | st.dates(), st.none() | words, payloads, st.none() | st.booleans(), st.booleans(), st.booleans()
)  # fmt: skip
states = st.builds(
    State,
    moments,
    st.dictionaries(words, positions, max_size=4),
    st.dictionaries(words, records, max_size=4),
    st.lists(st.builds(Heard, words, moments, st.dictionaries(words, payloads, max_size=3)), max_size=3).map(tuple),
    st.dictionaries(words, st.builds(Reaction, maybe, st.booleans()), max_size=3),
    st.none() | st.dates(), maybe, maybe,
    st.none() | st.builds(Pause, moments, maybe, st.sampled_from(("shift", "skip", "send"))),
    st.none() | words, st.none() | words,
)  # fmt: skip


@given(states)
def test_a_state_is_read_back_as_it_was_written(run: State) -> None:
    read = state.load(stored(state.dump(run)))
    assert read == run
    assert list(read.tracks) == list(run.tracks)  # tracks are taken in their order
    assert state.dump(read) == state.dump(run)


def test_what_says_nothing_is_not_written() -> None:
    assert state.dump(State(NOW, {"steps": Position("send-hello", 1, NOW)})) == {
        "begun_at": "2026-01-05T09:00:00Z",
        "tracks": {"steps": {"step": "send-hello", "visit": 1, "since": "2026-01-05T09:00:00Z"}},
    }


def test_what_says_something_is_written_where_people_can_read_it() -> None:
    position = Position("send-hello", 2, NOW, Phase.OUT, date(2026, 1, 8), LATER, True, {"ann": LATER})
    written = state.dump(State(NOW, {"steps": position}, {"call": Record(1, NOW, date(2026, 1, 5), "good")}, over="completed"))
    assert written["tracks"]["steps"] == {
        "step": "send-hello", "visit": 2, "since": "2026-01-05T09:00:00Z", "phase": "out", "day": "2026-01-08",
        "until": "2026-01-08T09:00:00.000001Z", "late": True, "out": {"ann": "2026-01-08T09:00:00.000001Z"},
    }  # fmt: skip
    assert written["records"] == {"call": {"visits": 1, "at": "2026-01-05T09:00:00Z", "done_on": "2026-01-05", "outcome": "good"}}
    assert written["over"] == "completed"


OLD: dict[str, Any] = {
    "begun_at": "2026-01-05T09:00:00Z",
    "tracks": {"steps": {"step": "wait", "visit": 1, "since": "2026-01-05T09:00:00Z"}},
}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {}),
        ({"records": {"call": {"visits": 2}}}, {"records": {"call": Record(visits=2)}}),
        ({"records": {"call": {}}}, {"records": {"call": Record()}}),
        ({"heard": [{"name": "seen", "at": "2026-01-05T09:00:00Z"}]}, {"heard": (Heard("seen", NOW),)}),
        ({"reactions": {"whenever.seen": {}}}, {"reactions": {"whenever.seen": Reaction()}}),
        ({"pause": {"since": "2026-01-05T09:00:00Z"}}, {"pause": Pause(NOW)}),
        ({"anchor_on": None, "over": None, "records": {}}, {}),
    ],
)
def test_a_row_of_older_code_lacks_what_was_not_thought_of(more: dict[str, Any], expected: dict[str, Any]) -> None:
    assert state.load({**OLD, **more}) == State(**{"begun_at": NOW, "tracks": {"steps": Position("wait", 1, NOW)}, **expected})


def test_a_row_of_newer_code_holds_what_is_not_known_here() -> None:
    """A worker of the last version may take a turn of a run that one of the next has written."""
    newer = {
        **OLD, "mood": "good", "tracks": {"steps": {**OLD["tracks"]["steps"], "pace": 3}},
        "records": {"call": {"visits": 1, "mood": [1]}}, "heard": [{"name": "seen", "at": "2026-01-05T09:00:00Z", "source": "crm"}],
        "reactions": {"r": {"was_true": True, "times": 3}}, "pause": {"since": "2026-01-05T09:00:00Z", "by": "ann"},
    }  # fmt: skip
    assert state.load(newer) == State(
        NOW,
        {"steps": Position("wait", 1, NOW)},
        {"call": Record(1)},
        (Heard("seen", NOW),),
        {"r": Reaction(was_true=True)},
        pause=Pause(NOW),
    )


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"begun_at": "2026-01-05T09:00:00Z"}, {**OLD, "begun_at": "yesterday"}, {**OLD, "tracks": []}, {**OLD, "tracks": {"steps": {}}},
        {**OLD, "tracks": {"steps": {**OLD["tracks"]["steps"], "phase": "asleep"}}},
        {**OLD, "tracks": {"steps": {**OLD["tracks"]["steps"], "out": {"ann": "soon"}}}},
        {**OLD, "records": {"call": {"visits": "many"}}}, {**OLD, "anchor_on": "2026-13-01"}, None, "x", [],
    ],
)  # fmt: skip
def test_a_row_that_is_none_is_not_taken_for_one(broken: Any) -> None:
    """A run that cannot be read is not begun again from nothing."""
    with pytest.raises(ValidationError):
        state.load(broken)


def test_payloads_stay_what_they_were() -> None:
    """A text that looks like a date is no date, and 1 is not true."""
    payload = {"on": "2026-01-05", "at": "2026-01-05T09:00:00Z", "one": 1, "yes": True, "none": None, "deep": {"list": [1.5, "1.5"]}}
    run = State(NOW, {}, {"answered": Record(answer="2026-01-05")}, (Heard("answered", NOW, payload),))
    read = state.load(stored(state.dump(run)))
    assert read.records["answered"].answer == "2026-01-05"
    assert json.dumps(read.heard[0].payload) == json.dumps(payload)


def test_a_moment_is_the_same_in_any_zone() -> None:
    assert state.load({**OLD, "begun_at": "2026-01-05T10:00:00+01:00"}) == state.load(OLD)


# What a run is told


TOLD: tuple[News, ...] = (
    Happened("answered", NOW, {"score": 9, "on": "2026-01-05", "deep": {"a": [1]}}),
    Happened("seen", NOW),
    Changed(NOW),
    Changed(NOW, ("holds",)),
    BandChanged(NOW, None, "critical"),
    BandChanged(NOW, "critical", None),
    TaskDone("task-call", 2, NOW, "good", "csm"),
    TaskDone("task-call", 1, NOW),
    Decided("send-hello", 1, NOW, False, "csm"),
    EscalationEnded("stuck", 1, NOW, "resolved"),
    Engaged("send-hello", 1, NOW, "replied"),
    Settled("send-hello", 1, NOW, "ann", "in_doubt"),
    PutOff("send-hello", 1, NOW, "ann", UNTIL_LIFTED, "the account is held"),
    ExitOrdered(NOW, "enough", "csm", "hand_on"),
    SkipOrdered("wait-3-days", NOW, "csm"),
    HoldOrdered(NOW, LATER, "skip", "csm", "a dispute"),
    HoldOrdered(NOW, None),
    ResumeOrdered(NOW, "csm"),
    Acknowledged(NOW, "director"),
    Closed(NOW, "done"),
    Reassigned(NOW, None),
    Snoozed(NOW, LATER),
    Raised(NOW, "P1", "vp"),
)


@pytest.mark.parametrize("told", TOLD, ids=lambda told: f"{told.kind}")
def test_news_are_read_back_as_they_were_written(told: News) -> None:
    assert news.load(stored(news.dump(told))) == told
    assert type(news.load(stored(news.dump(told)))) is type(told)


def test_every_kind_of_news_is_written_under_a_name_of_its_own() -> None:
    kinds = {type(told): told.kind for told in TOLD}
    assert set(kinds) == set(News.__args__)
    assert len(set(kinds.values())) == len(kinds)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"kind": "happened", "name": "seen", "at": "2026-01-05T09:00:00Z"}, Happened("seen", NOW)),
        ({"kind": "exit_ordered", "at": "2026-01-05T09:00:00Z", "why": "x"}, ExitOrdered(NOW, "x")),
        ({"kind": "task_done", "step": "s", "visit": 1, "at": "2026-01-05T09:00:00Z", "mood": "good"}, TaskDone("s", 1, NOW)),
    ],
)
def test_a_notice_of_older_or_newer_code_is_understood(row: dict[str, Any], expected: News) -> None:
    assert news.load(row) == expected


@pytest.mark.parametrize(
    "row",
    [
        {}, {"kind": "sung", "at": "2026-01-05T09:00:00Z"}, {"kind": "happened"}, {"at": "2026-01-05T09:00:00Z"},
        {"kind": "engaged", "step": "s", "visit": 1, "at": "2026-01-05T09:00:00Z", "how": "smiled"},
        {"kind": "hold_ordered", "at": "2026-01-05T09:00:00Z", "until": None, "resume": "perhaps"},
    ],
)  # fmt: skip
def test_a_notice_nobody_understands_is_not_passed_over(row: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        news.load(row)


# A climb


climbs = st.builds(
    Climb, st.sampled_from(("task", "escalation")), words, words, words, st.sampled_from(("P1", "P2", "P3", "P4")), words, st.none() | words,
    moments, moments, st.integers(0, 9), st.integers(1, 9), st.booleans(), st.none() | words,
)  # fmt: skip


@given(climbs)
def test_a_climb_is_read_back_as_it_was_written(climb: Climb) -> None:
    assert ladder.load(stored(ladder.dump(climb))) == climb


def test_a_climb_of_older_or_newer_code_is_understood() -> None:
    row = {
        "kind": "task", "subject_id": "t1", "title": "Call", "why": "", "sla": "P2", "role": "csm", "person_id": None,
        "started_at": "2026-01-05T09:00:00Z", "deadline": "2026-01-08T09:00:00.000001Z", "mood": "good",
    }  # fmt: skip
    assert ladder.load(row) == Climb("task", "t1", "Call", "", "P2", "csm", None, NOW, LATER)
    with pytest.raises(ValidationError):
        ladder.load({**row, "sla": "P9"})
