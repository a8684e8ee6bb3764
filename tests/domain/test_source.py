"""YAML as CS ops write it: what its traps become, and what is refused before it is built."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import source
from domain.faults import FaultyText, Mark
from domain.source import MOST_BYTES, MOST_DEPTH, Fields, Items, Text


def read(text: str) -> Any:
    return source.read(text, "x.yaml")


def fault(text: str) -> str:
    with pytest.raises(FaultyText) as refused:
        read(text)
    assert len(refused.value.faults) == 1
    return str(refused.value).removeprefix("x.yaml:")


# What is read


@pytest.mark.parametrize(
    "word",
    ["NO", "no", "yes", "on", "off", "y", "true", "9:30", "12:30:45", "1.10", "08", "0o17", "1_000", "1e3", "2026-03-31", ".inf", ".nan", "=", "+1", "day -30"],
)  # fmt: skip
def test_a_word_stays_the_word_that_was_written(word: str) -> None:
    assert read(f"key: {word}") == {"key": word}
    assert read(f"- {word}") == [word]
    assert type(read(f"key: {word}")["key"]) is Text


@pytest.mark.parametrize("word", ["no", "on", "9:30", "yes", "1.10"])
def test_a_name_stays_the_word_that_was_written(word: str) -> None:
    assert read(f"{word}: x") == {word: "x"}


@pytest.mark.parametrize("nothing", ["", "~", "null", "# a comment"])
def test_nothing_is_nothing(nothing: str) -> None:
    assert read(f"key: {nothing}") == {"key": None}


@pytest.mark.parametrize("quoted", ['"null"', "'~'", '""', "'null'"])
def test_what_is_quoted_is_text(quoted: str) -> None:
    value = read(f"key: {quoted}")["key"]
    assert value == quoted[1:-1]
    assert not value.plain


def test_everything_remembers_where_it_stood() -> None:
    data = read('journey: save\nsteps:\n  - {send: hello,\n     to: "ann"}\n')
    step = data["steps"][0]
    assert isinstance(data, Fields)
    assert isinstance(data["steps"], Items)
    assert (data.mark, data["steps"].mark, step.mark) == (Mark("x.yaml", 1, 1), Mark("x.yaml", 3, 3), Mark("x.yaml", 3, 5))
    assert {name: (mark.line, mark.column) for name, mark in step.marks.items()} == {"send": (3, 12), "to": (4, 10)}
    assert step["send"].mark == Mark("x.yaml", 3, 12)


def test_folded_and_literal_text_is_read_as_yaml_says() -> None:
    assert read("a: >-\n  one\n  two\nb: |\n  one\n  two\n") == {"a": "one two", "b": "one\ntwo\n"}


# What is refused, and where


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: the file is empty"),
        ("# nothing but a comment\n", "1:1: the file is empty"),
        ("a: &x 1\nb: 2", "1:4: anchors (&x) are not allowed; write the value where it is used"),
        ("a: 1\nb: *x", "2:4: aliases (*x) are not allowed; write the value again"),
        ("a: &x {b: 1}", "1:4: anchors (&x) are not allowed; write the value where it is used"),
        ("a: !!python/object/apply:os.system [ls]", "1:4: tags (tag:yaml.org,2002:python/object/apply:os.system) are not allowed"),
        ("a: !secret x", "1:4: tags (!secret) are not allowed"),
        ("a: !!str 1", "1:4: tags (tag:yaml.org,2002:str) are not allowed"),
        ("!!map {a: 1}", "1:1: tags (tag:yaml.org,2002:map) are not allowed"),
        ("a: 1\n<<: {b: 2}", "2:1: merge keys (<<) are not allowed; write the fields out"),
        ("a: 1\nb: 2\na: 3", "3:1: 'a' is written twice; the first is at line 1"),
        ("a: {x: 1,\n    x: 2}", "2:5: 'x' is written twice; the first is at line 1"),
        ("a: 1\n---\nb: 2", "2:1: a file holds one document; remove the second '---'"),
        ("a: 1\n...\n---\nb: 2", "3:1: a file holds one document; remove the second '---'"),
        ("a:\n\tb: 1", "2:1: a tab cannot indent YAML; use spaces"),
        ("a:\n  b: 1\n \tc: 2", "3:2: a tab cannot indent YAML; use spaces"),
        ("task: {{ account.name }} is stuck", '1:8: a name was expected here; a value that begins with { or [ must be quoted: "{{ … }}"'),
        ("task: {{ @name }}", '1:10: a value that begins with {{ must be quoted: write "{{ … }} …"'),
        ("task: {{ account.name }}", '1:8: a name was expected here; a value that begins with { or [ must be quoted: "{{ … }}"'),
        ("[a]: 1", '1:1: a name was expected here; a value that begins with { or [ must be quoted: "{{ … }}"'),
        ("~: 1", '1:1: a name was expected here; a value that begins with { or [ must be quoted: "{{ … }}"'),
        ("a: [1, 2", "2:1: this is not YAML: did not find expected ',' or ']'"),
        ("a: 'x", "1:6: this is not YAML: found unexpected end of stream"),
        ("a: b: c", "1:5: this is not YAML: mapping values are not allowed in this context"),
        ("a: @b", "1:4: this is not YAML: found character that cannot start any token"),
        ("- a\nb: 1", "2:1: this is not YAML: did not find expected '-' indicator"),
        ("%YAML 9.9\n---\na: 1", "1:1: this is not YAML: found incompatible YAML document"),
        ("a: \x00b", "1:1: the file holds a character that YAML does not allow; save it as UTF-8 text"),
        ("a: 1\nb: \x07", "2:1: the file holds a character that YAML does not allow; save it as UTF-8 text"),
        ("a: \ud800", "1:1: the file holds a character that YAML does not allow; save it as UTF-8 text"),
    ],
)  # fmt: skip
def test_what_could_surprise_is_refused_at_its_place(text: str, expected: str) -> None:
    assert fault(text) == expected


def test_a_billion_laughs_are_refused_at_the_first() -> None:
    laughs = "a: &a [ha, ha]\n" + "\n".join(
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    begun = time.perf_counter()
    assert fault(laughs).startswith("1:4: anchors (&a) are not allowed")
    assert fault(laughs.replace("&a ", "")).startswith("2:4: anchors")
    assert fault("a: [*a, *a]").startswith("1:5: aliases (*a)")
    assert time.perf_counter() - begun < 0.05


@pytest.mark.parametrize(
    "text", ["[" * 10_000, "{a: " * 10_000, "- " * 10_000 + "a", "\n".join("  " * depth + "a:" for depth in range(500))]
)
def test_depth_is_bounded(text: str) -> None:
    begun = time.perf_counter()
    assert fault(text).endswith(f": nested more than {MOST_DEPTH} deep")
    assert time.perf_counter() - begun < 0.2


def test_size_is_bounded_in_bytes() -> None:
    assert fault("a: " + "é" * (MOST_BYTES // 2)) == "1:1: the file is larger than 600,000 bytes; split it"
    assert read("a: " + "é" * (MOST_BYTES // 2 - 5))


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text)
    except FaultyText as refused:
        (found,) = refused.faults
        assert (
            1
            <= found.mark.line
            <= text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029") + 2
        )
        assert found.mark.column >= 1


@given(
    st.lists(
        st.sampled_from(
            [
                "a: ",
                "- ",
                "{",
                "}",
                "[",
                "]",
                ",",
                "&x ",
                "*x",
                "!t ",
                "'",
                '"',
                "\n",
                "  ",
                "\t",
                "#",
                "|",
                ">",
                "? ",
                ": ",
                "---",
                "<<",
                "b",
            ]
        )
    )
)
def test_any_heap_of_yaml_is_read_or_refused(parts: list[str]) -> None:
    try:
        read("".join(parts))
    except FaultyText as refused:
        assert len(refused.faults) == 1
