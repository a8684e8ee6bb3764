"""Mail addresses as what they are: one reader however they are written.

`Ann+news@Bücher.example` and `ann@xn--bcher-kva.example` are the same reader: who said no under one of them said no.
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

# Mailboxes of a function that answers for others, and those nobody reads: https://www.rfc-editor.org/rfc/rfc2142
NOBODYS = frozenset({
    "abuse", "bounce", "bounces", "do-not-reply", "donotreply", "hostmaster", "mailer-daemon", "no-reply", "noc", "noreply", "postmaster",
    "root", "security", "spam", "webmaster",
})  # fmt: skip


def normal(address: str) -> str:
    """Letter case, Unicode forms, international domains and +variants set aside. Any text is taken: what is no address stays as it is."""
    text = unicodedata.normalize("NFKC", address).strip().casefold()
    local, at, domain = text.rpartition("@")
    if not at:
        return text
    return f"{local.partition('+')[0] or local}@{_ascii(domain.rstrip('.'))}"


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).ascii_domain
    except EmailNotValidError:
        return domain


@lru_cache(maxsize=4096)
def digest(address: str) -> str:
    """Whose address it is, without telling it: what refusals are kept under, so that they outlive the address itself."""
    return hashlib.sha256(f"tenure address\x1f{normal(address)}".encode()).hexdigest()


def domain(address: str) -> str:
    return normal(address).rpartition("@")[2]


def is_nobodys(address: str) -> bool:
    return normal(address).partition("@")[0] in NOBODYS


def masked(address: str) -> str:
    """`a•••@example.com`: whose it is, for whoever owns it; not enough for anybody else."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
