"""Shadow on live customers: turns are taken as always, and what would have gone out is a list that our people judge."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from database import definitions
from database.tables import (
    AccountRow,
    ApprovalRow,
    EnrollmentRow,
    EscalationRow,
    FollowUpRow,
    HoldRow,
    MessageRow,
    TaskRow,
    table,
)  # fmt: skip
from runtime import folders
from tests.api.refusals import refused
from tests.api.staging import play, started
from tests.installation import ROOT, Installation

STORY = """
journey: story
title: A story
for: account
starts: {{manual: true, reenter: always}}
anchor: start
class: onboarding
{shadow}
steps:
- {{send: welcome, to: champion}}
- {{post: wins}}
- {{task: welcome-call, owner: csm, sla: P1, outcomes: [good, bad], wait: 3 days}}
- {{send: first-value-prompt, to: champion, approval: {{by: director}}}}
- {{approval: price-change, by: director}}
- {{escalate: stuck, to: director, why: Nobody answers. Call their sponsor.}}
- {{set: {{account.stage: growth, tag: vip}}}}
- {{start: adoption}}
- {{hold: {{classes: [growth]}}}}
- {{wait: 2 days}}
- {{id: farewell, send: training, to: champion}}
"""
DONE = (TaskRow, ApprovalRow, EscalationRow, FollowUpRow, HoldRow)


def publish(installation: Installation, shadow: str = "shadow: yes", mail: str = "training") -> None:
    """`mail` is the farewell."""
    texts = {**folders.read(ROOT), ("journey", "story"): STORY.format(shadow=shadow).replace("send: training", f"send: {mail}")}
    with installation.database.write() as session:
        definitions.publish(session, texts, installation.clock.now)


def enroll(installation: Installation) -> str:
    answer = installation.client.post("/v1/enrollments", json={"journey": "story", "account": "acme", "by": "csm"})
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["id"])


@pytest.fixture
def begun(installation: Installation) -> Installation:
    """An account whose onboarding is over, in a story of which everything is in shadow."""
    publish(installation)
    installation.client.put(
        "/v1/accounts/acme",
        json={"name": "Acme Ltd", "time_zone": "Europe/Berlin", "country": "DE", "owner": "csm", "facts": {"arr": 90_000}},
    )
    installation.client.put("/v1/accounts/acme/contacts/ann", json={"name": "Ann Lee", "email": "ann@example.com", "roles": ["champion"]})
    enroll(installation)
    return installation


def records(installation: Installation, **asked: Any) -> list[dict[str, Any]]:
    answer = installation.client.get("/v1/shadow", params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    return sorted(answer.json()["items"], key=lambda item: (item["at"], item["step"], item["kind"]))


def count(installation: Installation, model: Any, *conditions: Any) -> int:
    with installation.database.read() as session:
        return int(session.execute(select(func.count()).select_from(table(model)).where(*conditions)).scalar_one())


def test_a_run_in_shadow_sends_nothing_asks_nobody_and_sets_nothing(begun: Installation) -> None:
    begun.nudges, nudge = [], started(begun, "story")
    with begun.database.read() as session:
        account = session.execute(select(table(AccountRow))).one()
    play(begun, nudge, days=10)
    assert begun.nudges == [], "no other run and no follow-up is told of anything"
    assert [count(begun, model) for model in DONE] == [0] * len(DONE)
    assert count(begun, EnrollmentRow) == 1
    messages = table(MessageRow)
    assert count(begun, MessageRow, messages.c.state != "shadowed") == 0
    assert count(begun, MessageRow, messages.c.claimed_at.is_not(None)) == 0
    with begun.database.read() as session:
        after = session.execute(select(table(AccountRow))).one()
    assert (after.facts, after.tags) == (account.facts, account.tags)
    assert begun.client.get("/v1/outbox").json() == []


def test_what_would_have_gone_out_is_listed_with_its_words(begun: Installation) -> None:
    play(begun, started(begun, "story"), days=10)
    found = records(begun)
    assert [(each["step"], each["kind"], each["recipient"]) for each in found] == [
        ("approval-price-change", "approval", "director"),
        ("escalate-stuck", "escalation", "director"),
        ("hold-growth", "hold", ""),
        ("post-wins", "post", "wins"),
        ("send-first-value-prompt", "approval", "director"),
        ("send-first-value-prompt", "mail", "ann"),
        ("send-welcome", "mail", "ann"),
        ("set-account-stage-growth-tag-vip", "set", ""),
        ("start-adoption", "start", ""),
        ("task-welcome-call", "task", "csm"),
        ("farewell", "mail", "ann"),
    ]
    by_step = {each["step"]: each for each in found}
    assert by_step["send-welcome"]["subject"] == "Welcome to Meridian Campaigns, Ann"
    assert "Ann" in by_step["send-welcome"]["text"]
    assert by_step["task-welcome-call"]["subject"] == "Welcome call with Acme Ltd"
    assert by_step["escalate-stuck"]["text"] == "Nobody answers. Call their sponsor."
    assert by_step["set-account-stage-growth-tag-vip"]["what"] == "account.stage = growth, tag vip"
    assert {(each["journey"], each["segment"], each["verdict"]) for each in found} == {("story", "enterprise", None)}
    assert [each["step"] for each in records(begun, step="farewell")] == ["farewell"]
    assert records(begun, account="other") == records(begun, journey="onboarding") == records(begun, verdict="agree") == []
    one = begun.client.get(f"/v1/shadow/{found[0]['id']}").json()
    assert one == found[0]


def test_a_turn_that_is_repeated_records_nothing_twice(begun: Installation) -> None:
    nudge = started(begun, "story")
    play(begun, nudge, days=3)
    before = records(begun)
    begun.take_turn(nudge)
    assert records(begun) == before


def test_what_could_not_have_been_sent_says_so(installation: Installation) -> None:
    publish(installation, mail="success-review")
    installation.client.put("/v1/accounts/acme", json={"name": "Acme Ltd", "time_zone": "Europe/Berlin", "country": "DE"})
    installation.client.put("/v1/accounts/acme/contacts/ann", json={"name": "Ann Lee", "email": "ann@example.com", "roles": ["champion"]})
    enroll(installation)
    play(installation, started(installation, "story"), days=10)
    asked, farewell = records(installation, step="farewell")
    assert (asked["kind"], asked["recipient"], farewell["kind"]) == ("approval", "engineer", "mail")
    assert farewell["fault"].startswith("email/success-review: ")
    assert farewell["text"] is None
    entries = installation.client.get("/v1/accounts/acme/why?step=farewell").json()["entries"]
    (entry,) = [each for each in entries if (each["step"], each["kind"]) == ("farewell", "mail")]
    assert (entry["fate"], entry["why"]) == ("shadowed", farewell["fault"])
    assert any("it could not have left on" in sentence and "Nothing was sent" in sentence for sentence in entry["story"])


def test_publishing_a_live_version_lets_a_run_go_live_with_its_next_step(begun: Installation) -> None:
    nudge = started(begun, "story")
    play(begun, nudge, days=1)
    recorded = records(begun)
    assert "farewell" not in {each["step"] for each in recorded}
    publish(begun, "")
    with begun.database.write() as session:
        session.execute(table(EnrollmentRow).update().values(move_to=2, move_at_once=True))
    play(begun, nudge, days=5)
    assert records(begun) == recorded
    sent = begun.client.get("/v1/messages?state=accepted").json()["items"]
    assert [(each["step"], each["recipient"]) for each in sent] == [("farewell", "ann")]
    assert count(begun, EnrollmentRow, table(EnrollmentRow).c.shadow) == 0


# What people say of it


def judge(installation: Installation, id: str, verdict: str, by: str = "csm", **more: Any) -> Any:
    return installation.client.post(f"/v1/shadow/{id}/{verdict}", json={"by": by, **more})


@pytest.fixture
def judged(begun: Installation) -> Installation:
    play(begun, started(begun, "story"), days=10)
    return begun


def test_somebody_agrees_or_disagrees_and_may_change_their_mind(judged: Installation) -> None:
    first = records(judged)[0]
    said = judge(judged, first["id"], "disagree", note="He has said yes already.").json()
    assert (said["verdict"], said["judged_by"], said["note"]) == ("disagree", "csm", "He has said yes already.")
    assert said["judged_at"].startswith(f"{judged.clock.now:%Y-%m-%d}")
    assert judge(judged, first["id"], "agree").json()["verdict"] == "agree"
    refused(judge(judged, first["id"], "disagree", by="director"), 409, "not_open", "csm has judged this already (agree)")
    assert [each["id"] for each in records(judged, verdict="agree")] == [first["id"]]
    assert first["id"] not in {each["id"] for each in records(judged, verdict="open")}


def test_a_report_says_how_far_people_agree_step_by_step(judged: Installation) -> None:
    by_step = {(each["step"], each["kind"]): each["id"] for each in records(judged)}
    judge(judged, by_step["send-welcome", "mail"], "agree")
    judge(judged, by_step["send-first-value-prompt", "mail"], "disagree", note="Too early for a review.")
    judge(judged, by_step["send-first-value-prompt", "approval"], "agree")
    report = judged.client.get("/v1/shadow/report?journey=story").json()
    figures = {each["step"]: (each["recorded"], each["judged"], each["agreement"]) for each in report["steps"]}
    assert figures["send-welcome"] == (1, 1, 1.0)
    assert figures["send-first-value-prompt"] == (2, 2, 0.5)
    assert figures["farewell"] == (1, 0, None)
    assert [(each["step"], each["note"]) for each in report["disagreements"]] == [("send-first-value-prompt", "Too early for a review.")]
    of_segments = judged.client.get("/v1/shadow/report?by_segment=true").json()["steps"]
    assert {each["segment"] for each in of_segments} == {"enterprise"}
    nothing = judged.client.get("/v1/shadow/report?segment=smb").json()
    assert nothing == {"steps": [], "disagreements": []}
    later = judged.client.get("/v1/shadow/report", params={"since": f"{judged.clock.now:%Y-%m-%dT%H:%M:%SZ}"}).json()
    assert later["steps"] == []


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("nothing/agree", {"by": "csm"}, 404, "shadow_not_found"),
        ("nothing/agree", {"by": "nobody"}, 422, "unknown_person"),
        ("nothing/agree", {}, 422, "missing"),
        ("nothing/agree", {"by": "csm", "why": "x"}, 422, "unknown_field"),
    ],
)
def test_what_cannot_be_judged_is_refused(refusing: Installation, path: str, body: dict[str, Any], status: int, code: str) -> None:
    refused(refusing.client.post(f"/v1/shadow/{path}", json=body), status, code)


def test_lists_and_reports_refuse_what_they_do_not_know(refusing: Installation) -> None:
    refused(refusing.client.get("/v1/shadow/nothing"), 404, "shadow_not_found")
    refused(refusing.client.get("/v1/shadow?verdict=maybe"), 422, "literal_error")
    refused(refusing.client.get("/v1/shadow/report?verdict=agree"), 422, "unknown_field")


def test_judging_needs_its_scope(judged: Installation) -> None:
    reader = judged.client_with(judged.key("accounts:read", "act_for_people"))
    assert reader.get("/v1/shadow").status_code == 200
    refused(reader.post(f"/v1/shadow/{records(judged)[0]['id']}/agree", json={"by": "csm"}), 403, "missing_scope", "shadow:write")


# Why


def test_why_tells_what_was_in_shadow_and_what_is_said_of_it(judged: Installation) -> None:
    by_step = {(each["step"], each["kind"]): each["id"] for each in records(judged)}
    judge(judged, by_step["task-welcome-call", "task"], "disagree", note="We know them well.")
    judge(judged, by_step["send-welcome", "mail"], "agree")
    entries = judged.client.get("/v1/accounts/acme/why?journey=story").json()["entries"]
    told = {(each["step"], each["kind"]): each for each in entries if each["fate"] == "shadowed"}
    assert set(told) == {(step, kind if kind in ("mail", "post", "task", "approval", "escalation") else "step") for step, kind in by_step}
    task = told["task-welcome-call", "task"]
    assert task["why"] == "in shadow: it was not done"
    assert task["judged"].endswith(" disagrees: We know them well.")
    assert task["judged"] in task["story"]
    assert task["rule"]["place"].startswith("journeys/story.yaml:")
    assert any(each["what"] == "in shadow" and each["rule"] == "yes" for each in task["decided"])
    mail = told["send-welcome", "mail"]
    assert mail["delivery"]["shadow"]
    assert any("it would have left on Mon 5 Jan 2026, 10:00. Nothing was sent" in sentence for sentence in mail["story"])
