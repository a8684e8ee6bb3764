"""Who may be contacted, asked where it counts: in the transaction that claims, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from activities.ledger import Nudge
from activities.turn import Turns
from channels.channel import Accepted, Channels, Mail
from channels.outbox import Outbox
from database import definitions, suppressions
from database.tables import MessageRow, SuppressionRow, table
from domain.governor import EMAIL
from domain.protocol import TurnOrder
from runtime import folders
from tests.installation import LINKS, ROOT, START, Installation

messages, refused = table(MessageRow), table(SuppressionRow)


def a_journey(name: str, mail_class: str, template: str, to: str = "champion") -> str:
    lines = [
        f"journey: {name}", f"title: {name}", "for: account", "starts: {manual: true, reenter: never}", "anchor: start",
        f"class: {mail_class}", "steps:", f"  - {{send: {template}, to: {to}}}", "  - {wait: 60 days}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


RIVALS = {
    "urgent": a_journey("urgent", "renewal", "first-value"),
    "idle": a_journey("idle", "growth", "use-case-gallery"),
    "asking": a_journey("asking", "renewal", "welcome"),
    "contract": a_journey("contract", "renewal", "proposal"),
}


@pytest.fixture
def rivals(installation: Installation) -> Installation:
    """Journeys that send the champion one mail each, and two accounts whose champions are at work at ten on a Monday."""
    texts = {**folders.read(ROOT), **{("journey", name): text for name, text in RIVALS.items()}}
    with installation.database.write() as session:
        definitions.publish(session, texts, START)
    for id in ("acme", "other"):
        call(installation, "PUT", f"/v1/accounts/{id}", name=id.title(), time_zone="Europe/Berlin", country="DE", owner="csm")
        contact = {"name": "Ann Lee", "email": f"ann@{id}.example.com", "roles": ["champion"]}
        call(installation, "PUT", f"/v1/accounts/{id}/contacts/{id}-ann", **contact)
        call(installation, "PUT", f"/v1/accounts/{id}/contracts/{id}-1", starts_on="2024-01-01", ends_on="2029-01-01")
    return installation


def call(installation: Installation, method: str, path: str, **body: Any) -> Any:
    answer = installation.client.request(method, path, json=body)
    assert answer.status_code in (200, 201, 202), answer.text
    return answer.json()


def begin(installation: Installation, journey: str, account: str = "acme") -> Nudge:
    call(installation, "POST", "/v1/enrollments", journey=journey, account=account, by="csm")
    return next(each for each in reversed(installation.nudges) if each.begins and each.workflow_type == journey)


def sent(installation: Installation, *columns: str) -> list[Any]:
    with installation.database.read() as session:
        wanted = [messages.c[name] for name in columns or ("journey", "state")]
        return [tuple(row) for row in session.execute(select(*wanted).order_by(messages.c.journey, messages.c.account_id))]


def the(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment


def together(*works: Callable[[], Any]) -> None:
    """At the same moment, each in a thread of its own."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        gate.wait()
        work()

    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(run, work) for work in works]:
            done.result()


def a_worker(installation: Installation, nudge: Nudge, channels: Channels | None = None) -> Callable[[], Any]:
    """A turn by a worker of its own."""
    turns = Turns(installation.database, installation.office, channels or installation.channels, installation.nudge)
    return lambda: turns.take(TurnOrder(run_id=nudge.order.run_id, kind=nudge.order.kind, now=installation.clock.now))


# Races


def test_of_two_journeys_that_race_for_the_last_free_slot_exactly_one_sends(rivals: Installation) -> None:
    urgent, idle = begin(rivals, "urgent"), begin(rivals, "idle")
    rivals.clock.pass_by(minutes=3)  # nobody makes way for who should have gone long ago: whoever is first, is first
    together(a_worker(rivals, urgent), a_worker(rivals, idle))
    states = dict(sent(rivals))
    assert sorted(states.values()) == ["accepted", "planned"]


def test_a_higher_class_takes_the_slot_whichever_turn_comes_first(rivals: Installation) -> None:
    urgent, idle = begin(rivals, "urgent"), begin(rivals, "idle")
    waits = rivals.take_turn(idle)
    assert dict(sent(rivals)) == {"idle": "planned"}
    rivals.take_turn(urgent)
    rivals.clock.now = the(waits.until)
    waits = rivals.take_turn(idle)
    assert dict(sent(rivals)) == {"idle": "planned", "urgent": "accepted"}
    ((reason, queued_at, due_at),) = [row[1:] for row in sent(rivals, "journey", "reason", "queued_at", "due_at") if row[0] == "idle"]
    assert reason == "Ann Lee would get 2 mails on 2026-01-05, and 1 is the most: had first-value (urgent)"
    assert queued_at == rivals.clock.now
    assert due_at.date() == START.date() + timedelta(days=1)
    rivals.clock.now = the(waits.until)
    rivals.take_turn(idle)
    assert dict(sent(rivals)) == {"idle": "accepted", "urgent": "accepted"}


def test_what_marketing_reports_takes_a_slot(rivals: Installation) -> None:
    body = {"id": "hub-1", "contact": "acme-ann", "source": "marketing", "what": "spring newsletter", "sent_at": START.isoformat()}
    call(rivals, "POST", "/v1/accounts/acme/external-sends", **body)
    rivals.take_turn(begin(rivals, "urgent"))
    ((state, reason),) = sent(rivals, "state", "reason")
    assert (state, reason.split("had ")[1]) == ("planned", "spring newsletter (marketing)")


def test_one_person_at_two_accounts_is_one_reader(rivals: Installation) -> None:
    call(rivals, "PUT", "/v1/accounts/other/contacts/other-ann", name="Ann Lee", email="Ann+x@ACME.example.com", roles=["champion"])
    here, there = begin(rivals, "urgent", "acme"), begin(rivals, "urgent", "other")
    together(a_worker(rivals, here), a_worker(rivals, there))
    assert sorted(state for _, state in sent(rivals)) == ["accepted", "planned"]


# Saying no


@pytest.mark.parametrize(
    ("scope", "name", "journey", "state"),
    [
        ("everything", "", "asking", "skipped"),  # not even what they wait for
        ("everything", "", "contract", "skipped"),
        ("channel", EMAIL, "asking", "accepted"),
        ("channel", EMAIL, "contract", "accepted"),  # the contract asks for it
        ("channel", EMAIL, "urgent", "skipped"),
        ("topic", "start", "urgent", "skipped"),
        ("topic", "tips", "urgent", "accepted"),
    ],
)
@pytest.mark.parametrize("spelling", ["ann@acme.example.com", "ANN+News@Acme.Example.COM"])
def test_nothing_that_was_refused_is_claimed(rivals: Installation, scope: Any, name: str, journey: str, state: str, spelling: str) -> None:
    with rivals.database.write() as session:
        suppressions.add(session, spelling, "said so", "person", START, scope=scope, name=name)
    rivals.take_turn(begin(rivals, journey))
    assert sent(rivals, "state") == [(state,)]


def test_a_no_outlives_the_contact_and_comes_back_with_the_address(rivals: Installation) -> None:
    with rivals.database.write() as session:
        suppressions.add(session, "ann@acme.example.com", "complained", "provider", START)
    call(rivals, "PUT", "/v1/accounts/other/contacts/other-ann", name="A. Lee", email="ann@acme.example.com", roles=["champion"])
    rivals.take_turn(begin(rivals, "urgent", "other"))
    ((state, reason),) = sent(rivals, "state", "reason")
    assert (state, reason) == ("skipped", "the address is suppressed: complained")


def test_no_mail_is_claimed_once_its_reader_has_said_no(rivals: Installation) -> None:
    """Whoever holds the reader's row first decides; neither sees half of what the other does."""
    nudge = begin(rivals, "urgent")

    def refuse() -> None:
        with rivals.database.write() as session:
            suppressions.add(session, "ann@acme.example.com", "said so", "reader", rivals.clock.now, scope="channel", name=EMAIL)

    together(a_worker(rivals, nudge), refuse)
    ((state, claimed_at),) = sent(rivals, "state", "claimed_at")
    with rivals.database.read() as session:
        effective_at = session.execute(select(refused.c.effective_at)).scalar_one()
    assert state in ("accepted", "skipped")
    assert (claimed_at is None) == (state == "skipped")
    assert claimed_at is None or claimed_at <= effective_at


def test_an_address_is_suppressed_once_however_many_say_so(rivals: Installation) -> None:
    ids = []

    def refuse() -> None:
        with rivals.database.write() as session:
            ids.append(suppressions.add(session, "ann@acme.example.com", "bounced", "provider", START).id)

    together(refuse, refuse, refuse)
    assert len(set(ids)) == 1


# What a mail says of how to refuse it


class _Listening(Outbox):
    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, mail: Mail) -> Accepted:
        self.mails.append(mail)
        return super().send(mail)


@pytest.mark.parametrize(("journey", "is_refusable"), [("urgent", True), ("asking", False), ("contract", False)])
def test_mail_that_can_be_refused_says_so_to_mail_programs_and_all_mail_to_readers(
    rivals: Installation, journey: str, is_refusable: bool
) -> None:
    outbox = _Listening()
    a_worker(rivals, begin(rivals, journey), Channels(outbox, outbox, outbox, LINKS))()
    (mail,) = outbox.mails
    page = LINKS.preferences(mail.message_id)
    assert page in mail.text
    assert mail.html is not None
    assert f'href="{page}"' in mail.html
    assert dict(mail.headers) == (
        {"List-Unsubscribe": f"<{page}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if is_refusable else {}
    )
