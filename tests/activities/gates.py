"""Journeys with gates, and an account at one, for tests of what people do there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from activities.ledger import Nudge
from channels.channel import Channels
from channels.outbox import Outbox
from channels.sendgrid import SendGrid
from database import definitions
from database.tables import MessageRow, table
from runtime import folders
from tests import fakes
from tests.installation import LINKS, ROOT, Installation

messages = table(MessageRow)

HEAD = "journey: {name}\ntitle: {name}\nfor: account\nstarts: {{manual: true, reenter: always}}\nanchor: start\nclass: growth\nsteps:\n"
FIGURES = """\
---
subject: "Your figures, {{ contact.first_name }}"
preview: How you use your seats
topic: tips
---

Hello {{ contact.first_name }},

{{ account.name }} uses {{ account.seats_used | percent }} of its seats.

[See them all]({{ links.setup }} "button")
"""


def published(installation: Installation, gate: str = "", template: str = FIGURES, name: str = "figures", **policies: str) -> None:
    """A journey that sends the champion and the sponsor one mail, through this gate."""
    approval = f", approval: {{{gate}}}" if gate else ""
    journey = HEAD.format(name=name) + f"  - {{send: figures, to: [champion, sponsor]{approval}}}\n  - {{wait: 60 days}}\n"
    texts = {**folders.read(ROOT), ("journey", name): journey, ("template", "email/figures"): template}
    texts |= {("policy", policy): text for policy, text in policies.items()}
    with installation.database.write() as session:
        definitions.publish(session, texts, installation.clock.now)


def call(installation: Installation, method: str, path: str, status: int | None = None, **body: Any) -> Any:
    """The answer; one of success where no other status is expected."""
    answer = installation.client.request(method, path, json=body or None)
    assert answer.status_code == status if status else answer.is_success, answer.text
    return answer.json()


def an_account(installation: Installation, *readers: str, **facts: Any) -> None:
    """Acme, owned by the CSM, with a champion and a sponsor who are at work on START."""
    call(
        installation,
        "PUT",
        "/v1/accounts/acme",
        name="Acme_Ltd",
        time_zone="Europe/Berlin",
        country="DE",
        owner="csm",
        facts={"arr": 90_000, **facts},
    )
    people = {"ann": ("Ann Lee", "champion"), "ben": ("Ben Okafor", "sponsor")}
    for id in readers or ("ann", "ben"):
        reader, role = people[id]
        call(installation, "PUT", f"/v1/accounts/acme/contacts/{id}", name=reader, email=f"{id}@acme.example.com", roles=[role])


def begin(installation: Installation, journey: str = "figures") -> Nudge:
    """The run has taken its first turn."""
    call(installation, "POST", "/v1/enrollments", journey=journey, account="acme", by="csm")
    nudge = next(each for each in reversed(installation.nudges) if each.begins and each.workflow_type == journey)
    installation.take_turn(nudge)
    return nudge


def the_approval(installation: Installation) -> dict[str, Any]:
    """The one there is, with everything that is shown of it."""
    (line,) = call(installation, "GET", "/v1/approvals")["items"]
    found: dict[str, Any] = call(installation, "GET", f"/v1/approvals/{line['id']}")
    return found


def decide(installation: Installation, verb: str, status: int | None = None, by: str = "csm", **more: Any) -> dict[str, Any]:
    path = f"/v1/approvals/{the_approval(installation)['id']}/{verb}"
    found: dict[str, Any] = call(installation, "POST", path, status, by=by, **more)
    return found


def letter_to(approval: dict[str, Any], reader: str) -> dict[str, Any]:
    found: dict[str, Any] = next(letter for letter in approval["messages"] if letter["recipient"] == reader)
    return found


def states(installation: Installation) -> dict[str, str]:
    """Of the mails, by their readers."""
    with installation.database.read() as session:
        found = select(messages.c.recipient, messages.c.state).where(messages.c.audience == "contact")
        return {row.recipient: row.state for row in session.execute(found)}


def with_sendgrid(installation: Installation, provider: fakes.Provider) -> None:
    """Mails leave by SendGrid's client, to a provider that keeps what it is given."""
    installation.channels = Channels(SendGrid("SG.test", provider.url), Outbox(), Outbox(), LINKS)


def got(provider: fakes.Provider) -> dict[str, dict[str, str]]:
    """What each reader got: subject, text and page, to the byte."""
    return {
        each.to: {"subject": each.subject, **{part["type"]: part["value"] for part in each.body["content"]}} for each in provider.accepted
    }


def sent(letter: dict[str, Any]) -> dict[str, str]:
    """A mail as it was shown, in the provider's words."""
    return {"subject": letter["subject"], "text/plain": letter["text"], "text/html": letter["html"]}
