"""Customers' answers, at the door: matched, told to the run, given to the owner; machines' answers only kept."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select

from database.tables import EventRow, MessageRow, NoticeRow, ReplyRow, TaskRow, table
from domain import news
from domain.replies import reply_to
from tests import signing
from tests.api.refusals import refused
from tests.api.staging import onboard, only
from tests.installation import Installation

INBOUND = f"/v1/webhooks/sendgrid/inbound/{signing.INBOUND_SECRET}"
BOUNDARY = "xYzZY"


def form(**fields: str | bytes) -> bytes:
    """In the shape in which SendGrid writes it."""
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (BOUNDARY.encode(), name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in fields.items()
    ]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def arrives(installation: Installation, headers: str = "", **fields: str | bytes) -> Response:
    mail: dict[str, str | bytes] = {
        "headers": f"Message-ID: <{len(headers)}-{len(fields)}@acme.example.com>\n{headers}", "from": "Ann Lee <ann@acme.example.com>",
        "to": "reply@example.com", "subject": "Re: Welcome", "text": "Tuesday works.\n\nOn 5 January, Cara wrote:\n> Hello", "SPF": "pass",
        "envelope": json.dumps({"to": ["reply@example.com"], "from": "ann@acme.example.com"}), "charsets": json.dumps({"text": "utf-8"}), **fields,
    }  # fmt: skip
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return installation.client.post(INBOUND, content=form(**mail), headers=kind)


def welcome(installation: Installation) -> str:
    onboard(installation)
    found: str = installation.client.get("/v1/messages?state=accepted").json()["items"][0]["id"]
    return found


def rows(installation: Installation, of: type[Any]) -> list[Any]:
    with installation.database.read() as session:
        return list(session.execute(select(table(of))).all())


@pytest.mark.parametrize("by", ["address", "envelope", "In-Reply-To", "References", "sender"])
def test_an_answer_is_told_to_the_run_and_given_to_the_owner(installation: Installation, by: str) -> None:
    id = welcome(installation)
    token = reply_to(id, "reply.example.com")
    how: dict[str, Any] = {
        "address": {"to": f"Cara <{token}>"},
        "envelope": {"envelope": json.dumps({"to": [token], "from": "ann@acme.example.com"})},
        "In-Reply-To": {"headers": f"In-Reply-To: <{id}@example.com>"},
        "References": {"headers": f"References: <x@y>\n <{id}@example.com>"},
        "sender": {},
    }[by]
    assert arrives(installation, **how).json() == {"kind": "reply", "matched": True, "duplicate": False}
    engaged = [news.load(each.news) for each in rows(installation, NoticeRow)]
    assert [(told.step, told.how) for told in engaged if isinstance(told, news.Engaged)] == [("send-welcome", "replied")]
    (told,) = [each for each in rows(installation, EventRow) if each.name == "mail_replied"]
    assert (told.contact_id, told.payload) == ("acme-ann", {"message_id": id, "text": "Tuesday works."})
    task = only(installation, "tasks", title="Answer Ann Lee: Re: Welcome")
    assert (task["role"], task["assignee_id"], task["sla"]) == ("owner", "csm", "P2")
    assert task["body"].startswith("Tuesday works.\n\nIt answers our mail")
    assert installation.client.get(f"/v1/messages/{id}").json()["replied_at"] == "2026-01-05T09:00:00Z"
    (shown,) = installation.client.get("/v1/replies?account=acme&kind=reply").json()["items"]
    assert (shown["text"], shown["message_id"], shown["contact_id"], shown["task_id"]) == ("Tuesday works.", id, "acme-ann", task["id"])
    assert {nudge.workflow_type for nudge in installation.nudges} >= {"onboarding", "follow-up"}


def test_the_same_mail_that_comes_again_changes_nothing(installation: Installation) -> None:
    welcome(installation)
    first, again = arrives(installation), arrives(installation)
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    assert len([each for each in rows(installation, TaskRow) if each.title.startswith("Answer")]) == 1


@pytest.mark.parametrize(
    ("headers", "fields", "kind"),
    [
        ("Auto-Submitted: auto-replied", {"subject": "Out of office"}, "automatic"),
        ("", {"subject": "Automatische Antwort: Willkommen"}, "automatic"),
        ("Content-Type: multipart/report; report-type=delivery-status", {"from": "MAILER-DAEMON@mx.example.com"}, "bounce"),
        ("", {"envelope": '{"to": ["x@example.com"], "from": ""}'}, "bounce"),
    ],
)
def test_what_a_machine_sends_is_kept_and_told_to_nobody(
    installation: Installation, headers: str, fields: dict[str, str], kind: str
) -> None:
    id = welcome(installation)
    answer = arrives(installation, headers, to=reply_to(id, "reply.example.com"), **fields)
    assert answer.json() == {"kind": kind, "matched": True, "duplicate": False}
    (kept,) = rows(installation, ReplyRow)
    assert (kept.kind, kept.message_id, kept.task_id) == (kind, id, None)
    assert [each for each in rows(installation, EventRow) if each.name == "mail_replied"] == []
    assert [each for each in rows(installation, TaskRow) if each.title.startswith("Answer")] == []
    assert installation.client.get(f"/v1/messages/{id}").json()["replied_at"] is None


def test_a_sender_nobody_vouches_for_is_not_taken_at_their_word(installation: Installation) -> None:
    welcome(installation)
    assert arrives(installation, SPF="fail", dkim="none").json()["matched"] is False
    assert arrives(installation, SPF="softfail", dkim="{@acme.example.com : pass}", subject="2").json()["matched"] is True


def test_who_got_nothing_from_us_of_late_answers_nothing(installation: Installation) -> None:
    welcome(installation)
    assert arrives(installation, **{"from": "stranger@example.org"}).json()["matched"] is False
    installation.clock.pass_by(days=61)
    assert arrives(installation, subject="Late").json()["matched"] is False
    assert {each.why for each in rows(installation, ReplyRow)} == {
        "nothing in it names a mail of ours, nor have we written to its sender of late"
    }


def test_a_colleague_it_was_forwarded_to_may_answer(installation: Installation) -> None:
    id = welcome(installation)
    arrives(installation, to=reply_to(id, "reply.example.com"), **{"from": "Ben <BEN@acme.example.com>"})
    assert [each.contact_id for each in rows(installation, EventRow) if each.name == "mail_replied"] == ["acme-ben"]
    arrives(installation, to=reply_to(id, "reply.example.com"), subject="2", headers="X: 1", **{"from": "who@acme.example.com"})
    assert [each.title for each in rows(installation, TaskRow) if each.title.startswith("Answer Ann Lee: 2")]


def test_the_task_of_an_answer_outlives_the_run_that_it_ends(installation: Installation) -> None:
    id = welcome(installation)
    arrives(installation, to=reply_to(id, "reply.example.com"))
    nudge = installation.nudges[0]
    ordered = installation.client.post(f"/v1/enrollments/{nudge.order.run_id}/exit", json={"by": "csm", "why": "done", "tasks": "close"})
    assert ordered.status_code in (200, 202), ordered.text
    assert installation.take_turn(nudge).over
    task = only(installation, "tasks", title="Answer Ann Lee: Re: Welcome")
    assert task["state"] == "open"
    done = installation.client.post(f"/v1/tasks/{task['id']}/complete", json={"by": "csm"})
    assert done.status_code == 200, done.text


def test_a_task_of_an_answer_is_done_while_its_run_goes_on(installation: Installation) -> None:
    id = welcome(installation)
    arrives(installation, to=reply_to(id, "reply.example.com"))
    task = only(installation, "tasks", title="Answer Ann Lee: Re: Welcome")
    assert installation.client.post(f"/v1/tasks/{task['id']}/complete", json={"by": "csm"}).status_code == 200
    assert installation.take_turn(installation.nudges[0]).over is None


@pytest.mark.parametrize(
    ("text", "charset", "words"),
    [
        ("Grüße aus Köln".encode("latin-1"), "iso-8859-1", "Grüße aus Köln"),
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "no-such-charset", "Gr��e"),
        (b"", "utf-8", "Only HTML"),
    ],
)
def test_a_text_is_read_in_its_own_characters(quick_installation: Installation, text: bytes, charset: str, words: str) -> None:
    welcome(quick_installation)
    arrives(quick_installation, text=text, charsets=json.dumps({"text": charset}), html="<p>Only <b>HTML</b></p>")
    assert [each.text for each in rows(quick_installation, ReplyRow)] == [words]


# The door


def test_without_the_secret_nothing_is_taken(refusing: Installation) -> None:
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    for secret in ("x", signing.INBOUND_SECRET[:-1], f"{signing.INBOUND_SECRET}x", "ü"):
        answer = refusing.client.post(f"/v1/webhooks/sendgrid/inbound/{secret}", content=form(**{"from": "a@b.example"}), headers=kind)
        refused(answer, 401, "not_signed")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"),
        (b"{}", "application/json"),
        (b"", f"multipart/form-data; boundary={BOUNDARY}"),
        (form(subject="no sender"), f"multipart/form-data; boundary={BOUNDARY}"),
        (form(**{"from": "a@b.example"}), "multipart/form-data"),
        (form(**{"from": "a@b.example"}), "multipart/form-data; boundary=another"),
        (b"\xff" * 1000, f"multipart/form-data; boundary={BOUNDARY}"),
    ],
)
def test_what_is_no_mail_is_refused(refusing: Installation, content: bytes, kind: str) -> None:
    refused(refusing.client.post(INBOUND, content=content, headers={"Content-Type": kind}), 400, "not_a_mail")


def test_a_mail_with_large_attachments_is_taken_and_one_that_is_too_large_is_not(quick_installation: Installation) -> None:
    attachment = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="attachment1"; filename="a.pdf"\r\n\r\n'.encode()
        + b"x" * 5_000_000
        + b"\r\n"
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = quick_installation.client.post(INBOUND, content=attachment + form(**{"from": "a@b.example", "subject": "x"}), headers=kind)
    assert answer.json() == {"kind": "reply", "matched": False, "duplicate": False}
    refused(quick_installation.client.post(INBOUND, content=iter([b"x" * 4_000_000] * 8), headers=kind), 413, "body_too_large")


# The mails themselves


def test_mails_of_one_run_to_one_reader_are_one_conversation_and_answers_come_to_us(quick_installation: Installation) -> None:
    from tests.activities.sending import through_fakes

    with through_fakes(quick_installation) as sending:
        sending.installation.channels = type(sending.installation.channels)(
            sending.installation.channels.mail,
            sending.installation.channels.posts,
            sending.installation.channels.calls,
            reply_domain="r.example.com",
        )
        nudge = sending.begin()
        until = quick_installation.clock.now + timedelta(days=5)
        wait = quick_installation.take_turn(nudge)
        while wait.until and wait.until <= until:
            quick_installation.clock.now = max(wait.until, quick_installation.clock.now)
            wait = quick_installation.take_turn(nudge)
        mails = [delivery.body for delivery in sending.mail.accepted if delivery.to.startswith("ann@")]
        assert len(mails) >= 2
        heads = [{**mail.get("headers", {}), **mail["personalizations"][0].get("headers", {})} for mail in mails]
        assert "In-Reply-To" not in heads[0]
        assert heads[1]["In-Reply-To"] == heads[1]["References"] == heads[0]["Message-ID"]
        assert heads[0]["Message-ID"] == f"<{sending.mail.accepted[0].message_id}@example.com>"
        assert mails[0]["reply_to"]["email"] == reply_to(sending.mail.accepted[0].message_id, "r.example.com")
        assert len(rows(quick_installation, MessageRow)) >= 2
