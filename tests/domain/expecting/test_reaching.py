"""Several segments, and which places tests reach."""

from __future__ import annotations

import pytest

from domain import expecting, reaching
from tests.domain.expecting.kit import HOUSE, TESTS, judge
from tests.domain.kit import a_journey


def test_a_test_is_played_for_the_segments_it_names_or_for_all() -> None:
    file = expecting.compile(
        """
        journey: story
        given: {people: late, facts: {account.ready: true}}
        tests:
          - {test: all, until: 1, expect: [{mail: hello}]}
          - {test: some, given: {segment: [smb, enterprise], facts: {account.nps: 3}}, until: 1, expect: [{mail: hello}]}
        """,
        TESTS,
    )
    found = [(each.test.test, each.segment) for each in expecting.rehearsals(file, HOUSE.segments)]
    assert found == [("all", "enterprise"), ("all", "mid_market"), ("all", "smb"), ("some", "smb"), ("some", "enterprise")]
    last = list(expecting.rehearsals(file, HOUSE.segments))[-1]
    assert (last.given.people, last.given.facts) == ("late", {"account.ready": True, "account.nps": 3})


BRANCHING = """
steps:
  - branch: size
    cases:
      - {when: account.segment == "smb", steps: [{send: hello, to: champion}]}
      - {when: account.ready, steps: []}
      - else: [{task: call, owner: csm, outcomes: [good, bad], wait: 1 day, otherwise: [{post: cheers}]}]
  - {send: offer, to: champion, when: steps.call.outcome == "bad"}
  - {wait_for: seen, within: 2 days}
  - {send: thanks, to: champion, when: account.segment == "enterprise" and account.ready}
whenever: [{on: missed, steps: [{send: news, to: champion}]}]
ends: [{on: gone, tasks: close}]
"""


def places(segment: str) -> list[str]:
    return [str(place) for place in reaching.places(a_journey(BRANCHING)) if place.segment == segment]


def test_what_a_segment_rules_out_need_not_be_reached_nor_what_only_that_leads_to() -> None:
    """A small account is never called, so nothing can come of a call that went badly."""
    common = ["wait-for-seen", "ends: gone", "whenever: missed", "send-news"]
    assert places("smb") == ["branch-size", "branch-size: case 1", "send-hello", *common]
    called = [
        "branch-size",
        "branch-size: case 2",
        "branch-size: else",
        "task-call",
        "task-call: in time",
        "task-call: otherwise",
        "post-cheers",
    ]
    assert places("mid_market") == [*called, "send-offer", *common]
    assert places("enterprise") == [*called, "send-offer", "wait-for-seen", "send-thanks", *common[1:]]


@pytest.mark.parametrize(
    ("test", "reached"),
    [
        ("until: 0", {"branch-size", "branch-size: else", "task-call", "task-call: in time", "wait-for-seen"}),
        ("given: {answers: {call: bad}}\nuntil: 0", {"branch-size", "branch-size: else", "task-call", "task-call: in time", "send-offer", "wait-for-seen"}),
        ("given: {people: silent}\nuntil: 1", {"branch-size", "branch-size: else", "task-call", "task-call: otherwise", "post-cheers", "wait-for-seen"}),
        ("given: {facts: {account.ready: true}}\nuntil: 5", {"branch-size", "branch-size: case 2", "wait-for-seen", "send-thanks"}),
        ("happens: [{day: 0, event: missed}, {day: 0, event: gone}]\nuntil: 0", {"branch-size", "branch-size: else", "task-call", "whenever: missed", "send-news", "ends: gone"}),
    ],
)  # fmt: skip
def test_what_a_test_reaches_is_what_acted(test: str, reached: set[str]) -> None:
    """A step that was passed over, because its condition did not hold, is not reached."""
    trodden = judge(BRANCHING, f"{test}\nnever: [{{over: nonsense}}]").performance.stage.trodden
    assert {str(place) for place in trodden} == reached
    left = reaching.unreached([a_journey(BRANCHING)], trodden)
    assert [str(place) for place in left if place.segment == "enterprise"] == [name for name in places("enterprise") if name not in reached]
    assert all(place.mark.line > 0 for place in left)
