"""What becomes of a message of which nobody knows whether it left.

Its provider may still tell (domain/reports.py). Where it does not, two faults are left to choose from: it comes twice, or never.
Nobody can rule out both: the answer was lost, and the mail or the answer alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.contact_policy import ContactPolicy
from domain.intents import Audience

SLACK = "slack"

# How long evidence is waited for before a message is sent once more. Slack shows at once what it has; reports on mail take minutes.
SLACK_WITHIN = timedelta(seconds=60)
MAIL_WITHIN = timedelta(minutes=10)
# How long what is never sent twice may stay in doubt before a person is called: most reports that come at all come within hours.
UNSETTLED_AFTER = timedelta(hours=6)
# A send lasts seconds; one that lasts this long has no sender any more.
STUCK_AFTER = timedelta(minutes=15)
# A provider that accepted a mail and then says nothing of it for so long, has lost it or us.
UNHEARD_AFTER = timedelta(hours=24)


def is_never_lost(audience: Audience, mail_class: str, operational: bool, policy: ContactPolicy) -> bool:
    """Rather twice than never: what our own people are told, mail that customers wait for, and the classes that policy names."""
    return audience in ("person", "channel") or operational or mail_class in policy.never_lost


def once_more_at(
    audience: Audience, channel: str, mail_class: str, operational: bool, policy: ContactPolicy, repeats: int, now: datetime
) -> datetime | None:
    """When a message that is in doubt since `now` is sent once more; None: never by itself. Once is all: `repeats` are behind it."""
    if repeats or not is_never_lost(audience, mail_class, operational, policy):
        return None
    return now + (SLACK_WITHIN if channel == SLACK else MAIL_WITHIN)
