"""One database transaction that only looks: accounts as the domain sees them, and what their runs do next.

It is the ledger's counterpart for whoever shows things: it holds no row and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from activities.ledger import Office
from database import accounts, revisions, runs
from database.accounts import Loading
from database.definitions import Published
from database.tables import AccountRow, table
from domain import simulation, state
from domain.account import Account
from domain.facts import Person
from domain.journey import Journey
from domain.simulation import Touch

rows = table(AccountRow)


@dataclass(frozen=True)
class View:
    """`now` is the clock that rules read. What is published and who our people are is as the transaction sees it."""

    session: Session
    office: Office
    now: datetime

    @cached_property
    def _counts(self) -> Mapping[str, int]:
        return revisions.current(self.session)

    @cached_property
    def published(self) -> Published:
        """Raises NotPublished while nothing is."""
        return self.office.definitions.at(self.session, self._counts.get(revisions.DEFINITIONS, 0))

    @cached_property
    def people(self) -> Mapping[str, Person]:
        return self.office.people.at(self.session, self._counts.get(revisions.PEOPLE, 0))

    def account(self, id: str) -> Account | None:
        row = self.session.execute(select(rows).where(rows.c.id == id)).one_or_none()
        return accounts.load(self.session, row, self.people, self.published.house.vocabulary) if row else None

    def accounts(self, ids: Sequence[str]) -> Mapping[str, Loading]:
        """Several, read together, each made when it is called for; those that are not there are left out."""
        return accounts.load_many(self.session, ids, self.people, self.published.house.vocabulary)

    def journey(self, run: Row[Any]) -> Journey:
        """The version of its journey that an enrollment is on."""
        return self.office.definitions.journey(self.session, self.published, run.journey, run.version)

    def next_touches(self, account: Account, run: Row[Any]) -> list[Touch]:
        """Plays a live enrollment of the account on in virtual time from where it stands: its next five touches, if everybody does
        their part and nothing else happens."""
        stands = state.load(run.state)
        return simulation.next_touches(
            self.published.house, self.journey(run), account, stands, self.now, run.contract_id, run.contact_id,
            news=runs.untaken(self.session, run.id),
        )  # fmt: skip
