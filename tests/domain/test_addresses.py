"""One reader is one reader, however the address is written."""

from __future__ import annotations

import pytest

from domain import addresses

SAME = "ann@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "written",
    ["ann@bücher.example", "ANN@BÜCHER.example", "Ann+news@Bücher.Example.", " ann@xn--bcher-kva.example ", "\uff41nn@bücher.example"],
)
def test_case_variants_and_international_domains_make_no_other_reader(written: str) -> None:
    assert addresses.normal(written) == SAME
    assert addresses.digest(written) == addresses.digest(SAME)


@pytest.mark.parametrize("other", ["anna@bücher.example", "ann@bucher.example", "a.nn@bücher.example", "ann@mail.bücher.example"])
def test_another_reader_is_another(other: str) -> None:
    assert addresses.digest(other) != addresses.digest(SAME)


@pytest.mark.parametrize(("address", "normal"), [("nobody", "nobody"), ("+x@a.example", "+x@a.example"), ("a@-.ü-", "a@-.ü-"), ("", "")])
def test_what_is_no_address_stays_what_it_is(address: str, normal: str) -> None:
    assert addresses.normal(address) == normal


@pytest.mark.parametrize(("address", "is_nobodys"), [("abuse@x.example", True), ("No-Reply+1@x.example", True), ("ann@x.example", False)])
def test_some_mailboxes_are_nobodys(address: str, is_nobodys: bool) -> None:
    assert addresses.is_nobodys(address) is is_nobodys


def test_a_masked_address_tells_its_owner_and_nobody_else() -> None:
    assert addresses.masked("ann.lee@example.com") == "a•••@example.com"
