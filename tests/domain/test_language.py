"""The language as it reads: days, waits, names of steps, variants, and the samples it was designed by."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from domain import journey
from domain.durations import Duration, Unit
from domain.faults import FaultyText
from domain.journey import Journey, Plan
from domain.language import Again, At, Reenter, SkipAfter, Task, UntilClock, Wait, WaitFor, parse_at
from tests.domain.kit import a_journey

SAMPLES = Path(__file__).parent / "samples"
SEGMENTS = ("enterprise", "mid_market", "smb")


def a_plan(text: str, segment: str = "enterprise") -> Plan:
    return a_journey(text).plan(segment)


def ids(text: str, segment: str = "enterprise") -> list[str]:
    return list(a_plan(text, segment).nodes)


# Days


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start", At()),
        ("day 0", At(day=0)),
        ("day -180", At(day=-180)),
        ("contract.decision_on", At(fact="contract.decision_on")),
        ("contract.decision_on - 90 days", At(fact="contract.decision_on", offset=Duration(90, Unit.DAY), before=True)),
        ("account.left_on + 2 business days", At(fact="account.left_on", offset=Duration(2, Unit.BUSINESS_DAY))),
        ("account.left_on + 1 week", At(fact="account.left_on", offset=Duration(1, Unit.WEEK))),
    ],
)
def test_a_day_is_read_and_written_back(text: str, expected: At) -> None:
    assert parse_at(text) == expected
    assert str(expected) == text


# Steps


@pytest.mark.parametrize(
    ("step", "id"),
    [
        ("{send: hello, to: champion}", "send-hello"),
        ("{task: call, owner: csm}", "task-call"),
        ("{task: Look at the logins, owner: csm}", "task-look-at-the-logins"),
        ("{post: cheers}", "post-cheers"),
        ("{approval: price, by: vp}", "approval-price"),
        ("{wait: 3 days}", "wait-3-days"),
        ("{wait: until day 9}", "wait-day-9"),
        ("{wait: until 09:00}", "wait-until-09-00"),
        ("{wait_for: set_up, within: 3 days}", "wait-for-set-up"),
        ("{wait_for: account.ready, within: 3 days}", "wait-for-account-ready"),
        ("{escalate: stuck, to: vp}", "escalate-stuck"),
        ("{set: {account.stage: won}}", "set-account-stage-won"),
        ("{set: {tag: promoter}}", "set-tag-promoter"),
        ("{start: other}", "start-other"),
        ("{hold: {classes: [growth, advocacy]}}", "hold-growth-advocacy"),
        ("{hold: {journey: other}}", "hold-other"),
        ("{webhook: crm}", "webhook-crm"),
        ("{id: mine, webhook: crm}", "mine"),
    ],
)
def test_a_step_is_named_by_its_verb_and_object(step: str, id: str) -> None:
    assert ids(f"steps: [{step}]") == [id]


def test_a_step_is_named_the_same_wherever_it_stands() -> None:
    before = ids("steps: [{send: hello, to: champion}, {task: call, owner: csm}]")
    after = ids("steps: [{task: plan, owner: csm}, {task: call, owner: csm}]\ntracks: {beside: [{send: hello, to: champion}]}")
    assert set(before) < set(after)


def test_conditions_may_call_a_step_by_its_object_where_only_one_has_it() -> None:
    plan = a_plan("steps: [{task: call, owner: csm}, {id: again, send: hello, to: champion}, {send: hello, to: user}]")
    assert plan.names == {"call": "task-call", "task_call": "task-call", "again": "again", "send_hello": "send-hello"}
    assert plan.ambiguous == {"hello": ("again", "send-hello")}


def test_a_plan_knows_what_comes_after_and_what_lies_within() -> None:
    plan = a_plan("""
        steps:
          - branch: b
            cases:
              - {when: account.ready, steps: [{task: call, owner: csm}, {task: plan, owner: csm}]}
              - {else: []}
          - {wait: 1 day}
        tracks: {beside: [{send: hello, to: champion}], empty: []}
        whenever: [{on: seen, steps: [{post: cheers}]}]
        ends: [{on: gone, then: [{webhook: crm}]}, {on: signed}]
    """)
    places = {id: (node.track, node.parent, node.next) for id, node in plan.nodes.items()}
    assert places == {
        "branch-b": ("steps", None, "wait-1-day"),
        "task-call": ("steps", "branch-b", "task-plan"),
        "task-plan": ("steps", "branch-b", None),
        "wait-1-day": ("steps", None, None),
        "send-hello": ("beside", None, None),
        "post-cheers": ("whenever.seen", None, None),
        "webhook-crm": ("closing", None, None),
    }
    assert plan.firsts["branch-b"] == ("task-call", None)
    assert (dict(plan.tracks), plan.closings) == ({"steps": "branch-b", "beside": "send-hello"}, ("webhook-crm", None))
    assert plan.listens == {"seen", "gone", "signed"}
    assert plan.awaits == frozenset()
    assert plan.mails == ("hello",)


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("wait", "{wait: 3 days}", Duration(3, Unit.DAY)),
        ("wait", "{wait: until 9:00}", UntilClock(time(9))),
        ("wait", "{wait: until day -3}", At(day=-3)),
        ("wait", "{wait: until account.left_on}", At(fact="account.left_on")),
        ("late", "{wait: 1 day, late: skip}", "skip"),
        ("late", "{wait: 1 day, late: {skip_after: 10 days}}", SkipAfter(skip_after=Duration(10, Unit.DAY))),
        ("to", "{send: hello, to: champion}", ("champion",)),
        ("to", "{send: hello, to: [champion, user]}", ("champion", "user")),
        ("at", "{wait: 1 day, at: day 3}", (At(day=3),)),
        ("outcomes", "{task: call, owner: csm, outcomes: [yes, no]}", ("yes", "no")),
        ("sla", "{task: call, owner: csm}", "P3"),
    ],
)
def test_a_field_is_read(field: str, text: str, expected: object) -> None:
    (node,) = a_plan(f"steps: [{text}]").nodes.values()
    assert getattr(node.step, field) == expected


def test_a_wait_inside_a_task_is_the_tasks() -> None:
    (node,) = a_plan("steps: [{wait: 2 days, task: call, owner: csm}]").nodes.values()
    assert isinstance(node.step, Task)


@pytest.mark.parametrize(("awaited", "event"), [("set_up", "set_up"), ("account.ready", None), ("not account.ready", None)])
def test_a_wait_for_is_for_an_event_or_a_condition(awaited: str, event: str | None) -> None:
    (node,) = a_plan(f"steps: [{{wait_for: {awaited}, within: 3 days}}]").nodes.values()
    assert isinstance(node.step, WaitFor)
    assert node.step.wait_for.event == event
    assert str(node.step.wait_for) == awaited


def test_how_often_is_read() -> None:
    text = a_plan("""
        starts: {on: seen, reenter: after 90 days}
        steps: [{wait: 1 day}]
        whenever:
          - {on: seen, steps: [{post: cheers}]}
          - {on: gone, again: never, steps: [{webhook: crm}]}
          - {on: signed, again: after 2 business days, steps: [{id: x, webhook: crm}]}
    """).text
    assert text.starts.reenter == Reenter(Duration(90, Unit.DAY))
    assert [each.again for each in text.whenever] == [Again(), Again(never=True), Again(after=Duration(2, Unit.BUSINESS_DAY))]


# Variants


def test_a_variant_is_its_segments_value() -> None:
    text = """
        steps:
          - {task: call, owner: {by segment: {smb: pool, else: csm}}, at: {by segment: {smb: day 1, enterprise: [day 2, day 3], mid_market: day 4}}}
          - by segment: {smb: {wait: 1 day}, else: {send: hello, to: champion}}
    """
    owners = {segment: a_plan(text, segment).nodes["task-call"].step for segment in SEGMENTS}
    assert {segment: (step.owner, len(step.at or ())) for segment, step in owners.items() if isinstance(step, Task)} == {
        "enterprise": ("csm", 2), "mid_market": ("csm", 1), "smb": ("pool", 1),
    }  # fmt: skip
    assert ids(text, "smb")[1:] == ["wait-1-day"]
    assert ids(text, "enterprise")[1:] == ["send-hello"]


def test_an_unknown_segment_reads_as_the_last_one() -> None:
    made = a_journey("steps: [{task: call, owner: {by segment: {smb: pool, else: csm}}}]")
    assert made.plan("").segment == made.plan("gold").segment == "smb"


def test_a_plan_finds_steps_that_only_another_segment_has() -> None:
    made = a_journey("steps: {by segment: {smb: [{wait: 1 day}], else: [{branch: b, cases: [{else: [{wait: 2 days}]}]}]}}")
    assert made.plan("smb").node("wait-2-days").parent == "branch-b"
    assert made.plan("smb").first("branch-b", 0) == "wait-2-days"
    assert list(made.plan("smb").nodes) == ["wait-1-day"]
    with pytest.raises(KeyError):
        made.plan("smb").node("nowhere")


# Versions


def test_a_journey_is_known_by_the_hash_of_its_text() -> None:
    text = "journey: a\ntitle: x\nfor: account\nstarts: {manual: true}\nanchor: start\nclass: growth\nsteps: [{wait: 1 day}]\n"
    made = journey.compile(text, "a.yaml", SEGMENTS)
    assert made.hash == journey.content_hash(text) != journey.content_hash(text + "\n")
    assert (made.name, made.version, made.text) == ("a", 0, text)


# The samples of the design


def sample(name: str) -> Journey:
    return journey.compile((SAMPLES / f"{name}.yaml").read_text(), f"{name}.yaml", SEGMENTS)


@pytest.mark.parametrize(("name", "steps"), [("onboarding", 26), ("renewal", 29)])
def test_the_samples_of_the_design_parse(name: str, steps: int) -> None:
    made = sample(name)
    assert made.name == name
    assert {segment: len(plan.nodes) for segment, plan in made.plans.items()} == dict.fromkeys(SEGMENTS, steps)


def test_the_one_doubled_name_in_them_must_be_given_by_hand() -> None:
    text = (SAMPLES / "onboarding.yaml").read_text()
    with pytest.raises(FaultyText) as refused:
        journey.compile(text.replace("id: setup-after-unblock\n          ", ""), "onboarding.yaml", SEGMENTS)
    assert str(refused.value) == (
        "onboarding.yaml:43:11: two steps are called 'wait-for-setup-completed' (the first is at line 37); give one an 'id:' of its own"
    )


def test_a_steps_days_depend_on_the_segment() -> None:
    made = sample("renewal")
    reminders = {segment: plan.nodes["send-sign-reminder"].step.at for segment, plan in made.plans.items()}
    assert [[at.day for at in days or ()] for days in reminders.values()] == [[-21, -14, -7, -3], [-21, -14, -7, -3], [-14, -7]]
    assert all(isinstance(plan.nodes["task-lapsed-call"].step, Task) for plan in made.plans.values())
    assert not any(isinstance(node.step, Wait) for plan in made.plans.values() for node in plan.nodes.values())
