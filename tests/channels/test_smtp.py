"""Our SMTP against a real server, and what each of its answers means."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from channels import smtp
from channels.channel import Accepted, Refused, Unclear
from channels.smtp import Smtp
from domain.pacing import Trouble
from tests.channels.kit import MAIL, closed_port, mail_server, mute


class Postbox:
    """Keeps what it was sent; answers RCPT and the end of DATA with what it was told to, and hangs up on None."""

    def __init__(self, rcpt: str = "250 OK", data: str | None = "250 OK", goodbye: str = "221 Bye") -> None:
        self.rcpt, self.data, self.goodbye = rcpt, data, goodbye
        self.letters: list[EmailMessage] = []

    # aiosmtpd calls these by the names of the commands.
    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if self.data is None:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        return self.data

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return self.goodbye


Serve = Callable[[Postbox], AbstractContextManager[Smtp]]


@pytest.fixture
def serve() -> Serve:
    @contextmanager
    def started(postbox: Postbox) -> Iterator[Smtp]:
        controller = Controller(postbox, hostname="127.0.0.1", port=closed_port())
        controller.start()
        try:
            yield Smtp("127.0.0.1", controller.port)
        finally:
            controller.stop()

    return started


def test_a_mail_arrives_whole_with_our_id(serve: Serve) -> None:
    postbox = Postbox()
    with serve(postbox) as channel:
        assert channel.send(MAIL) == Accepted("<msg-1@tenure.example.com>")
    (letter,) = postbox.letters
    assert letter["To"] == "Ann Lee <ann@acme.example.com>"
    assert letter["From"] == "Tenure <hello@tenure.example.com>"
    assert letter["Reply-To"] == "cara@example.com"
    assert letter["Subject"] == "Welcome – shall we begin?"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("answer", "permanent", "bad_address"),
    [
        ("550 no such user", True, True),
        ("550 5.1.1 no such user", True, True),
        ("553 5.1.3 that is no address", True, True),
        ("550 5.1.8 the sender's domain does not exist", True, False),
        ("550 5.7.1 relaying denied", True, False),
        ("554 relay access denied", True, False),
        ("552 5.2.2 mailbox full", True, False),
        ("450 mailbox busy", False, False),
        ("450 4.1.1 not known for now", False, False),
    ],
)
def test_a_refused_address_is_for_good_and_bad_only_if_the_server_says_so(
    serve: Serve, answer: str, permanent: bool, bad_address: bool
) -> None:
    with serve(Postbox(rcpt=answer)) as channel, pytest.raises(Refused, match=answer[4:]) as caught:
        channel.send(MAIL)
    assert (caught.value.permanent, caught.value.bad_address) == (permanent, bad_address)


@pytest.mark.parametrize(
    ("answer", "permanent"), [("554 we do not want this", True), ("451 try later", False)], ids=["not wanted", "try later"]
)
def test_a_refused_mail_says_nothing_of_the_address(serve: Serve, answer: str, permanent: bool) -> None:
    with serve(Postbox(data=answer)) as channel, pytest.raises(Refused, match=answer[4:]) as caught:
        channel.send(MAIL)
    assert (caught.value.permanent, caught.value.bad_address) == (permanent, False)


def test_a_connection_that_breaks_after_the_mail_is_unclear(serve: Serve) -> None:
    postbox = Postbox(data=None)
    with serve(postbox) as channel, pytest.raises(Unclear, match="^the connection to the mail server broke: "):
        channel.send(MAIL)
    assert len(postbox.letters) == 1


def test_a_rude_goodbye_does_not_undo_an_accepted_mail(serve: Serve) -> None:
    with serve(Postbox(goodbye="500 what?")) as channel:
        assert channel.send(MAIL).provider_id == "<msg-1@tenure.example.com>"


def test_a_server_that_does_not_know_our_name_is_ours_to_mend_and_the_mail_waits(serve: Serve) -> None:
    with serve(Postbox()) as channel:
        stranger = Smtp("127.0.0.1", channel._port, user="tenure", password="wrong")
        with pytest.raises(Refused, match="does not let us in") as caught:
            stranger.send(MAIL)
    assert not caught.value.permanent


def test_a_server_that_is_not_there_or_says_nothing_certainly_has_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(Refused, match="could not be reached") as caught:
        Smtp("127.0.0.1", closed_port()).send(MAIL)
    assert not caught.value.permanent
    with mute() as port, pytest.raises(Refused, match="could not be reached"):
        Smtp("127.0.0.1", port).send(MAIL)


def test_a_mail_of_a_conversation_names_the_one_before_and_shows_how_to_refuse_it(serve: Serve) -> None:
    postbox = Postbox()
    with serve(postbox) as channel:
        channel.send(replace(MAIL, headers={"List-Unsubscribe": "<https://x>"}, answers="<before@x>", html=None))
    (letter,) = postbox.letters
    shown = {name: letter[name] for name in ("Message-ID", "In-Reply-To", "References", "List-Unsubscribe")}
    assert shown == {
        "Message-ID": "<msg-1@tenure.example.com>", "In-Reply-To": "<before@x>", "References": "<before@x>",
        "List-Unsubscribe": "<https://x>",
    }  # fmt: skip
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().splitlines() == MAIL.text.splitlines()


def test_what_a_mail_says_arrives_in_both_its_forms(serve: Serve) -> None:
    postbox = Postbox()
    with serve(postbox) as channel:
        channel.send(MAIL)
    (letter,) = postbox.letters
    assert [part.get_content().split() for part in letter.iter_parts()] == [MAIL.text.split(), (MAIL.html or "").split()]
    assert (letter["In-Reply-To"], letter["References"]) == (None, None)


def test_a_server_without_the_encryption_we_ask_for_gets_nothing(serve: Serve) -> None:
    postbox = Postbox()
    with serve(postbox) as channel:
        wary = Smtp("127.0.0.1", channel._port, starttls=True)
        with pytest.raises(Refused, match="does not let us in") as caught:
            wary.send(MAIL)
    assert (caught.value.permanent, caught.value.trouble, postbox.letters) == (False, Trouble.AWAY, [])


def test_who_logs_in_is_told_apart_by_name_and_password() -> None:
    keys = {Smtp("x", 25, user, password).key for user, password in (("a", "b"), ("a", "c"), ("b", "b"), ("", ""), ("", "c"))}
    assert len(keys) == 4
    assert Smtp("x", 25).key == ""


def test_a_server_that_is_not_there_is_in_trouble_whatever_it_is_sent() -> None:
    with pytest.raises(Refused) as caught:
        Smtp("127.0.0.1", closed_port()).send(MAIL)
    assert (caught.value.permanent, caught.value.trouble) == (False, Trouble.AWAY)


@pytest.mark.parametrize(
    ("command", "answer", "words", "permanent", "bad_address"),
    [
        ("RCPT", b"550 5.1.1 no Gr\xfc\xdfe here", "refused the address (550): 5.1.1 no Gr\ufffd\ufffde here", True, True),
        ("RCPT", b"500 5.1.1 nobody", "refused the address (500): 5.1.1 nobody", True, True),
        ("RCPT", b"500 what?", "refused the address (500): what?", True, False),
        ("RCPT", b"450 5.1.1 nobody yet", "refused the address (450): 5.1.1 nobody yet", False, False),
        ("RCPT", b"550 5.1.7 your sender's address", "refused the address (550): 5.1.7 your sender's address", True, False),
        ("RCPT", b"550 5.1.8 your sender's domain", "refused the address (550): 5.1.8 your sender's domain", True, False),
        ("RCPT", b"552 too large", "refused the address (552): too large", True, False),
        ("MAIL", b"500 what?", "refused it (500): what?", True, False),
        ("MAIL", b"451 later", "refused it (451): later", False, False),
        ("DATA", b"554 no Gr\xfc\xdfe", "refused it (554): no Gr\ufffd\ufffde", True, False),
        (".", b"500 what?", "refused it (500): what?", True, False),
    ],
)
def test_what_a_server_says_is_told_word_for_word_whatever_its_letters(
    command: str, answer: bytes, words: str, permanent: bool, bad_address: bool
) -> None:
    with mail_server({command: answer}) as port, pytest.raises(Refused) as caught:
        Smtp("127.0.0.1", port).send(MAIL)
    refused = caught.value
    assert (str(refused), refused.permanent, refused.bad_address) == (f"the mail server {words}", permanent, bad_address)


LOGIN = base64.b64encode(b"\0tenure\0secret").decode()


def with_login(accepts: bool) -> dict[str, bytes]:
    return {"EHLO": b"250-fake\r\n250 AUTH PLAIN", "AUTH": b"235 come in" if accepts else b"535 5.7.8 no"}


def test_a_server_that_asks_who_we_are_is_told_and_whom_it_does_not_know_has_a_wrong_key() -> None:
    said: list[str] = []
    with mail_server(with_login(True), said) as port:
        Smtp("127.0.0.1", port, "tenure", "secret").send(MAIL)
    assert f"AUTH PLAIN {LOGIN}" in said
    with mail_server(with_login(False)) as port, pytest.raises(Refused, match="does not let us in") as caught:
        Smtp("127.0.0.1", port, "tenure", "wrong").send(MAIL)
    assert (caught.value.permanent, caught.value.trouble) == (False, Trouble.KEY)


def test_a_login_without_a_password_has_an_empty_one() -> None:
    assert Smtp("x", 25, "a").key == Smtp("x", 25, "a", "").key != ""
