"""The parts that processes are made of, put together from settings."""

from __future__ import annotations

from datetime import UTC, datetime

from activities.ledger import Office
from channels.channel import CallChannel, Channels, MailChannel, PostChannel
from channels.outbox import Outbox
from channels.sendgrid import SendGrid
from channels.slack import Slack
from channels.smtp import Smtp
from channels.webhook import Webhooks
from database import migrating
from database.definitions import Definitions
from database.engine import Database
from database.migrating import WrongShape
from database.people import People
from runtime.settings import Settings


def now() -> datetime:
    """The clock of API, console, CLI and sweeps; tests put another in its place."""
    return datetime.now(UTC)


def database(settings: Settings) -> Database:
    """The database as it is, of whatever shape."""
    return Database(settings.database_url, pool_size=settings.worker_threads + 5)


def migrated_database(settings: Settings) -> Database:
    """The database, in the shape this version needs. Raises WrongShape."""
    found = database(settings)
    try:
        migrating.check(found)
    except WrongShape:
        found.close()
        raise
    return found


def office() -> Office:
    return Office(Definitions(), People())


def channels(settings: Settings) -> Channels:
    """SendGrid or a mail server and Slack where they are configured, the outbox where they are not."""
    outbox = Outbox()
    mail: MailChannel = outbox
    posts: PostChannel = outbox
    calls: CallChannel = Webhooks()
    if key := settings.sendgrid_api_key.get_secret_value():
        mail = SendGrid(key, settings.sendgrid_host)
    elif settings.smtp_host:
        mail = Smtp(
            settings.smtp_host, settings.smtp_port, settings.smtp_user, settings.smtp_password.get_secret_value(), settings.smtp_starttls
        )
    if token := settings.slack_bot_token.get_secret_value():
        posts = Slack(token, settings.slack_base_url)
    return Channels(mail, posts, calls)
