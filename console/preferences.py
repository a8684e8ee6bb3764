"""The page on which a reader of our mail chooses what to get: behind a signed link, without login and without script.

Looking changes nothing, since mail programs and scanners follow every link; only a POST does. One to the link itself is one-click
unsubscribing (https://www.rfc-editor.org/rfc/rfc8058): it says no at once, whoever forwards the mail says it for its reader.
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

from activities import suppressing
from activities.ledger import Office
from console import public, showing
from database import suppressions
from database.definitions import NotPublished, Published
from database.engine import Database
from database.messages import Message
from database.revisions import DEFINITIONS, current
from domain import addresses
from domain.governor import EMAIL
from domain.links import BadToken, Links

STYLES = (showing.HERE / "static" / "preferences.css").read_text()
HEADERS = public.headers(STYLES)
ONE_CLICK = "List-Unsubscribe"


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic as a reader has chosen it."""

    name: str
    title: str
    about: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reader has chosen. `wants_none`: nothing but what is necessary; `is_closed`: nothing goes to the address at all.

    `before` are the topics that undoing a no to everything would bring back.
    """

    address: str
    topics: tuple[Choice, ...]
    necessary: tuple[str, ...]
    wants_none: bool
    is_closed: bool

    @property
    def before(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.topics if each.wanted)


def install(app: FastAPI, database: Database, office: Office, clock: Callable[[], datetime], links: Links) -> None:
    """Serves /u/…, under any host name: whoever has the link may."""
    page = Preferences(database, office, clock, links)
    app.add_api_route("/u/{token}", page.look, methods=["GET"], include_in_schema=False)
    app.add_api_route("/u/{token}", page.unsubscribe, methods=["POST"], include_in_schema=False)
    app.add_api_route("/u/{token}/preferences", page.choose, methods=["POST"], include_in_schema=False)


@dataclass(frozen=True)
class Preferences:
    database: Database
    office: Office
    clock: Callable[[], datetime]
    links: Links

    def look(self, token: str, saved: str = "") -> Response:
        with self.database.read() as session:
            message, published = self.find(session, token)
            if message is None or published is None:
                return _unknown(published)
            return self.show(session, token, message, published, "saved" if saved else "")

    async def unsubscribe(self, request: Request, token: str) -> Response:
        how = "one click in a mail program" if ONE_CLICK in parse_qs(await public.body(request)) else "on the reader's page"
        return await run_in_threadpool(self.say_no, token, how)

    def say_no(self, token: str, how: str) -> Response:
        def work(session: Session) -> Response:
            message, published = self.find(session, token)
            if message is None or published is None:
                return _unknown(published)
            suppressing.unsubscribe(session, message, self.clock(), how)
            return self.show(session, token, message, published, "unsubscribed")

        return self.database.transact(work)

    async def choose(self, request: Request, token: str) -> Response:
        wanted = frozenset(parse_qs(await public.body(request)).get("topic", []))
        return await run_in_threadpool(self.keep, token, wanted)

    def keep(self, token: str, wanted: frozenset[str]) -> Response:
        def work(session: Session) -> Response:
            message, published = self.find(session, token)
            if message is None or published is None:
                return _unknown(published)
            offered = frozenset(name for name, topic in published.house.contact.topics.items() if not topic.necessary)
            suppressing.choose(session, message, wanted & offered, offered, self.clock(), "on the reader's page")
            # Shown by another request, so that reloading the page does not choose again.
            return Response(status_code=303, headers={**HEADERS, "Location": f"/u/{token}?saved=1"})

        return self.database.transact(work)

    def find(self, session: Session, token: str) -> tuple[Message | None, Published | None]:
        try:
            published = self.office.definitions.at(session, current(session).get(DEFINITIONS, 0))
            return suppressing.message_of(session, self.links.message_id(token)), published
        except BadToken:
            return None, published
        except NotPublished:
            return None, None

    def show(self, session: Session, token: str, message: Message, published: Published, said: str) -> Response:
        values = {"choices": _choices(session, message, published), "said": said, "token": token, "brand": published.house.brand}
        return _page(200, values)


def _choices(session: Session, message: Message, published: Published) -> Choices:
    standing = {(row.scope, row.name) for row in suppressions.of_reader(session, suppressing.reader_of(message))}
    topics = published.house.contact.topics
    return Choices(
        addresses.masked(message.address) if message.address else "",
        tuple(
            Choice(name, topic.title, topic.about, ("topic", name) not in standing) for name, topic in topics.items() if not topic.necessary
        ),
        tuple(topic.about for topic in topics.values() if topic.necessary),
        ("channel", EMAIL) in standing,
        any(scope == "everything" for scope, _ in standing),
    )


def _unknown(published: Published | None) -> Response:
    return _page(404, {"choices": None, "said": "", "token": "", "brand": published.house.brand if published else None})


def _page(status: int, values: Mapping[str, Any]) -> Response:
    return Response(showing.render("preferences.html", {**values, "styles": STYLES}), status, HEADERS, "text/html; charset=utf-8")
