"""What CS ops published: every version of every journey, policy and template, and the current ones compiled and kept in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from database import approved_words, revisions
from database.tables import DefinitionRow, EnrollmentRow, PublicationRow, table
from domain import composing, house, journey
from domain.composing import Kind, Template, Words
from domain.house import House
from domain.journey import Journey, content_hash

Texts = Mapping[tuple[str, str], str]  # (kind, name) → text; kinds: journey, policy, template

definitions, publications = table(DefinitionRow), table(PublicationRow)


class NotPublished(LookupError):
    """Nothing is published yet, or not this."""


@dataclass(frozen=True)
class Published:
    """The house, the current journeys by name, and the words."""

    house: House
    journeys: Mapping[str, Journey]
    words: Words
    revision: int = 0
    approved: frozenset[str] = frozenset()  # hashes of templates, while the financial pack is on


@dataclass(frozen=True)
class Change:
    """One definition that publishing made new, changed or withdrew; `version` is its new number."""

    kind: str
    name: str
    version: int
    what: str  # new, changed, withdrawn


def compile_all(texts: Texts, versions: Mapping[str, int] | None = None) -> Published:
    """Everything compiled from its texts. Raises FaultyText."""
    rules = house.load(policies_of(texts))
    layouts = layouts_of(texts)
    templates: dict[tuple[str, str], Template] = {}
    for (kind, name), text in texts.items():
        if kind == "template" and not composing.is_layout(name):
            folder, _, stem = name.partition("/")
            template = composing.compile(_kind(folder), stem, text, layouts)
            templates[template.key] = template
    words = Words(templates)
    rules = replace(rules, mails=words.of("email"), posts=words.of("slack"), tasks=words.of("tasks"), words=words)
    journeys: dict[str, Journey] = {}
    for (kind, name), text in texts.items():
        if kind == "journey":
            compiled = journey.compile(text, f"journeys/{name}.yaml", rules.segments, (versions or {}).get(name, 0))
            journeys[compiled.name] = compiled
    return Published(rules, journeys, words)


def _kind(folder: str) -> Kind:
    match folder:
        case "email" | "slack" | "tasks":
            return folder
        case _:
            raise NotPublished(f"templates/{folder} is not a folder of templates; use email, slack or tasks")


def layouts_of(texts: Texts) -> dict[str, str]:
    """What mails are set into, by name."""
    return composing.layouts({name: text for (kind, name), text in texts.items() if kind == "template"})


def policies_of(texts: Texts) -> dict[str, str]:
    return {name: text for (kind, name), text in texts.items() if kind == "policy"}


def current_texts(session: Session) -> tuple[dict[tuple[str, str], str], dict[str, int]]:
    """The current text of everything published, and the current version of each journey."""
    found = _newest(session, withdrawn=False)
    return {(row.kind, row.name): row.text for row in found}, {row.name: row.version for row in found if row.kind == "journey"}


def texts_at(session: Session, revision: int) -> dict[tuple[str, str], str]:
    """What was current once this revision was published; 0: what was before revisions were kept."""
    return {(row.kind, row.name): row.text for row in _newest(session, withdrawn=False, until=revision)}


def withdrawn_templates(session: Session) -> dict[tuple[str, str], str]:
    """The last text of every template that is published no more: runs on older versions of a journey still send it."""
    return {(row.kind, row.name): row.text for row in _newest(session, withdrawn=True) if row.kind == "template"}


def _newest(session: Session, withdrawn: bool, until: int | None = None) -> Sequence[Any]:
    latest = select(publications.c.kind, publications.c.name, func.max(publications.c.version).label("version"))
    if until is not None:
        latest = latest.where(func.coalesce(publications.c.revision, 0) <= until)
    newest = latest.group_by(publications.c.kind, publications.c.name).subquery()
    return session.execute(
        select(publications.c.kind, publications.c.name, publications.c.version, definitions.c.text)
        .join(
            newest,
            (publications.c.kind == newest.c.kind) & (publications.c.name == newest.c.name) & (publications.c.version == newest.c.version),
        )
        .join(definitions, definitions.c.hash == publications.c.hash)
        .where(publications.c.withdrawn.is_(withdrawn))
        .order_by(publications.c.kind, publications.c.name)
    ).all()


def as_published(session: Session, texts: Texts) -> Published:
    """What would be current if these texts were published now, with the templates that older versions keep. Raises FaultyText."""
    current, versions = current_texts(session)
    kept = {name: text for name, text in {**withdrawn_templates(session), **current}.items() if name[0] == "template"}
    changed = {name: version + (current["journey", name] != texts.get(("journey", name))) for name, version in versions.items()}
    return compile_all({**kept, **texts}, changed)


@dataclass(frozen=True)
class InUse:
    """A version of a journey that runs are on, and how many."""

    name: str
    version: int
    text: str
    segments: tuple[str, ...]
    runs: int

    def compiled(self) -> Journey:
        """Marked in faults as what it is."""
        return journey.compile(
            self.text, f"journeys/{self.name}.yaml (version {self.version}, {self.runs} live)", self.segments, self.version
        )


def in_use(session: Session, segments: tuple[str, ...] = ()) -> list[InUse]:
    """The versions that have live runs; those published before their segments were recorded have these."""
    enrollments = table(EnrollmentRow)
    live = (
        select(enrollments.c.journey, enrollments.c.version, func.count().label("runs"))
        .where(enrollments.c.ended_at.is_(None))
        .group_by(enrollments.c.journey, enrollments.c.version)
        .subquery()
    )
    found = session.execute(
        select(publications.c.name, publications.c.version, publications.c.segments, definitions.c.text, live.c.runs)
        .join(live, (publications.c.name == live.c.journey) & (publications.c.version == live.c.version))
        .join(definitions, definitions.c.hash == publications.c.hash)
        .where(publications.c.kind == "journey")
        .order_by(publications.c.name, publications.c.version)
    ).all()
    return [InUse(row.name, row.version, row.text, tuple(row.segments or segments), row.runs) for row in found]


def publish(session: Session, texts: Texts, now: datetime) -> list[Change]:
    """Makes these texts the current ones; what is not among them is withdrawn. Returns what changed; texts must have been checked."""
    before, _ = current_texts(session)
    segments = house.load(policies_of(texts)).segments
    revision = revisions.current(session).get(revisions.DEFINITIONS, 0) + 1
    changes: list[Change] = []
    for (kind, name), text in texts.items():
        if before.get((kind, name)) != text:
            changes.append(_add(session, kind, name, text, segments, now, revision, "changed" if (kind, name) in before else "new"))
    for (kind, name), text in before.items():
        if (kind, name) not in texts:
            changes.append(_add(session, kind, name, text, segments, now, revision, "withdrawn"))
    if changes:
        revisions.bump(session, revisions.DEFINITIONS)
    return changes


def _add(
    session: Session, kind: str, name: str, text: str, segments: tuple[str, ...], now: datetime, revision: int, what: str
) -> Change:  # fmt: skip
    digest = content_hash(text)
    if session.get(DefinitionRow, digest) is None:
        session.add(DefinitionRow(hash=digest, text=text))
        session.flush()
    highest = session.execute(
        select(func.max(publications.c.version)).where(publications.c.kind == kind, publications.c.name == name)
    ).scalar()
    version = (highest or 0) + 1
    session.add(
        PublicationRow(
            kind=kind, name=name, version=version, hash=digest, withdrawn=what == "withdrawn", published_at=now,
            segments=list(segments) if kind == "journey" else None, revision=revision,
        )
    )  # fmt: skip
    session.flush()
    return Change(kind, name, version, what)


@dataclass
class Definitions:
    """What a process keeps of the published definitions; asked with the revision its transaction sees."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _revision: int = -1
    _published: Published | None = None
    _older: dict[tuple[str, int], Journey] = field(default_factory=dict)

    def at(self, session: Session, revision: int) -> Published:
        """Raises NotPublished while nothing is."""
        with self._lock:
            if revision != self._revision or self._published is None:
                self._published = self._load(session, revision)
                self._revision = revision
            return self._published

    def _load(self, session: Session, revision: int) -> Published:
        texts, versions = current_texts(session)
        if not texts:
            raise NotPublished("nothing is published yet; run `tenure publish`")
        texts = withdrawn_templates(session) | texts
        published = replace(compile_all(texts, versions), revision=revision)
        if published.house.packs.financial:
            published = replace(published, approved=approved_words.hashes(session))
        return published

    def journey(self, session: Session, published: Published, name: str, version: int) -> Journey:
        """The version a run is on, current or not; an older one for the segments there were. Raises NotPublished when it is not there."""
        current = published.journeys.get(name)
        if current and current.version == version:
            return current
        with self._lock:
            found = self._older.get((name, version))
            if found is None:
                row = session.get(PublicationRow, ("journey", name, version))
                if row is None:
                    raise NotPublished(f"version {version} of {name} is not in the database")
                text = session.get_one(DefinitionRow, row.hash).text
                found = journey.compile(text, f"journeys/{name}.yaml", tuple(row.segments or published.house.segments), version)
                self._older[name, version] = found
        return found
