"""What came in by mail: an answer of a person, of a machine, or a mail that came back; and what of its text is new.

Every line is looked at once: texts come from strangers, and the libraries that cut quotations by regular expressions take minutes
for sixty kilobytes of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["reply", "automatic", "bounce"]
MOST_TEXT = 4000
_TASK = "answer:"  # no step of a journey has a colon in its id

_MACHINES = ("mailer-daemon", "postmaster", "no-reply", "noreply", "donotreply", "do-not-reply")
_RETURNS = ("mailer-daemon", "postmaster")
_PRECEDENCE = ("bulk", "junk", "auto_reply", "list")
_OUT_OF_OFFICE = re.compile(
    r"\s*(?:(?:re|aw|antw|sv)\s*:\s*)?"
    r"(?:auto(?:matic|matische|-)?[\s:-]*(?:reply|response|antwort|antwoord)|out of (?:the )?office|abwesenheit|abwesend"
    r"|réponse automatique|respuesta automática|risposta automatica|resposta automática|autosvar|odpowiedź automatyczna)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A mail that came in. `headers` by their names in small letters; `to` are all addresses it was sent to. `is_genuine`: the mail
    server it came through vouches that its sender's domain sent it (SPF or DKIM)."""

    id: str
    sender: str
    to: Sequence[str]
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    envelope_from: str | None = None
    is_genuine: bool = False


def kind(answer: Answer) -> tuple[Kind, str]:
    """What it is, and by what that is seen. RFC 3834 (machines say so), RFC 3464 (delivery reports)."""
    headers, local = answer.headers, answer.sender.partition("@")[0].lower()
    content_type = headers.get("content-type", "").lower()
    if "multipart/report" in content_type or answer.envelope_from == "" or local in _RETURNS:
        said = headers.get("auto-submitted", "")
        if "disposition-notification" in content_type:
            return "automatic", "a receipt"
        return "bounce", "a delivery report" if "report" in content_type else f"nobody is to answer it{f' ({said})' if said else ''}"
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    if submitted != "no":
        return "automatic", f"Auto-Submitted: {submitted}"
    for name in ("x-autoreply", "x-autorespond", "x-auto-response-suppress"):
        if name in headers:
            return "automatic", f"it has the header {name}"
    if (precedence := headers.get("precedence", "").strip().lower()) in _PRECEDENCE:
        return "automatic", f"Precedence: {precedence}"
    if local in _MACHINES:
        return "automatic", f"it is from {local}@"
    if _OUT_OF_OFFICE.match(answer.subject):
        return "automatic", "its subject says so"
    return "reply", ""


_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"  # of a message: a UUID of version 5
_REPLY_TO = re.compile(rf"reply\+({_ID})@", re.IGNORECASE)
_MAIL_ID = re.compile(rf"<({_ID})@[^<>@\s]+>", re.IGNORECASE)


def reply_to(message_id: str, domain: str) -> str:
    """The address that answers to a message come to. Whoever has it has had the message, or was given it by who had."""
    return f"reply+{message_id}@{domain}"


def named(answer: Answer) -> list[tuple[str, str]]:
    """The messages that it may answer, likeliest first, each with what names it."""
    found = [(match[1].lower(), "its address") for address in answer.to for match in _REPLY_TO.finditer(address)]
    for name in ("in-reply-to", "references"):
        ids = [match[1].lower() for match in _MAIL_ID.finditer(answer.headers.get(name, "")[:8000])]
        found += [(id, name.title()) for id in reversed(ids)]
    return list(dict(reversed(found)).items())[::-1]


# What begins a quotation: a line like "On 5 January, Cara wrote:" in the languages our customers write in, a forwarded head, a rule.
_SAID = r"wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev|napisał\w*|napsal\w*"
_WROTE = re.compile(rf"^\W{{0,3}}(?:on|am|le|el|il|op|em|den|w dniu|dne)\b.{{0,300}}?\b(?:{_SAID})\b.{{0,200}}:\s*$", re.IGNORECASE)
_RULE = re.compile(r"^\s*(?:_{10,}|-{2,}\s*\S.{0,60}?\S?\s*-{2,})\s*$")
_HEAD = re.compile(r"^\W{0,3}(?:from|von|de|da|van|från|fra|od)\s*:\W{0,3}\s*\S", re.IGNORECASE)
_NEXT = r"sent|gesendet|datum|date|envoyé|enviado|inviato|verzonden|skickat|sendt|wysłano|to|an|à|para|a|aan|till|til|do"
_HEAD_GOES_ON = re.compile(rf"^\W{{0,3}}(?:{_NEXT})\s*:", re.IGNORECASE)
_SIGNATURE = re.compile(r"^-- ?$")


def new_text(text: str) -> str:
    """What the writer added: without quotations, and without what follows a signature's dashes."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if _begins_quotation(line[:600], following[:600]):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
    return "\n".join(kept).strip()[:MOST_TEXT]


def _begins_quotation(line: str, following: str) -> bool:
    if _SIGNATURE.match(line) or _WROTE.match(line) or (line.strip() and _WROTE.match(f"{line} {following}") is not None and following):
        return True
    return bool(_RULE.match(line) or (_HEAD.match(line) and _HEAD_GOES_ON.match(following)))


def task_step(answer_id: str) -> str:
    """What stands for the step in the task that an answer is."""
    return f"{_TASK}{answer_id[:16]}"


def is_task(step: str) -> bool:
    """Whether a task is a customer's answer: it outlives the run whose mail was answered."""
    return step.startswith(_TASK)
