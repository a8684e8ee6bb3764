"""Commands about shadow: what would have gone out, and whether our people agree."""

from __future__ import annotations

from typing import Annotated

import typer

from runtime.terminal import Json, fail, out, plainly, print_json, read_day

app = typer.Typer(help="What steps in shadow would have done, and whether our people agree.")
ShadowId = Annotated[str, typer.Argument(help="Its id, or how that begins.")]
As = Annotated[str, typer.Option("--as", help="The id of the person who says so.")]
Note = Annotated[str | None, typer.Option(help="Why.")]


@app.callback(invoke_without_command=True)
def list_shadow(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="Only this account's, by its id.")] = None,
    journey: Annotated[str | None, typer.Option(help="Only this journey's.")] = None,
    step: Annotated[str | None, typer.Option(help="Only this step's, by its id.")] = None,
    verdict: Annotated[str | None, typer.Option(help="Only what nobody judged (open), or what somebody said: agree, disagree.")] = None,
    since: Annotated[str | None, typer.Option(help="From this day on (UTC), like 2026-01-05.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """List what would have gone out, the newest first; `agree` and `disagree` take the ids."""
    if context.invoked_subcommand:
        return
    from database.shadows import Wanted
    from runtime import parts, settings, shadowing

    with plainly():
        if verdict not in (None, "open", "agree", "disagree"):
            fail(f"a verdict is open, agree or disagree, not '{verdict}'", 2)
        from_day = shadowing.beginning_of(read_day(since)) if since else None
        database = parts.migrated_database(settings.load())
        found = shadowing.found(database, Wanted(account, journey, step, None, verdict, from_day), limit)  # type: ignore[arg-type]  # looked at above
        database.close()
        if as_json:
            print_json(shadowing.as_json(found))
        else:
            shadowing.show(found, out)


@app.command("show")
def show_shadow(id: ShadowId) -> None:
    """Show one of them with its words."""
    from runtime import parts, settings, shadowing

    with plainly():
        database = parts.migrated_database(settings.load())
        found = shadowing.one(database, id)
        database.close()
        shadowing.show_words(found, out)


@app.command()
def agree(id: ShadowId, by: As, note: Note = None) -> None:
    """Say that it should have happened."""
    from runtime import parts, settings, shadowing

    with plainly():
        database = parts.migrated_database(settings.load())
        found = shadowing.judge(database, id, "agree", by, note, parts.now())
        database.close()
        shadowing.show(found, out)


@app.command()
def disagree(id: ShadowId, by: As, note: Note = None) -> None:
    """Say that it should not have happened."""
    from runtime import parts, settings, shadowing

    with plainly():
        database = parts.migrated_database(settings.load())
        found = shadowing.judge(database, id, "disagree", by, note, parts.now())
        database.close()
        shadowing.show(found, out)


@app.command("report")
def report_shadow(
    journey: Annotated[str | None, typer.Option(help="Only this journey.")] = None,
    segment: Annotated[str | None, typer.Option(help="Only this segment.")] = None,
    by_segment: Annotated[bool, typer.Option("--by-segment", help="Tell segments apart.")] = False,
    since: Annotated[str | None, typer.Option(help="From this day on (UTC), like 2026-01-05; as after a change.")] = None,
    as_json: Json = False,
) -> None:
    """Say how far our people agree, step by step, and what they disagree with."""
    from database.shadows import Wanted
    from runtime import parts, settings, shadowing

    with plainly():
        from_day = shadowing.beginning_of(read_day(since)) if since else None
        database = parts.migrated_database(settings.load())
        found = shadowing.report(database, Wanted(None, journey, None, segment, None, from_day), by_segment)
        database.close()
        if as_json:
            print_json(shadowing.report_as_json(found))
        else:
            shadowing.show_report(found, out)
