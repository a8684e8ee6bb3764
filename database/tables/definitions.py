"""What is published, and how it came to be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Integer
from sqlmodel import Field, SQLModel

from database.tables.columns import json, moment, words


class Revision(SQLModel, table=True):
    """Counts the changes of what processes keep in memory: `definitions`, `people`."""

    __tablename__ = "revisions"
    name: str = Field(primary_key=True)
    count: int = 0


class DefinitionRow(SQLModel, table=True):
    """A text somebody published, under the hash of its content."""

    __tablename__ = "definitions"
    hash: str = Field(primary_key=True)
    text: str = words(nullable=False)


class PublicationRow(SQLModel, table=True):
    """A published version of a journey, policy or template; the highest is current. `withdrawn` ends the name."""

    __tablename__ = "publications"
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    hash: str
    segments: Any = json(nullable=True)  # of a journey: those it was compiled for
    withdrawn: bool = False
    published_at: datetime = moment(nullable=False)
    revision: int | None = None  # the act of publishing that made it; None where it was made before these were kept


class PublishingRow(SQLModel, table=True):
    """One act of publishing, by the revision of the definitions that it made: what it changed, what was chosen for the runs in
    flight, which runs its changed templates reach (`reach`), and the token of what was foreseen."""

    __tablename__ = "publishings"
    revision: int = Field(sa_column=Column(Integer(), primary_key=True, autoincrement=False))
    published_at: datetime = moment(nullable=False)
    changes: Any = json()
    choices: Any = json()
    reach: Any = json()
    token: str
    published_by: str | None = None  # who published it or, with four eyes, approved it
    proposal_id: str | None = None
    rolls_back_to: int | None = None  # the earlier act whose texts these are


class ProposalRow(SQLModel, table=True):
    """Texts that somebody proposes to publish, by hash, and that somebody else approves. `base` is the hash of what was published then,
    `hash` that of all that is proposed; `differences` and `preview` are what the author saw. It is over with `ended_at`: published as
    `revision`, or void for the reason `ended_why`."""

    __tablename__ = "proposals"
    id: str = Field(primary_key=True)
    author_id: str
    proposed_at: datetime = moment(nullable=False)
    hash: str
    base: str
    texts: Any = json()  # [kind, name, hash of the text] each
    choices: Any = json()
    differences: Any = json()
    preview: Any = json()
    rolls_back_to: int | None = None
    ended_at: datetime | None = moment()
    ended_by: str | None = None
    ended_why: str | None = None
    revision: int | None = None


class ForesightRow(SQLModel, table=True):
    """What an act of publishing foresaw for one run if nothing was heard: what becomes of it, and its touches in order up to its end
    or `until`. `stood`, `run_revision` and `last_notice` say where it stood and what it had heard; `anyway` counts the touches that
    would have come without it."""

    __tablename__ = "foresights"
    revision: int = Field(primary_key=True, foreign_key="publishings.revision")
    run_id: str = Field(primary_key=True, index=True)
    account_id: str
    journey: str
    version: int
    choice: str
    becomes: str
    why: str = words(nullable=False)
    stood: Any = json()
    run_revision: int
    last_notice: int = Field(sa_column=Column(BigInteger(), nullable=False))
    until: datetime = moment(nullable=False)
    moves_at: datetime | None = moment()
    ends_at: datetime | None = moment()
    ended_why: str | None = None
    tasks_lost: int = 0
    anyway: Any = json()
    touches: Any = json()


class ApprovedWordsRow(SQLModel, table=True):
    """A template as somebody approved it before customers get it; `hash` is of its words and its layout, `role` why they may."""

    __tablename__ = "approved_words"
    hash: str = Field(primary_key=True)
    name: str
    approved_by: str
    role: str
    approved_at: datetime = moment(nullable=False)
