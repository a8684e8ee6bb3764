"""Health over time."""

from __future__ import annotations

from datetime import timedelta

from tests.domain.kit import MONDAY, an_account, at, know, play, story
from tests.domain.simulation.kit import lines


def test_a_fall_is_escalated_and_ends_with_recovery() -> None:
    poor = know(usage=40, engagement=40, performance=40, satisfaction=40)
    fine = know(usage=95, engagement=95, performance=95, satisfaction=95)
    account = an_account(since=MONDAY - timedelta(days=90))
    fallen = story("steps: [{wait: 60 days}]", {"0 11:00": fine, "1 10:00": poor}, account=account, days=3)
    assert fallen == [
        "1 10:00 notice escalation vp",
        "1 13:00 notice escalation-reminder vp",
        "2 10:00 notice escalation cco",
        "2 13:00 notice escalation-reminder cco",
    ]
    recovered = story("steps: [{wait: 60 days}]", {"0 11:00": fine, "1 10:00": poor, "1 11:00": fine}, account=account, days=3)
    assert recovered == fallen[:1]


def test_an_escalation_of_health_is_acknowledged_but_only_recovery_ends_it() -> None:
    poor = know(usage=40, engagement=40, performance=40, satisfaction=40)
    played = play(
        "steps: [{wait: 60 days}]", {"1 10:00": poor}, account=an_account(since=MONDAY - timedelta(days=90)), people="prompt", days=30
    )
    assert lines(played) == ["1 10:00 notice escalation vp"]
    assert all(escalation.acknowledged_at for escalation in played.escalations.values())
    assert list(played.escalations) == ["health"]


def test_the_weekly_reading_takes_notice_of_what_grew_old() -> None:
    """Growth counts as engagement for a fortnight."""
    world = play("steps: [{wait: 60 days}]", {"0 11:00": know(usage=95, performance=95, growth=0)}, days=1)
    assert world.account.readings[-1].components["engagement"] == 100
    world.play(at("14 12:00"))
    assert world.account.readings[-1].components["engagement"] is None
    assert (world.account.readings[-1].day, len(world.account.readings)) == (MONDAY + timedelta(days=14), 2)
    world.play(at("20 12:00"))
    world.read_health()
    assert [reading.day for reading in world.account.readings][-1] == MONDAY + timedelta(days=20)
