"""Mail that SendGrid took in for us. https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from email.message import EmailMessage, Message
from email.parser import BytesParser, HeaderParser
from email.policy import HTTP, default
from email.utils import getaddresses, parseaddr
from typing import Any

from inscriptis import get_text

from domain.replies import Answer

MOST_FIELD = 200_000  # bytes of one field that anybody looks at


class NotAMail(ValueError):
    """The request is not what Inbound Parse sends."""


def read(body: bytes, content_type: str) -> Answer:
    """One request. Raises NotAMail."""
    fields = _fields(body, content_type)
    if not fields.get("from"):
        raise NotAMail("a mail has a sender; is 'POST the raw, full MIME message' off?")
    headers = _headers(fields.get("headers", ""))
    envelope = _json(fields.get("envelope", ""))
    written = fields.get("to", ""), fields.get("cc", ""), *(str(address) for address in _list(envelope.get("to")))
    text = fields.get("text") or (get_text(fields["html"]) if fields.get("html") else "")
    mail_id = headers.get("message-id", "").strip()
    return Answer(
        id=hashlib.sha256(mail_id.encode() if mail_id else body).hexdigest(),
        sender=parseaddr(fields["from"])[1],
        to=[address for _, address in getaddresses(written) if address],
        subject=" ".join(fields.get("subject", "").split())[:500],
        text=text.replace("\0", ""),
        headers=headers,
        envelope_from=str(envelope["from"]) if "from" in envelope else None,
        is_genuine=fields.get("SPF", "").lower() == "pass" or ": pass" in fields.get("dkim", "").lower(),
    )


def _fields(body: bytes, content_type: str) -> dict[str, str]:
    """The texts of a form; attached files are left out."""
    if not content_type.lower().startswith("multipart/form-data") or "\n" in content_type or "\r" in content_type:
        raise NotAMail("multipart/form-data was expected")
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    raw: dict[str, bytes] = {}
    for part in form.iter_parts() if isinstance(form, EmailMessage) else ():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            raw.setdefault(name, _payload(part)[:MOST_FIELD])
    charsets = {name: str(charset) for name, charset in _json(raw.get("charsets", b"").decode("utf-8", "replace")).items()}
    return {name: _decoded(value, charsets.get(name, "utf-8")) for name, value in raw.items()}


def _payload(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _decoded(value: bytes, charset: str) -> str:
    try:
        return value.decode(charset, "replace").strip("\r\n")
    except LookupError:
        return value.decode("utf-8", "replace").strip("\r\n")


def _headers(text: str) -> dict[str, str]:
    """By their names in small letters; of several of one name the first."""
    found: dict[str, str] = {}
    for name, value in HeaderParser(policy=default.clone(max_line_length=None)).parsestr(text, headersonly=True).raw_items():
        found.setdefault(name.lower(), " ".join(str(value).split())[:8000])
    return found


def _json(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
