"""A journey of visits, as it was first and as it is changed, with a run in it."""

from __future__ import annotations

from pathlib import Path

from activities.foreseeing import Impact
from database.definitions import Change
from domain.moving import Choices, InFlight
from runtime import folders
from runtime.publishing import Publication, preview, publish_folder
from tests.installation import Installation
from tests.runtime.kit import Folder

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
THIRD = FIRST.replace("at: day 1, to: champion", "at: day 3, to: champion").replace("to: marketing, at: day 9", "to: csm, at: day 11")
ANY = "journey: {}\ntitle: Any\nfor: account\nstarts: {{manual: true, reenter: always}}\nanchor: start\nclass: save\nsteps: [{{wait: 1 day}}]\n"


class Visits(Folder):
    """With the journey `visits`; the others only wait."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        for path in (root / "journeys").glob("*.yaml"):  # which say something else for every segment
            path.write_text(ANY.format(path.stem))
        self.write("journeys/visits.yaml", FIRST)
        self.write(
            "templates/email/visit.md",
            '---\nsubject: "A visit"\npreview: We come by\ntopic: start\n---\n\nHello {{ contact.first_name }}.\n',
        )
        self.write("templates/tasks/visit-them.md", '---\ntitle: "Visit them"\n---\n\nGo.\n')
        self.write("templates/slack/visits.md", '---\nsubject: "Visited"\n---\n\nVisited.\n')

    def publish(self, installed: Installation) -> list[Change]:
        return publish_folder(installed.database, self.root, installed.clock.now).changes

    def move(self, installed: Installation, in_flight: InFlight, token: str | None = None) -> Publication:
        done = publish_folder(installed.database, self.root, installed.clock.now, Choices(in_flight), token)
        installed.nudge(done.nudges)
        return done

    def preview(self, installed: Installation, in_flight: InFlight) -> Impact:
        return preview(installed.database, folders.read(self.root), installed.clock.now, Choices(in_flight))


def visit(folder: Visits, installation: Installation) -> Installation:
    """An account on the first day of `visits`."""
    folder.publish(installation)
    installation.sign_up()
    answer = installation.client.post("/v1/enrollments", json={"journey": "visits", "account": "acme", "by": "csm"})
    assert answer.status_code == 201, answer.text
    installation.take_turn(installation.nudges[-1])
    return installation
