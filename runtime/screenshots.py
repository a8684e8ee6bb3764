"""Pictures of mails as inboxes show them: on a desk and on a phone, by day and at night, in headless Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = {"desktop": 800, "phone": 375}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
NO_PLAYWRIGHT = "pictures take Playwright and Chromium: `pip install playwright`, then `playwright install chromium`"
NO_CHROMIUM = "there is no Chromium on this machine: `playwright install chromium` brings one, `apt-get install chromium` does on Debian"
# What keeps a browser at home, and what one needs that root starts.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)


class NoBrowser(RuntimeError):
    """Nothing here can take pictures; says what to install."""


@contextmanager
def browser() -> Iterator[Browser]:
    """The machine's own Chromium, else the one that Playwright brought. Raises NoBrowser."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise NoBrowser(NO_PLAYWRIGHT) from None
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        except Error:
            raise NoBrowser(NO_CHROMIUM) from None
        try:
            yield started
        finally:
            started.close()


@contextmanager
def screen(browser: Browser, width: str, scheme: Literal["light", "dark"]) -> Iterator[Page]:
    """Where mails can be shown with `set_content`. It fetches nothing."""
    context = browser.new_context(
        viewport={"width": WIDTHS[width], "height": 700}, color_scheme=scheme, offline=True, device_scale_factor=2
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def take(mails: Sequence[Path]) -> list[Path]:
    """Four pictures beside each .html file. Raises NoBrowser."""
    taken = []
    with browser() as started:
        for width, scheme in product(WIDTHS, SCHEMES):
            with screen(started, width, scheme) as page:
                for mail in mails:
                    page.set_content(mail.read_text(encoding="utf-8"), wait_until="load")
                    taken.append(mail.with_name(f"{mail.stem}.{width}.{scheme}.png"))
                    page.screenshot(path=taken[-1], full_page=True)
    return taken
