"""The shortest whole story: a signup, its welcome mail, its first tasks."""

from __future__ import annotations

from database.engine import Database
from tests.e2e.conductor import stage


async def test_a_signup_is_welcomed_at_once_and_its_csm_gets_work_the_next_morning(database: Database) -> None:
    async with stage(database) as conductor:
        conductor.installation.sign_up()
        await conductor.settle()
        assert [(mail.to, mail.subject) for mail in conductor.sendgrid.accepted] == [
            ("ann@acme.example.com", "Welcome to Meridian Campaigns, Ann")
        ]
        await conductor.play_days(1)
        tasks = (await conductor.call("GET", "/v1/tasks?assignee=csm"))["items"]
        assert {task["step"] for task in tasks} == {"task-welcome-call", "task-success-plan"}
        assert {task["created_at"] for task in tasks} == {"2030-01-08T08:00:00Z"}  # the start of her working day
