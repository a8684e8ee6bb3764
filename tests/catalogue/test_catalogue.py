"""Every text of the catalogue is refused, or warned about, in exactly the sentences it names, at exactly those places."""

from __future__ import annotations

import pytest

from domain import checking
from tests.catalogue import pages
from tests.catalogue.pages import ROOT, Case

CASES = list(pages.cases())
SOUND = list(pages.cases(ROOT / "sound"))
named = {"ids": lambda case: case.name}


def test_nothing_is_to_be_said_about_the_texts_that_cases_stand_beside() -> None:
    assert checking.check(pages.base()) == []


def test_there_are_at_least_eighty_cases_and_each_says_what_it_expects() -> None:
    assert len(CASES) >= 80
    assert [case.name for case in CASES if not case.expected] == []


@pytest.mark.parametrize("case", CASES, **named)  # type: ignore[arg-type]
def test_what_is_wrong_is_said_at_its_place(case: Case) -> None:
    assert sorted(str(fault) for fault in checking.check(case.texts)) == case.expected


@pytest.mark.parametrize("case", SOUND, **named)  # type: ignore[arg-type]
def test_what_only_looks_strange_is_let_through(case: Case) -> None:
    assert checking.check(case.texts) == []
    assert case.expected == []
