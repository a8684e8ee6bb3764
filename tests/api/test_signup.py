"""The front door: a signup over the API, told once, twice, wrongly."""

from __future__ import annotations

from tests.installation import Installation


def test_a_signup_enrolls_the_account_and_its_welcome_mail_leaves(installation: Installation) -> None:
    installation.sign_up()
    begins = [nudge for nudge in installation.nudges if nudge.begins]
    assert [nudge.workflow_type for nudge in begins] == ["onboarding"]
    wait = installation.take_turn(begins[0])
    assert wait.over is None
    mails = installation.client.get("/v1/outbox").json()
    assert [(mail["step"], mail["address"]) for mail in mails] == [("send-welcome", "ann@acme.example.com")]


def test_the_same_signup_again_changes_nothing(installation: Installation) -> None:
    event = installation.sign_up()
    again = installation.client.post("/v1/events", json=event)
    assert again.status_code == 200
    assert again.json()["duplicate"] is True
    assert len(installation.client.get("/v1/enrollments").json()["items"]) == 1


def test_the_same_id_with_other_contents_is_a_conflict(installation: Installation) -> None:
    event = installation.sign_up()
    event["account"]["name"] = "Other Ltd"
    answer = installation.client.post("/v1/events", json=event)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:tenure:problem:event_conflict"
    assert installation.client.get("/v1/accounts/acme").json()["name"] == "Acme Ltd"


def test_a_turn_taken_again_sends_nothing_again(installation: Installation) -> None:
    installation.sign_up()
    nudge = installation.nudges[-1]
    first = installation.take_turn(nudge)
    assert installation.take_turn(nudge) == first
    assert len(installation.client.get("/v1/outbox").json()) == 1


def test_nothing_is_stored_of_an_event_with_a_fault(installation: Installation) -> None:
    answer = installation.client.post(
        "/v1/events",
        json={
            "id": "e1", "name": "signed_up", "account": {"id": "acme", "name": "Acme", "time_zone": "Europe/Berlin", "facts": {"arrr": 5}},
            "contract": {"id": "c1", "starts_on": "2026-01-05", "ends_on": "2027-01-05"},
        },
    )  # fmt: skip
    assert answer.status_code == 422
    assert "did you mean 'account.arr'" in answer.json()["detail"]
    assert installation.client.get("/v1/accounts/acme").status_code == 404
