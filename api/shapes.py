"""The small shapes that requests and answers are made of. Requests are strict: nothing is coerced, nothing unknown passes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from api.faults import wrong
from domain import timing
from domain.faults import suggestion
from domain.vocabulary import FIRST_YEAR, LAST_YEAR


class In(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def given(self, *names: str) -> dict[str, Any]:
        """The fields among `names` that the sender wrote."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


def example(**body: Any) -> ConfigDict:
    """The part of a model's configuration that shows a body in the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": [body]})


ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:@+-]{0,127}")


def _id(value: str) -> str:
    if not ID.fullmatch(value):
        raise wrong("id", "an id has 1 to 128 letters, digits and . _ ~ : @ + -, and begins with a letter or digit")
    return value


def _day(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise wrong("date", "a date like '2026-03-31' was expected")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise wrong("date", f"'{value}' is not a day of the calendar") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise wrong("range", f"'{value}' lies outside {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _moment(value: Any) -> Any:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise wrong("timestamp", "a moment like '2026-03-31T09:00:00Z' was expected") from None
    if moment.tzinfo is None:
        raise wrong("timestamp_zone", "a moment needs its time zone, like '2026-03-31T09:00:00Z' or '…+02:00'")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise wrong("range", f"'{value}' lies outside {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(UTC)


def _email(value: str) -> str:
    try:
        found = validate_email(value, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise wrong("email_invalid", f"this is not a mail address: {error}") from None
    return f"{found.local_part}@{found.ascii_domain or found.domain}"


@cache
def _zones() -> tuple[str, ...]:
    return tuple(name for name in available_timezones() if "/" in name)


def _zone(value: str) -> str:
    try:
        return timing.zone(value).key
    except ValueError as error:
        raise wrong("tz_unknown", f"{error}{suggestion(value, _zones())}") from None


def _country(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise wrong("country", "a country is its two letters, like 'DE' (ISO 3166)")
    return value


def _line(value: str) -> str:
    """One line: what could break a header is turned into a space."""
    line = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", value).strip()
    if not line:
        raise wrong("empty", "it is empty")
    return line


Id = Annotated[str, AfterValidator(_id), Field(examples=["acme"])]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
EmailAddress = Annotated[str, Field(max_length=254), AfterValidator(_email)]
ZoneName = Annotated[str, Field(max_length=60), AfterValidator(_zone), Field(examples=["Europe/Berlin"])]
Country = Annotated[str, AfterValidator(_country), Field(examples=["DE"])]
Line = Annotated[str, Field(max_length=300), AfterValidator(_line)]
Prose = Annotated[str, Field(max_length=4000)]
Tag = Annotated[str, Field(max_length=60), AfterValidator(_line)]
Word = Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$")]
Role = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z_]*$")]
FactName = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
FactValues = Annotated[dict[FactName, Any], Field(max_length=100)]
