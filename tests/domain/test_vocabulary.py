"""What may be known and what may happen: kinds, events that make things known, quiet."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

import pytest

from domain.vocabulary import Kind, Vocabulary, quiet_facts, read_value, spoken_value, write_value
from tests.domain.kit import a_house

VOCABULARY: Vocabulary = a_house().vocabulary
TODAY = date(2026, 1, 15)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.TEXT, "x", "x"),
        (Kind.TEXT, "", ""),
        (Kind.BOOLEAN, True, True),
        (Kind.NUMBER, -0.3, -0.3),
        (Kind.NUMBER, 5, 5),
        (Kind.COUNT, 0, 0),
        (Kind.COUNT, 3.0, 3),
        (Kind.SHARE, 1, 1),
        (Kind.SCORE, 85.0000001, 85.0000001),
        (Kind.MONEY, 1_000_000.5, 1_000_000.5),
        (Kind.DATE, "2026-03-31", date(2026, 3, 31)),
        (Kind.DATE, date(2026, 3, 31), date(2026, 3, 31)),
        (Kind.LIST, ["a", "b"], ("a", "b")),
        (Kind.LIST, [], ()),
    ],
)
def test_a_value_is_read_as_its_kind_and_written_back(kind: Kind, value: Any, expected: Any) -> None:
    found = read_value(kind, value)
    assert found == expected
    assert read_value(kind, write_value(found)) == found


@pytest.mark.parametrize("kind", Kind)
def test_nothing_is_not_known_whatever_its_kind(kind: Kind) -> None:
    assert read_value(kind, None) is None


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Kind.BOOLEAN, 1, "1 is neither true nor false"),
        (Kind.BOOLEAN, "true", "'true' is neither true nor false"),
        (Kind.TEXT, 5, "a text of at most 4000 characters was expected"),
        (Kind.TEXT, "x" * 4001, "a text of at most 4000 characters was expected"),
        (Kind.NUMBER, "5", "'5' is not a number"),
        (Kind.NUMBER, True, "True is not a number"),
        (Kind.NUMBER, math.nan, "nan is not a number"),
        (Kind.NUMBER, math.inf, "inf is not a number"),
        (Kind.NUMBER, 2**53 + 1, "9007199254740993 is not a number (-9007199254740992 to 9,007,199,254,740,992)"),
        (Kind.SCORE, -1, "-1 is not a score (0 to 100)"),
        (Kind.SCORE, 101, "101 is not a score (0 to 100)"),
        (Kind.SHARE, 70, "70 is not a share (0 to 1)"),
        (Kind.COUNT, -1, "-1 is not a count (0 to 9,007,199,254,740,992)"),
        (Kind.COUNT, 1.5, "1.5 is not a count (0 to 9,007,199,254,740,992)"),
        (Kind.DATE, "31.03.2026", "'31.03.2026' is not a date like '2026-03-31'"),
        (Kind.DATE, "2026-02-30", "'2026-02-30' is not a date like '2026-03-31'"),
        (Kind.DATE, "20260331", "'20260331' is not a date like '2026-03-31'"),
        (Kind.DATE, "2026-W14-2", "'2026-W14-2' is not a date like '2026-03-31'"),
        (Kind.DATE, "2026-03-31T09:00:00Z", "'2026-03-31T09:00:00Z' is not a date like '2026-03-31'"),
        (Kind.DATE, datetime(2026, 3, 31), "datetime.datetime(2026, 3, 31, 0, 0) is not a date like '2026-03-31'"),
        (Kind.DATE, 45000, "45000 is not a date like '2026-03-31'"),
        (Kind.DATE, "0001-01-01", "'0001-01-01' lies outside 1990 to 2100"),
        (Kind.DATE, "9999-12-31", "'9999-12-31' lies outside 1990 to 2100"),
        (Kind.LIST, "a", "a list of at most 100 texts was expected"),
        (Kind.LIST, ["a", 5], "a list of at most 100 texts was expected"),
        (Kind.LIST, ["a"] * 101, "a list of at most 100 texts was expected"),
    ],
)
def test_a_value_of_another_kind_is_refused_in_a_sentence(kind: Kind, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=".") as refused:
        read_value(kind, value)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("account.segment", "enterprize", "'enterprize' is not one of enterprise, mid_market, smb; did you mean 'enterprise'?"),
        ("account.segmnt", "smb", "'account.segmnt' is not a declared fact; did you mean 'account.segment'?"),
        ("zebra", 1, "'zebra' is not a declared fact"),
        ("account.quiet", True, "'account.quiet' follows from other facts and cannot be set"),
        ("account.busy", False, "'account.busy' follows from other facts and cannot be set"),
        ("account.share", 70, "70 is not a share (0 to 1)"),
    ],
)
def test_a_fact_is_checked_against_its_declaration(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=".") as refused:
        VOCABULARY.read(name, value)
    assert str(refused.value) == sentence


# Words of a journey as values


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True), ("false", False), ("5", 5), ("0.05", 0.05), ("-1", -1), ("2026-03-31", date(2026, 3, 31)),
        ("adoption", "adoption"), ("NO", "NO"), ("True", "True"), ("9:30", "9:30"), ("nan", "nan"), ("inf", "inf"), ("", ""),
        (["a", "b"], ("a", "b")), (7, 7), (None, None),
    ],
)  # fmt: skip
def test_a_word_is_the_value_it_looks_like(word: Any, value: Any) -> None:
    found = spoken_value(word)
    assert found == value
    assert type(found) is type(value)


def test_a_quoted_word_stays_a_text() -> None:
    vocabulary = a_house(vocabulary=_with('values: {plain: 5, quoted: "5"}')).vocabulary
    assert vocabulary.values == {"plain": 5, "quoted": "5"}


def _with(values: str) -> str:
    return f"facts: {{account: {{segment: {{type: text}}, stage: {{type: text, default: new}}}}}}\nevents: {{seen: }}\n{values}\n"


# Events


@pytest.mark.parametrize(
    ("event", "payload", "known"),
    [
        ("signed_up", {}, {}),
        ("set_up", {}, {"account.ready": True}),
        ("seen", {}, {"account.seen_on": TODAY}),
        ("gone", {"reason": "price"}, {"account.stage": "lost", "account.left_on": TODAY, "account.reason": "price"}),
        ("gone", {}, {"account.stage": "lost", "account.left_on": TODAY}),  # what is not told is not made unknown
        ("answered", {"survey": "nps", "score": 9}, {"account.nps": 9}),
        ("answered", {"survey": "csat", "score": 9}, {}),
        ("answered", {"score": 9}, {}),
    ],
)
def test_an_event_makes_known_what_it_sets(event: str, payload: dict[str, Any], known: dict[str, Any]) -> None:
    assert VOCABULARY.made_known(event, payload, TODAY) == known


def test_a_payload_that_does_not_fit_the_fact_it_sets_is_refused() -> None:
    with pytest.raises(ValueError, match="a text of at most 4000 characters was expected"):
        VOCABULARY.made_known("gone", {"reason": 5}, TODAY)


def test_everything_declared_has_a_default_or_is_unknown() -> None:
    assert VOCABULARY.defaults["account.stage"] == "new"
    assert VOCABULARY.defaults["account.arr"] is None
    assert VOCABULARY.defaults["policy.limit"] == 0.5


# Quiet


@pytest.mark.parametrize(
    ("last", "is_quiet", "flips"),
    [
        (None, False, []),  # never seen is not quiet: nothing to reckon from
        (date(2026, 1, 15), False, [date(2026, 1, 29)]),
        (date(2026, 1, 2), False, [date(2026, 1, 16)]),
        (date(2026, 1, 1), True, []),
        (date(2025, 1, 1), True, []),
        (date(2026, 2, 1), False, [date(2026, 2, 15)]),
    ],
)
def test_quiet_is_true_from_the_day_on_which_it_has_lasted_so_long(last: date | None, is_quiet: bool, flips: list[date]) -> None:
    now, later = quiet_facts(VOCABULARY, {"account.seen_on": last}, TODAY)
    assert now == {"account.quiet": is_quiet}
    assert [flip.on for flip in later] == flips
