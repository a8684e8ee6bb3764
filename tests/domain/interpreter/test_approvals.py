"""Gates before mail, and decisions that a track waits for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.kit import change, decided, leave, play, reasons, skip, story

GATED = "steps: [{{send: hello, to: champion, approval: {{by: owner{}}}}}, {{post: cheers}}]"


@pytest.mark.parametrize(
    ("text", "happenings", "expected"),
    [
        (GATED.format(""), {"0 15:00": decided("send-hello")}, ["0 15:00 mail hello ann", "0 15:00 post cheers wins"]),
        (GATED.format(""), {"0 20:00": decided("send-hello")}, ["1 09:00 mail hello ann", "1 09:00 post cheers wins"]),
        (GATED.format(""), {"0 15:00": decided("send-hello", False)}, ["0 15:00 post cheers wins"]),
        (GATED.format(", within: 1 business day, otherwise: send"), {}, ["1 10:00 mail hello ann", "1 10:00 post cheers wins"]),
        (GATED.format(", within: 1 business day, otherwise: skip"), {}, ["1 10:00 post cheers wins"]),
        (GATED.format(""), {}, ["2 10:00 notice escalation director"]),  # two business days, then the role above decides
        (GATED.format(", when: account.ready"), {}, None),
    ],
)
def test_a_gate_is_passed_refused_or_runs_out(text: str, happenings: dict[str, Any], expected: list[str] | None) -> None:
    touches = story(text, happenings, days=2)
    assert touches == (["0 10:00 approval hello csm", *expected] if expected else ["0 10:00 mail hello ann", "0 10:00 post cheers wins"])


def test_who_the_gate_was_passed_on_to_decides_without_an_end() -> None:
    touches = story(GATED.format(""), {"28 10:00": decided("send-hello")}, days=40)
    assert touches[-2:] == ["28 10:00 mail hello ann", "28 10:00 post cheers wins"]


def test_a_gate_is_never_passed_on_to_the_one_who_did_not_answer() -> None:
    """`csm` is not in the chain, and the first of it, the owner, is the same person."""
    assert story(GATED.replace("by: owner", "by: csm").format(""), days=2)[-1] == "2 10:00 notice escalation director"


def test_a_gate_is_withdrawn_when_its_condition_ceases() -> None:
    text = "steps: [{send: hello, to: champion, when: not account.ready, approval: {by: owner}}, {post: cheers}]"
    assert story(text, {"0 12:00": "set_up", "0 15:00": decided("send-hello")}) == [
        "0 10:00 approval hello csm",
        "0 12:00 post cheers wins",
    ]


@pytest.mark.parametrize("end", ["set_up", skip("send-hello"), leave])
def test_what_nobody_needs_to_decide_any_more_climbs_no_further(end: Any) -> None:
    text = "steps: [{send: hello, to: champion, when: not account.ready, approval: {by: owner}}]"
    touches = story(text, {"2 12:00": end}, days=40)
    assert touches == ["0 10:00 approval hello csm", "2 10:00 notice escalation director"]


def test_a_gate_before_a_mail_that_nobody_is_left_to_read_is_withdrawn() -> None:
    played = play(GATED.format(""), {"0 12:00": change(contacts=()), "0 15:00": decided("send-hello")})
    assert [touch.what for touch in played.touches] == ["hello", "cheers"]
    assert reasons(played, "withdrawn") == ["withdrawn send-hello: nobody is left to read it"]


@pytest.mark.parametrize(
    ("otherwise", "happenings", "outcome", "day"),
    [
        ("", {"1 12:00": decided("approval-price")}, "approved", "1 12:00"),
        ("", {"1 12:00": decided("approval-price", False)}, "refused", "1 12:00"),
        (", otherwise: send", {}, "approved", "2 10:00"),
        (", otherwise: skip", {}, "refused", "2 10:00"),
    ],
)
def test_a_track_waits_for_an_approval(otherwise: str, happenings: dict[str, Any], outcome: str, day: str) -> None:
    text = f"""
        steps:
          - {{approval: price, by: director{otherwise}}}
          - {{post: cheers, when: steps.price.approved}}
          - {{post: heads-up, to: vp, when: steps.price.outcome == "refused"}}
    """
    expected = "post cheers wins" if outcome == "approved" else "post heads-up vp"
    assert story(text, happenings) == ["0 10:00 approval price director", f"{day} {expected}"]
