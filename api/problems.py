"""Errors as problem documents: https://www.rfc-editor.org/rfc/rfc9457. Never a stack trace, a statement or a secret."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from activities.approving import NotYours
from activities.intake import Conflict, Gone, Unfit
from activities.ledger import UnknownAccount
from activities.orders import NotAllowed, NotOpen, NotThere
from api import faults
from api.faults import Fault
from database.definitions import NotPublished

log = structlog.get_logger()

TITLES = {
    400: "The request could not be read",
    401: "Who are you?",
    403: "This key may not do that",
    404: "There is no such thing",
    405: "Not that way",
    408: "That took too long",
    409: "That contradicts what is there",
    410: "That is not there any more",
    413: "That is too large",
    415: "That content is not understood",
    422: "Something in it is not right",
    429: "Too much at once",
    500: "Something broke on our side",
    503: "Not at the moment",
}


@dataclass
class Problem(Exception):
    """An answer that is an error. `code` is for programs, `detail` says what to do; `errors` each point at a part of the body."""

    status: int
    code: str
    detail: str
    errors: list[Fault] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


class ProblemFault(BaseModel):
    """One fault of a request: where (a JSON pointer into what was sent), a code and a sentence."""

    pointer: str
    code: str
    message: str


class ProblemOut(BaseModel):
    """A problem document. `type` ends in a code for programs; `detail` is a sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemFault] = []
    request_id: str


def not_found(what: str, id: str) -> Problem:
    return Problem(404, f"{what}_not_found", f"there is no {what} '{id[:80]}'")


def unfit(pointer: str, code: str, sentence: str) -> Problem:
    """One part of what was sent cannot be taken."""
    return Problem(422, code, sentence, [faults.fault(pointer, code, sentence)])


SILENT_DATABASE = (OperationalError, InterfaceError, PoolTimeout)
REFUSALS = (Problem, Unfit, Conflict, Gone, NotAllowed, NotOpen, UnknownAccount)
KNOWN = (*REFUSALS, NotPublished, HTTPException, *SILENT_DATABASE)


def of(error: Exception) -> Problem:
    """The problem that a known error is to whoever sent the request."""
    match error:
        case Problem():
            return error
        case Unfit():
            listed = [faults.fault(*each) for each in error.faults]
            return Problem(422, listed[0]["code"], str(error), listed)
        case Conflict():
            return Problem(409, error.code, error.sentence)
        case Gone():
            return Problem(410, "erased", str(error))
        case NotYours():
            return Problem(403, "not_yours", str(error))
        case NotAllowed():
            return Problem(422, "not_allowed", str(error))
        case NotThere():
            return Problem(404, f"{error.what}_not_found", str(error))
        case NotOpen():
            return Problem(409, "not_open", str(error))
        case UnknownAccount():
            return Problem(404, "account_not_found", str(error.args[0]))
        case NotPublished():
            return Problem(503, "not_published", str(error.args[0]), headers={"Retry-After": "5"})
        case HTTPException():
            words = {404: "nothing is at this address", 405: "this address does not take that method"}
            said = words.get(error.status_code, str(error.detail))
            return Problem(error.status_code, f"http_{error.status_code}", said, headers=dict(error.headers or {}))
        case OperationalError() | InterfaceError() | PoolTimeout():
            log.error("the database does not answer", error=str(error).splitlines()[0])
            said = "the database does not answer; nothing was stored, try again"
            return Problem(503, "database_unavailable", said, headers={"Retry-After": "2"})
        case _:
            raise error


def document(problem: Problem, request_id: str) -> dict[str, Any]:
    return {
        "type": f"urn:tenure:problem:{problem.code}", "title": TITLES.get(problem.status, "Error"), "status": problem.status,
        "detail": faults.shortened(problem.detail), "errors": problem.errors[: faults.MOST_FAULTS], "request_id": request_id,
    }  # fmt: skip


def answer(problem: Problem, request_id: str | None = None) -> JSONResponse:
    id = request_id or uuid.uuid4().hex
    headers = {**problem.headers, "X-Request-Id": id}
    return JSONResponse(document(problem, id), problem.status, headers=headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Every error of the application goes out through here."""

    async def known(request: Request, error: Exception) -> JSONResponse:
        return answer(of(error))

    for kind in KNOWN:
        app.add_exception_handler(kind, known)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        listed = faults.of_request(error, request)
        many = f"{len(error.errors())} things are not right; errors lists {'them' if len(listed) < faults.MOST_FAULTS else 'the first'}"
        words = listed[0]["message"] if len(listed) == 1 else many
        return answer(Problem(400 if listed[0]["code"] == "body_missing" else 422, listed[0]["code"], words, listed))

    @app.exception_handler(Exception)
    async def _broken(request: Request, error: Exception) -> JSONResponse:
        id = uuid.uuid4().hex
        log.exception("request failed", path=request.url.path, request_id=id)
        return answer(Problem(500, "internal", "this is our fault; the log has it under this request id"), id)
