"""Providers in trouble lose nothing and are left alone; a disarmed installation sends nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from activities.sweep import Sweep
from database import installations
from database.tables import DecisionRow, EnrollmentRow, NoticeRow, ProviderRow, table
from domain import pacing
from domain.governor import UNTIL_LIFTED
from tests.activities.sending import Sending, channels, messages, through_fakes
from tests.api.refusals import refused
from tests.fakes import Fault
from tests.installation import Installation

providers, enrollments, notices = table(ProviderRow), table(EnrollmentRow), table(NoticeRow)
ACCOUNTS = ("one", "two", "three", "four", "five")


@pytest.fixture
def sending(installation: Installation) -> Iterator[Sending]:
    with through_fakes(installation) as made:
        yield made


def provider(sending: Sending) -> Any:
    with sending.installation.database.read() as session:
        return session.execute(select(providers).where(providers.c.name == "sendgrid")).one()


def wake_at(sending: Sending, id: str) -> Any:
    with sending.installation.database.read() as session:
        return session.execute(select(enrollments.c.wake_at).where(enrollments.c.id == id)).scalar_one()


def take_turns(sending: Sending, nudges: list[Any], **time: float) -> None:
    """Those of these runs that fall due in this time take their turns, in order."""
    clock = sending.installation.clock
    until = clock.now + timedelta(**time)
    for _ in range(2000):
        due = [(moment, nudge) for nudge in nudges if (moment := wake_at(sending, nudge.order.run_id)) and moment <= until]
        if not due:
            break
        moment, nudge = min(due, key=lambda each: each[0])
        clock.now = max(moment, clock.now)
        sending.installation.take_turn(nudge)
    clock.now = until


def welcomed(sending: Sending) -> list[str]:
    """Who has got their welcome mail, in that order."""
    return [delivery.to.partition("@")[2].partition(".")[0] for delivery in sending.mail.accepted if delivery.subject.startswith("Welcome")]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(429, {"Retry-After": "300"}), "slow down"),
        (Fault(401), "does not accept our key"),
        (Fault(403), "does not accept our key"),
    ],
)
def test_one_message_meets_the_trouble_and_the_others_wait_for_it(sending: Sending, fault: Fault, words: str, capsys: Any) -> None:
    nudges = [sending.begin(id) for id in ACCOUNTS]
    sending.mail.fault = lambda: fault
    take_turns(sending, nudges, seconds=10)
    assert sending.mail.requests == 1
    states = {sending.welcome(id).state for id in ACCOUNTS}
    assert states == {"planned"}
    assert words in provider(sending).why
    sending.mail.fault = lambda: None
    take_turns(sending, nudges, minutes=30)
    assert welcomed(sending) == list(ACCOUNTS)
    assert provider(sending).since is None
    alarms = [line for line in capsys.readouterr().out.splitlines() if "a provider is in trouble" in line]
    assert len(alarms) == 1


def test_a_new_key_ends_the_pause_at_once(sending: Sending) -> None:
    first, second = sending.begin("one"), sending.begin("two")
    sending.mail.faults.append(Fault(401))
    sending.installation.take_turn(first)
    sending.installation.channels = channels(sending.mail, sending.posts, "SG.another", {})
    sending.installation.take_turn(second)
    assert welcomed(sending) == ["two"]
    take_turns(sending, [first], minutes=16)
    assert welcomed(sending) == ["two", "one"]


def test_hours_of_outage_lose_nothing_and_send_nothing_twice(sending: Sending) -> None:
    nudges = [sending.begin(id) for id in ACCOUNTS]
    sending.mail.fault = lambda: Fault(429, {"Retry-After": "600"})
    take_turns(sending, nudges, hours=4)
    assert sending.mail.requests <= 30, "about one try in ten minutes, whatever waits"
    assert welcomed(sending) == []
    sending.mail.fault = lambda: None
    take_turns(sending, nudges, minutes=11)
    assert sorted(welcomed(sending)) == sorted(ACCOUNTS)
    assert set(sending.mail.counts().values()) == {1}


def test_a_provider_that_fails_puts_few_messages_in_doubt(sending: Sending) -> None:
    """An outage of fifteen minutes; every message that is tried in it may have been taken."""
    ids = [f"a{number}" for number in range(30)]
    nudges = [sending.begin(id) for id in ids]
    sending.mail.fault = lambda: Fault(503)
    take_turns(sending, nudges, minutes=15)
    states = [sending.welcome(id).state for id in ids]
    assert states.count("in_doubt") <= len(pacing.UNANSWERED)
    sending.mail.fault = lambda: None
    take_turns(sending, nudges, minutes=30)
    assert {sending.welcome(id).state for id in ids} == {"in_doubt", "accepted"}


def test_mail_leaves_at_the_configured_rate(installation: Installation) -> None:
    with through_fakes(installation, sendgrid=0.5) as sending:
        nudges = [sending.begin(id) for id in ACCOUNTS]
        began = installation.clock.now
        take_turns(sending, nudges, seconds=0)
        assert welcomed(sending) == ["one", "two"]
        assert sending.welcome("three").reason == "sendgrid has no room yet"
        take_turns(sending, nudges, seconds=10)
        assert welcomed(sending) == list(ACCOUNTS)
        settled = [sending.welcome(id).settled_at - began for id in ACCOUNTS]
        assert settled[2:] == [timedelta(seconds=seconds) for seconds in (4, 6, 8)]


def test_what_waited_too_long_for_its_provider_is_skipped_with_the_reason(sending: Sending) -> None:
    nudge = sending.begin()
    sending.mail.fault = lambda: Fault(401)
    take_turns(sending, [nudge], hours=12)
    assert sending.welcome().state == "planned"
    sending.installation.clock.pass_by(days=9)  # each a hundred turns like the last
    take_turns(sending, [nudge], hours=11)
    assert sending.welcome().state == "planned"
    take_turns(sending, [nudge], hours=12)
    mail = sending.welcome()
    assert mail.state == "skipped"
    assert mail.reason == "late: sendgrid has no room yet: SendGrid does not accept our key (401)" or mail.reason.startswith(
        "late: SendGrid"
    )
    with sending.installation.database.read() as session:
        decisions = table(DecisionRow)
        words = session.execute(
            select(decisions.c.result).where(decisions.c.what == "dropped", decisions.c.step == "send-welcome")
        ).scalars()
        assert list(words) == [mail.reason]


# Armed


def disarm(sending: Sending) -> None:
    installations.recognise(sending.installation.database, sending.installation.clock.now)
    answer = sending.installation.client.post("/v1/sending/disarm", json={"by": "csm", "why": "a storm"})
    assert (answer.status_code, answer.json()["armed"]) == (200, False), answer.text


def test_disarmed_nothing_leaves_and_armed_what_waited_does(sending: Sending) -> None:
    disarm(sending)
    nudge = sending.begin()
    sending.installation.take_turn(nudge)
    assert (sending.mail.requests, sending.welcome().state, sending.welcome().reason) == (0, "planned", "sending is disarmed")
    assert sending.welcome().due_at == UNTIL_LIFTED
    later = sending.installation.clock.pass_by(hours=1)
    answer = sending.installation.client.post("/v1/sending/arm", json={"by": "vp", "why": "it is over"})
    assert {name: answer.json()[name] for name in ("armed", "by", "why")} == {"armed": True, "by": "vp", "why": "it is over"}
    sending.installation.nudges.clear()
    Sweep(sending.installation.database, sending.installation.office, sending.installation.nudge).once(later + timedelta(seconds=31))
    assert nudge.order.run_id in {each.order.run_id for each in sending.installation.nudges}
    sending.installation.take_turn(nudge)
    assert welcomed(sending) == ["acme"]


def test_notices_of_a_ladder_wait_for_arming_too(sending: Sending) -> None:
    from tests.api.staging import fall_ill

    disarm(sending)
    fall_ill(sending.installation)
    follow_up = next(each for each in sending.installation.nudges if each.workflow_type == "follow-up")
    sending.installation.take_turn(follow_up)
    kept = [each for each in rows(sending) if each.journey == "follow-up"]
    assert {each.state for each in kept} == {"planned"}
    sending.installation.client.post("/v1/sending/arm", json={"by": "vp", "why": "it is over"})
    sending.installation.take_turn(follow_up)
    assert {each.state for each in rows(sending) if each.journey == "follow-up"} == {"accepted"}


def rows(sending: Sending) -> list[Any]:
    with sending.installation.database.read() as session:
        return list(session.execute(select(messages)).all())


def test_arming_what_is_armed_is_refused(sending: Sending) -> None:
    client, told = sending.installation.client, {"by": "vp", "why": "x"}
    refused(client.post("/v1/sending/arm", json=told), 409, "not_open", "no worker has looked")
    disarm(sending)
    refused(client.post("/v1/sending/disarm", json=told), 409, "not_open", "disarmed already, since 2026-01-05 09:00 UTC: a storm")
    refused(client.post("/v1/sending/arm", json={**told, "by": "nobody"}), 422, "unknown_person")


def test_what_is_sent_once_more_waits_for_arming_too(sending: Sending) -> None:
    sending.mail.faults.append(Fault(502))
    sending.installation.take_turn(sending.begin())
    disarm(sending)
    sending.look_after(minutes=10)
    assert (sending.mail.requests, sending.welcome().state, sending.welcome().reason) == (1, "in_doubt", "sending is disarmed")
    assert sending.welcome().resend_at == sending.installation.clock.now + timedelta(hours=1)
