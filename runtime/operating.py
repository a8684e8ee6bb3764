"""What operators do from the command line: the same transactions as over the API, on the database at hand."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from activities import intake
from activities.intake import Taken, Unfit
from activities.ledger import Ledger, Nudge
from api import faults
from api.events import EventBody
from api.problems import Problem
from api.syntax import check_json
from database import people
from database.tables import PersonRow
from domain.faults import suggestion
from runtime import parts, temporal
from runtime.settings import Settings


async def nudge(settings: Settings, nudges: list[Nudge]) -> None:
    """Tells Temporal at once where it answers; where it does not, a worker's sweep will."""
    if not nudges:
        return
    with contextlib.suppress(RuntimeError):
        client = await temporal.connect(settings)
        nudger = temporal.Nudger(client, asyncio.get_running_loop())
        for each in nudges:
            await nudger.tell(each)


def somebody(session: Session, who: str) -> PersonRow:
    """One of us, by id or mail address, who has not left. Raises Unfit."""
    if person := people.called(session, who):
        return person
    raise Unfit([("/by", "unknown_person", f"nobody active has the id or mail address '{who}'")])


async def enroll(settings: Settings, journey: str, account: str, contract: str | None, by: str | None) -> dict[str, Any]:
    """The new enrollment, or why there is none. Raises Unfit, UnknownAccount, NotPublished."""
    database, office = parts.migrated_database(settings), parts.office()

    def work(session: Session) -> tuple[Ledger, str | None, str]:
        person = somebody(session, by) if by is not None else None
        ledger = Ledger(session, office, account, parts.now())
        wanted = ledger.published.journeys.get(journey)
        if wanted is None:
            raise Unfit(
                [("/journey", "unknown", f"no journey is published as '{journey}'{suggestion(journey, ledger.published.journeys)}")]
            )
        before = set(ledger.live)
        told = ledger.enroll(wanted, contract, None, f"by {person.id}" if person else "from the command line")
        begun = set(ledger.live) - before
        refusal = next((decision.result for decision in told.decisions if decision.what == "not enrolled"), "")
        return ledger, begun.pop() if begun else None, refusal

    ledger, id, refusal = database.transact(work)
    await nudge(settings, list(ledger.nudges.values()))
    database.close()
    return {"id": id, "sentence": f"enrolled: {id}" if id else f"not enrolled: {refusal}"}


async def tell(settings: Settings, text: str) -> dict[str, Any]:
    """Raises Unfit, Conflict, UnknownAccount, NotPublished."""
    try:
        body = EventBody.model_validate(check_json(text.encode()))
    except Problem as problem:
        raise Unfit([("", problem.code, f"that is not JSON: {problem.detail}")]) from None
    except ValidationError as error:
        found = faults.of_model(error, EventBody)
        raise Unfit([(fault["pointer"], fault["code"], f"{fault['pointer']}: {fault['message']}") for fault in found]) from None
    database, office = parts.migrated_database(settings), parts.office()
    taken = database.transact(lambda session: intake.event(session, office, body.told(), parts.now()))
    if taken.ledger:
        await nudge(settings, list(taken.ledger.nudges.values()))
    database.close()
    return {
        "id": body.id, "name": body.name, "account": body.told().account_id, "duplicate": taken.duplicate, "unmatched": taken.unmatched,
        "sentence": _sentence(body, taken),
    }  # fmt: skip


def _sentence(body: EventBody, taken: Taken) -> str:
    if taken.duplicate:
        return "it was told before; nothing changed"
    return f"taken: {body.name} for {body.told().account_id}" + (
        "; it is kept, but no event is declared by that name, so nothing follows" if taken.unmatched else ""
    )
