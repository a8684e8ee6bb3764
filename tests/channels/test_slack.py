"""slack-sdk against a local server, and what each of Slack's answers means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from channels import slack
from channels.channel import Refused, Unclear
from channels.slack import Slack
from domain.pacing import Trouble
from tests import fakes
from tests.channels.kit import POST, closed_port, mute
from tests.fakes import Fault


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


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "not_in_channel", "user_disabled", "msg_too_long"])
def test_what_slack_will_never_take_is_for_good(provider: fakes.Provider, error: str) -> None:
    with pytest.raises(Refused, match=error) as caught:
        attempt(provider, says(error))
    assert caught.value.permanent
    assert caught.value.bad_address == (error in ("channel_not_found", "is_archived"))


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
    ],
)
def test_slow_down_says_for_how_long(provider: fakes.Provider, fault: Fault, seconds: int) -> None:
    with pytest.raises(Refused) as caught:
        attempt(provider, fault)
    assert not caught.value.permanent
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
    with pytest.raises(Unclear):
        attempt(provider, fault)
    assert provider.requests == 1, "a client that tries again by itself could post twice"


def test_a_silent_slack_is_unclear_and_does_not_hold_us_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack, "TIMEOUT_SECONDS", 1)
    with mute() as port, pytest.raises(Unclear):
        Slack("xoxb-test", f"http://127.0.0.1:{port}/").post(POST)


def test_what_never_reached_slack_may_be_tried_again() -> None:
    with pytest.raises(Refused, match="could not be reached") as caught:
        Slack("xoxb-test", f"http://127.0.0.1:{closed_port()}/").post(POST)
    assert not caught.value.permanent
