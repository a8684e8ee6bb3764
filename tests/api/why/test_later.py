"""A year later, and with much to look at."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event, insert, select

from activities import why
from activities.view import View
from activities.why import Question
from database.engine import Database
from database.tables import DecisionRow, EnrollmentRow, MessageRow, NoticeRow, table
from tests.api.staging import onboard, play
from tests.api.why.kit import STORY, approve, ask, begin, publish
from tests.installation import Installation


def test_a_year_later_the_answer_is_the_same(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    approve(installation)
    play(installation, nudge, days=3)
    before = {step: ask(installation, step=step) for step in ("first", "gated", "trained", "for-smb")}
    installation.clock.pass_by(days=365)
    client = installation.client
    client.put("/v1/accounts/acme", json={"facts": {"training": 1}, "owner": "executive"})
    client.put("/v1/accounts/acme/contacts/acme-ann", json={"roles": ["user"]})
    client.put(
        "/v1/accounts/acme/contacts/acme-cem", json={"name": "Cem Kaya", "email": "cem@acme.example.com", "roles": ["billing", "champion"]}
    )
    publish(installation, story=STORY.replace("title: A story", "title: A story\n# with a line more").replace("day 1", "day 2"))
    assert {step: ask(installation, step=step) for step in before} == before


def test_an_old_account_is_asked_no_more_than_a_young_one(installation: Installation) -> None:
    onboard(installation, days=10)
    age(installation)
    for question in (Question(), Question(journey="onboarding"), Question(step="welcome_call"), Question(template="training")):
        with sent_to(installation.database) as statements, installation.database.read() as session:
            assert why.answer(View(session, installation.office, installation.clock()), "acme", question).entries
        # One a table: twelve of what happened, six of the account, two revisions of what is kept in memory.
        assert len(statements) <= 20


@contextmanager
def sent_to(database: Database) -> Iterator[list[str]]:
    """The statements it is sent meanwhile."""
    statements: list[str] = []

    def hear(*sent: Any) -> None:
        statements.append(sent[2])

    event.listen(database.engine, "before_cursor_execute", hear)
    yield statements
    event.remove(database.engine, "before_cursor_execute", hear)


def age(installation: Installation, decided: int = 10_000) -> None:
    """As if the account had been onboarded again and again."""
    enrollments, decisions, messages, notices = table(EnrollmentRow), table(DecisionRow), table(MessageRow), table(NoticeRow)
    with installation.database.write() as session:
        run = session.execute(select(enrollments)).one()._asdict()
        made = [row._asdict() for row in session.execute(select(decisions).where(decisions.c.run_id == run["id"]))]
        sent = [row._asdict() for row in session.execute(select(messages))]
        for number in range(1, decided // len(made) + 1):
            id, back = f"{number:032}", timedelta(days=number)
            over = {"key": f"acme-{number}", "begun_at": run["begun_at"] - back, "ended_at": run["begun_at"], "ended_why": "completed"}
            session.execute(insert(enrollments).values({**run, "id": id, **over}))
            copies = [{name: value for name, value in row.items() if name != "id"} | {"run_id": id, "at": row["at"] - back} for row in made]
            session.execute(insert(decisions), copies)
            for row in sent:
                moments = {name: row[name] - back for name in ("planned_at", "due_at", "claimed_at", "settled_at")}
                session.execute(insert(messages).values({**row, **moments, "id": str(uuid.uuid4()), "run_id": id}))
            told = run["begun_at"] - back
            news = {"kind": "changed", "at": told.isoformat(), "names": []}
            session.execute(insert(notices).values({"run_id": id, "news": news, "wakes": True, "told_at": told, "taken_at": told}))
