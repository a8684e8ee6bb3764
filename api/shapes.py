"""The small shapes that requests and answers are made of. Requests are strict: nothing is coerced, nothing unknown passes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from api.problems import Problem
from domain import timing
from domain.faults import suggestion


class In(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def given(self, *names: str) -> dict[str, Any]:
        """The fields among `names` that the sender wrote."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:@+-]{0,127}")


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError("an id has 1 to 128 letters, digits and . _ ~ : @ + -, and begins with a letter or digit")
    return value


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("a date like '2026-03-31' was expected")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"'{value}' is not a day of the calendar") from None
    if not 1990 <= day.year <= 2100:
        raise ValueError(f"'{value}' lies outside 1990 to 2100")
    return day


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("a moment like '2026-03-31T09:00:00Z' was expected")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"'{value[:40]}' is not a moment like '2026-03-31T09:00:00Z'") from None
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone, like '2026-03-31T09:00:00Z' or '…+02:00'")
    if not 1990 <= moment.year <= 2100:
        raise ValueError(f"'{value}' lies outside 1990 to 2100")
    return moment.astimezone(UTC)


def _email(value: str) -> str:
    try:
        found = validate_email(value, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"this is not a mail address: {error}") from None
    return f"{found.local_part}@{found.ascii_domain or found.domain}"


def _zone(value: str) -> str:
    try:
        return timing.zone(value).key
    except ValueError:
        raise ValueError(
            f"'{value[:60]}' is not an IANA time zone like 'Europe/Berlin'{suggestion(value[:60], available_timezones())}"
        ) from None


def _country(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError("a country is its two letters, like 'DE' (ISO 3166)")
    return value


def _line(value: str) -> str:
    """One line: what could break a header is turned into a space."""
    line = " ".join(value.split())
    if not line:
        raise ValueError("it is empty")
    return line


Id = Annotated[str, AfterValidator(_id), Field(examples=["acme"])]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
EmailAddress = Annotated[str, Field(max_length=254), AfterValidator(_email)]
ZoneName = Annotated[str, AfterValidator(_zone), Field(examples=["Europe/Berlin"])]
Country = Annotated[str, AfterValidator(_country), Field(examples=["DE"])]
Line = Annotated[str, Field(max_length=300), AfterValidator(_line)]
Prose = Annotated[str, Field(max_length=4000)]
Role = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z_]*$")]
FactName = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
FactValues = Annotated[dict[FactName, Any], Field(max_length=100)]

Item = TypeVar("Item")


class Page(Out, Generic[Item]):
    """Some of a list; `next` is the cursor of the following page, None on the last."""

    items: list[Item]
    next: str | None = None


Limit = Annotated[int, Query(ge=1, le=200, description="how many at most")]
Cursor = Annotated[str | None, Query(max_length=300, description="`next` of the page before")]


def page(rows: Sequence[Any], limit: int, shape: type[Out], key: str = "id") -> dict[str, Any]:
    """A page of at most `limit` of the rows, which were asked for one more than that."""
    shown = [shape.model_validate(row) for row in rows[:limit]]
    return {"items": shown, "next": write_cursor(str(getattr(rows[limit - 1], key))) if len(rows) > limit else None}


def write_cursor(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def read_cursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        return base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Problem(400, "bad_cursor", "this cursor is not one of ours; begin without one") from None
