"""The parts that processes are made of, put together from settings."""

from __future__ import annotations

import contextlib
import secrets
from datetime import UTC, datetime
from pathlib import Path

from activities.ledger import Office
from api.webhooks import Signatures
from channels.channel import CallChannel, Channels, MailChannel, PostChannel
from channels.outbox import Outbox
from channels.sendgrid import SendGrid
from channels.signatures import SendGridSignatures
from channels.slack import Slack
from channels.smtp import Smtp
from channels.webhook import Webhooks
from database import migrating
from database.definitions import Definitions
from database.engine import Database
from database.migrating import WrongShape
from database.people import People
from domain.links import Links
from runtime.erasure_log import Log
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


def links(settings: Settings) -> Links:
    """How readers of mail reach what they may choose. Without a secret of its own an installation makes one, once."""
    secrets_told = [part.strip().encode() for part in settings.link_secret.get_secret_value().split(",") if part.strip()]
    base = settings.public_url or f"http://{settings.api_host}:{settings.api_port}"
    return Links(base, tuple(secrets_told) or (_kept_secret(settings.home / "links.key"),))


def _kept_secret(file: Path) -> bytes:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(24))
        # Whoever comes second finds the first one's: a link never replaces what is there.
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(fresh)
        fresh.unlink()
    return file.read_bytes().strip()


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
    rates = {mail.name: settings.mails_per_second} if settings.mails_per_second else {}
    return Channels(mail, posts, calls, links(settings), rates, settings.reply_domain)


def erasure_log(settings: Settings) -> Log:
    """Who was erased, kept beside the database and not in it."""
    return Log(settings.home / "erasures.jsonl")


def signatures(settings: Settings) -> Signatures:
    """Whose webhooks are taken."""
    return Signatures(SendGridSignatures(settings.webhook_keys), settings.inbound_secret.get_secret_value())
