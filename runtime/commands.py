"""What the `tenure` command can do. Heavy parts are imported where they are used: `tenure check` should not wait for Temporal."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from domain.faults import FaultyText
from runtime.version import VERSION

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Durable customer journeys: check, simulate, publish and run them.")
db = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(db, name="db")
keys_app = typer.Typer(no_args_is_help=True, help="API keys.")
app.add_typer(keys_app, name="key")

WIDE = 140  # columns of what is not shown in a terminal, which has its own
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Folder = Annotated[Path, typer.Option("--definitions", envvar="TENURE_DEFINITIONS", help="The folder that holds journeys/ and templates/.")]


@contextmanager
def plainly() -> Iterator[None]:
    """Errors that somebody can act on are a sentence, not a traceback."""
    from sqlalchemy.exc import OperationalError
    from temporalio.service import RPCError

    from activities.intake import Conflict, Unfit
    from activities.ledger import UnknownAccount
    from database.definitions import NotPublished
    from database.migrating import WrongShape
    from runtime.folders import NoDefinitions
    from runtime.local_temporal import NoTemporal
    from runtime.settings import BadSettings
    from runtime.simulating import Unplayable
    from runtime.up import CannotStart

    try:
        yield
    except typer.Exit:
        raise  # it is a RuntimeError by descent, and no error
    except FaultyText as error:
        for fault in error.faults:
            err.print(str(fault), markup=False)
        raise typer.Exit(2) from None
    except (NoDefinitions, Unplayable, Unfit, Conflict, UnknownAccount, NotPublished) as error:
        _fail(str(error), 2)
    except (BadSettings, CannotStart, WrongShape, NoTemporal) as error:
        _fail(str(error), 3)
    except OperationalError as error:
        _fail(f"the database does not answer: {str(error.orig).splitlines()[0]}", 3)
    except (RPCError, RuntimeError) as error:
        _fail(str(error).splitlines()[0], 3)


def _fail(sentence: str, code: int) -> None:
    err.print("[red]error:[/red] ", end="")
    err.print(sentence, markup=False)
    raise typer.Exit(code)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


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


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the shape this version needs."""
    from database import migrating
    from runtime import parts, settings

    with plainly():
        database = parts.database(settings.load())
        before, after = migrating.upgrade(database)
        database.close()
        out.print(f"the database is at revision {after}" + ("" if before == after else f" (was at {before or 'none'})"))


@app.command()
def check(definitions: Folder = Path(), as_json: Json = False) -> None:
    """Check every journey, policy and template of a folder."""
    from domain import checking
    from runtime import folders

    with plainly():
        texts = folders.read(definitions)
        faults = checking.check(texts)
        if as_json:
            _print_json(
                [
                    {
                        "file": fault.mark.file,
                        "line": fault.mark.line,
                        "column": fault.mark.column,
                        "sentence": fault.sentence,
                        "warning": fault.warning,
                    }
                    for fault in faults
                ]
            )
        else:
            for fault in faults:
                sys.stdout.write(f"{fault}\n")
            kinds = {kind: sum(found == kind for found, _ in texts) for kind in ("journey", "policy", "template")}
            if not faults:
                out.print(f"{kinds['journey']} journeys, {kinds['policy']} policies and {kinds['template']} templates: nothing to say")
        if any(not fault.warning for fault in faults):
            raise typer.Exit(2)


@app.command()
def publish(definitions: Folder = Path(), as_json: Json = False) -> None:
    """Publish what changed in a folder. Runs under way stay on their version."""
    from runtime import parts, publishing, settings

    with plainly():
        database = parts.migrated_database(settings.load())
        changes = publishing.publish_folder(database, definitions, parts.now())
        database.close()
        if as_json:
            _print_json([{"kind": change.kind, "name": change.name, "version": change.version, "what": change.what} for change in changes])
            return
        for change in changes:
            runs = "; runs under way stay on their version" if change.kind == "journey" and change.version > 1 else ""
            out.print(f"{change.what} {change.kind} {change.name}, version {change.version}{runs}")
        if not changes:
            out.print("nothing changed")


@app.command()
def simulate(
    journey: Annotated[str, typer.Argument(help="The journey to play.")],
    segment: Annotated[str, typer.Option(help="The segment of the described account.")] = "enterprise",
    days: Annotated[int, typer.Option(min=1, max=1500, help="How long to play.")] = 90,
    people: Annotated[str, typer.Option(help="How our people behave: prompt, late or silent.")] = "prompt",
    start: Annotated[str, typer.Option(help="The first day.")] = "2026-01-05",
    event: Annotated[list[str] | None, typer.Option(help="Something that happens: 'day 3: setup_completed' (days from the start).")] = None,
    fact: Annotated[list[str] | None, typer.Option(help="A fact of the account: 'training=0.5'.")] = None,
    definitions: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Play a journey in virtual time: what would happen, when, to whom, and why."""
    from runtime import simulating

    with plainly():
        played = simulating.play(
            definitions, journey, segment, days, people, date.fromisoformat(start) if _is_day(start) else None, event or [], fact or []
        )
        if as_json:
            _print_json(simulating.as_json(played))
        else:
            simulating.show(played, out)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        _fail(f"'{text}' is not a day like 2026-01-05", 2)
    return True


@app.command()
def enroll(
    journey: Annotated[str, typer.Argument(help="The journey.")],
    account: Annotated[str, typer.Argument(help="The account's id.")],
    by: Annotated[str | None, typer.Option(help="The id of the person who asks for it.")] = None,
    contract: Annotated[str | None, typer.Option(help="The contract's id, for a journey about contracts.")] = None,
    as_json: Json = False,
) -> None:
    """Enroll an account in a journey."""
    from runtime import operating, settings

    with plainly():
        found = asyncio.run(operating.enroll(settings.load(), journey, account, contract, by))
        if as_json:
            _print_json(found)
        else:
            out.print(found["sentence"])
        if found["id"] is None:
            raise typer.Exit(2)


@app.command()
def event(
    file: Annotated[
        typer.FileText, typer.Argument(help="A file with one event as JSON, as POST /v1/events takes it; - reads standard input.")
    ],
    as_json: Json = False,
) -> None:
    """Tell an event."""
    from runtime import operating, settings

    with plainly():
        found = asyncio.run(operating.tell(settings.load(), file.read()))
        if as_json:
            _print_json(found)
        else:
            out.print(found["sentence"])


@app.command()
def doctor(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Start the workflows of live runs that Temporal does not know.")] = False,
    as_json: Json = False,
) -> None:
    """Look whether everything is in order."""
    from runtime import doctoring, settings

    with plainly():
        report = asyncio.run(doctoring.examine(settings.load(), rebuild))
        if as_json:
            _print_json([{"what": finding.what, "well": finding.well, "words": finding.words} for finding in report])
        else:
            for finding in report:
                out.print(f"{'[green]ok[/green]  ' if finding.well else '[red]not[/red] '} {finding.what}: ", end="")
                out.print(finding.words, markup=False)
        if not all(finding.well for finding in report):
            raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a journey file, for editors."""
    from domain import schema

    _print_json(schema.of_journeys())


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
                _fail(f"no scope is called '{each}'{suggestion(each, keys.SCOPES)}", 2)
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
            _print_json([{name: getattr(row, name) for name in shown} for row in found])
            return
        for row in found:
            out.print(f"{row.id}  {row.name}  {row.created_at:%Y-%m-%d}{'  revoked' if row.revoked_at else ''}", markup=False)


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
            _fail(f"no valid key has the id '{id}'; see `tenure key list`", 2)
        out.print("revoked")
