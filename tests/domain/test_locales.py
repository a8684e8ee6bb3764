"""Languages: which one a reader gets, and how dates, numbers, money and counts are written in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st

from domain import locales
from domain.locales import Choice, UnknownLanguage

THE_DAY = date(2026, 3, 12)


@pytest.mark.parametrize(
    ("written", "wanted", "choice"),
    [
        ({"de"}, ["de"], Choice("de", "de")),
        ({"de"}, ["de-AT"], Choice("de", "de-AT")),
        ({"de", "de-AT"}, ["de-AT"], Choice("de-AT", "de-AT")),
        ({"de-AT"}, ["de"], Choice("", "en-GB")),
        ({"de"}, ["fr", "de"], Choice("de", "de")),  # what the contact reads is not there; what the account does is
        ({"de", "fr"}, ["fr", "de"], Choice("fr", "fr")),
        ({"de"}, [None, "de"], Choice("de", "de")),
        ({"de"}, ["en-US", "de"], Choice("", "en-US")),  # the house's own words, with dates as the reader writes them
        ({"de"}, ["en", "de"], Choice("", "en")),
        ({"de"}, ["fr"], Choice("", "en-GB")),
        ({"de"}, [], Choice("", "en-GB")),
        ({"de"}, ["German", "xx", "", "de_DE", "../de", 5, "de"], Choice("de", "de")),
        (set(), ["de"], Choice("", "en-GB")),
    ],
)
def test_a_reader_gets_the_best_of_their_languages(written: set[str], wanted: list[Any], choice: Choice) -> None:
    assert locales.choose(written, wanted) == choice


@given(
    st.sets(st.sampled_from(["de", "de-AT", "fr", "pt-BR"])),
    st.lists(st.none() | st.text(max_size=8) | st.sampled_from(["de", "en-US", "fr-CA"])),
)
def test_whatever_is_told_some_words_are_chosen_and_known_formats(written: set[str], wanted: list[str | None]) -> None:
    choice = locales.choose(written, wanted)
    assert choice.words in {"", *written}
    assert locales.is_known(choice.formats)


@pytest.mark.parametrize(
    ("tag", "day", "full", "short", "month", "money", "percent", "number"),
    [
        ("en-GB", "12 March 2026", "Thursday, 12 March 2026", "12/03/2026", "March 2026", "€1,234,568", "73%", "1234.5"),
        ("en-US", "March 12, 2026", "Thursday, March 12, 2026", "3/12/26", "March 2026", "€1,234,568", "73%", "1234.5"),
        ("de", "12. März 2026", "Donnerstag, 12. März 2026", "12.03.26", "März 2026", "1.234.568\xa0€", "73\xa0%", "1234,5"),
        ("de-CH", "12. März 2026", "Donnerstag, 12. März 2026", "12.03.26", "März 2026", "EUR\xa01’234’568", "73%", "1234.5"),
        ("fr", "12 mars 2026", "jeudi 12 mars 2026", "12/03/2026", "mars 2026", "1\u202f234\u202f568\xa0€", "73\xa0%", "1234,5"),
        ("ja", "2026年3月12日", "2026年3月12日木曜日", "2026/03/12", "2026年3月", "€1,234,568", "73%", "1234.5"),
    ],
)  # fmt: skip
def test_values_are_written_as_is_usual(
    tag: str, day: str, full: str, short: str, month: str, money: str, percent: str, number: str
) -> None:
    assert locales.written_date(THE_DAY, tag) == day
    assert [locales.written_date(THE_DAY, tag, style) for style in ("full", "short", "month")] == [full, short, month]
    assert locales.written_money(Decimal("1234567.5"), "EUR", tag) == money
    assert locales.written_percent(Decimal("0.725"), tag) == percent
    assert locales.written_number(Decimal("1234.5"), tag) == number


@pytest.mark.parametrize(
    ("tag", "forms"),
    [
        ("en-GB", ("one", "other")),
        ("de", ("one", "other")),
        ("pl", ("one", "few", "many", "other")),
        ("ja", ("other",)),
        ("ar", locales.CATEGORIES),
    ],
)
def test_languages_tell_numbers_apart(tag: str, forms: tuple[str, ...]) -> None:
    assert locales.plural_forms(tag) == forms


@given(st.sampled_from(sorted(tag.replace("_", "-") for tag in localedata.locale_identifiers())), st.integers(0, 10**6))
def test_every_number_has_a_form_in_every_language(tag: str, count: int) -> None:
    assert locales.plural_form(Decimal(count), tag) in locales.plural_forms(tag)


@pytest.mark.parametrize("tag", ["xx", "german", "", "de_DE", "de-XX-YY-ZZ", "../../etc/passwd", "d"])
def test_what_is_no_language_is_said(tag: str) -> None:
    assert not locales.is_known(tag)
    with pytest.raises(UnknownLanguage, match="is not a language that is known; write one like de, or de-AT"):
        locales.read(tag)
