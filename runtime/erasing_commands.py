"""Commands for people who want to be forgotten: erase, erasures."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from runtime.terminal import Json, fail, out, plainly, print_json

app = typer.Typer()


@app.command()
def erase(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    contact: Annotated[str, typer.Argument(help="The contact's id.")],
    by: Annotated[str, typer.Option("--as", help="Who you are: your id or mail address.")] = "",
    why: Annotated[str, typer.Option("--why", help="Why, for the record.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, only what would be wiped is shown.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a contact for good: name, address, facts, and the words of their mails, answers and replies."""
    from runtime import erasing, operating, parts, settings

    if yes and not (by and why):
        fail("say who you are and why: --as cara@example.com --why 'Asked for it on 4 March, ticket 812'", 2)
    with plainly():
        loaded = settings.load()
        database, office = parts.migrated_database(loaded), parts.office()
        if yes:
            done, nudges = erasing.erase(database, office, account, contact, by, why, parts.now(), parts.erasure_log(loaded))
            asyncio.run(operating.nudge(loaded, nudges))
        else:
            done = erasing.rehearse(database, office, account, contact, parts.now())
        database.close()
        if as_json:
            print_json({"rehearsed": not yes, **erasing.as_json(done)})
            return
        erasing.show(done, not yes, out)
        if not yes and done.ledgers:
            out.print("Nothing was changed. Nothing brings an erased contact back; to do it: --as you@example.com --why '…' --yes")


@app.command()
def erasures(as_json: Json = False) -> None:
    """Show who was erased."""
    from runtime import erasing, parts, settings

    with plainly():
        database = parts.migrated_database(settings.load())
        rows = erasing.everyone(database)
        database.close()
        if as_json:
            print_json([dict(row._mapping) for row in rows])
        else:
            erasing.show_all(rows, out)
