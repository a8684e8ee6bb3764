"""`tenure check`: each fault of a text is a sentence at its place. Lines count from the text of the row, columns from its step."""

from __future__ import annotations

import copy
import re
import textwrap
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain import checking
from domain.language import VERBS
from tests.domain.kit import HEAD, POLICIES, a_house

STEPS = ", ".join(VERBS)


def faults(text: str) -> list[str]:
    """The faults of a journey whose missing head is filled in."""
    body = textwrap.dedent(text).strip("\n")
    head = [f"{name}: {value}" for name, value in HEAD.items() if not re.search(rf"^{name}:", body, re.MULTILINE)]
    found = checking.check_text("\n".join([*head, body]), "story.yaml", a_house(), ["other"])
    return [f"{fault.mark.line - len(head)}:{fault.mark.column}: {fault.sentence}" for fault in found]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{emial: hello, to: champion}", f"1: no step is called 'emial'; a step is one of {STEPS}"),
        ("{sned: hello, to: champion}", "1: no step is called 'sned'; did you mean 'send'?"),
        ("{to: champion}", f"1: a step is one of {STEPS}; here is none of them"),
        ("{}", f"1: a step is one of {STEPS}; here is none of them"),
        ("{send: hello}", "1: 'to' is missing"),
        ("{send: helo, to: champion}", "8: there is no templates/email/helo.md; did you mean 'hello'?"),
        ("{send: hello, to: champoin}", "19: no role of theirs is called 'champoin'; did you mean 'champion'?"),
        ("{send: hello, to: director}", "19: no role of theirs is called 'director'"),
        ("{send: hello, to: []}", "19: to: the list is empty; name one at least"),
        ("{send: hello, to: champion, too: user}", "34: 'too' is not a field here; did you mean 'to'?"),
        ('{send: hello, to: champion, when: account.segmnt == "smb"}', "35: nothing is called 'account.segmnt'; did you mean 'account.segment'?"),
        ("""{send: hello, to: champion, when: 'account.segment == "smbs"'}""", "55: account.segment is never 'smbs'; did you mean 'smb'?"),
        ("{send: hello, to: champion, when: account.segment < 3}", "53: a text and a number do not compare"),
        ('{send: hello, to: champion, when: account.share < "60"}', "51: a number and a text do not compare"),
        ('{send: hello, to: champion, when: account.ready == "yes"}', "52: a boolean and a text do not compare"),
        ("{send: hello, to: champion, when: account.left_on > 30}", "53: a date and a number do not compare"),
        ("{send: hello, to: champion, when: __import__('os')}", "35: when: '__import__('os')': the only functions are count(x), days_since(x), days_until(x)"),
        ("{send: hello, to: champion, when: account.arr = 5}", "47: when: 'account.arr = 5' is not a condition: to compare, write =="),
        ("{send: hello, to: champion, when: steps.call.done_on}", "35: nothing is called 'steps.call.done_on'; did you mean 'steps.hello.done_on'?"),
        ("{task: call, owner: csm}, {send: hello, to: champion, when: steps.call.finished}", "61: steps tell no 'finished'; they tell done_on, outcome, answer, approved, clicked, replied, visits"),
        ("{task: call, owner: csm}, {send: hello, to: champion, when: steps.cal.done_on}", "61: nothing is called 'steps.cal.done_on'; did you mean 'steps.call.done_on'?"),
        ("{task: call, owner: csm}, {send: hello, to: champion, when: steps.call}", "61: nothing is called 'steps.call'; did you mean 'steps.call.visits'?"),
        ("{send: hello, to: champion}, {send: hello, to: user}", "30: two steps are called 'send-hello' (the first is at line 7); give one an 'id:' of its own"),
        ("{id: Welcome Call, task: call, owner: csm}", "6: id: 'Welcome Call' is not a name; use small letters, digits and hyphens, like 'welcome-call'"),
        ("{id: '', task: call, owner: csm}", "6: id: '' is not a name; use small letters, digits and hyphens, like 'welcome-call'"),
        ("{send: hello, to: champion, at: day -}", "33: at: 'day -' is not a day; write 'start', 'day 30' or 'contract.decision_on - 90 days'"),
        ("{send: hello, to: champion, at: 5}", "33: at: '5' is not a day; write 'start', 'day 30' or 'contract.decision_on - 90 days'"),
        ("{send: hello, to: champion, at: []}", "33: at: the list is empty; name one at least"),
        ("{send: hello, to: champion, at: 9:30}", "33: at: '9:30' is not a day; write 'start', 'day 30' or 'contract.decision_on - 90 days'"),
        ("{send: hello, to: champion, at: contract.decision - 90 days}", "33: 'contract.decision' is not a date fact; did you mean 'contract.decision_on'?"),
        ("{send: hello, to: champion, at: account.segment - 9 days}", "33: 'account.segment' is not a date fact; did you mean 'account.seen_on'?"),
        ("{send: hello, to: champion, at: contract.decision_on - 3 hours}", "33: at: 'contract.decision_on - 3 hours': a date moves by days, business days or weeks"),
        ("{send: hello, to: champion, at: [day 5, day 3]}", "33: its days are not in order"),
        ("{wait: -3 days}", "8: wait: '-3 days' is not a duration; write it like '3 days', '2 business days' or '4 working hours'"),
        ("{wait: 0 days}", "8: wait: a duration of 0 waits for nothing; leave it out"),
        ("{wait: 3 fortnights}", "8: wait: '3 fortnights' is not a duration; write it like '3 days', '2 business days' or '4 working hours'"),
        ("{wait: 801 days}", "8: wait: 801 days is longer than 800 days"),
        ("{wait: until 25:00}", "8: wait: '25:00' is not a time of day like 09:00"),
        ("{wait: until 9:3}", "8: wait: '9:3' is not a day; write 'start', 'day 30' or 'contract.decision_on - 90 days'"),
        ("{wait: until start}", "8: wait: 'until start' never waits; write a day"),
        ("{wait: until account.nothing}", "8: 'account.nothing' is not a date fact; did you mean 'account.seen_on'?"),
        ("{wait: until 09:00, to: director}", "25: no role of theirs is called 'director'"),
        ("{wait_for: set_up}", "1: a wait must end: add 'within: 5 days' or 'until: day 7' (one of them)"),
        ("{wait_for: set_up, within: 5 days, until: day 9}", "1: a wait must end: add 'within: 5 days' or 'until: day 7' (one of them)"),
        ("{wait_for: setup, within: 5 days}", "12: no event is called 'setup'; did you mean 'set_up'?"),
        ("{wait_for: account.ready, where: event.x, within: 5 days}", "1: 'where' narrows an event; put it into the condition"),
        ('{wait_for: answered, where: event.survy == "nps", within: 5 days}', "29: nothing is called 'event.survy'; did you mean 'event.survey'?"),
        ("{wait_for: answered, where: event.survey == 5, within: 5 days}", "45: a text and a number do not compare"),
        ("{wait_for: day > 5, within: 9 days}", "12: 'day' changes without anybody telling, so nothing would look at this on the day: use 'at:' instead, or a fact about quiet (policies/vocabulary.yaml)"),
        ("{wait_for: days_since(account.left_on) > 5, within: 9 days}", "12: 'days_since' changes without anybody telling, so nothing would look at this on the day: use 'at:' instead, or a fact about quiet (policies/vocabulary.yaml)"),
        ("{wait_for: account.ready, since: yesterday, within: 9 days}", "34: since: 'yesterday' is not one of start, now"),
        ("{task: cal, owner: csm}", "8: there is no templates/tasks/cal.md; did you mean 'call'?"),
        ("{task: call}", "1: 'owner' is missing"),
        ("{task: call, owner: ceo}", "21: no role of ours is called 'ceo'; did you mean 'cco'?"),
        ("{task: call, owner: champion}", "21: no role of ours is called 'champion'"),
        ("{task: {{ account.name }}, owner: csm}", '9: a name was expected here; a value that begins with { or [ must be quoted: "{{ … }}"'),
        ("{task: [call, plan], owner: csm}", "8: task: one word or sentence was expected here; a value that begins with { or [ must be quoted"),
        ("{task: call, owner: csm, sla: P5}", "31: sla: 'P5' is not one of P1, P2, P3, P4"),
        ("{task: call, owner: csm, sla: 1}", "31: sla: '1' is not one of P1, P2, P3, P4; did you mean 'P1'?"),
        ("{task: call, owner: csm, due: soon}", "31: due: 'soon' is not a duration; write it like '3 days', '2 business days' or '4 working hours'"),
        ("{task: call, owner: csm, otherwise: [{send: hello, to: champion}]}", "1: 'otherwise' is for when a wait passes: add 'wait: 5 business days'"),
        ("{post: heads-up}", "8: nobody gets it: add 'to:', or 'channel:' to templates/slack/heads-up.md"),
        ("{post: cheer}", "8: there is no templates/slack/cheer.md; did you mean 'cheers'?"),
        ("{post: cheers, to: champion}", "20: no role of ours is called 'champion'"),
        ("{approval: price, by: boss}", "23: no role of ours is called 'boss'"),
        ("{approval: price}", "1: 'by' is missing"),
        ("{approval: price, by: director, otherwise: sent}", "44: otherwise: 'sent' is not one of send, skip, escalate; did you mean 'send'?"),
        ("{send: hello, to: champion, approval: {by: boss}}", "44: no role of ours is called 'boss'"),
        ("{send: hello, to: champion, approval: csm}", "39: approval: a mapping was expected: 'name: value' lines"),
        ("{escalate: stuck, to: ceo}", "23: no role of ours is called 'ceo'; did you mean 'cco'?"),
        ("{escalate: stuck}", "1: 'to' is missing"),
        ("{set: account.ready}", "7: set: write the facts to set as a mapping: {account.stage: adoption}"),
        ("{set: {account.redy: true}}", "7: 'account.redy' is not a declared fact; did you mean 'account.ready'?"),
        ("{set: {account.stage: gone}}", "7: account.stage: 'gone' is not one of new, won, lost"),
        ("{set: {account.share: 70}}", "7: account.share: 70 is not a share (0 to 1)"),
        ("{set: {account.quiet: true}}", "7: 'account.quiet' follows from other facts and cannot be set"),
        ("{set: {health.score: 5}}", "7: 'health.score' cannot be set by a step"),
        ("{set: {account.stage: today}}", "7: 'account.stage' is not a date fact; did you mean 'account.seen_on'?"),
        ("{set: {tag: 5}}", "7: 'tag' takes one word"),
        ("{start: onbording}", "9: no journey is called 'onbording'"),
        ("{stop: othr}", "8: no journey is called 'othr'; did you mean 'other'?"),
        ("{hold: {journey: othr}}", "8: no journey is called 'othr'; did you mean 'other'?"),
        ("{hold: {classes: [news]}}", "8: no class of mail is called 'news'"),
        ("{hold: {journey: other, classes: [growth]}}", "8: hold: hold either a journey ({journey: growth}) or classes of mail ({classes: [growth, advocacy]})"),
        ("{hold: {}}", "8: hold: hold either a journey ({journey: growth}) or classes of mail ({classes: [growth, advocacy]})"),
        ("{webhook: crmm}", "11: no webhook is called 'crmm'; did you mean 'crm'?"),
        ("{task: plan, owner: {by segment: {enterprise: csm}}}", "34: no value for mid_market, smb: name every segment or add 'else:'"),
        ("{task: plan, owner: {by segment: {enterprize: csm, else: csm}}}", "47: 'enterprize' is not a segment; did you mean 'enterprise'?"),
        ("{task: plan, owner: {by segment: csm}}", "34: 'by segment:' takes a mapping of segments to values and stands alone"),
        ("{task: plan, owner: {by segment: {else: csm}, else: pool}}", "34: 'by segment:' takes a mapping of segments to values and stands alone"),
        ("{task: plan, owner: {by segment: {smb: ceo, else: csm}}}", "40: no role of ours is called 'ceo'; did you mean 'cco'?"),
        ("{send: hello, to: contact}", "19: no role of theirs is called 'contact'"),
        ("{task: , owner: csm}", "8: task: it comes out empty (a # begins a comment): leave the # out, or quote it"),
        ('{task: call, owner: csm, when: "account.redy"}', "33: nothing is called 'account.redy'; did you mean 'account.ready'?"),
        ("{task: call, owner: csm, when: count(account.arr) > 2}", "38: count(x) takes a list, and this is a number"),
        ("{task: call, owner: csm, when: account.segment * 2 > 3}", "32: a text is no number to reckon with"),
        ("{task: call, owner: csm, late: maybe}", "32: late: 'maybe' is not one of run, skip, {skip_after: 10 days}"),
    ],
)  # fmt: skip
def test_a_step_is_refused_at_its_column(step: str, expected: str) -> None:
    column, sentence = expected.split(": ", 1)
    assert faults(f"steps: [{step}]") == [f"1:{int(column) + 8}: {sentence}"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("journey: Story", "1:10: journey: 'Story' is not a name; use small letters, digits and hyphens, like 'welcome-call'"),
        ("anchor: contract.begins_on", "1:9: 'contract.begins_on' is neither 'start' nor a date fact; did you mean 'contract.ends_on'?"),
        ("class: news", "1:8: no class of mail is called 'news'"),
        ("stage: gone", "1:8: no stage is called 'gone'"),
        ("for: user", "1:6: for: 'user' is not one of account, contract, contact"),
        ("late: later", "1:7: late: 'later' is not one of run, skip, {skip_after: 10 days}"),
        ("late: {skip_after: soon}", "1:7: late: 'soon' is not a duration; write it like '3 days', '2 business days' or '4 working hours'"),
        ("starts: {reenter: never}", "1:9: starts: nothing starts it: add 'on:', 'at:', 'band:', 'stage:' or 'manual: true'"),
        ("starts: {on: signedup}", "1:14: no event is called 'signedup'; did you mean 'signed_up'?"),
        ("starts: {on: Signed-Up}", "1:14: on: 'Signed-Up' is not an event; use small letters, digits and underscores, like 'signed_up'"),
        ("starts: {at: start}", "1:9: starts: 'at: start' says nothing here; write a day from the anchor, like 'day -90'"),
        ("starts: {at: day -90}\nanchor: start", "1:14: a journey anchored at its own start cannot begin on a day from it"),
        ("starts: {band: [bad]}", "1:16: no band is called 'bad'"),
        ("starts: {stage: gone}", "1:17: no stage is called 'gone'"),
        ("starts: {stage: won, where: account.ready}", "1:9: starts: 'where' narrows an event; put it into 'when'"),
        ("starts: {manual: yes}", "1:18: manual: 'yes' is neither true nor false"),
        ("starts: {manual: true, reenter: sometimes}", "1:33: reenter: 'sometimes' is not one of never, always, 'after 90 days'"),
        ("starts: {manual: true, when: day > 3}", "1:30: 'day' is not known before a run begins"),
        ("starts: {on: signed_up, when: steps.call.done_on}", "1:31: 'steps.call.done_on' is not known before a run begins"),
        ("goal: account.redy", "1:7: nothing is called 'account.redy'; did you mean 'account.ready'?"),
        ("goal: day > 30", "1:7: 'day' changes without anybody telling, so nothing would look at this on the day: use 'at:' instead, or a fact about quiet (policies/vocabulary.yaml)"),
        ("ends: {when: account.ready}", "1:7: ends: a list was expected: '- …' lines"),
        ("ends: [{then: []}]", "1:8: an end has either 'on:' (events) or 'when:' (a condition)"),
        ("ends: [{on: gone, when: account.ready}]", "1:8: an end has either 'on:' (events) or 'when:' (a condition)"),
        ("ends: [{when: account.ready, where: account.ready}]", "1:8: 'where' narrows an event; put it into 'when'"),
        ("ends: [{on: gone, tasks: drop}]", "1:26: tasks: 'drop' is not one of close, keep, hand_on"),
        ("whenever: [{on: seen, when: account.ready, steps: [{task: call, owner: csm}]}]", "1:12: a whenever has one of 'on:' (events), 'when:' (a condition becoming true), 'band:'"),
        ("whenever: [{steps: [{task: call, owner: csm}]}]", "1:12: a whenever has one of 'on:' (events), 'when:' (a condition becoming true), 'band:'"),
        ("whenever: [{when: account.ready, where: event.x, steps: [{task: call, owner: csm}]}]", "1:12: 'where' narrows an event; put it into 'when'"),
        ("whenever: [{on: seen, steps: []}]", "1:12: a whenever needs steps to take"),
        ("whenever: [{on: seen, again: often, steps: [{task: call, owner: csm}]}]", "1:30: again: 'often' is not one of never, each, 'after 30 days'"),
        ("whenever: [{band: bad, steps: [{task: plan, owner: csm}]}]", "1:19: no band is called 'bad'"),
        ("apart: 2", "1:8: apart: '2' is not a duration; write it like '3 days', '2 business days' or '4 working hours'"),
        ("tracks: [a]", "1:9: tracks: a mapping was expected: 'name: value' lines"),
    ],
)  # fmt: skip
def test_a_head_is_refused_at_its_column(head: str, expected: str) -> None:
    assert faults(f"{head}\nsteps: [{{task: call, owner: csm}}]") == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps: [hello]", f"1:9: no step is called 'hello'; a step is one of {STEPS}"),
        ("steps: hello", "1:8: steps: a list was expected: '- …' lines"),
        ("steps: []", "-5:1: a journey needs at least one step"),
        ("steps:", "1:7: steps: a list was expected: '- …' lines"),
        (
            """
            steps:
              - {id: a, task: call, owner: csm}
              - {id: b, task: call, owner: csm}
              - {send: hello, to: champion, when: steps.call.done_on}
            """,
            "4:39: several steps are called 'call': say steps.a or steps.b",
        ),
        (
            """
            steps:
              - {send: hello, to: champion, at: day 45}
              - {send: news, to: champion, at: day 30}
            """,
            "3:36: day 30 comes after day 45 in the same list; move it up, or into a track of its own",
        ),
        ("steps: [{post: #wins}]", "2:1: this is not YAML: did not find expected node content"),
        (
            """
            steps:
              - post: #wins
            """,
            "2:10: post: it comes out empty (a # begins a comment): leave the # out, or quote it",
        ),
        (
            """
            steps:
              - branch: a
                cases:
                  - {when: account.ready, steps: []}
            """,
            "2:5: a branch ends with 'else:', so that no account falls through (an empty list does nothing)",
        ),
        (
            """
            steps:
              - branch: a
                cases:
                  - {else: []}
                  - {when: account.ready, steps: []}
            """,
            "2:5: a branch ends with 'else:', so that no account falls through (an empty list does nothing)",
        ),
        (
            """
            steps:
              - branch: a
                cases: []
            """,
            "2:5: a branch ends with 'else:', so that no account falls through (an empty list does nothing)",
        ),
        (
            """
            steps:
              - branch: a
                cases:
                  - {when: account.ready, else: []}
            """,
            "4:9: write either 'when:' with 'steps:', or 'else:' with the steps",
        ),
        (
            """
            steps:
              - branch: a
                cases:
                  - {verdict: x, when: account.ready, steps: []}
                  - {else: []}
            """,
            "2:5: a branch has no verdicts; use 'check:' to record one",
        ),
        (
            """
            steps:
              - check: a
                verdicts: {else: []}
            """,
            "3:15: verdicts: a list was expected: '- …' lines",
        ),
        (
            """
            steps:
              - split: a
                arms: [{arm: x, percent: 50, steps: []}, {arm: y, percent: 40, steps: []}]
            """,
            "2:5: the arms' percent add up to 100, each at least 1",
        ),
        (
            """
            steps:
              - split: a
                arms: [{arm: x, percent: half, steps: []}]
            """,
            "3:30: percent: 'half' is not a whole number",
        ),
        (
            """
            steps:
              - repeat: a
                every: 7 days
                until: account.ready
                steps: []
            """,
            "2:5: a repeat needs steps to repeat",
        ),
        (
            """
            steps:
              - repeat: a
                every: 2 hours
                until: account.ready
                steps: [{task: call, owner: csm}]
            """,
            "2:5: a repeat comes round at most once a day: 'every: 1 day' or more",
        ),
        (
            """
            steps:
              - repeat: a
                every: 7 days
                steps: [{task: call, owner: csm}]
            """,
            "2:5: 'until' is missing",
        ),
        (
            """
            steps:
              - repeat: a
                every: 7 days
                until: account.ready
                steps: [{task: call, owner: csm, at: [day 1, day 2]}]
            """,
            "5:42: several dates inside a repeat would start over each round; write one step each",
        ),
        (
            """
            steps: [{task: review, owner: csm}]
            whenever:
              - {on: seen, steps: [{task: call, owner: csm}]}
              - {on: seen, steps: [{task: plan, owner: csm}]}
            """,
            "4:5: two whenevers are called 'seen'; give one a 'name:'",
        ),
        (
            """
            steps: [{task: plan, owner: csm}]
            tracks: {steps: [{task: call, owner: csm}]}
            """,
            "2:9: 'steps' cannot name a track; choose another word",
        ),
        ("stepps: [{task: plan, owner: csm}]", "1:9: 'stepps' is not a field here; did you mean 'steps'?"),
        (
            """
            steps:
              - send: hello
                to: champion
                when: >-
                  account.ready and
                  account.redy
            """,
            "4:30: nothing is called 'account.redy'; did you mean 'account.ready'?",
        ),
    ],
)  # fmt: skip
def test_a_text_is_refused_at_its_place(text: str, expected: str) -> None:
    assert faults(text) == [expected]


# A whole set


def set_faults(*texts: tuple[str, str, str], **policies: str) -> list[str]:
    """The faults of the house of tests/domain/house with other policies and some more texts, and of one journey beside them."""
    found = {("policy", name): text for name, text in (POLICIES | policies).items()}
    found["journey", "other"] = "\n".join(
        [*(f"{name}: {value}" for name, value in {**HEAD, "journey": "other"}.items()), "steps: [{wait: 1 day}]"]
    )
    return [str(fault) for fault in checking.check(found | {(kind, name): text for kind, name, text in texts})]


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


# Whatever is written is read or refused


def _plain(text: str) -> Any:
    return yaml.load(text, yaml.BaseLoader)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, (*place, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _places(item, (*place, number))


def _with(value: Any, place: tuple[Any, ...], instead: Any) -> Any:
    if not place:
        return instead
    changed = copy.copy(value)
    changed[place[0]] = _with(value[place[0]], place[1:], instead)
    return changed


STRANGE: list[Any] = [
    None, "", [], {}, "x", "5", "-1", "nan", "day 5", "account.arr", "2026-01-01", ["x"], [["x"]], {"x": "y"}, {"else": []}, {"when": "x"},
    {"by segment": {"smb": "x"}}, {"by segment": "x"},
]  # fmt: skip
RICH = """
    starts: {at: {by segment: {smb: day -3, else: day -9}}, reenter: after 9 days, when: account.ready}
    goal: account.ready
    ends: [{on: gone, where: event.reason == "x", then: [{post: cheers}], tasks: keep}, {when: account.left_on}]
    late: {skip_after: 3 days}
    apart: 2 business days
    steps:
      - {send: hello, at: [start, day 3], to: [champion, user], approval: {by: csm, within: 2 days, otherwise: send, when: account.ready}}
      - {task: call, owner: csm, due: 3 days, outcomes: [a, b], wait: 2 days, otherwise: [{escalate: x, to: vp, sla: P1, why: y}]}
      - {wait: until day 9}
      - {id: w, wait_for: answered, where: event.score > 3, within: 3 days, since: now, otherwise: [{set: {account.stage: won, tag: y}}]}
      - {branch: b, cases: [{when: account.ready, steps: [{approval: z, by: vp}]}, {else: [{start: other}]}]}
      - {check: c, verdicts: [{verdict: good, when: account.ready, steps: [{stop: other}]}, {else: []}]}
      - {split: d, arms: [{arm: one, percent: 40, steps: []}, {arm: two, percent: 60, steps: [{webhook: crm}]}]}
      - {repeat: e, every: 3 days, until: account.ready, steps: [{hold: {classes: [growth]}, for: 2 days}]}
    tracks: {beside: [{id: f, wait: until 09:00, to: champion}]}
    whenever: [{on: seen, again: after 3 days, steps: [{post: heads-up, to: csm}]}, {band: critical, steps: [{task: plan, owner: csm}]}]
"""


HEAD_OF_RICH = {name: _plain(value) for name, value in HEAD.items() if name != "starts"}


def test_the_rich_journey_is_sound() -> None:
    assert faults(RICH) == []


@given(st.data())
def test_a_journey_with_something_strange_in_it_is_read_or_refused(data: st.DataObject) -> None:
    text = _plain(textwrap.dedent(RICH)) | HEAD_OF_RICH
    place = data.draw(st.sampled_from(list(_places(text))))
    strange = _with(text, place, data.draw(st.sampled_from(STRANGE)))
    for fault in checking.check_text(yaml.safe_dump(strange, sort_keys=False), "story.yaml", a_house(), ["other"]):
        assert fault.mark.file == "story.yaml"


@given(st.data())
def test_a_policy_with_something_strange_in_it_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(POLICIES)))
    text = _plain(POLICIES[name])
    place = data.draw(st.sampled_from(list(_places(text))))
    strange = _with(text, place, data.draw(st.sampled_from(STRANGE)))
    set_faults(**{name: yaml.safe_dump(strange, sort_keys=False)})
