"""Posts and webhooks, and what is asked of our people: tasks, escalations."""

from __future__ import annotations

from tests.domain.kit import a_person, an_account, change, done, people, play, reasons, story


def test_a_post_goes_to_its_channel_or_once_to_each_of_us() -> None:
    assert story("steps: [{post: cheers}, {post: heads-up, to: [owner, csm, director]}]") == [
        "0 10:00 post cheers wins", "0 10:00 post heads-up csm", "0 10:00 post heads-up director",
    ]  # fmt: skip


def test_a_post_to_nobody_is_skipped() -> None:
    played = play("steps: [{post: heads-up, to: cco}]", account=an_account(people={}))
    assert reasons(played, "skipped") == ["skipped post-heads-up: nobody holds cco"]


def test_a_webhook_is_told_and_the_track_goes_on() -> None:
    assert story("steps: [{webhook: crm}, {post: cheers}]") == ["0 10:00 webhook crm crm", "0 10:00 post cheers wins"]


def test_a_task_appears_when_its_owners_day_begins_and_holds_up_nothing() -> None:
    account = an_account(people=people(a_person("csm", "csm", zone="America/New_York", country="US")))
    assert story("steps: [{task: call, at: day 1, owner: csm, sla: P4}, {post: cheers}]", account=account) == [
        "1 15:00 task call csm", "1 15:00 post cheers wins",
    ]  # fmt: skip


def test_a_task_goes_to_whoever_owns_the_account_then() -> None:
    assert story("steps: [{task: call, at: day 3, owner: csm, sla: P4}]", {"1 12:00": change(owner_id="engineer")}) == [
        "3 09:00 task call engineer"
    ]


WAITS = "steps: [{task: call, owner: csm, sla: P4, wait: 3 business days, otherwise: [{post: heads-up, to: vp}]}, {post: cheers}]"


def test_a_track_waits_for_its_task() -> None:
    assert story(WAITS, {"1 12:00": done("task-call")}) == ["0 10:00 task call csm", "1 12:00 post cheers wins"]


def test_a_task_that_is_not_done_in_time_takes_its_otherwise() -> None:
    assert story(WAITS, {"4 12:00": done("task-call")}) == ["0 10:00 task call csm", "3 10:00 post heads-up vp", "3 10:00 post cheers wins"]


def test_conditions_read_what_a_task_came_to() -> None:
    text = """
        steps:
          - {task: call, owner: csm, sla: P4, outcomes: [good, bad], wait: 2 days}
          - {post: cheers, when: steps.call.outcome == "bad" and steps.call.done_on == today and steps.call.visits == 1}
    """
    assert story(text, {"0 12:00": done("task-call", "bad")})[1:] == ["0 12:00 post cheers wins"]
    assert story(text, {"0 12:00": done("task-call", "good")})[1:] == []


def test_a_task_of_an_earlier_round_does_not_end_the_wait_for_the_present_one() -> None:
    text = "steps: [{repeat: r, every: 7 days, until: account.ready, steps: [{task: call, owner: csm, sla: P4, wait: 2 days, otherwise: [{post: heads-up, to: vp}]}]}]"
    touches = story(text, {"7 10:00": done("task-call"), "8 10:00": "set_up"}, days=10)
    assert touches == ["0 10:00 task call csm", "2 10:00 post heads-up vp", "7 09:00 task call csm", "9 09:00 post heads-up vp"]


def test_an_escalation_is_raised_once_a_cause_and_takes_the_worse_class() -> None:
    text = "steps: [{escalate: stuck, to: director, sla: P4}, {wait: 1 day}, {id: b, escalate: stuck, to: cco}, {id: c, wait: 1 day}, {id: d, escalate: stuck, to: vp, sla: P1}]"
    told = [touch for touch in story(text, days=2) if "reminder" not in touch]
    assert told == ["0 10:00 notice escalation director", "1 10:00 notice escalation cco", "2 10:00 notice escalation vp"]
    assert story(text.replace("to: cco", "to: cco, sla: P4"), days=1) == ["0 10:00 notice escalation director"]


def test_conditions_read_how_an_escalation_ended() -> None:
    text = "steps: [{escalate: stuck, to: vp, sla: P4}, {wait: 3 days}, {post: cheers, when: steps.stuck.outcome == 'resolved'}]"
    assert "3 10:00 post cheers wins" in story(text, {"1 10:00": lambda world: world.resolve("stuck")})
    assert "3 10:00 post cheers wins" not in story(text)
