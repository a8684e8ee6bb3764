"""Accounts, their contacts and contracts: what is told of them, and what follows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.refusals import refused
from tests.api.staging import TERM, onboard, play, started
from tests.installation import Installation

NEW = {"name": "Nova Ltd", "time_zone": "Europe/Berlin"}


def test_an_account_is_created_and_then_changed(installation: Installation) -> None:
    first = installation.client.put("/v1/accounts/nova", json={**NEW, "owner": "csm", "tags": [" pilot "], "facts": {"arr": 60_000}})
    assert first.status_code == 201
    assert first.json()["segment"] == "enterprise"
    second = installation.client.put("/v1/accounts/nova", json={"name": "Nova\r\nGroup", "owner": None, "facts": {"industry": "retail"}})
    assert second.status_code == 200
    known = second.json()
    assert (known["name"], known["owner"], known["tags"]) == ("Nova Group", None, ["pilot"])
    assert (known["facts"]["arr"], known["facts"]["industry"]) == (60_000, "retail")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [({}, ["/name", "/time_zone"]), ({"name": "Nova"}, ["/time_zone"]), ({"time_zone": "Europe/Berlin", "name": None}, ["/name"])],
)
def test_half_an_account_is_none(refusing: Installation, body: dict[str, Any], pointers: list[str]) -> None:
    document = refused(refusing.client.put("/v1/accounts/nova", json=body), 422, "missing", "a new account needs")
    assert [error["pointer"] for error in document["errors"]] == pointers


def test_an_owner_is_one_of_us(refusing: Installation) -> None:
    for path, body in (("nova", {**NEW, "owner": "nobody"}), ("acme", {"owner": "nobody", "name": "Other"})):
        refused(refusing.client.put(f"/v1/accounts/{path}", json=body), 422, "unknown_person", "upsert the person first")


def test_a_new_owner_takes_over_what_is_open(quick_installation: Installation) -> None:
    onboard(quick_installation, days=1)
    quick_installation.nudges.clear()
    quick_installation.client.put("/v1/accounts/acme", json={"owner": "engineer"})
    tasks = quick_installation.client.get("/v1/tasks?state=open").json()["items"]
    assert {task["assignee_id"] for task in tasks if task["role"] == "csm"} == {"engineer"}
    clocks = {nudge.workflow_type for nudge in quick_installation.nudges}
    assert "follow-up" in clocks, "who is reminded changes with it"


def test_the_same_account_again_changes_nothing(quick_installation: Installation) -> None:
    body = {**NEW, "facts": {"arr": 9_000}}
    first = quick_installation.client.put("/v1/accounts/nova", json=body).json()
    assert quick_installation.client.put("/v1/accounts/nova", json=body).json() == first


def test_accounts_are_listed_and_filtered(installation: Installation) -> None:
    client = installation.client
    for id, arr, owner in (("a", 90_000, "csm"), ("b", 20_000, "csm"), ("c", 500, "director")):
        client.put(f"/v1/accounts/{id}", json={**NEW, "owner": owner, "facts": {"arr": arr}})
    client.put("/v1/accounts/c", json={"facts": {"stage": "growth"}})

    def listed(query: str) -> list[str]:
        return [account["id"] for account in client.get(f"/v1/accounts?{query}").json()["items"]]

    assert listed("") == ["a", "b", "c"]
    assert listed("segment=enterprise") == ["a"]
    assert listed("owner=csm") == ["a", "b"]
    assert listed("stage=growth") == ["c"]
    assert listed("stage=growth&owner=csm") == []


# Contacts


def test_a_contact_is_created_and_then_changed(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    path = "/v1/accounts/acme/contacts/zoe"
    body = {"name": "Zoë Ö", "email": "Zoe+tenure@Bücher.Example.COM", "roles": ["user"], "facts": {"language": "de"}}
    answer = quick_installation.client.put(path, json=body)
    assert answer.status_code == 200
    contact = next(one for one in answer.json()["contacts"] if one["id"] == "zoe")
    assert (contact["name"], contact["email"]) == ("Zoë Ö", "Zoe+tenure@xn--bcher-kva.example.com")
    changed = quick_installation.client.put(path, json={"active": False}).json()
    assert next(one for one in changed["contacts"] if one["id"] == "zoe") == {**contact, "active": False}


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "words"),
    [
        ("acme/contacts/new", {}, 422, "missing", "a new contact needs 'name'"),
        ("acme/contacts/new", {"name": "N", "email": "n@"}, 422, "email_invalid", "not a mail address"),
        ("acme/contacts/other-ann", {"name": "Ann"}, 409, "contact_elsewhere", "belongs to account 'other'"),
        ("nobody/contacts/new", {"name": "N", "email": "n@example.com"}, 404, "account_not_found", "there is no account 'nobody'"),
        ("acme/contacts/acme-ann", {"facts": {"langauge": "de"}}, 422, "unknown_fact", "did you mean 'contact.language'?"),
        ("acme/contracts/new", {"starts_on": "2026-01-05"}, 422, "missing", "a new contract needs 'ends_on'"),
        ("acme/contracts/other-1", {"value": 1}, 409, "contract_elsewhere", "belongs to account 'other'"),
        ("nobody/contracts/new", TERM, 404, "account_not_found", "there is no account 'nobody'"),
        ("acme/contracts/new", {"starts_on": "2026-01-05", "ends_on": "2026-01-05"}, 422, "range", "ends after it starts"),
        ("acme/contracts/acme-1", {"starts_on": "2027-01-05"}, 422, "range", "ends after it starts"),
    ],
)
def test_a_contact_or_contract_with_a_fault_is_refused(
    refusing: Installation, path: str, body: dict[str, Any], status: int, code: str, words: str
) -> None:
    document = refused(refusing.client.put(f"/v1/accounts/{path}", json=body), status, code, words)
    assert not any("contacts" in error["pointer"] for error in document["errors"])


def test_another_address_has_not_refused_anything(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    answer = quick_installation.client.put("/v1/accounts/acme/contacts/acme-ann", json={"email": "ann.lee@example.com"})
    assert answer.json()["contacts"][0]["refused"] is False


# Contracts


def test_a_moved_end_moves_the_renewal_with_it(quick_installation: Installation) -> None:
    quick_installation.sign_up(contract={"id": "acme-1", **TERM})
    client = quick_installation.client
    run = client.post("/v1/enrollments", json={"journey": "renewal", "account": "acme", "by": "csm"}).json()
    play(quick_installation, started(quick_installation, "renewal"))
    before = client.get(f"/v1/enrollments/{run['id']}").json()
    assert before["anchor_on"] == "2026-03-01"
    quick_installation.nudges.clear()
    known = client.put("/v1/accounts/acme/contracts/acme-1", json={"ends_on": "2026-06-01", "auto_renews": True, "notice_days": 30}).json()
    assert [(one["ends_on"], one["decision_on"]) for one in known["contracts"]] == [("2026-06-01", "2026-05-02")]
    nudge = next(nudge for nudge in quick_installation.nudges if nudge.order.run_id == run["id"])
    play(quick_installation, nudge)
    after = client.get(f"/v1/enrollments/{run['id']}").json()
    assert (after["anchor_on"], after["wake_at"] > before["wake_at"]) == ("2026-05-02", True)


def test_a_real_next_term_takes_over_the_runs_and_facts_of_the_one_that_was_assumed(quick_installation: Installation) -> None:
    """Signed without new terms, the next term is assumed; its renewal goes on with the terms told later, and begins no second time."""
    quick_installation.sign_up(contract={"id": "acme-1", **TERM})
    quick_installation.tell("contract_signed")
    client = quick_installation.client
    answer = client.post("/v1/enrollments", json={"journey": "renewal", "account": "acme", "contract": "acme-1~2", "by": "csm"})
    run = answer.json()["id"]
    play(quick_installation, started(quick_installation, "renewal"))
    assert client.put("/v1/accounts/acme/contracts/acme-1~2", json={"facts": {"price_change": 0.02}}).status_code == 200
    quick_installation.nudges.clear()
    terms = {"starts_on": "2026-03-10", "ends_on": "2027-03-10", "auto_renews": True, "notice_days": 40}
    known = client.put("/v1/accounts/acme/contracts/acme-2", json=terms).json()
    assert {one["id"]: (one["status"], one["facts"].get("price_change")) for one in known["contracts"] if one["id"] != "acme-1"} == {
        "acme-1~2": ("superseded", 0.02),
        "acme-2": ("active", 0.02),
    }
    play(quick_installation, next(nudge for nudge in quick_installation.nudges if nudge.order.run_id == run))
    renewals = [one for one in client.get("/v1/enrollments?account=acme&live=true").json()["items"] if one["journey"] == "renewal"]
    assert [(one["id"], one["contract_id"], one["anchor_on"]) for one in renewals] == [(run, "acme-2", "2027-01-29")]


def test_a_new_contract_is_not_called_like_an_assumed_one(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    answer = quick_installation.client.put("/v1/accounts/acme/contracts/deal~7", json={**TERM})
    refused(answer, 422, "id", "looks like a contract that was assumed")
    assert quick_installation.client.get("/v1/accounts/acme").json()["contracts"][0]["id"] == "acme-1"


def test_a_fact_of_a_contract_is_kept_with_it(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    path = "/v1/accounts/acme/contracts/acme-1"
    known = quick_installation.client.put(path, json={"facts": {"price_change": 0.07, "notice_on": "2026-01-04"}}).json()
    assert known["contracts"][0]["facts"] == {"price_change": 0.07, "notice_on": "2026-01-04"}
