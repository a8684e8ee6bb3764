"""A hold that is placed while a turn is being taken."""

from __future__ import annotations

from tests.activities.sending import through_fakes
from tests.fakes import Fault
from tests.installation import Installation


def test_a_turn_that_was_asked_for_before_the_hold_sends_nothing_and_ends(installation: Installation) -> None:
    with through_fakes(installation) as sending:
        begun = sending.begin()
        sending.mail.faults.append(Fault(429, {"Retry-After": "1"}))
        installation.take_turn(begun)
        asked_at = installation.clock.pass_by(seconds=5)
        installation.clock.pass_by(seconds=1)
        held = installation.client.post("/v1/accounts/acme/holds", json={"by": "csm", "reason": "They asked for it", "resume": "send"})
        installation.clock.now = asked_at
        installation.take_turn(begun)
        assert sending.welcome().state == "planned"
        assert sending.mail.accepted == []
        installation.clock.pass_by(minutes=1)
        assert installation.client.post(f"/v1/holds/{held.json()['id']}/lift", json={"by": "csm"}).status_code == 200
        installation.take_turn(begun)
        assert sending.welcome().state == "accepted"
