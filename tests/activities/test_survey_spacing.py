"""How often a reader is asked the same, decided where it counts: in the transaction that claims."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from database import definitions
from database.tables import MessageRow, table
from runtime import folders
from tests.activities.test_claiming import a_journey, begin, call
from tests.installation import ROOT, START, Installation

messages = table(MessageRow)


def test_the_same_survey_of_another_journey_waits_and_says_why(installation: Installation) -> None:
    asking = {("journey", name): a_journey(name, "adoption", "nps-survey") for name in ("first", "second")}
    asking["journey", "third"] = a_journey("third", "adoption", "pulse-survey")
    with installation.database.write() as session:
        definitions.publish(session, {**folders.read(ROOT), **asking}, START)
    call(installation, "PUT", "/v1/accounts/acme", name="Acme", time_zone="Europe/Berlin", country="DE", owner="csm")
    call(installation, "PUT", "/v1/accounts/acme/contacts/acme-ann", name="Ann Lee", email="ann@acme.example.com", roles=["champion"])
    call(installation, "PUT", "/v1/accounts/acme/contracts/acme-1", starts_on="2024-01-01", ends_on="2029-01-01")
    for name in ("first", "second", "third"):
        installation.take_turn(begin(installation, name))
        installation.clock.pass_by(days=21)
    with installation.database.read() as session:
        columns = (messages.c.journey, messages.c.state, messages.c.asks, messages.c.reason)
        rows = [tuple(row) for row in session.execute(select(*columns).order_by(messages.c.journey))]
    why = "Ann Lee would get 2 nps surveys within 90 days, and 1 is the most: had nps-survey (first)"
    assert rows == [("first", "accepted", "nps", None), ("second", "planned", None, why), ("third", "accepted", "ces", None)]
    assert installation.clock.now == START + timedelta(days=63)
