"""Where templates are filled in: what they may do with a value, and how much of it.

A template reads values through filters that are named here, and nothing else. What it may cost is counted in steps, not in seconds:
the same words end in the same sentence on every machine, in `tenure check` and at the send alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import jinja2
from jinja2 import nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain import locales
from domain.faults import suggestion

MOST_RENDERED = 256_000
MOST_STEPS = 500_000
MOST_ITEMS = 100  # of a list that a `for` goes over; a fact of kind list holds no more
TOO_LARGE = f"it came out larger than {MOST_RENDERED:,} characters"
TOO_LONG = f"it takes more than {MOST_STEPS:,} steps to fill in; use fewer filters in its for"
UNKNOWN = "a value it needs is not known; give it a default: {{ … | default('…', true) }}"
# The names under which templates read what they are filled in for: en-GB, and its language, en.
LOCALE, LANGUAGE = "locale", "language"
_BUDGET, _EACH = "the budget", "each of"  # no author can write names with a space in them


class Unfillable(ValueError):
    """A message cannot be composed for this reader: a value it needs is not known, or it came out too large."""


class _Budget:
    """How many steps are left. A step is a character that a filter reads, or an expression within a turn of a `for`."""

    def __init__(self) -> None:
        self.left = MOST_STEPS

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise Unfillable(TOO_LONG)


class Unknown(Unfillable):
    """A value that is not known where it must be."""

    def __init__(self) -> None:
        super().__init__(UNKNOWN)


def render(template: jinja2.Template, values: Mapping[str, Any], locale: str = locales.HOUSE) -> str:
    """Piece by piece, so that a loop that writes too much is left early. Raises Unfillable, and what Jinja raises."""
    pieces: list[str] = []
    size = 0
    for piece in template.generate({**values, LOCALE: locale, LANGUAGE: locales.language_of(locale), _BUDGET: _Budget()}):
        size += len(piece)
        if size > MOST_RENDERED:
            raise Unfillable(TOO_LARGE)
        pieces.append(piece)
    return "".join(pieces)


# What templates may do with a value


def _locale(context: Context) -> str:
    return str(context.get(LOCALE, locales.HOUSE))


def _date(context: Context, value: Any, style: Any = "long") -> str:
    if value is None:
        raise Unknown
    if not isinstance(value, date):
        raise Unfillable(f"'{value}' is not a date")
    if style not in locales.DATE_STYLES:
        options = locales.DATE_STYLES
        raise Unfillable(f"dates are not written '{style}'{suggestion(str(style), options)}; they can be {', '.join(options)}")
    return locales.written_date(value, _locale(context), style)


def _number(value: Any) -> Decimal:
    if value is None:
        raise Unknown
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Unfillable(f"'{value}' is not a number")
    return Decimal(str(value))


def _round(_: Context, value: Any, digits: Any = 0) -> float:
    if not isinstance(digits, int) or not 0 <= digits <= 9:
        raise Unfillable(f"{digits} is not a number of digits to round to")
    number = _number(value)
    return value if isinstance(value, int) else float(locales.rounded(number, digits))


def _money(context: Context, value: Any, currency: Any = "EUR") -> str:
    return locales.written_money(_number(value), str(currency), _locale(context))


def _percent(context: Context, value: Any) -> str:
    return locales.written_percent(_number(value), _locale(context))


def _plural(context: Context, value: Any, *forms: Any) -> str:
    """`{{ 3 | plural('week', 'weeks') }}` is 3 weeks: one word for each form that the language tells apart, in the CLDR's order."""
    count, locale = _number(value), _locale(context)
    categories = locales.plural_forms(locale)
    if len(forms) != len(categories):
        raise Unfillable(f"plural takes {len(categories)} words in this language ({', '.join(categories)}), and has {len(forms)}")
    return f"{locales.written_number(count, locale)} {forms[categories.index(locales.plural_form(count, locale))]}"


def _join(_: Context, values: Iterable[Any], between: Any = "") -> str:
    words = [str(value) for value in values]
    if sum(map(len, words)) + len(str(between)) * len(words) > MOST_RENDERED:
        raise Unfillable(TOO_LARGE)
    return str(between).join(words)


def _each(context: Context, values: Any, expressions: int) -> Iterable[Any]:
    """What a `for` goes over. The whole of the loop is paid for before it begins."""
    if isinstance(values, jinja2.Undefined):
        return values  # says itself what is missing
    if not isinstance(values, list | tuple) or len(values) > MOST_ITEMS:
        raise Unfillable(f"a for goes over a list of at most {MOST_ITEMS}")
    context[_BUDGET].spend(len(values) * expressions)
    return values


def _metered(filter: Callable[..., Any], takes: str) -> Callable[..., Any]:
    @pass_context
    def metered(context: Context, value: Any, *args: Any, **more: Any) -> Any:
        context[_BUDGET].spend(1 + (len(value) if isinstance(value, str | list | tuple | dict) else 0))
        match takes:
            case "context":
                return filter(context, value, *args, **more)
            case "environment":
                return filter(context.environment, value, *args, **more)
            case _:
                return filter(value, *args, **more)

    return metered


def written(value: Any, locale: str) -> Any:
    """A value as a text shows it that names it without a filter. Raises Unfillable where it is not known."""
    match value:
        case None:
            raise Unknown
        case bool():
            return value
        case date():
            return locales.written_date(value, locale)
        case float() | int() | Decimal():
            return locales.written_number(Decimal(str(value)), locale)
        case _:
            return value


@pass_context
def _finalize(context: Context, value: Any) -> Any:
    return written(value, _locale(context))


@pass_context
def _finalize_for_slack(context: Context, value: Any) -> Any:
    # https://docs.slack.dev/messaging/formatting-message-text: these three are what Slack reads as markup
    return str(written(value, _locale(context))).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# What Markdown, and a template that is filled in again, read as more than a character; at a text's beginning some more are.
_MARKUP = re.compile(r"\{[%#]?|[\\`*_\[\]<>&|]")
_AT_BEGINNING = re.compile(r"^(?:[#+=~-]|\d+(?=[.)]))")
SCALE = "{{ survey.scale }}"


@pass_context
def _finalize_for_markdown(context: Context, value: Any) -> Any:
    """A value as the same letters in Markdown. What brings a page of its own with it (the scale of a survey) stays a tag."""
    if hasattr(value, "__html__"):
        return SCALE
    words = " ".join(str(written(value, _locale(context))).split())
    words = _MARKUP.sub(lambda match: "".join(f"\\{each}" for each in match[0]), words)
    return _AT_BEGINNING.sub(lambda match: match[0] + "\\" if match[0].isdigit() else f"\\{match[0]}", words)


def without_slack(text: str) -> str:
    """A Slack text as its reader would see it there, for who gets it by mail."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A fact may be called `items` or `values`: that is never the method of the mapping it lies in."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            raise Unfillable("only numbers can be multiplied")
        return super().call_binop(context, operator, left, right)

    def _generate(self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False) -> str:
        """Jinja's hook before it writes code: every `for` counts what it goes over."""
        for loop in source.find_all(nodes.For):
            weight = nodes.Const(1 + size(loop))
            loop.iter = nodes.Filter(loop.iter, _EACH, [weight], [], None, None, lineno=loop.iter.lineno)
        source.set_environment(self)
        return super()._generate(source, name, filename, defer_init)


def size(tree: nodes.Node) -> int:
    """How many expressions and tags there are in it."""
    return sum(1 for _ in tree.find_all(nodes.Node))


def _environment(autoescape: bool, finalize: Callable[..., Any]) -> ImmutableSandboxedEnvironment:
    environment = _Sandbox(autoescape=autoescape, undefined=jinja2.StrictUndefined, finalize=finalize)
    kept = dict.fromkeys(("default", "length", "lower", "upper", "title", "capitalize", "trim", "int"), "value")
    kept |= dict.fromkeys(("first", "last", "sort"), "environment")
    ours: Mapping[str, Callable[..., Any]] = {
        "date": _date,
        "money": _money,
        "percent": _percent,
        "plural": _plural,
        "round": _round,
        "join": _join,
    }
    environment.filters = {
        **{name: _metered(environment.filters[name], takes) for name, takes in kept.items()},
        **{name: _metered(filter, "context") for name, filter in ours.items()},
        _EACH: pass_context(_each),
    }
    environment.globals = {}
    return environment


html = _environment(autoescape=True, finalize=_finalize)
plain = _environment(autoescape=False, finalize=_finalize)
markdown = _environment(autoescape=False, finalize=_finalize_for_markdown)
slack = _environment(autoescape=False, finalize=_finalize_for_slack)
FILTERS = tuple(sorted(name for name in plain.filters if name != _EACH))
TESTS = tuple(sorted(plain.tests))
