"""Why something went out to an account, and why something else did not."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import event, insert, select

from activities import why
from activities.ledger import Nudge
from activities.view import View
from activities.why import Question
from api.why import AnswerOut
from channels.channel import Channels, Unclear
from channels.outbox import Outbox
from database import definitions
from database.tables import DecisionRow, EnrollmentRow, MessageRow, NoticeRow, table
from domain.protocol import RunKind
from runtime import folders
from tests.api.refusals import refused
from tests.api.staging import fall_ill, onboard, play, started
from tests.installation import ROOT, Installation

# Mail of a morning leaves 1:50 after the opening to `acme`: each account has a moment of its own (`spread` of calendars.yaml).

STORY = """\
journey: story
title: A story
for: account
starts: {manual: true, reenter: always}
anchor: start
class: growth
ends: [{on: account_returned, then: [{id: goodbye, send: hello, to: champion}]}]
steps:
  - {id: first, send: hello, at: day 0, to: billing}
  - id: gated
    send: hello
    at: day 1
    to: champion
    when: account.training < 1
    approval: {by: owner, within: 2 business days, otherwise: escalate}
  - {id: for-smb, send: hello, at: day 1, to: champion, when: account.segment == "smb"}
  - {id: trained, send: hello, at: day 3, to: champion, when: account.training >= 0.5}
  - branch: size
    at: day 4
    cases:
      - {when: account.arr >= 50000, steps: [{id: big, task: Call them, owner: engineer}]}
      - else: [{id: small, task: Write to them, owner: pool}]
  - {id: weekend, send: hello, at: day 5, to: [champion, sponsor]}
  - {id: setup, wait_for: setup_completed, within: 20 days, otherwise: [{id: stuck, task: Unblock them, owner: engineer}]}
  - {id: after-setup, send: hello, to: champion}
  - {id: late-one, send: hello, at: day 40, to: champion}
whenever:
  - {on: first_value_reached, again: never, steps: [{id: cheer, send: hello, to: champion}]}
"""
GUARDED = """\
journey: guarded
title: Guarded
for: account
starts: {on: [first_value_reached], when: account.training >= 0.5}
anchor: start
class: growth
steps: [{id: guarded-hello, send: hello, to: champion}]
"""
AGES = """\
journey: ages
title: Ages
for: account
starts: {manual: true}
anchor: start
class: contractual
steps:
  - {set: {account.stage: growth}}
  - {id: staged, send: hello, to: champion, when: account.stage == "growth"}
  - {id: ill, send: hello, to: champion, when: health.score < 70}
  - {id: quiet, send: hello, at: day 21, to: champion, when: account.admin_quiet}
  - {id: slow, send: hello, at: day 21, to: champion, when: account.login_change < 0}
"""
ANCHORED = """\
journey: anchored
title: Anchored
for: account
starts: {manual: true}
anchor: contract.starts_on
class: growth
steps:
  - {id: opening, send: hello, at: day 0, to: champion}
  - {id: month, send: hello, at: day 30, to: champion}
"""
HELLO = '---\nsubject: "Hello"\npreview: A word\n---\n\nHello {{ contact.first_name }}.\n'
TEXTS = {
    ("journey", "story"): STORY,
    ("journey", "guarded"): GUARDED,
    ("journey", "ages"): AGES,
    ("journey", "anchored"): ANCHORED,
    ("template", "email/hello"): HELLO,
}


def publish(installation: Installation, **journeys: str) -> None:
    texts = folders.read(ROOT) | TEXTS | {("journey", name): text for name, text in journeys.items()}
    with installation.database.write() as session:
        definitions.publish(session, texts, installation.clock.now)


def begin(installation: Installation, **time: float) -> Nudge:
    """Acme, an enterprise with little training, in the story for so long."""
    publish(installation)
    installation.sign_up()
    installation.client.put("/v1/accounts/acme", json={"facts": {"training": 0.25}})
    installation.clock.pass_by(hours=1)
    enroll(installation)
    nudge = started(installation, "story")
    play(installation, nudge, **time)
    return nudge


def enroll(installation: Installation) -> Any:
    return installation.client.post("/v1/enrollments", json={"journey": "story", "account": "acme", "by": "csm"})


def ask(installation: Installation, **question: Any) -> list[dict[str, Any]]:
    answer = installation.client.get("/v1/accounts/acme/why", params=question)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def the_one(installation: Installation, **question: Any) -> dict[str, Any]:
    """The one entry that answers; a step is one of the story where no other journey is named."""
    (entry,) = ask(installation, **({"journey": "story"} if "step" in question else {}) | question)
    return entry


def mail(installation: Installation, step: str) -> dict[str, Any]:
    (entry,) = [entry for entry in ask(installation, journey="story", step=step) if entry["kind"] == "mail"]
    return entry


def approve(installation: Installation, by: str = "csm") -> None:
    (asked,) = installation.client.get("/v1/approvals?state=open").json()["items"]
    answer = installation.client.post(f"/v1/approvals/{asked['id']}/approve", json={"by": by, "note": "go on"})
    assert answer.status_code == 200, answer.text


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


# What went out


def test_a_mail_says_its_rule_the_values_it_saw_and_how_old_they_were(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    approve(installation)
    play(installation, nudge)
    sent = mail(installation, "gated")
    assert (sent["fate"], sent["what"], sent["journey"], sent["version"]) == ("sent", "hello", "story", 1)
    assert sent["rule"] == {
        "place": f"journeys/story.yaml:{line_of(STORY, 'id: gated')}",
        "text": STORY[STORY.index("- id: gated") : STORY.index("  - {id: for-smb")].rstrip().replace("\n  ", "\n"),
        "at": "day 1", "when": "account.training < 1", "gate": "owner approves",
    }  # fmt: skip
    (due,) = [decided for decided in sent["decided"] if decided["what"] == "due"]
    assert due["saw"] == [{"name": "account.training", "value": 0.25, "told_at": "2026-01-05T09:00:00Z", "stale": False}]
    assert (sent["began"], sent["day"], sent["closed"], sent["woken_by"]) == ("by csm", "2026-01-06", False, [])
    assert sent["to"] == {"id": "acme-ann", "name": "Ann Lee", "role": "champion", "because": ""}
    delivery = sent["delivery"]
    assert (delivery["state"], delivery["channel"], delivery["attempts"]) == ("accepted", "outbox", 1)
    assert delivery["provider_id"] == f"outbox-{sent['id']}"
    assert sent["href"] == f"/messages/{sent['id']}"
    told = "\n".join(sent["story"])
    assert "Its day is day 1: Tue 6 Jan 2026." in told
    assert "account.training = 0.25 (told 23 h before)" in told
    assert "No hold was on." in told


def test_a_gated_mail_says_who_was_asked_and_who_decided(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    waiting = mail(quick_installation, "gated")
    assert waiting["fate"] == "waiting"
    assert any("it waits for the approval" in sentence for sentence in waiting["story"])
    approve(quick_installation)
    play(quick_installation, nudge)
    gate = mail(quick_installation, "gated")["approval"]
    assert (gate["state"], gate["approver"]["name"], gate["decided_by"], gate["note"]) == ("approved", "Cara Stein", "Cara Stein", "go on")
    assert gate["passed_at"] is None
    (asked,) = [entry for entry in ask(quick_installation, step="gated") if entry["kind"] == "approval"]
    assert asked["approval"] == gate
    assert "Approved by Cara Stein on Tue 6 Jan 2026, 11:00: “go on”." in asked["story"]


def test_an_approval_that_nobody_decided_says_to_whom_it_went(quick_installation: Installation) -> None:
    begin(quick_installation, days=4)
    gate = mail(quick_installation, "gated")["approval"]
    assert (gate["role"], gate["approver"]["name"], gate["passed_at"]) == ("director", "Dirk Vogt", "2026-01-08T08:00:00Z")
    told = "\n".join(mail(quick_installation, "gated")["story"])
    assert "nobody decided in time, so on Thu 8 Jan 2026, 09:00 it went to Dirk Vogt, as director" in told
    (escalation,) = [entry for entry in ask(quick_installation, step="gated") if entry["kind"] == "escalation"]
    assert (escalation["to"]["name"], escalation["why"]) == ("Dirk Vogt", "nobody decided in time")


def test_whoever_stands_in_is_named_with_the_reason(installation: Installation) -> None:
    installation.client.put(
        "/v1/people/csm", json={"backup": "executive", "absences": [{"starts_on": "2026-01-01", "ends_on": "2026-02-28"}]}
    )
    nudge = begin(installation, days=1)
    assert the_one(installation, step="first")["to"] == {
        "id": "acme-ann", "name": "Ann Lee", "role": "billing", "because": "nobody is billing, and admin stands in",
    }  # fmt: skip
    (asked,) = [entry for entry in ask(installation, step="gated") if entry["kind"] == "approval"]
    assert asked["to"] == {
        "id": "executive", "name": "Alma Eriksen", "role": "owner", "because": "Cara Stein is away",
    }  # fmt: skip
    approve(installation, "executive")
    play(installation, nudge, days=5)
    task = the_one(installation, step="big")
    assert task["to"] == {
        "id": "engineer", "name": "Enzo Ricci", "role": "engineer", "because": "nobody is there for engineer, and pool stands in",
    }  # fmt: skip
    assert "To Enzo Ricci, as engineer, because nobody is there for engineer, and pool stands in." in task["story"]


def test_of_several_roles_each_reader_has_the_own_and_a_day_that_is_none_says_so(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge, days=8)
    entries = ask(quick_installation, step="weekend")
    assert {(entry["to"]["name"], entry["to"]["role"]) for entry in entries} == {("Ann Lee", "champion"), ("Ben Okafor", "sponsor")}
    for entry in entries:
        assert (entry["day"], entry["closed"], entry["at"][:10]) == ("2026-01-10", True, "2026-01-12")
        assert any("Sat 10 Jan 2026, which is no working day; it was done on Mon 12 Jan 2026" in words for words in entry["story"])


def test_what_woke_the_run_is_told_with_its_event(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    approve(installation)
    play(installation, nudge, days=8)
    installation.tell("setup_completed")
    play(installation, nudge)
    sent = mail(installation, "after-setup")
    (woken,) = sent["woken_by"]
    assert woken["words"] == "setup_completed"
    assert woken["event_id"].startswith("setup_completed-acme-")
    stuck = the_one(installation, step="stuck")
    assert (stuck["fate"], stuck["why"]) == ("not_taken", "only where setup_completed does not come in time, and it came")


def test_a_hold_and_what_it_put_off_are_told(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    held = {"by": "csm", "reason": "board meeting", "mail_class": "growth"}
    hold = installation.client.post("/v1/accounts/acme/holds", json=held).json()
    approve(installation)
    play(installation, nudge)
    waiting = mail(installation, "gated")
    assert waiting["fate"] == "waiting"
    assert waiting["delivery"]["due_at"] is None
    assert "Planned on Tue 6 Jan 2026, 09:00; it waits until a hold is lifted: class growth is held: board meeting." in waiting["story"]
    installation.clock.pass_by(hours=2)
    installation.client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"})
    play(installation, nudge)
    sent = mail(installation, "gated")
    assert sent["fate"] == "sent"
    assert sent["holds"] == [
        {
            "since": "2026-01-06T10:00:00Z", "lifted_at": "2026-01-06T12:00:00Z", "what": "class growth", "reason": "board meeting",
            "by": "Cara Stein",
        }
    ]  # fmt: skip
    (put_off,) = [decided for decided in sent["decided"] if decided["what"] == "put off"]
    assert "board meeting" in put_off["result"]


class _Silent(Outbox):
    def send(self, mail: Any) -> Any:
        raise Unclear("the line went dead")


def test_a_mail_in_doubt_says_that_nobody_knows(quick_installation: Installation) -> None:
    quick_installation.channels = Channels(_Silent(), Outbox(), Outbox())
    begin(quick_installation)
    doubt = the_one(quick_installation, step="first")
    assert (doubt["fate"], doubt["delivery"]["state"], doubt["delivery"]["reason"]) == ("in_doubt", "in_doubt", "the line went dead")
    assert any("nobody knows whether outbox took it: the line went dead" in sentence for sentence in doubt["story"])


def test_what_a_ladder_sends_says_what_it_is_about(installation: Installation) -> None:
    fall_ill(installation)
    for nudge in [nudge for nudge in installation.nudges if nudge.order.kind is RunKind.FOLLOW_UP]:
        installation.take_turn(nudge)
    (told,) = ask(installation, template="escalation")
    assert (told["kind"], told["fate"], told["to"]["name"]) == ("notice", "sent", "Dirk Vogt")
    assert told["began"].startswith("escalation P2: health. Health is High Risk at 60")
    (raised,) = [entry for entry in ask(installation) if entry["kind"] == "escalation"]
    assert raised["why"].startswith("Health is High Risk")


def test_the_age_of_a_value_is_that_of_what_was_told(installation: Installation) -> None:
    """Of a fact that the turn itself set, of health, of a fact about quiet, and of one that was too old to count."""
    publish(installation)
    fall_ill(installation)
    told = {"last_admin_login_on": "2026-01-04", "login_change": -0.5}
    installation.client.put("/v1/accounts/acme", json={"facts": told})
    installation.clock.pass_by(hours=2)
    installation.client.post("/v1/enrollments", json={"journey": "ages", "account": "acme", "by": "csm"})
    play(installation, started(installation, "ages"), days=25)

    def saw(step: str) -> dict[str, Any]:
        (seen,) = next(each["saw"] for each in reversed(the_one(installation, step=step, journey="ages")["decided"]) if each["saw"])
        return {name: seen[name] for name in ("value", "told_at", "stale")}

    assert saw("staged") == {"value": "growth", "told_at": "2026-01-05T11:00:00Z", "stale": False}
    assert saw("ill") == {"value": 60.0, "told_at": "2026-01-05T09:00:00Z", "stale": False}
    assert saw("quiet") == {"value": True, "told_at": "2026-01-05T09:00:00Z", "stale": False}
    assert saw("slow") == {"value": None, "told_at": "2026-01-05T09:00:00Z", "stale": True}
    told_of_slow = " ".join(the_one(installation, step="slow", journey="ages")["story"])
    assert "account.login_change = not known (told 21 days before, too old to count)" in told_of_slow


# What did not


def test_a_step_that_was_skipped_says_its_rule_and_the_values(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    approve(installation)
    play(installation, nudge, days=4)
    skipped = the_one(installation, step="trained")
    assert (skipped["fate"], skipped["why"]) == ("skipped", "its condition does not hold")
    assert "The rule: account.training >= 0.5; it saw account.training = 0.25 (told 3 days before)." in skipped["story"]


def test_a_step_that_is_never_for_the_segment_says_so(installation: Installation) -> None:
    begin(installation)
    never = the_one(installation, step="for-smb")
    assert (never["fate"], never["why"]) == ("never", 'never for Enterprise: it asks for account.segment == "smb"')
    of_another = the_one(installation, step="send-setup-help", journey="onboarding")
    assert (of_another["fate"], of_another["why"]) == ("never", "never for Enterprise: it is written for SMB only")


def test_the_arm_of_a_branch_that_was_not_chosen_says_what_was(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    assert the_one(installation, step="small")["fate"] == "ahead"
    approve(installation)
    play(installation, nudge, days=5)
    small = the_one(installation, step="small")
    assert (small["fate"], small["why"]) == ("not_taken", "'branch-size' chose case 1")
    assert small["decided"][0]["saw"][0]["value"] == 90_000
    assert the_one(installation, step="big")["decided"][0]["result"] == "case 1"


def test_a_step_that_steers_says_what_it_came_to(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge, days=8)
    chosen = the_one(quick_installation, step="size")
    assert (chosen["fate"], chosen["why"], chosen["at"]) == ("done", "it was taken: case 1", "2026-01-09T08:00:00Z")
    assert chosen["decided"][-1]["rule"] == "account.arr >= 50000"
    waits = the_one(quick_installation, step="setup")
    assert (waits["fate"], waits["why"]) == ("waiting", "it waits for setup_completed")
    assert waits["at"].startswith("2026-02-01")


def test_what_lies_ahead_says_where_the_run_is_and_its_day(installation: Installation) -> None:
    begin(installation, days=1)
    ahead = the_one(installation, step="late-one")
    # Day 40 is a Saturday: it moves to the Monday after, when the reader's hours begin.
    assert (ahead["fate"], ahead["at"]) == ("ahead", "2026-02-16T08:01:50Z")
    assert ahead["why"] == "its track stands at 'gated'; its day is day 40"
    cheer = the_one(installation, step="cheer")
    assert (cheer["fate"], cheer["at"]) == ("waiting", None)
    assert "first_value_reached, and that has not happened since the run began" in cheer["why"]
    assert "only after account_returned" in the_one(installation, step="goodbye")["why"]


def test_a_step_that_stands_before_its_day_is_still_to_come(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge)
    ahead = the_one(quick_installation, step="trained")
    assert (ahead["fate"], ahead["at"], ahead["why"]) == ("ahead", "2026-01-08T08:01:50Z", "its day has not come")


def test_when_an_anchor_moves_what_is_behind_claims_no_day_and_what_lies_ahead_has_a_new_one(quick_installation: Installation) -> None:
    publish(quick_installation)
    quick_installation.sign_up()
    quick_installation.client.post("/v1/enrollments", json={"journey": "anchored", "account": "acme", "by": "csm"})
    nudge = started(quick_installation, "anchored")
    play(quick_installation, nudge, days=1)
    assert the_one(quick_installation, journey="anchored", step="opening")["day"] == "2026-01-05"
    assert the_one(quick_installation, journey="anchored", step="month")["at"] == "2026-02-04T08:01:50Z"
    moved = {"starts_on": "2026-01-12", "ends_on": "2027-01-12"}
    assert quick_installation.client.put("/v1/accounts/acme/contracts/acme-1", json=moved).status_code == 200
    play(quick_installation, nudge)
    assert the_one(quick_installation, journey="anchored", step="opening")["day"] is None
    month = the_one(quick_installation, journey="anchored", step="month")
    assert (month["fate"], month["at"]) == ("ahead", "2026-02-11T08:01:50Z")
    assert month["decided"][-1]["result"] == "moved from 2026-02-04 to 2026-02-11"


def test_what_a_run_did_not_live_to_do_says_how_it_ended(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    path = f"/v1/enrollments/{nudge.order.run_id}/exit"
    assert installation.client.post(path, json={"by": "csm", "why": "They asked us to stop"}).status_code == 202
    play(installation, nudge)
    over = the_one(installation, step="late-one")
    assert (over["fate"], over["at"]) == ("over", "2026-01-06T10:00:00Z")
    assert over["why"] == "the run ended before it came to it: They asked us to stop (by csm)"
    withdrawn = mail(installation, "gated")
    assert (withdrawn["fate"], withdrawn["delivery"]["reason"]) == ("withdrawn", "They asked us to stop (by csm)")


def test_a_journey_that_was_refused_says_why_and_what_its_rule_saw(installation: Installation) -> None:
    begin(installation)
    before = the_one(installation, journey="guarded")
    assert before["fate"] == "not_entered"
    assert "it starts with first_value_reached (never told); as things are it may not enter" in before["why"]
    assert before["decided"][0]["saw"][0]["value"] == 0.25
    installation.tell("first_value_reached")
    refusal = next(entry for entry in ask(installation, journey="guarded") if entry["fate"] == "refused")
    assert refusal["why"] == "'account.training >= 0.5' does not hold"
    assert refusal["began"] == "first_value_reached"
    (decided,) = refusal["decided"]
    assert decided["saw"] == [{"name": "account.training", "value": 0.25, "told_at": "2026-01-05T09:00:00Z", "stale": False}]


def test_a_journey_that_begins_on_a_day_says_which(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    renewal = the_one(quick_installation, journey="renewal")
    assert renewal["fate"] == "ahead"
    assert renewal["at"].startswith("2026-07-0")
    assert renewal["why"].startswith("it begins then: day -180 of contract.decision_on, 2027-01-05")


def test_a_journey_that_was_entered_says_why_and_how_it_ended(quick_installation: Installation) -> None:
    nudge = begin(quick_installation)
    entered = ask(quick_installation, journey="story")[-1]
    assert (entered["kind"], entered["fate"], entered["began"]) == ("journey", "entered", "by csm")
    quick_installation.client.post(f"/v1/enrollments/{nudge.order.run_id}/exit", json={"by": "csm", "why": "enough"})
    play(quick_installation, nudge)
    assert ask(quick_installation, journey="story")[-1]["why"] == "it ended: enough (by csm)"


# How it is asked


def test_one_message_is_asked_for_by_its_id(quick_installation: Installation) -> None:
    begin(quick_installation)
    first = the_one(quick_installation, step="first")
    assert the_one(quick_installation, message=first["id"]) == first


def test_a_step_may_be_called_as_conditions_call_it(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    assert the_one(quick_installation, step="welcome_call", journey="onboarding")["step"] == "task-welcome-call"


def test_words_are_found_in_every_step_that_uses_them(quick_installation: Installation) -> None:
    begin(quick_installation)
    found = {entry["step"] for entry in ask(quick_installation, template="hello")}
    assert found == {None, "first", "gated", "for-smb", "trained", "weekend", "after-setup", "late-one", "cheer", "goodbye"}


def test_days_are_the_account_s_and_included(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge, days=8)

    def days(**question: Any) -> set[str]:
        return {entry["at"][:10] for entry in ask(quick_installation, **question)}

    assert days(since="2026-01-06", until="2026-01-06") == {"2026-01-06"}
    assert days(until="2026-01-05") == {"2026-01-05"}
    assert min(days(since="2026-01-08")) == "2026-01-08"


def test_whatever_day_divides_it_nothing_is_lost_or_told_twice(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge, days=12)
    everything = ask(quick_installation)
    assert len(everything) > 5
    for days in range(-1, 16):
        last = quick_installation.clock.now.date() - timedelta(days=days)
        later = ask(quick_installation, since=last + timedelta(days=1))
        assert [*later, *ask(quick_installation, until=last)] == everything


def test_the_newest_are_told_first_and_the_rest_announced(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge, days=8)
    everything = ask(quick_installation)
    moments = [entry["at"] for entry in everything]
    assert moments == sorted(moments, reverse=True)
    answer = quick_installation.client.get("/v1/accounts/acme/why?limit=3").json()
    assert (answer["entries"], answer["more"]) == (everything[:3], True)


@pytest.mark.parametrize(
    ("question", "code", "words"),
    [
        ("step=send-welcom", "step_not_found", "did you mean 'send-welcome'?"),
        ("journey=onbording", "journey_not_found", "did you mean 'onboarding'?"),
        ("template=welcom", "template_not_found", "did you mean 'welcome'?"),
        ("message=7", "message_not_found", "there is no message '7'"),
        ("journey=onboarding&step=terms", "step_not_found", "there is no step 'terms'"),
    ],
)
def test_what_is_not_there_is_said(refusing: Installation, question: str, code: str, words: str) -> None:
    refused(refusing.client.get(f"/v1/accounts/acme/why?{question}"), 404, code, words)


def test_other_faults_of_a_question_are_refused(refusing: Installation) -> None:
    refused(refusing.client.get("/v1/accounts/acne/why"), 404, "account_not_found", "there is no account 'acne'")
    refused(refusing.client.get("/v1/accounts/acme/why?stepp=x"), 422, "unknown_field", "did you mean 'step'?")
    refused(refusing.client.get("/v1/accounts/acme/why?since=yesterday"), 422, "date", "a date like")
    refused(refusing.client.get("/v1/accounts/acme/why?limit=0"), 422, "greater_than_equal")


def test_of_another_account_nothing_is_told(quick_installation: Installation) -> None:
    begin(quick_installation)
    quick_installation.sign_up("other")
    first = the_one(quick_installation, step="first")
    refused(quick_installation.client.get(f"/v1/accounts/other/why?message={first['id']}"), 404, "message_not_found")
    assert quick_installation.client.get("/v1/accounts/other/why?step=first").json()["entries"][0]["fate"] == "not_entered"


def test_the_example_of_the_answer_is_one() -> None:
    schema = AnswerOut.model_json_schema()
    (example,) = schema["examples"]
    Draft202012Validator(schema).validate(example)
    AnswerOut.model_validate(example)
    assert set(example["entries"][0]) == set(schema["$defs"]["EntryOut"]["properties"])


# Later, and with much to look at


def test_a_year_later_the_answer_is_the_same(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    approve(installation)
    play(installation, nudge, days=3)
    before = {step: ask(installation, step=step) for step in ("first", "gated", "trained", "for-smb")}
    installation.clock.pass_by(days=365)
    client = installation.client
    client.put("/v1/accounts/acme", json={"facts": {"training": 1}, "owner": "executive"})
    client.put("/v1/accounts/acme/contacts/acme-ann", json={"roles": ["user"]})
    client.put(
        "/v1/accounts/acme/contacts/acme-cem", json={"name": "Cem Kaya", "email": "cem@acme.example.com", "roles": ["billing", "champion"]}
    )
    publish(installation, story=STORY.replace("title: A story", "title: A story\n# with a line more").replace("day 1", "day 2"))
    assert {step: ask(installation, step=step) for step in before} == before


def test_an_old_account_is_answered_as_fast(installation: Installation) -> None:
    onboard(installation, days=10)
    age(installation)
    statements: list[str] = []
    event.listen(installation.database.engine, "before_cursor_execute", lambda *sent: statements.append(sent[2]))

    def took(question: Question) -> tuple[float, int]:
        statements.clear()
        began = time.process_time()
        with installation.database.read() as session:
            answer = why.answer(View(session, installation.office, installation.clock()), "acme", question)
        assert answer.entries
        return time.process_time() - began, len(statements)

    for question in (Question(), Question(journey="onboarding"), Question(step="welcome_call"), Question(template="training")):
        runs = [took(question) for _ in range(3)]
        assert min(seconds for seconds, _ in runs) < 0.2
        # One a table: twelve of what happened, six of the account, two revisions of what is kept in memory.
        assert max(count for _, count in runs) <= 20


def age(installation: Installation, decided: int = 10_000) -> None:
    """As if the account had been onboarded again and again."""
    enrollments, decisions, messages, notices = table(EnrollmentRow), table(DecisionRow), table(MessageRow), table(NoticeRow)
    with installation.database.write() as session:
        run = session.execute(select(enrollments)).one()._asdict()
        made = [row._asdict() for row in session.execute(select(decisions).where(decisions.c.run_id == run["id"]))]
        sent = [row._asdict() for row in session.execute(select(messages))]
        for number in range(1, decided // len(made) + 1):
            id, back = f"{number:032}", timedelta(days=number)
            over = {"key": f"acme-{number}", "begun_at": run["begun_at"] - back, "ended_at": run["begun_at"], "ended_why": "completed"}
            session.execute(insert(enrollments).values({**run, "id": id, **over}))
            copies = [{name: value for name, value in row.items() if name != "id"} | {"run_id": id, "at": row["at"] - back} for row in made]
            session.execute(insert(decisions), copies)
            for row in sent:
                moments = {name: row[name] - back for name in ("planned_at", "due_at", "claimed_at", "settled_at")}
                session.execute(insert(messages).values({**row, **moments, "id": str(uuid.uuid4()), "run_id": id}))
            told = run["begun_at"] - back
            news = {"kind": "changed", "at": told.isoformat(), "names": []}
            session.execute(insert(notices).values({"run_id": id, "news": news, "wakes": True, "told_at": told, "taken_at": told}))
