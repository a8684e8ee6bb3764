"""What tells of a person is taken out of whatever was written, and nothing else is."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.erasing import ERASED, Traces, own_words

ANN = Traces("Ann O'Lee", "ann@acme.example.com", ("The export is broken since Tuesday", "short"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Call Ann O'Lee today", "Call (erased) today"),
        ("Call Ann\n  O'Lee today", "Call (erased) today"),
        ("<p>Ann O&#39;Lee</p>", "<p>(erased)</p>"),
        ("<p>Ann O’Lee</p>", "<p>(erased)</p>"),
        ("Joann O'Lee, Ann O'Leery", "Joann O'Lee, Ann O'Leery"),  # others
        ("ann o'lee", "ann o'lee"),  # a name is written as one
        ("to ANN@acme.example.com.", "to (erased)."),
        ("<ann@acme.example.com>", "<(erased)>"),
        ("joann@acme.example.com, ann@acme.example.community", "joann@acme.example.com, ann@acme.example.community"),
        ("She says: The export is broken\nsince Tuesday!", "She says: (erased)!"),
        ("a short note", "a short note"),
        (None, None),
        (5, 5),
        ({"to": "Ann O'Lee", "count": 2, "all": ["x", {"y": "ann@acme.example.com"}]}, {"to": ERASED, "count": 2, "all": ["x", {"y": ERASED}]}),
    ],
)  # fmt: skip
def test_traces_are_found_as_they_may_be_written(before: Any, after: Any) -> None:
    assert ANN.out_of(before) == after


def test_who_has_no_name_and_no_address_leaves_no_trace() -> None:
    assert Traces("", "").out_of("Anything at all") == "Anything at all"
    assert Traces("Al", "").out_of("Al asks all of you") == "Al asks all of you"  # too short to be told from other words


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
names = st.text(st.characters(categories=("L", "P", "Zs"), exclude_characters='"<>&'), min_size=3, max_size=30).map(str.strip)


@given(json_values, names)
def test_what_holds_no_trace_is_the_very_same(value: Any, name: str) -> None:
    traces = Traces(name, "nobody.at.all@erased.example.com")
    if name and not any(part in json.dumps(value, ensure_ascii=False) for part in (name, name.split()[0] if name.split() else name)):
        assert traces.out_of(value) is value


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(["Ann O'Lee", "Björn Åkerlund", 'Ann "Ace" Lee', "Ann & Ben", "李小龍"]))
def test_a_name_is_found_between_any_words_also_in_a_page(before: str, after: str, name: str) -> None:
    for written in (f"{before} {name} {after}", escape(f"{before} {name} {after}")):
        assert name not in Traces(name, "").out_of(written)
        assert escape(name) not in Traces(name, "").out_of(written)
        assert Traces(name, "").out_of(written).count(ERASED) == 1 + (before + after).count(ERASED)


def test_of_what_happened_only_prose_is_somebodys_own() -> None:
    told = {"survey": "nps", "score": 3, "comment": "Not for me", "more": [{"why": "too slow"}, "code-7"]}
    assert list(own_words(told)) == ["Not for me", "too slow"]
