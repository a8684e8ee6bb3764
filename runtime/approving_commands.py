"""Commands about what waits for somebody's approval."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runtime.terminal import Json, fail, out, plainly, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from runtime import approvals

app = typer.Typer(help="What waits for approval: look at it, change it, approve or skip it.")
ApprovalId = Annotated[str, typer.Argument(help="Its id, or how that begins.")]
As = Annotated[str, typer.Option("--as", help="Who you are: your id or mail address.")]
Note = Annotated[str | None, typer.Option(help="Why, for the record.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Only the mail to this contact, by id; may be repeated.")]


@app.callback(invoke_without_command=True)
def list_approvals(
    context: typer.Context,
    mine: Annotated[str | None, typer.Option("--as", help="Only what waits for this person: an id or mail address.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account's, by its id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """List what is open, the soonest to end first."""
    if context.invoked_subcommand:
        return
    from runtime import approvals, parts, settings

    with plainly():
        database, office = parts.migrated_database(settings.load()), parts.office()
        found = approvals.waiting(database, office, account, mine, limit, parts.now())
        database.close()
        if as_json:
            print_json(approvals.as_json(found))
        else:
            approvals.show(found, out)


@app.command("show")
def show_approval(
    id: ApprovalId,
    html: Annotated[Path | None, typer.Option(help="A folder to write the pages of the mails to, one file a reader.")] = None,
    as_json: Json = False,
) -> None:
    """Show one of them with its mails as they will leave, and why it is asked."""
    from runtime import approvals, parts, settings

    with plainly():
        database, office = parts.migrated_database(settings.load()), parts.office()
        found = approvals.one(database, office, id, parts.now())
        database.close()
        if html:
            approvals.write_pages(found, html)
        if as_json:
            print_json(approvals.one_as_json(found))
        else:
            approvals.show_one(found, out)


@app.command()
def approve(id: ApprovalId, by: As = "", note: Note = None, only: Only = None, as_json: Json = False) -> None:
    """Approve it: the mails leave as they are shown, byte for byte."""
    _decide(id, True, by, note, only, as_json)


@app.command()
def skip(id: ApprovalId, by: As = "", note: Note = None, only: Only = None, as_json: Json = False) -> None:
    """Refuse it: the mails are not sent."""
    _decide(id, False, by, note, only, as_json)


def _decide(id: str, approved: bool, by: str, note: str | None, only: list[str] | None, as_json: bool) -> None:
    from runtime import approvals

    _act(by, as_json, lambda act: approvals.decide(act, id, approved, note, only or []), approvals.show_decided)


@app.command()
def edit(
    id: ApprovalId,
    by: As = "",
    subject: Annotated[str | None, typer.Option(help="Another subject.")] = None,
    text: Annotated[str | None, typer.Option(help="A file with another text in Markdown; - reads it from here.")] = None,
    only: Only = None,
    as_json: Json = False,
) -> None:
    """Change its mails. Without --subject and --text, $EDITOR opens with the text of the mail.

    Names in braces, like {{ contact.first_name }}, are filled in for each reader.
    """
    import click

    from runtime import approvals

    if text is None:
        written = None
    elif text == "-":
        written = sys.stdin.read()
    else:
        try:
            written = Path(text).read_text()
        except (OSError, UnicodeDecodeError):
            fail(f"'{text}' cannot be read; name a file of text, or - to read it from here", 2)

    def act(acting: approvals.Acting) -> approvals.Opened:
        told = written
        if subject is None and told is None:
            before = approvals.text_to_edit(acting, id, only or [])
            told = click.edit(before, extension=".md")
            if told is None or told.strip() == before.strip():
                fail("nothing was changed", 2)
        return approvals.edit(acting, id, subject, told, only or [])

    _act(by, as_json, act, lambda found, out: approvals.show_edited(found, only or [], out))


def _act(
    by: str,
    as_json: bool,
    act: Callable[[approvals.Acting], approvals.Opened],
    show: Callable[[approvals.Opened, Console], None],
) -> None:
    from runtime import approvals, operating, parts, settings

    if not by:
        fail("say who you are: --as cara@example.com", 2)
    with plainly():
        loaded = settings.load()
        database = parts.migrated_database(loaded)
        acting = approvals.Acting(database, parts.office(), parts.links(loaded), by, parts.now())
        found = act(acting)
        asyncio.run(operating.nudge(loaded, list(found.nudges)))
        database.close()
        if as_json:
            print_json(approvals.one_as_json(found))
        else:
            show(found, out)
