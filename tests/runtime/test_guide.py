"""docs/changing-a-running-journey.md: every command in it is one that can be typed, and what it prints is what is printed."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer

from runtime.commands import app
from tests.installation import ROOT

GUIDE = (ROOT / "docs" / "changing-a-running-journey.md").read_text()
COMMANDS = [line for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL) for line in block.splitlines() if line]
SENTENCES = (
    "if nothing is heard", "open tasks that are closed unfinished", "runs that it makes a difference to", "the new words reach",
    "somebody has to say what became of these steps; until then runs at them stay, and what others left open there is closed",
    "later, `tenure publish --review` says whether it came as foreseen", "runs did what was foreseen", "still to come", "  because of ",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_guide_can_be_typed(command: str) -> None:
    name, *words = shlex.split(command)[1:]
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # it is a group
    assert name in commands, f"there is no `tenure {name}`"
    commands[name].make_context(name, words)  # raises UsageError for what it does not take


def test_the_guide_walks_through_every_step_of_a_change() -> None:
    named = {shlex.split(command)[1] for command in COMMANDS}
    assert named >= {"check", "simulate", "test", "diff", "publish", "rollback", "approve", "proposals"}


def test_what_the_guide_shows_is_what_the_commands_say() -> None:
    said = "".join((ROOT / "runtime" / f"{name}.py").read_text() for name in ("impacts", "asking", "reviewing"))
    for sentence in SENTENCES:
        assert sentence in GUIDE
        assert sentence in said
