"""What is refused of a set: policies, and what does not fit together."""

from __future__ import annotations

import re
import time

import pytest

from domain import checking
from tests.domain.checking.kit import faults, set_faults
from tests.domain.kit import POLICIES


def test_a_sound_set_has_nothing_to_say() -> None:
    assert set_faults() == []


@pytest.mark.parametrize(
    ("policy", "old", "new", "expected"),
    [
        ("vocabulary", "{fact: account.seen_on, for: 14 days}", "{fact: account.arr, for: 14 days}", "'account.arr' is not a date fact; did you mean 'account.seen_on'?"),
        ("vocabulary", "while: other", "while: othr", "no journey is called 'othr'; did you mean 'other'?"),
        ("vocabulary", "default: new", "default: brand_new", "account.stage: 'brand_new' is not one of new, won, lost"),
        ("vocabulary", "{account.ready: true}", "{account.redy: true}", "'account.redy' is not a fact an event can set; did you mean 'account.ready'?"),
        ("vocabulary", "{account.ready: true}", "{account.ready: 5}", "account.ready: 5 is neither true nor false"),
        ("vocabulary", "{account.ready: true}", "{account.ready: on}", "'on' is the day of the event, and 'account.ready' is a boolean"),
        ("vocabulary", "{account.ready: true}", "{health.score: 5}", "'health.score' is not a fact an event can set"),
        ("vocabulary", "{account.seen_on: on}", "{account.seen_on: event.day}", "the payload has no 'day'"),
        ("vocabulary", "account.reason: event.reason", "account.arr: event.reason", "'account.arr' is a money and the payload tells a text"),
        ("vocabulary", "answer: score", "answer: scor", "the payload has no 'scor'; did you mean 'score'?"),
        ("vocabulary", "event.survey ==", "event.survy ==", "nothing is called 'event.survy'; did you mean 'event.survey'?"),
        ("vocabulary", 'event.survey == "nps"', "days_since(account.seen_on) > 5", "'days_since' cannot be said here: there is no today to reckon from"),
        ("vocabulary", "nps: {type: number}", "nps: {type: numbr}", "type: 'numbr' is not one of text, number, count, share, score, money, boolean, date, list; did you mean 'number'?"),
        ("vocabulary", "nps: {type: number}", "nps: number", "nps: a mapping was expected: 'name: value' lines"),
        ("vocabulary", "values: {limit: 0.5, goal: 3}", "values: [1]", "values: a mapping was expected: 'name: value' lines"),
        ("segments", "account.arr >= 50000", "account.ar >= 50000", "nothing is called 'account.ar'; did you mean 'account.arr'?"),
        ("segments", "title: SMB", "title: SMB, when: account.ready", "segments: every segment but the last has a 'when:', and the last has none"),
        ("segments", "segment: smb", "segment: small", "account.segment is never 'small'"),
        ("roles", "chain, otherwise: cco", "chain, otherwise: ceo", "no role of ours is called 'ceo'; did you mean 'cco'?"),
        ("roles", "held_by: account.engineer", "held_by: account.enginer", "'account.enginer' names nobody; did you mean 'account.engineer'?"),
        ("roles", "sponsor: {otherwise: [champion]}", "sponsor: {otherwise: [champoin]}", "no role of theirs is called 'champoin'; did you mean 'champion'?"),
        ("roles", "cco: {held_by: team}", "cco:", "'held_by' is missing"),
        ("calendars", 'work: {opens: "09:00", closes: "17:00", days: [mon', 'work: {opens: "09:00", closes: "17:00", days: [mom', "days: 'mom' is not one of mon, tue, wed, thu, fri, sat, sun"),
        ("calendars", 'work: {opens: "09:00", closes: "17:00"', 'work: {opens: "09:00", closes: "09:00"', "a window that opens and closes at the same time is empty"),
        ("calendars", 'work: {opens: "09:00"', "work: {opens: 9", "opens: '9' is not a time of day like 09:00"),
        ("calendars", "days: [mon, tue, wed, thu, fri]}\nwork", "days: []}\nwork", "days: the list is empty; name one at least"),
        ("calendars", "days: [mon, tue, wed, thu, fri]}\nwork", "days: mon}\nwork", "days: a list was expected: '- …' lines"),
        ("ladders", "director, vp, cco]", "directr]", "no role of ours is called 'directr'; did you mean 'director'?"),
        ("ladders", "[owner, director, vp, cco]", "[]", "chain: the list is empty; name one at least"),
        ("ladders", "escalate: director}]\n  P2", "escalate: boss}]\n  P2", "no role of ours is called 'boss'"),
        ("ladders", "  P4: {counts_from: due, within: 5 business days}\n", "", "tasks says nothing of P4"),
        ("ladders", "{at: 75%, remind: assignee}, {after: 4 working hours, climb", "{at: 75, remind: assignee}, {after: 4 working hours, climb", "at: '75' is not a share of the time like 75%"),
        ("ladders", "{after: 5 business days, climb: true}", "{after: 5 business days}", "a rung does something: 'remind:', 'escalate:' or 'climb: true'"),
        ("ladders", "{after: 5 business days, climb: true}", "{climb: true}", "a rung has either 'at:' (75%) or 'after:' (2 business days)"),
        ("ladders", "snooze: 10 business days", "snooze: for ever", "snooze: 'for ever' is not a duration; write it like '3 days', '2 business days' or '4 working hours'"),
        ("health", "seats, zero: 0", "seats, zero: 10", "'zero' and 'full' are the same; a scale needs two ends"),
        ("health", "fact: account.seats", "fact: account.segment", "'account.segment' is not a number that is declared; did you mean 'account.engagement'?"),
        ("health", "told: account.usage", "told: account.arr", "'account.arr' is not a score that is declared; did you mean 'account.usage'?"),
        ("health", "from: 90", "from: 60", "bands go from best to worst, each beginning lower, and the last from 0"),
        ("health", "from: 0", "from: 10", "bands go from best to worst, each beginning lower, and the last from 0"),
        ("health", "band: high_risk, because", "band: highrisk, because", "no band is called 'highrisk'; did you mean 'high_risk'?"),
        ("health", "owner: vp", "owner: ceo", "no role of ours is called 'ceo'; did you mean 'cco'?"),
        ("health", "unknown_to: pool", "unknown_to: nobody", "no role of ours is called 'nobody'"),
        ("health", "health.usage < 30", "health.use < 30", "nothing is called 'health.use'; did you mean 'health.usage'?"),
        ("health", "weight: 30", "weight: thirty", "weight: 'thirty' is not a number"),
        ("health", "weight: 30", "weight: nan", "weight: 'nan' is not a number"),
        ("health", "weight: 30", "weight: 0", "weight: a weight is more than 0; leave out what does not count"),
        ("health", "  satisfaction: {", "  loyalty: {", "vocabulary.yaml declares no health.loyalty"),
        ("contact", "[renewal", "[[renewal]", "classes: one word or sentence was expected here; a value that begins with { or [ must be quoted"),
        ("contact", "classes:", "clases:", "'clases' is not a field here; did you mean 'classes'?"),
        ("brand", "https://app", "http://app", "'app': an address begins with https://"),
        ("webhooks", "https://hooks", "http://hooks", "'crm': an address begins with https://"),
    ],
)  # fmt: skip
def test_a_policy_is_refused_in_its_line(policy: str, old: str, new: str, expected: str) -> None:
    assert POLICIES[policy].count(old) == 1
    found = set_faults(**{policy: POLICIES[policy].replace(old, new)})
    sentences = [re.sub(r"^journeys/policies/\w+\.yaml:(\d+):\d+: ", "", fault) for fault in found]
    assert expected in sentences
    assert all(fault.startswith(f"journeys/policies/{policy}.yaml:") for fault in found)


@pytest.mark.parametrize(
    ("kind", "name", "text", "expected"),
    [
        ("journey", "story", "journey: stroy\ntitle: x\nfor: account\nstarts: {manual: true}\nanchor: start\nclass: growth\nsteps: [{wait: 1 day}]", "journeys/story.yaml:1:10: the file is called story.yaml and the journey 'stroy'; they must agree"),
        ("journey", "probe", "journey: probe\ntitle: x\nfor: account\nstarts: {manual: true}\nanchor: start\nclass: growth\nsteps: [{wait: 1 day}]", "journeys/probe.yaml:1:10: 'probe' is the name of a workflow of Tenure's own; call the journey otherwise"),
        ("policy", "helth", "a: 1", "journeys/policies/helth.yaml:1:1: no policy is called 'helth'; did you mean 'health'?"),
        ("policy", "roles", "", "journeys/policies/roles.yaml:1:1: the file is empty"),
        ("policy", "roles", "- a", "journeys/policies/roles.yaml:1:1: a mapping was expected here: 'name: value' lines"),
        ("template", "tasks/x", "---\ntitle: Hi {{ account.nme }}\n---\nx", "templates/tasks/x.md:2:14: templates know no 'account.nme'; did you mean 'account.name'?"),
        ("template", "tasks/x", "---\ntitle: x\n---\n\n{{ accnt.id }}", "templates/tasks/x.md:5:4: templates know no 'accnt.id'; did you mean 'account.id'?"),
        ("template", "slack/x", "---\nsubject: x\n---\n{{ steps.call }}", "templates/slack/x.md:4:4: templates know no 'steps.call'"),
        ("template", "tasks/x", "---\ntitle: x\n---\n{{ x | attr('y') }}", "templates/tasks/x.md:4:1: no filter is called 'attr'"),
        ("template", "tasks/x", "---\ntitle: x\n---\n{% include 'y' %}", "templates/tasks/x.md:4:1: templates know no include; use values, filters, if and for"),
        ("template", "tasks/x", "title: x", "templates/tasks/x.md:1:1: a template begins with its fields between two '---' lines, then its text"),
        ("template", "tasks/x", "---\ntitle: x\n---\n\n", "templates/tasks/x.md:4:1: there is no text below the second '---'"),
        ("template", "tasks/Big Plan", "---\ntitle: x\n---\nx", "templates/tasks/Big Plan.md:1:1: 'Big Plan' cannot name a template; use small letters, digits and hyphens"),
        ("template", "sms/x", "x", "templates/sms/x:1:1: templates/sms is not a folder of templates; use email, slack or tasks"),
    ],
)  # fmt: skip
def test_a_set_is_refused_where_it_does_not_fit(kind: str, name: str, text: str, expected: str) -> None:
    assert set_faults((kind, name, text)) == [expected]


def test_a_policy_that_is_missing_is_named() -> None:
    texts = {("policy", name): text for name, text in POLICIES.items() if name != "brand"}
    assert [str(fault) for fault in checking.check(texts)] == ["journeys/policies/brand.yaml:1:1: this policy is missing"]


def test_every_fault_is_told_at_once_and_in_order() -> None:
    text = """
        stage: gone
        steps:
          - {send: helo, to: champoin}
          - {task: cal, owner: csm, when: account.redy and account.sgment == "smb"}
    """
    assert [fault.split(":")[0] for fault in faults(text)] == ["1", "3", "3", "4", "4", "4"]


def test_a_fault_of_one_segment_is_told_once() -> None:
    assert faults("steps: [{task: plan, owner: {by segment: {smb: ceo, enterprise: boss, else: csm}}}]") == [
        "1:48: no role of ours is called 'ceo'; did you mean 'cco'?",
        "1:65: no role of ours is called 'boss'",
    ]


@pytest.mark.parametrize("count", [1000, 1001])
def test_a_journey_has_at_most_a_thousand_steps(count: int) -> None:
    text = "steps:\n" + "".join(f"  - {{id: s{number}, task: call, owner: csm}}\n" for number in range(count))
    assert faults(text) == ([] if count == 1000 else ["-5:1: more than 1000 steps; split the journey"])


def test_many_faults_are_found_quickly() -> None:
    text = "steps:\n" + "".join(f"  - {{id: s{number}, tsk: call, onwer: csm}}\n" for number in range(300))
    begun = time.perf_counter()
    assert len(faults(text)) == 300
    assert time.perf_counter() - begun < 5
