"""The `tenure` command as it is typed, and journeys and templates of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from typer.testing import CliRunner, Result

from runtime.commands import app
from tests.installation import ROOT


def tenure(*words: str, says: str = "", code: int = 0, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(app, list(words), input=stdin)
    assert result.exit_code == code, result.output + repr(result.exception)
    assert says in result.output, result.output
    return result


def printed(*words: str, code: int = 0, stdin: str | None = None) -> str:
    """All that the command says."""
    return tenure(*words, code=code, stdin=stdin).output


def own_folder(at: Path) -> Path:
    """The journeys and templates that ship, copied to this folder."""
    for name in ("journeys", "templates"):
        shutil.copytree(ROOT / name, at / name)
    return at


class Folder:
    """journeys/ and templates/ of one's own."""

    def __init__(self, root: Path) -> None:
        self.root = own_folder(root)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        """The text with its first `old` as `new`."""
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new, 1))
