"""Whom a mail comes from: its owner, where mail from their domain is signed, else the house in their name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain import senders
from domain.house import Brand
from domain.senders import Sender
from tests.domain.kit import a_house, a_person

HOUSE = "success@example.com"


def brand(*domains: str) -> Brand:
    return a_house().brand.model_copy(update={"domains": domains})


@pytest.mark.parametrize(
    ("domains", "email", "address"),
    [
        (("example.com",), "cara@example.com", "cara@example.com"),
        (("mail.example.com", "Example.com"), "cara@EXAMPLE.com", "cara@EXAMPLE.com"),
        ((), "cara@example.com", HOUSE),
        (("example.com",), "cara@example.org", HOUSE),
        (("example.com",), "cara@evil-example.com", HOUSE),
        (("example.com",), "cara@sub.example.com", HOUSE),
        (("example.com",), "cara@example.com.evil.org", HOUSE),
        (("example.com",), "example.com", HOUSE),
    ],
)
def test_mail_comes_from_its_owner_where_that_is_signed(domains: tuple[str, ...], email: str, address: str) -> None:
    assert senders.of(brand(*domains), replace(a_person("cara"), email=email)) == Sender(address, "Cara", email)


def test_mail_of_an_account_that_nobody_owns_comes_from_the_house() -> None:
    assert senders.of(brand("example.com"), None) == Sender(HOUSE, a_house().brand.company, a_house().brand.support)
