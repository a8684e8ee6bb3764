"""The console: pages for people, rendered on the server. They show and change nothing, and need no script.

It has no login yet: whoever may reach it sees every account. So it answers only under the names it is installed for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request, Response

from activities.ledger import Office
from activities.view import View
from console import account, accounts, approvals, journeys, messages, overview, showing
from database.definitions import NotPublished
from database.engine import Database

ANY = "*"
NOT_HERE = "The console has no login yet and answers only on its own machine. Set TENURE_CONSOLE=on where a login stands before it."
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"}

Look = Callable[[View], Mapping[str, Any] | None]


def install(app: FastAPI, database: Database, office: Office, clock: Callable[[], datetime], names: frozenset[str]) -> None:
    """Serves the console under these host names; under any when ANY is among them.

    A page that somebody opens elsewhere cannot read it then by pointing a name of its own at this machine (DNS rebinding).
    """
    console = Console(database, office, clock, names)
    pages: dict[str, Callable[..., Response]] = {
        "/": console.overview,
        "/accounts": console.accounts,
        "/accounts/{id}": console.account,
        "/approvals": console.approvals,
        "/approvals/{id}": console.approval,
        "/outbox": console.outbox,
        "/messages/{id}": console.message,
        "/journeys/{name}": console.journey,
        "/static/console.css": console.stylesheet,
    }
    for path, page in pages.items():
        app.add_api_route(path, page, include_in_schema=False)


@dataclass(frozen=True)
class Console:
    database: Database
    office: Office
    clock: Callable[[], datetime]
    names: frozenset[str]

    def overview(self, request: Request) -> Response:
        return self.page(request, "overview.html", overview.look, "")

    def accounts(self, request: Request, after: str = "") -> Response:
        return self.page(request, "accounts.html", lambda view: accounts.look(view, after), "")

    def account(self, request: Request, id: str) -> Response:
        return self.page(request, "account.html", lambda view: account.look(view, id), f"There is no account ‘{id[:80]}’.")

    def approvals(self, request: Request) -> Response:
        return self.page(request, "approvals.html", approvals.waiting, "")

    def approval(self, request: Request, id: str) -> Response:
        sentence = f"There is no approval ‘{id[:80]}’."
        return self.page(request, "approval.html", lambda view: approvals.look(view, id), sentence, messages.STYLES_OF_A_MAIL)

    def outbox(self, request: Request) -> Response:
        return self.page(request, "outbox.html", messages.outbox, "")

    def message(self, request: Request, id: str) -> Response:
        sentence = f"There is no message ‘{id[:80]}’."
        return self.page(request, "message.html", lambda view: messages.look(view, id), sentence, messages.STYLES_OF_A_MAIL)

    def journey(self, request: Request, name: str) -> Response:
        return self.page(request, "journey.html", lambda view: journeys.look(view, name), f"No journey is published as ‘{name[:80]}’.")

    def stylesheet(self) -> Response:
        headers = _headers() | {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(showing.STYLESHEET, 200, headers, "text/css")

    def page(self, request: Request, template: str, look: Look, missing: str, styles: str = "'self'") -> Response:
        """What `look` found set into its template; `missing` is the sentence for when it found nothing."""
        if not self.answers_to(request.url.hostname):
            return _sentence(421, "Not under this name", NOT_HERE)
        now = self.clock()
        try:
            with self.database.read() as session:
                found = look(View(session, self.office, now))
        except NotPublished as error:
            return _sentence(503, "Nothing to show yet", f"{error.args[0]}")
        if found is None:
            return _sentence(404, "There is no such thing", missing)
        return _answer(200, template, {**found, "now": now, "here": request.url.path, "address": str(request.base_url).rstrip("/")}, styles)

    def answers_to(self, name: str | None) -> bool:
        return ANY in self.names or name in self.names


def _sentence(status: int, title: str, sentence: str) -> Response:
    return _answer(status, "sentence.html", {"title": title, "sentence": sentence, "here": ""})


def _answer(status: int, template: str, values: Mapping[str, Any], styles: str = "'self'") -> Response:
    headers = _headers(styles) | {"Cache-Control": "no-store"}
    return Response(showing.render(template, values), status, headers, "text/html; charset=utf-8")


def _headers(styles: str = "'self'") -> dict[str, str]:
    policy = f"default-src 'none'; style-src {styles}; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    return {**HEADERS, "Content-Security-Policy": policy}
