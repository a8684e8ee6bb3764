"""A story, and how a test of it is judged."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from domain import expecting, expecting_names, judging, rehearsing
from domain.expecting import JourneyTest, Rehearsal
from domain.house import House
from domain.journey import Journey
from domain.judging import Outcome
from tests.domain.kit import a_house, a_journey

HOUSE = a_house()
TESTS = "journeys/tests/story.yaml"

STORY = """
steps:
  - {send: hello, at: day 1, to: [champion, user]}
  - {task: call, at: day 2, owner: csm, sla: P2, outcomes: [good, bad], wait: 2 business days, otherwise: [{escalate: nobody-called, to: director}]}
  - branch: mood
    cases:
      - {when: steps.call.outcome == "good", steps: [{post: cheers}, {set: {account.stage: won, tag: happy}}]}
      - else: [{send: offer, to: sponsor, approval: {by: owner, within: 1 business day, otherwise: skip}}]
  - {send: thanks, to: champion, when: account.ready}
ends: [{on: gone, tasks: close}]
"""


def judge(
    story: str | Journey, test: str | JourneyTest, segment: str = "enterprise", beside: Sequence[str] = (), house: House = HOUSE
) -> Outcome:
    """One test of a story, written without its name: `expect: …`."""
    journeys = {each.name: each for each in [a_journey(story) if isinstance(story, str) else story, *map(a_journey, beside)]}
    name = next(iter(journeys))
    if isinstance(test, str):
        text = f"journey: {name}\ntests:\n  - test: a test\n{textwrap.indent(textwrap.dedent(test), '    ')}"
        file = expecting.compile(text, TESTS)
        assert [str(fault) for fault in expecting_names.check(file, house, journeys)] == []
        (test,) = file.tests
    return judging.judge(rehearsing.play(Rehearsal(name, test, test.given, segment), house, journeys), house)


def failures(story: str, test: str, segment: str = "enterprise", **more: Any) -> list[str]:
    return [f"{failure.mark.line}: {failure}" for failure in judge(story, test, segment, **more).failures]
