"""An erasure at the same moment as everything else that is told of the contact: one comes after the other, and nothing tells of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from database.tables import ErasureRow, MessageRow, table
from tests.activities.test_claiming import a_worker, together
from tests.api import test_inbound as inbound
from tests.api import test_webhooks as webhooks
from tests.api.staging import onboard
from tests.api.test_answers import page_of, survey_mail
from tests.api.test_erasures import ANN, traces
from tests.installation import Installation

messages, erasures = table(MessageRow), table(ErasureRow)
HERS = ("Ann Lee", "ann@acme.example.com", "blue elephant")


def erasing(installation: Installation, contact: str = ANN) -> Callable[[], None]:
    def ask() -> None:
        answer = installation.client.post(f"{contact}/erasure", json={"by": "csm", "why": "asked for it"})
        assert answer.status_code in (200, 201), answer.text

    return ask


def a_batch(installation: Installation) -> Callable[[], Any]:
    with installation.database.read() as session:
        ids = session.execute(select(messages.c.id).where(messages.c.audience == "contact")).scalars().all()
    told = [webhooks.event(installation, "bounce", id, sg_event_id=f"e-{id}", reason="no <ann@acme.example.com>") for id in ids]
    return lambda: webhooks.tell(installation, *told)


def an_answer(installation: Installation) -> Callable[[], Any]:
    reader, page = TestClient(installation.app, raise_server_exceptions=False), page_of(survey_mail(installation))
    return lambda: reader.post(page, data={"score": "2", "comment": "The blue elephant never worked"})


def a_change(installation: Installation) -> Callable[[], Any]:
    return lambda: installation.client.put(ANN, json={"name": "Ann Lee", "email": "ann@acme.example.com"})


def a_turn(installation: Installation) -> Callable[[], Any]:
    installation.clock.pass_by(days=3)
    nudge = next(each for each in installation.nudges if each.begins and each.workflow_type == "onboarding")
    return a_worker(installation, nudge)


def another_erasure(installation: Installation) -> Callable[[], Any]:
    return erasing(installation)


@pytest.mark.parametrize("rival", [a_batch, an_answer, a_change, a_turn, another_erasure])
def test_whatever_is_told_at_the_same_moment_nothing_is_left_of_them(
    installation: Installation, rival: Callable[[Installation], Callable[[], Any]]
) -> None:
    onboard(installation, days=30)
    together(erasing(installation), rival(installation))
    assert traces(installation.database, *HERS) == []
    with installation.database.read() as session:
        assert [row.id for row in session.execute(select(erasures))] == ["acme-ann"]


def test_two_contacts_of_an_account_are_erased_at_the_same_moment(installation: Installation) -> None:
    onboard(installation, days=30)
    together(erasing(installation), erasing(installation, "/v1/accounts/acme/contacts/acme-ben"), a_batch(installation))
    assert traces(installation.database, *HERS, "Ben Okafor", "ben@acme.example.com") == []


def test_an_answer_by_mail_at_the_same_moment_is_theirs_or_that_of_nobody_we_know(installation: Installation) -> None:
    id = inbound.welcome(installation)
    mail = {"text": "The blue elephant never worked", "headers": f"In-Reply-To: <{id}@example.com>"}
    together(erasing(installation), lambda: inbound.arrives(installation, **mail))
    assert traces(installation.database, "Ann Lee") == []
