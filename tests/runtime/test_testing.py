"""`tenure test` and `tenure check` over the journey tests of a folder, as CS ops and a build run them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runtime import folders, testing
from runtime.commands import app
from tests.installation import ROOT

STORY = """
journey: story
title: A story
for: account
starts: {manual: true, reenter: always}
anchor: contract.starts_on
class: onboarding
steps:
  - {send: hello, at: start, to: champion}
  - {task: call, at: day 1, owner: csm, when: account.segment != "smb"}
"""
OTHER = STORY.replace("journey: story", "journey: other")
RIGHT = """
journey: story
tests:
  - test: the first mail leaves at once
    expect: [{mail: hello, to: champion, day: 0}]
"""
WRONG = """
journey: other
tests:
  - test: nobody is asked
    given: {segment: enterprise}
    until: 1
    never: [{task: call}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two journeys of a small company."""
    journeys, templates = tmp_path / "journeys", tmp_path / "templates"
    shutil.copytree(ROOT / "tests" / "domain" / "house", journeys / "policies")
    (journeys / "tests").mkdir()
    (journeys / "story.yaml").write_text(STORY)
    (journeys / "other.yaml").write_text(OTHER)
    for name in ("layouts/mail.mjml", "slack/escalation.md", "slack/escalation-reminder.md", "slack/task-reminder.md"):
        (templates / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "templates" / name, templates / name)
    (templates / "email").mkdir()
    (templates / "email" / "hello.md").write_text("---\nsubject: Hello\npreview: A greeting\noperational: true\n---\n\nHello.\n")
    (templates / "tasks").mkdir()
    (templates / "tasks" / "call.md").write_text("---\ntitle: Call them\n---\n\nCall.\n")
    return tmp_path


def write(folder: Path, **tests: str) -> None:
    for name, text in tests.items():
        (folder / "journeys" / "tests" / f"{name}.yaml").write_text(text)


def tenure(*words: str, folder: Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [*words, "--definitions", str(folder)], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output + repr(result.exception)
    return result


def test_all_as_expected_is_one_line_and_no_error(folder: Path) -> None:
    write(folder, first=RIGHT)
    said = tenure("test", folder=folder).stdout
    assert said.startswith("1 test of 1 journey, played 3 times in ")
    assert said.endswith("s: all as expected\n")


def test_a_difference_is_told_at_its_place_and_fails_the_command(folder: Path) -> None:
    write(folder, first=RIGHT, second=WRONG)
    said = tenure("test", folder=folder, code=1).stdout
    assert "journeys/tests/second.yaml:4:11: other, enterprise: nobody is asked" in said
    assert "line 7: task call to csm came on day 1, and must not come" in said
    assert "  + day   1  Tue 06 Jan 09:00  task call to csm: must not come" in said
    assert said.splitlines()[-1].endswith("1 failed")


def test_the_tests_of_some_journeys_can_be_played_alone(folder: Path) -> None:
    write(folder, first=RIGHT, second=WRONG)
    tenure("test", "story", folder=folder)
    tenure("test", "other", folder=folder, code=1)
    assert "no journey is called 'stroy'; did you mean 'story'?" in tenure("test", "stroy", folder=folder, code=2).stderr


def test_coverage_says_which_steps_and_branches_no_test_reaches_in_which_segment(folder: Path) -> None:
    write(folder, first=RIGHT)
    said = tenure("test", "story", "--coverage", folder=folder).stdout.splitlines()
    assert said[1].startswith("story: enterprise 1 of 2, mid_market 1 of 2, smb 1 of 1 steps")
    assert any(line.startswith("  journeys/story.yaml:") and line.endswith("enterprise: no test reaches task-call") for line in said)
    assert not any(line.endswith("smb: no test reaches task-call") for line in said)  # a small account has none
    assert not any(line.endswith("no test reaches send-hello") for line in said)


def test_programs_get_every_test_and_the_coverage_as_json(folder: Path) -> None:
    write(folder, first=RIGHT, second=WRONG)
    told = json.loads(tenure("test", "--json", "--coverage", folder=folder, code=1).stdout)
    assert [(test["journey"], test["segment"], test["passed"]) for test in told["tests"]] == [
        ("story", "enterprise", True), ("story", "mid_market", True), ("story", "smb", True), ("other", "enterprise", False),
    ]  # fmt: skip
    (failure,) = told["tests"][-1]["failures"]
    assert (failure["line"], failure["sentence"]) == (7, "task call to csm came on day 1, and must not come")
    reached = [place for place in told["coverage"] if place["reached"] and place["journey"] == "story"]
    assert {place["step"] for place in reached} == {"send-hello"}
    assert "coverage" not in json.loads(tenure("test", "story", "--json", folder=folder).stdout)


def test_check_says_what_is_wrong_with_tests_and_they_are_not_played(folder: Path) -> None:
    write(folder, first=RIGHT.replace("hello,", "helo,"), second=WRONG.replace("never", "nevr"))
    said = tenure("check", folder=folder, code=2).stdout
    assert "journeys/tests/first.yaml:5:21: no mail of story is called 'helo'; did you mean 'hello'?" in said
    assert "journeys/tests/second.yaml:7:11: 'nevr' is not a field here; did you mean 'never'?" in said
    assert "no mail of story is called 'helo'" in tenure("test", folder=folder, code=2).stderr


def test_names_are_looked_up_once_the_journeys_are_sound(folder: Path) -> None:
    write(folder, first=RIGHT.replace("hello,", "helo,"))
    journey = folder / "journeys" / "story.yaml"
    journey.write_text(journey.read_text().replace("journey: story", "jorney: story"))
    said = tenure("check", folder=folder, code=2).stdout
    assert "jorney" in said
    assert "helo'" not in said


def test_a_folder_without_tests_has_none(folder: Path) -> None:
    shutil.rmtree(folder / "journeys" / "tests")
    assert testing.read(folder) == {}
    tenure("check", folder=folder)
    assert tenure("test", folder=folder).stdout.startswith("0 tests of 0 journeys")


def test_tests_are_no_part_of_what_is_published(folder: Path) -> None:
    before = folders.read(folder)
    write(folder, first=RIGHT)
    assert folders.read(folder) == before
