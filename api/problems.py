"""Errors as problem documents: https://www.rfc-editor.org/rfc/rfc9457. Never a stack trace, never what was sent back to its sender."""

from __future__ import annotations

import typing
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

from activities.intake import Conflict, Unfit
from activities.ledger import UnknownAccount
from database.definitions import NotPublished
from domain.faults import suggestion

log = structlog.get_logger()
MOST_FAULTS = 50

TITLES = {
    400: "The request could not be read", 401: "Who are you?", 403: "This key may not do that", 404: "There is no such thing", 405: "Not that way",
    409: "That contradicts what is there", 410: "That is gone", 413: "That is too large", 415: "That content is not understood",
    422: "Something in it is not right", 429: "Too much at once", 500: "Something broke on our side", 503: "Not at the moment",
}  # fmt: skip


@dataclass
class Problem(Exception):
    """An answer that is an error. `code` is for programs, `detail` says what to do; `errors` each point at a part of the body."""

    status: int
    code: str
    detail: str
    errors: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


class FaultOut(BaseModel):
    """One fault of a request."""

    pointer: str
    code: str
    message: str


class ProblemOut(BaseModel):
    """A problem document."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultOut] = []
    request_id: str


def not_found(what: str, id: str) -> Problem:
    return Problem(404, f"{what}_not_found", f"there is no {what} '{id[:80]}'")


def document(problem: Problem, request_id: str) -> dict[str, Any]:
    return {
        "type": f"urn:tenure:problem:{problem.code}", "title": TITLES.get(problem.status, "Error"), "status": problem.status,
        "detail": problem.detail, "errors": problem.errors[:MOST_FAULTS], "request_id": request_id,
    }  # fmt: skip


def answer(problem: Problem, request_id: str | None = None) -> JSONResponse:
    id = request_id or uuid.uuid4().hex
    headers = {**problem.headers, "X-Request-Id": id}
    return JSONResponse(document(problem, id), problem.status, headers=headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Every error of the application goes out through here."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> JSONResponse:
        return answer(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [_fault(detail, request) for detail in error.errors()]
        words = faults[0]["message"] if len(faults) == 1 else f"{len(faults)} things are not right; see errors"
        return answer(Problem(422, faults[0]["code"], words, faults))

    @app.exception_handler(Unfit)
    async def _unfit(request: Request, error: Unfit) -> JSONResponse:
        faults = [{"pointer": pointer, "code": code, "message": sentence} for pointer, code, sentence in error.faults]
        return answer(Problem(422, faults[0]["code"], str(error), faults))

    @app.exception_handler(Conflict)
    async def _conflict(request: Request, error: Conflict) -> JSONResponse:
        return answer(Problem(409, error.code, error.sentence))

    @app.exception_handler(UnknownAccount)
    async def _unknown_account(request: Request, error: UnknownAccount) -> JSONResponse:
        return answer(Problem(404, "account_not_found", str(error.args[0])))

    @app.exception_handler(NotPublished)
    async def _not_published(request: Request, error: NotPublished) -> JSONResponse:
        return answer(Problem(503, "not_published", str(error.args[0]), headers={"Retry-After": "5"}))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        words = {404: "nothing is at this address", 405: "this address does not take that method"}
        return answer(
            Problem(
                error.status_code,
                f"http_{error.status_code}",
                words.get(error.status_code, str(error.detail)),
                headers=dict(error.headers or {}),
            )
        )

    for unavailable in (OperationalError, InterfaceError, PoolTimeout):

        @app.exception_handler(unavailable)
        async def _database(request: Request, error: Exception) -> JSONResponse:
            log.error("the database does not answer", error=str(error).splitlines()[0])
            return answer(
                Problem(
                    503, "database_unavailable", "the database does not answer; nothing was stored, try again", headers={"Retry-After": "2"}
                )
            )

    @app.exception_handler(Exception)
    async def _broken(request: Request, error: Exception) -> JSONResponse:
        id = uuid.uuid4().hex
        log.exception("request failed", path=request.url.path, request_id=id)
        return answer(Problem(500, "internal", "this is our fault; the log has it under this request id"), id)


_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field here",
    "string_type": "a text was expected",
    "int_type": "a whole number was expected",
    "float_type": "a number was expected",
    "bool_type": "true or false was expected",
    "list_type": "a list was expected",
    "tuple_type": "a list was expected",
    "dict_type": "an object was expected",
    "model_type": "an object was expected",
    "model_attributes_type": "an object was expected",
}


def _fault(detail: Any, request: Request) -> dict[str, str]:
    loc = [part for part in detail["loc"] if part not in ("body", "query", "path")]
    pointer = "".join(f"/{part}" for part in loc)
    kind = str(detail["type"])
    if kind == "extra_forbidden":
        hint = suggestion(str(loc[-1]), _fields_at(request, loc[:-1]))
        return {"pointer": pointer, "code": "unknown_field", "message": f"'{str(loc[-1])[:80]}' is not a field here{hint}"}
    if kind in ("missing", "json_invalid") and not loc:
        return {"pointer": "", "code": "body_missing", "message": "a JSON object is expected in the body"}
    if kind == "value_error":
        return {"pointer": pointer, "code": "value", "message": str(detail["ctx"]["error"])}
    words = _WORDS.get(kind) or str(detail["msg"]).lower()
    name = str(loc[-1]) if loc else "the body"
    return {
        "pointer": pointer,
        "code": "missing" if kind == "missing" else kind,
        "message": f"'{name}': {words}" if kind != "missing" else f"'{name}' is missing",
    }


def _fields_at(request: Request, loc: list[Any]) -> list[str]:
    """The fields that the model at a place in the body has, for a did-you-mean."""
    body = getattr(request.scope.get("route"), "body_field", None)
    models = _models(body.field_info.annotation) if body else []
    for part in loc:
        if isinstance(part, str):
            models = [found for model in models if part in model.model_fields for found in _models(model.model_fields[part].annotation)]
    return [name for model in models for name in model.model_fields]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models(part)]
