"""`python -m tests.chaos.launcher worker|api …`: the product's own command line, with points where it can be killed.

The product knows nothing of them. Its channels are wrapped, its transactions are listened to, and at each point a file of that
name in the folder CHAOS_POINTS says that the process is to die here: it takes the file away, so that it dies once, and kills
itself as SIGKILL does. CHAOS_NAIVE makes it send before it claims, which is what a harness worth having must notice.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from activities import delivery
from activities.delivery import Parcel
from activities.rounds import Round
from channels.channel import Accepted, Call, CallChannel, Channels, Mail, MailChannel, Post, PostChannel
from domain.governor import Letter, Verdict
from runtime import cli, parts
from runtime.settings import Settings
from tests.chaos.schedule import CLAIMS

POINTS = Path(os.environ["CHAOS_POINTS"])
SOON_SECONDS = 0.1
TOLD = ("INSERT INTO events", "INSERT INTO reports", "INSERT INTO suppressions", "INSERT INTO holds")
here = threading.local()


def point(name: str) -> None:
    """Dies here when it is to."""
    try:
        (POINTS / name).rename(POINTS / f"{name}.reached")
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _soon(name: str) -> None:
    time.sleep(SOON_SECONDS)
    point(name)


def _handing_over(message_id: str, send: Callable[[], Accepted]) -> Accepted:
    with (POINTS / CLAIMS).open("a") as claims:
        claims.write(json.dumps({"id": message_id, "asked_at": here.asked_at}) + "\n")
    point("claimed")
    if (POINTS / "posting").exists():
        threading.Thread(target=_soon, args=("posting",), daemon=True).start()
    accepted = send()
    here.has_sent = True
    point("answered")
    return accepted


class Mails:
    """A mail channel with points before, in and after each send."""

    def __init__(self, inner: MailChannel) -> None:
        self.inner, self.name, self.key = inner, inner.name, inner.key

    def send(self, mail: Mail) -> Accepted:
        return _handing_over(mail.message_id, lambda: self.inner.send(mail))


class Posts:
    """The same for Slack."""

    def __init__(self, inner: PostChannel) -> None:
        self.inner, self.name, self.key = inner, inner.name, inner.key

    def post(self, post: Post) -> Accepted:
        return _handing_over(post.message_id, lambda: self.inner.post(post))

    def find(self, post: Post, since: datetime) -> Accepted | None:
        return self.inner.find(post, since)


class Calls:
    """The same for webhooks."""

    def __init__(self, inner: CallChannel) -> None:
        self.inner, self.name, self.key = inner, inner.name, inner.key

    def call(self, call: Call) -> Accepted:
        return _handing_over(call.message_id, lambda: self.inner.call(call))


def watch_worker() -> None:
    """Puts the points of a worker in place."""
    make, judge = parts.channels, Round.verdict

    def channels(settings: Settings) -> Channels:
        made = make(settings)
        return replace(made, mail=Mails(made.mail), posts=Posts(made.posts), calls=Calls(made.calls))

    def verdict(self: Round, letter: Letter) -> Verdict:
        # What is said no to from now on is no matter of this message; what was said before is.
        here.asked_at = time.time()
        point("claiming")
        return judge(self, letter)

    parts.channels = channels
    Round.verdict = verdict  # type: ignore[method-assign]

    @event.listens_for(Session, "after_commit")
    def _committed(_: Session) -> None:
        if getattr(here, "has_sent", False):
            here.has_sent = False
            point("settled")


def watch_api() -> None:
    """Puts the point of an API process in place: what was told is kept, and whoever told it does not know."""

    @event.listens_for(Engine, "before_cursor_execute")
    def _executing(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith(TOLD):
            here.was_told = True

    @event.listens_for(Session, "after_commit")
    def _committed(_: Session) -> None:
        if getattr(here, "was_told", False):
            here.was_told = False
            point("stored")


def be_naive() -> None:
    """Sends within the transaction that is to claim."""
    claim = Round.claim

    def send_then_claim(self: Round) -> Parcel | None:
        while not self.news and (parcel := claim(self)) is not None:
            self.settle(delivery.send(parcel, self.channels))
        return None

    Round.claim = send_then_claim  # type: ignore[method-assign]


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        watch_worker()
        if os.environ.get("CHAOS_NAIVE"):
            be_naive()
    else:
        watch_api()
    cli.main()
