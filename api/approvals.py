"""Approvals: what our people decide before it leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlmodel import Session

from activities import approving
from activities.approving import Letter
from activities.ledger import Ledger
from activities.view import View
from api.idempotency import Done, Post, Posting
from api.pages import Asked, Page
from api.problems import not_found
from api.services import Services, Use, acts, must_be_active, needs
from api.shapes import Id, In, Line, Out, Prose, example
from api.why import EntryOut
from database.tables import ApprovalRow, table
from domain.editing import MOST_SUBJECT, MOST_TEXT

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])
rows = table(ApprovalRow)
Shape = TypeVar("Shape", bound="LetterOut")


class ApprovalOut(Out):
    id: str
    account_id: str
    enrollment_id: str
    journey: str
    step: str
    title: str
    role: str
    approver_id: str | None
    covering_for: str | None
    otherwise: str
    state: str
    asked_at: datetime
    expires_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class VerdictOut(Out):
    """What was decided about one mail, and the hash (SHA-256) of the mail as it was then."""

    verdict: Literal["approved", "skipped"]
    by: str
    at: datetime
    body_hash: str | None
    template_hash: str | None
    note: str | None


class EditOut(Out):
    """A change of a mail: what was written (`text` is Markdown), and the words before it; null where they could not be filled in."""

    by: str
    at: datetime
    subject: str | None
    text: str | None
    was_subject: str | None
    was_text: str | None
    was_hash: str | None
    body_hash: str


class LetterOut(Out):
    """A mail that waits for the decision, as it will leave: what is approved is what is sent, byte for byte. `reason` says what it
    lacks; one without a text cannot be approved before that is told, or the mail is changed."""

    id: str
    recipient: str
    address: str | None
    state: str
    subject: str | None
    text: str | None
    reason: str | None
    body_hash: str | None = Field(description="of subject, text and page (SHA-256); tell it with the approval in `read`")
    template_hash: str | None
    verdict: VerdictOut | None = None


class LetterDetail(LetterOut):
    """A mail with its page."""

    html: str | None
    markdown: str | None = Field(default=None, description="its text to be changed; null where it cannot be, or is decided about")
    edits: list[EditOut] = []


class ApprovalLine(ApprovalOut):
    messages: list[LetterOut]


class ApprovalDetail(ApprovalOut):
    """`why` says why it is asked, as `GET /v1/accounts/{id}/why` does: of each of its mails, or of itself where it has none."""

    messages: list[LetterDetail]
    why: list[EntryOut]


class DecideBody(In):
    model_config = example(by="dirk", note="Say less about the price, and send it.")

    by: Id
    note: Prose | None = None


class LettersBody(DecideBody):
    """A decision about mails that wait at a gate."""

    messages: list[Id] = Field(default=[], max_length=500, description="only these; all that nobody decided about when left out")


class ApproveBody(LettersBody):
    """Mails to let go as they are."""

    read: list[Line] = Field(
        default=[], max_length=500, description="body_hash of each mail as it was read; a mail that is another by now is not approved"
    )


class EditBody(In):
    """Changes mails that wait at a gate. Names in braces are filled in for each reader, as in a template."""

    model_config = example(by="dirk", subject="Your results of the year", text="Hello {{ contact.first_name }},\n\nshall we talk?\n")

    by: Id
    subject: Annotated[str, Field(max_length=MOST_SUBJECT)] | None = None
    text: Annotated[str, Field(max_length=MOST_TEXT)] | None = Field(default=None, description="Markdown, set into the mail's layout")
    messages: list[Id] = Field(default=[], max_length=500, description="only these; all that nobody decided about when left out")


class ApprovalFilter(Asked):
    account: Id | None = None
    approver: Id | None = None
    enrollment: Id | None = None
    state: Literal["open", "approved", "refused", "sent", "skipped", "withdrawn"] | None = None


@router.get(
    "", summary="Approvals with the mails that wait for them", response_model=Page[ApprovalLine], dependencies=[needs("accounts:read")]
)
def list_approvals(use: Use, asked: Annotated[ApprovalFilter, Query()]) -> Page[ApprovalLine]:
    found = asked.of(rows, account_id=asked.account, approver_id=asked.approver, enrollment_id=asked.enrollment, state=asked.state)
    with use.database.read() as session:
        there = session.execute(found).all()
        letters = approving.letters_of(View(session, use.office, use.clock()), there)
        return asked.page(there, lambda row: _line(row, letters[row.id]))


def _line(row: Any, letters: Sequence[Letter]) -> ApprovalLine:
    return ApprovalLine(**ApprovalOut.model_validate(row).model_dump(), messages=[_letter(LetterOut, letter) for letter in letters])


def _letter(model: type[Shape], letter: Letter) -> Shape:
    told = model.model_validate(letter.row)
    more = {"verdict": VerdictOut.model_validate(letter.verdict) if letter.verdict else None}
    if isinstance(told, LetterDetail):
        more |= {"markdown": letter.markdown, "edits": [EditOut.model_validate(each) for each in letter.edits]}  # type: ignore[dict-item]
    return told.model_copy(update=more)


@router.get(
    "/{approval_id}",
    summary="One approval with what it decides about, and why",
    response_model=ApprovalDetail,
    dependencies=[needs("accounts:read")],
)
def get_approval(approval_id: Id, use: Use) -> ApprovalDetail:
    with use.database.read() as session:
        return _approval(session, use, approval_id)


def _approval(session: Session, use: Services, id: str) -> ApprovalDetail:
    found = approving.look(View(session, use.office, use.clock()), id)
    if found is None:
        raise not_found("approval", id)
    return ApprovalDetail(
        **ApprovalOut.model_validate(found.row).model_dump(),
        messages=[_letter(LetterDetail, letter) for letter in found.letters],
        why=[EntryOut.model_validate(entry) for entry in found.because],
    )


@router.post(
    "/{approval_id}/approve",
    summary="Approve, all of it or single mails",
    response_model=ApprovalDetail,
    dependencies=[acts("approvals:write")],
)
def approve(approval_id: Id, body: ApproveBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Ledger:
        return approving.decide(session, use.office, approval_id, True, body.by, body.note, use.clock(), body.messages, body.read)

    return _act(use, post, approval_id, body.by, work)


@router.post("/{approval_id}/refuse", summary="Refuse, all of it", response_model=ApprovalDetail, dependencies=[acts("approvals:write")])
def refuse(approval_id: Id, body: DecideBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Ledger:
        return approving.decide(session, use.office, approval_id, False, body.by, body.note, use.clock())

    return _act(use, post, approval_id, body.by, work)


@router.post(
    "/{approval_id}/skip", summary="Skip mails: they are not sent", response_model=ApprovalDetail, dependencies=[acts("approvals:write")]
)
def skip(approval_id: Id, body: LettersBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Ledger:
        return approving.decide(session, use.office, approval_id, False, body.by, body.note, use.clock(), body.messages)

    return _act(use, post, approval_id, body.by, work)


@router.post(
    "/{approval_id}/edit", summary="Change mails before they leave", response_model=ApprovalDetail, dependencies=[acts("approvals:write")]
)
def edit(approval_id: Id, body: EditBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Ledger:
        told = (body.by, body.subject, body.text)
        return approving.edit(session, use.office, approval_id, *told, use.clock(), body.messages, use.links)

    return _act(use, post, approval_id, body.by, work)


def _act(use: Services, post: Posting, id: str, by: str, act: Callable[[Session], Ledger]) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, by)
        ledger = act(session)
        return Done(_approval(session, use, id), [ledger])

    return post.carry_out(work)
