"""slack-sdk against a local server, and what each of Slack's answers means."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from channels import slack
from channels.channel import Accepted, Post, Refused, Unclear, digest
from channels.slack import Slack
from domain.pacing import Trouble
from tests import fakes
from tests.channels.kit import HANDSHAKES, POST, closed_port, impostor, mute, rude
from tests.fakes import Fault

METADATA = {"event_type": "tenure_message", "event_payload": {"message_id": "msg-2"}}


@pytest.fixture
def provider() -> Iterator[fakes.Provider]:
    made = fakes.slack()
    yield made
    made.stop()


def attempt(provider: fakes.Provider, fault: Fault | None = None) -> None:
    if fault:
        provider.faults.append(fault)
    Slack("xoxb-test", f"{provider.url}/").post(POST)


def says(error: str) -> Fault:
    return Fault(200, body={"ok": False, "error": error})


def test_a_post_arrives_with_our_id_where_only_programs_see_it(provider: fakes.Provider) -> None:
    attempt(provider)
    (delivery,) = provider.accepted
    assert (delivery.message_id, delivery.to, delivery.subject) == ("msg-2", "#wins", "Acme has its first value.")


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "user_not_found", "not_in_channel", "user_disabled", "msg_too_long"])
def test_what_slack_will_never_take_is_for_good(provider: fakes.Provider, error: str) -> None:
    with pytest.raises(Refused, match=error) as caught:
        attempt(provider, says(error))
    assert caught.value.permanent
    assert caught.value.bad_address == (error in ("channel_not_found", "is_archived", "user_not_found"))


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "missing_scope"])
def test_a_token_slack_does_not_accept_is_ours_to_mend_and_the_post_waits(provider: fakes.Provider, error: str) -> None:
    with pytest.raises(Refused) as caught:
        attempt(provider, says(error))
    assert not caught.value.permanent
    assert caught.value.trouble is Trouble.KEY


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault(429, {"Retry-After": "7"}, {"ok": False, "error": "ratelimited"}), 7),
        (Fault(429, body={"ok": False, "error": "ratelimited"}), 60),
        (Fault(200, {"Retry-After": "3"}, {"ok": False, "error": "ratelimited"}), 3),
        (Fault(200, {"Retry-After": "0"}, {"ok": False, "error": "message_limit_exceeded"}), 1),
        (Fault(429, {"Retry-After": "soon"}, {"ok": False, "error": "rate_limited"}), 60),
        (Fault(429, {"Retry-After": "9"}, {"ok": False, "error": "too_many_requests"}), 9),
    ],
)
def test_slow_down_says_for_how_long(provider: fakes.Provider, fault: Fault, seconds: int) -> None:
    with pytest.raises(Refused) as caught:
        attempt(provider, fault)
    assert caught.value.permanent is False
    assert caught.value.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(500, body={"ok": False, "error": "internal_error"}),
        says("fatal_error"),
        says("a_word_slack_will_invent"),
        Fault(hangs_up=True),
        Fault(hangs_up=True, accepts=True),
    ],
    ids=["500", "fatal_error", "an unknown word", "hangs up", "hangs up after taking it"],
)
def test_when_nobody_can_say_whether_they_have_it_it_is_unclear(provider: fakes.Provider, fault: Fault) -> None:
    with pytest.raises(Unclear, match="^(the connection to Slack broke: .+|Slack answered )"):
        attempt(provider, fault)
    assert provider.requests == 1, "a client that tries again by itself could post twice"


def test_a_silent_slack_is_unclear_and_does_not_hold_us_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack, "TIMEOUT_SECONDS", 0.2)
    began = time.monotonic()
    with mute() as port, pytest.raises(Unclear, match="^the connection to Slack broke: timed out$"):
        Slack("xoxb-test", f"http://127.0.0.1:{port}/").post(POST)
    assert time.monotonic() - began < 15


def test_what_never_reached_slack_may_be_tried_again() -> None:
    with pytest.raises(Refused, match="^Slack could not be reached: .*refused") as caught:
        Slack("xoxb-test", f"http://127.0.0.1:{closed_port()}/").post(POST)
    assert (caught.value.permanent, caught.value.trouble) == (False, Trouble.AWAY)


def test_whoever_cannot_prove_to_be_slack_is_told_nothing_and_asked_again_later() -> None:
    with impostor() as url, pytest.raises(Refused, match="^Slack could not be reached: .*CERTIFICATE_VERIFY_FAILED") as caught:
        Slack("xoxb-test", f"{url}/").post(POST)
    assert (caught.value.permanent, caught.value.trouble) == (False, Trouble.AWAY)


@pytest.mark.parametrize("first_words", HANDSHAKES)
def test_a_connection_that_breaks_before_it_is_encrypted_told_nothing(first_words: bytes) -> None:
    with rude(first_words) as port, pytest.raises(Refused, match="^Slack could not be reached: ") as caught:
        Slack("xoxb-test", f"https://localhost:{port}/").post(POST)
    assert (caught.value.permanent, caught.value.trouble) == (False, Trouble.AWAY)


def test_a_connection_that_breaks_after_the_request_is_unclear() -> None:
    with rude(b"") as port, pytest.raises(Unclear, match="^the connection to Slack broke: "):
        Slack("xoxb-test", f"http://localhost:{port}/").post(POST)


def test_all_that_slack_is_told_of_a_post(provider: fakes.Provider) -> None:
    attempt(provider)
    (delivery,) = provider.accepted
    told = {name: delivery.body[name] for name in ("channel", "text", "metadata", "unfurl_links")}
    assert told["metadata"] in (METADATA, json.dumps(METADATA))
    assert (told["channel"], told["text"], str(told["unfurl_links"]).lower()) == ("#wins", POST.text, "false")


@pytest.mark.parametrize(
    ("fault", "permanent", "trouble", "words"),
    [
        (says("invalid_auth"), False, Trouble.KEY, "Slack does not accept our token (invalid_auth)"),
        (says("is_archived"), True, None, "Slack refused it: is_archived"),
        (says("ratelimited"), False, None, "Slack asks us to slow down"),  # of this channel, not of all
    ],
)
def test_a_trouble_of_slacks_is_told_apart_from_one_of_the_post(
    provider: fakes.Provider, fault: Fault, permanent: bool, trouble: Trouble | None, words: str
) -> None:
    with pytest.raises(Refused) as caught:
        attempt(provider, fault)
    assert (caught.value.permanent, caught.value.trouble, str(caught.value)) == (permanent, trouble, words)


def test_what_nobody_knows_the_meaning_of_is_unclear(provider: fakes.Provider) -> None:
    with pytest.raises(Unclear, match="^Slack answered 200: something_new$"):
        attempt(provider, says("something_new"))


@pytest.mark.parametrize("target", ["#wins", "U1"])
def test_a_post_is_found_by_our_id_wherever_it_stands(provider: fakes.Provider, target: str) -> None:
    channel, since = Slack("xoxb-test", f"{provider.url}/"), datetime.now(UTC)
    posts = [Post(f"id-{number}", target, "the same words") for number in range(4)]
    for post in posts[:3]:
        channel.post(post)
    found = [channel.find(post, since) for post in posts]
    assert found == [Accepted("0.0"), Accepted("1.0"), Accepted("2.0"), None]


def test_a_post_is_known_by_the_moment_slack_took_it(provider: fakes.Provider) -> None:
    began = time.time()
    name = Slack("xoxb-test", f"{provider.url}/").post(POST).provider_id
    assert name is not None
    assert began - 1 <= float(name) <= time.time() + 1


def asked(provider: fakes.Provider) -> list[tuple[str, dict[str, str]]]:
    return [(path.rpartition("/")[2], {name: str(value) for name, value in said.items()}) for path, _, said in provider.asked]


LISTED = {"types": "public_channel,private_channel", "exclude_archived": "1", "limit": "1000"}


def test_slack_is_asked_for_no_more_than_what_may_hold_the_post_page_by_page(provider: fakes.Provider) -> None:
    looked = {"oldest": "1767603540.000000", "include_all_metadata": "1", "limit": "200"}
    channel, since = Slack("xoxb-test", f"{provider.url}/"), datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert channel.find(Post("id", "#wins", "words"), since) is None
    assert asked(provider) == [
        ("conversations.list", LISTED),
        ("conversations.list", {**LISTED, "cursor": "2"}),
        ("conversations.history", {**looked, "channel": "Cwins"}),
    ]
    provider.asked.clear()
    assert channel.find(Post("id", "U1", "words"), since) is None
    assert asked(provider) == [("conversations.open", {"users": "U1"}), ("conversations.history", {**looked, "channel": "DU1"})]
    assert {headers["authorization"] for _, headers, _ in provider.asked} == {"Bearer xoxb-test"}


def test_a_post_to_a_channel_that_is_not_there_is_not_found_nor_looked_for(provider: fakes.Provider) -> None:
    assert Slack("xoxb-test", f"{provider.url}/").find(Post("id", "#gone", "words"), datetime.now(UTC)) is None
    assert asked(provider) == [("conversations.list", {**LISTED, **({"cursor": at} if at else {})}) for at in ("", "2", "4")]


def test_whoever_may_not_look_finds_nothing(provider: fakes.Provider) -> None:
    attempt(provider)
    provider.hides = True
    assert Slack("xoxb-test", f"{provider.url}/").find(POST, datetime.now(UTC)) is None


def test_no_more_pages_are_turned_than_somebody_would_wait_for(provider: fakes.Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    channel, since = Slack("xoxb-test", f"{provider.url}/"), datetime.now(UTC)
    attempt(provider)
    monkeypatch.setattr(slack, "MOST_PAGES", 1)
    assert channel.find(POST, since) is None


def test_a_token_is_known_by_its_digest_alone() -> None:
    assert Slack("xoxb-test", "http://x").key == digest("xoxb-test")
