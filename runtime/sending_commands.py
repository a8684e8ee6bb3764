"""Commands about what leaves and what comes back."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from runtime.terminal import Json, fail, out, plainly, print_json

app = typer.Typer()
messages_app = typer.Typer(no_args_is_help=True, help="Messages in doubt, and what providers told.")
As = Annotated[str, typer.Option("--as", help="Who you are: your id or mail address.")]
Why = Annotated[str, typer.Option("--why", help="Why, for the record.")]


@messages_app.command("in-doubt")
def in_doubt(as_json: Json = False) -> None:
    """Show messages of which nobody knows whether they left."""
    from runtime import parts, sending, settings

    with plainly():
        database = parts.migrated_database(settings.load())
        rows = sending.in_doubt(database)
        database.close()
        if as_json:
            print_json([{name: getattr(row, name) for name in sending.SHOWN} for row in rows])
        else:
            sending.show(rows, out)


@messages_app.command()
def settle(
    id: Annotated[str, typer.Argument(help="The message, as `tenure messages in-doubt` shows it.")],
    how: Annotated[str, typer.Argument(help="resend: once more; sent: it has left; skip: it is not to leave.")],
    by: As = "",
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Settle a message in doubt."""
    from runtime import parts, sending, settings

    _must_say(by, why)
    with plainly():
        database, office = parts.migrated_database(settings.load()), parts.office()
        message, sentence = sending.settle(database, office, id, how, by, why, parts.now())
        database.close()
        if as_json:
            print_json({"id": message.id, "state": message.state, "sentence": sentence})
        else:
            out.print(sentence)


@messages_app.command()
def quarantined(as_json: Json = False) -> None:
    """Show what providers told that could not be used, and why."""
    from runtime import parts, sending, settings

    with plainly():
        database = parts.migrated_database(settings.load())
        rows = sending.quarantined(database)
        database.close()
        if as_json:
            shown = ("id", "provider", "name", "received_at", "fault", "detail")
            print_json([{name: getattr(row, name) for name in shown} for row in rows])
        else:
            sending.show_quarantined(rows, out)


@app.command()
def arm(by: As = "", why: Why = "", as_json: Json = False) -> None:
    """Arm sending, after a restore or a stop. What waited leaves within a minute, if it still may."""
    _turn("arm", by, why, as_json)


@app.command()
def disarm(by: As = "", why: Why = "", as_json: Json = False) -> None:
    """Stop all sending at once. Messages stay planned until somebody arms it."""
    _turn("disarm", by, why, as_json)


def _turn(to: Literal["arm", "disarm"], by: str, why: str, as_json: bool) -> None:
    from runtime import parts, sending, settings

    _must_say(by, why)
    with plainly():
        database = parts.migrated_database(settings.load())
        standing = sending.turn(database, to, by, why, parts.now())
        database.close()
        if as_json:
            print_json({"armed": standing.armed, "since": standing.since, "by": standing.by, "why": standing.why})
        else:
            out.print(f"sending is {sending.spoken(standing)}", markup=False)


def _must_say(by: str, why: str) -> None:
    if not by or not why:
        fail("say who you are and why: --as cara@example.com --why 'Ann says she has it'", 2)
