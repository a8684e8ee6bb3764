"""The journey tests of journeys/tests, one case a test and segment, as `tenure test` plays them; and that they reach everything.

A file that is added is played by being there; nothing here names one.
"""

from __future__ import annotations

from functools import cache

import pytest

from database import definitions
from database.definitions import Published
from domain import expecting, house, reaching
from domain.expecting import JourneyTests
from domain.judging import Outcome
from domain.reaching import Place
from runtime import folders, testing
from tests.installation import ROOT

Case = tuple[str, str, str]  # journey, segment, test


def cases() -> list[Case]:
    """Read without compiling the journeys, which is for the tests to wait for and not for whoever collects them."""
    segments = house.load(definitions.policies_of(folders.read(ROOT))).segments
    files = [expecting.compile(text, f"journeys/tests/{name}") for name, text in testing.read(ROOT).items()]
    return [(each.journey, each.segment, each.test.test) for file in files for each in expecting.rehearsals(file, segments)]


CASES = cases()
JOURNEYS = sorted({journey for journey, _, _ in CASES})


@cache
def loaded() -> tuple[Published, list[JourneyTests]]:
    return testing.load(ROOT)


@cache
def outcomes(journey: str) -> dict[Case, Outcome]:
    published, files = loaded()
    found = testing.rehearsals(published, files, [journey])
    return {(each.journey, each.segment, each.test.test): testing.judge(published, each) for each in found}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}, {case[1]}: {case[2]}")
def test_it_comes_as_expected(case: Case) -> None:
    outcome = outcomes(case[0])[case]
    assert not outcome.failures, "\n".join(["", *testing.account_of(outcome)])


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_journey_that_has_tests_has_them_for_every_step_and_branch_of_every_segment(journey: str) -> None:
    trodden: set[Place] = set().union(*(outcome.performance.stage.trodden for outcome in outcomes(journey).values()))
    places = reaching.unreached([loaded()[0].journeys[journey]], trodden)
    assert [f"{place.segment}: {place}" for place in places] == []
