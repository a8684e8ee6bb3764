"""Languages: which of its languages a mail is read in, and how dates, numbers, money and counts are written there.

A language is a tag like `de` or `de-AT` (BCP 47); what is usual in it comes from the CLDR, through Babel.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, format_percent, get_currency_symbol, parse_pattern

HOUSE = "en-GB"
CATEGORIES = ("zero", "one", "two", "few", "many", "other")  # of plurals, in the order of the CLDR
DateStyle = Literal["full", "long", "medium", "short", "month"]
DATE_STYLES: tuple[DateStyle, ...] = ("full", "long", "medium", "short", "month")


class UnknownLanguage(ValueError):
    """Nobody writes that language, as far as the CLDR knows."""

    def __init__(self, tag: str) -> None:
        super().__init__(f"'{tag}' is not a language that is known; write one like de, or de-AT")


@lru_cache(maxsize=64)
def read(tag: str) -> Locale:
    """Raises UnknownLanguage."""
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        raise UnknownLanguage(tag) from None


def is_known(tag: object) -> bool:
    try:
        return isinstance(tag, str) and bool(read(tag))
    except UnknownLanguage:
        return False


def language_of(tag: str) -> str:
    return tag.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Choice:
    """`words`: the language of the words, empty for those of the house. `formats`: how dates and numbers are written beside them."""

    words: str
    formats: str


def choose(written: Collection[str], wanted: Sequence[object], house: str = HOUSE) -> Choice:
    """What somebody gets who would like these languages, the best first, of a mail `written` in these beside the house's own.

    A variant (`de-AT`) falls back on its language. Dates are written as the reader's country does where the language is theirs.
    What is wanted and no language is passed over: an account's language is told by other systems.
    """
    for tag in wanted:
        if not isinstance(tag, str) or not is_known(tag):
            continue
        for words in (tag, language_of(tag)):
            if words in written:
                return Choice(words, tag)
        if language_of(tag) == language_of(house):
            return Choice("", tag)
    return Choice("", house)


# How values are written


def rounded(number: Decimal, digits: int = 0) -> Decimal:
    """Halves go up, as people round; and nothing is -0."""
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0


def written_date(day: date, tag: str, style: DateStyle = "long") -> str:
    """12 March 2026; 12. März 2026. `month` is March 2026."""
    locale = read(tag)
    if style == "month":
        return str(format_skeleton("yMMMM", day, locale=locale))
    return format_date(day, style, locale)


def written_number(number: Decimal, tag: str) -> str:
    """With all its digits and the sign for decimals, and without thousands: a number may be a year."""
    return format_decimal(number, locale=read(tag), group_separator=False, decimal_quantization=False)


def written_money(amount: Decimal, currency: str, tag: str) -> str:
    """In whole units: €1,200; 1.200 €; -€500; CHF 1,200."""
    locale = read(tag)
    usual = locale.currency_formats["standard"].pattern
    # The CLDR parts letters from digits (alphaNextToNumber); Babel does not.
    is_word = get_currency_symbol(currency, locale).isalpha()
    pattern = parse_pattern(re.sub("¤(?=[#0])", "¤\xa0", usual) if is_word else usual)
    pattern.frac_prec = (0, 0)
    return str(pattern.apply(rounded(amount), locale, currency=currency, currency_digits=False))


def written_percent(share: Decimal, tag: str) -> str:
    """0.725 is 73%; 73 % in German."""
    return format_percent(rounded(share, 2), locale=read(tag))


def plural_forms(tag: str) -> tuple[str, ...]:
    """The categories of number that the language tells apart, in the order in which `plural` takes its words: (one, other)."""
    rules = read(tag).plural_form.rules
    return tuple(category for category in CATEGORIES if category in rules or category == "other")


def plural_form(count: Decimal, tag: str) -> str:
    """The category of this number: one, other …"""
    category: str = read(tag).plural_form(count)
    return category
