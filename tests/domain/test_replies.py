"""What comes in by mail: who wrote it, what it answers, and what of it is new."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from database.messages import message_id
from domain.replies import MOST_TEXT, Answer, is_task, kind, named, new_text, reply_to, task_step

ID, EARLIER = message_id("run", "send-welcome", 1, "send", "ann"), message_id("run", "send-tips", 1, "send", "ann")


def an_answer(headers: dict[str, str] | None = None, **more: Any) -> Answer:
    given: dict[str, Any] = {
        "id": "a1",
        "sender": "ann@acme.example.com",
        "to": ["x@example.com"],
        "subject": "Re: Welcome",
        "text": "",
        **more,
    }
    return Answer(headers=headers or {}, **given)


@pytest.mark.parametrize(
    ("headers", "more", "what"),
    [
        ({}, {}, "reply"),
        ({"auto-submitted": "no"}, {}, "reply"),
        ({"content-type": "multipart/alternative; boundary=x"}, {}, "reply"),
        ({}, {"subject": "Automatic doors, a reply"}, "reply"),
        ({}, {"subject": "Re: Your office"}, "reply"),
        ({"auto-submitted": "auto-replied"}, {}, "automatic"),
        ({"auto-submitted": "auto-generated; type=x"}, {}, "automatic"),
        ({"x-autoreply": "yes"}, {}, "automatic"),
        ({"x-auto-response-suppress": "All"}, {}, "automatic"),
        ({"precedence": "bulk"}, {}, "automatic"),
        ({}, {"sender": "no-reply@acme.example.com"}, "automatic"),
        ({}, {"subject": "Automatic reply: Welcome"}, "automatic"),
        ({}, {"subject": "Re: Out of office"}, "automatic"),
        ({}, {"subject": "Abwesenheitsnotiz: Willkommen"}, "automatic"),
        ({}, {"subject": "Automatische Antwort: Willkommen"}, "automatic"),
        ({}, {"subject": "Réponse automatique : Bienvenue"}, "automatic"),
        ({"content-type": "multipart/report; report-type=disposition-notification"}, {}, "automatic"),
        ({"content-type": "multipart/report; report-type=delivery-status"}, {}, "bounce"),
        ({}, {"sender": "MAILER-DAEMON@mx.example.com"}, "bounce"),
        ({}, {"envelope_from": ""}, "bounce"),
        ({"auto-submitted": "auto-replied"}, {"envelope_from": ""}, "bounce"),
    ],
)
def test_only_what_a_person_wrote_is_a_reply(headers: dict[str, str], more: dict[str, Any], what: str) -> None:
    found, why = kind(an_answer(headers, **more))
    assert found == what
    assert bool(why) == (what != "reply")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (an_answer(), []),
        (an_answer(to=[reply_to(ID, "reply.example.com")]), [(ID, "its address")]),
        (an_answer(to=[reply_to(ID, "reply.example.com").upper()]), [(ID, "its address")]),
        (an_answer({"in-reply-to": f"<{ID}@example.com>"}), [(ID, "In-Reply-To")]),
        (an_answer({"references": f"<x@y> <{EARLIER}@example.com> <{ID}@example.com>"}), [(ID, "References"), (EARLIER, "References")]),
        (
            an_answer({"in-reply-to": f"<{ID}@a>", "references": f"<{EARLIER}@a> <{ID}@a>"}, to=[reply_to(ID, "r.example.com")]),
            [(ID, "its address"), (EARLIER, "References")],
        ),
        (an_answer({"in-reply-to": "<not-ours@example.com>"}, to=["reply+nobody@example.com"]), []),
    ],
)
def test_a_mail_names_what_it_answers(answer: Answer, found: list[tuple[str, str]]) -> None:
    assert named(answer) == found


NEW = "Hi Cara,\n\nTuesday works.\n\nAnn"


@pytest.mark.parametrize(
    "behind",
    [
        "",
        "\n\nOn Mon, 5 Jan 2026 at 09:00, Cara Stein <cara@example.com> wrote:\n> Hello Ann,\n> welcome",
        "\n\nOn Mon, 5 Jan 2026 at 09:00, Cara Stein\n<cara@example.com> wrote:\n\n> Hello Ann,",
        "\n\nAm 05.01.2026 um 09:00 schrieb Cara Stein <cara@example.com>:\n> Hello",
        "\n\nLe lun. 5 janv. 2026 à 09:00, Cara Stein <cara@example.com> a écrit :\n> Hello",
        "\n\nEl lun, 5 ene 2026 a las 9:00, Cara (<cara@example.com>) escribió:\n> Hello",
        "\n\nIl giorno lun 5 gen 2026 alle ore 09:00 Cara <cara@example.com> ha scritto:\n> Hello",
        "\n\n-----Original Message-----\nFrom: Cara\nHello",
        "\n\n________________________________\nFrom: Cara Stein\nSent: Monday\nHello",
        "\n\nVon: Cara Stein <cara@example.com>\nGesendet: Montag, 5. Januar 2026\nHello",
        "\n\n*From:* Cara Stein\n*Sent:* Monday\nHello",
        "\n\n-- \nAnn Lee, Acme",
        "\n\n> Hello Ann,\n> welcome",
        "\r\n\r\n> Hello",
    ],
)
def test_what_was_quoted_is_cut_off(behind: str) -> None:
    assert new_text(NEW + behind) == NEW


@pytest.mark.parametrize(
    "text",
    ["On Tuesday we meet.\nI wrote: yes", "From: here to there\nit is far", "Our list:\n- one\n- two", "He wrote it down: a plan"],
)
def test_what_only_looks_like_a_quotation_stays(text: str) -> None:
    assert new_text(text) == text


def test_answers_between_the_lines_of_a_quotation_are_kept() -> None:
    assert new_text("> Shall we meet?\nYes.\n> On Tuesday?\nBetter Friday.") == "Yes.\nBetter Friday."


@pytest.mark.parametrize("seed", ["On ", "\n", "> ", "On 1, x wrote", "From: ", "-", "_", "*", " ", "a\nwrote:"])
def test_what_a_stranger_sends_takes_no_longer_than_it_is_long(seed: str) -> None:
    began = time.process_time()
    assert len(new_text(seed * (200_000 // len(seed)))) <= MOST_TEXT
    assert time.process_time() - began < 5


@given(st.text(max_size=300))
def test_every_text_can_be_cut(text: str) -> None:
    assert len(new_text(text)) <= len(text)


def test_the_task_of_an_answer_is_no_step_of_a_journey() -> None:
    assert is_task(task_step("0123456789abcdef0123"))
    assert not is_task("task-welcome-call")
