"""`tenure preview` and `tenure test-send`: words as somebody will read them, before anybody does."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from database.engine import Database
from runtime import screenshots
from tests.channels.kit import closed_port
from tests.channels.test_smtp import Postbox
from tests.conftest import NewDatabase
from tests.installation import Installation
from tests.runtime.kit import own_folder, tenure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own_folder(tmp_path / "definitions")


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENURE_DEFINITIONS", str(folder))
    monkeypatch.setenv("TENURE_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")


@pytest.fixture(params=["sqlite", "postgres"])
def installed(request: pytest.FixtureRequest, new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An installation with a team and the account acme, whose people read German; commands find its database."""
    database: Database = new_database(request.param)
    monkeypatch.setenv("TENURE_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    made = Installation(database)
    made.sign_up(
        "acme",
        account={
            "id": "acme",
            "name": "Käse & Söhne <GmbH>",
            "time_zone": "Europe/Berlin",
            "owner": "csm",
            "facts": {"arr": 90_000, "language": "de-AT"},
        },
    )
    return made


@pytest.fixture
def postbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """A mail server that commands send through."""
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=closed_port())
    controller.start()
    for name, value in {"HOST": "127.0.0.1", "PORT": str(controller.port), "STARTTLS": "false"}.items():
        monkeypatch.setenv(f"TENURE_SMTP_{name}", value)
    yield box
    controller.stop()


def letter(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_a_template_is_written_to_files_that_say_the_same() -> None:
    tenure("preview", "welcome", "--segment", "smb", says="preview/email/welcome.smb.eml")
    text, html, mail = (Path(f"preview/email/welcome.smb.{ending}") for ending in ("txt", "html", "eml"))
    sent = letter(mail)
    assert sent["Subject"] == "Welcome to Meridian Campaigns, Ann"
    assert sent["From"] == "Cara Stein <cara@example.com>"
    assert text.read_text() == f"Subject: {sent['Subject']}\n\n{part(sent, 'plain')}"
    assert html.read_text() == part(sent, "html").removesuffix("\n")
    assert "a look around Meridian Campaigns" in text.read_text()
    assert "email/welcome.smb.html" in Path("preview/index.html").read_text()


def test_words_that_are_no_mail_are_text_alone() -> None:
    tenure("preview", "slack/wins", "--out", "here")
    tenure("preview", "tasks/welcome-call", "--out", "here")
    assert sorted(str(path) for path in Path("here").rglob("*.*")) == [
        "here/index.html",
        "here/slack/wins.enterprise.txt",
        "here/tasks/welcome-call.enterprise.txt",
    ]


def test_a_reader_sees_their_language() -> None:
    tenure("preview", "renewal-notice", "--locale", "de-AT", says="preview/email/renewal-notice.enterprise.de.txt")
    assert "Jetzige Laufzeit:" in Path("preview/email/renewal-notice.enterprise.de.txt").read_text()
    tenure("preview", "renewal-notice", "--locale", "fr", says="preview/email/renewal-notice.enterprise.txt")


def test_everything_can_be_seen_at_once() -> None:
    said = tenure("preview", "--all", says="index.html").output
    count = int(said.splitlines()[-1].split(" ", 1)[0])
    assert len(list(Path("preview").rglob("*.txt"))) == count > 300
    assert Path("preview/index.html").read_text().count("<li>") == count


def test_the_day_of_a_journey_chooses_the_words() -> None:
    subjects = []
    for day in ("1", "9", "20"):
        tenure("preview", "training", "--day", day)
        subjects.append(Path("preview/email/training.enterprise.txt").read_text().splitlines()[0])
    assert len(set(subjects)) == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("wellcome",), "no template is called 'wellcome'; did you mean 'welcome'?"),
        (("expansion",), "several templates are called 'expansion': say slack/expansion or tasks/expansion"),
        (("welcome", "--segment", "smbs"), "no segment is called 'smbs'; did you mean 'smb'?"),
        (("welcome", "--locale", "german"), "'german' is not a language that is known; write one like de, or de-AT"),
        ((), "name a template, or say --all for all of them"),
        (("welcome", "--all"), "name a template, or say --all for all of them"),
    ],
)
def test_what_cannot_be_shown_is_said_and_nothing_is_written(words: tuple[str, ...], sentence: str) -> None:
    tenure("preview", *words, says=sentence, code=2)
    assert not Path("preview").exists()


def test_words_with_faults_are_not_shown(folder: Path) -> None:
    (folder / "templates/email/welcome.md").write_text("---\nsubject: x\npreview: x\n---\n{{ account.nme }}\n")
    tenure("preview", "nps-survey", says="templates/email/welcome.md:5:4: templates know no 'account.nme'", code=2)


def test_an_account_of_ours_is_shown_as_it_is(installed: Installation) -> None:
    tenure("preview", "welcome", "--account", "acme", says="preview/email/welcome.acme.de.txt")
    assert "ich betreue Käse & Söhne <GmbH> ab heute" in Path("preview/email/welcome.acme.de.txt").read_text()
    assert "<strong>Käse &amp; Söhne &lt;GmbH&gt;</strong>" in Path("preview/email/welcome.acme.de.html").read_text()
    tenure("preview", "welcome", "--account", "acne", says="there is no account 'acne'; did you mean 'acme'?", code=2)


def test_what_is_not_known_of_an_account_is_said(installed: Installation, folder: Path) -> None:
    (folder / "templates/email/return.md").write_text("---\nsubject: x\npreview: x\ntopic: start\n---\n{{ account.roi }}\n")
    tenure("preview", "return", "--account", "acme", code=2, says="email/return: account.roi is not known")


def test_pictures_are_taken_of_mails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there is a browser; without one a sentence says what to install, and the words are there all the same."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    tenure("preview", "welcome", "--screenshots", code=3, says=screenshots.NO_CHROMIUM)
    assert Path("preview/email/welcome.enterprise.html").exists()


# To oneself


def test_a_mail_can_be_sent_to_oneself(installed: Installation, postbox: Postbox) -> None:
    tenure(
        "test-send",
        "welcome",
        "--to",
        "Dirk@example.com",
        "--account",
        "acme",
        says="sent to dirk@example.com: [Test] Willkommen bei Meridian Campaigns",
    )
    (sent,) = postbox.letters
    assert sent["To"] == "Dirk Vogt <dirk@example.com>"
    assert sent["Subject"] == "[Test] Willkommen bei Meridian Campaigns"
    assert (sent["Reply-To"], str(sent["From"])) == ("dirk@example.com", "Cara Stein <success@example.com>")
    assert "Käse & Söhne <GmbH>" in part(sent, "plain")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("welcome", "--to", "ann@acme.example.com"), "'ann@acme.example.com' is not the address of anybody active of ours; test mails go to oneself alone"),
        (("welcome", "--to", "gone@example.com"), "'gone@example.com' is not the address of anybody active of ours"),
        (("slack/wins", "--to", "dirk@example.com"), "slack/wins is no mail; `tenure preview` shows it"),
    ],
)  # fmt: skip
def test_a_test_reaches_nobody_else(installed: Installation, postbox: Postbox, words: tuple[str, ...], sentence: str) -> None:
    person = {"name": "Gone", "email": "gone@example.com", "roles": ["csm"], "active": False}
    assert installed.client.put("/v1/people/gone", json=person).status_code == 200
    tenure("test-send", *words, code=2, says=sentence)
    assert postbox.letters == []


def test_without_a_mail_server_a_test_says_that_nothing_would_arrive(installed: Installation) -> None:
    tenure("test-send", "welcome", "--to", "dirk@example.com", code=2, says="no mail provider is set up, so nothing would arrive")
