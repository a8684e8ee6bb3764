"""What every command shares: where it prints, how it fails, and the options that mean the same everywhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from domain.faults import FaultyText

WIDE = 140  # columns of what is not shown in a terminal, which has its own
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Folder = Annotated[Path, typer.Option("--definitions", envvar="TENURE_DEFINITIONS", help="The folder that holds journeys/ and templates/.")]


@contextmanager
def plainly() -> Iterator[None]:
    """Errors that somebody can act on are a sentence, not a traceback."""
    from sqlalchemy.exc import OperationalError
    from temporalio.service import RPCError

    from activities.intake import Conflict, Gone, Unfit
    from activities.ledger import UnknownAccount
    from activities.orders import NotAllowed, NotOpen
    from activities.reviewing import NothingToReview
    from activities.why import NotKnown
    from channels.channel import Refused, Unclear
    from database.definitions import NotPublished
    from database.migrating import WrongShape
    from domain.locales import UnknownLanguage
    from domain.sandbox import Unfillable
    from runtime.approving_words import MayNotApprove
    from runtime.choosing import UnknownChoice
    from runtime.folders import NoDefinitions
    from runtime.holding import NothingHeld
    from runtime.local_temporal import NoTemporal
    from runtime.previewing import Unpreviewable
    from runtime.proposing import NothingBefore
    from runtime.screenshots import NoBrowser
    from runtime.settings import BadSettings
    from runtime.simulating import Unplayable
    from runtime.up import CannotStart
    from runtime.warrants import NeedsApproval, NobodyApproves

    try:
        yield
    except typer.Exit:
        raise  # it is a RuntimeError by descent, and no error
    except FaultyText as error:
        for fault in error.faults:
            err.print(str(fault), markup=False)
        raise typer.Exit(2) from None
    except (NoDefinitions, Unplayable, UnknownChoice, Unfit, Conflict, Gone, NotOpen, NotAllowed, UnknownAccount, NotPublished) as error:
        fail(str(error), 2)
    except (NothingHeld, NothingBefore, NeedsApproval, NobodyApproves) as error:
        fail(str(error), 2)
    except (MayNotApprove, NothingToReview, NotKnown, Unfillable, UnknownLanguage, Unpreviewable) as error:
        fail(str(error), 2)
    except (BadSettings, CannotStart, NoBrowser, Refused, Unclear, WrongShape, NoTemporal) as error:
        fail(str(error), 3)
    except OperationalError as error:
        fail(f"the database does not answer: {str(error.orig).splitlines()[0]}", 3)
    except (RPCError, RuntimeError) as error:
        fail(str(error).splitlines()[0], 3)


def fail(sentence: str, code: int) -> NoReturn:
    """Say what is wrong, and leave with this exit code."""
    err.print("[red]error:[/red] ", end="")
    err.print(sentence, markup=False)
    raise typer.Exit(code)


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


def read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"'{text}' is not a day like 2026-01-05", 2)
