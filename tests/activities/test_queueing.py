"""What waits for a provider in trouble goes on when that is over: soon, in order, and not all at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from activities.ledger import Nudge
from activities.queueing import Queues
from activities.sweep import LOST_AFTER, Sweep
from database.tables import DecisionRow, MessageRow, table
from tests.activities.sending import Sending, channels, through_fakes
from tests.api.staging import fall_ill
from tests.fakes import Fault
from tests.installation import Installation

messages, decisions = table(MessageRow), table(DecisionRow)
ACCOUNTS = ("one", "two", "three", "four", "five")
SOON = timedelta(seconds=5)
REFUSED = Fault(401)


@pytest.fixture
def sending(installation: Installation) -> Iterator[Sending]:
    with through_fakes(installation) as made:
        yield made


def look(sending: Sending, within: timedelta = SOON) -> int:
    """What a worker does now and then; those who were let go take their turns."""
    installation = sending.installation
    installation.nudges.clear()
    queues = Queues(installation.database, installation.office, installation.channels, installation.nudge)
    count = queues.once(installation.clock.now, within)
    for nudge in list(installation.nudges):
        installation.take_turn(nudge)
    return count


def all_wait(sending: Sending, fault: Fault = REFUSED) -> list[Nudge]:
    """Five mails wait for a provider that is in trouble for minutes."""
    nudges = []
    for id in ACCOUNTS:
        nudges.append(sending.begin(id))
        sending.installation.clock.pass_by(seconds=0.1)
    sending.mail.faults.append(fault)
    for nudge in nudges:
        sending.installation.take_turn(nudge)
    assert {sending.welcome(id).state for id in ACCOUNTS} == {"planned"}
    assert {sending.welcome(id).waits_for for id in ACCOUNTS} == {"sendgrid"}
    return nudges


def welcomed(sending: Sending) -> list[str]:
    return [delivery.to.partition("@")[2].partition(".")[0] for delivery in sending.mail.accepted if delivery.subject.startswith("Welcome")]


def test_while_the_trouble_lasts_nobody_is_let_go(sending: Sending) -> None:
    all_wait(sending)
    sending.installation.clock.pass_by(minutes=14)
    assert look(sending) == 0
    assert sending.mail.requests == 1


def test_with_a_new_key_those_who_wait_go_on_at_once_though_nobody_else_asks(sending: Sending) -> None:
    all_wait(sending)
    sending.installation.channels = channels(sending.mail, sending.posts, "SG.another", {})
    sending.installation.clock.pass_by(seconds=5)
    assert look(sending) == 5
    assert welcomed(sending) == list(ACCOUNTS)
    assert {sending.welcome(id).waits_for for id in ACCOUNTS} == {None}
    assert look(sending) == 0
    with sending.installation.database.read() as session:
        said = (
            session.execute(select(decisions.c.result).where(decisions.c.what == "put off", decisions.c.account_id == "five"))
            .scalars()
            .all()
        )
    assert said[-1].endswith("sendgrid is well again")


def test_when_somebodys_try_succeeds_the_others_follow_before_their_time_is_up(sending: Sending) -> None:
    """One is tried at the end of the pause; who asks while it is with the provider is put off by half a minute."""
    nudges = all_wait(sending, Fault(429, {"Retry-After": "300"}))
    tried_at = sending.installation.clock.pass_by(minutes=5)

    def others_ask() -> None:
        sending.mail.fault = lambda: None
        for nudge in nudges[1:]:
            sending.installation.take_turn(nudge)

    sending.mail.fault = others_ask
    sending.installation.take_turn(nudges[0])
    assert welcomed(sending) == ["one"]
    assert min(sending.welcome(id).due_at for id in ACCOUNTS[1:]) >= tried_at + timedelta(seconds=29)
    sending.installation.clock.pass_by(seconds=1)
    assert look(sending) == 4
    assert welcomed(sending) == list(ACCOUNTS)


def test_they_go_on_no_faster_than_the_provider_takes_them(installation: Installation) -> None:
    with through_fakes(installation, sendgrid=0.5) as sending:
        all_wait(sending)
        installation.channels = channels(sending.mail, sending.posts, "SG.another", {"sendgrid": 0.5})
        left: list[int] = []
        for _ in range(4):
            look(sending, timedelta(seconds=4))
            left.append(len(welcomed(sending)))
            installation.clock.pass_by(seconds=4)
        assert left == [2, 4, 5, 5]
        assert welcomed(sending) == list(ACCOUNTS)


def test_whoever_meets_the_next_trouble_pauses_the_others_as_ever(sending: Sending) -> None:
    all_wait(sending)
    sending.installation.channels = channels(sending.mail, sending.posts, "SG.another", {})
    sending.mail.fault = lambda: REFUSED
    before = sending.mail.requests
    assert look(sending) == 5
    assert sending.mail.requests == before + 1
    assert look(sending) == 0
    assert {sending.welcome(id).waits_for for id in ACCOUNTS} == {"sendgrid"}


def test_a_run_that_is_not_heard_of_is_found_by_its_notice(sending: Sending) -> None:
    """What Temporal was told of it got lost: the sweep tells it again."""
    all_wait(sending)
    sending.installation.channels = channels(sending.mail, sending.posts, "SG.another", {})
    installation = sending.installation
    Queues(installation.database, installation.office, installation.channels, lambda nudges: None).once(installation.clock.now, SOON)
    installation.nudges.clear()
    now = installation.clock.pass_by(seconds=31)
    Sweep(installation.database, installation.office, installation.nudge).nudge_lost(now, LOST_AFTER)
    for nudge in list(installation.nudges):
        installation.take_turn(nudge)
    assert sorted(welcomed(sending)) == sorted(ACCOUNTS)


def test_workers_that_look_at_once_let_each_go_once(sending: Sending) -> None:
    all_wait(sending)
    installation = sending.installation
    told: list[Nudge] = []
    installation.channels = channels(sending.mail, sending.posts, "SG.another", {})
    queues = Queues(installation.database, installation.office, installation.channels, told.extend)
    threads = [threading.Thread(target=queues.once, args=(installation.clock.now, SOON)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == len({nudge.order.run_id for nudge in told}) == 5


def test_notices_of_a_ladder_and_what_is_sent_once_more_wait_and_go_on_too(sending: Sending) -> None:
    sending.mail.faults.append(Fault(502))
    sending.installation.take_turn(sending.begin("doubted"))
    fall_ill(sending.installation)
    follow_up = next(each for each in sending.installation.nudges if each.workflow_type == "follow-up")
    sending.posts.faults.append(Fault(200, body={"ok": False, "error": "token_revoked"}))
    sending.mail.faults.append(REFUSED)
    sending.installation.take_turn(follow_up)
    sending.look_after(minutes=10)
    sending.look_after(seconds=1)
    with sending.installation.database.read() as session:
        waits = session.execute(select(messages.c.state, messages.c.waits_for).where(messages.c.waits_for.is_not(None))).all()
    assert {row.state for row in waits} == {"in_doubt", "planned"}
    sending.installation.channels = channels(sending.mail, sending.posts, "SG.another", {})
    assert look(sending) == len(waits)
    assert sending.look_after(seconds=1) == 1
    assert (sending.welcome("doubted").state, sending.welcome("doubted").repeats) == ("accepted", 1)
    with sending.installation.database.read() as session:
        states = session.execute(select(messages.c.state).where(messages.c.journey == "follow-up")).scalars().all()
    assert set(states) == {"accepted"}
