"""Erasing one person leaves what is others': the same word, the same name, the same mailbox in somebody else's rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from database.tables import DecisionRow, EnrollmentRow, FollowUpRow, MessageRow, ReplyRow, SuppressionRow, TaskRow, table
from domain import addresses
from tests.activities import gates
from tests.api import test_inbound as inbound
from tests.api import test_webhooks as webhooks
from tests.api.refusals import refused
from tests.api.staging import onboard
from tests.api.test_erasures import ANN, erase, post, rows, traces
from tests.installation import Installation
from tests.living import settle

messages, tasks, replies = table(MessageRow), table(TaskRow), table(ReplyRow)
enrollments, follow_ups, decisions = table(EnrollmentRow), table(FollowUpRow), table(DecisionRow)


def put(installation: Installation, path: str, **body: Any) -> None:
    answer = installation.client.put(path, json=body)
    assert answer.is_success, answer.text


def tell_send(installation: Installation, contact: str, what: str) -> None:
    """Sales wrote to a contact, and says what."""
    sent_at = installation.clock.now.isoformat()
    post(installation, "/v1/accounts/acme/external-sends", id="s", contact=contact, source="sales", what=what, sent_at=sent_at)


def mails_to(installation: Installation, recipient: str) -> list[Any]:
    return [each for each in rows(installation, messages) if each.recipient == recipient]


def test_what_anybody_says_is_not_taken_out_of_mails_to_others(quick_installation: Installation) -> None:
    installation = quick_installation
    gates.published(installation)
    gates.an_account(installation, seats_used=0.5)
    gates.begin(installation)
    (mail,) = mails_to(installation, "ann")
    before = mails_to(installation, "ben")
    for number, said in enumerate(("See them all", "of its seats", "Tuesday!!")):
        assert inbound.arrives(
            installation, subject=f"Re: x{number}", text=said, headers=f"In-Reply-To: <{mail.id}@example.com>\nX: {'y' * number}"
        ).json()["matched"]
    erase(installation, "/v1/accounts/acme/contacts/ann")
    assert mails_to(installation, "ben") == before


def test_a_subject_of_ours_that_they_answered_stays_ours(quick_installation: Installation) -> None:
    installation = quick_installation
    gates.published(installation, template=gates.FIGURES.replace("Your figures, {{ contact.first_name }}", "Figures of {{ account.name }}"))
    gates.an_account(installation, seats_used=0.5)
    gates.begin(installation)
    (mail,) = mails_to(installation, "ann")
    before = mails_to(installation, "ben")
    assert inbound.arrives(installation, subject=mail.subject, headers=f"In-Reply-To: <{mail.id}@example.com>").json()["matched"]
    erase(installation, "/v1/accounts/acme/contacts/ann")
    assert mails_to(installation, "ben") == before


def test_a_fact_of_the_account_that_they_told_stays(quick_installation: Installation) -> None:
    installation = quick_installation
    onboard(installation)
    told = {"id": "f-1", "name": "adoption_reported", "account": "acme", "contact": "acme-ann"}
    post(installation, "/v1/events", **told, payload={"share": 0.4, "next_feature": "data export"})
    before = installation.client.get("/v1/accounts/acme").json()["facts"]
    assert before["next_feature"] == "data export"
    erase(installation)
    assert installation.client.get("/v1/accounts/acme").json()["facts"] == before


@pytest.mark.parametrize(
    "name", ["accepted", "onboarding", "owner", "champion", "contact", "send-welcome", "welcome", "main", "csm", "open"]
)
def test_a_mailbox_that_is_called_like_a_word_of_ours_breaks_nothing(quick_installation: Installation, name: str) -> None:
    installation = quick_installation
    nudge = onboard(installation, days=2)
    put(installation, ANN, name=name)
    wanted = {
        messages: ("journey", "step", "state", "audience", "template", "channel"),
        tasks: ("journey", "step", "state", "role", "sla"),
        enrollments: ("journey", "step", "verb", "state"),
        follow_ups: ("state",),
        decisions: ("journey", "step", "what"),
    }

    def codes() -> list[list[Any]]:
        return [[tuple(getattr(row, name) for name in names) for row in rows(installation, each)] for each, names in wanted.items()]

    before = codes()
    erase(installation)
    after = codes()
    assert after[:-1] == before[:-1]
    assert after[-1][: len(before[-1])] == before[-1]
    installation.take_turn(nudge)
    assert installation.client.get("/v1/accounts/acme/why").status_code == 200


def test_who_has_the_same_mailbox_keeps_what_is_theirs(quick_installation: Installation) -> None:
    installation = quick_installation
    gates.published(installation)
    gates.an_account(installation, "ben", seats_used=0.5)
    put(installation, "/v1/accounts/acme/contacts/ben", email="office@acme.example.com")
    gates.begin(installation)
    before = mails_to(installation, "ben")
    assert [each.address for each in before] == ["office@acme.example.com"]
    put(installation, "/v1/accounts/acme/contacts/ann", name="Ann Lee", email="Office@acme.example.com")
    erase(installation, "/v1/accounts/acme/contacts/ann")
    assert mails_to(installation, "ben") == before


def test_a_task_of_another_account_is_not_closed(quick_installation: Installation) -> None:
    installation = quick_installation
    onboard(installation)
    installation.sign_up("other")
    settle(installation)
    put(installation, "/v1/accounts/other/contacts/other-ann", email="ann@acme.example.com")
    id = next(each.id for each in mails_to(installation, "other-ann"))
    assert inbound.arrives(installation, headers=f"In-Reply-To: <{id}@example.com>").json()["matched"]
    (task,) = [each for each in rows(installation, tasks) if each.title.startswith("Answer")]
    assert task.account_id == "other"
    before = rows(installation, replies)
    erase(installation)
    assert [each for each in rows(installation, tasks) if each.id == task.id] == [task]
    assert rows(installation, replies) == before


def test_a_namesake_keeps_their_mails(quick_installation: Installation) -> None:
    installation = quick_installation
    gates.published(installation, template=gates.FIGURES.replace("Hello {{ contact.first_name }}", "Hello {{ contact.name }}"))
    gates.an_account(installation, seats_used=0.5)
    put(installation, "/v1/accounts/acme/contacts/ben", name="Ann Lee")
    gates.begin(installation)
    before = mails_to(installation, "ben")
    assert "Hello Ann Lee" in before[0].text
    erase(installation, "/v1/accounts/acme/contacts/ann")
    assert mails_to(installation, "ben") == before


def test_another_whose_name_or_address_is_longer_stays(quick_installation: Installation) -> None:
    installation = quick_installation
    onboard(installation)
    tell_send(installation, "acme-ben", "to Ann Lee-Smith, ann@acme.example.com.au, Mary-Ann Lee")
    erase(installation)
    assert traces(installation.database, "to Ann Lee-Smith, ann@acme.example.com.au, Mary-Ann Lee")


@pytest.mark.parametrize("name", ["spamreport", "group_unsubscribe", "unsubscribe", "bounce"])
def test_what_they_tell_their_provider_afterwards_holds_for_their_address(installation: Installation, name: str) -> None:
    id = webhooks.welcome(installation)
    erase(installation)
    assert webhooks.tell(installation, webhooks.event(installation, name, id)).status_code == 200
    suppressed = [(each.reader, each.address) for each in rows(installation, table(SuppressionRow))]
    assert suppressed == [(addresses.digest("ann@acme.example.com"), None)]


def test_a_mail_in_doubt_to_them_is_not_sent_again(quick_installation: Installation) -> None:
    installation = quick_installation
    id = webhooks.welcome(installation)
    webhooks.put_in_doubt(installation, id)
    erase(installation)
    answer = installation.client.post(f"/v1/messages/{id}/settle", json={"how": "resend", "by": "csm", "why": "asked"})
    refused(answer, 422, "not_allowed", "this message may not be sent again: the contact has left; settle it as sent or skip")
    assert gates.call(installation, "POST", f"/v1/messages/{id}/settle", how="sent", by="csm", why="asked")


def test_a_mail_to_another_that_named_them_is_read_again_before_it_leaves(quick_installation: Installation) -> None:
    installation = quick_installation
    gates.published(installation, "by: owner, within: 2 business days, otherwise: send")
    gates.an_account(installation, "ben", seats_used=0.5)
    put(installation, "/v1/accounts/acme/contacts/ann", name="Ann Lee", email="ann@acme.example.com")
    run = gates.begin(installation)
    id = gates.the_approval(installation)["id"]
    gates.call(installation, "POST", f"/v1/approvals/{id}/edit", by="csm", subject="As Ann Lee asked")
    read = gates.letter_to(gates.the_approval(installation), "ben")["body_hash"]
    erase(installation, "/v1/accounts/acme/contacts/ann")
    gates.decide(installation, "approve", 409, read=[read])
    shown = gates.letter_to(gates.the_approval(installation), "ben")
    assert shown["subject"] == "As (erased) asked"
    gates.decide(installation, "approve", read=[shown["body_hash"]])
    installation.take_turn(run)
    (mail,) = mails_to(installation, "ben")
    assert (mail.state, mail.subject, mail.body_hash) == ("accepted", "As (erased) asked", shown["body_hash"])


# What is theirs, in whatever form


@pytest.mark.parametrize("written", ["ann lee", "ANN LEE", "Ann\u00a0Lee", "ann%40acme.example.com", "Ann&nbsp;Lee"])
def test_they_are_found_as_they_may_be_written(quick_installation: Installation, written: str) -> None:
    installation = quick_installation
    onboard(installation)
    tell_send(installation, "acme-ben", f"a mail to {written} here")
    erase(installation)
    assert traces(installation.database, written) == []


def test_what_was_told_of_an_address_they_had_before_goes_too(installation: Installation) -> None:
    onboard(installation)
    post(installation, "/v1/suppressions", address="ann@acme.example.com", scope="topic", topic="tips", reason="asked", proof="her letter")
    put(installation, ANN, email="lee@acme.example.com")
    erase(installation)
    assert traces(installation.database, "ann@acme", "Ann Lee", "her letter") == []


@pytest.mark.parametrize("name", ['Ann "Ace" Lee', "Jörg Müßig", "Zoe\u0308 Lee", "Siân O’Brien", "李小龍", "Ann\tLee", "José d'Arc"])
def test_any_name_is_found_wherever_it_was_typeset(quick_installation: Installation, name: str) -> None:
    installation = quick_installation
    gates.published(
        installation, template=gates.FIGURES.replace("{{ account.name }} uses", "{{ account.name }} of {{ contact.name }} uses")
    )
    gates.an_account(installation, seats_used=0.5)
    put(installation, "/v1/accounts/acme/contacts/ann", name=name)
    tell_send(installation, "ben", f"to {name} x")
    told = {"id": "s2", "contact": "ben", "source": "sales", "what": f"to {name} x", "sent_at": installation.clock.now.isoformat()}
    answer = installation.client.post("/v1/accounts/acme/external-sends", json=told, headers={"Idempotency-Key": "k1"})
    assert answer.is_success, answer.text
    gates.begin(installation)
    erase(installation, "/v1/accounts/acme/contacts/ann")
    assert traces(installation.database, name, name.split()[-1], json.dumps(name)[1:-1]) == []
