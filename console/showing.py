"""How pages show things: templates, and what they may do with a moment, a sum or a name.

A template that shows moments is given `now` and `zone`, and says on the page which zone that is; `people` are ours by id.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from domain.complaints import Complaints
from domain.governor import UNTIL_LIFTED

HERE = Path(__file__).parent
STYLESHEET = (HERE / "static" / "console.css").read_bytes()
CURRENCIES = {"EUR": "€", "USD": "$", "GBP": "£"}
IN_CAPITALS = {"csm", "vp", "cco", "smb", "nps", "csat", "roi", "p1", "ces"}
NO_BREAK = "\N{NO-BREAK SPACE}"


def render(template: str, values: Mapping[str, Any]) -> str:
    return _environment.get_template(template).render(values)


@pass_context
def moment(context: Context, at: datetime | None) -> str:
    """Mon 23 Nov, 09:00 in the page's zone; with its year where that is not this one."""
    if at is None:
        return "–"
    if at >= UNTIL_LIFTED:
        return "when a hold is lifted"
    local = at.astimezone(context["zone"])
    year = "" if local.year == context["now"].astimezone(context["zone"]).year else f" {local.year}"
    words = f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.astimezone(UTC).isoformat(), f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC", words
    )


@pass_context
def distance(context: Context, at: datetime | None) -> str:
    return "" if at is None or at >= UNTIL_LIFTED else distance_between(context["now"], at)


def distance_between(now: datetime, at: datetime) -> str:
    """in 3 days, 20 min ago, now."""
    seconds = (at - now).total_seconds()
    length = _length(abs(seconds))
    if not length:
        return "now"
    return (f"in {length}" if seconds > 0 else f"{length} ago").replace(" ", NO_BREAK)


@pass_context
def lateness(context: Context, at: datetime) -> str:
    """How long ago it was, without saying so: 3 days."""
    return _length((context["now"] - at).total_seconds()) or "1 min"


def _length(seconds: float) -> str:
    minutes, hours, days = int(seconds // 60), round(seconds / 3600), round(seconds / 86400)
    if minutes < 1:
        return ""
    if minutes < 60:
        return f"{minutes} min"
    if hours < 36:
        return f"{hours} h"
    return f"{days} days" if days < 90 else f"{round(days / 30.4)} months"


def day(value: date | None) -> str:
    """12 Mar 2026"""
    return f"{value.day} {value:%b %Y}" if value else "–"


def money(value: float | None, currency: str) -> str:
    return "–" if value is None else f"{CURRENCIES.get(currency, currency + ' ')}{value:,.0f}"


def floored(score: float | None) -> str:
    """A score as a whole number, never rounded up into the next band."""
    return "–" if score is None else str(math.floor(score))


def in_words(name: str) -> str:
    """success-review: Success review; nps_survey: NPS survey"""
    words = [word.upper() if word in IN_CAPITALS else word for word in name.replace("-", " ").replace("_", " ").split()]
    spaced = " ".join(words)
    return spaced[:1].upper() + spaced[1:]


def rate(found: Complaints) -> str:
    """Of reports of spam; 0.12 %, and nothing where there is no mail."""
    return "–" if found.percent is None else f"{found.percent:.2f}{NO_BREAK}%"


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def spelled(value: Any) -> str:
    """A fact's or an event's value."""
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case date():
            return day(value)
        case int() | float():
            return f"{value:,}"
        case list() | tuple():
            return ", ".join(map(str, value)) or "none"
        case dict():
            return ", ".join(f"{name} = {spelled(item)}" for name, item in value.items())
        case _:
            return str(value)


@pass_context
def person(context: Context, id: str | None) -> str:
    """The name of one of us."""
    known = context["people"].get(id or "")
    return known.name if known else id or "nobody"


_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_environment.filters |= {
    filter.__name__: filter for filter in (moment, distance, lateness, day, money, floored, in_words, counted, spelled, person, rate)
}
# Named by its content, so that browsers may keep it for ever.
_environment.globals["stylesheet"] = f"/static/console.css?{hashlib.sha256(STYLESHEET).hexdigest()[:12]}"
