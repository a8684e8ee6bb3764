"""What Inbound Parse sends, read: a form in the characters it names, with the mail's own headers in it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import sendgrid_inbound
from channels.sendgrid_inbound import NotAMail
from domain.replies import Answer

FORM = "multipart/form-data; boundary=xYzZY"


def part(name: str, value: str | bytes, more: str = "") -> bytes:
    words = value if isinstance(value, bytes) else value.encode()
    return f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + words + b"\r\n"


def form(*parts: bytes, **fields: str | bytes) -> bytes:
    """In the shape in which SendGrid writes it."""
    return b"".join((*parts, *(part(name, value) for name, value in fields.items()))) + b"--xYzZY--\r\n"


def arrives(*parts: bytes, sender: str = "Ann Lee <ann@acme.example.com>", **fields: str | bytes) -> Answer:
    return sendgrid_inbound.read(form(*parts, **{"from": sender, **fields}), FORM)


def test_a_mail_is_read_whole() -> None:
    answer = arrives(
        headers="Message-ID: <a@acme.example.com>\nIn-Reply-To: <m-1@tenure.example.com>\nContent-Type: text/plain\n",
        to="Cara <cara@example.com>, pool@example.com",
        cc='"Lee, Ben" <ben@acme.example.com>',
        subject="Re: Welcome",
        text="Tuesday works.\n\nAnn",
        html="<p>Another form of it</p>",
        SPF="pass",
        envelope=json.dumps({"to": ["reply@example.com"], "from": "bounces@acme.example.com"}),
    )
    assert answer == Answer(
        id=hashlib.sha256(b"<a@acme.example.com>").hexdigest(),
        sender="ann@acme.example.com",
        to=["cara@example.com", "pool@example.com", "ben@acme.example.com", "reply@example.com"],
        subject="Re: Welcome",
        text="Tuesday works.\n\nAnn",
        headers={"message-id": "<a@acme.example.com>", "in-reply-to": "<m-1@tenure.example.com>", "content-type": "text/plain"},
        envelope_from="bounces@acme.example.com",
        is_genuine=True,
    )


def test_a_mail_of_which_only_the_sender_is_known_is_one() -> None:
    body = form(**{"from": "ann@acme.example.com"})
    assert sendgrid_inbound.read(body, FORM) == Answer(hashlib.sha256(body).hexdigest(), "ann@acme.example.com", [], "", "")


def test_without_a_message_id_a_mail_is_known_by_all_of_it() -> None:
    assert arrives(text="one").id == arrives(text="one").id != arrives(text="two").id
    assert arrives(text="one", headers="Message-ID: <a@x>").id == arrives(text="two", headers="Message-Id:  <a@x> ").id


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (form(subject="Hello"), FORM, "a mail has a sender; is 'POST the raw, full MIME message' off?"),
        (form(**{"from": ""}), FORM, "a mail has a sender; is 'POST the raw, full MIME message' off?"),
        (b"", FORM, "a mail has a sender; is 'POST the raw, full MIME message' off?"),
        (b"\xff" * 1000, FORM, "a mail has a sender; is 'POST the raw, full MIME message' off?"),
        (form(**{"from": "a@b.example"}), "multipart/form-data", "a mail has a sender; is 'POST the raw, full MIME message' off?"),
        (form(**{"from": "a@b.example"}), "multipart/form-data; boundary=大", "a mail has a sender; is 'POST the raw, full MIME message' off?"),
        (form(**{"from": "a@b.example"}), "application/json", "multipart/form-data was expected"),
        (form(**{"from": "a@b.example"}), "multipart/mixed; boundary=xYzZY", "multipart/form-data was expected"),
        (form(**{"from": "a@b.example"}), "", "multipart/form-data was expected"),
        (form(**{"from": "a@b.example"}), f"{FORM}\nX: 1", "multipart/form-data was expected"),
        (form(**{"from": "a@b.example"}), f"{FORM}\rX: 1", "multipart/form-data was expected"),
    ],
)  # fmt: skip
def test_what_is_no_mail_is_refused_and_told_why(body: bytes, content_type: str, words: str) -> None:
    with pytest.raises(NotAMail) as caught:
        sendgrid_inbound.read(body, content_type)
    assert str(caught.value) == words


def test_the_name_of_the_form_may_be_written_large_and_its_boundary_in_the_letters_of_latin_1() -> None:
    body = form(**{"from": "a@b.example"})
    assert sendgrid_inbound.read(body, FORM.replace("multipart/form-data", "Multipart/Form-Data")).sender == "a@b.example"
    boundary = '"xYzZY"; comment=ü'
    assert sendgrid_inbound.read(body, f"multipart/form-data; boundary={boundary}").sender == "a@b.example"


@pytest.mark.parametrize(
    ("fields", "genuine"),
    [
        ({}, False),
        ({"SPF": "pass"}, True),
        ({"SPF": "PASS"}, True),
        ({"SPF": "softfail"}, False),
        ({"dkim": "{@acme.example.com : pass}"}, True),
        ({"SPF": "fail", "dkim": "{@acme.example.com : Pass}"}, True),
        ({"dkim": "{@acme.example.com : fail}"}, False),
        ({"dkim": "{@pass.example.com : fail}"}, False),
        ({"dkim": "none"}, False),
    ],
)
def test_one_of_spf_and_dkim_is_enough_to_vouch_for_a_sender(fields: dict[str, str], genuine: bool) -> None:
    assert arrives(**fields).is_genuine is genuine


@pytest.mark.parametrize(
    ("value", "charset", "words"),
    [
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße"),
        ("Grüße".encode("cp1252"), "windows-1252", "Grüße"),
        ("Grüße 大".encode(), "utf-8", "Grüße 大"),
        ("Grüße".encode(), None, "Grüße"),
        ("Grüße".encode("latin-1"), "utf-8", "Gr��e"),
        ("Grü".encode(), "us-ascii", "Gr\ufffd\ufffd"),
        ("Grüße".encode(), "no-such-charset", "Grüße"),
        ("Grüße".encode("latin-1"), "no-such-charset", "Gr��e"),
        ("Grüße".encode(), 7, "Grüße"),
        (b"\r\n\nwords\n \r\n", "utf-8", "words\n "),
        (b"\r\nwords\n \r\n", "no-such-charset", "words\n "),
        (b"XwordsX", "utf-8", "XwordsX"),
        (b"XwordsX", "no-such-charset", "XwordsX"),
        (b"a\0b", "utf-8", "ab"),
    ],
)
def test_a_field_is_read_in_its_own_characters_without_the_line_ends_around_it(value: bytes, charset: Any, words: str) -> None:
    named = {} if charset is None else {"text": charset}
    assert arrives(text=value, charsets=json.dumps(named)).text == words


@pytest.mark.parametrize("charsets", ["", "{", "[]", "7", "null", b"\xff", "[" * 100_000])
def test_charsets_that_say_nothing_leave_a_mail_in_utf_8(charsets: str | bytes) -> None:
    assert arrives(text="Grüße", charsets=charsets).text == "Grüße"


@pytest.mark.parametrize(
    ("envelope", "to", "sender"),
    [
        ({"to": ["a@x.example", "b@x.example"], "from": "c@x.example"}, ["a@x.example", "b@x.example"], "c@x.example"),
        ({"to": [], "from": ""}, [], ""),  # nobody is to be told of a bounce
        ({"to": "a@x.example"}, [], None),
        ({"to": None, "from": 7}, [], "7"),
        ({"to": ["", "a@x.example"]}, ["a@x.example"], None),
        (["a@x.example"], [], None),
    ],
)
def test_the_envelope_says_to_whom_and_from_whom_it_really_came(envelope: Any, to: list[str], sender: str | None) -> None:
    answer = arrives(envelope=json.dumps(envelope))
    assert (answer.to, answer.envelope_from) == (to, sender)


@pytest.mark.parametrize("envelope", ["", "{", "[" * 100_000])
def test_a_mail_without_a_readable_envelope_is_still_a_mail(envelope: str) -> None:
    answer = arrives(envelope=envelope, to="cara@example.com")
    assert (answer.to, answer.envelope_from) == (["cara@example.com"], None)


def test_headers_are_known_in_small_letters_the_first_of_a_name_counts_and_folded_lines_are_one() -> None:
    answer = arrives(
        headers="References: <a@x>\n <b@x>\n\t<c@x>\nRECEIVED: by one\nReceived: by two\nX-Long: " + "y " * 9000 + "\n\nBody: no"
    )
    assert {name: answer.headers[name] for name in ("references", "received")} == {"references": "<a@x> <b@x> <c@x>", "received": "by one"}
    assert (len(answer.headers["x-long"]), sorted(answer.headers)) == (8000, ["received", "references", "x-long"])


def test_a_subject_is_one_line_that_fits() -> None:
    assert arrives(subject="Re:\r\n  Welcome\t to  us").subject == "Re: Welcome to us"
    assert arrives(subject="x" * 600).subject == "x" * 500


def test_a_mail_that_has_only_html_is_read_as_a_person_would() -> None:
    assert arrives(html="<p>Only <b>HTML</b></p><p>Ann</p>").text.split() == ["Only", "HTML", "Ann"]
    assert arrives(text="", html="<p>HTML</p>").text.strip() == "HTML"
    assert arrives(text="", html="").text == ""


def test_attached_files_and_what_has_no_name_are_left_out_and_of_one_name_the_first_counts() -> None:
    answer = arrives(
        part("text", "a file", '; filename="text.txt"'),
        b"--xYzZY\r\nContent-Disposition: form-data\r\n\r\nnobody's\r\n",
        part("text", "the words"),
        part("text", "others"),
    )
    assert answer.text == "the words"


def test_a_field_is_read_as_far_as_anybody_looks() -> None:
    assert len(arrives(text="x" * (sendgrid_inbound.MOST_FIELD + 7)).text) == sendgrid_inbound.MOST_FIELD


def test_a_field_in_base64_is_read_and_one_that_is_itself_a_form_is_empty() -> None:
    encoded = b'--xYzZY\r\nContent-Disposition: form-data; name="text"\r\nContent-Transfer-Encoding: base64\r\n\r\nVHVlc2RheQ==\r\n'
    assert arrives(encoded).text == "Tuesday"
    nested = (
        b'--xYzZY\r\nContent-Disposition: form-data; name="text"\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n'
        b"--in\r\n\r\nwords\r\n--in--\r\n"
    )
    assert arrives(nested).text == ""


@given(st.binary(max_size=300), st.sampled_from(["text", "headers", "envelope", "charsets", "to", "cc", "subject", "html", "dkim"]))
def test_whatever_a_stranger_writes_into_a_field_it_is_read_and_nothing_breaks(value: bytes, name: str) -> None:
    assert arrives(part(name, value.replace(b"--xYzZY", b""))).sender == "ann@acme.example.com"
