"""Saying no to mail, as its reader does it: by one click in a mail program, and on a page without login or script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from database import suppressions
from database.tables import DecisionRow, MessageRow, SuppressionRow, table
from domain import addresses
from domain.links import Links
from tests.api.staging import onboard
from tests.installation import LINKS, Installation

messages, refused, decisions = table(MessageRow), table(SuppressionRow), table(DecisionRow)
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def mailed(installation: Installation) -> Installation:
    """A customer has the welcome mail."""
    onboard(installation, hours=1)
    return installation


def message(installation: Installation) -> Any:
    with installation.database.read() as session:
        return session.execute(select(messages).where(messages.c.audience == "contact", messages.c.state == "accepted")).first()


def link(installation: Installation) -> str:
    return LINKS.preferences(message(installation).id).removeprefix(LINKS.base)


def a_stranger(installation: Installation) -> TestClient:
    """Somebody who has the link and nothing else: no key, no cookie."""
    return TestClient(installation.app, follow_redirects=False)


def standing(installation: Installation) -> set[tuple[str, str]]:
    with installation.database.read() as session:
        rows = suppressions.of_reader(session, message(installation).reader)
    return {(row.scope, row.name) for row in rows}


def test_one_click_says_no_at_once_and_is_answered_without_a_redirect(mailed: Installation) -> None:
    answer = a_stranger(mailed).post(link(mailed), content=ONE_CLICK, headers=FORM)
    assert answer.status_code == 200
    assert standing(mailed) == {("channel", "email")}
    with mailed.database.read() as session:
        row = session.execute(select(refused)).one()
        told = session.execute(select(decisions.c.result).where(decisions.c.what == "suppressed")).scalars().all()
    assert (row.source, row.proof, row.effective_at) == ("reader", "one click in a mail program", mailed.clock.now)
    assert told == ["no email that is not necessary: the reader said so"]


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=One-Click&x=1", "anything", "x" * 50_000, "\xff\xfe"])
def test_whatever_a_mail_program_posts_it_is_a_no(mailed: Installation, body: str) -> None:
    assert a_stranger(mailed).post(link(mailed), content=body.encode("latin-1")).status_code == 200
    assert standing(mailed) == {("channel", "email")}


def test_saying_no_twice_is_saying_it_once(mailed: Installation) -> None:
    for _ in range(2):
        assert a_stranger(mailed).post(link(mailed)).status_code == 200
    with mailed.database.read() as session:
        assert len(session.execute(select(refused)).all()) == 1


@pytest.mark.parametrize("query", ["", "?List-Unsubscribe=One-Click", "?topic=tips", "?saved=1"])
def test_looking_never_unsubscribes(mailed: Installation, query: str) -> None:
    """Scanners and mail programs follow every link."""
    client = a_stranger(mailed)
    assert client.get(link(mailed) + query).status_code == 200
    assert client.head(link(mailed) + query).status_code in (200, 405)
    assert client.get(f"{link(mailed)}/preferences{query}").status_code == 405
    with mailed.database.read() as session:
        assert session.execute(select(refused)).all() == []


def test_the_page_says_whose_address_it_is_and_shows_it_to_nobody_else(mailed: Installation) -> None:
    """Whoever forwards a mail unsubscribes whom it was sent to, and the page says so."""
    page = a_stranger(mailed).get(link(mailed))
    address = message(mailed).address
    assert addresses.masked(address) in page.text
    assert address not in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "<script" not in page.text
    assert "set-cookie" not in page.headers


def checked(page: str) -> set[str]:
    return set(re.findall(r'name="topic" value="([a-z]+)" checked', page))


def test_topics_are_turned_off_and_on(mailed: Installation) -> None:
    client, all_topics = a_stranger(mailed), {"start", "tips", "reviews", "surveys", "offers"}
    assert checked(client.get(link(mailed)).text) == all_topics
    answer = client.post(f"{link(mailed)}/preferences", content="topic=tips&topic=start", headers=FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link(mailed)}?saved=1")
    assert standing(mailed) == {("topic", "reviews"), ("topic", "surveys"), ("topic", "offers")}
    page = client.get(answer.headers["Location"]).text
    assert checked(page) == {"tips", "start"}
    assert "Your choice is saved" in page
    client.post(f"{link(mailed)}/preferences", content="&".join(f"topic={name}" for name in sorted(all_topics)), headers=FORM)
    assert standing(mailed) == set()


def test_a_no_to_all_of_it_can_be_undone_and_brings_back_what_was_wanted_before(mailed: Installation) -> None:
    client = a_stranger(mailed)
    client.post(f"{link(mailed)}/preferences", content="topic=tips", headers=FORM)
    before = standing(mailed)
    page = client.post(link(mailed)).text
    assert "You are unsubscribed" in page
    assert re.findall(r'type="hidden" name="topic" value="([a-z]+)"', page) == ["tips"]
    client.post(f"{link(mailed)}/preferences", content="topic=tips", headers=FORM)
    assert standing(mailed) == before


def test_choosing_nothing_is_a_no_to_all_of_it(mailed: Installation) -> None:
    a_stranger(mailed).post(f"{link(mailed)}/preferences", content="", headers=FORM)
    assert standing(mailed) == {("channel", "email")}


def test_what_is_not_offered_cannot_be_chosen(mailed: Installation) -> None:
    a_stranger(mailed).post(f"{link(mailed)}/preferences", content="topic=tips&topic=contract&topic=%3Cscript%3E", headers=FORM)
    assert {name for scope, name in standing(mailed)} == {"start", "reviews", "surveys", "offers"}


def test_a_reader_cannot_undo_what_a_complaint_did(mailed: Installation) -> None:
    with mailed.database.write() as session:
        suppressions.add(session, message(mailed).address, "complained", "provider", mailed.clock.now)
    client = a_stranger(mailed)
    assert "Nothing goes to this address any more" in client.get(link(mailed)).text
    client.post(f"{link(mailed)}/preferences", content="topic=tips", headers=FORM)
    assert ("everything", "") in standing(mailed)


def test_the_link_outlives_the_address(mailed: Installation) -> None:
    with mailed.database.write() as session:
        session.execute(messages.update().values(address=None))
    client = a_stranger(mailed)
    assert "whom the mail was sent to" in client.get(link(mailed)).text
    assert client.post(link(mailed)).status_code == 200
    assert standing(mailed) == {("channel", "email")}


@pytest.mark.parametrize(
    "token",
    [
        "x", "x" * 43, "../../etc/passwd", "%00", "A" * 10_000,
        Links("https://x", (b"another secret of",)).token("5ab3fa7d-7293-458d-bb2c-fe1ec5e8007c"),
        LINKS.token("5ab3fa7d-7293-458d-bb2c-fe1ec5e8007c"),  # of no message
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_none_of_ours_says_so_and_does_nothing(mailed: Installation, token: str, method: str) -> None:
    answer = a_stranger(mailed).request(method, f"/u/{token}")
    assert answer.status_code == 404
    with mailed.database.read() as session:
        assert session.execute(select(refused)).all() == []
