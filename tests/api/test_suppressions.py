"""Who is not to be written to, who consented, and what others sent: as programs tell it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from database.tables import DecisionRow, table
from tests.api.refusals import refused
from tests.installation import Installation

ANN = "ann@acme.example.com"
SUPPRESS = {"address": ANN, "scope": "topic", "topic": "offers", "reason": "Said so on the phone"}
CONSENT = {"address": ANN, "topic": "offers", "source": "form", "text_version": "2026-01", "proof": "entry 5512"}
SENT = {"id": "hub-1", "contact": "acme-ann", "source": "marketing", "what": "newsletter", "sent_at": "2026-01-05T08:00:00Z"}
decisions = table(DecisionRow)
SENDS = "/v1/accounts/acme/external-sends"


@pytest.mark.parametrize(
    ("path", "body", "code", "words"),
    [
        ("/v1/suppressions", {**SUPPRESS, "address": "ann@"}, "email_invalid", "not a mail address"),
        ("/v1/suppressions", {**SUPPRESS, "topic": "ofers"}, "unknown_topic", "did you mean 'offers'?"),
        ("/v1/suppressions", {**SUPPRESS, "topic": None}, "either_or", "name a 'topic'"),
        ("/v1/suppressions", {**SUPPRESS, "scope": "everything"}, "either_or", "name a 'topic'"),
        ("/v1/suppressions", {**SUPPRESS, "scope": "some"}, "literal_error", "everything"),
        ("/v1/suppressions", {**SUPPRESS, "reason": " "}, "empty", "it is empty"),
        ("/v1/suppressions", {**SUPPRESS, "source": "reader"}, "literal_error", "program"),
        ("/v1/consents", {**CONSENT, "topic": "ofers"}, "unknown_topic", "did you mean 'offers'?"),
        ("/v1/consents", {**CONSENT, "given_at": "2026-01-05T09:06:00Z"}, "range", "lies ahead"),
        (SENDS, {**SENT, "sent_at": "2026-01-05T09:06:00Z"}, "range", "lies ahead"),
        (SENDS, {**SENT, "contact": "ann"}, "unknown_contact", "no contact 'ann'"),
        (SENDS, {**SENT, "contact": "other-ann"}, "unknown_contact", "no contact 'other-ann'"),
        (SENDS, {**SENT, "address": ANN}, "either_or", "to whom it went"),
        (SENDS, {**SENT, "contact": None}, "either_or", "to whom it went"),
    ],
)
def test_what_is_told_with_a_fault_is_refused(refusing: Installation, path: str, body: dict[str, Any], code: str, words: str) -> None:
    told = {name: value for name, value in body.items() if value is not None}
    refused(refusing.client.post(path, json=told), 422, code, words)


def test_only_what_is_there_is_lifted_withdrawn_and_told_of(refusing: Installation) -> None:
    client = refusing.client
    refused(client.post("/v1/suppressions/7/lift", json={"by": "csm", "proof": "she asked for it"}), 404, "suppression_not_found")
    refused(client.post("/v1/consents/7/withdraw"), 404, "consent_not_found")
    refused(client.post("/v1/accounts/nobody/external-sends", json=SENT), 404, "account_not_found")
    refused(client.get("/v1/suppressions", params={"address": "x"}), 422, "email_invalid")


def test_an_address_is_suppressed_once_and_written_to_again_only_for_a_proof(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    client = quick_installation.client
    first = client.post("/v1/suppressions", json=SUPPRESS)
    assert first.status_code == 201
    again = client.post("/v1/suppressions", json={**SUPPRESS, "address": "ANN+x@Acme.example.com"})
    assert (again.status_code, again.json()) == (200, first.json())
    row = first.json()
    assert (row["scope"], row["name"], row["source"], row["placed_by"]) == ("topic", "offers", "program", "key test")
    lift = f"/v1/suppressions/{row['id']}/lift"
    refused(client.post(lift, json={"by": "csm"}), 422, "missing", "'proof' is missing")
    refused(client.post(lift, json={"by": "csm", "proof": "yes"}), 422, "string_too_short", "8 characters")
    refused(client.post(lift, json={"by": "nobody", "proof": "she asked for it"}), 422, "unknown_person")
    lifted = client.post(lift, json={"by": "csm", "proof": "she asked for it"}).json()
    assert (lifted["lifted_by"], lifted["lift_proof"], lifted["lifted_at"]) == ("csm", "she asked for it", "2026-01-05T09:00:00Z")
    refused(client.post(lift, json={"by": "csm", "proof": "she asked for it"}), 409, "not_open", "lifted before")
    assert client.get("/v1/suppressions", params={"address": "ann@ACME.example.com"}).json() == [lifted]
    anew = client.post("/v1/suppressions", json=SUPPRESS)
    assert anew.status_code == 201
    assert anew.json()["id"] != row["id"]


def test_who_placed_and_who_lifted_it_is_told_of_the_account(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    client = quick_installation.client
    id = client.post("/v1/suppressions", json={"address": ANN, "scope": "everything", "reason": "a lawyer wrote"}).json()["id"]
    client.post(f"/v1/suppressions/{id}/lift", json={"by": "csm", "proof": "the lawyer wrote again"})
    with quick_installation.database.read() as session:
        rows = session.execute(select(decisions.c.what, decisions.c.result, decisions.c.account_id).order_by(decisions.c.id)).all()
    assert [tuple(row) for row in rows if "suppressed" in row[0]] == [
        ("suppressed", "nothing at all: a lawyer wrote", "acme"),
        ("unsuppressed", "nothing at all, by csm: the lawyer wrote again", "acme"),
    ]


def test_a_consent_is_recorded_with_its_proof_and_withdrawn_once(quick_installation: Installation) -> None:
    client = quick_installation.client
    given = client.post("/v1/consents", json={**CONSENT, "ip": "192.0.2.7"})
    assert given.status_code == 201
    id = given.json()["id"]
    assert client.get("/v1/consents", params={"address": ANN}).json() == [given.json()]
    assert client.post(f"/v1/consents/{id}/withdraw").json()["withdrawn_at"] == "2026-01-05T09:00:00Z"
    refused(client.post(f"/v1/consents/{id}/withdraw"), 409, "not_open", "withdrawn before")


def test_what_others_sent_is_told_once_under_its_id(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    quick_installation.sign_up("other")
    client = quick_installation.client
    first = client.post(SENDS, json=SENT)
    assert first.status_code == 201
    again = client.post(SENDS, json={**SENT, "what": "something else"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert client.get(SENDS).json() == [first.json()]
    stranger = {name: value for name, value in SENT.items() if name != "contact"} | {"address": "x@other.example.com"}
    refused(client.post("/v1/accounts/other/external-sends", json=stranger), 409, "id_taken", "told of another account")
