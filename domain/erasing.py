"""Taking a person out of what was written about an account: names, addresses and the person's own words, wherever they stand.

The right to erasure: GDPR, Article 17, https://eur-lex.europa.eu/eli/reg/2016/679/oj#art_17
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

ERASED = "(erased)"
LEAST_NAME = 3  # characters: a shorter name stands in too many other words
LEAST_WORDS = 8  # the same of a person's own words
# What left is kept under the financial pack for three years: SEC Rule 17a-4(b)(4), 17 CFR 240.17a-4
ARCHIVED_FOR = timedelta(days=3 * 366)
ARCHIVE_RULE = "SEC Rule 17a-4(b)(4)"

# As a name may have been typeset: https://html.spec.whatwg.org/multipage/named-characters.html
_SIGNS = {
    "'": r"(?:'|’|&#39;|&#x27;|&apos;|&rsquo;)",
    "’": r"(?:'|’|&#39;|&#x27;|&apos;|&rsquo;)",
    '"': r'(?:"|&quot;|&#34;)',
    "&": r"(?:&|&amp;)",
    "<": r"(?:<|&lt;)",
    ">": r"(?:>|&gt;)",
}


@dataclass(frozen=True)
class Traces:
    """What tells of one person: their name, their address, and what they wrote themselves."""

    name: str
    address: str
    words: tuple[str, ...] = ()

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        parts = [
            _pattern(each) for each in sorted({each.strip() for each in self.words}, key=len, reverse=True) if len(each) >= LEAST_WORDS
        ]
        if self.address:
            parts.append(rf"(?i:(?<![\w.+-]){_pattern(self.address)}(?![\w-]))")
        if len(self.name) >= LEAST_NAME:
            parts.append(rf"(?<!\w){_pattern(self.name)}(?!\w)")
        return re.compile("|".join(parts)) if parts else None

    def out_of(self, value: Any) -> Any:
        """The value (a text, or JSON) without them; the very same object where it tells nothing of the person."""
        if self._pattern is None:
            return value
        match value:
            case str():
                return self._pattern.sub(ERASED, value) if self._pattern.search(value) else value
            case Mapping():
                changed = {key: self.out_of(each) for key, each in value.items()}
                return changed if any(changed[key] is not value[key] for key in changed) else value
            case list() | tuple():
                each = [self.out_of(one) for one in value]
                return each if any(new is not old for new, old in zip(each, value, strict=True)) else value
            case _:
                return value


def _pattern(text: str) -> str:
    """The text as it may stand elsewhere: its spaces may be line ends, its signs may be written for HTML."""
    return "".join(r"\s+" if part.isspace() else _SIGNS.get(part, re.escape(part)) for part in re.findall(r"\s+|\S", text.strip()))


def own_words(payload: Any) -> Iterable[str]:
    """What of an event's payload is somebody's prose: texts of several words. Codes and numbers are what rules read."""
    match payload:
        case str():
            if " " in payload.strip():
                yield payload
        case Mapping():
            for value in payload.values():
                yield from own_words(value)
        case list() | tuple():
            for value in payload:
                yield from own_words(value)
