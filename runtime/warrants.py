"""On whose word something is published: one's own, or, where the house publishes with four eyes, that of two of us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from database import definitions, people, revisions
from database.definitions import Texts
from database.tables import PersonRow
from domain import four_eyes, house
from domain.four_eyes import PublishingPolicy


class NeedsApproval(ValueError):
    """The house publishes with four eyes; the sentence says what to do."""


class NobodyApproves(ValueError):
    """With this policy nothing could be published any more; the sentence says why."""


@dataclass(frozen=True)
class Warrant:
    """Somebody's own word; `by` is who they are, None where nobody said. `rolls_back_to` is the revision whose texts these are."""

    by: str | None = None
    rolls_back_to: int | None = None

    def check(self, session: Session, texts: Texts) -> None:
        """Whether these texts may be published now; no other publishing comes in between. Raises NeedsApproval, NobodyApproves."""
        revisions.lock(session, revisions.DEFINITIONS)
        if policy(session).four_eyes:
            command = "tenure rollback --propose" if self.rolls_back_to is not None else "tenure publish --propose"
            raise NeedsApproval(
                f"this house publishes with four eyes: propose it with `{command} --as <you>`; somebody else then says `tenure approve`"
            )
        must_be_approvable(session, texts)

    def columns(self) -> dict[str, Any]:
        """What is kept of it with the act of publishing."""
        return {"published_by": self.by, "rolls_back_to": self.rolls_back_to}

    def done(self, session: Session, revision: int, now: datetime) -> None:
        """It was used for this act."""


def policy(session: Session) -> PublishingPolicy:
    """What is published says how to publish; nothing published, nothing said."""
    texts, _ = definitions.current_texts(session)
    return house.load(definitions.policies_of(texts)).publishing if texts else PublishingPolicy()


def must_be_approvable(session: Session, texts: Texts) -> None:
    """Raises NobodyApproves."""
    asked = house.load(definitions.policies_of(texts)).publishing
    if why := four_eyes.nobody_approves(asked, map(people.person, session.exec(select(PersonRow)))):
        raise NobodyApproves(why)
