"""How many readers report spam is shown where the whole book is, and that mail is held for it."""

from __future__ import annotations

from tests.activities.test_complaining import complain, write
from tests.console.test_pages import see, sign_up
from tests.installation import Installation


def test_the_rate_of_spam_reports_and_the_hold_that_follows_stand_on_the_overview_and_the_outbox(installation: Installation) -> None:
    sign_up(installation, "globex")
    assert "Spam reports are" not in see(installation, "/outbox")
    write(installation)
    assert "0.00\N{NO-BREAK SPACE}% <small>of 30 days’ mail</small>" in see(installation, "/")
    complain(installation, 1, 2)
    assert '0.20\N{NO-BREAK SPACE}% <small class="late">too many</small>' in see(installation, "/")
    assert "Spam reports are 0.20 % of the last 30 days&#39; mail (2 of 1,000)." in see(installation, "/outbox")
    assert "Commercial mail is held" not in see(installation, "/")
    complain(installation, 3)
    for page in ("/", "/outbox"):
        shown = see(installation, page)
        assert "Commercial mail is held" in shown
        assert "spam reports are 0.30 % of the last 30 days&#39; mail (3 of 1,000)" in shown
