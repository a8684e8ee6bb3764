"""Lists, a page at a time: what may be asked of them, and the cursor that the next page begins after."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, Table, select

from api.problems import Problem
from api.shapes import ID, Out

Item = TypeVar("Item")
Limit = Annotated[int, Field(ge=1, le=200, description="how many at most")]


class Page(Out, Generic[Item]):
    """Some of a list; `next` is the cursor of the following page, None on the last."""

    items: list[Item]
    next: str | None = None


class Asked(BaseModel):
    """What a list is asked for: its filters, and where to go on. A filter that is not known is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = 50
    cursor: Annotated[str | None, Field(max_length=300, description="`next` of the page before")] = None

    def of(self, rows: Table, **columns: Any) -> Select[Any]:
        """The rows that have these values in these columns (None: any), after the cursor; one more than the page shows."""
        found = select(rows).order_by(rows.c.id).limit(self.limit + 1)
        found = found.where(*(rows.c[name] == value for name, value in columns.items() if value is not None))
        return found.where(rows.c.id > _read(self.cursor)) if self.cursor else found

    def page(self, rows: Sequence[Any], show: Callable[[Any], Item]) -> Page[Item]:
        shown = [show(row) for row in rows[: self.limit]]
        return Page(items=shown, next=_write(rows[self.limit - 1].id) if len(rows) > self.limit else None)


def _write(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _read(cursor: str) -> str:
    try:
        last = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        last = ""
    if not ID.fullmatch(last):
        raise Problem(400, "bad_cursor", "this cursor is not one of ours; begin without one")
    return last
