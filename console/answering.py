"""The page on which a reader of our mail answers its survey: behind a signed link, without login and without script.

Each number in the mail leads here. Looking changes nothing, since mail programs and scanners follow every link; the number is chosen
beforehand and sent by a button. Whoever forwards the mail lets others answer for its reader, and the page says for whom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from activities import answering
from activities.answering import Asked
from activities.ledger import Ledger, Office
from activities.turn import Nudges
from console import public, showing
from database.definitions import NotPublished, Published
from database.engine import Database
from database.revisions import DEFINITIONS, current
from domain import addresses, locales
from domain.links import ANSWERS, BadToken, Links
from domain.survey_policy import MOST_COMMENT

STYLES = "".join((showing.HERE / "static" / name).read_text() for name in ("preferences.css", "answering.css"))
HEADERS = public.headers(STYLES)
GONE = {"gone": 410, "too late": 410}


def install(app: FastAPI, database: Database, office: Office, clock: Callable[[], datetime], links: Links, nudge: Nudges) -> None:
    """Serves /a/…, under any host name: whoever has the link may."""
    page = Answering(database, office, clock, links, nudge)
    app.add_api_route("/a/{token}", page.look, methods=["GET"], include_in_schema=False)
    app.add_api_route("/a/{token}/{chosen}", page.look, methods=["GET"], include_in_schema=False)
    app.add_api_route("/a/{token}", page.answer, methods=["POST"], include_in_schema=False)


@dataclass(frozen=True)
class Answering:
    database: Database
    office: Office
    clock: Callable[[], datetime]
    links: Links
    nudge: Nudges

    def look(self, token: str, chosen: str = "", saved: str = "") -> Response:
        with self.database.read() as session:
            published = self.published(session)
            if (id := self.message_id(token)) is None or published is None:
                return _page(404, published, None)
            found = answering.asked(session, published, id, self.clock())
        return _show(published, found, token, _score(chosen), "saved" if saved and found and found.answer else "")

    async def answer(self, request: Request, token: str) -> Response:
        # Forms are told in UTF-8, in bytes written as %…; what is not is none of ours.
        form = parse_qs(await public.body(request), encoding="utf-8", errors="replace")
        score, comment = _score(form.get("score", [""])[0]), form.get("comment", [""])[0]
        return await run_in_threadpool(self.keep, token, score, comment)

    def keep(self, token: str, score: int | None, comment: str) -> Response:
        id = self.message_id(token)

        def work(session: Session) -> tuple[Response, list[Ledger]]:
            published = self.published(session)
            if id is None or published is None:
                return _page(404, published, None), []
            try:
                if score is None:
                    raise ValueError("no number was chosen")
                found, ledgers = answering.take(session, self.office, id, score, comment, self.clock())
            except ValueError:
                found = answering.asked(session, published, id, self.clock())
                return _show(published, found, token, None, "choose", 422), []
            if found is None or found.closed:
                return _show(published, found, token, None, ""), []
            # Shown by another request, so that reloading the page does not answer again.
            return Response(status_code=303, headers={**HEADERS, "Location": f"/a/{token}?saved=1"}), ledgers

        response, ledgers = self.database.transact(work)
        if nudges := [nudge for ledger in ledgers for nudge in ledger.nudges.values()]:
            self.nudge(nudges)
        return response

    def message_id(self, token: str) -> str | None:
        try:
            return self.links.message_id(token, ANSWERS)
        except BadToken:
            return None

    def published(self, session: Session) -> Published | None:
        try:
            return self.office.definitions.at(session, current(session).get(DEFINITIONS, 0))
        except NotPublished:
            return None


def _score(told: str) -> int | None:
    return int(told) if len(told) <= 3 and told.isascii() and told.isdecimal() else None


def _show(
    published: Published, found: Asked | None, token: str, chosen: int | None, said: str, status: int = 200
) -> Response:  # fmt: skip
    if found is None:
        return _page(404, published, None)
    if chosen is None and found.answer:
        chosen = found.answer.score
    status = GONE.get(found.closed or "", status)
    return _page(status, published, found, token=token, chosen=chosen, said=said)


def _page(status: int, published: Published | None, found: Asked | None, **more: Any) -> Response:
    brand = published.house.brand if published else None
    language = found.language if found else brand.language if brand else locales.HOUSE
    address = found.message.address if found else None
    values: Mapping[str, Any] = {
        "asked": found, "brand": brand, "language": language, "styles": STYLES, "token": "", "chosen": None, "said": "",
        "most_comment": MOST_COMMENT, "address": addresses.masked(address) if address else "", **more,
    }  # fmt: skip
    return Response(showing.render("answering.html", values), status, HEADERS, "text/html; charset=utf-8")
