"""Commands about holds."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from runtime.terminal import Json, fail, out, plainly, print_json

app = typer.Typer()


@app.command()
def hold(
    account: Annotated[str | None, typer.Argument(help="The account's id; a journey or everything of all accounts without one.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Everything, of all accounts.")] = False,
    journey: Annotated[str | None, typer.Option(help="Only this journey.")] = None,
    mail_class: Annotated[str | None, typer.Option("--class", help="Only mail of this class; commercial: all but operational.")] = None,
    until: Annotated[str | None, typer.Option(help="Until this day or moment; until somebody lifts it when left out.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for everybody who wonders.")] = "",
    resume: Annotated[
        str | None,
        typer.Option(help="What becomes of what falls due meanwhile: shift, skip or send; not of a class of mail.", show_default="shift"),
    ] = None,
    by: Annotated[str, typer.Option("--as", help="Who you are: your id or mail address.")] = "",
    as_json: Json = False,
) -> None:
    """Hold an account, a journey or everything: nothing goes out, and everything goes on listening.

    On resume, durations are shifted by the length of the hold (shift), steps whose day fell into it are skipped (skip), or all that
    fell due happens (send).
    """
    from activities.holding import Wanted
    from runtime import holding, operating, parts, settings

    if not by or not reason:
        fail("say who holds it and why: --as cara@example.com --reason 'They are moving offices'", 2)
    if everything == bool(account or journey or mail_class):
        fail("name an account, a --journey or a --class, or say --everything", 2)
    if journey and mail_class:
        fail("hold a journey or a class of mail, not both at once", 2)
    with plainly():
        loaded = settings.load()
        database, office = parts.migrated_database(loaded), parts.office()
        wanted = Wanted(account, journey, mail_class)
        policy = holding.resume_of(resume) if resume else None
        id, sentence, nudges = holding.hold(database, office, wanted, by, until, reason, policy, parts.now())
        asyncio.run(operating.nudge(loaded, nudges))
        database.close()
        if as_json:
            print_json({"id": id, "sentence": sentence})
        else:
            out.print(sentence, markup=False)


@app.command()
def holds(
    account: Annotated[str | None, typer.Argument(help="The account's id; the holds of all of them when left out.")] = None,
    as_json: Json = False,
) -> None:
    """List the holds in force."""
    from runtime import holding, parts, settings

    with plainly():
        database = parts.migrated_database(settings.load())
        found = holding.standing(database, parts.now(), account)
        database.close()
        if as_json:
            print_json(holding.holds_as_json(found))
            return
        for row in found:
            out.print(f"{row.id}  {holding.spoken(row)}", markup=False)
        if not found:
            out.print("nothing is held")


@app.command()
def resume(
    account: Annotated[str | None, typer.Argument(help="The account's id, for a hold of one account.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="The hold of everything, of all accounts.")] = False,
    journey: Annotated[str | None, typer.Option(help="The hold of this journey.")] = None,
    mail_class: Annotated[str | None, typer.Option("--class", help="The hold of this class of mail.")] = None,
    hold: Annotated[str | None, typer.Option("--hold", help="The hold of this id, as `tenure holds` shows it.")] = None,
    then: Annotated[str | None, typer.Option(help="What fell due meanwhile: shift, skip or send; as the hold says when left out.")] = None,
    by: Annotated[str, typer.Option("--as", help="Who you are: your id or mail address.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Say what it would do, and change nothing.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Show every run, not only the first.")] = False,
    as_json: Json = False,
) -> None:
    """Lift a hold, or say what that would do: what goes out at once, what is skipped as stale, what shifts to when."""
    from activities.holding import Wanted
    from runtime import holding, operating, parts, settings

    if not preview and not by:
        fail("say who lifts it: --as cara@example.com (or only look: --preview)", 2)
    if not hold and everything == bool(account or journey or mail_class):
        fail("name an account, a --journey, a --class or a --hold, or say --everything", 2)
    with plainly():
        loaded = settings.load()
        database, office = parts.migrated_database(loaded), parts.office()
        wanted, policy = Wanted(account, journey, mail_class), holding.resume_of(then) if then else None
        if preview:
            found = holding.foresee(database, office, wanted, hold, policy, parts.now())
        else:
            found = holding.lift(database, office, wanted, hold, by, policy, parts.now())
            asyncio.run(operating.nudge(loaded, list(found.nudges)))
        database.close()
        if as_json:
            print_json(holding.as_json(found))
            return
        out.print("lifting would do this now:\n" if preview else "lifted:\n")
        holding.show(found, out, every)
