"""Two versions of a journey, and what is said of the difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain import comparing, differing, journey
from domain.difference import Difference
from domain.journey import Journey
from domain.language import STEPS
from tests.domain.changes import a_change, compiled, meaning, one_of_each_change
from tests.domain.generated import a_text
from tests.domain.kit import a_house, a_journey

TITLES = {"enterprise": "Enterprise", "mid_market": "Mid-Market", "smb": "SMB"}

STORY = """
steps:
  - {send: hello, to: champion, at: start}
  - {task: call, owner: csm, sla: P2, at: day 1, when: account.segment != "smb"}
  - {wait: 5 business days}
  - {send: news, to: [champion, admin], at: [day 35, day 42, day 49], when: not account.quiet, approval: {by: owner, within: 2 business days}}
  - wait_for: answered
    where: event.survey == "nps"
    within: 5 days
    otherwise: [{task: plan, owner: csm, sla: P3}]
  - branch: nps
    cases:
      - {when: steps.wait_for_answered.answer <= 6, steps: [{escalate: unhappy, to: director}]}
      - else: [{set: {tag: promoter}}]
  - check: fit
    verdicts:
      - {verdict: good, when: account.wishes > 5 and account.ready, steps: []}
      - else: []
  - split: tone
    arms: [{arm: warm, percent: 50, steps: [{send: offer, to: champion}]}, {arm: cool, percent: 50, steps: [{send: thanks, to: champion}]}]
tracks:
  beside:
    - {post: cheers, at: {by segment: {enterprise: day 3, else: day 4}}}
    - {task: review, owner: csm}
whenever:
  - {name: signed, on: signed, again: never, steps: [{post: heads-up, to: owner}]}
ends:
  - {when: account.stage == "lost", tasks: close}
  - {on: gone}
"""


def changed(*changes: tuple[str, str], text: str = STORY) -> list[Difference]:
    """What is said when these words of a story become those."""
    after = text
    for old, new in changes:
        assert old in after, old
        after = after.replace(old, new)
    return differing.journeys(a_journey(text), a_journey(after), TITLES)


def said(*changes: tuple[str, str], text: str = STORY) -> list[str]:
    return [difference.sentence for difference in changed(*changes, text=text)]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("day 42", "day 44", "A story mail 2 (send-news, visit 2) moves from day 42 to day 44"),
        (", day 49]", "]", "send-news no longer comes on day 49"),
        ("day 49]", "day 49, day 56]", "send-news also comes on day 56"),
        ("day 42, day 49]", "day 50]", "send-news comes on day 35 and day 50 instead of day 35, day 42 and day 49"),
        (", at: start", "", "send-hello comes when its track gets there, and not at the start"),
        ("to: champion, at: start", "to: sponsor, at: start", "send-hello goes to the sponsor instead of the champion"),
        ("5 business days", "7 business days", "the wait before send-news is 7 business days instead of 5"),
        ("within: 5 days", "within: 7 days", "wait-for-answered waits 7 days instead of 5 at most"),
        ("within: 5 days", "until: day 60", "wait-for-answered waits until day 60 at most, instead of 5 days at most"),
        ("answer <= 6", "answer <= 5", "the branch 'nps' asks answer <= 5 instead of <= 6"),
        ("wishes > 5 and", "wishes > 4 and", "the check 'fit' asks account.wishes > 4 instead of > 5"),
        ("wishes > 5 and account.ready", "wishes > 5", "the check 'fit' no longer asks account.ready"),
        ("account.ready", "account.ready and account.quiet", "the check 'fit' now asks also account.quiet"),
        ("verdict: good", "verdict: fine", "the check 'fit' gives the verdict 'fine' instead of 'good' for account.wishes > 5 and account.ready"),
        ("when: not account.quiet, ", "", "send-news no longer comes only if not account.quiet"),
        (", approval: {by: owner, within: 2 business days}", "", "send-news no longer needs approval by the owner"),
        ("by: owner, within: 2 business days", "by: vp, within: 2 business days", "the approval of send-news is decided by the VP instead of the owner"),
        ("within: 2 business days", "within: 4 hours", "the approval of send-news must be decided within 4 hours instead of 2 business days"),
        ('survey == "nps"', 'survey == "ces"', 'what wait-for-answered waits for asks event.survey == "ces" instead of == "nps"'),
        ("owner: csm, sla: P3", "owner: engineer, sla: P3", "task-plan goes to the engineer instead of the CSM"),
        ("sla: P3", "sla: P1", "task-plan has SLA P1 instead of P3"),
        ("again: never", "again: after 3 days", "whenever 'signed' begins again after 3 days instead of never"),
        ("tasks: close", "tasks: keep", 'the end when account.stage == "lost" leaves open tasks kept instead of closed'),
        ("  beside:", "  later:", "the track 'beside' is called 'later' now"),
        ("{send: thanks, to: champion}", "{send: reminder, to: champion}", "send-reminder takes the place of send-thanks: a mail to the champion"),
        ("{send: hello, ", "{id: greeting, send: hello, ", "send-hello is called greeting now"),
    ],
)  # fmt: skip
def test_a_change_is_one_sentence(old: str, new: str, sentence: str) -> None:
    (difference,) = changed((old, new))
    assert difference.sentence == sentence
    assert difference.segments == a_house().segments


def test_a_new_step_says_what_it_is_and_where() -> None:
    assert said(("  - {send: hello, to: champion, at: start}\n", ""), text=STORY) == ["send-hello is removed"]
    without = STORY.replace("  - {send: hello, to: champion, at: start}\n", "")
    back = differing.journeys(a_journey(without), a_journey(STORY), TITLES)
    assert [each.sentence for each in back] == ["send-hello is new: a mail to the champion at the start"]
    assert said(("else: [{set: {tag: promoter}}]", "else: [{set: {tag: promoter}}, {send: thanks, id: praise, to: user}]")) == [
        "praise is new: a mail to the user (branch-nps, else)"
    ]


def test_a_step_that_is_removed_takes_those_inside_it_along() -> None:
    gone = STORY[: STORY.index("  - branch: nps")] + STORY[STORY.index("  - check: fit") :]
    found = differing.journeys(a_journey(STORY), a_journey(gone), TITLES)
    assert [each.sentence for each in found] == ["branch-nps is removed", "escalate-unhappy is removed", "set-tag-promoter is removed"]


def test_a_step_that_moves_is_the_same_step() -> None:
    hello = "  - {send: hello, to: champion, at: start}\n"
    assert said((hello, ""), ("  - {wait: 5 business days}\n", "  - {wait: 5 business days}\n" + hello)) == [
        "send-hello now comes after the wait of 5 business days"
    ]
    assert said((hello, ""), ("    - {task: review, owner: csm}\n", "    - {task: review, owner: csm}\n  " + hello)) == [
        "send-hello is now in track 'beside', after task-review; it was in the main track"
    ]


def test_a_step_that_stands_elsewhere_is_told_beside_what_else_changed_of_it() -> None:
    lines = STORY.replace(
        "  - {post: cheers, at: {by segment: {enterprise: day 3, else: day 4}}}\n    - {task: review, owner: csm}",
        "  - {task: review, owner: csm, sla: P1}\n    - {post: cheers, at: {by segment: {enterprise: day 3, else: day 4}}}",
    )
    found = [each.sentence for each in differing.journeys(a_journey(STORY), a_journey(lines), TITLES)]
    assert found == ["task-review now comes first", "task-review has SLA P1 instead of P3"]


# Segments


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ("else: day 4", "else: day 5", ["for Mid-Market and SMB: post-cheers moves from day 4 to day 5"]),
        ("enterprise: day 3", "enterprise: day 2", ["for Enterprise only: post-cheers moves from day 3 to day 2"]),
        (
            "enterprise: day 3, else: day 4", "enterprise: day 2, else: day 5",
            ["for Enterprise only: post-cheers moves from day 3 to day 2", "for Mid-Market and SMB: post-cheers moves from day 4 to day 5"],
        ),
        ("sla: P2, at: day 1", "sla: P1, at: day 1", ["for Enterprise and Mid-Market: task-call has SLA P1 instead of P2"]),
        ('when: account.segment != "smb"', 'when: account.segment == "enterprise"', ["for Mid-Market only: task-call comes no more"]),
        (', when: account.segment != "smb"', "", ["for SMB only: task-call now comes: a P2 task for the CSM on day 1"]),
        (
            'when: account.segment != "smb"', 'when: account.segment != "smb" and account.quiet',
            ["for Enterprise and Mid-Market: task-call now comes only if account.quiet"],
        ),
        (
            '{task: call, owner: csm, sla: P2, at: day 1, when: account.segment != "smb"}', "{wait: 2 days}",
            ["for Enterprise and Mid-Market: task-call is removed", "a wait of 2 days before the wait of 5 business days is new"],
        ),
    ],
)  # fmt: skip
def test_what_holds_of_some_segments_is_said_of_them_alone_and_once(old: str, new: str, sentences: list[str]) -> None:
    assert said((old, new)) == sentences


def test_a_condition_that_means_the_same_to_every_segment_is_said_to_change_nothing() -> None:
    (difference,) = changed(('account.segment != "smb"', 'account.segment == "enterprise" or account.segment == "mid_market"'))
    assert difference.kind == "reworded"
    assert difference.sentence.endswith("which changes nothing")


def test_what_no_segment_comes_to_is_told_all_the_same() -> None:
    never = STORY.replace('!= "smb"', '== "giant"')
    assert said(("sla: P2", "sla: P1"), text=never) == ["task-call has SLA P1 instead of P2"]


def test_a_segment_that_is_new_is_compared_with_the_plan_its_runs_have_now() -> None:
    old = a_journey("steps: [{send: hello, to: champion, at: {by segment: {smb: day 2, else: day 1}}}]")
    house = a_house(segments=GIANTS)
    new = a_journey_of("steps: [{send: hello, to: champion, at: {by segment: {smb: day 2, giant: day 9, else: day 1}}}]", house.segments)
    assert [each.sentence for each in differing.journeys(old, new, TITLES)] == ["for giant only: send-hello moves from day 2 to day 9"]


GIANTS = """
segments:
  - {segment: giant, title: Giant, when: account.arr >= 500000}
  - {segment: enterprise, title: Enterprise, when: account.arr >= 50000}
  - {segment: mid_market, title: Mid-Market, when: account.arr >= 10000}
  - {segment: smb, title: SMB}
"""


def a_journey_of(text: str, segments: tuple[str, ...]) -> Journey:
    return journey.compile(
        a_journey(text.replace("giant: day 9, ", "")).text.replace("{smb: day 2, ", "{smb: day 2, giant: day 9, "), "story.yaml", segments
    )


# Whatever changes


def test_comments_and_layout_are_no_difference() -> None:
    spaced = STORY.replace("steps:\n", "# A story\nsteps:\n\n", 1).replace("account.wishes > 5 and", "account.wishes >  5  and")
    assert differing.journeys(a_journey(STORY), a_journey(spaced), TITLES) == []


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "journeys").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_journey_does_not_differ_from_itself(path: Path) -> None:
    text, segments = path.read_text(), ("enterprise", "mid_market", "smb")
    one, other = (journey.compile(text, file, segments) for file in (path.name, "another.yaml"))
    assert differing.journeys(one, other) == []


@given(a_text())
def test_a_generated_journey_does_not_differ_from_itself(text: str) -> None:
    assert differing.journeys(compiled(json.loads(text)), compiled(json.loads(text), "another.yaml")) == []


@given(st.data())
def test_whatever_is_changed_of_a_generated_journey_is_told(data: st.DataObject) -> None:
    text = data.draw(a_text())
    change = data.draw(a_change(text))
    assume(change is not None)
    assert change
    what, changed = change
    found = differing.journeys(compiled(json.loads(text)), changed, TITLES)
    assert found, what
    assert all(difference.sentence and difference.segments for difference in found)


@given(a_text(), a_text())
def test_any_two_journeys_differ_both_ways_unless_they_mean_the_same(one: str, other: str) -> None:
    first, second = compiled(json.loads(one)), compiled(json.loads(other))
    is_same = meaning(first) == meaning(second)
    assert bool(differing.journeys(first, second)) != is_same
    assert bool(differing.journeys(second, first)) != is_same


def test_whatever_is_changed_of_a_story_of_every_field_is_told() -> None:
    story = compiled(WHOLE)
    untold = [what for what, changed in one_of_each_change(WHOLE) if not differing.journeys(story, changed)]
    assert untold == []


def test_every_field_of_every_step_has_its_words() -> None:
    aside = {"id", "verb", "mark", "marks"}
    held = {("task", "otherwise"), ("wait_for", "otherwise"), ("repeat", "steps")}
    for step in STEPS:
        verb = step.model_fields["verb"].default
        for name in set(step.model_fields) - aside:
            known = {name, f"{verb}.{name}"}
            assert known & (comparing.STEP_SPECIAL | comparing.STEP_SAYS.keys()) or (verb, name) in held, f"{verb}: {name}"


# One of everything: each field that the language has is written here.
WHOLE = {
    "journey": "whole", "title": "Whole", "stage": "adoption", "for": "account", "anchor": "contract.starts_on", "goal": "account.ready",
    "starts": {"on": "signed", "where": "event.score > 1", "when": "account.wishes > 1", "reenter": "after 9 days"},
    "late": "run", "apart": "1 day", "class": "onboarding",
    "ends": [{"on": "gone", "where": "event.score > 2", "then": [{"send": "thanks", "to": "champion"}], "tasks": "keep"}, {"when": "account.left_on"}],
    "steps": [
        {"send": "hello", "to": ["champion", "user"], "at": "day 1", "when": "account.quiet", "late": "skip", "approval": {"by": "csm", "within": "2 days", "otherwise": "send", "when": "day > 2"}},
        {"id": "heads", "post": "heads-up", "to": "owner"},
        {"task": "call", "owner": "csm", "due": "2 days", "sla": "P2", "outcomes": ["good", "bad"], "wait": "4 days", "otherwise": [{"post": "cheers"}]},
        {"approval": "price", "by": "vp", "within": "2 days", "otherwise": "skip"},
        {"wait": "until 09:00", "to": "champion"},
        {"wait": "3 days"},
        {"wait_for": "answered", "where": "event.score > 1", "within": "2 days", "since": "now", "otherwise": [{"wait": "1 week"}]},
        {"id": "ready", "wait_for": "account.ready", "until": "day 9"},
        {"branch": "b", "cases": [{"when": "account.ready", "steps": [{"stop": "other", "tasks": "keep"}]}, {"else": [{"start": "other"}]}]},
        {"check": "c", "verdicts": [{"verdict": "good", "when": "account.ready", "steps": []}, {"verdict": "bad", "else": []}]},
        {"split": "d", "arms": [{"arm": "a", "percent": 50, "steps": [{"webhook": "crm"}]}, {"arm": "b", "percent": 50, "steps": []}]},
        {"escalate": "stuck", "to": "director", "sla": "P1", "why": "Nothing moves."},
        {"set": {"account.wishes": 9}},
        {"hold": {"classes": ["growth"]}, "for": "3 days"},
        {"repeat": "r", "every": "2 days", "until": "account.ready", "steps": [{"send": "news", "to": "champion"}]},
    ],
    "tracks": {"beside": [{"send": "offer", "at": ["day 3", "day 5"], "to": {"by segment": {"smb": "user", "else": "champion"}}}], "empty": []},
    "whenever": [
        {"name": "seen", "on": "seen", "where": "event.score > 1", "again": "after 3 days", "steps": [{"send": "reminder", "to": "champion"}]},
        {"band": "high_risk", "again": "never", "steps": [{"escalate": "ill", "to": "vp"}]},
        {"when": "account.ready", "steps": [{"post": "cheers", "id": "ready-cheers"}]},
    ],
}  # fmt: skip
