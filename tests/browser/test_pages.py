"""The pages that customers and our people see, in a browser that runs no script: on a desk and on a phone, by day and at night."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pytest
from starlette.testclient import TestClient

from runtime import screenshots
from tests.activities.gates import an_account, begin, decide, published, the_approval
from tests.api.staging import onboard
from tests.api.test_answers import survey_mail
from tests.browser.test_mails import WIDEST, wrong
from tests.installation import LINKS, Installation

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route, ViewportSize

Scheme = Literal["light", "dark"]
ORIGIN = "http://localhost"
GROUND = "() => getComputedStyle(document.body).backgroundColor"
on_every_screen = pytest.mark.parametrize(
    ("width", "scheme"), [(width, scheme) for width in screenshots.WIDTHS for scheme in screenshots.SCHEMES]
)


@dataclass
class Reader:
    """Somebody at a screen, whose only site is one installation, with neither script nor key."""

    browser: Browser
    installation: Installation
    width: str
    scheme: Scheme

    @contextmanager
    def page(self, script: bool = False) -> Iterator[Page]:
        client = TestClient(self.installation.app, base_url=ORIGIN)  # follows redirects: a browser takes none from a route

        def answer(route: Route) -> None:
            asked = route.request
            found = client.request(asked.method, asked.url, content=asked.post_data_buffer, headers=asked.headers)
            route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

        viewport: ViewportSize = {"width": screenshots.WIDTHS[self.width], "height": 700}
        context = self.browser.new_context(viewport=viewport, color_scheme=self.scheme, java_script_enabled=script, offline=True)
        try:
            context.route("**/*", answer)
            yield context.new_page()
        finally:
            context.close()

    def faults(self, page: Page) -> list[str]:
        """What is wrong with the page that is open. Axe is a script, so it is shown a copy."""
        page.wait_for_load_state("load")  # what is not styled yet is as wide as it likes
        wide = page.evaluate(WIDEST)
        found = [f"{wide} px too wide"] if wide > 0 else []
        if self.width == "phone":  # a wider screen has the same colours, and axe takes its time
            with self.page(script=True) as copy:
                copy.set_content(page.content().replace("<head>", f'<head><base href="{ORIGIN}/">'), wait_until="load")
                found += wrong(copy)
        return found


def at_home(link: str) -> str:
    return link.replace(LINKS.base, ORIGIN)


@pytest.fixture
def asked(quick_installation: Installation) -> Installation:
    """A customer was asked how the first month was."""
    onboard(quick_installation, days=30)
    return quick_installation


@on_every_screen
def test_a_survey_is_answered_without_a_script(browser: Browser, asked: Installation, width: str, scheme: Scheme) -> None:
    link = at_home(LINKS.answers(survey_mail(asked)["id"]))
    reader = Reader(browser, asked, width, scheme)
    with reader.page() as page:
        page.goto(link)
        assert reader.faults(page) == []
        page.get_by_label("4", exact=True).check()
        page.get_by_label("What is the reason for it?").fill("Setting it up took long.")
        page.get_by_role("button", name="Send the answer").click()
        assert page.get_by_role("status").inner_text() == "Thank you. Your answer is saved: 4."
        assert page.get_by_label("4", exact=True).is_checked()
        assert reader.faults(page) == []
        page.goto(f"{ORIGIN}/a/none-of-ours")
        assert page.get_by_role("heading").inner_text() == "We do not know this link"
        assert reader.faults(page) == []


@on_every_screen
def test_what_one_gets_is_chosen_without_a_script(browser: Browser, asked: Installation, width: str, scheme: Scheme) -> None:
    reader = Reader(browser, asked, width, scheme)
    with reader.page() as page:
        page.goto(at_home(LINKS.preferences(survey_mail(asked)["id"])))
        assert reader.faults(page) == []
        page.get_by_label("Tips").uncheck()
        page.get_by_role("button", name="Save").click()
        assert page.get_by_role("status").is_visible()
        assert not page.get_by_label("Tips").is_checked()
        assert reader.faults(page) == []
        page.get_by_role("button", name="Unsubscribe from all of it").click()
        assert page.get_by_role("heading", level=1).inner_text() == "You are unsubscribed"
        assert reader.faults(page) == []
        page.get_by_role("button", name="Undo").click()
        assert page.get_by_label("Getting started").is_checked()


def test_at_night_the_grounds_of_pages_are_dark(browser: Browser, asked: Installation) -> None:
    mail = survey_mail(asked)["id"]
    for link in (at_home(LINKS.answers(mail)), at_home(LINKS.preferences(mail)), f"{ORIGIN}/approvals"):
        grounds: list[str] = []
        for scheme in screenshots.SCHEMES:
            with Reader(browser, asked, "phone", scheme).page() as page:
                page.goto(link)
                grounds.append(page.evaluate(GROUND))
        assert len(set(grounds)) == 2


@on_every_screen
def test_what_waits_for_approval_is_read_without_a_script(
    browser: Browser, quick_installation: Installation, width: str, scheme: Scheme
) -> None:
    published(quick_installation, "by: owner, within: 2 business days, otherwise: skip")
    an_account(quick_installation, seats_used=0.5)
    begin(quick_installation)
    decide(quick_installation, "edit", subject="Our talk about everything that has come of the first year, and of the next")
    reader = Reader(browser, quick_installation, width, scheme)
    with reader.page() as page:
        for place in ("/approvals", "/", "/accounts", "/accounts/acme", "/outbox"):
            page.goto(ORIGIN + place)
            assert (place, reader.faults(page)) == (place, [])
        page.goto(f"{ORIGIN}/approvals")
        page.get_by_role("link", name="Our talk about").click()
        page.wait_for_url("**/approvals/*")
        assert reader.faults(page) == []
        mail = page.frame_locator("iframe").first
        assert mail.get_by_text("uses 50").first.is_visible()
        assert page.get_by_text(f"tenure approvals approve {the_approval(quick_installation)['id'][:8]}").is_visible()
