"""A short look each time; `make fuzz` looks longer."""

from __future__ import annotations

from runtime import folders
from tests.fuzz.fuzzing import Fuzzer, allowance
from tests.fuzz.mutating import Mutator
from tests.installation import ROOT

TEXTS = 500


def test_whatever_is_written_is_read_or_refused_and_in_time() -> None:
    tally = Fuzzer(folders.read(ROOT), seed=1).run(texts=TEXTS)
    assert [(failure.kind, failure.name, failure.what, failure.text) for failure in tally.failures] == []
    assert min(tally.read[kind] for kind in ("journey", "policy", "template")) > 5
    assert tally.sentences > 100


def test_a_text_that_fails_is_told() -> None:
    fuzzer = Fuzzer(folders.read(ROOT), seed=1)
    fuzzer.read("template", "email/hello", None)  # type: ignore[arg-type]  # no text at all: this must crash
    assert [failure.kind for failure in fuzzer.tally.failures] == ["template"]


def test_the_same_seed_gives_the_same_texts() -> None:
    one, other = (Mutator(["a: b", "steps: [x, y]"], 7) for _ in range(2))
    assert [one.text("a: b") for _ in range(50)] == [other.text("a: b") for _ in range(50)]


def test_a_longer_text_may_take_longer() -> None:
    assert allowance("x") == 0.05
    assert allowance("x\n" * 250) > 0.1
    assert allowance("x" * 24_000) > 0.1
