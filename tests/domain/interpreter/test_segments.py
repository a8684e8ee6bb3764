"""Runs whose account changes its segment, and steps that a segment never gets."""

from __future__ import annotations

import pytest

from tests.domain.kit import an_account, know, play, reasons, story

VARIED = """
    steps:
      - branch: b
        cases:
          - else:
              by segment:
                smb: [{wait: 2 days}, {webhook: crm}]
                else: [{id: long, wait: 4 days}, {post: heads-up, to: vp}]
      - {post: cheers}
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("enterprise", "enterprise", ["4 10:00 post heads-up vp", "4 10:00 post cheers wins"]),
        ("enterprise", "smb", ["4 10:00 post cheers wins"]),  # it finishes the step it stands at, then goes on in the new variant
        ("smb", "enterprise", ["2 10:00 post cheers wins"]),
    ],
)
def test_a_run_goes_on_in_the_variant_of_its_new_segment(before: str, after: str, expected: list[str]) -> None:
    assert story(VARIED, {"1 12:00": know(segment=after)}, account=an_account(before)) == expected


def test_an_event_reaches_a_run_whose_present_step_its_new_segment_does_not_have() -> None:
    text = "steps: {by segment: {smb: [{wait_for: seen, within: 9 days}, {webhook: crm}], else: [{post: cheers}]}}\nends: [{on: missed}]"
    touches = story(text, {"1 12:00": know(segment="enterprise"), "2 12:00": "seen"}, account=an_account("smb"))
    assert touches == []
    assert reasons(play(text, {"1 12:00": know(segment="enterprise"), "2 12:00": "missed"}, account=an_account("smb")), "over") == [
        "over None: missed"
    ]


def test_a_repeat_left_behind_with_its_segment_comes_round_no_more() -> None:
    text = "steps: {by segment: {smb: [{repeat: r, every: 7 days, until: account.ready, steps: [{wait: 2 days}, {webhook: crm}]}], else: [{post: cheers}]}}"
    assert story(text, {"1 12:00": know(segment="enterprise")}, account=an_account("smb")) == []


FOR_ONE_SEGMENT = """
steps:
  - {send: hello, at: day 2, to: champion, when: account.segment == "enterprise" and not account.ready}
  - {set: {account.wishes: 1}, at: day 4, when: account.segment == "enterprise"}
  - {post: cheers, at: day 6}
"""


def test_a_run_does_not_wake_up_for_a_step_that_its_segment_keeps_from_happening() -> None:
    smb, enterprise = (play(FOR_ONE_SEGMENT, account=an_account(segment)) for segment in ("smb", "enterprise"))
    assert [touch.what for touch in smb.touches] == ["cheers"]
    assert (smb.turns, enterprise.turns) == (2, 4)
    assert reasons(smb, "skipped") == []


@pytest.mark.parametrize(
    ("before", "after", "changed", "expected"),
    [
        ("smb", "enterprise", "1 12:00", ["7 09:00 post cheers wins"]),  # it stood before `cheers`, and goes on from there
        ("enterprise", "smb", "1 12:00", ["7 09:00 post cheers wins"]),
        ("enterprise", "smb", "3 12:00", ["2 09:00 mail hello ann", "7 09:00 post cheers wins"]),
    ],
)
def test_after_a_change_of_segment_a_run_goes_on_from_the_step_it_stood_before(
    before: str, after: str, changed: str, expected: list[str]
) -> None:
    assert story(FOR_ONE_SEGMENT, {changed: know(segment=after)}, account=an_account(before)) == expected


def test_a_repeat_of_what_its_segment_never_gets_is_passed_over_and_left_when_the_segment_changes() -> None:
    text = """
        steps:
          - {repeat: r, every: 2 days, until: account.ready, steps: [{post: cheers, when: account.segment == "enterprise"}]}
          - {post: heads-up, to: csm}
    """
    assert story(text, account=an_account("smb")) == ["0 10:00 post heads-up csm"]
    assert story(text, {"1 12:00": know(segment="smb")}) == ["0 10:00 post cheers wins", "2 09:00 post heads-up csm"]
