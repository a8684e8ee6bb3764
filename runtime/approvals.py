"""`tenure approvals`: what waits for somebody's approval, with its mails, in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text
from sqlalchemy import Row
from sqlmodel import Session

from activities import approving, story
from activities.approving import Letter, Shown
from activities.ledger import Ledger, Nudge, Office
from activities.orders import NotAllowed, NotOpen, NotThere
from activities.view import View
from database import work
from database.engine import Database
from database.tables import AccountRow
from domain.links import Links
from domain.timing import zone
from runtime import operating

SHOWN_OF_ID = 8
_OF_A_LETTER = ("subject", "text", "reason", "body_hash", "state", "recipient", "id", "address", "html")


@dataclass(frozen=True)
class Opened:
    """An approval with what it decides about, where its account is, and whom to nudge."""

    shown: Shown
    account: str
    where: str
    people: dict[str, str]
    nudges: Sequence[Nudge] = ()


@dataclass(frozen=True)
class Acting:
    """Somebody (`who`: an id or mail address) who decides now."""

    database: Database
    office: Office
    links: Links
    who: str
    now: datetime


def waiting(database: Database, office: Office, account: str | None, who: str | None, limit: int, now: datetime) -> list[Opened]:
    """What is open, the soonest to end first. Raises Unfit."""
    with database.read() as session:
        approver = operating.somebody(session, who).id if who else None
        rows = work.open_approvals(session, account, approver, limit)
        view = View(session, office, now)
        letters = approving.letters_of(view, rows)
        return [_opened(view, Shown(row, letters[row.id], ())) for row in rows]


def one(database: Database, office: Office, id: str, now: datetime) -> Opened:
    """The approval of this id, or the only one whose id begins so. Raises NotOpen."""
    with database.read() as session:
        return _look(View(session, office, now), _id(session, id))


def decide(acting: Acting, id: str, approved: bool, note: str | None, only: Sequence[str]) -> Opened:
    """Raises NotOpen, NotAllowed, Unfit."""

    def act(session: Session, id: str, by: str, letters: list[str]) -> Ledger:
        return approving.decide(session, acting.office, id, approved, by, note, acting.now, letters)

    return _act(acting, id, only, act)


def edit(acting: Acting, id: str, subject: str | None, text: str | None, only: Sequence[str]) -> Opened:
    """Raises NotOpen, NotAllowed, Unfit."""

    def act(session: Session, id: str, by: str, letters: list[str]) -> Ledger:
        return approving.edit(session, acting.office, id, by, subject, text, acting.now, letters, acting.links)

    return _act(acting, id, only, act)


def text_to_edit(acting: Acting, id: str, only: Sequence[str]) -> str:
    """The text of the one mail that is to be changed, in Markdown. Raises NotOpen, NotAllowed."""
    shown = one(acting.database, acting.office, id, acting.now).shown
    open_ones = [letter for letter in shown.letters if letter.markdown is not None and (not only or letter.row.recipient in only)]
    if not open_ones:
        raise NotAllowed("no mail of it can be changed in an editor: say another text with --text")
    if len(open_ones) > 1:
        names = " or ".join(f"--only {letter.row.recipient}" for letter in open_ones)
        raise NotAllowed(f"it has {len(open_ones)} mails: say whose ({names}), or one text for all of them with --text")
    return open_ones[0].markdown or ""


def _act(acting: Acting, id: str, only: Sequence[str], act: Callable[[Session, str, str, list[str]], Ledger]) -> Opened:
    def decided(session: Session) -> Opened:
        by = operating.somebody(session, acting.who).id
        whole = _id(session, id)
        ledger = act(session, whole, by, _letters(session, whole, only))
        return replace(_look(View(session, acting.office, acting.now), whole), nudges=list(ledger.nudges.values()))

    return acting.database.transact(decided)


def _id(session: Session, id: str) -> str:
    same = work.approvals_beginning_with(session, id)
    if not same:
        raise NotThere("approval", id)
    if len(same) > 1 and id not in same:
        raise NotOpen(f"several ids begin with '{id}'; write more of it")
    return id if id in same else same[0]


def _letters(session: Session, id: str, readers: Sequence[str]) -> list[str]:
    """The ids of the mails to these readers. Raises NotThere."""
    approval = work.approval(session, id)
    found = {row.recipient: row.id for row in work.letters(session, approval)} if approval else {}
    for reader in readers:
        if reader not in found:
            raise NotThere("mail of this approval to", reader)
    return [found[reader] for reader in readers]


def _look(view: View, id: str) -> Opened:
    found = approving.look(view, id)
    assert found, "its id was looked up"
    return _opened(view, found)


def _opened(view: View, shown: Shown) -> Opened:
    account = view.session.get_one(AccountRow, shown.row.account_id)
    return Opened(shown, account.name, account.zone, {id: person.name for id, person in view.people.items()})


# On paper


def as_json(found: Sequence[Opened]) -> list[dict[str, Any]]:
    """For programs. Times are UTC."""
    return [_approval_as_json(each) for each in found]


def one_as_json(found: Opened) -> dict[str, Any]:
    return {**_approval_as_json(found), "why": [list(entry.story) for entry in found.shown.because]}


def _approval_as_json(found: Opened) -> dict[str, Any]:
    return {**found.shown.row._mapping, "messages": [_letter_as_json(letter) for letter in found.shown.letters]}


def _letter_as_json(letter: Letter) -> dict[str, Any]:
    return {
        **{name: getattr(letter.row, name, None) for name in _OF_A_LETTER},
        "verdict": letter.verdict.verdict if letter.verdict else None, "edits": [dict(each._mapping) for each in letter.edits],
        "markdown": letter.markdown,
    }  # fmt: skip


def show(found: Sequence[Opened], out: Console) -> None:
    if not found:
        out.print("nothing waits for approval")
    for each in found:
        _headline(each, out)
        for letter in each.shown.letters:
            out.print(f"  {_spoken(letter, each)}", markup=False)


def show_one(found: Opened, out: Console) -> None:
    """With its mails as they will leave, and why it is asked."""
    _headline(found, out)
    for entry in found.shown.because:
        to = f" to {entry.to.name}" if entry.to else ""
        out.print(f"\nWhy {entry.what}{to}:", style="bold", markup=False)
        for sentence in entry.story:
            out.print(f"  {sentence}", markup=False)
    for letter in found.shown.letters:
        _show_letter(letter, found, out)


def show_decided(found: Opened, out: Console) -> None:
    """What became of it, mail by mail."""
    _headline(found, out)
    for letter in found.shown.letters:
        out.print(f"  {_spoken(letter, found)}", markup=False)
    if left := [letter for letter in found.shown.letters if letter.row.state == "gated" and letter.verdict is None]:
        approved = sum(letter.verdict is not None and letter.verdict.verdict == "approved" for letter in found.shown.letters)
        waits = "; what is approved leaves when all are decided, or when its time is up" if approved else ""
        out.print(f"{len(left)} of {len(found.shown.letters)} mails are still to be decided about{waits}", markup=False)


def show_edited(found: Opened, only: Sequence[str], out: Console) -> None:
    """The mails that were changed, as they will leave."""
    _headline(found, out)
    for letter in found.shown.letters:
        if letter.edits and letter.verdict is None and (not only or letter.row.recipient in only):
            _show_letter(letter, found, out)


def _show_letter(letter: Letter, found: Opened, out: Console) -> None:
    out.print()
    out.print(Text(_spoken(letter, found), style="bold"))
    for each in letter.edits:
        at = story.moment_of(each.at, zone(found.where))
        was = "" if each.was_subject == letter.row.subject else f"; it was “{each.was_subject or 'not to be filled in'}”"
        out.print(f"changed by {found.people.get(each.by, each.by)}, {at}{was}", markup=False)
    if letter.row.text:
        out.print(f"\n{letter.row.text.rstrip()}", markup=False)


def _headline(found: Opened, out: Console) -> None:
    row: Row[Any] = found.shown.row
    who = found.people.get(row.approver_id or "", "nobody")
    covering = f", covering for {found.people.get(row.covering_for, row.covering_for)}" if row.covering_for else ""
    if row.state == "open":
        ends = f"until {story.moment_of(row.expires_at, zone(found.where))}, else {row.otherwise}" if row.expires_at else "without an end"
        words = f"waits for {who} ({row.role}{covering}) {ends}"
    else:
        by = f" by {found.people.get(row.decided_by, row.decided_by)}" if row.decided_by else ""
        words = f"{row.state}{by}" + (f": {row.note}" if row.note else "")
    out.print(Text(f"{row.id[:SHOWN_OF_ID]}  {found.account}: {row.title}, {row.journey} / {row.step}; {words}", style="bold"))


def _spoken(letter: Letter, found: Opened) -> str:
    row = letter.row
    verdict = letter.verdict
    became = f", {verdict.verdict} by {found.people.get(verdict.by, verdict.by)}" if verdict else ""
    became += f": {verdict.note}" if verdict and verdict.note else ""
    lacks = f" (lacking: {row.reason})" if row.reason and row.state == "gated" else ""
    return f"to {row.recipient} <{row.address or 'no address yet'}>: “{row.subject or 'cannot be filled in yet'}”{became}{lacks}"


def write_pages(found: Opened, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for letter in found.shown.letters:
        if letter.row.html:
            (folder / f"{letter.row.id}.html").write_text(letter.row.html)
