"""Readers who report our mail as spam: beyond a rate commercial mail waits, operational mail goes, and a person lets it go on."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from activities import complaining
from activities.coming_back import ComingBack
from activities.sweep import Sweep
from database import complaints, holds
from database.engine import Database
from database.tables import DecisionRow, MessageRow, ReportRow, table
from domain.complaints import Grade
from runtime.worker import count_complaints_for_ever
from tests import signing
from tests.activities.test_claiming import together
from tests.api.staging import started
from tests.installation import Installation
from tests.living import live

EVENTS = "/v1/webhooks/sendgrid/events"
WHY = (
    "spam reports are 0.30 % of the last 30 days' mail (3 of 1,000); once that is looked into, `tenure resume --class commercial` lifts it"
)
messages, reports, decisions = table(MessageRow), table(ReportRow), table(DecisionRow)


def write(installation: Installation, count: int = 1000, days: float = 1, **more: Any) -> None:
    """So many mails left for readers at globex, so many days ago."""
    left = installation.clock.now - timedelta(days=days)
    mail = {
        "account_id": "globex", "journey": "growth", "step": "send-tip", "visit": 1, "effect": "send", "audience": "contact",
        "template": "tip", "mail_class": "growth", "operational": False, "state": "accepted", "due_at": left, "planned_at": left,
        "settled_at": left, "attempts": 1, "repeats": 0, **more,
    }  # fmt: skip
    rows = [{**mail, "id": f"mail-{number}", "run_id": f"run-{number}", "recipient": f"reader-{number}"} for number in range(count)]
    for row in rows:
        row["address"] = f"{row['recipient']}@globex.example.com"
    with installation.database.write() as session:
        session.execute(insert(messages), rows)


def complain(installation: Installation, *numbers: int, again: str = "") -> None:
    """Readers of these mails report spam."""
    at = int(installation.clock.now.timestamp())
    told = [
        {"event": "spamreport", "message_id": f"mail-{number}", "timestamp": at, "email": "x@globex.example.com", "sg_event_id": f"s{number}{again}"}
        for number in numbers
    ]  # fmt: skip
    body = signing.batch(*told)
    answer = installation.client.post(EVENTS, content=body, headers=signing.sendgrid(body, installation.clock.now))
    assert answer.status_code == 200, answer.text


@pytest.fixture
def written(installation: Installation) -> Installation:
    """A thousand mails left yesterday, to the readers of one account."""
    installation.sign_up("globex")
    write(installation)
    return installation


def in_force(installation: Installation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = installation.client.get("/v1/holds").json()
    return found


def seen(installation: Installation) -> dict[str, Any]:
    found: dict[str, Any] = installation.client.get("/v1/sending/spam-reports").json()
    return found


def mail_of(installation: Installation, account: str) -> dict[str, str]:
    with installation.database.read() as session:
        found = session.execute(select(messages).where(messages.c.account_id == account, messages.c.audience == "contact"))
        return {row.step: row.state for row in found}


def sweep(installation: Installation) -> None:
    Sweep(installation.database, installation.office, installation.nudge).once(installation.clock.now)


def test_from_the_rate_on_commercial_mail_waits_and_operational_goes_until_a_person_lifts_it(written: Installation) -> None:
    written.sign_up()
    live(written, written.clock.now + timedelta(days=1))
    complain(written, 1, 2)
    assert in_force(written) == []
    complain(written, 3)
    (hold,) = in_force(written)
    assert (hold["mail_class"], hold["account_id"], hold["placed_by"], hold["until"]) == ("commercial", None, "tenure", None)
    numbers = "(3 of 1,0"
    assert numbers in hold["reason"]

    live(written, written.clock.now + timedelta(days=4))
    mails = mail_of(written, "acme")
    assert (mails["send-welcome"], mails["send-setup-guide"], mails["send-training"]) == ("accepted", "accepted", "planned")
    with written.database.read() as session:
        training = session.execute(select(messages).where(messages.c.account_id == "acme", messages.c.step == "send-training"))
        assert {row.reason for row in training} == {f"commercial mail is held: {hold['reason']}"}
        waited = select(decisions.c.result).where(decisions.c.account_id == "acme", decisions.c.step == "send-training")
        assert any(numbers in (words or "") for words in session.execute(waited).scalars())
    assert "Commercial mail is held" in written.client.get("/outbox").text
    assert "Commercial mail" in written.client.get("/accounts/acme").text

    answer = written.client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "director"})
    assert answer.status_code == 200, answer.text
    live(written, written.clock.now + timedelta(days=2, hours=4))  # until Monday noon
    assert mail_of(written, "acme")["send-training"] == "accepted"
    complaining.look(written.database, written.office, written.clock.now)
    assert in_force(written) == []
    assert "Commercial mail is held" not in written.client.get("/outbox").text

    complain(written, 4)
    assert [each["placed_by"] for each in in_force(written)] == ["tenure"]


def test_what_is_held_is_foreseen_to_go_on(written: Installation) -> None:
    written.sign_up()
    complain(written, 1, 2, 3)
    live(written, written.clock.now + timedelta(days=4))
    (hold,) = in_force(written)
    foreseen = written.client.post(f"/v1/holds/{hold['id']}/lift?preview=true", json={"by": "csm"}).json()
    held_back = {started(written, "onboarding", account).order.run_id for account in ("acme", "globex")}
    assert {each["run_id"] for each in foreseen["each"]} == held_back
    assert all(each["at_once"] or each["later"] for each in foreseen["each"])
    assert len(in_force(written)) == 1


def test_a_reader_who_reports_twice_is_one_and_a_report_told_twice_too(written: Installation) -> None:
    complain(written, 1, 2)
    complain(written, 1, 2)
    complain(written, 1, 2, again="b")
    assert seen(written) == {"mails": 1000, "reported": 2, "percent": 0.2, "grade": "warn", "held": False}


@pytest.mark.parametrize(
    "other",
    [{"operational": True}, {"state": "failed"}, {"audience": "person"}, {"settled_at": None}],
    ids=lambda other: next(iter(other)),
)
def test_what_is_not_commercial_mail_that_left_is_not_counted(written: Installation, other: dict[str, Any]) -> None:
    complain(written, 1, 2)
    with written.database.write() as session:
        session.execute(update(messages).where(messages.c.id == "mail-3").values(other))
    complain(written, 3)
    assert (seen(written)["mails"], seen(written)["reported"], seen(written)["held"]) == (999, 2, False)


def test_mail_of_more_than_thirty_days_ago_counts_no_more(written: Installation) -> None:
    complain(written, 1)
    written.clock.pass_by(days=29)
    assert (seen(written)["mails"], seen(written)["reported"]) == (1000, 1)
    written.clock.pass_by(seconds=1)
    assert seen(written) == {"mails": 0, "reported": 0, "percent": None, "grade": "unsaid", "held": False}


def test_of_little_mail_nothing_is_said(installation: Installation) -> None:
    installation.sign_up("globex")
    write(installation, 99)
    complain(installation, *range(50))
    assert seen(installation)["grade"] == "unsaid"
    assert in_force(installation) == []


def test_who_looks_at_the_same_moment_as_others_finds_the_hold_placed(written: Installation) -> None:
    with written.database.write() as session:
        session.execute(insert(reports), [_report(number, written) for number in range(5)])
    together(*(lambda: complaining.look(written.database, written.office, written.clock.now) for _ in range(4)))
    assert len(in_force(written)) == 1


def _report(number: int, installation: Installation) -> dict[str, Any]:
    now = installation.clock.now
    of = {"provider": "sendgrid", "name": "complained", "at": now, "received_at": now, "account_id": "globex", "detail": {}}
    return {**of, "id": f"r{number}", "message_id": f"mail-{number}", "tells": True}


def test_what_was_stored_by_a_process_that_stopped_holds_mail_with_the_next_sweep(written: Installation) -> None:
    with written.database.write() as session:
        session.execute(insert(reports), [_report(number, written) for number in range(3)])
    written.clock.pass_by(seconds=6)
    sweep(written)
    assert [each["reason"] for each in in_force(written)] == [WHY]
    sweep(written)
    assert len(in_force(written)) == 1


def test_who_is_stopped_after_the_hold_and_before_telling_places_no_second_one(written: Installation) -> None:
    with written.database.write() as session:
        session.execute(insert(reports), [_report(number, written) for number in range(3)])
    complaining.look(written.database, written.office, written.clock.now)
    written.clock.pass_by(seconds=6)
    assert ComingBack(written.database, written.office, written.nudge).tell(written.clock.now) == 3
    assert len(in_force(written)) == 1


def test_a_hold_by_hand_is_enough(written: Installation) -> None:
    body = {"by": "director", "reason": "too many complain", "mail_class": "commercial"}
    assert written.client.post("/v1/holds", json=body).status_code == 201
    complain(written, 1, 2, 3)
    assert [each["placed_by"] for each in in_force(written)] == ["director"]


def test_from_the_lower_rate_on_it_is_said_in_the_log(written: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaining.look(written.database, written.office, written.clock.now).grade is Grade.WELL
    assert "spam" not in capsys.readouterr().out
    complain(written, 7)
    said = capsys.readouterr().out
    assert "many readers report spam" in said
    assert "percent='0.10'" in said
    assert "commercial mail is held" not in said
    complain(written, 8, 9)
    assert "commercial mail is held" in capsys.readouterr().out


def test_a_hold_of_all_commercial_mail_of_one_account_holds_no_other(installation: Installation) -> None:
    for account in ("acme", "umbra"):
        installation.sign_up(account)
    body = {"by": "csm", "reason": "a dispute", "mail_class": "commercial"}
    assert installation.client.post("/v1/accounts/acme/holds", json=body).status_code == 201
    live(installation, installation.clock.now + timedelta(days=5))
    assert (mail_of(installation, "acme")["send-training"], mail_of(installation, "umbra")["send-training"]) == ("planned", "accepted")
    with installation.database.read() as session:
        assert not holds.standing(session, installation.clock.now, *holds.of_all_commercial())


async def test_a_worker_counts_again_and_again_also_after_the_database_was_away(
    written: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with written.database.write() as session:
        session.execute(insert(reports), [_report(number, written) for number in range(3)])

    def rounds() -> datetime:
        if len(asked) == 2:
            raise asyncio.CancelledError
        asked.append(written.clock.now)
        return written.clock.now

    asked: list[datetime] = []
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(asyncio.CancelledError):
        await count_complaints_for_ever(empty, written.office, rounds, timedelta(0))
    assert capsys.readouterr().out.count("spam reports could not be counted") == 2
    empty.close()

    asked.clear()
    with pytest.raises(asyncio.CancelledError):
        await count_complaints_for_ever(written.database, written.office, rounds, timedelta(0))
    assert [each["placed_by"] for each in in_force(written)] == ["tenure"]


def test_mail_is_counted_by_its_index_however_much_there_is(written: Installation) -> None:
    """Without one, every look reads all mail that was ever sent."""
    asked: list[tuple[str, Any]] = []
    with written.database.read() as session:
        connection = session.connection()

        @event.listens_for(connection, "before_cursor_execute")
        def note(*told: Any) -> None:
            asked.append((told[2], told[3]))

        complaints.count(session, written.clock.now)
        explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # of a thousand mails it would read all
        of_reports, of_mails = (
            "\n".join(str(row) for row in connection.exec_driver_sql(explain + words, values)) for words, values in list(asked)[:2]
        )
    assert "ix_reports_complaints" in of_reports
    assert "ix_messages_commercial" in of_mails
