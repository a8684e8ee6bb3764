"""Journeys to ask about, and how they are played and asked about."""

from __future__ import annotations

from typing import Any

from activities.ledger import Nudge
from database import definitions
from runtime import folders
from tests.api.staging import play, started
from tests.installation import ROOT, Installation

# Mail of a morning leaves 1:50 after the opening to `acme`: each account has a moment of its own (`spread` of calendars.yaml).

STORY = """\
journey: story
title: A story
for: account
starts: {manual: true, reenter: always}
anchor: start
class: growth
ends: [{on: account_returned, then: [{id: goodbye, send: hello, to: champion}]}]
steps:
  - {id: first, send: hello, at: day 0, to: billing}
  - id: gated
    send: hello
    at: day 1
    to: champion
    when: account.training < 1
    approval: {by: owner, within: 2 business days, otherwise: escalate}
  - {id: for-smb, send: hello, at: day 1, to: champion, when: account.segment == "smb"}
  - {id: trained, send: hello, at: day 3, to: champion, when: account.training >= 0.5}
  - branch: size
    at: day 4
    cases:
      - {when: account.arr >= 50000, steps: [{id: big, task: Call them, owner: engineer}]}
      - else: [{id: small, task: Write to them, owner: pool}]
  - {id: weekend, send: hello, at: day 5, to: [champion, sponsor]}
  - {id: setup, wait_for: setup_completed, within: 20 days, otherwise: [{id: stuck, task: Unblock them, owner: engineer}]}
  - {id: after-setup, send: hello, to: champion}
  - {id: late-one, send: hello, at: day 40, to: champion}
whenever:
  - {on: first_value_reached, again: never, steps: [{id: cheer, send: hello, to: champion}]}
"""
GUARDED = """\
journey: guarded
title: Guarded
for: account
starts: {on: [first_value_reached], when: account.training >= 0.5}
anchor: start
class: growth
steps: [{id: guarded-hello, send: hello, to: champion}]
"""
AGES = """\
journey: ages
title: Ages
for: account
starts: {manual: true}
anchor: start
class: contractual
steps:
  - {set: {account.stage: growth}}
  - {id: staged, send: hello, to: champion, when: account.stage == "growth"}
  - {id: ill, send: hello, to: champion, when: health.score < 70}
  - {id: quiet, send: hello, at: day 21, to: champion, when: account.admin_quiet}
  - {id: slow, send: hello, at: day 21, to: champion, when: account.login_change < 0}
"""
ANCHORED = """\
journey: anchored
title: Anchored
for: account
starts: {manual: true}
anchor: contract.starts_on
class: growth
steps:
  - {id: opening, send: hello, at: day 0, to: champion}
  - {id: month, send: hello, at: day 30, to: champion}
"""
HELLO = '---\nsubject: "Hello"\npreview: A word\n---\n\nHello {{ contact.first_name }}.\n'
TEXTS = {
    ("journey", "story"): STORY,
    ("journey", "guarded"): GUARDED,
    ("journey", "ages"): AGES,
    ("journey", "anchored"): ANCHORED,
    ("template", "email/hello"): HELLO,
}


def publish(installation: Installation, **journeys: str) -> None:
    texts = folders.read(ROOT) | TEXTS | {("journey", name): text for name, text in journeys.items()}
    with installation.database.write() as session:
        definitions.publish(session, texts, installation.clock.now)


def begin(installation: Installation, **time: float) -> Nudge:
    """Acme, an enterprise with little training, in the story for so long."""
    publish(installation)
    installation.sign_up()
    installation.client.put("/v1/accounts/acme", json={"facts": {"training": 0.25}})
    installation.clock.pass_by(hours=1)
    enroll(installation)
    nudge = started(installation, "story")
    play(installation, nudge, **time)
    return nudge


def enroll(installation: Installation) -> Any:
    return installation.client.post("/v1/enrollments", json={"journey": "story", "account": "acme", "by": "csm"})


def ask(installation: Installation, **question: Any) -> list[dict[str, Any]]:
    answer = installation.client.get("/v1/accounts/acme/why", params=question)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def the_one(installation: Installation, **question: Any) -> dict[str, Any]:
    """The one entry that answers; a step is one of the story where no other journey is named."""
    (entry,) = ask(installation, **({"journey": "story"} if "step" in question else {}) | question)
    return entry


def mail(installation: Installation, step: str) -> dict[str, Any]:
    (entry,) = [entry for entry in ask(installation, journey="story", step=step) if entry["kind"] == "mail"]
    return entry


def approve(installation: Installation, by: str = "csm") -> None:
    (asked,) = installation.client.get("/v1/approvals?state=open").json()["items"]
    answer = installation.client.post(f"/v1/approvals/{asked['id']}/approve", json={"by": by, "note": "go on"})
    assert answer.status_code == 200, answer.text


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)
