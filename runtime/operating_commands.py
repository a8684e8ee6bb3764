"""Commands for who watches over accounts and the installation: why, enroll, event, doctor."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from runtime.terminal import Json, fail, out, plainly, print_json, read_day

app = typer.Typer()


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
        first, last = (read_day(day) if day else None for day in (since, until))
        try:
            answer = asking.ask(loaded, account, Question(journey, step, template, message, first, last, limit))
        except NotKnown as error:
            fail(str(error), 2)
        if as_json:
            print_json(asking.as_json(answer))
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
            print_json(found)
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
            print_json(found)
        else:
            out.print(found["sentence"])


@app.command()
def doctor(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Start the workflows of live runs that Temporal does not know.")] = False,
    apply_erasures: Annotated[
        bool, typer.Option("--apply-erasures", help="Erase again whom a restored database does not know to be erased.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look whether everything is in order."""
    from runtime import doctoring, settings

    with plainly():
        report = asyncio.run(doctoring.examine(settings.load(), rebuild, apply_erasures))
        if as_json:
            print_json([{"what": finding.what, "well": finding.well, "words": finding.words} for finding in report])
        else:
            for finding in report:
                out.print(f"{'[green]ok[/green]  ' if finding.well else '[red]not[/red] '} {finding.what}: ", end="")
                out.print(finding.words, markup=False)
        if not all(finding.well for finding in report):
            raise typer.Exit(1)
