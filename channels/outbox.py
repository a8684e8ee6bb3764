"""The outbox: what takes messages where no provider is configured. They stay in the database, where the API and console show them."""

from __future__ import annotations

from datetime import datetime

from channels.channel import Accepted, Call, Mail, Post


class Outbox:
    """Accepts everything; the message's own row is where it can be read."""

    name = "outbox"
    key = ""

    def send(self, mail: Mail) -> Accepted:
        return Accepted(f"outbox-{mail.message_id}")

    def post(self, post: Post) -> Accepted:
        return Accepted(f"outbox-{post.message_id}")

    def find(self, post: Post, since: datetime) -> Accepted | None:  # noqa: ARG002  # it has every post, whenever it was tried
        return Accepted(f"outbox-{post.message_id}")

    def call(self, call: Call) -> Accepted:
        return Accepted(f"outbox-{call.message_id}")
