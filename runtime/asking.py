"""`tenure publish`: what moves or ends runs is shown before it is done, and somebody agrees: at a terminal, or with the token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress as ProgressBar
from rich.prompt import Confirm

from activities.foreseeing import Impact, Progress
from database.definitions import Texts
from database.engine import Database
from domain.moving import Choices
from runtime import choosing, folders, impacts, publishing
from runtime.publishing import OutdatedPreview, Publication
from runtime.warrants import Warrant

OUTDATED = "runs have gone on since, or what is published or the folder changed: what is shown is what is so now"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed."""

    folder: Path
    runs: list[str]
    maps: list[str]
    preview: bool
    token: str | None
    texts: Texts | None = None  # in place of the folder's
    warrant: Warrant = field(default_factory=Warrant)
    command: str | None = None  # to carry out what was shown, where it is not `tenure publish`


class Asking:
    """`terminal` is where somebody can be asked, None where nobody can; `aside` shows how far the playing is."""

    def __init__(self, database: Database, wanted: Wanted, terminal: Console | None, aside: Console) -> None:
        self.database = database
        self.wanted = wanted
        self.terminal = terminal
        self.aside = aside
        self.chosen = Choices()
        self.seen: Impact | None = None  # what has to be shown, or agreed to
        self.done: Publication | None = None
        self.fault = ""

    def publish(self, clock: Callable[[], datetime]) -> Publication | None:
        """None where it was only to be shown, or nobody has agreed yet. Raises FaultyText, UnknownChoice, RunsGoOn and
        folders.NoDefinitions."""
        wanted = self.wanted
        texts = folders.read(wanted.folder) if wanted.texts is None else wanted.texts
        self.chosen = choosing.choices(wanted.runs, wanted.maps, publishing.journeys_known(self.database, texts))
        if self.terminal is not None and wanted.token is None:
            self.ask_of_steps(texts, clock(), self.terminal)
        token = wanted.token
        if wanted.preview or (token is None and self.is_asked()):
            with self.playing() as progress:
                self.seen = seen = publishing.preview(self.database, texts, clock(), self.chosen, progress)
            if wanted.preview or (seen.runs and not self.is_agreed(seen)):
                return None
            token = seen.token if seen.runs else None
        while True:
            try:
                with self.playing() as progress:
                    self.done = publishing.publish(self.database, texts, clock(), self.chosen, token, progress, wanted.warrant)
                return self.done
            except OutdatedPreview as outdated:
                self.seen = outdated.impact
                if self.terminal is None or not self.is_agreed(self.seen):
                    self.fault = OUTDATED
                    return None
                token = self.seen.token

    @contextmanager
    def playing(self) -> Iterator[Progress]:
        with ProgressBar(console=self.aside, transient=True, disable=not self.aside.is_terminal) as bar:
            task = bar.add_task("playing runs on to their ends", total=None)
            yield lambda done, of: bar.update(task, completed=done, total=of)

    def is_asked(self) -> bool:
        """Whether what was chosen moves or ends runs."""
        return any(each not in ("drain", "pin") for each in (self.chosen.otherwise, *self.chosen.of.values()))

    def ask_of_steps(self, texts: Texts, now: datetime, terminal: Console) -> None:
        open_questions = publishing.questions(self.database, texts, now, self.chosen)
        self.chosen = choosing.answered(self.chosen, open_questions, lambda question: choosing.ask(question, terminal))

    def is_agreed(self, seen: Impact) -> bool:
        if self.terminal is None:
            return False
        impacts.show(seen, self.chosen, self.terminal, self.command)
        self.seen = None  # it has been shown
        return Confirm.ask("\npublish this?", default=False, console=self.terminal)

    @property
    def command(self) -> str:
        """What to type for just this."""
        return self.wanted.command or f"tenure publish {choosing.words(self.chosen)}"

    # What is said in the end

    def show(self, out: Console) -> None:
        if self.seen is not None and self.done is None:
            impacts.show(self.seen, self.chosen, out, self.command)
        if self.done is None:
            if not self.wanted.preview:
                out.print("nothing was published")
            return
        for change in self.done.changes:
            out.print(f"{change.what} {change.kind} {change.name}, version {change.version}")
        if not self.done.changes:
            out.print("nothing changed")
        if self.done.impact.runs:
            out.print("runs under way on older versions:")
        for journey in self.done.impact.journeys:
            out.print(f"  {journey}: {impacts.spoken(self.done.impact, self.chosen, journey)}", markup=False)
        impacts.show_reach(self.done.impact.reach, out)
        if self.done.revision is not None and self.done.impact.runs:
            out.print(f"\nthis is revision {self.done.revision}; later, `tenure publish --review` says whether it came as foreseen")

    def as_json(self) -> Any:
        if self.done is None:
            return impacts.as_json(self.seen) if self.seen else None
        changes = [{"kind": each.kind, "name": each.name, "version": each.version, "what": each.what} for each in self.done.changes]
        return {"revision": self.done.revision, "changes": changes, "foreseen": impacts.as_json(self.done.impact)}
