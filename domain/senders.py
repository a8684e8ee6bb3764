"""Whom a mail comes from."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import escape

from domain.facts import Person
from domain.house import Brand


@dataclass(frozen=True, slots=True)
class Sender:
    """What stands in From and Reply-To."""

    address: str
    name: str
    reply_to: str


def of(brand: Brand, owner: Person | None) -> Sender:
    """The account's owner at the moment of sending, from their own address where its domain is one of ours that is authenticated.

    From another domain the mail would fail DMARC (RFC 7489), so it comes from the house's address in the owner's name. Answers reach
    the owner either way, and support where nobody owns the account.
    """
    if owner is None:
        return Sender(brand.sender, brand.company, brand.support)
    is_ours = any(owner.email.lower().endswith(f"@{domain.lower()}") for domain in brand.domains)
    return Sender(owner.email if is_ours else brand.sender, owner.name, owner.email)


def unsaid(text: str, page: str | None, brand: Brand) -> str | None:
    """What a finished mail does not say of who sends it; None where it says all. Law in most countries (CAN-SPAM, GDPR)."""
    for what, words in (("the company's name", brand.company), ("its postal address", brand.postal_address)):
        if words not in text or (page is not None and str(escape(words)) not in page):
            return what
    return None
