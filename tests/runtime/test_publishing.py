"""What publishing does to runs that are under way: nothing, and never less than they need."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from activities.foreseeing import RunImpact
from domain.faults import FaultyText
from domain.foreseeing import DAY
from domain.moving import InFlight
from runtime.publishing import OutdatedPreview
from tests.installation import Installation
from tests.runtime.visits import SECOND, THIRD, Visits, visit

SEGMENTS = "journeys/policies/segments.yaml"


def more(run: RunImpact, now: datetime) -> tuple[int, int]:
    """Mails and tasks of the next 24 hours, more than would come anyway."""
    then, anyway = run.then.counts(now + DAY), run.anyway.counts(now + DAY)
    return then["mail"] - anyway["mail"], then["task"] - anyway["task"]


@pytest.fixture
def folder(tmp_path: Path) -> Visits:
    return Visits(tmp_path / "definitions")


@pytest.fixture
def visited(folder: Visits, installation: Installation) -> Installation:
    return visit(folder, installation)


def live_a_fortnight(installed: Installation) -> list[str]:
    """Turns on the days to come, and what was sent from `visits`."""
    nudge = next(nudge for nudge in reversed(installed.nudges) if nudge.workflow_type == "visits")
    for _ in range(14):
        installed.clock.pass_by(days=1)
        installed.take_turn(nudge)
    found = installed.client.get("/v1/messages?account=acme&limit=200").json()["items"]
    found.sort(key=lambda message: str(message["settled_at"]))
    return [message["template"] for message in found if message["journey"] == "visits" and message["state"] == "accepted"]


def test_a_run_keeps_the_mail_that_went_with_its_step(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", SECOND)
    (folder.root / "templates/email/visit.md").unlink()
    assert {(change.name, change.what) for change in folder.publish(visited)} == {("visits", "changed"), ("email/visit", "withdrawn")}
    assert live_a_fortnight(visited) == ["visit", "visits"]


def test_a_run_goes_on_when_its_journey_is_withdrawn(folder: Visits, visited: Installation) -> None:
    (folder.root / "journeys/visits.yaml").unlink()
    assert [(change.name, change.what) for change in folder.publish(visited)] == [("visits", "withdrawn")]
    assert live_a_fortnight(visited) == ["visit", "visits"]


def test_a_run_goes_on_when_a_segment_is_added_that_its_version_has_no_words_for(folder: Visits, visited: Installation) -> None:
    folder.change(SEGMENTS, "segments:\n", "segments:\n  - {segment: giant, title: Giant, when: account.arr >= 500000}\n")
    folder.change("journeys/policies/vocabulary.yaml", "one_of: [enterprise,", "one_of: [giant, enterprise,")
    with pytest.raises(FaultyText, match="no value for giant"):
        folder.publish(visited)
    folder.change("journeys/visits.yaml", "enterprise:", "giant: {wait: 2 days}\n      enterprise:")
    folder.publish(visited)
    assert visited.client.put("/v1/accounts/acme", json={"facts": {"arr": 900_000}}).status_code == 200
    assert live_a_fortnight(visited) == ["visit", "visits"]


def test_a_role_that_a_live_version_needs_cannot_go_and_who_needs_it_is_said(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", SECOND)
    folder.change("journeys/policies/roles.yaml", "  marketing: {held_by: team, otherwise: cs_ops}\n", "")
    before = visited.client.get("/v1/journeys").json()
    with pytest.raises(FaultyText) as refused:
        folder.publish(visited)
    (fault,) = refused.value.faults
    assert fault.mark.file == "journeys/visits.yaml (version 1, 1 live)"
    assert "marketing" in fault.sentence
    assert visited.client.get("/v1/journeys").json() == before


def what_became(installed: Installation) -> list[tuple[int, str | None]]:
    found = installed.client.get("/v1/enrollments?account=acme&limit=50").json()["items"]
    return [(run["version"], run["ended_why"]) for run in found if run["journey"] == "visits"]


@pytest.mark.parametrize(
    ("in_flight", "becomes", "a_day", "days", "version"),
    [
        ("drain", "stays", (0, 0), (1, 9), 1),
        ("pin", "stays", (0, 0), (1, 9), 1),
        ("move", "moves", (0, 0), (1, 11), 2),  # the visit it waits for comes as it was, the rest by the new text
        ("move_now", "moves", (-1, -1), (3, 11), 2),
    ],
)
def test_what_was_previewed_is_what_happens(
    folder: Visits, visited: Installation, in_flight: InFlight, becomes: str, a_day: tuple[int, int], days: tuple[int, int], version: int
) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    (seen,) = folder.preview(visited, in_flight).runs
    assert (seen.becomes, more(seen, visited.clock.now), seen.tasks_lost) == (becomes, a_day, 0)
    assert [run["version"] for run in visited.client.get("/v1/enrollments?account=acme").json()["items"] if run["journey"] == "visits"] == [
        1
    ]
    begun = visited.clock.now
    done = folder.move(visited, in_flight, folder.preview(visited, in_flight).token)
    assert [nudge.order.run_id for nudge in done.nudges] == ([seen.run_id] if in_flight == "move_now" else [])
    for nudge in done.nudges:
        visited.take_turn(nudge)
    assert live_a_fortnight(visited) == ["visit", "visits"]
    found = {each["template"]: each for each in visited.client.get("/v1/messages?account=acme&limit=200").json()["items"]}
    sent = tuple((datetime.fromisoformat(found[name]["settled_at"]).date() - begun.date()).days for name in ("visit", "visits"))
    assert sent == days
    assert what_became(visited) == [(version, "completed")]


def test_cancelled_runs_end_and_their_open_tasks_are_counted_and_closed(folder: Visits, visited: Installation) -> None:
    nudge = next(nudge for nudge in reversed(visited.nudges) if nudge.workflow_type == "visits")
    for _ in range(3):
        visited.clock.pass_by(days=1)
        visited.take_turn(nudge)
    folder.write("journeys/visits.yaml", THIRD)
    (seen,) = folder.preview(visited, "cancel").runs
    assert (seen.becomes, seen.tasks_lost) == ("ends", 1)
    for each in folder.move(visited, "cancel").nudges:
        visited.take_turn(each)
    assert what_became(visited) == [(1, "its version was withdrawn")]
    tasks = visited.client.get("/v1/tasks?account=acme").json()["items"]
    assert [task["state"] for task in tasks if task["journey"] == "visits"] == ["closed"]


def test_a_preview_of_another_moment_publishes_nothing_and_shows_what_is_so_now(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    token = folder.preview(visited, "move_now").token
    visited.tell("training_completed", share=0.5)
    with pytest.raises(OutdatedPreview) as outdated:
        folder.move(visited, "move_now", token)
    assert outdated.value.impact.token != token
    assert what_became(visited) == [(1, None)]
    assert folder.move(visited, "move_now", outdated.value.impact.token).changes


def test_a_pinned_run_is_left_alone_by_later_publishing(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    folder.move(visited, "pin")
    folder.write("journeys/visits.yaml", SECOND)
    assert folder.preview(visited, "move_now").runs == ()


@pytest.mark.parametrize("in_flight", ["drain", "pin"])
def test_a_run_that_is_to_stay_forgets_an_earlier_order_to_move(folder: Visits, visited: Installation, in_flight: InFlight) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    folder.move(visited, "move")
    folder.write("journeys/visits.yaml", THIRD.replace("day 11", "day 12"))
    folder.move(visited, in_flight)
    assert live_a_fortnight(visited) == ["visit", "visits"]
    assert what_became(visited) == [(1, "completed")]
