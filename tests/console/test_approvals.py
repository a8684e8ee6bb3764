"""What waits for approval, as people see it in the console."""

from __future__ import annotations

import html
import re

from tests.activities.gates import an_account, begin, decide, published, the_approval
from tests.console.test_pages import HOSTILE, see
from tests.installation import Installation

GATE = "by: owner, within: 2 business days, otherwise: skip"


def test_an_approval_shows_each_mail_as_it_will_leave_why_it_is_due_and_how_to_decide(quick_installation: Installation) -> None:
    assert "Nothing waits for a decision" in see(quick_installation, "/approvals")
    published(quick_installation, GATE)
    an_account(quick_installation, seats_used=0.5)
    begin(quick_installation)
    asked = the_approval(quick_installation)
    for page in ("/", "/approvals", "/accounts/acme"):
        assert f'href="/approvals/{asked["id"]}"' in see(quick_installation, page)
    page = see(quick_installation, f"/approvals/{asked['id']}")
    frames = [html.unescape(found) for found in re.findall(r'<iframe [^>]*sandbox="" srcdoc="([^"]*)"', page)]
    assert frames == [letter["html"] for letter in asked["messages"]]
    for words in ("To Ann Lee: Your figures, Ann", "send: figures, to: [champion, sponsor]", f"tenure approvals approve {asked['id'][:8]}"):
        assert words in page
    decide(quick_installation, "edit", subject="Our talk")
    decide(quick_installation, "approve", note=HOSTILE)
    page = see(quick_installation, f"/approvals/{asked['id']}")
    for words in ("To Ben Okafor: Our talk", "Changed by Cara Stein", "approved by Cara Stein", html.escape(HOSTILE)):
        assert words in page
    assert HOSTILE not in page
    assert "tenure approvals approve" not in page


def test_a_mail_that_lacks_something_says_what(quick_installation: Installation) -> None:
    published(quick_installation)
    an_account(quick_installation, "ann")
    begin(quick_installation)
    page = see(quick_installation, f"/approvals/{the_approval(quick_installation)['id']}")
    assert "It lacks something: email/figures: account.seats_used is not known" in page
    assert "<iframe" not in page


def test_an_approval_that_is_not_there_is_said_to_be_so(quick_installation: Installation) -> None:
    assert "There is no approval" in see(quick_installation, "/approvals/7", 404)
