"""What of a message in doubt becomes of itself: sent once more, or never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.contact_policy import ContactPolicy
from domain.doubt import MAIL_WITHIN, SLACK_WITHIN, once_more_at

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
POLICY = ContactPolicy(classes=("contractual", "growth"), never_lost=("contractual",))


@pytest.mark.parametrize(
    ("what", "after"),
    [
        ({}, None),
        ({"mail_class": "contractual"}, MAIL_WITHIN),
        ({"operational": True}, MAIL_WITHIN),
        ({"audience": "person", "operational": True}, MAIL_WITHIN),
        ({"audience": "person", "channel": "slack"}, SLACK_WITHIN),
        ({"audience": "channel", "channel": "slack"}, SLACK_WITHIN),
        ({"mail_class": "contractual", "repeats": 1}, None),
        ({"audience": "channel", "channel": "slack", "repeats": 1}, None),
    ],
)
def test_once_more_and_no_more_where_it_must_not_be_lost(what: dict[str, Any], after: timedelta | None) -> None:
    about = {"audience": "contact", "channel": "sendgrid", "mail_class": "growth", "operational": False, "repeats": 0, **what}
    assert once_more_at(**about, policy=POLICY, now=NOW) == (NOW + after if after else None)


def test_a_class_that_must_not_be_lost_is_one_of_the_classes() -> None:
    with pytest.raises(ValueError, match="'grwth' is not one of the classes; did you mean 'growth'"):
        ContactPolicy(classes=("growth",), never_lost=("grwth",))
