"""Publishing a folder: checked whole, then stored whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from database import definitions
from database.definitions import Change
from database.engine import Database
from domain import checking
from domain.faults import FaultyText
from runtime import folders


def publish_folder(database: Database, root: Path, now: datetime) -> list[Change]:
    """Publishes what changed. Raises FaultyText (nothing is stored then) and folders.NoDefinitions."""
    texts = folders.read(root)
    with database.read() as session:
        if definitions.current_texts(session)[0] == texts:
            return []
    if faults := [fault for fault in checking.check(texts) if not fault.warning]:
        raise FaultyText(faults)
    return database.transact(lambda session: definitions.publish(session, texts, now))
