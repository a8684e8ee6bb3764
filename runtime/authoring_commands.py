"""Commands for who writes journeys: check them, play them, and see what they would change."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from runtime.terminal import Folder, Json, err, fail, out, plainly, print_json, read_day

# Three, because `tenure --help` shows others between them: runtime/commands.py says the order.
check_app = typer.Typer()
foresee_app = typer.Typer()
schema_app = typer.Typer()


@check_app.command()
def check(definitions: Folder = Path(), as_json: Json = False) -> None:
    """Check every journey, policy and template of a folder, and the journey tests."""
    from domain import checking
    from runtime import folders, testing

    with plainly():
        texts = folders.read(definitions)
        faults = sorted([*checking.check(texts), *testing.check(definitions, texts)])
        if as_json:
            print_json(
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


@check_app.command("test")
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
            print_json(testing.as_json(told, coverage))
        else:
            testing.show(told, time.perf_counter() - began, lambda line: out.print(line, markup=False))
            if coverage:
                testing.show_coverage(told, lambda line: out.print(line, markup=False))
        if told.failed:
            raise typer.Exit(1)


@foresee_app.command()
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
            fail("versions are a journey's: name one, like `tenure diff onboarding --from 3`", 2)
        database = parts.migrated_database(settings.load())
        if journey is None:
            found = differing.folder_against_published(database, definitions)
        elif after is None:
            found = differing.journey_in_folder(database, definitions, journey, before)
        else:
            found = differing.journey_versions(database, journey, before, after)
        database.close()
        if as_json:
            print_json(differing.as_json(found))
        else:
            differing.show(found, out)


StepMaps = Annotated[list[str] | None, typer.Option("--map", help="With --from: what became of a step, as `tenure publish` is told.")]


def _must_change(changed: Path | None, runs: list[str] | None, maps: list[str] | None) -> None:
    if changed is None and (runs or maps):
        what = "--runs says what runs under way do" if runs else "--map says what became of a step"
        fail(f"{what} when journeys change: name the folder of the change with --from", 2)


@foresee_app.command()
def simulate(
    journey: Annotated[str | None, typer.Argument(help="The journey to play.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All journeys together from the signup on, and where they are too much.")] = False,
    segment: Annotated[str | None, typer.Option(help="The segment of the described account; enterprise when left out.")] = None,
    account: Annotated[str | None, typer.Option(help="A copy of this account, by id or name, from now on, in all its journeys.")] = None,
    changed: Annotated[
        Path | None, typer.Option("--from", help="With --account: the journeys of this folder instead of those published.")
    ] = None,
    runs: Annotated[
        list[str] | None, typer.Option(help="With --from: what runs under way do, as `tenure publish` is told: drain, renewal=move …")
    ] = None,
    step_map: StepMaps = None,
    days: Annotated[int, typer.Option(min=1, max=1500, help="How long to play.")] = 90,
    people: Annotated[str, typer.Option(help="How our people behave: prompt, late or silent.")] = "prompt",
    start: Annotated[str | None, typer.Option(help="The first day of a described account; 2026-01-05 when left out.")] = None,
    event: Annotated[list[str] | None, typer.Option(help="Something that happens: 'day 3: setup_completed' (days from the start).")] = None,
    fact: Annotated[
        list[str] | None, typer.Option(help="A fact of the account or its contract: 'training=0.5', 'contract.auto_renews=true'.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the timeline into this file, as SVG.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the timeline and its table into this file, as a page.")] = None,
    definitions: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Play journeys in virtual time: what would happen, when, to whom, and why. Nothing is sent, and nothing written but the files named.

    A described account plays one journey, or all of them from its signup (--all). A real one (--account) plays on from where it stands;
    a journey that is named is begun first.
    """
    from runtime import parts, settings, simulating, timelines, weekly

    if account is None and every == (journey is not None):
        fail("name a journey, or say --all for all of them together, or --account for an account that there is", 2)
    if account is not None and (segment or start):
        fail(f"--{'segment' if segment else 'start'} describes an account that there is not; leave it out with --account", 2)
    if account is None and changed is not None:
        fail("--from changes what a real account plays; a described one plays the folder of --definitions", 2)
    _must_change(changed, runs, step_map)

    with plainly():
        script = simulating.Script(journey, days, people, tuple(event or ()), tuple(fact or ()))
        if account is None:
            first = read_day(start) if start else None
            played = simulating.play(definitions, script, segment or "enterprise", first)
        else:
            set_up, now = settings.load(), parts.now()
            database = parts.migrated_database(set_up)
            change = simulating.Change(changed, runs or (), step_map or ()) if changed else None
            played = simulating.play_account(database, account, script, now, weekly.readings(set_up, now, days), change)
            database.close()
        if svg:
            svg.write_text(timelines.as_svg(played), encoding="utf-8")
        if html:
            html.write_text(timelines.as_html(played), encoding="utf-8")
        if as_json:
            print_json(simulating.as_json(played))
        else:
            simulating.show(played, out)
            for written in filter(None, (svg, html)):
                out.print(f"written: {written}")


@foresee_app.command()
def forecast(
    days: Annotated[int, typer.Option(min=1, max=400, help="How far ahead.")] = 90,
    people: Annotated[str, typer.Option(help="How our people behave: prompt, late or silent.")] = "prompt",
    passes: Annotated[int, typer.Option(min=0, max=1000, help="Draw so often what history shows of waits, tasks and approvals.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed draws otherwise.")] = 1,
    changed: Annotated[
        Path | None, typer.Option("--from", help="A folder with a change that is not published: what it makes of the workload.")
    ] = None,
    runs: Annotated[
        list[str] | None, typer.Option(help="With --from: what runs under way do, as `tenure publish` is told: drain, renewal=move …")
    ] = None,
    step_map: StepMaps = None,
    html: Annotated[Path | None, typer.Option(help="Write it into this file, as a page.")] = None,
    as_json: Json = False,
) -> None:
    """Say what is to come: mails, tasks, approvals and notices of every account, against what our people can carry.

    Every account plays on in virtual time from where it stands. Nothing is sent, and nothing written but the file named.
    """
    from rich.progress import Progress

    from runtime import forecasting, foreseen, settings, workloads

    _must_change(changed, runs, step_map)
    with plainly():
        with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
            playing = bar.add_task("playing accounts", total=None)
            found = forecasting.ask(
                settings.load(),
                days,
                people,
                passes,
                seed,
                changed,
                runs or (),
                step_map or (),
                lambda done, of: bar.update(playing, completed=done, total=of),
            )
        if html:
            html.write_text(workloads.as_html(found), encoding="utf-8")
        if as_json:
            print_json(foreseen.as_json(found))
        else:
            foreseen.show(found, out)
            if html:
                out.print(f"written: {html}")


@schema_app.command()
def schema(markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/language.md, the reference for people.")] = False) -> None:
    """Print the JSON Schema of a journey file, for editors."""
    from domain import reference, schema

    if markdown:
        sys.stdout.write(reference.as_markdown())
    else:
        print_json(schema.of_journeys())
