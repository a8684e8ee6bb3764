"""Four eyes and going back: what somebody proposes and somebody else approves, and publishing again what was published before."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rich.console import Console
from sqlalchemy import Row
from sqlmodel import Session

from activities.foreseeing import Progress
from activities.orders import NotAllowed, NotOpen, NotThere
from database import definitions, people, proposals, publications, revisions
from database.definitions import Texts
from database.engine import Database
from database.tables import PersonRow
from domain import four_eyes
from domain.faults import suggestion
from domain.moving import Choices
from runtime import choosing, differing, impacts, operating, publishing, warrants
from runtime.differing import Compared
from runtime.warrants import Warrant


class NothingBefore(LookupError):
    """There is no earlier publication to go back to, or not this one."""


# Four eyes


@dataclass(frozen=True)
class Proposal:
    """What was proposed, as the list shows it; `void` says why nobody can approve it any more."""

    row: Row[Any]
    void: str | None

    @property
    def state(self) -> str:
        return f"published as revision {self.row.revision}" if self.row.revision is not None else self.void or "open"


def propose(
    database: Database, texts: Texts, who: str, choices: Choices, now: datetime, rolls_back_to: int | None = None,
    progress: Progress | None = None,
) -> tuple[str, list[Compared]]:  # fmt: skip
    """Stores these texts for somebody else to approve, with what they change and do to runs in flight; its id, and what they change.

    Raises FaultyText, UnknownChoice, NobodyApproves, Unfit.
    """
    found = publishing.preview(database, texts, now, choices, progress)
    compared = differing.texts_against_published(database, texts)
    if not compared and choices == Choices():
        raise NotAllowed("nothing differs from what is published; there is nothing to propose")
    shown = Console(file=io.StringIO(), width=140, highlight=False, soft_wrap=True)
    impacts.show(found, choices, shown, command=None)
    lines = shown.file.getvalue().splitlines()  # type: ignore[attr-defined]  # it is the StringIO
    runs, maps = choosing.typed(choices)

    def work(session: Session) -> str:
        author = operating.somebody(session, who).id
        warrants.must_be_approvable(session, texts)
        return proposals.add(
            session, author, texts, now, choices={"runs": runs, "maps": maps}, differences=differing.as_json(compared), preview=lines,
            rolls_back_to=rolls_back_to,
        )  # fmt: skip

    return database.transact(work), compared


@dataclass(frozen=True)
class Approval(Warrant):
    """What one of us proposed, on the word of another."""

    proposal: str = ""

    def check(self, session: Session, texts: Texts) -> None:
        """Raises NotOpen, NotAllowed, NobodyApproves."""
        revisions.lock(session, revisions.DEFINITIONS)
        row = must_be_open(session, self.proposal)
        if proposals.fingerprint(texts) != row.hash:
            raise NotOpen(f"proposal {row.id} is void: its texts are not those that were proposed; propose them again")
        approver = session.get_one(PersonRow, self.by)
        if why := four_eyes.refusal(warrants.policy(session), row.author_id, people.person(approver)):
            raise NotAllowed(why)
        warrants.must_be_approvable(session, texts)

    def columns(self) -> dict[str, Any]:
        return {**super().columns(), "proposal_id": self.proposal}

    def done(self, session: Session, revision: int, now: datetime) -> None:
        assert self.by is not None, "somebody approved it"
        proposals.publish(session, self.proposal, self.by, revision, now)


def warrant(database: Database, who: str | None, rolls_back_to: int | None = None) -> Warrant:
    """Somebody's own word. Raises Unfit."""
    if who is None:
        return Warrant(None, rolls_back_to)
    with database.read() as session:
        return Warrant(operating.somebody(session, who).id, rolls_back_to)


def approval(database: Database, id: str, who: str) -> tuple[Approval, dict[tuple[str, str], str], list[str], list[str]]:
    """The warrant of an approval, the very texts that were proposed, and what was chosen for runs in flight, as it is typed.

    Raises NotThere, NotOpen, NotAllowed, Unfit: now rather than after all runs were played on.
    """
    with database.read() as session:
        row = must_be_open(session, id)
        approver = operating.somebody(session, who)
        if why := four_eyes.refusal(warrants.policy(session), row.author_id, people.person(approver)):
            raise NotAllowed(why)
        texts = proposals.texts_of(session, row)
    return Approval(approver.id, row.rolls_back_to, proposal=id), texts, row.choices["runs"], row.choices["maps"]


def must_be_open(session: Session, id: str) -> Row[Any]:
    """Raises NotThere, NotOpen."""
    row = proposals.find(session, id)
    if row is None:
        raise NotThere("proposal", id)
    if why := proposals.void_because(session, row):
        raise NotOpen(f"proposal {id}: {why}")
    return row


def everything(database: Database) -> list[Proposal]:
    with database.read() as session:
        current, _ = definitions.current_texts(session)
        return [Proposal(row, proposals.void_because(session, row, current)) for row in proposals.everything(session)]


def one(database: Database, id: str) -> Proposal:
    """Raises NotThere."""
    with database.read() as session:
        row = proposals.find(session, id)
        if row is None:
            raise NotThere("proposal", id)
        return Proposal(row, proposals.void_because(session, row))


def as_json(proposal: Proposal) -> dict[str, Any]:
    shown = ("id", "author_id", "proposed_at", "hash", "rolls_back_to", "choices", "differences", "preview", "ended_at", "ended_by")
    return {name: getattr(proposal.row, name) for name in shown} | {"state": proposal.state, "revision": proposal.row.revision}


def show(proposal: Proposal, out: Console) -> None:
    """What the author saw: the difference in words, and what it does to runs in flight."""
    row = proposal.row
    out.print(f"proposal {row.id} by {row.author_id}, {row.proposed_at:%Y-%m-%d %H:%M} UTC: {proposal.state}", style="bold", markup=False)
    if row.rolls_back_to is not None:
        out.print(f"it goes back to revision {row.rolls_back_to}")
    for each in row.differences:
        out.print(each["name"] if each["kind"] == "journey" else f"{each['kind']} {each['name']}", markup=False)
        for difference in each["differences"]:
            out.print(f"  {difference['sentence']}", markup=False)
    out.print()
    for line in row.preview:
        out.print(line, markup=False)


# Going back


@dataclass(frozen=True)
class Earlier:
    """What was published at a revision, and what publishing it again would change."""

    revision: int
    texts: Texts
    compared: Sequence[Compared]


def earlier(database: Database, to: int | None) -> Earlier:
    """What was published as revision `to`, or before the last change when None. Raises NothingBefore, FaultyText."""
    with database.read() as session:
        known = publications.revisions_of_texts(session)
        if to is None:
            if len(known) < 2:
                raise NothingBefore("nothing was published before what is published now; there is nothing to go back to")
            to = known[-2]
        elif to not in known:
            raise NothingBefore(f"nothing was published as revision {to}{suggestion(str(to), map(str, known))}; see `tenure publications`")
        texts = definitions.texts_at(session, to)
    label = f"revision {to}"
    compared = differing.texts_against_published(database, texts)
    named = [replace(each, after=label if each.after == differing.FOLDER else each.after) for each in compared]
    return Earlier(to, texts, named)


def acts(database: Database) -> list[dict[str, Any]]:
    """Every act of publishing, the latest first."""
    with database.read() as session:
        rows = publications.acts(session)
    shown = ("revision", "published_at", "published_by", "proposal_id", "rolls_back_to", "changes")
    return [{name: getattr(row, name) for name in shown} for row in reversed(rows)]


def spoken_act(act: dict[str, Any]) -> str:
    changes = [f"{change['what']} {change['name']}" for change in act["changes"]]
    words = ", ".join(changes[:4]) + (f" and {len(changes) - 4} more" if len(changes) > 4 else "") if changes else "no text changed"
    by = f" by {act['published_by']}" if act["published_by"] else ""
    approved = f", approved as proposal {act['proposal_id']}" if act["proposal_id"] else ""
    back = f", rolls back to {act['rolls_back_to']}" if act["rolls_back_to"] is not None else ""
    return f"{act['revision']}  {act['published_at']:%Y-%m-%d %H:%M} UTC{by}{approved}{back}: {words}"
