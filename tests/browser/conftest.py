"""One browser for all tests here; without one they fail in a sentence that says what to install."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from runtime import screenshots

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        with screenshots.browser() as started:
            yield started
    except screenshots.NoBrowser as error:
        pytest.fail(str(error), pytrace=False)
