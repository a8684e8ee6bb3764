"""The lives that are measured tell only what is declared; an undeclared fact or event would change nothing, unnoticed."""

from __future__ import annotations

from datetime import date

import pytest

from bench.lives import HAPPY, SEGMENTS, UNHAPPY, Path
from database import definitions
from runtime import folders
from tests.installation import ROOT

VOCABULARY = definitions.compile_all(folders.read(ROOT)).house.vocabulary


@pytest.mark.parametrize("path", [HAPPY, UNHAPPY], ids=lambda path: path.name)
@pytest.mark.parametrize("segment", SEGMENTS)
def test_what_is_told_is_declared(path: Path, segment: str) -> None:
    for told in path.happenings(segment, date(2030, 1, 7)):
        assert 0 <= told.day < path.days
        assert {f"account.{name}" for name in told.facts} <= set(VOCABULARY.by_name)
        if told.event:
            assert told.event in VOCABULARY.events
            assert set(told.payload) <= set(VOCABULARY.events[told.event].tells)
