"""Publishing a folder: checked whole, then stored whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from database import definitions
from database.definitions import Change, Texts
from database.engine import Database
from domain import checking
from domain.faults import Fault, FaultyText
from runtime import folders


def publish_folder(database: Database, root: Path, now: datetime) -> list[Change]:
    """Publishes what changed. Raises FaultyText (nothing is stored then) and folders.NoDefinitions."""
    texts = folders.read(root)
    with database.read() as session:
        if definitions.current_texts(session)[0] == texts:
            return []
    if faults := [fault for fault in checking.check(texts) if not fault.warning]:
        raise FaultyText(faults)

    def work(session: Session) -> list[Change]:
        if faults := _left_behind(session, texts):
            raise FaultyText(faults)
        return definitions.publish(session, texts, now)

    return database.transact(work)


def _left_behind(session: Session, texts: Texts) -> list[Fault]:
    """What runs on older versions would lack: a role, a fact or a journey that is declared no more. Templates they keep."""
    current, _ = definitions.current_texts(session)
    everything = {**current, **definitions.withdrawn_templates(session)}
    templates = {name: text for name, text in everything.items() if name[0] == "template"}
    published = definitions.compile_all({**templates, **texts})
    older = [version for version in definitions.in_use(session) if texts.get(("journey", version.name)) != version.text]
    return sorted(
        {
            fault
            for version in older
            for fault in checking.check_journey(version.compiled(), published.house, published.journeys)
            if not fault.warning
        }
    )
