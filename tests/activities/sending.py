"""An installation that sends through fakes of SendGrid and Slack, and what tests ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from activities.doubts import Doubts
from activities.ledger import Nudge
from channels.channel import Channels
from channels.sendgrid import SendGrid
from channels.slack import Slack
from channels.webhook import Webhooks
from database.tables import MessageRow, table
from tests import fakes
from tests.api.staging import started
from tests.installation import Installation

messages = table(MessageRow)


@dataclass
class Sending:
    """`slept` is how long turns waited for a provider's next place."""

    installation: Installation
    mail: fakes.Provider
    posts: fakes.Provider
    slept: list[float] = field(default_factory=list)

    def begin(self, id: str = "acme") -> Nudge:
        """Signs an account up; its welcome mail is due."""
        self.installation.sign_up(id)
        return started(self.installation, "onboarding", id)

    def welcome(self, id: str = "acme") -> Any:
        """The row of an account's welcome mail."""
        return self.row(messages.c.account_id == id, messages.c.step == "send-welcome")

    def row(self, *of: Any) -> Any:
        with self.installation.database.read() as session:
            return session.execute(select(messages).where(*of)).one()

    def doubts(self) -> Doubts:
        return Doubts(
            self.installation.database, self.installation.office, self.installation.channels, self.installation.clock, self.slept.append
        )

    def look_after(self, **time: float) -> int:
        """Doubts are looked after some time later."""
        return self.doubts().once(self.installation.clock.pass_by(**time))

    def settle(self, id: str, how: str, status: int = 200, **body: str) -> Any:
        answer = self.installation.client.post(f"/v1/messages/{id}/settle", json={"by": "csm", "how": how, "why": "They said so", **body})
        assert answer.status_code == status, answer.text
        return answer.json()


@contextmanager
def through_fakes(installation: Installation, key: str = "SG.test", **rates: float) -> Iterator[Sending]:
    mail, posts = fakes.sendgrid(), fakes.slack()
    installation.channels = channels(mail, posts, key, rates)
    try:
        yield Sending(installation, mail, posts)
    finally:
        mail.stop()
        posts.stop()


def channels(mail: fakes.Provider, posts: fakes.Provider, key: str, rates: dict[str, float]) -> Channels:
    return Channels(SendGrid(key, mail.url), Slack("xoxb-test", f"{posts.url}/"), Webhooks(), per_second=rates)


MOMENT = timedelta(seconds=1)
