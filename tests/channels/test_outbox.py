"""Where no provider is configured everything is accepted, under an id that says so."""

from __future__ import annotations

from datetime import UTC, datetime

from channels.channel import Accepted, Call
from channels.outbox import Outbox
from tests.channels.kit import MAIL, POST


def test_the_outbox_takes_everything_and_has_what_it_took() -> None:
    outbox = Outbox()
    assert outbox.send(MAIL) == Accepted("outbox-msg-1")
    assert outbox.post(POST) == outbox.find(POST, datetime.now(UTC)) == Accepted("outbox-msg-2")
    assert outbox.call(Call("msg-3", "https://x")) == Accepted("outbox-msg-3")
