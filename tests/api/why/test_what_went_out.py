"""Why something went out."""

from __future__ import annotations

from typing import Any

from channels.channel import Channels, Unclear
from channels.outbox import Outbox
from domain.protocol import RunKind
from tests.api.staging import fall_ill, play, started
from tests.api.why.kit import STORY, approve, ask, begin, line_of, mail, publish, the_one
from tests.installation import Installation


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
