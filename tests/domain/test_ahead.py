"""What a run still has ahead of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import ahead
from domain.account import Account
from domain.ahead import Words
from domain.people import Behaviour
from domain.simulation import World
from tests.domain import test_properties as properties
from tests.domain.generated import Happening, a_text, an_odd_account, behaviours, compiled, happenings
from tests.domain.kit import decided, play

TEXT = """
steps:
  - {send: hello, at: day 2, to: champion}
  - {send: offer, at: day 4, to: champion, approval: {by: director, within: 5 days, otherwise: skip}}
  - {task: call, owner: csm, sla: P4, wait: 3 days, otherwise: [{post: heads-up, to: csm}]}
  - {repeat: weekly, every: 2 days, until: account.ready, steps: [{send: news, to: champion}]}
whenever: [{on: ready, name: again, again: never, steps: [{post: cheers}]}]
"""
HELLO, OFFER, CALL, NEWS = ("email", "hello"), ("email", "offer"), ("tasks", "call"), ("email", "news")
HEADS_UP, CHEERS = ("slack", "heads-up"), ("slack", "cheers")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("1 12:00", {HELLO, OFFER, CALL, HEADS_UP, NEWS, CHEERS}),
        ("3 12:00", {OFFER, CALL, HEADS_UP, NEWS, CHEERS}),
        ("5 12:00", {CALL, HEADS_UP, NEWS, CHEERS}),  # the offer is shown for approval: those words are sent
        ("7 12:00", {HEADS_UP, NEWS, CHEERS}),  # the task is written
        ("20 12:00", {NEWS, CHEERS}),  # goes round
    ],
)
def test_the_words_ahead_of_a_run_are_those_it_has_not_filled_in(when: str, expected: set[Words]) -> None:
    seen: list[frozenset[Words]] = []

    def look(world: World) -> None:
        (run,) = world.runs.values()
        seen.append(ahead.words(run.journey, run.state, "enterprise"))

    play(TEXT, {when: look, "6 12:00": decided("send-offer")}, people="silent")
    assert seen == [expected]


@given(a_text(), an_odd_account(), behaviours, happenings, st.integers(0, 24 * 20))
def test_whatever_a_run_does_was_ahead_of_it(
    text: str, account: Account, people: Behaviour, what: Sequence[Happening], hours: int
) -> None:  # fmt: skip
    seen: list[tuple[int, str, str, frozenset[str]]] = []

    def look(world: World) -> None:
        for run in world.runs.values():
            segment = world._facts(run).segment
            seen.append((len(world.touches), run.id, segment, ahead.steps(run.journey, run.state, segment)))

    world = properties.play(World, compiled(text), account, people, [*what, Happening(hours, "looks", look)])
    for so_far, id, segment, steps in seen:
        for touch in world.touches[so_far:]:
            if touch.run == id and world.account.values.get("account.segment") == segment:
                assert touch.step in steps
