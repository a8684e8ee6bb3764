"""What publishing does to runs that are under way: nothing, and never less than they need."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from database.definitions import Change
from domain.faults import FaultyText
from runtime.publishing import publish_folder
from tests.installation import ROOT, Installation

FIRST = """
journey: visits
title: Visits
for: account
starts: {manual: true, reenter: always}
anchor: start
class: onboarding
steps:
  - {send: visit, at: day 1, to: champion}
  - by segment:
      enterprise: {task: visit-them, owner: csm, sla: P3}
      mid_market: {wait: 1 day}
      smb: {wait: 1 day}
  - {post: visits, to: marketing, at: day 9}
"""
SECOND = FIRST.replace("  - {send: visit, at: day 1, to: champion}\n", "").replace("to: marketing", "to: csm")


ANY = "journey: {}\ntitle: Any\nfor: account\nstarts: {{manual: true, reenter: always}}\nanchor: start\nclass: save\nsteps: [{{wait: 1 day}}]\n"
SEGMENTS = "journeys/policies/segments.yaml"


class Folder:
    """journeys/ and templates/ of one's own, with the journey `visits`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("journeys", "templates"):
            shutil.copytree(ROOT / name, root / name)
        for path in (root / "journeys").glob("*.yaml"):  # which say something else for every segment
            path.write_text(ANY.format(path.stem))
        self.write("journeys/visits.yaml", FIRST)
        self.write("templates/email/visit.md", '---\nsubject: "A visit"\npreview: We come by\n---\n\nHello {{ contact.first_name }}.\n')
        self.write("templates/tasks/visit-them.md", '---\ntitle: "Visit them"\n---\n\nGo.\n')
        self.write("templates/slack/visits.md", '---\nsubject: "Visited"\n---\n\nVisited.\n')

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def publish(self, installed: Installation) -> list[Change]:
        return publish_folder(installed.database, self.root, installed.clock.now)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "definitions")


@pytest.fixture
def visited(folder: Folder, installation: Installation) -> Installation:
    """An account on the first day of `visits`."""
    folder.publish(installation)
    installation.sign_up()
    answer = installation.client.post("/v1/enrollments", json={"journey": "visits", "account": "acme", "by": "csm"})
    assert answer.status_code == 201, answer.text
    installation.take_turn(installation.nudges[-1])
    return installation


def live_a_fortnight(installed: Installation) -> list[str]:
    """Turns on the days to come, and what was sent from `visits`."""
    nudge = next(nudge for nudge in reversed(installed.nudges) if nudge.workflow_type == "visits")
    for _ in range(14):
        installed.clock.pass_by(days=1)
        installed.take_turn(nudge)
    found = installed.client.get("/v1/messages?account=acme&limit=200").json()["items"]
    found.sort(key=lambda message: str(message["settled_at"]))
    return [message["template"] for message in found if message["journey"] == "visits" and message["state"] == "accepted"]


def test_a_run_keeps_the_mail_that_went_with_its_step(folder: Folder, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", SECOND)
    (folder.root / "templates/email/visit.md").unlink()
    assert {(change.name, change.what) for change in folder.publish(visited)} == {("visits", "changed"), ("email/visit", "withdrawn")}
    assert live_a_fortnight(visited) == ["visit", "visits"]


def test_a_run_goes_on_when_its_journey_is_withdrawn(folder: Folder, visited: Installation) -> None:
    (folder.root / "journeys/visits.yaml").unlink()
    assert [(change.name, change.what) for change in folder.publish(visited)] == [("visits", "withdrawn")]
    assert live_a_fortnight(visited) == ["visit", "visits"]


def test_a_run_goes_on_when_a_segment_is_added_that_its_version_has_no_words_for(folder: Folder, visited: Installation) -> None:
    folder.change(SEGMENTS, "segments:\n", "segments:\n  - {segment: giant, title: Giant, when: account.arr >= 500000}\n")
    folder.change("journeys/policies/vocabulary.yaml", "one_of: [enterprise,", "one_of: [giant, enterprise,")
    with pytest.raises(FaultyText, match="no value for giant"):
        folder.publish(visited)
    folder.change("journeys/visits.yaml", "enterprise:", "giant: {wait: 2 days}\n      enterprise:")
    folder.publish(visited)
    visited.client.patch("/v1/accounts/acme", json={"facts": {"arr": 900_000}})
    assert live_a_fortnight(visited) == ["visit", "visits"]


def test_a_role_that_a_live_version_needs_cannot_go_and_who_needs_it_is_said(folder: Folder, visited: Installation) -> None:
    folder.write("journeys/visits.yaml", SECOND)
    folder.change("journeys/policies/roles.yaml", "  marketing: {held_by: team, otherwise: cs_ops}\n", "")
    before = visited.client.get("/v1/journeys").json()
    with pytest.raises(FaultyText) as refused:
        folder.publish(visited)
    (fault,) = refused.value.faults
    assert fault.mark.file == "journeys/visits.yaml (version 1, 1 live)"
    assert "marketing" in fault.sentence
    assert visited.client.get("/v1/journeys").json() == before
