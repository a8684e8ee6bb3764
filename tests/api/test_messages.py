"""What was sent to whom."""

from __future__ import annotations

import pytest

from tests.api.refusals import refused
from tests.api.staging import onboard
from tests.installation import Installation


def test_a_mail_is_shown_as_it_left(installation: Installation) -> None:
    nudge = onboard(installation)
    sent = installation.client.get("/v1/messages?account=acme&state=accepted").json()["items"]
    assert [(one["step"], one["address"], one["run_id"]) for one in sent] == [("send-welcome", "ann@acme.example.com", nudge.order.run_id)]
    shown = installation.client.get(f"/v1/messages/{sent[0]['id']}").json()
    assert "Ann" in shown["text"]
    assert shown["html"].startswith("<!")
    assert installation.client.get("/v1/outbox").json() == [shown]


def test_messages_are_filtered(quick_installation: Installation) -> None:
    nudge = onboard(quick_installation)
    client = quick_installation.client
    assert client.get("/v1/messages?state=in_doubt").json() == {"items": [], "next": None}
    assert client.get(f"/v1/messages?run={nudge.order.run_id}").json()["items"]
    assert client.get("/v1/messages?account=other").json()["items"] == []
    assert client.get("/v1/outbox?account=other").json() == []
    assert client.get("/v1/outbox?limit=0").status_code == 422
    assert client.get("/v1/outbox?account=%00").status_code == 422


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({"by": "nobody"}, 422, "unknown_person", "nobody active"),
        ({"how": "forget"}, 422, "literal_error", "resend"),
        ({"why": ""}, 422, "empty", "it is empty"),
    ],
)
def test_a_settlement_with_a_fault_is_refused(refusing: Installation, body: dict[str, str], status: int, code: str, words: str) -> None:
    told = {"by": "csm", "how": "sent", "why": "x", **body}
    refused(refusing.client.post("/v1/messages/none/settle", json=told), status, code, words)
