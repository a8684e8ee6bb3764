"""`tenure diff`, as CS ops type it before they publish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NewDatabase
from tests.runtime.kit import own_folder, printed


@pytest.fixture
def folder(tmp_path: Path, new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Journeys and templates of one's own, which are published."""
    monkeypatch.setenv("TENURE_DATABASE_URL", new_database("sqlite").url)
    monkeypatch.setenv("TENURE_DEFINITIONS", str(tmp_path / "definitions"))
    monkeypatch.setenv("COLUMNS", "160")
    return own_folder(tmp_path / "definitions")


def change(folder: Path, name: str, *changes: tuple[str, str]) -> None:
    text = (folder / name).read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    (folder / name).write_text(text)


NPS = ("steps.wait_for_survey_answered.answer <= 6", "steps.wait_for_survey_answered.answer <= 5")


def test_without_a_difference_it_says_so(folder: Path) -> None:
    assert printed("diff") == "no difference\n"
    assert json.loads(printed("diff", "--json")) == []
    assert printed("diff", "adoption") == "no difference\n"


def test_it_says_in_words_what_the_folder_would_change(folder: Path) -> None:
    change(folder, "journeys/adoption.yaml", ("[day 35, day 42, day 49]", "[day 35, day 44, day 49]"), NPS)
    change(folder, "journeys/growth.yaml", ("journey: growth", "journey: growth   # and more"))
    change(folder, "journeys/policies/segments.yaml", (">= 50000", ">= 60000"))
    change(folder, "templates/tasks/welcome-call.md", ("Welcome call", "First call"))
    assert printed("diff").splitlines() == [
        "adoption: version 1 → the folder",
        "  Adoption mail 2 (send-next-feature, visit 2) moves from day 42 to day 44",
        "  the branch 'nps' asks answer <= 5 instead of <= 6",
        "growth: version 1 → the folder",
        "  only comments or the layout of the file; nothing that a run notices",
        "policy segments",
        "  the segment Enterprise asks account.arr >= 60000 instead of >= 50000",
        "template tasks/welcome-call",
        "  the title changed from “Welcome call with {{ account.name }}” to “First call with {{ account.name }}”",
    ]
    assert printed("diff", "adoption").splitlines()[:2] == [
        "adoption: version 1 → the folder",
        "  Adoption mail 2 (send-next-feature, visit 2) moves from day 42 to day 44",
    ]


def test_whom_it_concerns_is_said_with_the_titles_of_segments(folder: Path) -> None:
    change(folder, "journeys/onboarding.yaml", ("{enterprise: day 12, else: day 14}", "{enterprise: day 12, else: day 15}"))
    assert printed("diff").splitlines()[1:] == ["  for Mid-Market only: setup-after-unblock waits until day 15 instead of day 14 at most"]


def test_a_segment_that_is_new_reads_the_same_text_otherwise_until_it_is_published(folder: Path) -> None:
    for path in (folder / "journeys").glob("*.yaml"):  # which say something else for every segment
        path.write_text(ANY.format(path.stem))
    change(folder, "journeys/growth.yaml", ("[{wait: 1 day}]", "[{wait: {by segment: {smb: 1 day, else: 2 days}}}]"))
    printed("publish")
    giants = "segments:\n  - {segment: giant, title: Giant, when: account.arr >= 500000}\n"
    change(folder, "journeys/policies/segments.yaml", ("segments:\n", giants))
    change(folder, "journeys/policies/vocabulary.yaml", ("one_of: [enterprise,", "one_of: [giant, enterprise,"))
    assert printed("diff").splitlines() == [
        "growth: version 2 → the folder",
        "  for Giant only: the wait in the main track is 2 days instead of 1",
        "policy vocabulary",
        "  the fact account.segment is one of giant, enterprise, mid_market and smb instead of enterprise, mid_market and smb",
        "policy segments",
        "  the segment giant is new: account.arr >= 500000",
    ]
    printed("publish")
    assert printed("diff") == "no difference\n"


ANY = "journey: {}\ntitle: Any\nfor: account\nstarts: {{manual: true, reenter: always}}\nanchor: start\nclass: save\nsteps: [{{wait: 1 day}}]\n"


def test_a_journey_that_is_new_and_one_that_is_gone_are_told(folder: Path) -> None:
    text = (folder / "journeys" / "win-back.yaml").read_text()
    (folder / "journeys" / "second-chance.yaml").write_text(text.replace("journey: win-back", "journey: second-chance"))
    said = printed("diff")
    assert said.startswith("second-chance\n  the journey is new: ")
    printed("publish")
    (folder / "journeys" / "second-chance.yaml").unlink()
    assert printed("diff") == "second-chance\n  the journey is withdrawn; its runs go on as they are\n"


def test_versions_are_compared_with_each_other_and_with_the_folder(folder: Path) -> None:
    change(folder, "journeys/adoption.yaml", NPS)
    printed("publish")
    forth, back = "the branch 'nps' asks answer <= 5 instead of <= 6", "the branch 'nps' asks answer <= 6 instead of <= 5"
    assert printed("diff") == "no difference\n"
    assert printed("diff", "adoption", "--from", "1") == f"adoption: version 1 → the folder\n  {forth}\n"
    assert printed("diff", "adoption", "--from", "1", "--to", "2") == f"adoption: version 1 → version 2\n  {forth}\n"
    assert printed("diff", "adoption", "--to", "1") == f"adoption: version 2 → version 1\n  {back}\n"


def test_for_programs_there_is_every_difference_and_the_step_map(folder: Path) -> None:
    change(
        folder,
        "journeys/adoption.yaml",
        ("{wait: 4 days}", "{wait: 6 days}"),
        ("    - {task: use-cases-behind, at: day 80, owner: csm, sla: P3, when: account.use_cases < 2}\n", ""),
    )
    (found,) = json.loads(printed("diff", "--json"))
    assert (found["kind"], found["name"], found["from"], found["to"]) == ("journey", "adoption", "version 1", "the folder")
    everybody = ["enterprise", "mid_market", "smb"]
    assert {(each["kind"], *each["steps"], *each["segments"]) for each in found["differences"]} == {
        ("changed", "wait-6-days", "smb"),
        ("removed", "task-use-cases-behind", *everybody),
    }
    fates: dict[str, Any] = {fate["step"]: fate for fate in found["steps"] if fate["how"] != "same"}
    assert fates["wait-4-days"]["becomes"] == "wait-6-days"
    assert fates["task-use-cases-behind"] == {
        "step": "task-use-cases-behind", "verb": "task", "how": "removed", "becomes": None, "candidates": [], "next": None, "inside": None,
        "missed": [], "again": [], "segments": everybody,
    }  # fmt: skip


def test_what_cannot_be_compared_is_said_in_a_sentence(folder: Path) -> None:
    assert "no journey is called 'adoptoin'; did you mean 'adoption'?" in printed("diff", "adoptoin", code=2)
    assert "say which one with --from" in printed("diff", "second-chance", "--to", "1", code=2)
    assert "version 9 of adoption is not in the database" in printed("diff", "adoption", "--from", "9", code=2)
    assert "name one, like `tenure diff onboarding --from 3`" in printed("diff", "--from", "2", code=2)
    change(folder, "journeys/growth.yaml", ("journey: growth", "jorney: growth"))
    assert "jorney" in printed("diff", code=2)


def test_before_anything_is_published_everything_is_new(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENURE_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    assert "run `tenure db upgrade`" in printed("diff", code=3)
    printed("db", "upgrade")
    assert {difference["kind"] for each in json.loads(printed("diff", "--json")) for difference in each["differences"]} == {"new"}
