"""Commands that run the product on a machine: its processes, its database and who may call its API."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from runtime.terminal import Json, fail, out, plainly, print_json
from runtime.version import VERSION

app = typer.Typer()
db_app = typer.Typer(no_args_is_help=True, help="The database.")
keys_app = typer.Typer(no_args_is_help=True, help="API keys.")


@app.command()
def version() -> None:
    """Print the version."""
    sys.stdout.write(VERSION + "\n")


@app.command()
def up(demo: Annotated[bool, typer.Option("--demo", help="Fill in a believable book of accounts.")] = False) -> None:
    """Start the whole product on this machine."""
    from runtime import settings, up

    with plainly():
        raise typer.Exit(up.run(settings.load(), demo, out))


@app.command()
def worker() -> None:
    """Run a worker: it takes turns for Temporal and sweeps."""
    from runtime import processes, settings

    with plainly():
        asyncio.run(processes.worker(settings.load()))


@app.command()
def api(
    host: Annotated[str | None, typer.Option(help="The address to listen at.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen at.")] = None,
) -> None:
    """Run the API and the console."""
    from runtime import processes, settings

    with plainly():
        loaded = settings.load()
        asyncio.run(processes.api(loaded, host or loaded.api_host, port if port is not None else loaded.api_port))


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the shape this version needs."""
    from database import migrating
    from runtime import parts, settings

    with plainly():
        database = parts.database(settings.load())
        before, after = migrating.upgrade(database)
        database.close()
        out.print(f"the database is at revision {after}" + ("" if before == after else f" (was at {before or 'none'})"))


@keys_app.command("make")
def make_key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[list[str] | None, typer.Option(help="A scope; several times for several. All when left out.")] = None,
) -> None:
    """Make an API key. It is shown once."""
    from api import keys
    from domain.faults import suggestion
    from runtime import parts, settings

    with plainly():
        for each in scope or ():
            if each not in keys.SCOPES:
                fail(f"no scope is called '{each}'{suggestion(each, keys.SCOPES)}", 2)
        database = parts.migrated_database(settings.load())
        with database.write() as session:
            secret = keys.make(session, name, scope or keys.SCOPES, parts.now())
        database.close()
        sys.stdout.write(secret + "\n")


@keys_app.command("list")
def list_keys(as_json: Json = False) -> None:
    """Show which keys there are; never the keys themselves."""
    from api import keys
    from runtime import parts, settings

    with plainly():
        database = parts.migrated_database(settings.load())
        with database.read() as session:
            found = keys.everything(session)
        database.close()
        if as_json:
            shown = ("id", "name", "scopes", "created_at", "revoked_at")
            print_json([{name: getattr(row, name) for name in shown} for row in found])
            return
        for row in found:
            words = "revoked" if row.revoked_at else ", ".join(row.scopes)
            out.print(f"{row.id}  {row.name}  {row.created_at:%Y-%m-%d}  {words}", markup=False)


@keys_app.command("revoke")
def revoke_key(id: Annotated[str, typer.Argument(help="The key's id, as `tenure key list` shows it.")]) -> None:
    """Make a key worthless, within seconds."""
    from api import keys
    from runtime import parts, settings

    with plainly():
        database = parts.migrated_database(settings.load())
        with database.write() as session:
            revoked = keys.revoke(session, id, parts.now())
        database.close()
        if not revoked:
            fail(f"no valid key has the id '{id}'; see `tenure key list`", 2)
        out.print("revoked")
