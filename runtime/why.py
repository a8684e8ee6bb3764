"""`tenure why`: why something went out to an account, or did not, as a short story on paper."""

from __future__ import annotations

import textwrap
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from rich.text import Text
from sqlalchemy import func, or_, select
from sqlmodel import Session

from activities import story, why
from activities.reasons import Answer, Entry
from activities.view import View
from activities.why import NotKnown, Question
from database.tables import AccountRow, table
from domain.timing import zone
from runtime import parts
from runtime.settings import Settings

accounts = table(AccountRow)
_answers: TypeAdapter[Answer] = TypeAdapter(Answer)

MOST_COLUMNS = 100
MOST_LINES = 8
_INDENT = "    "
_HEADLINES = {
    "sent": "sent", "in_doubt": "in doubt, it may have left", "asked": "asked", "entered": "entered", "done": "done", "waiting": "waiting",
    "failed": "failed", "dropped": "not sent", "withdrawn": "withdrawn", "skipped": "skipped", "ignored": "did not begin",
    "refused": "not enrolled", "ahead": "still to come", "over": "not reached", "not_taken": "not taken", "never": "never",
    "not_entered": "not entered", "shadowed": "in shadow, not done",
}  # fmt: skip
_WITHOUT_MOMENT = {"ahead": "no day yet", "waiting": "now"}
_STYLES = {
    "sent": "green",
    "asked": "green",
    "entered": "green",
    "done": "green",
    "waiting": "cyan",
    "ahead": "cyan",
    "in_doubt": "red",
    "failed": "red",
}


def ask(settings: Settings, account: str, question: Question) -> Answer:
    """`account` is an id, or a name as people write it. Raises NotKnown, NotPublished and WrongShape."""
    database = parts.migrated_database(settings)
    try:
        with database.read() as session:
            return why.answer(View(session, parts.office(), parts.now()), account_id(session, account), question)
    finally:
        database.close()


def account_id(session: Session, called: str) -> str:
    """The id of the account that is called so, by its id or its name in whatever case."""
    if session.execute(select(accounts.c.id).where(accounts.c.id == called)).one_or_none():
        return called
    same = or_(func.lower(accounts.c.id) == called.lower(), func.lower(accounts.c.name) == called.lower())
    found = session.execute(select(accounts.c.id).where(same).limit(2)).scalars().all()
    if len(found) != 1:
        known = session.execute(select(accounts.c.id).where(accounts.c.id.startswith(called[:2].lower(), autoescape=True)).limit(200))
        raise NotKnown("account", called, known.scalars())
    return str(found[0])


def as_json(answer: Answer) -> dict[str, Any]:
    """For programs. Times are UTC."""
    dumped: dict[str, Any] = _answers.dump_python(answer, mode="json")
    return dumped


def show(answer: Answer, out: Console, console: str | None) -> None:
    """Newest first, at most 100 columns wide. `console` is the address at which the console answers."""
    width = min(out.width, MOST_COLUMNS)
    _write(out, f"{answer.name} ({answer.account_id}), newest first. Times are {answer.zone}.", width)
    if not answer.entries:
        _write(out, "Nothing is written down of what is asked.", width)
    for entry in answer.entries:
        out.print()
        _headline(out, entry, answer.zone, width)
        for sentence in entry.story:
            _write(out, sentence, width, _INDENT)
        if entry.rule:
            _write(out, f"{entry.rule.place}, version {entry.version}:", width, _INDENT)
            _quote(out, entry.rule.text, width)
        if console and entry.href:
            out.print(Text(f"{_INDENT}{console}{entry.href}", style="dim"))
    if answer.more:
        out.print()
        _write(out, "There is more: ask with --limit, or --until an earlier day.", width)


def _headline(out: Console, entry: Entry, where: str, width: int) -> None:
    at = story.moment_of(entry.at, zone(where)) if entry.at else _WITHOUT_MOMENT.get(entry.fate, "so far")
    place = (
        f", {entry.journey}" + (f" / {entry.step}" if entry.step and entry.step != entry.what else "")
        if entry.journey not in (None, entry.what)
        else ""
    )
    what = f"{entry.kind} '{entry.what}'" + (f" to {entry.to.name}" if entry.to else "")
    line = f"{at}  {_HEADLINES[entry.fate]}: {what}{place}"
    for index, part in enumerate(textwrap.wrap(line, width, subsequent_indent=_INDENT, break_on_hyphens=False)):
        out.print(Text(part, style=f"bold {_STYLES.get(entry.fate, 'yellow')}" if index == 0 else "bold"))


def _quote(out: Console, text: str, width: int) -> None:
    """The step as written; a long one is cut, its place says where to read on."""
    lines = text.splitlines()
    for line in [*lines[:MOST_LINES], *(["…"] if len(lines) > MOST_LINES else [])]:
        depth = len(line) - len(line.lstrip())
        indent = _INDENT * 2 + " " * depth
        for part in textwrap.wrap(line.strip(), width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False):
            out.print(Text(part, style="dim"))


def _write(out: Console, words: str, width: int, indent: str = "") -> None:
    lines = textwrap.wrap(words, width, initial_indent=indent, subsequent_indent=f"{indent}  " if indent else "", break_on_hyphens=False)
    for line in lines:
        out.print(Text(line))
