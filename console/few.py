"""The first of many rows: a page shows no more than this of anything, and says when there are others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Row, Select
from sqlmodel import Session

MOST = 50
Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True)
class Few(Generic[Item]):
    """`more`: there are others."""

    items: Sequence[Item]
    more: bool = False

    def of(self, look: Callable[[Item], Other]) -> Few[Other]:
        return Few([look(item) for item in self.items], self.more)


def few(session: Session, query: Select[Any], most: int = MOST) -> Few[Row[Any]]:
    found = session.execute(query.limit(most + 1)).all()
    return Few(found[:most], len(found) > most)
