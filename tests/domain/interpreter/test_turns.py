"""One turn by hand: what it says, and what is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import state
from domain.governor import UNTIL_LIFTED
from domain.intents import CloseTasks, EndEscalation, SendMessage, Withdraw
from domain.interpreter import Stuck
from domain.news import (
    Closed,
    Engaged,
    ExitOrdered,
    Happened,
    PutOff,
    Settled,
    TaskDone,
)
from domain.state import Phase
from tests.domain.interpreter.kit import CARES, Turns
from tests.domain.kit import MONDAY, at


def test_a_turn_says_what_to_do_why_and_what_to_wait_for() -> None:
    turned = Turns("steps: [{wait: 1 day}, {send: hello, to: champion}]").take("0 10:00")
    assert (turned.rest.until, turned.rest.verb, turned.rest.step, turned.rest.over) == (at("1 10:00"), "wait", "wait-1-day", None)
    assert (list(turned.intents), list(turned.decisions)) == ([], [])


def test_a_turn_taken_again_decides_nothing_again() -> None:
    turns = Turns("steps: [{send: hello, to: champion}, {task: call, owner: csm}]\ntracks: {a: [{approval: price, by: vp}]}")
    assert {type(intent).__name__ for intent in turns.take("0 20:00").intents} == {"SendMessage", "AskApproval"}
    again = turns.take("0 20:00")
    assert (list(again.intents), list(again.decisions)) == ([], [])
    assert again.rest.until == at("1 09:00")


def test_a_run_that_is_over_does_nothing_whatever_it_is_told() -> None:
    turns = Turns("steps: [{webhook: crm}]\nends: [{on: missed}]")
    turns.take("0 10:00", Happened("missed", at("0 10:00")))
    turned = turns.take("1 10:00", Happened("missed", at("1 10:00")), ExitOrdered(at("1 10:00"), "again"))
    assert (list(turned.intents), list(turned.decisions), turned.rest.over) == ([], [], "missed")


def test_a_message_that_was_put_off_is_rested_for_and_one_in_doubt_counts_as_sent() -> None:
    turns = Turns("steps: [{send: hello, to: [champion, sponsor]}, {wait: 3 days}]")
    turns.take("0 10:00")
    put_off = turns.take(
        "0 10:00",
        PutOff("send-hello", 1, at("0 10:00"), "ann", at("0 11:00"), "full"),
        Settled("send-hello", 1, at("0 10:00"), "ben", "failed"),
    )
    assert (put_off.rest.until, put_off.rest.verb) == (at("0 11:00"), "send")
    assert turns.take("0 11:00", Settled("send-hello", 1, at("0 11:00"), "ann", "in_doubt")).rest.verb == "wait"
    assert turns.state.records["send-hello"].done_on == MONDAY


def test_what_only_a_person_can_free_is_rested_for_without_an_end() -> None:
    turns = Turns("steps: [{send: hello, to: champion}]")
    turns.take("0 10:00")
    assert turns.take("0 10:00", PutOff("send-hello", 1, at("0 10:00"), "ann", UNTIL_LIFTED, "held")).rest.until is None


def test_news_of_what_is_long_past_changes_nothing_but_the_record() -> None:
    turns = Turns("steps: [{task: call, owner: csm}, {send: hello, to: champion}, {wait: 9 days}]")
    turns.take("0 10:00", Settled("send-hello", 1, at("0 10:00"), "ann", "accepted"))
    turns.take("0 10:00", Settled("send-hello", 1, at("0 10:00"), "ann", "accepted"))
    before = turns.state.tracks
    turned = turns.take(
        "2 10:00",
        Settled("send-hello", 1, at("2 10:00"), "ann", "accepted"), PutOff("send-hello", 1, at("2 10:00"), "ann", at("3 10:00"), "late"),
        TaskDone("task-call", 1, at("2 10:00")), Engaged("send-hello", 1, at("2 10:00"), "clicked"), Closed(at("2 10:00")),
    )  # fmt: skip
    assert turned.state.tracks == before
    assert (turns.state.records["send-hello"].clicked, turns.state.records["task-call"].done_on) == (True, MONDAY + timedelta(days=2))


def test_leaving_withdraws_everything_before_it_lifts_its_holds() -> None:
    turns = Turns("steps: [{send: hello, to: champion, approval: {by: owner}}]")
    turns.take("0 10:00")
    turns.take("2 10:00")
    names = [type(intent).__name__ for intent in turns.take("3 10:00", ExitOrdered(at("3 10:00"), "enough", tasks="hand_on")).intents]
    assert names == ["EndEscalation", "Withdraw", "CloseTasks", "LiftHolds"]


def test_an_exit_may_keep_tasks() -> None:
    turns = Turns("steps: [{wait: 9 days}]")
    turned = turns.take("1 10:00", ExitOrdered(at("1 10:00"), "enough", tasks="keep"))
    assert not any(isinstance(intent, CloseTasks | EndEscalation) for intent in turned.intents)
    assert any(isinstance(intent, Withdraw) for intent in turned.intents)


def test_a_journey_that_goes_round_for_ever_is_stuck() -> None:
    text = """
        steps: [{wait: 9 days}]
        whenever:
          - {name: on, when: not account.ready, steps: [{set: {account.ready: true}}]}
          - {name: off, when: account.ready, steps: [{id: b, set: {account.ready: false}}]}
    """
    with pytest.raises(Stuck, match="story goes round without resting"):
        Turns(text).take("0 10:00")


def test_only_the_latest_fifty_awaited_events_are_remembered() -> None:
    turns = Turns("steps: [{wait: 9 days}, {wait_for: seen, within: 9 days}]")
    turns.take("0 10:00", *(Happened("seen", at("0 10:00"), {"number": number}) for number in range(60)), Happened("missed", at("0 10:00")))
    assert [heard.payload["number"] for heard in turns.state.heard] == list(range(10, 60))


def test_a_state_is_written_and_read_back() -> None:
    turns = Turns(CARES.replace("send: hello, at: day 20, to: champion", "send: hello, to: [champion, user], approval: {by: owner}"))
    turns.take("0 10:00", Happened("answered", at("0 10:00"), {"survey": "nps", "score": 9}))
    turns.take("1 10:00", Happened("seen", at("1 10:00")), *(Settled("webhook-crm", 1, at("1 10:00"), "crm", "accepted"),))
    assert {position.phase for position in turns.state.tracks.values()} >= {Phase.WAIT, Phase.GATE}
    assert state.load(state.dump(turns.state)) == turns.state
    assert list(state.load(state.dump(turns.state)).tracks) == list(turns.state.tracks)


def test_a_message_says_all_that_its_sender_needs() -> None:
    (message,) = Turns("steps: [{send: hello, at: day 1, to: champion}]").take("1 09:00").intents
    assert message == SendMessage("send-hello", 1, "send", "contact", "ann", "hello", at("1 09:00"), "onboarding", False)
