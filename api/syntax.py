"""Clean JSON: what parsers disagree about, and what a database cannot keep, is refused before anything reads it."""

from __future__ import annotations

import json
from typing import Any

from api import faults
from api.problems import Problem, unfit

MOST_DEPTH = 32
MOST_WHOLE = 2**53  # from here on a double, which is what most JSON parsers read into, skips numbers


def check_json(raw: bytes) -> dict[str, Any]:
    """The JSON object. Raises Problem."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, "bad_unicode", "the body is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise Problem(400, "json_syntax", "the body begins with a byte order mark; leave it out")
    too_deep = Problem(400, "too_deep", f"the body is nested more than {MOST_DEPTH} deep; make it flatter")
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)
    except RecursionError:
        raise too_deep from None
    except json.JSONDecodeError as error:
        raise Problem(400, "json_syntax", f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    if _is_deeper(value, MOST_DEPTH):
        raise too_deep
    if not isinstance(value, dict):
        raise Problem(400, "body_not_object", "a JSON object was expected: {…}")
    if "\\u" in text:  # what cannot be kept can be written only as an escape
        _check_text(value, "")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    return any(_is_deeper(item, levels - 1) for item in (value.values() if isinstance(value, dict) else value))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Problem(400, "duplicate_key", f"'{name[:80]}' is there twice; parsers disagree which one counts")
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise Problem(422, "number_range", f"{name} is not a number JSON knows")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Problem(422, "number_range", f"{text[:40]} is too large a number")
    return value


def _whole(text: str) -> int:
    if len(text) > 19 or abs(int(text)) > MOST_WHOLE:
        raise Problem(422, "number_range", f"{text[:40]} is too large a whole number")
    return int(text)


def _check_text(value: Any, pointer: str) -> None:
    match value:
        case str():
            if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
                raise unfit(pointer, "bad_unicode", "a text holds a character that cannot be kept (a zero byte or half a surrogate pair)")
        case dict():
            for name, item in value.items():
                _check_text(name, pointer)
                _check_text(item, pointer + faults.pointer(name))
        case list():
            for place, item in enumerate(value):
                _check_text(item, f"{pointer}/{place}")
