"""Erasing a contact: what is under way ends, what tells of them is nowhere any more, and what they said no to goes on to hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from activities.ledger import Nudge
from database.engine import Database
from database.erasing import IMPERSONAL
from database.tables import ContactRow, MessageRow, NoticeRow, metadata, table
from domain import news
from tests import fakes, signing
from tests.activities import gates
from tests.api import test_inbound as inbound
from tests.api import test_webhooks as webhooks
from tests.api.refusals import refused, stored
from tests.api.staging import onboard
from tests.api.test_answers import page_of, survey_mail
from tests.installation import Installation

contacts, messages, notices = table(ContactRow), table(MessageRow), table(NoticeRow)
ANN = "/v1/accounts/acme/contacts/acme-ann"
CANARIES = ("Ann Lee", "ann@acme.example.com", "blue elephant", "purple giraffe", "green walrus", "pink flamingo")


@pytest.fixture
def installation(database: Database) -> Installation:
    made = Installation(database)
    made.hire()
    return made


@pytest.fixture
def reader(installation: Installation) -> TestClient:
    return TestClient(installation.app, raise_server_exceptions=False)


def erase(installation: Installation, contact: str = ANN, status: int = 201, why: str = "asked for it") -> dict[str, Any]:
    answer = installation.client.post(f"{contact}/erase", json={"by": "csm", "why": why})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def post(installation: Installation, path: str, **body: Any) -> Any:
    answer = installation.client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def live_a_month(installation: Installation, reader: TestClient) -> Nudge:
    """Ann's onboarding, with everything that can be told of her."""
    nudge = onboard(installation, days=30)
    mail = survey_mail(installation)
    assert reader.post(page_of(mail), data={"score": "2", "comment": "The blue elephant never worked"}).status_code == 200
    assert inbound.arrives(
        installation, subject="Re: purple giraffe", text="Where is the green walrus? Ann Lee", headers=f"In-Reply-To: <{mail['id']}@example.com>"
    ).json()["matched"]  # fmt: skip
    installation.take_turn(nudge)
    address = "ann@acme.example.com"
    post(installation, "/v1/suppressions", address=address, scope="topic", topic="tips", reason="Ann Lee asked", proof="Her call: pink flamingo")
    post(installation, "/v1/consents", address=address, source="form", text_version="1", proof="pink flamingo", ip="192.0.2.7")
    sent = {"contact": "acme-ann", "source": "sales", "what": "a mail of ours to Ann Lee", "sent_at": installation.clock.now.isoformat()}
    post(installation, "/v1/accounts/acme/external-sends", id="sales-1", **sent)
    told = {"id": "usage-1", "name": "noticed", "account": "acme", "contact": "acme-ann", "payload": {"said": "I like the pink flamingo"}}
    post(installation, "/v1/events", **told)
    task = installation.client.get("/v1/tasks?state=open").json()["items"][0]
    post(installation, f"/v1/tasks/{task['id']}/snooze", by="csm", until=(installation.clock.now + timedelta(days=1)).isoformat(),
         reason="Ann Lee is away")  # fmt: skip
    assert installation.client.put(ANN, json={"facts": {"language": "de-AT"}}).status_code == 200
    return nudge


def traces(database: Database, *words: str) -> list[str]:
    """Where these words stand, in all there is."""
    return [
        f"{name}: {word} in {row}"
        for name, rows in stored(database).items()
        for row in rows
        for word in words or CANARIES
        if word.lower() in json.dumps(row, default=str, ensure_ascii=False).lower()
    ]


# What is left


def test_nothing_tells_of_them_any_more(installation: Installation, reader: TestClient) -> None:
    live_a_month(installation, reader)
    assert {word for word in CANARIES if traces(installation.database, word)} == set(CANARIES)
    others = len(traces(installation.database, "Ben Okafor"))
    done = erase(installation, why="Ann Lee asked for it")
    found = traces(installation.database)
    assert not found, '\n'.join(each[:900] for each in found)
    assert len(traces(installation.database, "Ben Okafor")) == others
    assert (done["id"], done["why"], done["archived"]) == ("acme-ann", "(erased) asked for it", 0)
    assert {"messages", "answers", "replies", "tasks", "events", "consents", "suppressions"} <= set(done["wiped"])
    assert done["sent_through"] == {"outbox": len([each for each in rows(installation, messages) if each.recipient == "acme-ann" and each.state == "accepted"])}
    assert installation.client.get("/v1/erasures/acme-ann").json().items() <= done.items()


def test_what_happened_is_still_told_without_them(installation: Installation, reader: TestClient) -> None:
    live_a_month(installation, reader)
    before = {each.id: (each.step, each.state, each.body_hash) for each in rows(installation, messages)}
    erase(installation)
    assert {each.id: (each.step, each.state, each.body_hash) for each in rows(installation, messages)} == before
    for page in ("/", "/accounts/acme", "/outbox", "/accounts", "/tasks", "/approvals"):
        shown = installation.client.get(page)
        assert shown.status_code in (200, 404), (page, shown.text)
        assert [word for word in CANARIES if word in shown.text] == [], page
    answer = installation.client.get("/v1/accounts/acme/why")
    assert answer.status_code == 200, answer.text
    story = answer.json()
    assert story["entries"]
    assert not any(word in json.dumps(story) for word in CANARIES)
    mail = next(each for each in rows(installation, messages) if each.recipient == "acme-ann")
    shown = installation.client.get(f"/v1/messages/{mail.id}").json()
    assert (shown["subject"], shown["text"], shown["address"]) == (None, None, None)


def rows(installation: Installation, of: Any) -> list[Any]:
    with installation.database.read() as session:
        return list(session.execute(select(of)).all())


def test_every_table_is_wiped_or_holds_nobody() -> None:
    """A new table must be one or the other."""
    looked_at = {"accounts", "contacts", "notices", "edits", "verdicts", "idempotency_keys", "proposals", "suppressions", "consents"}
    for each in metadata.sorted_tables:
        is_personal = each.name in looked_at or "account_id" in each.c
        assert is_personal != (each.name in IMPERSONAL) or each.name == "erasures", each.name


# What ends


def test_a_mail_that_waits_to_be_approved_is_skipped_and_the_others_go_on(installation: Installation) -> None:
    gates.published(installation, "by: owner, within: 2 business days, otherwise: send")
    gates.an_account(installation, seats_used=0.5)
    run = gates.begin(installation)
    erase(installation, "/v1/accounts/acme/contacts/ann")
    installation.take_turn(run)
    assert gates.the_approval(installation)["state"] == "open"
    gates.decide(installation, "approve")
    installation.take_turn(run)
    assert gates.states(installation) == {"ann": "withdrawn", "ben": "accepted"}
    assert traces(installation.database, "Ann Lee", "ann@acme") == []


def test_a_gate_with_no_mail_left_is_decided(installation: Installation) -> None:
    gates.published(installation, "by: owner, within: 2 business days, otherwise: send")
    gates.an_account(installation, "ann", seats_used=0.5)
    run = gates.begin(installation)
    erase(installation, "/v1/accounts/acme/contacts/ann")
    installation.take_turn(run)
    assert gates.states(installation) == {"ann": "withdrawn"}
    assert installation.client.get("/v1/approvals?state=open").json()["items"] == []
