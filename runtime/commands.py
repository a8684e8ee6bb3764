"""What the `tenure` command can do. Heavy parts are imported where they are used: `tenure check` should not wait for Temporal."""

from __future__ import annotations

import asyncio
import json
import sys
import time
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
    from runtime.publishing import UnknownChoice
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
    except (NoDefinitions, Unplayable, UnknownChoice, Unfit, Conflict, UnknownAccount, NotPublished) as error:
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
    """Check every journey, policy and template of a folder, and the journey tests."""
    from domain import checking
    from runtime import folders, testing

    with plainly():
        texts = folders.read(definitions)
        faults = sorted([*checking.check(texts), *testing.check(definitions, texts)])
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


@app.command("test")
def play_tests(
    journeys: Annotated[list[str] | None, typer.Argument(help="The journeys whose tests to play; all when left out.")] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Say which steps and branches no test reaches.")] = False,
    definitions: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Play the journey tests of a folder in virtual time: what was expected, and what came instead."""
    from rich.progress import Progress

    from runtime import testing

    with plainly():
        began = time.perf_counter()
        with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
            playing = bar.add_task("reading", total=None)
            told = testing.run(
                definitions, journeys or [], lambda done, of, journey: bar.update(playing, completed=done, total=of, description=journey)
            )
        if as_json:
            _print_json(testing.as_json(told, coverage))
        else:
            testing.show(told, time.perf_counter() - began, lambda line: out.print(line, markup=False))
            if coverage:
                testing.show_coverage(told, lambda line: out.print(line, markup=False))
        if told.failed:
            raise typer.Exit(1)


@app.command()
def publish(
    definitions: Folder = Path(),
    runs: Annotated[str, typer.Option(help="Runs under way on an older version: drain, pin, move, move-now or cancel.")] = "drain",
    preview: Annotated[bool, typer.Option("--preview", help="Say what it would do to runs under way, and publish nothing.")] = False,
    token: Annotated[str | None, typer.Option(help="The token of the preview that you agree with.")] = None,
    as_json: Json = False,
) -> None:
    """Publish what changed in a folder.

    Runs under way finish on their version (drain), for good (pin: later publishing leaves them alone too), go on under the new one
    when they have gone on from what they wait for (move) or at once (move-now), or end (cancel). What moves or ends runs is shown
    first, and carried out with the token of what was shown.
    """
    from runtime import operating, parts, publishing, settings

    with plainly():
        loaded = settings.load()
        database = parts.migrated_database(loaded)
        in_flight = publishing.in_flight_of(runs)
        if preview or (token is None and in_flight not in ("drain", "pin")):
            found = publishing.preview(database, definitions, parts.now(), in_flight)
            if preview or found.runs:
                database.close()
                if as_json:
                    _print_json(publishing.impact_as_json(found))
                else:
                    publishing.show_impact(found, in_flight, out)
                raise typer.Exit(0 if preview else 4)
        try:
            done = publishing.publish_folder(database, definitions, parts.now(), in_flight, token)
        except publishing.OutdatedPreview as outdated:
            publishing.show_impact(outdated.impact, in_flight, out)
            _fail("runs have gone on since, or the folder changed: what is shown is what is so now", 4)
        asyncio.run(operating.nudge(loaded, done.nudges))
        database.close()
        changes = done.changes
        if as_json:
            _print_json([{"kind": change.kind, "name": change.name, "version": change.version, "what": change.what} for change in changes])
            return
        for change in changes:
            out.print(f"{change.what} {change.kind} {change.name}, version {change.version}")
        if not changes:
            out.print("nothing changed")
        elif done.impact.runs:
            out.print(f"runs under way on older versions: {publishing.spoken_impact(done.impact, in_flight)}")


@app.command()
def diff(
    journey: Annotated[str | None, typer.Argument(help="One journey; all that the folder would change when left out.")] = None,
    before: Annotated[int | None, typer.Option("--from", min=1, help="A version of the journey; the current one when left out.")] = None,
    after: Annotated[int | None, typer.Option("--to", min=1, help="A version of the journey; the folder when left out.")] = None,
    definitions: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Say in words what the folder would change of what is published, or what one version of a journey changed of another."""
    from runtime import differing, parts, settings

    with plainly():
        if journey is None and (before or after):
            _fail("versions are a journey's: name one, like `tenure diff onboarding --from 3`", 2)
        database = parts.migrated_database(settings.load())
        if journey is None:
            found = differing.folder_against_published(database, definitions)
        elif after is None:
            found = differing.journey_in_folder(database, definitions, journey, before)
        else:
            found = differing.journey_versions(database, journey, before, after)
        database.close()
        if as_json:
            _print_json(differing.as_json(found))
        else:
            differing.show(found, out)


@app.command()
def simulate(
    journey: Annotated[str | None, typer.Argument(help="The journey to play.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All journeys together from the signup on, and where they are too much.")] = False,
    segment: Annotated[str, typer.Option(help="The segment of the described account.")] = "enterprise",
    days: Annotated[int, typer.Option(min=1, max=1500, help="How long to play.")] = 90,
    people: Annotated[str, typer.Option(help="How our people behave: prompt, late or silent.")] = "prompt",
    start: Annotated[str, typer.Option(help="The first day.")] = "2026-01-05",
    event: Annotated[list[str] | None, typer.Option(help="Something that happens: 'day 3: setup_completed' (days from the start).")] = None,
    fact: Annotated[
        list[str] | None, typer.Option(help="A fact of the account or its contract: 'training=0.5', 'contract.auto_renews=true'.")
    ] = None,
    definitions: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Play a journey in virtual time: what would happen, when, to whom, and why."""
    from runtime import simulating

    if every == (journey is not None):
        _fail("name a journey, or say --all for all of them together", 2)

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
def why(
    account: Annotated[str, typer.Argument(help="The account's id or name.")],
    journey: Annotated[str | None, typer.Option(help="Only this journey, with what has not happened in it and why.")] = None,
    step: Annotated[str | None, typer.Option(help="Only this step: its id, or what it is called in conditions.")] = None,
    template: Annotated[str | None, typer.Option(help="Only steps that use these words, like 'welcome'.")] = None,
    message: Annotated[str | None, typer.Option(help="Only the message of this id.")] = None,
    since: Annotated[str | None, typer.Option(help="From this day on, like 2026-01-05.")] = None,
    until: Annotated[str | None, typer.Option(help="Until the end of this day.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """Say why something went out to an account, or why it did not."""
    from activities.why import NotKnown, Question
    from runtime import settings
    from runtime import why as asking

    with plainly():
        loaded = settings.load()
        first, last = (date.fromisoformat(day) if day and _is_day(day) else None for day in (since, until))
        try:
            answer = asking.ask(loaded, account, Question(journey, step, template, message, first, last, limit))
        except NotKnown as error:
            _fail(str(error), 2)
        if as_json:
            _print_json(asking.as_json(answer))
        else:
            asking.show(answer, out, f"http://{loaded.api_host}:{loaded.api_port}" if loaded.console_names(loaded.api_host) else None)


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
def schema(markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/language.md, the reference for people.")] = False) -> None:
    """Print the JSON Schema of a journey file, for editors."""
    from domain import reference, schema

    if markdown:
        sys.stdout.write(reference.as_markdown())
    else:
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
            _fail(f"no valid key has the id '{id}'; see `tenure key list`", 2)
        out.print("revoked")
