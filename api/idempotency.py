"""A POST with an `Idempotency-Key` takes effect once: whoever sends it again gets the first answer again.

The answer is kept in the transaction of its effect, so there is never one without the other. A repetition that comes while the
first is under way waits for it, for both write the same row. What was refused is not kept: it had no effect, and may be sent
again under the same key. https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlmodel import Session

from activities.ledger import Ledger
from api.problems import Problem
from api.services import Services, Use
from api.shapes import Out
from database.tables import IdempotencyKeyRow, table

KEPT_FOR = timedelta(days=7)
rows = table(IdempotencyKeyRow)
_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True)
class Done:
    """What a request came to: its answer, and the ledgers whose runs Temporal must hear of."""

    answer: Out
    ledgers: Iterable[Ledger] = ()
    status: int = 200


@dataclass(frozen=True)
class Keyed:
    """A request under an Idempotency-Key: from which sender, to which address."""

    api_key_id: str
    route: str
    key: str
    body_hash: str

    def earlier(self, session: Session, now: datetime) -> Response | None:
        """The answer it was given before. Raises Problem when that was an answer to something else."""
        found = session.execute(select(rows).where(*self._same(), rows.c.kept_at >= now - KEPT_FOR)).one_or_none()
        if found is None:
            return None
        if found.body_hash != self.body_hash:
            said = "this Idempotency-Key came with another body before; a new request needs a new key"
            raise Problem(422, "idempotency_key_reused", said)
        return _response(found.answer, found.status, {"Idempotent-Replayed": "true"})

    def begin(self, session: Session, now: datetime) -> None:
        """From here on a repetition waits until this transaction ends. What was kept long enough goes."""
        session.execute(delete(rows).where(rows.c.kept_at < now - KEPT_FOR))
        session.execute(insert(rows).values(**vars(self), status=0, answer="", kept_at=now))

    def keep(self, session: Session, answer: str, status: int) -> None:
        session.execute(update(rows).where(*self._same()).values(answer=answer, status=status))

    def _same(self) -> tuple[ColumnElement[bool], ...]:
        return rows.c.api_key_id == self.api_key_id, rows.c.route == self.route, rows.c.key == self.key


@dataclass(frozen=True)
class Posting:
    """How a route carries out a POST; `keyed` is None when there was no Idempotency-Key."""

    use: Services
    keyed: Keyed | None

    def carry_out(self, work: Callable[[Session], Done]) -> Response:
        """`work` in one transaction, or the answer that it gave the first time."""

        def once(session: Session) -> tuple[Response, Iterable[Ledger]]:
            now = self.use.clock()
            if self.keyed:
                if earlier := self.keyed.earlier(session, now):
                    return earlier, ()
                self.keyed.begin(session, now)
            done = work(session)
            answer = done.answer.model_dump_json()
            if self.keyed:
                self.keyed.keep(session, answer, done.status)
            return _response(answer, done.status), done.ledgers

        return self.use.carry_out(once)

    def earlier(self) -> Response | None:
        """The first answer, where there is one: for work that takes several transactions."""
        if self.keyed is None:
            return None
        with self.use.database.read() as session:
            return self.keyed.earlier(session, self.use.clock())


def _response(answer: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(answer, status, headers, "application/json")


_MEANING = "makes sending it again safe: for 7 days the same key gets the first answer again; 1 to 255 visible ASCII characters"


async def _posting(
    request: Request, use: Use, idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", description=_MEANING)] = None
) -> Posting:
    if idempotency_key is None:
        return Posting(use, None)
    if not _KEY.fullmatch(idempotency_key):
        raise Problem(400, "idempotency_key", "an Idempotency-Key has 1 to 255 visible ASCII characters; a UUID serves well")
    body_hash = hashlib.sha256(await request.body()).hexdigest()
    return Posting(use, Keyed(request.state.key.id, f"{request.method} {request.url.path}", idempotency_key, body_hash))


Post = Annotated[Posting, Depends(_posting)]
