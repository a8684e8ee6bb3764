"""`tenure simulate` and `tenure forecast` of accounts that there are, as CS ops type them."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as Xml
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from activities import forecasting
from activities.forecasting import Question
from database.tables import EnrollmentRow, MessageRow, TaskRow, table
from runtime import simulating, weekly
from tests import living
from tests.installation import ROOT, Installation
from tests.runtime.kit import printed

messages, tasks, enrollments = table(MessageRow), table(TaskRow), table(EnrollmentRow)
DAYS = 25
SCORES = ("usage", "engagement", "performance", "satisfaction")


@pytest.fixture
def book(quick_installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installation:
    """Three accounts, a few days after their signups."""
    for number, arr in enumerate((90_000, 24_000, 6_000)):
        quick_installation.sign_up(f"acme{number}", arr=arr)
        living.live(quick_installation, quick_installation.clock.now + timedelta(days=2, hours=3))
    monkeypatch.setattr("runtime.parts.now", quick_installation.clock)
    monkeypatch.setenv("TENURE_DATABASE_URL", quick_installation.database.url)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return quick_installation


@pytest.mark.parametrize("damage", [{"version": 99}, {"state": {"tracks": 7}}])
def test_an_account_that_cannot_be_played_is_named_and_the_others_are_played(book: Installation, damage: dict[str, object]) -> None:
    with book.database.write() as session:
        session.execute(update(enrollments).where(enrollments.c.account_id == "acme1").values(damage))
    found = forecasting.foresee(book.database, Question(book.clock.now, DAYS, "silent"), processes=1)
    assert [each.account for each in found.unplayed] == ["acme1"]
    assert found.published.by(lambda cell: cell.kind)["task"].p50 > 0


@pytest.fixture
def change(tmp_path: Path) -> Path:
    """A folder in which onboarding asks for one task more."""
    for name in ("journeys", "templates"):
        shutil.copytree(ROOT / name, tmp_path / "change" / name)
    file = tmp_path / "change" / "journeys" / "onboarding.yaml"
    text = file.read_text()
    assert text.count("\ntracks:\n") == 1
    file.write_text(
        text.replace("\ntracks:\n", "\ntracks:\n  look:\n    - {id: look, task: Have a look, at: day 20, owner: csm, sla: P3}\n")
    )
    return tmp_path / "change"


def test_what_is_forecast_is_what_comes_if_nobody_acts(book: Installation) -> None:
    now = book.clock.now
    found = forecasting.foresee(book.database, Question(now, DAYS, "silent"), processes=1)
    assert found.unplayed == ()
    living.live(book, now + timedelta(days=DAYS))
    with book.database.read() as session:
        left = select(messages.c.journey, messages.c.id).where(
            messages.c.audience == "contact", messages.c.state == "accepted", messages.c.settled_at > now
        )
        mails = Counter(row.journey for row in session.execute(left))
        asked = Counter(row.journey for row in session.execute(select(tasks.c.journey).where(tasks.c.created_at > now)))
    by_kind = found.published.by(lambda cell: (cell.journey, cell.kind))
    assert {name: count.p50 for (name, kind), count in by_kind.items() if kind == "mail"} == mails
    assert {name: count.p50 for (name, kind), count in by_kind.items() if kind == "task"} == asked


def test_the_number_of_processes_changes_nothing(book: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "CHUNK", 1)
    question = Question(book.clock.now, 10, "late", passes=2, seed=7)
    one, two = (forecasting.foresee(book.database, question, processes=count) for count in (1, 2))
    assert one.published.passes == two.published.passes
    assert one.published.carried == two.published.carried


def test_a_change_is_held_against_what_is_published(book: Installation, change: Path) -> None:
    told = json.loads(printed("forecast", "--days", str(DAYS), "--from", str(change / "journeys"), "--runs", "move-now", "--json"))
    looks = [
        sum(day["count"]["p50"] for day in told[which]["days"] if (day["journey"], day["kind"]) == ("onboarding", "task"))
        for which in ("published", "changed")
    ]
    assert looks[1] - looks[0] == 3  # one an account
    assert "(+3)" in printed("forecast", "--days", str(DAYS), "--from", str(change), "--runs", "move-now")
    with book.database.read() as session:
        assert session.execute(select(tasks.c.id).where(tasks.c.title == "Have a look")).all() == []


def test_an_account_that_cannot_be_played_is_named_and_the_others_go_on(book: Installation) -> None:
    with book.database.write() as session:
        session.execute(update(enrollments).where(enrollments.c.account_id == "acme1").values(version=99))
    told = json.loads(printed("forecast", "--days", "5", "--json"))
    assert told["accounts"] == 2
    assert [each["account"] for each in told["not_played"]] == ["acme1"]
    assert "version 99" in told["not_played"][0]["why"]


def test_with_too_little_history_it_says_so(book: Installation) -> None:
    assert "too little history" in printed("forecast", "--days", "5", "--passes", "2")


def test_a_forecast_of_nobody_is_empty(book: Installation) -> None:
    with book.database.write() as session:
        for each in reversed(table(EnrollmentRow).metadata.sorted_tables):
            if "account_id" in each.c:
                session.execute(delete(each).where(each.c.account_id.is_not(None)))
        session.execute(delete(table(EnrollmentRow).metadata.tables["accounts"]))
    assert printed("forecast").startswith("0 accounts")


def test_an_account_plays_on_from_where_it_stands_and_stays_as_it_is(book: Installation, tmp_path: Path) -> None:
    told = json.loads(printed("simulate", "--account", "acme0 ltd", "--days", "30", "--json"))
    assert told["account"] == "acme0"
    assert all(touch["at"] > book.clock.now.isoformat() for touch in told["touches"])
    assert {"setup-guide", "welcome"} & {touch["what"] for touch in told["touches"]} == set()  # they had these before
    assert json.loads(printed("simulate", "--account", "acme0", "--days", "30", "--json")) == told


def test_the_health_of_a_copied_account_is_read_each_week(book: Installation) -> None:
    now = book.clock.now
    readings = list(weekly.moments("0 6 * * MON", "Europe/Berlin", now, 21))
    script = simulating.Script(None, 21, "silent", facts=tuple(f"{each}_score=80" for each in SCORES))
    played = simulating.play_account(book.database, "acme0", script, now, readings, None)
    assert {moment.date() for moment in readings} <= {reading.day for reading in played.world.account.readings}
    assert len(readings) == 3


@pytest.mark.parametrize("words", [("simulate", "--account", "acme0"), ("forecast",)], ids=lambda words: words[0])
def test_what_became_of_a_step_is_said_by_hand_as_for_publishing(book: Installation, change: Path, words: tuple[str, ...]) -> None:
    asked = (*words, "--days", "5", "--from", str(change), "--runs", "move", "--json", "--map")
    assert json.loads(printed(*asked, "onboarding:setup=look"))
    said = " ".join(printed(*asked, "onboarding:setup=lock", code=2).split())
    assert "no step of onboarding in the folder is called 'lock'; did you mean 'look'?" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("simulate", "--account", "nobody"), "there is no account 'nobody'"),
        (("simulate", "--account", "acme0", "--segment", "smb"), "--segment describes an account that there is not"),
        (("simulate", "--account", "acme0", "--start", "2026-01-01"), "--start describes an account that there is not"),
        (("simulate", "growth", "--from", "change"), "--from changes what a real account plays"),
        (("simulate", "--account", "acme0", "--runs", "move"), "name the folder of the change with --from"),
        (("simulate", "--account", "acme0", "--map", "growth:a=b"), "--map says what became of a step when journeys change"),
        (("simulate", "--account", "acme0", "--people", "lazy"), "people behave prompt, late or silent"),
        (("simulate", "--account", "acme0", "--from", "change"), "holds no journeys/"),
        (("forecast", "--people", "lazy"), "people behave prompt, late or silent"),
        (("forecast", "--runs", "move"), "name the folder of the change with --from"),
    ],
)
def test_what_cannot_be_played_is_a_sentence(book: Installation, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in printed(*words, code=2)


def test_without_the_event_that_begins_everything_it_says_what_to_do(change: Path) -> None:
    file = change / "journeys" / "policies" / "vocabulary.yaml"
    file.write_text(file.read_text().replace("signed_up", "signed_on_board"))
    for each in (change / "journeys").glob("*.yaml"):
        each.write_text(each.read_text().replace("signed_up", "signed_on_board"))
    asked = ("simulate", "--all", "--days", "3", "--definitions", str(change))
    assert "no event is called 'signed_up'" in printed(*asked, code=2)
    assert "welcome" in printed(*asked, "--event", "day 0: signed_on_board")


def test_a_timeline_is_one_file_of_its_own_and_the_same_each_time(tmp_path: Path) -> None:
    words = ("simulate", "--all", "--days", "30", "--definitions", str(ROOT))
    for name in ("one", "two"):
        printed(*words, "--svg", str(tmp_path / f"{name}.svg"), "--html", str(tmp_path / f"{name}.html"))
    for kind in ("svg", "html"):
        drawn = (tmp_path / f"one.{kind}").read_text()
        assert drawn == (tmp_path / f"two.{kind}").read_text()
        assert "<script" not in drawn
        assert "url(" not in drawn
        assert "src=" not in drawn
    picture = Xml.parse(tmp_path / "one.svg")
    titles = [each.text or "" for each in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert any("mail welcome to Ann Lee" in title and "day 0, Mon 05 Jan 10:00" in title for title in titles)
    told = json.loads(printed(*words, "--json"))
    assert len(titles) == sum(len(told[each]) for each in ("touches", "in_shadow", "suppressed", "collisions"))


def test_names_from_customers_are_escaped(book: Installation, tmp_path: Path) -> None:
    body = {"name": "<script>alert(1)</script> & Co", "time_zone": "Europe/Berlin", "country": "DE", "owner": "csm"}
    assert book.client.put("/v1/accounts/acme0", json=body).status_code == 200
    printed("simulate", "--account", "acme0", "--days", "5", "--svg", str(tmp_path / "a.svg"), "--html", str(tmp_path / "a.html"))
    Xml.parse(tmp_path / "a.svg")
    assert "<script" not in (tmp_path / "a.svg").read_text() + (tmp_path / "a.html").read_text()


def test_the_weekly_reading_comes_each_week_at_its_hour() -> None:
    now = datetime(2026, 3, 25, 12, tzinfo=UTC)
    found = list(weekly.moments("0 6 * * MON", "Europe/Berlin", now, 14))
    assert found == [datetime(2026, 3, 30, 4, tzinfo=UTC), datetime(2026, 4, 6, 4, tzinfo=UTC)]  # summer time began between
    assert list(weekly.moments("*/5 * * * *", "Europe/Berlin", now, 14)) == []
