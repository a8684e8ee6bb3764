"""Erasing contacts (GDPR, Article 17), and what is kept of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from activities import erasing
from activities.erasing import Erasure
from api.idempotency import Done, Post
from api.pages import Asked, Page
from api.problems import not_found
from api.services import Use, acts, must_be_active, needs
from api.shapes import Id, In, Line, Out, example
from database.tables import ErasureRow, table
from domain.erasing import ARCHIVE_RULE

router = APIRouter(prefix="/v1", tags=["contact"])
rows = table(ErasureRow)


class EraseBody(In):
    """Nothing brings an erased contact back."""

    model_config = example(by="cara", why="Asked for it on 4 March, ticket 812")

    by: Id
    why: Line


class OtherContact(Out):
    account_id: str
    contact_id: str


class ErasureOut(Out):
    id: str = Field(description="the contact's id, which is all that is left of them")
    account_id: str
    reader: str = Field(description="the digest of the address, by which refusals go on to hold")
    by: str
    why: str
    erased_at: datetime
    wiped: dict[str, int] = Field(description="rows from which something was wiped, by table")
    archived: int = Field(description=f"mails that left and are kept: {ARCHIVE_RULE}, where the financial pack is on")
    archived_until: datetime | None = Field(description="erase the contact again then")
    sent_through: dict[str, int] = Field(description="mails that left, by the provider that may have copies of its own: erase them there")


class Erased(ErasureOut):
    same_address: list[OtherContact] = Field(description="contacts with the same address, who were not erased")


@router.post(
    "/accounts/{account_id}/contacts/{contact_id}/erasure", status_code=201, summary="Erase a contact", response_model=Erased,
    dependencies=[acts("privacy")],
)  # fmt: skip
def erase(account_id: Id, contact_id: Id, body: EraseBody, use: Use, post: Post) -> Response:
    """Ends what is under way about them and wipes what tells of them: name, address, facts, the words of their mails, answers and
    replies. What they said no to goes on to hold. 200 where they were erased before; 409 under legal hold."""

    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        found = erasing.erase(session, use.office, account_id, contact_id, body.by, body.why, use.clock(), use.log_erasure)
        return Done(_shown(found), found.ledgers, 201 if found.ledgers else 200)

    answer = post.carry_out(work)
    use.database.flush()
    return answer


def _shown(found: Erasure) -> Erased:
    others = [OtherContact(account_id=account, contact_id=contact) for account, contact in found.also]
    return Erased(**ErasureOut.model_validate(found.row).model_dump(), same_address=others)


class ErasureFilter(Asked):
    account: Id | None = None


@router.get("/erasures", summary="Who was erased", response_model=Page[ErasureOut], dependencies=[needs("accounts:read")])
def list_erasures(use: Use, asked: Annotated[ErasureFilter, Query()]) -> Page[ErasureOut]:
    with use.database.read() as session:
        return asked.page(session.execute(asked.of(rows, account_id=asked.account)).all(), ErasureOut.model_validate)


@router.get(
    "/erasures/{contact_id}", summary="What was erased of a contact", response_model=ErasureOut, dependencies=[needs("accounts:read")]
)
def get_erasure(contact_id: Id, use: Use) -> ErasureOut:
    with use.database.read() as session:
        row = session.execute(select(rows).where(rows.c.id == contact_id)).one_or_none()
    if row is None:
        raise not_found("erasure", contact_id)
    return ErasureOut.model_validate(row)
