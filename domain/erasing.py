"""Taking a person out of what was written about an account: names, addresses and the person's own words, wherever they stand.

The right to erasure: GDPR, Article 17, https://eur-lex.europa.eu/eli/reg/2016/679/oj#art_17
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from html.entities import codepoint2name
from typing import Any

ERASED = "(erased)"
LEAST_NAME = 3  # characters: a shorter name stands in too many other words
LEAST_UNSPACED = 2  # the same of a name in Chinese, say
LEAST_WORDS = 8  # the same of a person's own words, of which there are at least two
# What left is kept under the financial pack for three years: 17 CFR 240.17a-4
ARCHIVE_RULE = "SEC Rule 17a-4(b)(4)"
ARCHIVED_FOR = timedelta(days=3 * 366)

# A name of ours, not of a person: a state, a step, an id.
_CODE = re.compile(r"[a-z0-9][a-z0-9_.:/#-]*")
_SPACE = r"(?:\s|&nbsp;|&#160;|&#xa0;)+"
# As a name may have been typeset: https://html.spec.whatwg.org/multipage/named-characters.html
_SIGNS = {
    "'": r"(?:'|’|&#39;|&#x27;|&apos;|&rsquo;)",
    "’": r"(?:'|’|&#39;|&#x27;|&apos;|&rsquo;)",
    '"': r'(?:"|&quot;|&#34;)',
    "&": r"(?:&|&amp;)",
    "<": r"(?:<|&lt;)",
    ">": r"(?:>|&gt;)",
    "@": r"(?:@|%40|&#64;)",
    "+": r"(?:\+|%2[Bb])",
}


@dataclass(frozen=True)
class Traces:
    """What tells of one person: their name, their addresses, now (`address`) and `former`, and what they wrote themselves (`words`)."""

    name: str
    address: str
    words: tuple[str, ...] = ()
    former: tuple[str, ...] = ()

    @property
    def is_common(self) -> bool:
        """Whether the name is a single word, which may be any other."""
        return not _has_words(self.name)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        parts = [_bounded(each) for each in sorted({each.strip() for each in self.words if is_prose(each)}, key=len, reverse=True)]
        # What goes on in small letters behind a dot is another domain; in capitals it is the next sentence.
        parts += [
            rf"(?i:(?<![\w.+-]){_pattern(each)}(?![\w-]|\.(?-i:[a-z0-9])))"
            for each in sorted({self.address, *self.former} - {""}, key=len, reverse=True)
        ]
        if len(self.name.strip()) >= (LEAST_UNSPACED if _is_unspaced(self.name) else LEAST_NAME):
            parts.append(_bounded(self.name) if self.is_common else rf"(?i:{_bounded(self.name)})")
        return re.compile("|".join(parts)) if parts else None

    @cached_property
    def marks(self) -> frozenset[str] | None:
        """Runs of small letters and digits: what holds none of them, in any case, tells nothing. None where there is no such run."""
        sought = [each for each in self.words if is_prose(each)] + [self.name, self.address, *self.former]
        found = [max(re.findall(r"[a-z0-9]+", _composed(each).lower()), key=len, default="") for each in sought if each.strip()]
        return frozenset(found) if found and all(len(each) > 1 for each in found) else None

    def out_of(self, value: Any) -> Any:
        """The value (a text, or JSON) without them; the very same object where it tells nothing of the person. A text, or a key in
        JSON, that is one of our own codes stays, whoever has it for a name."""
        if self._pattern is None:
            return value
        match value:
            case str():
                return self._pattern.sub(ERASED, value) if self._pattern.search(value) and not _CODE.fullmatch(value) else value
            case Mapping():
                changed = {key: (self.out_of(key), self.out_of(each)) for key, each in value.items()}
                is_same = all(new is key and each is value[key] for key, (new, each) in changed.items())
                return value if is_same else dict(changed.values())
            case list() | tuple():
                each = [self.out_of(one) for one in value]
                return each if any(new is not old for new, old in zip(each, value, strict=True)) else value
            case _:
                return value


def is_prose(text: str) -> bool:
    """Whether a text is long enough, and of several words, to be somebody's own wherever it stands."""
    return len(text.strip()) >= LEAST_WORDS and _has_words(text)


def _has_words(text: str) -> bool:
    return len(text.split()) > 1 or _is_unspaced(text)


def _is_unspaced(text: str) -> bool:
    """Whether it is in letters that know no capitals: of scripts that set no spaces between words, or join other words to a name."""
    return any(unicodedata.category(letter) == "Lo" for letter in text)


def _bounded(text: str) -> str:
    """The text where it is no part of a longer word, nor of a name with a hyphen."""
    written, text = _pattern(text), text.strip()
    before = "" if not text[0].isalnum() or _is_unspaced(text[0]) else r"(?<!\w)(?<!\w-)"
    return before + written + ("" if not text[-1].isalnum() or _is_unspaced(text[-1]) else r"(?!\w|-\w)")


def _pattern(text: str) -> str:
    """The text as it may stand elsewhere: its spaces may be line ends, its signs may be written for HTML."""
    parts = re.findall(r"\s+|\S", _composed(text.strip()))
    return "".join(_SPACE if part.isspace() else _SIGNS.get(part) or _letter(part) for part in parts)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _letter(letter: str) -> str:
    if letter.isascii():
        return re.escape(letter)
    number, name = ord(letter), codepoint2name.get(ord(letter))
    ways = [letter, unicodedata.normalize("NFD", letter), f"&#{number};", f"&#x{number:x};", *([f"&{name};"] if name else [])]
    return f"(?:{'|'.join(map(re.escape, dict.fromkeys(ways)))})"


def own_words(payload: Any) -> Iterable[str]:
    """What of an event's payload is somebody's prose: texts of several words. Codes and numbers are what rules read."""
    match payload:
        case str():
            if _has_words(payload):
                yield payload
        case Mapping():
            for value in payload.values():
                yield from own_words(value)
        case list() | tuple():
            for value in payload:
                yield from own_words(value)
