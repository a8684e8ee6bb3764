"""Messages of which nobody knows whether they left: found, sent once more, or settled by a person. Never twice without being asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from activities import doubts
from activities.orders import NotOpen
from database import installations, suppressions
from database.tables import DecisionRow, MessageRow, table
from tests.activities.sending import Sending, through_fakes
from tests.api.refusals import refused
from tests.api.staging import started
from tests.fakes import Fault
from tests.installation import START, Installation

messages, decisions = table(MessageRow), table(DecisionRow)
LOST_ANSWER = Fault(502, accepts=True)
NOT_TAKEN = Fault(502)


@pytest.fixture
def sending(installation: Installation) -> Iterator[Sending]:
    with through_fakes(installation) as made:
        yield made


def in_doubt(sending: Sending, fault: Fault = LOST_ANSWER, *, operational: bool = True) -> Any:
    """A welcome mail whose answer was lost."""
    sending.mail.faults.append(fault)
    sending.installation.take_turn(sending.begin())
    if not operational:
        change(sending, operational=False, resend_at=None)
    found = sending.welcome()
    assert found.state == "in_doubt"
    return found


def change(sending: Sending, **values: Any) -> None:
    with sending.installation.database.write() as session:
        session.execute(update(messages).where(messages.c.step == "send-welcome").values(values))


def decided(sending: Sending, what: str) -> list[tuple[str, str]]:
    with sending.installation.database.read() as session:
        found = session.execute(select(decisions.c.result, decisions.c.rule).where(decisions.c.what == what).order_by(decisions.c.id))
        return [(row.result, row.rule) for row in found]


def test_a_mail_that_must_not_be_lost_is_sent_once_more_and_no_more(sending: Sending) -> None:
    mail = in_doubt(sending)
    assert sending.look_after(minutes=9) == 0
    assert sending.look_after(minutes=1) == 1
    assert [delivery.message_id for delivery in sending.mail.accepted] == [mail.id, mail.id]
    after = sending.welcome()
    assert (after.state, after.via, after.repeats, after.attempts) == ("accepted", "answer", 1, 2)
    assert (after.text, after.body_hash) == (mail.text, mail.body_hash)
    assert decided(sending, "sent again") == [("accepted", "acme-ann")]
    assert sending.look_after(days=2) == 0


def test_what_is_in_doubt_again_waits_for_a_person(sending: Sending) -> None:
    in_doubt(sending)
    sending.mail.faults.append(LOST_ANSWER)
    sending.look_after(minutes=10)
    after = sending.welcome()
    assert (after.state, after.repeats, after.resend_at) == ("in_doubt", 1, None)
    sending.look_after(days=2)
    assert len(sending.mail.accepted) == 2


def test_a_second_try_that_was_certainly_not_taken_is_tried_again(sending: Sending) -> None:
    in_doubt(sending, NOT_TAKEN)
    sending.mail.faults.append(Fault(429, {"Retry-After": "60"}))
    sending.look_after(minutes=10)
    waiting = sending.welcome()
    assert (waiting.state, waiting.repeats) == ("in_doubt", 0)
    assert waiting.resend_at == sending.installation.clock.now + timedelta(seconds=60)
    sending.look_after(seconds=60)
    assert (sending.welcome().state, len(sending.mail.accepted)) == ("accepted", 1)


def test_other_mail_is_never_sent_twice_by_itself(sending: Sending) -> None:
    in_doubt(sending, operational=False)
    assert sending.look_after(days=3) == 0
    assert len(sending.mail.accepted) == 1


def test_what_its_provider_has_spoken_of_is_healed(sending: Sending) -> None:
    in_doubt(sending)
    change(sending, heard_at=sending.installation.clock.now)
    assert sending.look_after(seconds=1) == 1
    assert (sending.welcome().state, sending.welcome().via, sending.welcome().resend_at) == ("accepted", "report", None)
    assert sending.look_after(minutes=10) == 0


@pytest.mark.parametrize("why", ["refused", "held"])
def test_what_must_not_leave_any_more_is_not_sent_again(sending: Sending, why: str) -> None:
    in_doubt(sending)
    if why == "refused":
        sending.installation.client.put("/v1/accounts/acme/contacts/acme-ann", json={"active": False})
    else:
        hold = {"by": "csm", "reason": "a dispute"}
        assert sending.installation.client.post("/v1/accounts/acme/holds", json=hold).status_code == 201
    sending.look_after(minutes=10)
    after = sending.welcome()
    assert (after.state, after.repeats) == ("in_doubt", 0)
    assert (after.resend_at is None) == (why == "refused")
    assert len(sending.mail.accepted) == 1


def test_a_process_that_dies_while_it_sends_once_more_leaves_it_in_doubt(sending: Sending) -> None:
    in_doubt(sending)
    change(sending, state="claimed", repeats=1, claimed_at=sending.installation.clock.now, resend_at=None)
    assert sending.look_after(minutes=14) == 0
    assert sending.look_after(minutes=1) == 1
    assert (sending.welcome().state, sending.welcome().resend_at) == ("in_doubt", None)


def test_a_turn_leaves_alone_what_is_being_sent_once_more(sending: Sending) -> None:
    in_doubt(sending)
    change(sending, state="claimed", repeats=1, resend_at=None)
    sending.installation.take_turn(sending.installation.nudges[0])
    assert sending.welcome().state == "claimed"


# A person


def test_a_person_says_that_it_was_sent(sending: Sending) -> None:
    mail = in_doubt(sending, operational=False)
    listed = sending.installation.client.get("/v1/messages?state=in_doubt").json()["items"]
    assert [each["id"] for each in listed] == [mail.id]
    shown = sending.settle(mail.id, "sent")
    assert (shown["state"], shown["via"], shown["settled_by"]) == ("accepted", "person", "csm")
    assert decided(sending, "settled") == [("it was sent, says csm", "They said so")]
    sending.settle(mail.id, "skip", 409)


def test_a_person_has_it_not_sent(sending: Sending) -> None:
    mail = in_doubt(sending)
    assert sending.settle(mail.id, "skip")["state"] == "skipped"
    sending.look_after(minutes=10)
    assert (sending.welcome().reason, len(sending.mail.accepted)) == ("They said so", 1)


def test_a_person_has_it_sent_once_more(sending: Sending) -> None:
    mail = in_doubt(sending, operational=False)
    shown = sending.settle(mail.id, "resend")
    assert (shown["state"], shown["settled_by"]) == ("in_doubt", "csm")
    answer = sending.settle(mail.id, "sent", 409)
    assert answer["detail"] == "this message is being sent once more"
    assert sending.look_after(seconds=5) == 1
    assert (sending.welcome().state, sending.welcome().repeats, len(sending.mail.accepted)) == ("accepted", 1, 2)


@pytest.mark.parametrize(
    ("scope", "name", "reason"),
    [
        ("everything", "", "the address is suppressed: she said so"),
        ("channel", "email", "the reader wants no mail that is not necessary: she said so"),
    ],
)
def test_what_its_reader_has_refused_since_is_not_sent_again_though_a_person_asks(
    sending: Sending, scope: Any, name: str, reason: str
) -> None:
    mail = in_doubt(sending, operational=False)
    with sending.installation.database.write() as session:
        suppressions.add(session, mail.address, "she said so", "person", sending.installation.clock.now, scope=scope, name=name)
    answer = sending.settle(mail.id, "resend", 422)
    assert answer["detail"] == f"this message may not be sent again: {reason}; settle it as sent or skip"
    after = sending.welcome()
    assert (after.state, after.resend_at, after.settled_by) == ("in_doubt", None, None)
    assert decided(sending, "settled") == []
    assert sending.settle(mail.id, "skip")["state"] == "skipped"


def test_what_the_governor_keeps_back_is_ordered_and_says_what_it_waits_for(sending: Sending) -> None:
    mail = in_doubt(sending, operational=False)
    client, clock = sending.installation.client, sending.installation.clock
    for number in range(2):
        body = {"id": f"hub-{number}", "contact": "acme-ann", "source": "marketing", "what": "newsletter", "sent_at": clock.now.isoformat()}
        assert client.post("/v1/accounts/acme/external-sends", json=body).status_code in (200, 201)
    shown = sending.settle(mail.id, "resend")
    assert shown["reason"].startswith("Ann Lee would get 3 mails on 2026-01-05, and 1 is the most")
    assert shown["resend_at"] == (clock.now + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    sending.look_after(hours=1)
    assert len(sending.mail.accepted) == 1
    while len(sending.mail.accepted) == 1 and clock.now < START + timedelta(days=7):
        sending.look_after(hours=1)
    assert sending.welcome().state == "accepted"
    assert clock.now == START.replace(day=6, hour=8), "the next morning in Berlin"


def test_a_disarmed_installation_says_so_to_whoever_orders_a_mail_again(sending: Sending) -> None:
    mail = in_doubt(sending)
    installations.recognise(sending.installation.database, sending.installation.clock.now)
    sending.installation.client.post("/v1/sending/disarm", json={"by": "csm", "why": "a storm"})
    shown = sending.settle(mail.id, "resend")
    assert (shown["reason"], shown["state"]) == ("sending is disarmed", "in_doubt")


@pytest.mark.parametrize("again", [False, True], ids=["at first", "when it is sent once more"])
def test_an_address_that_a_provider_refuses_is_suppressed_wherever_it_is_known(sending: Sending, again: bool) -> None:
    fault = Fault(400, body={"errors": [{"message": "Does not contain a valid address.", "field": "personalizations.0.to.0.email"}]})
    if again:
        in_doubt(sending)
        sending.mail.faults.append(fault)
        sending.look_after(minutes=10)
    else:
        sending.mail.faults.append(fault)
        sending.installation.take_turn(sending.begin())
    address = "ann@acme.example.com"
    assert sending.welcome().state == ("in_doubt" if again else "failed")
    (suppression,) = sending.installation.client.get(f"/v1/suppressions?address={address}").json()
    assert (suppression["scope"], suppression["source"]) == ("everything", "provider")
    assert suppression["reason"] == "the address does not work: SendGrid refused it (400): Does not contain a valid address."
    sending.installation.sign_up("other", contacts=[{"id": "x", "name": "Ann", "email": address, "roles": ["champion", "admin"]}])
    sending.installation.take_turn(started(sending.installation, "onboarding", "other"))
    assert sending.welcome("other").reason.startswith("the address is suppressed: the address does not work")


def test_of_two_people_who_settle_it_at_once_one_does(sending: Sending) -> None:
    mail = in_doubt(sending, operational=False)
    installation, found = sending.installation, []

    def settle(how: doubts.How) -> None:
        try:
            installation.database.transact(
                lambda session: doubts.settle(session, installation.office, mail.id, how, "csm", "why", installation.clock.now)
            )
            found.append(how)
        except NotOpen:
            pass

    threads = [threading.Thread(target=settle, args=(how,)) for how in ("sent", "skip", "resend", "sent")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    state = {"sent": "accepted", "skip": "skipped", "resend": "in_doubt"}[found[0]]
    assert sending.welcome().state == state


def test_only_what_is_there_and_in_doubt_is_settled(sending: Sending) -> None:
    refused(
        sending.installation.client.post("/v1/messages/none/settle", json={"by": "csm", "how": "sent", "why": "x"}),
        404,
        "message_not_found",
    )
    sending.installation.take_turn(sending.begin())
    answer = sending.settle(sending.welcome().id, "resend", 409)
    assert answer["detail"] == "this message is accepted, not in doubt"


# Slack


def a_post_in_doubt(sending: Sending, fault: Fault) -> Any:
    """The post of somebody's first value, whose answer was lost."""
    sending.posts.faults.append(fault)
    nudge = sending.begin()
    sending.installation.take_turn(nudge)
    sending.installation.tell("first_value_reached")
    sending.installation.take_turn(nudge)
    found = sending.row(messages.c.effect == "post")
    assert found.state == "in_doubt", found.reason
    return found


def test_a_post_that_slack_has_is_found_and_not_repeated(sending: Sending) -> None:
    post = a_post_in_doubt(sending, LOST_ANSWER)
    assert sending.look_after(seconds=59) == 0
    assert sending.look_after(seconds=1) == 1
    after = sending.row(messages.c.id == post.id)
    assert (after.state, after.via, after.repeats) == ("accepted", "report", 0)
    assert len(sending.posts.accepted) == 1


def test_a_post_that_slack_does_not_have_is_repeated_and_says_so(sending: Sending) -> None:
    post = a_post_in_doubt(sending, NOT_TAKEN)
    sending.look_after(seconds=60)
    (delivery,) = sending.posts.accepted
    assert (delivery.message_id, delivery.subject) == (post.id, f"{post.text}\n(repeat)")
    after = sending.row(messages.c.id == post.id)
    assert (after.state, after.repeats, after.text) == ("accepted", 1, post.text)


def test_a_post_is_repeated_where_the_bot_may_not_look(sending: Sending) -> None:
    a_post_in_doubt(sending, LOST_ANSWER)
    sending.posts.hides = True
    sending.look_after(seconds=60)
    assert [delivery.subject.endswith("(repeat)") for delivery in sending.posts.accepted] == [False, True]


# What hangs


def test_what_hangs_is_counted_when_it_hangs_for_long(sending: Sending) -> None:
    in_doubt(sending, operational=False)

    def hanging() -> tuple[int, int, int]:
        found = sending.installation.client.get("/v1/sending").json()
        return found["claimed"], found["in_doubt"], found["unheard"]

    assert hanging() == (0, 0, 0)
    sending.installation.clock.pass_by(hours=6)
    assert hanging() == (0, 1, 0)
    change(sending, state="claimed")
    assert hanging() == (1, 0, 0)
    change(sending, state="accepted", settled_at=sending.installation.clock.now)
    sending.installation.clock.pass_by(hours=25)
    assert hanging() == (0, 0, 0), "SendGrid has never told us anything"
