"""An installation that is asked for what it must refuse."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from database.engine import Database
from tests.api.refusals import stored
from tests.installation import Installation


@pytest.fixture(scope="module")
def _signed_up(prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    file = tmp_path_factory.mktemp("refusing") / "tenure.db"
    shutil.copy(prepared_sqlite, file)
    database = Database(f"sqlite:///{file}")
    made = Installation(database)
    made.sign_up()
    made.sign_up("other")
    with made.client:
        yield made
    database.close()


@pytest.fixture
def refusing(_signed_up: Installation) -> Iterator[Installation]:
    """An installation with two accounts, `acme` and `other`, in which a test must change nothing and tell Temporal nothing."""
    before, told = stored(_signed_up.database), len(_signed_up.nudges)
    yield _signed_up
    assert stored(_signed_up.database) == before
    assert len(_signed_up.nudges) == told
