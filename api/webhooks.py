"""Where providers tell what became of messages. They have no key of ours: their signature over the bytes as they came is one."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from fastapi import FastAPI
from sqlmodel import Session
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from activities import replying
from activities.coming_back import ComingBack
from activities.ledger import Ledger
from activities.replying import Taken
from api import problems
from api.problems import Problem
from api.services import Services
from channels import sendgrid_events, sendgrid_inbound
from channels.sendgrid_events import NotABatch
from channels.sendgrid_inbound import NotAMail
from channels.signatures import SendGridSignatures
from database.definitions import NotPublished
from database.reports import Stored

log = structlog.get_logger()

PREFIX = "/v1/webhooks/"
# As much as SendGrid puts into one request, with room to spare.
MOST_BYTES = 10 * 1024 * 1024
# As large as a mail may be that SendGrid takes in, with its attachments.
MOST_MAIL_BYTES = 30 * 1024 * 1024
BODY_WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class Signatures:
    """Whose word is taken; of whom there is no key nobody's is. Mail that comes in is not signed: its address ends in a secret."""

    sendgrid: SendGridSignatures = field(default_factory=lambda: SendGridSignatures(()))
    inbound_secret: str = ""


def install(app: FastAPI, services: Services, signatures: Signatures) -> None:
    """Adds the addresses that providers are given."""
    coming_back = ComingBack(services.database, services.office, services.nudge)

    async def sendgrid_told(request: Request) -> Response:
        try:
            body = await read(request, MOST_BYTES)
            now = services.clock()
            signature, timestamp = (request.headers.get(f"x-twilio-email-event-webhook-{name}", "") for name in ("signature", "timestamp"))
            if not await run_in_threadpool(signatures.sendgrid.are_good, body, signature, timestamp, now):
                raise unsigned()
            stored = await run_in_threadpool(_take, coming_back, body, now)
        except (Problem, *problems.SILENT_DATABASE) as error:
            return problems.answer(problems.of(error))
        later = BackgroundTask(coming_back.tell, now) if stored.telling else None
        return JSONResponse({"new": stored.new, "quarantined": stored.faulty}, background=later)

    async def mail_came_in(request: Request) -> Response:
        try:
            expected, shown = signatures.inbound_secret, str(request.path_params["secret"])
            if not expected or not hmac.compare_digest(shown.encode(), expected.encode()):
                raise unsigned()
            body = await read(request, MOST_MAIL_BYTES)
            answered = await run_in_threadpool(_answer, services, body, request.headers.get("content-type", ""))
        except (Problem, *problems.REFUSALS, NotPublished, *problems.SILENT_DATABASE) as error:
            return problems.answer(problems.of(error))
        return JSONResponse({"kind": answered.kind, "matched": answered.message_id is not None, "duplicate": not answered.is_new})

    app.add_route(f"{PREFIX}sendgrid/events", sendgrid_told, methods=["POST"], include_in_schema=False)
    app.add_route(f"{PREFIX}sendgrid/inbound/{{secret}}", mail_came_in, methods=["POST"], include_in_schema=False)


def _take(coming_back: ComingBack, body: bytes, now: datetime) -> Stored:
    try:
        batch = sendgrid_events.read(body)
    except NotABatch as error:
        raise Problem(400, "not_a_batch", str(error)) from None
    return coming_back.take("sendgrid", batch, now)


def _answer(services: Services, body: bytes, content_type: str) -> Taken:
    try:
        answer = sendgrid_inbound.read(body, content_type)
    except NotAMail as error:
        raise Problem(400, "not_a_mail", str(error)) from None

    def work(session: Session) -> tuple[Taken, tuple[Ledger, ...]]:
        answered = replying.take(session, services.office, answer, services.clock())
        return answered, answered.ledgers

    return services.carry_out(work)


def unsigned() -> Problem:
    """One answer for all that is wrong with a signature: whoever forges them learns nothing from it."""
    return Problem(401, "not_signed", "the signature is missing, wrong or old; is the provider's verification key set here?")


async def read(request: Request, most: int) -> bytes:
    """The body as it came. Raises Problem."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_WITHIN_SECONDS):
            async for part in request.stream():
                parts.append(part)
                size += len(part)
                if size > most:
                    raise Problem(413, "body_too_large", f"a body has at most {most:,} bytes here")
    except TimeoutError:
        raise Problem(408, "body_slow", f"the body did not arrive within {BODY_WITHIN_SECONDS:.0f} seconds") from None
    except ClientDisconnect:
        raise Problem(400, "disconnected", "the request ended early") from None
    return b"".join(parts)
