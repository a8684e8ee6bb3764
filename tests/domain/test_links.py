"""Links that readers follow without a login: whole, they lead where they were made to lead, and changed, nowhere."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.links import ANSWERS, PREFERENCES, BadToken, Links

LINKS = Links("https://mail.example.com", (b"a secret of tests",))
AFTER_A_CHANGE = Links("https://mail.example.com", (b"a newer secret of tests", b"a secret of tests"))
OTHER = Links("https://mail.example.com", (b"somebody else's secret",))
ids = st.uuids().map(str)
purposes = st.sampled_from([PREFERENCES, ANSWERS])


@given(ids, purposes)
def test_a_link_leads_to_its_message_also_once_the_secret_has_changed(id: str, leads_to: str) -> None:
    token = LINKS.token(id, leads_to)
    assert LINKS.message_id(token, leads_to) == AFTER_A_CHANGE.message_id(token, leads_to) == id
    assert AFTER_A_CHANGE.token(id, leads_to) != token


@given(ids, purposes, purposes, ids)
def test_a_link_opens_no_other_page_no_other_message_and_no_other_house(id: str, one: str, another: str, other: str) -> None:
    token = LINKS.token(id, one)
    assert (other == id) == (LINKS.token(other, one) == token)
    for links, leads_to in ((LINKS, another), (OTHER, one)):
        assume(links is OTHER or another != one)
        with pytest.raises(BadToken):
            links.message_id(token, leads_to)


@given(ids, purposes, st.integers(0, 42), st.characters())
def test_a_link_with_one_character_changed_leads_nowhere(id: str, leads_to: str, place: int, instead: str) -> None:
    token = LINKS.token(id, leads_to)
    changed = token[:place] + instead + token[place + 1 :]
    assume(changed != token)
    with pytest.raises(BadToken):
        LINKS.message_id(changed, leads_to)


@given(st.one_of(st.text(max_size=60), st.binary(min_size=32, max_size=32).map(lambda raw: raw.hex()[:43])), purposes)
def test_what_nobody_signed_leads_nowhere(token: str, leads_to: str) -> None:
    with pytest.raises(BadToken):
        LINKS.message_id(token, leads_to)


def test_a_token_says_nothing_of_who_got_what() -> None:
    token = LINKS.token(str(uuid.UUID(int=7)), ANSWERS)
    assert len(token) == 43
    assert token.isascii()
