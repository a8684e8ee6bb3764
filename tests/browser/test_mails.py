"""Every shipped mail in headless Chromium, as inboxes show it: on a desk and on a phone, by day and at night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types

from runtime import screenshots
from tests.templates import rendering

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Scheme = Literal["light", "dark"]
MAILS = [case for case in rendering.cases() if case[0].startswith("email/") and case[1] == "enterprise"]
# Deque's rules that matter in a mail: https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md
RULES = ["color-contrast", "html-has-lang", "html-lang-valid", "image-alt", "link-name", "link-in-text-block", "list", "document-title"]
WIDEST = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "() => getComputedStyle(document.body).backgroundColor"
INVISIBLE = """() => [...document.querySelectorAll('p, li, a, td > div')].filter(
    each => each.innerText.trim() && (each.getBoundingClientRect().height < 1 || getComputedStyle(each).visibility !== 'visible')
).map(each => each.innerText)"""


def wrong(page: Any) -> list[str]:
    """What Deque's axe finds: contrast below 4.5 (WCAG 2.1, 1.4.3) among others."""
    found = Axe().run(page, options={"runOnly": {"type": "rule", "values": RULES}}).response["violations"]
    return [
        f"{each['id']}: {node['html'][:90]} {node['any'][0]['message'] if node['any'] else ''}" for each in found for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", screenshots.SCHEMES)
@pytest.mark.parametrize("width", screenshots.WIDTHS)
def test_every_mail_can_be_read(browser: Browser, width: str, scheme: Scheme) -> None:
    found: dict[str, list[str]] = {}
    with screenshots.screen(browser, width, scheme) as page:
        for name, segment, locale in MAILS:
            page.set_content(rendering.render(name, segment, locale).message.html or "")
            faults = [f"{page.evaluate(WIDEST)} px too wide"] if page.evaluate(WIDEST) > 0 else []
            faults += [f"not to be seen: {words}" for words in page.evaluate(INVISIBLE)]
            faults += wrong(page) if width == "phone" else []  # a wider screen has the same colours, and axe takes its time
            if faults:
                found[f"{name} {locale or ''}"] = faults
    assert found == {}


def test_at_night_the_ground_is_dark(browser: Browser) -> None:
    html = rendering.render("email/welcome", "enterprise", None).message.html or ""
    grounds = []
    for scheme in screenshots.SCHEMES:
        with screenshots.screen(browser, "phone", scheme) as page:
            page.set_content(html)
            grounds.append(page.evaluate(GROUND))
    assert grounds == ["rgb(243, 245, 248)", "rgb(20, 23, 29)"]


@pytest.mark.parametrize("style", ["color: #aaaaaa; background: #ffffff", "color: #1d2129; background: #14171d"])
def test_what_cannot_be_read_is_found(browser: Browser, style: str) -> None:
    html = f"<!doctype html><html lang='en'><title>x</title><body><p style='{style}'>Hardly to be read</p></body></html>"
    with screenshots.screen(browser, "phone", "light") as page:
        page.set_content(html)
        assert [each.partition(":")[0] for each in wrong(page)] == ["color-contrast"]
