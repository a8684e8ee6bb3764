"""Commands about words: preview, test-send, approve-words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime.terminal import Folder, fail, out, plainly

app = typer.Typer()


@app.command()
def preview(
    template: Annotated[str | None, typer.Argument(help="The template, like 'welcome' or 'slack/wins'.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every template, for every segment and in every language.")] = False,
    account: Annotated[str | None, typer.Option(help="An account of ours, by its id or name; a described one when left out.")] = None,
    segment: Annotated[str, typer.Option(help="The segment of the described account.")] = "enterprise",
    locale: Annotated[str | None, typer.Option(help="What the reader reads, like de.")] = None,
    day: Annotated[int, typer.Option(help="The day of the journey.")] = 30,
    to: Annotated[Path, typer.Option("--out", help="The folder for the files.")] = Path("preview"),
    screenshots: Annotated[bool, typer.Option("--screenshots", help="Also pictures: desktop and phone, light and dark.")] = False,
    definitions: Folder = Path(),
) -> None:
    """Write words to files as somebody will read them: html, txt and eml, and pictures."""
    from runtime import parts, previewing, settings
    from runtime import screenshots as pictures

    if every == (template is not None):
        fail("name a template, or say --all for all of them", 2)
    with plainly():
        published, now = previewing.load(definitions), parts.now()
        shown: list[previewing.Preview] = []
        one = [(previewing.named(published, template), segment, locale)] if template else None
        for name, of, language in one or previewing.everything(published):
            found = previewing.stored(settings.load(), account, now) if account else previewing.described(published, of, now)
            shown.append(previewing.preview(published, name, found, account or of, now, language, day))
        files = previewing.write(shown, to)
        if screenshots:
            files += pictures.take([path for path in files[:-1] if path.suffix == ".html"])
        for file in files if template else files[-1:]:
            out.print(str(file), markup=False)
        if template is None:
            out.print(f"{len(shown)} previews of {len({each.template.path for each in shown})} templates: open {to / 'index.html'}")


@app.command("test-send")
def send_a_test(
    template: Annotated[str, typer.Argument(help="The mail, like 'welcome'.")],
    to: Annotated[str, typer.Option("--to", help="Your own address, as it stands in Tenure.")],
    account: Annotated[str | None, typer.Option(help="An account of ours, by its id or name; a described one when left out.")] = None,
    segment: Annotated[str, typer.Option(help="The segment of the described account.")] = "enterprise",
    locale: Annotated[str | None, typer.Option(help="What the reader reads, like de.")] = None,
    definitions: Folder = Path(),
) -> None:
    """Send a mail to yourself, marked as a test."""
    from runtime import parts, previewing, settings

    with plainly():
        loaded, now = settings.load(), parts.now()
        published = previewing.load(definitions)
        name = previewing.named(published, template if "/" in template else f"email/{template}")
        found = previewing.stored(loaded, account, now) if account else previewing.described(published, segment, now)
        shown = previewing.preview(published, name, found, account or segment, now, locale)
        mail = previewing.send_to_oneself(published, shown, previewing.our_people(loaded), to, parts.channels(loaded))
        out.print(f"sent to {mail.to_address}: {mail.subject}", markup=False)


@app.command("approve-words")
def approve_words(
    templates: Annotated[list[str] | None, typer.Argument(help="Mails, like 'email/welcome'; all when left out.")] = None,
    by: Annotated[str, typer.Option(help="The id of the person who approves them.")] = "",
    definitions: Folder = Path(),
) -> None:
    """Approve mails as they are in a folder, where the financial pack asks for it."""
    from runtime import approving_words, parts, previewing, settings

    with plainly():
        published = previewing.load(definitions)
        database = parts.migrated_database(settings.load())
        try:
            with database.write() as session:
                approved = list(approving_words.approve(session, published, templates or [], by, parts.now()))
        finally:
            database.close()
        for mail, is_new in approved:
            out.print(f"{'approved' if is_new else 'approved before'}: {mail.path}  {mail.hash[:12]}", markup=False)
