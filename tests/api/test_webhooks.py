"""What SendGrid tells, at the door: taken when it is signed, stored once, told to whoever listens."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select, update

from activities.coming_back import ComingBack
from api import webhooks
from channels import sendgrid_events
from database import reports, suppressions
from database.tables import ContactRow, DecisionRow, EventRow, MessageRow, NoticeRow, ReportRow, table
from domain import addresses, news
from tests import signing
from tests.api.refusals import refused
from tests.api.staging import onboard
from tests.installation import Installation

EVENTS = "/v1/webhooks/sendgrid/events"
messages, stored, contacts = table(MessageRow), table(ReportRow), table(ContactRow)


def tell(installation: Installation, *events: dict[str, Any], **headers: str) -> Response:
    body = signing.batch(*events)
    signed = {**signing.sendgrid(body, installation.clock.now), **headers}
    return installation.client.post(EVENTS, content=body, headers=signed)


def welcome(installation: Installation) -> str:
    """The id of the welcome mail that has left."""
    onboard(installation)
    found: str = installation.client.get("/v1/messages?state=accepted").json()["items"][0]["id"]
    return found


def event(installation: Installation, name: str, message_id: str, minutes: int = 1, **more: Any) -> dict[str, Any]:
    at = installation.clock.now + timedelta(minutes=minutes)
    address = "ann@acme.example.com"
    return {"event": name, "message_id": message_id, "timestamp": int(at.timestamp()), "email": address, "sg_event_id": "e1", **more}


def rows(installation: Installation, of: type[Any]) -> list[Any]:
    with installation.database.read() as session:
        return list(session.execute(select(table(of))).all())


def row(installation: Installation, id: str) -> Any:
    with installation.database.read() as session:
        return session.execute(select(messages).where(messages.c.id == id)).one()


def put_in_doubt(installation: Installation, id: str, state: str = "in_doubt") -> None:
    with installation.database.write() as session:
        session.execute(update(messages).where(messages.c.id == id).values(state=state, via=None, provider_id=None))


# The door


@pytest.mark.parametrize(
    "headers", [{"X-Twilio-Email-Event-Webhook-Signature": ""}, {"X-Twilio-Email-Event-Webhook-Timestamp": "1767603601"}]
)
def test_what_is_not_signed_leaves_no_trace(refusing: Installation, headers: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    refused(tell(refusing, event(refusing, "bounce", "canary-7f3a"), **headers), 401, "not_signed")
    assert rows(refusing, ReportRow) == []
    assert "canary" not in "".join(capsys.readouterr())


def test_what_is_wrong_with_a_signature_is_not_told(refusing: Installation) -> None:
    body = signing.batch(event(refusing, "bounce", "m"))
    answers = [
        refusing.client.post(EVENTS, content=body, headers=headers)
        for headers in (
            {},
            signing.sendgrid(body, refusing.clock.now, signing.OTHER_KEY),
            signing.sendgrid(body, refusing.clock.now - timedelta(hours=27)),
            signing.sendgrid(body + b" ", refusing.clock.now),
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_a_key_of_ours_is_no_signature(refusing: Installation) -> None:
    refused(refusing.client.post(EVENTS, json=[event(refusing, "bounce", "m")]), 401, "not_signed")


@pytest.mark.parametrize(("body", "code"), [(b"{}", "not_a_batch"), (b"", "not_a_batch"), (b"[", "not_a_batch")])
def test_what_is_signed_and_no_list_is_refused(refusing: Installation, body: bytes, code: str) -> None:
    answer = refusing.client.post(EVENTS, content=body, headers=signing.sendgrid(body, refusing.clock.now))
    refused(answer, 400, code)


def test_more_than_ten_megabytes_are_not_read(refusing: Installation) -> None:
    pieces = iter([b" " * 1_000_000] * 11)
    refused(refusing.client.post(EVENTS, content=pieces), 413, "body_too_large", f"{webhooks.MOST_BYTES:,}")


def test_nothing_else_is_at_these_addresses(refusing: Installation) -> None:
    refused(refusing.client.get(EVENTS), 405, "http_405")
    refused(refusing.client.post("/v1/webhooks/mailgun/events"), 404, "http_404")


def test_an_empty_batch_is_taken(refusing: Installation) -> None:
    assert tell(refusing).json() == {"new": 0, "quarantined": 0}


# What becomes known


def test_a_mail_is_delivered_and_clicked(installation: Installation) -> None:
    id = welcome(installation)
    answer = tell(
        installation, event(installation, "processed", id), event(installation, "delivered", id, 2),
        event(installation, "click", id, 3, url="https://app.example.com"),
    )  # fmt: skip
    assert answer.json() == {"new": 3, "quarantined": 0}
    known = row(installation, id)
    at = installation.clock.now
    assert (known.delivery, known.delivered_at, known.clicked_at) == ("delivered", at + timedelta(minutes=2), at + timedelta(minutes=3))
    shown = installation.client.get(f"/v1/messages/{id}").json()
    assert (shown["delivery"], shown["delivered_at"], shown["clicked_at"]) == ("delivered", "2026-01-05T09:02:00Z", "2026-01-05T09:03:00Z")


def test_whatever_is_told_often_late_and_in_any_order_is_known_once(installation: Installation) -> None:
    id = welcome(installation)
    told = [event(installation, name, id, minute) for minute, name in enumerate(("processed", "deferred", "delivered", "open", "click"))]
    told = [{**each, "sg_event_id": f"e{number}"} for each in told for number in range(46)]
    random.Random(4).shuffle(told)
    new = [tell(installation, *told[start : start + 30]).json()["new"] for start in range(0, len(told), 30)]
    assert sum(new) == 5
    assert len(rows(installation, ReportRow)) == 5
    assert [each.name for each in rows(installation, EventRow) if each.name == "mail_clicked"] == ["mail_clicked"]
    assert row(installation, id).delivery == "delivered"


def test_a_late_word_never_overwrites_a_bounce(installation: Installation) -> None:
    id = welcome(installation)
    tell(installation, event(installation, "bounce", id, 5, reason="550 no such user"))
    tell(installation, event(installation, "processed", id), event(installation, "delivered", id, 2))
    assert row(installation, id).delivery == "bounced"


def test_what_a_machine_opens_nobody_has_read(installation: Installation) -> None:
    id = welcome(installation)
    tell(installation, event(installation, "open", id, sg_machine_open=True))
    assert row(installation, id).opened_at is None
    tell(installation, event(installation, "open", id, 7))
    assert row(installation, id).opened_at == installation.clock.now + timedelta(minutes=7)


def test_one_bad_event_and_one_of_somebody_else_are_kept_apart_and_the_others_taken(installation: Installation) -> None:
    id = welcome(installation)
    answer = tell(
        installation, event(installation, "delivered", id), {"event": "read_aloud"}, event(installation, "bounce", "somebody-elses"),
        event(installation, "click", id, 2),
    )  # fmt: skip
    assert answer.json() == {"new": 4, "quarantined": 2}
    assert row(installation, id).clicked_at is not None
    faults = {each.name: each.fault for each in rows(installation, ReportRow) if each.fault}
    assert faults == {"unreadable": "there is no event 'read_aloud' that we know", "bounced": reports.UNMATCHED}


@pytest.mark.parametrize("name", [{"smtp-id": "<{id}@example.com>"}, {"sg_message_id": "outbox-{id}.recvd-5f"}])
def test_a_delayed_bounce_without_our_argument_finds_its_mail(installation: Installation, name: dict[str, Any]) -> None:
    id = welcome(installation)
    told = event(installation, "bounce", id, **{key: words.format(id=id) for key, words in name.items()})
    del told["message_id"]
    tell(installation, told)
    assert row(installation, id).delivery == "bounced"


@pytest.mark.parametrize("name", ["processed", "delivered", "deferred", "bounce", "open", "click"])
def test_a_mail_in_doubt_of_which_its_provider_speaks_was_accepted(installation: Installation, name: str) -> None:
    id = welcome(installation)
    put_in_doubt(installation, id)
    tell(installation, event(installation, name, id))
    known = row(installation, id)
    assert (known.state, known.via) == ("accepted", "report")


def test_a_mail_that_was_heard_of_while_it_was_sent_is_not_in_doubt_when_its_sender_died(installation: Installation) -> None:
    nudge = onboard(installation)
    id = installation.client.get("/v1/messages?state=accepted").json()["items"][0]["id"]
    put_in_doubt(installation, id, "claimed")
    tell(installation, event(installation, "delivered", id))
    assert row(installation, id).state == "claimed"
    installation.take_turn(nudge)
    assert (row(installation, id).state, row(installation, id).via) == ("accepted", "report")


# Who is told


def notices(installation: Installation) -> list[news.News]:
    return [news.load(each.news) for each in rows(installation, NoticeRow)]


def test_a_click_is_known_to_the_run_that_sent_the_mail(installation: Installation) -> None:
    id = welcome(installation)
    tell(installation, event(installation, "click", id), event(installation, "click", id, 2, url="https://example.com/other"))
    engaged = [told for told in notices(installation) if isinstance(told, news.Engaged)]
    assert [(told.step, told.how) for told in engaged] == [("send-welcome", "clicked")]
    assert [each.contact_id for each in rows(installation, EventRow) if each.name == "mail_clicked"] == ["acme-ann"]


@pytest.mark.parametrize(
    ("told", "name", "scope", "is_refused"),
    [
        ({"event": "bounce", "reason": "550 no such user"}, "mail_bounced", "everything", True),
        ({"event": "dropped", "reason": "Bounced Address"}, None, "everything", True),
        ({"event": "spamreport"}, "complained", "everything", False),
        ({"event": "unsubscribe"}, "unsubscribed", "channel", False),
    ],
)
def test_an_address_that_must_not_be_written_to_is_suppressed_and_who_listens_is_told(
    installation: Installation, told: dict[str, Any], name: str | None, scope: str, is_refused: bool
) -> None:
    id = welcome(installation)
    tell(installation, event(installation, "x", id, **told))
    refusing = {each.id: each.refused for each in rows(installation, ContactRow)}
    assert refusing == {"acme-ann": is_refused, "acme-ben": False}
    with installation.database.read() as session:
        suppressed = suppressions.of_reader(session, addresses.digest("ann@acme.example.com"))
    assert [(each.scope, each.message_id) for each in suppressed] == [(scope, id)]
    events = [each.name for each in rows(installation, EventRow) if each.name != "signed_up"]
    assert events == ([name] if name else [])
    words = [each.result for each in rows(installation, DecisionRow) if each.what in ("bounced", "complained", "unsubscribed", "dropped")]
    assert words == [told.get("reason", "")]


def test_a_blocked_mail_says_nothing_against_its_address(installation: Installation) -> None:
    id = welcome(installation)
    tell(installation, event(installation, "bounce", id, type="blocked"), event(installation, "dropped", id, 2, reason="Spam content"))
    assert not any(each.refused for each in rows(installation, ContactRow))


def test_an_address_that_has_changed_since_is_not_refused(installation: Installation) -> None:
    id = welcome(installation)
    answer = installation.client.put("/v1/accounts/acme/contacts/acme-ann", json={"email": "ann.lee@acme.example.com"})
    assert answer.status_code == 200, answer.text
    tell(installation, event(installation, "bounce", id))
    assert not any(each.refused for each in rows(installation, ContactRow))


def test_what_was_stored_and_not_told_is_told_by_the_sweep_once(installation: Installation) -> None:
    id = welcome(installation)
    coming_back = ComingBack(installation.database, installation.office, installation.nudge)
    batch = sendgrid_events.read(json.dumps([event(installation, "bounce", id), event(installation, "click", id)]).encode())
    coming_back.take("sendgrid", batch, installation.clock.now)
    assert not any(each.refused for each in rows(installation, ContactRow))
    assert coming_back.tell(installation.clock.now, installation.clock.now - timedelta(seconds=5)) == 0
    later = installation.clock.pass_by(seconds=6)
    assert coming_back.tell(later, later - timedelta(seconds=5)) == 2
    assert coming_back.tell(later, later) == 0
    assert [each.id for each in rows(installation, ContactRow) if each.refused] == ["acme-ann"]
