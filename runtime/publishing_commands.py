"""Commands about what is published: publish it, propose it, approve it, go back."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from runtime.terminal import Folder, Json, err, fail, out, plainly, print_json

if TYPE_CHECKING:
    from database.definitions import Texts
    from database.engine import Database
    from runtime.asking import Wanted
    from runtime.settings import Settings

app = typer.Typer()


@app.command()
def publish(
    revision: Annotated[int | None, typer.Argument(help="With --review: of which publication; the last one when left out.")] = None,
    definitions: Folder = Path(),
    runs: Annotated[
        list[str] | None,
        typer.Option(help="Runs under way on an older version: drain, pin, move, move-now or cancel; of one journey: renewal=move."),
    ] = None,
    step_map: Annotated[
        list[str] | None,
        typer.Option("--map", help="What became of a step: renewal:old-step=new-step, or =gone. Several times for several."),
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Say what it would do to runs under way, and publish nothing.")] = False,
    token: Annotated[str | None, typer.Option(help="The token of the preview that you agree with.")] = None,
    propose: Annotated[bool, typer.Option("--propose", help="Only propose it: somebody else approves.")] = False,
    by: Annotated[str | None, typer.Option("--as", help="Who you are: your id or mail address.")] = None,
    review: Annotated[bool, typer.Option("--review", help="Say whether a publication came as it was foreseen; publish nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Publish what changed in a folder.

    Runs under way finish on their version (drain), for good (pin: later publishing leaves them alone too), go on under the new one
    when they have gone on from what they wait for (move) or at once (move-now), or end (cancel). What moves or ends runs is shown
    first, and carried out with the token of what was shown; at a terminal it is asked. Later, --review compares what came with that.
    """
    from runtime import folders, parts, proposing, settings
    from runtime.asking import Wanted

    if revision is not None and not review:
        fail(f"publishing takes no number; to review revision {revision}, say tenure publish --review {revision}", 2)
    with plainly():
        if review:
            _review(revision, as_json)
        loaded = settings.load()
        database = parts.migrated_database(loaded)
        if propose:
            _propose(database, folders.read(definitions), runs, step_map, by, None, as_json)
            return
        wanted = Wanted(definitions, runs or [], step_map or [], preview, token, warrant=proposing.warrant(database, by))
        _publish(loaded, database, wanted, as_json)


@app.command()
def rollback(
    to: Annotated[int | None, typer.Option("--to", min=0, help="The revision to go back to; the one before the last change.")] = None,
    runs: Annotated[list[str] | None, typer.Option(help="Runs under way, as `tenure publish` takes it.")] = None,
    step_map: Annotated[list[str] | None, typer.Option("--map", help="What became of a step, as `tenure publish` takes it.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Say what it would do to runs under way, and publish nothing.")] = False,
    token: Annotated[str | None, typer.Option(help="The token of the preview that you agree with.")] = None,
    propose: Annotated[bool, typer.Option("--propose", help="Only propose it: somebody else approves.")] = False,
    by: Annotated[str | None, typer.Option("--as", help="Who you are: your id or mail address.")] = None,
    as_json: Json = False,
) -> None:
    """Publish again what was published before: the texts of an earlier publication, as a new one.

    It says what that changes and follows the rules of `tenure publish`; the folder stays as it is.
    """
    from runtime import choosing, differing, parts, proposing, settings
    from runtime.asking import Wanted

    with plainly():
        loaded = settings.load()
        database = parts.migrated_database(loaded)
        found = proposing.earlier(database, to)
        if propose:
            _propose(database, found.texts, runs, step_map, by, found.revision, as_json)
            return
        if not as_json:
            out.print(f"back to revision {found.revision}:\n")
            differing.show(list(found.compared), out)
            out.print()
        command = f"tenure rollback --to {found.revision} {choosing.retyped(runs or [], step_map or [])}".strip()
        warrant = proposing.warrant(database, by, found.revision)
        wanted = Wanted(Path(), runs or [], step_map or [], preview, token, found.texts, warrant, command)
        _publish(loaded, database, wanted, as_json)


@app.command()
def publications(as_json: Json = False) -> None:
    """List what was published when, by whom, and what it changed; the latest first."""
    from runtime import parts, proposing, settings

    with plainly():
        database = parts.migrated_database(settings.load())
        found = proposing.acts(database)
        database.close()
        if as_json:
            print_json(found)
            return
        for act in found:
            out.print(proposing.spoken_act(act), markup=False)


@app.command()
def proposals(
    id: Annotated[str | None, typer.Argument(help="One of them, with what it changes; the list when left out.")] = None,
    as_json: Json = False,
) -> None:
    """List what was proposed to be published, or show one proposal as its author saw it."""
    from runtime import parts, proposing, settings

    with plainly():
        database = parts.migrated_database(settings.load())
        found = [proposing.one(database, id)] if id else proposing.everything(database)
        database.close()
        if as_json:
            print_json([proposing.as_json(each) for each in found])
        elif id:
            proposing.show(found[0], out)
        else:
            for each in found:
                row = each.row
                out.print(f"{row.id}  {row.proposed_at:%Y-%m-%d %H:%M} UTC by {row.author_id}: {each.state}", markup=False)
            if not found:
                out.print("nothing is proposed")


@app.command()
def approve(
    proposal: Annotated[str, typer.Argument(help="The proposal's id, as `tenure proposals` shows it.")],
    by: Annotated[str, typer.Option("--as", help="Who you are: your id or mail address.")],
    preview: Annotated[bool, typer.Option("--preview", help="Say what it would do to runs under way now, and publish nothing.")] = False,
    token: Annotated[str | None, typer.Option(help="The token of the preview that you agree with.")] = None,
    as_json: Json = False,
) -> None:
    """Publish just what somebody else proposed."""
    from runtime import parts, proposing, settings
    from runtime.asking import Wanted

    with plainly():
        loaded = settings.load()
        database = parts.migrated_database(loaded)
        warrant, texts, runs, maps = proposing.approval(database, proposal, by)
        wanted = Wanted(Path(), runs, maps, preview, token, texts, warrant, f"tenure approve {proposal} --as {by}")
        _publish(loaded, database, wanted, as_json)


def _review(revision: int | None, as_json: bool) -> NoReturn:
    from runtime import parts, reviewing, settings

    database = parts.migrated_database(settings.load())
    found = reviewing.review(database, revision, parts.now())
    database.close()
    if as_json:
        print_json(reviewing.as_json(found))
    else:
        reviewing.show(found, out)
    raise typer.Exit(1 if found.unexplained else 0)


def _publish(loaded: Settings, database: Database, wanted: Wanted, as_json: bool) -> NoReturn:
    from runtime import asking, operating, parts

    terminal = out if out.is_terminal and sys.stdin.isatty() and not as_json else None
    asked = asking.Asking(database, wanted, terminal, err)
    done = asked.publish(parts.now)
    if done is not None:
        asyncio.run(operating.nudge(loaded, done.nudges))
    database.close()
    if as_json:
        print_json(asked.as_json())
    else:
        asked.show(out)
    if asked.fault:
        fail(asked.fault, 4)
    raise typer.Exit(0 if wanted.preview or done is not None else 4)


def _propose(
    database: Database,
    texts: Texts,
    runs: list[str] | None,
    maps: list[str] | None,
    by: str | None,
    rolls_back_to: int | None,
    as_json: bool,
) -> None:
    from runtime import choosing, differing, parts, proposing, publishing

    if not by:
        fail("say who proposes it: --as ana@example.com", 2)
    chosen = choosing.choices(runs or [], maps or [], publishing.journeys_known(database, texts))
    id, compared = proposing.propose(database, texts, by, chosen, parts.now(), rolls_back_to)
    database.close()
    if as_json:
        print_json({"id": id, "differences": differing.as_json(compared)})
        return
    differing.show(compared, out)
    out.print(f"\nproposed as {id}; somebody else looks at it and approves it: tenure approve {id} --as <who>")
