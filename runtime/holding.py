"""`tenure hold`, `tenure holds` and `tenure resume`: keeping everything, journeys or accounts back, and letting them go again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from rich.console import Console
from sqlalchemy import Row
from sqlmodel import Session

from activities import holding
from activities.holding import GoesOn, Sums, Wanted
from activities.intake import Unfit
from activities.ledger import Ledger, Nudge, Office, UnknownAccount
from activities.view import View
from database import accounts, holds
from database.engine import Database
from database.tables import AccountRow
from domain.facts import COMMERCIAL, Resume
from domain.faults import suggestion
from domain.timing import MIDNIGHT, moment, zone
from runtime import operating

MOST_SHOWN = 20


class NothingHeld(LookupError):
    """No hold of this kind is in force."""


@dataclass(frozen=True)
class Lifted:
    """What was lifted, what that does (foreseen in the moment before), and whom to nudge."""

    held: Sequence[Row[Any]]
    goes_on: Sequence[GoesOn]
    nudges: Sequence[Nudge] = ()


def resume_of(word: str) -> Resume:
    """Raises Unfit."""
    known: tuple[Resume, ...] = get_args(Resume)
    if word not in known:
        raise Unfit([("/resume", "unknown", f"on resume, what fell due can {', '.join(known)}, not '{word}'{suggestion(word, known)}")])
    return known[known.index(word)]


def hold(
    database: Database, office: Office, wanted: Wanted, who: str, until: str | None, reason: str, resume: Resume | None, now: datetime
) -> tuple[str, str, list[Nudge]]:
    """Places a hold; its id, a sentence, and whom to nudge. Raises Unfit, NotAllowed, UnknownAccount, NotPublished."""

    def work(session: Session) -> tuple[str, str, list[Nudge]]:
        by = operating.somebody(session, who).id
        ends = moment_of(session, wanted.account_id, until) if until else None
        if ends and ends <= now:
            raise Unfit([("/until", "range", f"'{until}' lies in the past; name a moment to come")])
        placed = holding.place(session, office, wanted, by, ends, reason, resume, now)
        row = holds.find(session, placed.id)
        assert row is not None, "it was placed"
        live = len(placed.ledger.nudges) if placed.ledger else None
        sentence = f"held: {spoken(row)}" + ("" if live is None else f"; {live} runs are kept back, and go on listening")
        return placed.id, sentence, list(placed.ledger.nudges.values()) if placed.ledger else []

    return database.transact(work)


def moment_of(session: Session, account_id: str | None, text: str) -> datetime:
    """A day begins at midnight where the account is, in UTC for what is of all accounts. Raises Unfit."""
    try:
        if len(text) == len("2026-03-01"):
            row = session.get(AccountRow, account_id) if account_id else None
            return moment(date.fromisoformat(text), MIDNIGHT, zone(row.zone) if row else ZoneInfo("UTC"))
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit([("/until", "timestamp", f"'{text}' is not a day like 2026-03-01 or a moment like 2026-03-01T08:00Z")]) from None
    if found.tzinfo is None:
        raise Unfit([("/until", "timestamp_zone", f"'{text}' needs its time zone, like {text}Z or {text}+01:00")])
    return found


def standing(database: Database, now: datetime, account_id: str | None = None) -> Sequence[Row[Any]]:
    """The holds in force; of an account those of all accounts too. Raises UnknownAccount."""
    with database.read() as session:
        if account_id is None:
            return holds.standing(session, now)
        _must_exist(session, account_id)
        return holds.standing(session, now, holds.concerning(account_id))


def foresee(database: Database, office: Office, wanted: Wanted, id: str | None, resume: Resume | None, now: datetime) -> Lifted:
    """What lifting would do now. Raises NothingHeld, NotOpen, UnknownAccount."""
    with database.read() as session:
        rows = _wanted(session, wanted, id, now)
        return Lifted(rows, holding.foresee(View(session, office, now), rows, resume))


def lift(database: Database, office: Office, wanted: Wanted, id: str | None, who: str, resume: Resume | None, now: datetime) -> Lifted:
    """Lifts holds. Raises NothingHeld, NotOpen, Unfit, UnknownAccount."""

    def work(session: Session) -> Lifted:
        by = operating.somebody(session, who).id
        rows = _wanted(session, wanted, id, now)
        if wanted.account_id:
            accounts.lock(session, wanted.account_id)  # what is foreseen in this transaction is what happens
        foreseen = holding.foresee(View(session, office, now), rows, resume)
        ledgers: list[Ledger | None] = [holding.lift(session, office, row.id, by, resume, now) for row in rows]
        return Lifted(rows, foreseen, [nudge for ledger in ledgers if ledger for nudge in ledger.nudges.values()])

    lifted = database.transact(work)
    return Lifted(lifted.held, lifted.goes_on, [*lifted.nudges, *holding.tell_over(database, office, now)])


def _wanted(session: Session, wanted: Wanted, id: str | None, now: datetime) -> Sequence[Row[Any]]:
    if id is not None:
        return [holding.standing(session, id, now)]
    if wanted.account_id:
        _must_exist(session, wanted.account_id)
    whose = holds.of_account(wanted.account_id) if wanted.account_id else holds.of_all()
    there = holds.standing(session, now, whose)
    found = [row for row in there if (row.journey, row.mail_class) == (wanted.journey, wanted.mail_class) and row.run_id is None]
    if not found:
        others = "".join(f"\n  {row.id}  {spoken(row)}" for row in there)
        raise NothingHeld(f"no hold of {_what(wanted)} is in force" + (f"; these are (name one with --hold):{others}" if others else ""))
    return found


def _must_exist(session: Session, account_id: str) -> None:
    if session.get(AccountRow, account_id) is None:
        raise UnknownAccount(f"there is no account '{account_id}'")


def _what(wanted: Wanted) -> str:
    mail = "commercial mail" if wanted.mail_class == COMMERCIAL else f"mail of the class {wanted.mail_class}" if wanted.mail_class else ""
    part = f"the journey {wanted.journey}" if wanted.journey else mail
    if wanted.account_id is None:
        return f"{part} of all accounts" if part else "everything"
    return f"{part} of {wanted.account_id}" if part else wanted.account_id


_THEN = {"shift": "then durations are shifted", "skip": "then what became stale is skipped", "send": "then all is sent"}


def spoken(row: Row[Any]) -> str:
    until = f"until {row.until:%Y-%m-%d %H:%M} UTC" if row.until else "until somebody lifts it"
    by = f" by {row.placed_by}" if row.placed_by else ""
    then = _THEN[row.resume] if row.mail_class is None else "then what waits leaves in its readers' next hours"
    what = _what(Wanted(row.account_id, row.journey, row.mail_class))
    return f"{what}, {until}, {then} (since {row.placed_at:%Y-%m-%d %H:%M} UTC{by}: {row.reason})"


def show(found: Lifted, out: Console, every: bool) -> None:
    """Sums first, then run by run; the first few unless `every` is wanted."""
    for row in found.held:
        out.print(f"hold {row.id}: {spoken(row)}", markup=False)
    out.print(spoken_sums(holding.sums(found.goes_on)), markup=False)
    told = [each for each in found.goes_on if _lines(each)]
    for each in told if every else told[:MOST_SHOWN]:
        out.print(f"\n{each.account_id}, {each.run.journey} ({each.run.run_id})", style="bold", markup=False)
        for line in _lines(each):
            out.print(f"  {line}", markup=False)
    if not every and len(told) > MOST_SHOWN:
        out.print(f"\nand {len(told) - MOST_SHOWN} runs more; --all shows them", markup=False)


def spoken_sums(sums: Sums) -> str:
    at_once = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sums.at_once.items()) or "nothing"
    parts = [f"{sums.runs} runs go on: at once {at_once}"]
    if sums.later:
        parts.append(f"{sums.later} mails in their readers' next hours")
    parts += [f"{sums.stale} steps are skipped as stale", f"{sums.shifted} waits end later"]
    if sums.still_held:
        parts.append(f"{sums.still_held} runs are held all the same")
    return "; ".join(parts)


def _lines(each: GoesOn) -> list[str]:
    run = each.run
    lines = [f"at once: {touch.kind} {touch.what} to {touch.recipient} ({touch.step})" for touch in run.at_once]
    lines += [f"skipped as stale: {step}" for step in run.stale]
    lines += [f"mail of {later.step} leaves at {_at(later.at)}" for later in run.later]
    lines += [f"{later.step} ends at {_at(later.at)}, not at {_at(later.before)}" for later in run.shifted if later.before]
    lines += [f"it is not let go: {run.held_by}"] if run.held_by else []
    lines += [f"it ends: {run.over}"] if run.over else []
    return lines


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def holds_as_json(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in rows]


def as_json(found: Lifted) -> dict[str, Any]:
    return {
        "holds": [row.id for row in found.held],
        "sums": asdict(holding.sums(found.goes_on)),
        "runs": [{"account": each.account_id, **asdict(each.run)} for each in found.goes_on],
    }
