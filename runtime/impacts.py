"""What publishing does to runs in flight, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from activities.foreseeing import Impact, Reach, RunImpact
from domain.foreseeing import DAY
from domain.moving import Choices, InFlight
from domain.touches import Touch
from runtime import choosing

KINDS = {"mail": "mails", "task": "tasks", "approval": "approvals", "post": "posts", "notice": "notices", "webhook": "webhooks"}
MOST_LINES = 12
MOST_CHANGES = 3  # of one run
MOST_NAMES = 5
UNSAID = "somebody has to say what became of these steps; until then runs at them stay, and what others left open there is closed"


def show(found: Impact, chosen: Choices, out: Console, command: str | None) -> None:
    """In sum, by journey, and each run that it makes a difference to; and the `command` for just this, where there is one."""
    if not found.runs:
        out.print("no run is under way on a version that this folder changes")
    else:
        _show_runs(found, chosen, out)
    show_reach(found.reach, out)
    if found.questions:
        out.print(f"\n{UNSAID}:")
        for question in found.questions:
            out.print(f"  '{question.step}' {choosing.spoken(question)}", markup=False)
            out.print(f"    --map {question.journey}:{question.step}={'|'.join([*question.candidates, choosing.GONE])}", markup=False)
    if found.runs and command:
        out.print(f"\nto publish just this: {command} --token {found.token}", markup=False)


def _show_runs(found: Impact, chosen: Choices, out: Console) -> None:
    out.print("runs under way on older versions:")
    for journey in found.journeys:
        out.print(f"  {journey}: {spoken(found, chosen, journey)}", markup=False)
    out.print()
    out.print(_numbers(found))
    out.print(f"\nopen tasks that are closed unfinished: {sum(run.tasks_lost for run in found.runs)}")
    for (journey, why), count in Counter((run.journey, run.why) for run in found.runs if run.becomes == "cannot move").most_common():
        out.print(f"{count} of {journey} cannot move: {why}", markup=False)
    differing = [
        run for run in found.runs if run.becomes == "cannot move" or run.tasks_lost or _changes(run.then.touches, run.anyway.touches)
    ]
    if differing:
        out.print("\nruns that it makes a difference to:")
    for run in differing[:MOST_LINES]:
        out.print(f"  {_line(run)}", markup=False)
    if len(differing) > MOST_LINES:
        out.print(f"  and {len(differing) - MOST_LINES} more; --json has all of them")


def spoken(found: Impact, chosen: Choices, journey: str) -> str:
    choice: InFlight = chosen.of_journey(journey)
    counts = [
        (found.count("stays", journey), "stay for good" if choice == "pin" else "stay"),
        (found.count("moves", journey), "move at once" if choice == "move_now" else "move when they have gone on from what they wait for"),
        (found.count("cannot move", journey), "cannot move, and stay"),
        (found.count("ends", journey), "end"),
    ]
    return ", ".join(f"{count} {words}" for count, words in counts if count)


def _numbers(found: Impact) -> Table:
    """Per kind of touch: as it will be, and how many more or fewer than would come anyway."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("if nothing is heard")
    for heading in ("next 24 hours", "against anyway", "to the end", "against anyway"):
        table.add_column(heading, justify="right")
    (day, day_anyway), (whole, whole_anyway) = found.touches(False), found.touches(True)
    for kind, words in KINDS.items():
        if whole[kind] or whole_anyway[kind]:
            more = (day[kind] - day_anyway[kind], whole[kind] - whole_anyway[kind])
            table.add_row(words, str(day[kind]), f"{more[0]:+}", str(whole[kind]), f"{more[1]:+}")
    return table


def _differs(run: RunImpact) -> bool:
    return run.becomes == "cannot move" or run.tasks_lost > 0 or bool(_changes(run.then.touches, run.anyway.touches))


def _line(run: RunImpact) -> str:
    changes = _changes(run.then.touches, run.anyway.touches)
    more = [f"and {len(changes) - MOST_CHANGES} more"] if len(changes) > MOST_CHANGES else []
    lost = [f"open tasks closed: {run.tasks_lost}"] if run.tasks_lost else []
    said = [run.why] if run.becomes == "cannot move" else [*lost, *changes[:MOST_CHANGES], *more]
    return f"{run.account_id}, {run.journey}: {run.becomes}; {'; '.join(said)}"


def _changes(then: Sequence[Touch], anyway: Sequence[Touch]) -> list[str]:
    """What comes at another time, comes besides, or does not come, in the order of the days. Notices follow from the rest."""
    left = [touch for touch in anyway if touch.kind != "notice"]
    found: list[tuple[datetime, str]] = []
    for touch in then:
        if touch.kind == "notice":
            continue
        same = next((each for each in left if _is_same(each, touch)), None)
        if same is not None:
            left.remove(same)
        if same is None:
            found.append((touch.at, f"{touch.kind} {touch.step} comes {touch.at:%Y-%m-%d}"))
        elif same.at != touch.at:
            found.append((touch.at, f"{touch.kind} {touch.step} {touch.at:%Y-%m-%d}, not {same.at:%Y-%m-%d}"))
    found += [(touch.at, f"{touch.kind} {touch.step} of {touch.at:%Y-%m-%d} does not come") for touch in left]
    return [sentence for _, sentence in sorted(found)]


def _is_same(one: Touch, other: Touch) -> bool:
    return replace(one, at=other.at) == other


def show_reach(reach: Iterable[Reach], out: Console) -> None:
    """Which runs a changed template reaches: words are live, whatever was chosen for the steps."""
    for each in reach:
        total = sum(len(ids) for ids in each.accounts.values())
        if not total:
            out.print(f"\n{each.template}: no run under way has it ahead", markup=False)
            continue
        out.print(f"\n{each.template}: the new words reach {total} run{'' if total == 1 else 's'} under way", markup=False)
        for journey, ids in each.accounts.items():
            names = list(dict.fromkeys(ids))
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            out.print(f"  {journey}: {len(ids)} ({', '.join(names[:MOST_NAMES])}{more})", markup=False)


def as_json(found: Impact) -> dict[str, Any]:
    return {
        "token": found.token,
        "sums": {
            "becomes": dict(Counter(run.becomes for run in found.runs)),
            "next_24_hours": dict(zip(("then", "anyway"), map(dict, found.touches(False)), strict=True)),
            "to_the_end": dict(zip(("then", "anyway"), map(dict, found.touches(True)), strict=True)),
            "tasks_lost": sum(run.tasks_lost for run in found.runs),
        },
        "runs": [_run_as_json(run, found.now) for run in found.runs],
        "questions": [
            {"journey": each.journey, "step": each.step, "candidates": each.candidates, "stand": each.stand, "others": each.others}
            for each in found.questions
        ],
        "reach": {each.template: dict(each.accounts) for each in found.reach},
    }  # fmt: skip


def _run_as_json(run: RunImpact, now: datetime) -> dict[str, Any]:
    return {
        "run": run.run_id, "account": run.account_id, "journey": run.journey, "version": run.version, "choice": run.choice,
        "stood": dict(run.stood), "becomes": run.becomes, "why": run.why, "moves_at": run.then.moves_at, "ends_at": run.then.ends_at,
        "ended_why": run.then.ended_why, "tasks_lost": run.tasks_lost,
        "next_24_hours": {"then": dict(run.then.counts(now + DAY)), "anyway": dict(run.anyway.counts(now + DAY))},
        "to_the_end": {"then": dict(run.then.counts()), "anyway": dict(run.anyway.counts())},
    }  # fmt: skip
