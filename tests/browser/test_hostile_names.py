"""Names that would rather be something else, in a browser that runs whatever it is given: nothing runs, everything is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtime import previewing, screenshots
from tests.templates import rendering

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

NAMES = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\"><svg onload=document.title='owned'>",
    "' autofocus onfocus='document.title=1",
    "</title></style><script>document.title='owned'</script>",
    "<!--[if true]><script>document.title='owned'</script><![endif]-->",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:document.title='owned'",
    "&lt;script&gt;",
)


def opened(page: Page) -> list[str]:
    """The dialogs that came up while the page was loaded."""
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    return dialogs


@pytest.mark.parametrize("mail", ["email/welcome", "email/usage-report", "email/executive-outreach"])
def test_a_name_runs_nothing_in_a_mail_and_can_be_read(browser: Browser, mail: str) -> None:
    harmless = rendering.render(mail, "enterprise", None)
    with screenshots.screen(browser, "desktop", "light") as page:
        dialogs = opened(page)
        for name in NAMES:
            shown = preview(mail, name)
            page.set_content(shown.message.html or "")
            assert (page.title(), dialogs) == (shown.message.subject, [])
            assert name in page.inner_text("body").replace("\xa0", " ")
            assert page.locator("script, svg, img, [onerror], [onload], [onfocus]").count() == 0
            assert page.locator("a").count() == (harmless.message.html or "").count("<a ")


def test_a_name_runs_nothing_in_the_list_of_previews(browser: Browser, tmp_path: Path) -> None:
    shown = [preview("email/success-review", name) for name in NAMES]
    index = previewing.write(shown, tmp_path)[-1]
    context = browser.new_context()
    page = context.new_page()
    dialogs = opened(page)
    page.goto(index.as_uri())
    assert (page.title(), dialogs) == ("Words", [])
    assert page.locator("script, svg, img, iframe").count() == 0
    for name in NAMES:
        assert page.get_by_text(name, exact=False).first.is_visible()
    context.close()


def preview(mail: str, name: str) -> previewing.Preview:
    account = previewing.described(rendering.published(), "enterprise", rendering.NOW)
    contacts = tuple(replace(contact, name=name) for contact in account.contacts)
    people = {id: replace(person, name=name) for id, person in account.people.items()}
    hostile = replace(account, name=name, contacts=contacts, people=people)
    return previewing.preview(rendering.published(), mail, hostile, "enterprise", rendering.NOW)
