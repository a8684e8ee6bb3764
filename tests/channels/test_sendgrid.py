"""SendGrid's own client against a local server, and what each of its answers means."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels import sendgrid
from channels.channel import Accepted, Refused, Unclear, digest
from channels.sendgrid import SendGrid
from domain.pacing import Trouble
from tests import fakes
from tests.channels.kit import HANDSHAKES, MAIL, closed_port, impostor, mute, rude
from tests.fakes import Fault


@pytest.fixture
def provider() -> Iterator[fakes.Provider]:
    made = fakes.sendgrid()
    yield made
    made.stop()


def refusal(provider: fakes.Provider, fault: Fault) -> Refused:
    provider.faults.append(fault)
    with pytest.raises(Refused) as caught:
        SendGrid("SG.test", provider.url).send(MAIL)
    return caught.value


def test_a_mail_arrives_whole_and_is_known_by_the_providers_id(provider: fakes.Provider) -> None:
    assert SendGrid("SG.test", provider.url).send(MAIL) == Accepted("sg-msg-1")
    (delivery,) = provider.accepted
    assert (delivery.message_id, delivery.to, delivery.subject) == ("msg-1", "ann@acme.example.com", "Welcome – shall we begin?")
    assert [part["type"] for part in delivery.body["content"]] == ["text/plain", "text/html"]
    assert delivery.body["reply_to"] == {"email": "cara@example.com"}
    assert delivery.body["from"] == {"email": "hello@tenure.example.com", "name": "Tenure"}


def test_slow_down_says_for_how_long(provider: fakes.Provider) -> None:
    for headers, least, most in [
        ({"Retry-After": "17"}, 17, 17),
        ({"X-RateLimit-Reset": str(int(time.time()) + 40)}, 30, 41),
        ({}, 60, 60),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60, 60),
        ({"Retry-After": "-5"}, 1, 1),
        ({"X-RateLimit-Reset": "1767603600"}, 1, 1),
        ({"X-RateLimit-Reset": "soon"}, 60, 60),
    ]:
        refused = refusal(provider, Fault(429, headers))
        assert not refused.permanent
        assert refused.retry_after is not None
        assert timedelta(seconds=least) <= refused.retry_after <= timedelta(seconds=most), headers


def test_a_refused_address_is_for_good_and_known_as_such(provider: fakes.Provider) -> None:
    fault = {"message": "Does not contain a valid address.", "field": "personalizations.0.to.0.email"}
    refused = refusal(provider, Fault(400, body={"errors": [fault]}))
    assert refused.permanent
    assert refused.bad_address
    assert str(refused) == "SendGrid refused it (400): Does not contain a valid address."


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ([{"message": "The from email does not contain a valid address.", "field": "from.email"}], "The from email does not"),
        ([{"message": "The address is odd", "field": None}], "The address is odd"),
        ([{"message": "Too long", "field": "personalizations.0.subject"}, {"message": "No text"}], "Too long; No text"),
        (["what?"], "Bad Request"),
        ([{"field": "personalizations.0.to.0.email"}], "Bad Request"),
        (None, "Bad Request"),
        (7, "Bad Request"),
    ],
)
def test_what_is_wrong_with_ours_does_not_make_the_readers_address_a_bad_one(provider: fakes.Provider, errors: Any, words: str) -> None:
    refused = refusal(provider, Fault(400, body={"errors": errors}))
    assert refused.permanent
    assert not refused.bad_address
    assert str(refused).startswith(f"SendGrid refused it (400): {words}")


@pytest.mark.parametrize("body", [b"", b"<html>A proxy was in the way</html>", b"[]", b"{}", b"\xff"])
def test_a_refusal_without_reasons_has_the_name_of_its_status(provider: fakes.Provider, body: bytes) -> None:
    refused = refusal(provider, Fault(413, body=body))
    assert (refused.permanent, refused.bad_address) == (True, False)
    assert str(refused).startswith("SendGrid refused it (413): Request Entity Too Large")


@pytest.mark.parametrize("status", [404, 413, 415])
def test_what_they_will_never_take_is_for_good(provider: fakes.Provider, status: int) -> None:
    refused = refusal(provider, Fault(status, body={"errors": [{"message": "too large"}]}))
    assert refused.permanent
    assert not refused.bad_address


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_they_do_not_accept_is_ours_to_mend_and_the_mail_waits(provider: fakes.Provider, status: int) -> None:
    refused = refusal(provider, Fault(status))
    assert not refused.permanent
    assert refused.trouble is Trouble.KEY


@pytest.mark.parametrize(
    "fault",
    [Fault(500), Fault(503), Fault(502, accepts=True), Fault(hangs_up=True), Fault(hangs_up=True, accepts=True)],
    ids=["500", "503", "502 after taking it", "hangs up", "hangs up after taking it"],
)
def test_when_nobody_can_say_whether_they_have_it_it_is_unclear(provider: fakes.Provider, fault: Fault) -> None:
    provider.faults.append(fault)
    with pytest.raises(Unclear, match="^(the connection to SendGrid broke: .+|SendGrid answered )"):
        SendGrid("SG.test", provider.url).send(MAIL)
    assert provider.requests == 1, "a client that tries again by itself could send twice"


def test_a_silent_provider_is_unclear_and_does_not_hold_us_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendgrid, "TIMEOUT_SECONDS", 0.2)
    with mute() as port, pytest.raises(Unclear, match="^the connection to SendGrid broke: .*timed out"):
        SendGrid("SG.test", f"http://127.0.0.1:{port}").send(MAIL)


def test_what_never_reached_them_may_be_tried_again() -> None:
    with pytest.raises(Refused, match="could not be reached") as caught:
        SendGrid("SG.test", f"http://127.0.0.1:{closed_port()}").send(MAIL)
    assert (caught.value.permanent, caught.value.trouble) == (False, Trouble.AWAY)


def test_whoever_cannot_prove_to_be_sendgrid_is_told_nothing_and_asked_again_later() -> None:
    with impostor() as url, pytest.raises(Refused, match="^SendGrid could not be reached: .*CERTIFICATE_VERIFY_FAILED") as caught:
        SendGrid("SG.test", url).send(MAIL)
    assert (caught.value.permanent, caught.value.trouble) == (False, Trouble.AWAY)


@pytest.mark.parametrize("first_words", HANDSHAKES)
def test_a_connection_that_breaks_before_it_is_encrypted_told_nothing(first_words: bytes) -> None:
    with rude(first_words) as port, pytest.raises(Refused, match="^SendGrid could not be reached: ") as caught:
        SendGrid("SG.test", f"https://localhost:{port}").send(MAIL)
    assert (caught.value.permanent, caught.value.trouble) == (False, Trouble.AWAY)


def test_a_connection_that_breaks_after_the_request_is_unclear() -> None:
    with rude(b"") as port, pytest.raises(Unclear, match="^the connection to SendGrid broke: "):
        SendGrid("SG.test", f"http://localhost:{port}").send(MAIL)


def test_a_mail_is_sent_with_our_key(provider: fakes.Provider) -> None:
    SendGrid("SG.test", provider.url).send(MAIL)
    assert [(path, headers["authorization"]) for path, headers, _ in provider.asked] == [("/v3/mail/send", "Bearer SG.test")]


def test_all_of_a_mail_and_nothing_else_of_ours_is_told(provider: fakes.Provider) -> None:
    SendGrid("SG.test", provider.url).send(replace(MAIL, headers={"List-Unsubscribe": "<https://x>"}, answers="<before@x>"))
    SendGrid("SG.test", provider.url).send(replace(MAIL, html=None))
    whole, plain = (delivery.body for delivery in provider.accepted)
    assert whole == {
        "from": {"email": "hello@tenure.example.com", "name": "Tenure"},
        "subject": "Welcome – shall we begin?",
        "personalizations": [{"to": [{"email": "ann@acme.example.com", "name": "Ann Lee"}]}],
        "content": [{"type": "text/plain", "value": MAIL.text}, {"type": "text/html", "value": MAIL.html}],
        "reply_to": {"email": "cara@example.com"},
        "headers": {
            "Message-ID": "<msg-1@tenure.example.com>", "In-Reply-To": "<before@x>", "References": "<before@x>",
            "List-Unsubscribe": "<https://x>",
        },
        "custom_args": {"message_id": "msg-1"},
    }  # fmt: skip
    assert plain["content"] == [{"type": "text/plain", "value": MAIL.text}]
    assert plain["headers"] == {"Message-ID": "<msg-1@tenure.example.com>"}


@pytest.mark.parametrize(
    ("fault", "trouble", "words"),
    [
        (Fault(429), Trouble.FULL, "SendGrid asks us to slow down (429)"),
        (Fault(401), Trouble.KEY, "SendGrid does not accept our key (401)"),
        (Fault(403), Trouble.KEY, "SendGrid does not accept our key (403)"),
    ],
)
def test_a_trouble_of_theirs_is_told_apart_from_one_of_the_mail(
    provider: fakes.Provider, fault: Fault, trouble: Trouble, words: str
) -> None:
    refused = refusal(provider, fault)
    assert (refused.trouble, str(refused), refused.permanent, refused.bad_address) == (trouble, words, False, False)


@pytest.mark.parametrize("status", [500, 503])
def test_what_is_unclear_says_what_they_answered(provider: fakes.Provider, status: int) -> None:
    provider.faults.append(Fault(status))
    with pytest.raises(Unclear, match=f"^SendGrid answered {status}$"):
        SendGrid("SG.test", provider.url).send(MAIL)


def test_a_key_is_known_by_its_digest_alone() -> None:
    one, other = SendGrid("SG.one", "http://x"), SendGrid("SG.other", "http://x")
    assert one.key != other.key
    assert one.key == digest("SG.one")
    assert "SG.one" not in one.key
    assert digest("") == ""
