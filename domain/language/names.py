"""Names: of steps, journeys and templates, and of events."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from domain.grammar import one_or_more, plain_word

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
EVENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def _name(value: Any) -> str:
    value = plain_word(value)
    if not NAME.fullmatch(str(value)) or len(str(value)) > 80:
        raise ValueError(f"'{value}' is not a name; use small letters, digits and hyphens, like 'welcome-call'")
    return str(value)


def _event(value: Any) -> str:
    value = plain_word(value)
    if not EVENT.fullmatch(str(value)) or len(str(value)) > 80:
        raise ValueError(f"'{value}' is not an event; use small letters, digits and underscores, like 'signed_up'")
    return str(value)


Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})]
Event = Annotated[str, BeforeValidator(_event), WithJsonSchema({"type": "string", "pattern": f"^{EVENT.pattern}$"})]
Events = Annotated[tuple[Event, ...], BeforeValidator(one_or_more)]


def slug(text: str) -> str:
    """A text as part of a name: small letters, digits and hyphens, 60 at most."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60]
