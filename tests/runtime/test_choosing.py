"""What can be said of runs in flight on the command line, and what is answered when it cannot."""

from __future__ import annotations

import pytest

from activities.foreseeing import Question
from domain.moving import Choices
from runtime import choosing
from runtime.choosing import UnknownChoice
from tests.domain.kit import a_journey

JOURNEYS = ("renewal", "onboarding")


@pytest.mark.parametrize(
    ("runs", "maps", "expected"),
    [
        ([], [], Choices()),
        (["move-now"], [], Choices("move_now")),
        (["renewal=move", "onboarding=pin"], [], Choices("drain", {"renewal": "move", "onboarding": "pin"})),
        (["cancel", "renewal=drain"], [], Choices("cancel", {"renewal": "drain"})),
        (["move"], ["renewal:a=b", "renewal:c=gone"], Choices("move", {}, {"renewal": {"a": "b", "c": None}})),
    ],
)
def test_choices_are_read_as_they_are_written(runs: list[str], maps: list[str], expected: Choices) -> None:
    found = choosing.choices(runs, maps, JOURNEYS)
    assert found == expected
    said = choosing.words(found).split()
    assert choosing.choices(said[1::2][: said.count("--runs")], said[1::2][said.count("--runs") :], JOURNEYS) == expected


@pytest.mark.parametrize(
    ("runs", "maps", "said"),
    [
        (["moves"], [], "runs under way can pin, drain, move, move-now, cancel, not 'moves'; did you mean 'move'?"),
        (["renewl=move"], [], "no journey is called 'renewl'; did you mean 'renewal'?"),
        (["move", "pin"], [], "--runs says twice what all runs do"),
        (["renewal=move", "renewal=pin"], [], "--runs says twice what runs of renewal do"),
        ([], ["renewal=b"], "write --map renewal:old-step=new-step, or =gone"),
        ([], ["renwal:a=b"], "no journey is called 'renwal'; did you mean 'renewal'?"),
        ([], ["renewal:a=b", "renewal:a=c"], "--map says twice what became of renewal:a"),
    ],
)
def test_what_cannot_be_chosen_is_said_in_a_sentence(runs: list[str], maps: list[str], said: str) -> None:
    with pytest.raises(UnknownChoice) as refused:
        choosing.choices(runs, maps, JOURNEYS)
    assert said in str(refused.value)


OLD = a_journey("steps: [{send: hello, to: champion}, {task: call, owner: csm, sla: P4}]")
NEW = a_journey("steps: [{send: hello, to: champion}, {task: plan, owner: csm, sla: P4}]")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"task-cal": "task-plan"}, "no step of story that runs are on is called 'task-cal'; did you mean 'task-call'?"),
        ({"task-call": "task-plans"}, "no step of story in the folder is called 'task-plans'; did you mean 'task-plan'?"),
        ({"task-call": "task-plan", "send-hello": "task-plan"}, "two steps of story cannot both become 'task-plan'"),
    ],
)
def test_a_step_map_names_steps_that_are_there(told: dict[str, str | None], said: str) -> None:
    with pytest.raises(UnknownChoice) as refused:
        choosing.check(Choices(maps={"story": told}), {"story": [OLD]}, {"story": NEW})
    assert said in str(refused.value)


def test_a_step_map_of_a_journey_that_no_run_is_on_has_nothing_to_say() -> None:
    with pytest.raises(UnknownChoice, match="no run is under way on another version of story"):
        choosing.check(Choices(maps={"story": {"task-call": "task-plan"}}), {}, {"story": NEW})


def test_answers_join_what_was_said_before() -> None:
    asked = [Question("story", "a", ("b", "c"), 1, 0), Question("story", "d", ("e",), 0, 2)]
    before = Choices("move", {}, {"story": {"x": "y"}})
    answers = {"a": "c", "d": "gone"}
    found = choosing.answered(before, asked, lambda question: answers[question.step])
    assert found == Choices("move", {}, {"story": {"x": "y", "a": "c", "d": None}})
