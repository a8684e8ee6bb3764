"""Accounts as they are read: one by one, or a page of them together."""

from __future__ import annotations

from datetime import timedelta

from activities.view import View
from tests import living
from tests.installation import Installation


def test_accounts_that_are_read_together_are_those_that_are_read_one_by_one(installation: Installation) -> None:
    for number, arr in enumerate((90_000, 24_000, 6_000)):
        installation.sign_up(f"a{number}", arr=arr)
    client = installation.client
    client.put("/v1/accounts/a1/contacts/zoe", json={"name": "Zoe Lee", "email": "zoe@example.com", "roles": ["user"]})
    client.post("/v1/accounts/a2/health", json={"scores": {"usage": 60, "engagement": 60, "performance": 60, "satisfaction": 60}})
    client.post("/v1/accounts/a0/holds", json={"by": "csm", "reason": "An incident", "mail_class": "growth"})
    living.live(installation, installation.clock.now + timedelta(days=16))
    client.post("/v1/holds", json={"by": "csm", "reason": "The warehouse burns"})
    ids = ["a0", "a1", "a2", "nobody"]
    with installation.database.read() as session:
        view = View(session, installation.office, installation.clock.now)
        together = {id: made() for id, made in view.accounts(ids).items()}
        assert together == {id: account for id in ids if (account := view.account(id))}
    assert len(together) == 3
    assert all(account.contacts and account.contracts and account.journeys and account.readings for account in together.values())
    assert {hold.id for hold in together["a0"].holds} > {hold.id for hold in together["a1"].holds}
