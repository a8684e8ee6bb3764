"""What all channels have in common: how fast, by which key, and where a reader is led."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from channels.channel import Channels, digest, mail_id
from channels.outbox import Outbox
from channels.sendgrid import SendGrid
from channels.slack import Slack
from channels.webhook import Webhooks
from domain.links import Links

MESSAGE = "01900000-0000-7000-8000-000000000001"
ALL = Channels(
    SendGrid("SG.test", "http://x"), Slack("xoxb-test", "http://x"), Webhooks(), per_second={"sendgrid": 8, "slack": 0.5, "webhook": 0}
)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("sendgrid", 0.125), ("slack", 2), ("webhook", 0), ("smtp", 0)],
    ids=["eight a second", "one in two seconds", "none a second is no limit", "nothing said is no limit"],
)
def test_a_rate_is_a_time_between_two_messages(name: str, seconds: float) -> None:
    assert ALL.interval(name) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("name", "key"), [("sendgrid", "SG.test"), ("slack", "xoxb-test"), ("webhook", ""), ("smtp", "")])
def test_a_channel_is_asked_for_its_key_by_name_and_tells_only_a_digest(name: str, key: str) -> None:
    assert ALL.key(name) == digest(key)


def test_a_digest_is_the_same_for_one_secret_another_for_another_and_none_for_none() -> None:
    assert digest("one") == digest("one") != digest("two")
    assert digest("") == ""
    assert "one" not in digest("one")


def test_a_reader_is_led_to_pages_only_where_we_can_be_reached() -> None:
    links = Links("https://tenure.example.com", (b"sixteen letters!",))
    reachable = replace(ALL, links=links)
    assert reachable.preferences(MESSAGE) == links.preferences(MESSAGE)
    assert reachable.answers(MESSAGE) == links.answers(MESSAGE) != links.preferences(MESSAGE)
    outbox = Channels(Outbox(), Outbox(), Outbox())
    assert (outbox.preferences(MESSAGE), outbox.answers(MESSAGE), outbox.reply_domain) == (None, None, "")


@pytest.mark.parametrize(
    ("address", "id"),
    [("hello@tenure.example.com", "<m-1@tenure.example.com>"), ("hello@x", "<m-1@x>")],
)
def test_a_mail_has_its_name_in_the_domain_it_is_sent_from(address: str, id: str) -> None:
    assert mail_id("m-1", address) == id
