"""Our calls of other systems, against a local server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from channels import webhook
from channels.channel import Accepted, Call, Refused
from channels.webhook import Webhooks
from tests import fakes
from tests.channels.kit import closed_port, mute
from tests.fakes import Delivery, Fault, Provider


@pytest.fixture
def receiver() -> Iterator[Provider]:
    made = fakes.webhook_receiver()
    yield made
    made.stop()


def call(url: str) -> Accepted:
    return Webhooks().call(Call("msg-3", url, {"account": "acme", "step": "webhook-crm"}))


def test_a_call_arrives_with_an_id_by_which_a_repetition_can_be_told(receiver: Provider) -> None:
    assert call(f"{receiver.url}/hook") == Accepted(None)
    body: dict[str, Any] = {"account": "acme", "step": "webhook-crm"}
    assert receiver.accepted == [Delivery("msg-3", "/hook", "", body)]


@pytest.mark.parametrize(
    ("status", "permanent"), [(429, False), (500, False), (503, False), (408, False), (301, True), (404, True), (410, True)]
)
def test_an_answer_says_whether_trying_again_helps(receiver: Provider, status: int, permanent: bool) -> None:
    receiver.faults.append(Fault(status, {"Location": "http://127.0.0.1:9/"}))
    with pytest.raises(Refused, match=f"^the receiver answered {status}$") as caught:
        call(receiver.url)
    assert (caught.value.permanent, caught.value.trouble) == (permanent, None)
    assert caught.value.retry_after == (None if permanent else timedelta(minutes=5))


def test_a_receiver_that_cannot_be_reached_or_is_silent_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(Refused, match="^the receiver could not be reached: .") as caught:
        call(f"http://127.0.0.1:{closed_port()}/")
    assert caught.value.permanent is False
    began = time.monotonic()
    with mute() as port, pytest.raises(Refused, match="^the receiver could not be reached: .") as caught:
        call(f"http://127.0.0.1:{port}/")
    assert caught.value.permanent is False
    assert time.monotonic() - began < 4


def test_a_call_says_when_it_was_made(receiver: Provider) -> None:
    began = int(time.time())
    call(receiver.url)
    ((_, headers, _),) = receiver.asked
    assert began <= int(headers["webhook-timestamp"]) <= time.time()
