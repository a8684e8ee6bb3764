"""`tenure publish --review`: whether a publication came as it was foreseen, and what made the difference where it did not."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from activities import reviewing
from activities.reviewing import Review, RunReview
from database.engine import Database
from domain.reviewing import Heard
from domain.touches import Touch
from runtime.impacts import KINDS

MOST_DIFFERENCES = 3  # of one run; --json has all
BECOMES = {"stays": "stay", "moves": "move", "cannot move": "cannot move", "ends": "end"}


def review(database: Database, revision: int | None, now: datetime) -> Review:
    """Raises NothingToReview."""
    with database.read() as session:
        return reviewing.review(session, revision, now)


def show(found: Review, out: Console) -> None:
    out.print(f"revision {found.revision}, published {found.published_at:%Y-%m-%d %H:%M} UTC; until {found.now:%Y-%m-%d %H:%M} UTC")
    if not found.runs:
        out.print("no run was under way on a version that it changed")
        return
    out.print(_numbers(found))
    differing, unexplained = found.differing, {run.run_id for run in found.unexplained}
    same = len(found.runs) - len(differing)
    out.print(f"\n{same} of {len(found.runs)} runs did what was foreseen")
    for run in differing:
        out.print(f"\n{run.account_id}: {run.journey} ({run.run_id})", style="bold", markup=False)
        if run.run_id in unexplained:
            out.print("  NOTHING WAS HEARD: what was foreseen was wrong, and that is Tenure's fault. Please report it.", style="bold red")
        else:
            out.print(f"  because of {run.cause}", markup=False)
            more = len(run.heard) - 1
            if more:
                out.print(f"  ({more} more {'thing was' if more == 1 else 'things were'} heard since; --json has them)")
        for difference in run.differences[:MOST_DIFFERENCES]:
            out.print(f"  {difference.sentence}", markup=False)
        if len(run.differences) > MOST_DIFFERENCES:
            out.print(f"  and {len(run.differences) - MOST_DIFFERENCES} more differences that follow")


def _numbers(found: Review) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("")
    for heading in ("foreseen", "came"):
        table.add_column(heading, justify="right")
    table.add_column("still to come", justify="right")
    foreseen, came = found.becomes()
    for becomes, words in BECOMES.items():
        if foreseen[becomes] or came[becomes]:
            table.add_row(f"runs that {words}", str(foreseen[becomes]), str(came[becomes]), "")
    to_come = found.to_come()
    for when, until in (("in the first 24 hours", found.day), ("until now", found.now)):
        foreseen, came = found.touches(until)
        for kind, words in KINDS.items():
            if foreseen[kind] or came[kind] or (until == found.now and to_come[kind]):
                later = str(to_come[kind]) if until == found.now else ""
                table.add_row(f"{words} {when}", str(foreseen[kind]), str(came[kind]), later)
    return table


def as_json(found: Review) -> dict[str, Any]:
    (becomes, became), (day, day_came), (whole, whole_came) = found.becomes(), found.touches(found.day), found.touches(found.now)
    return {
        "revision": found.revision, "published_at": found.published_at, "until": found.now, "choices": found.choices,
        "sums": {
            "becomes": _beside(becomes, became), "first_24_hours": _beside(day, day_came), "until_now": _beside(whole, whole_came),
            "to_come": dict(found.to_come()),
        },
        "runs": [_run_as_json(run) for run in found.runs],
        "differing": len(found.differing), "unexplained": [run.run_id for run in found.unexplained],
    }  # fmt: skip


def _beside(foreseen: Counter[str], came: Counter[str]) -> dict[str, dict[str, int]]:
    return {"foreseen": dict(foreseen), "came": dict(came)}


def _run_as_json(run: RunReview) -> dict[str, Any]:
    return {
        "run": run.run_id, "account": run.account_id, "journey": run.journey, "version": run.version,
        "becomes": {"foreseen": run.foreseen_becomes, "came": run.becomes},
        "touches": {
            "foreseen": [_touch_as_json(each) for each in run.foreseen.touches],
            "came": [_touch_as_json(each) for each in run.came.touches],
        },
        "differences": [asdict(each) for each in run.differences],
        "cause": _heard_as_json(run.cause) if run.cause else None,
        "heard": [_heard_as_json(each) for each in run.heard],
    }  # fmt: skip


def _touch_as_json(touch: Touch) -> dict[str, Any]:
    return {"at": touch.at, "kind": touch.kind, "step": touch.step, "visit": touch.visit, "recipient": touch.recipient}


def _heard_as_json(heard: Heard) -> dict[str, Any]:
    return {"at": heard.at, "what": heard.what, "teller": heard.teller, "by_the_run_itself": heard.own}
