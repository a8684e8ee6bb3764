"""What publishing asks, shows, keeps and later compares, as somebody at a terminal sees it."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select, update

from activities.reviewing import NothingToReview, Review
from activities.turn import Turns
from database import publications
from database.tables import EnrollmentRow, FollowUpRow, ForesightRow, table
from domain.moving import Choices
from domain.protocol import RunKind, TurnOrder
from runtime import asking, folders, impacts, publishing, reviewing
from runtime.asking import Asking
from tests.installation import Installation
from tests.runtime.visits import FIRST, THIRD, Visits, visit

DOUBTFUL = FIRST.replace("enterprise: {task: visit-them, owner: csm, sla: P3}", "enterprise: {task: show-them, owner: csm, sla: P2}")
foresights = table(ForesightRow)


@pytest.fixture
def folder(tmp_path: Path) -> Visits:
    made = Visits(tmp_path / "definitions")
    made.write("templates/tasks/show-them.md", '---\ntitle: "Show them"\n---\n\nGo.\n')
    return made


@pytest.fixture
def visited(folder: Visits, quick_installation: Installation) -> Installation:
    visit(folder, quick_installation)
    quick_installation.clock.pass_by(minutes=1)
    return quick_installation


def at_a_terminal(
    installed: Installation, folder: Visits, monkeypatch: pytest.MonkeyPatch, typed: str, *runs: str
) -> tuple[Asking, str]:  # fmt: skip
    """What publishing came to when this was typed, and what the terminal showed."""
    screen = Console(file=io.StringIO(), width=200, force_terminal=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    asked = Asking(installed.database, asking.Wanted(folder.root, list(runs), [], False, None), screen, screen)
    done = asked.publish(installed.clock)
    if done:
        installed.nudge(done.nudges)
    asked.show(screen)
    assert isinstance(screen.file, io.StringIO)
    return asked, screen.file.getvalue()


def live_until(installed: Installation, days: int) -> None:
    """Every turn at its moment, for so many days."""
    turns = Turns(installed.database, installed.office, installed.channels, installed.nudge)
    end = installed.clock.now + timedelta(days=days)
    while True:
        with installed.database.read() as session:
            due = [
                (row.wake_at, row.id, kind)
                for kind, each in ((RunKind.ENROLLMENT, table(EnrollmentRow)), (RunKind.FOLLOW_UP, table(FollowUpRow)))
                for row in session.execute(select(each).where(each.c.ended_at.is_(None), each.c.wake_at.is_not(None)))
            ]
        at, id, kind = min(due, default=(end, "", RunKind.ENROLLMENT))
        installed.clock.now = max(installed.clock.now, min(at, end))
        if at >= end:
            return
        turns.take(TurnOrder(run_id=id, kind=kind, now=installed.clock.now))


def come_of(installed: Installation) -> Review:
    return reviewing.review(installed.database, None, installed.clock.now)


def shown(found: Review) -> str:
    screen = Console(file=io.StringIO(), width=200)
    reviewing.show(found, screen)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_at_a_terminal_it_asks_of_steps_and_whether_to_publish(
    folder: Visits, visited: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    live_until(visited, 2)  # to the task
    folder.write("journeys/visits.yaml", DOUBTFUL)
    asked, screen = at_a_terminal(visited, folder, monkeypatch, "task-show-them\ny\n", "move-now")
    assert "visits: the step 'task-visit-them' may have become 'task-show-them'; of the runs to move 1 has it behind or ahead" in screen
    assert "visits: 1 move at once" in screen
    assert asked.done is not None
    assert asked.chosen.maps == {"visits": {"task-visit-them": "task-show-them"}}


def test_who_does_not_agree_publishes_nothing(folder: Visits, visited: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    asked, screen = at_a_terminal(visited, folder, monkeypatch, "n\n", "move-now")
    assert "publish this?" in screen
    assert asked.done is None
    assert folder.preview(visited, "move_now").runs


def test_where_nobody_can_be_asked_it_says_what_to_write(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", DOUBTFUL)
    live_until(visited, 1)
    found = publishing.preview(visited.database, folders.read(folder.root), visited.clock.now, Choices("move"))
    screen = Console(file=io.StringIO(), width=200)
    impacts.show(found, Choices("move"), screen, None)
    assert isinstance(screen.file, io.StringIO)
    assert "--map visits:task-visit-them=task-show-them|gone" in screen.file.getvalue()
    assert json.loads(json.dumps(impacts.as_json(found), default=str))["questions"][0]["candidates"] == ["task-show-them"]


def test_a_changed_template_says_which_runs_it_will_reach_until_they_have_it_behind_them(folder: Visits, visited: Installation) -> None:
    folder.change("templates/slack/visits.md", "\n\nVisited.", "\n\nThey were visited.")
    folder.change("templates/email/visit.md", "Hello", "Dear")
    found = folder.preview(visited, "drain")
    assert {each.template: dict(each.accounts) for each in found.reach} == {
        "email/visit": {"visits": ("acme",)}, "slack/visits": {"visits": ("acme",)},
    }  # fmt: skip
    live_until(visited, 3)
    found = folder.preview(visited, "drain")
    assert {each.template: dict(each.accounts) for each in found.reach} == {"email/visit": {}, "slack/visits": {"visits": ("acme",)}}


def test_runs_of_each_journey_do_what_was_chosen_for_them(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/again.yaml", FIRST.replace("journey: visits", "journey: again"))
    folder.publish(visited)
    answer = visited.client.post("/v1/enrollments", json={"journey": "again", "account": "acme", "by": "csm"})
    assert answer.status_code == 201, answer.text
    visited.take_turn(visited.nudges[-1])
    folder.write("journeys/visits.yaml", THIRD)
    folder.write("journeys/again.yaml", THIRD.replace("journey: visits", "journey: again"))
    chosen, texts = Choices("cancel", {"visits": "move_now", "again": "pin"}), folders.read(folder.root)
    found = publishing.preview(visited.database, texts, visited.clock.now, chosen)
    assert {run.journey: run.becomes for run in found.runs} == {"visits": "moves", "again": "stays"}
    others = publishing.preview(visited.database, texts, visited.clock.now, Choices("cancel", {"visits": "move_now"}))
    assert others.token != found.token
    done = publishing.publish(visited.database, texts, visited.clock.now, chosen, found.token)
    with visited.database.read() as session:
        act = publications.act(session, done.revision or 0)
    assert act is not None
    assert act.choices == {"otherwise": "cancel", "of": {"visits": "move_now", "again": "pin"}, "maps": {}}


def test_runs_that_were_left_on_an_older_version_can_be_moved_without_another_change(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    folder.publish(visited)
    done = folder.move(visited, "move_now")
    assert (done.changes, [run.becomes for run in done.impact.runs]) == ([], ["moves"])
    for nudge in done.nudges:
        visited.take_turn(nudge)
    found = visited.client.get("/v1/enrollments?account=acme&journey=visits").json()["items"]
    assert [run["version"] for run in found] == [2]


def test_a_run_that_did_what_was_foreseen_is_not_spoken_of(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    for nudge in folder.move(visited, "move_now").nudges:
        visited.take_turn(nudge)
    live_until(visited, 14)
    found = come_of(visited)
    assert found.differing == []
    foreseen, came = found.touches(found.now)
    assert foreseen == came
    assert (came["mail"], came["task"], came["post"]) == (1, 1, 1)
    assert "1 of 1 runs did what was foreseen" in shown(found)


def test_a_run_that_differs_is_named_with_what_it_heard(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    for nudge in folder.move(visited, "move_now").nudges:
        visited.take_turn(nudge)
    (run,) = visited.client.get("/v1/enrollments?account=acme&journey=visits").json()["items"]
    visited.clock.pass_by(hours=3)
    answer = visited.client.post(f"/v1/enrollments/{run['id']}/exit", json={"by": "csm", "why": "they asked for it"})
    assert answer.status_code == 202, answer.text
    live_until(visited, 14)
    found = come_of(visited)
    (differs,) = found.differing
    assert str(differs.cause) == "an order to end it: they asked for it, 2026-01-05 12:01 UTC, by csm"
    assert "because of an order to end it: they asked for it" in shown(found)
    assert json.loads(json.dumps(reviewing.as_json(found), default=str))["runs"][0]["cause"]["teller"] == "csm"


def test_a_run_that_differs_although_nothing_was_heard_is_our_fault_and_said_loudly(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    for nudge in folder.move(visited, "move_now").nudges:
        visited.take_turn(nudge)
    with visited.database.write() as session:  # as if it had been foreseen wrongly
        (row,) = session.execute(select(foresights)).all()
        session.execute(update(foresights).values(touches=[{**each, "visit": 2} for each in row.touches]))
    live_until(visited, 14)
    found = come_of(visited)
    assert [run.account_id for run in found.unexplained] == ["acme"]
    assert "NOTHING WAS HEARD" in shown(found)


def test_what_was_never_published_cannot_be_reviewed(folder: Visits, visited: Installation) -> None:
    with pytest.raises(NothingToReview, match="nothing was published while runs were under way"):
        come_of(visited)
    with pytest.raises(NothingToReview, match="nothing was published as revision 99; the last were"):
        reviewing.review(visited.database, 99, visited.clock.now)


def test_what_was_foreseen_is_kept_only_with_what_was_published(folder: Visits, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", THIRD)
    folder.preview(visited, "move_now")
    with pytest.raises(publishing.OutdatedPreview):
        folder.move(visited, "move_now", "another")
    with visited.database.read() as session:
        assert session.execute(select(foresights)).all() == []
    done = folder.move(visited, "move_now")
    with visited.database.read() as session:
        (row,) = publications.foreseen(session, done.revision or 0)
    assert (row.becomes, row.choice, row.stood) == ("moves", "move_now", {"steps": "send-visit"})
    assert [each["effect"] for each in row.touches if each["step"]][:2] == ["send", "task"]
    assert row.ends_at > datetime.fromisoformat(row.touches[0]["at"])
