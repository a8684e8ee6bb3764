"""Settings: read once from the environment (and .env), checked at the start, passed down as values.

Temporal is configured by its own variables and file (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_…,
TEMPORAL_PROFILE): https://docs.temporal.io/develop/environment-configuration
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from channels.signatures import SendGridSignatures
from domain.links import LEAST_SECRET

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class BadSettings(ValueError):
    """A setting is wrong; the sentences name the variables and never show a secret."""


class Settings(BaseSettings):
    """Variables are these names in capitals with TENURE_ before them, like TENURE_DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="TENURE_", env_file=".env", extra="ignore")

    home: Path = Field(default=Path(".tenure"), description="where the local database, Temporal's file and the first key are kept")
    definitions: Path = Field(default=Path(), description="the folder that holds journeys/ and templates/")
    database_url: str = Field(default="", description="sqlite:///… or postgresql://…; a SQLite file in `home` when empty")

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8321, ge=0, le=65535, description="the first free one from here on when it is taken")

    console: Literal["auto", "on", "off"] = Field(
        default="auto", description="it has no login: auto serves it only where the API listens on this machine alone"
    )

    sendgrid_api_key: SecretStr = SecretStr("")
    sendgrid_host: str = "https://api.sendgrid.com"
    public_url: str = Field(default="", description="where readers of mail reach the API (https://…); the API's own address when empty")
    link_secret: SecretStr = Field(
        default=SecretStr(""), description="signs readers' links; two, with a comma, while it changes; made and kept in `home` when empty"
    )
    sendgrid_webhook_keys: str = Field(default="", description="the event webhook's public key; two, with a comma, while they change")
    inbound_secret: SecretStr = Field(default=SecretStr(""), description="the end of the address that SendGrid's Inbound Parse is given")
    reply_domain: str = Field(default="", description="answers to mails come to an address there; to the sender's own when empty")
    mails_per_second: float = Field(default=0.0, ge=0, le=10_000, description="how fast mail leaves, all workers together; 0: no limit")
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = True
    slack_bot_token: SecretStr = SecretStr("")
    slack_base_url: str = "https://slack.com/api/"

    worker_threads: int = Field(default=20, ge=1, le=200, description="turns that one worker takes at the same time")
    sweep_seconds: float = Field(default=5.0, gt=0, le=60)
    weekly_health: Annotated[str, NoDecode] = Field(default="0 6 * * MON", description="when everybody's health is read, as cron")
    weekly_health_zone: str = "Europe/Berlin"
    log_json: bool = False

    @field_validator("sendgrid_api_key", "slack_bot_token", "smtp_password", "inbound_secret", "link_secret", mode="after")
    @classmethod
    def _clean_secret(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if secret != secret.strip() or any(sign in secret for sign in "\"'\n\r "):
            raise ValueError(f"it holds quotes or white space ({len(secret)} characters); set the bare value")
        return value

    @field_validator("sendgrid_webhook_keys", mode="after")
    @classmethod
    def _public_keys(cls, value: str) -> str:
        try:
            SendGridSignatures(_listed(value))
        except ValueError:
            said = "that is no public key; copy the verification key from SendGrid's page 'Mail Settings, Event Webhooks'"
            raise ValueError(said) from None
        return value

    @field_validator("inbound_secret", mode="after")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{24,200}", secret):
            raise ValueError(f"it is part of an address: 24 letters and digits or more ({len(secret)} characters); openssl rand -hex 24")
        return value

    @field_validator("link_secret", mode="after")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        for secret in _listed(value.get_secret_value()):
            if len(secret) < LEAST_SECRET:
                raise ValueError(f"it has {len(secret)} characters; a link needs {LEAST_SECRET} or more: openssl rand -hex 24")
        return value

    @field_validator("public_url", mode="after")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", value):
            raise ValueError(f"'{value}' is not an address like https://mail.example.com")
        return value.rstrip("/")

    @property
    def webhook_keys(self) -> list[str]:
        return _listed(self.sendgrid_webhook_keys)

    @model_validator(mode="after")
    def _one_mailer(self) -> Settings:
        if self.sendgrid_api_key.get_secret_value() and self.smtp_host:
            raise ValueError("TENURE_SENDGRID_API_KEY and TENURE_SMTP_HOST are both set; mail leaves one way")
        if self.database_url and not self.database_url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("TENURE_DATABASE_URL begins with sqlite:/// or postgresql://; other databases are not supported")
        if not self.database_url:
            self.database_url = f"sqlite:///{(self.home / 'tenure.db').resolve()}"
        return self

    def console_names(self, host: str) -> frozenset[str]:
        """The host names under which the console answers while the API listens at `host`: none where it is not served, * is any."""
        if self.console == "on":
            return frozenset({"*"})
        return LOCAL_NAMES | {host} if self.console == "auto" and _is_loopback(host) else frozenset()

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load() -> Settings:
    """Raises BadSettings with a sentence a line. Temporal's own variables in .env count too, as far as the environment has none."""
    for name, value in dotenv_values(".env").items():
        if name.startswith("TEMPORAL_") and value:
            os.environ.setdefault(name, value)
    try:
        settings = Settings()
    except ValidationError as error:
        lines = []
        for fault in error.errors():
            name = "TENURE_" + "_".join(str(part) for part in fault["loc"]).upper() if fault["loc"] else ""
            words = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else str(fault["msg"]).lower()
            lines.append(f"{name}: {words}" if name else words)
        raise BadSettings("\n".join(lines)) from None
    return settings


def temporal_address() -> str | None:
    """Where a Temporal of one's own is, None when there is none and a local one is started."""
    configured = any(os.environ.get(name) for name in ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE", "TEMPORAL_API_KEY"))
    return (os.environ.get("TEMPORAL_ADDRESS") or "its profile") if configured else None
