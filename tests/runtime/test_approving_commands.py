"""`tenure approvals`, as CSMs and Directors type it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from database.engine import Database
from runtime import parts
from tests.activities.gates import an_account, begin, published, states, the_approval
from tests.installation import START, Installation
from tests.runtime.kit import printed


@pytest.fixture
def gated(prepared_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """Two mails at a gate, and the command before their database."""
    file = tmp_path / "gates.db"
    shutil.copy(prepared_sqlite, file)
    monkeypatch.setenv("TENURE_DATABASE_URL", f"sqlite:///{file}")
    monkeypatch.setenv("TENURE_TEMPORAL_ADDRESS", "127.0.0.1:1")  # nobody answers: the sweep will tell the run
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(parts, "now", lambda: START)
    monkeypatch.chdir(tmp_path)
    database = Database(f"sqlite:///{file}")
    made = Installation(database)
    published(made, "by: owner, within: 2 business days, otherwise: skip")
    an_account(made, seats_used=0.5)
    begin(made)
    yield made
    database.close()


def tenure(*words: str, code: int = 0, told: str | None = None) -> str:
    return printed("approvals", *words, code=code, stdin=told)


def id_of(installation: Installation) -> str:
    return str(the_approval(installation)["id"])[:8]


def test_what_waits_is_listed_with_whom_it_waits_for_and_its_mails(gated: Installation) -> None:
    said = tenure()
    assert f"{id_of(gated)}  Acme_Ltd: figures, figures / send-figures; waits for Cara Stein (owner) until Wed 7 Jan 2026" in said
    assert "to ann <ann@acme.example.com>: “Your figures, Ann”" in said
    assert "figures" in tenure("--as", "cara@example.com")
    assert tenure("--as", "director") == "nothing waits for approval\n"
    assert [each["recipient"] for each in json.loads(tenure("--json"))[0]["messages"]] == ["ann", "ben"]


def test_one_is_shown_with_its_words_its_reasons_and_its_pages(gated: Installation, tmp_path: Path) -> None:
    said = tenure("show", id_of(gated), "--html", str(tmp_path / "pages"))
    assert "Why figures to Ann Lee:" in said
    assert "Acme_Ltd uses 50" in said
    pages = [file.read_text() for file in (tmp_path / "pages").iterdir()]
    assert sorted(pages) == sorted(letter["html"] for letter in the_approval(gated)["messages"])


def test_one_mail_is_approved_and_the_other_skipped(gated: Installation) -> None:
    id = id_of(gated)
    said = tenure("approve", id, "--as", "csm", "--only", "ann")
    assert "“Your figures, Ann”, approved by Cara Stein\n" in said
    assert "1 of 2 mails are still to be decided about; what is approved leaves when all are decided" in said
    said = tenure("skip", id, "--as", "csm", "--only", "ben", "--note", "On leave")
    assert "approved by Cara Stein" in said.splitlines()[0]
    assert "“Your figures, Ben”, skipped by Cara Stein: On leave\n" in said
    assert "still to be decided" not in said
    gated.take_turn(gated.nudges[-1])
    assert states(gated) == {"ann": "accepted", "ben": "withdrawn"}


def test_each_mail_says_what_was_decided_about_it_and_changed_in_it_and_nothing_of_the_others(gated: Installation) -> None:
    id = id_of(gated)
    tenure("edit", id, "--as", "csm", "--only", "ann", "--subject", "For Ann")
    tenure("approve", id, "--as", "csm", "--only", "ann")
    tenure("skip", id, "--as", "csm", "--only", "ben", "--note", "On leave")
    anns, bens = sorted(tenure("show", id).partition("\nto ann <")[0].split("\nWhy figures to ")[1:])
    assert "Its words were changed by Cara Stein on " in anns
    assert "Approved by Cara Stein on " in anns
    assert "On leave" not in anns
    assert "Skipped by Cara Stein on " in bens
    assert ": “On leave”." in bens
    for word in ("changed", "approved", "the mail to"):
        assert word not in bens.lower()


def test_a_mail_is_changed_from_a_file_from_here_or_by_its_subject(gated: Installation, tmp_path: Path) -> None:
    id = id_of(gated)
    (tmp_path / "text.md").write_text("Hello {{ contact.first_name }}, shall we talk?")
    said = tenure("edit", id, "--as", "csm", "--text", str(tmp_path / "text.md"))
    assert "Hello Ben, shall we talk?" in said
    assert "changed by Cara Stein" in said
    assert "Good day, Ann" in tenure("edit", id, "--as", "csm", "--only", "ann", "--text", "-", told="Good day, {{ contact.first_name }}")
    assert "“Our talk”" in tenure("edit", id, "--as", "csm", "--subject", "Our talk")
    assert "Good day, Ann" in tenure("show", id)


def test_an_editor_opens_with_the_text_of_one_mail(gated: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    id = id_of(gated)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/Hello Ann/Dear Ann/" "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    assert "it has 2 mails: say whose (--only ann or --only ben)" in tenure("edit", id, "--as", "csm", code=2)
    assert "Dear Ann," in tenure("edit", id, "--as", "csm", "--only", "ann")
    assert "nothing was changed" in tenure("edit", id, "--as", "csm", "--only", "ann", code=2)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("approve", "{id}"), "say who you are"),
        (("approve", "{id}", "--as", "nobody"), "nobody active has the id or mail address 'nobody'"),
        (("approve", "{id}", "--as", "engineer"), "Enzo Ricci may not decide this"),
        (("approve", "nothing", "--as", "csm"), "there is no approval 'nothing'"),
        (("show", "nothing"), "there is no approval 'nothing'"),
        (("skip", "{id}", "--as", "csm", "--only", "cleo"), "there is no mail of this approval to 'cleo'"),
        (("edit", "{id}", "--as", "csm", "--text", "missing.md"), "'missing.md' cannot be read"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(gated: Installation, words: tuple[str, ...], why: str) -> None:
    assert why in tenure(*(word.format(id=id_of(gated)) for word in words), code=2)
    assert states(gated) == {"ann": "gated", "ben": "gated"}
