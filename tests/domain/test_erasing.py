"""What tells of a person is taken out of whatever was written, and nothing else is."""

from __future__ import annotations

import json
import unicodedata
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
        ("ANN O'LEE, ann o'lee", "(erased), (erased)"),
        ("Ann\u00a0O'Lee, Ann&nbsp;O'Lee", "(erased), (erased)"),
        ("Mary-Ann O'Lee, Ann O'Lee-Smith", "Mary-Ann O'Lee, Ann O'Lee-Smith"),  # others
        ("-Ann O'Lee", "-(erased)"),
        ("ann%40acme.example.com", "(erased)"),
        ("ann@acme.example.com.au", "ann@acme.example.com.au"),  # another
        ("to ann@acme.example.com.Then", "to (erased).Then"),
        ({"said": {"Ann O'Lee": 1}}, {"said": {ERASED: 1}}),
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


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("open", ["open", "send-open", "is open now"], ["open", "send-open", "is (erased) now"]),  # by the first two programs go
        ("Will", "Will he? I will", "(erased) he? I will"),
        ("Jörg Müßig", "Jo\u0308rg Mu\u0308ßig, J&ouml;rg M&#252;&szlig;ig", "(erased), (erased)"),
        ("李明", "请李明来", "请(erased)来"),
    ],
)
def test_a_name_is_found_as_its_letters_may_be_written(name: str, before: Any, after: Any) -> None:
    assert Traces(name, "").out_of(before) == after


@pytest.mark.parametrize("text", ["Thank you muchly", "a Thank you much-needed"])
def test_prose_is_no_part_of_other_words(text: str) -> None:
    assert Traces("", "", ("Thank you much",)).out_of(text) == text


def test_one_word_is_no_prose() -> None:
    assert Traces("", "", ("Tomorrow",)).out_of("Tomorrow it is") == "Tomorrow it is"


def test_an_address_they_had_before_is_theirs() -> None:
    assert Traces("", "a@b.example", (), ("old@b.example",)).out_of("old@b.example, a@b.example") == "(erased), (erased)"


@given(st.text(max_size=20), st.sampled_from(["Ann O'Lee", "Björn Åkerlund", "李小龍", "Zoe\u0308 Lee", "Ö Ü"]), st.text(max_size=20))
def test_what_has_no_mark_of_them_tells_nothing(before: str, name: str, after: str) -> None:
    traces, written = Traces(name, "b@c.example"), f"{before} {name} {after}"
    if traces.out_of(written) is not written and traces.marks is not None:
        assert any(mark in written.lower() for mark in traces.marks)


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
    written = unicodedata.normalize("NFC", json.dumps(value, ensure_ascii=False)).casefold()
    if name and unicodedata.normalize("NFC", name.split()[0]).casefold() not in written:
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
