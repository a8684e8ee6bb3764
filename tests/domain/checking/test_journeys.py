"""What is refused of one journey: a step, a head, a text."""

from __future__ import annotations

import pytest

from tests.domain.checking.kit import STEPS, faults


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
