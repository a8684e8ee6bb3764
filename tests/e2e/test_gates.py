"""Mails that wait for somebody, on Temporal and in virtual time alike."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from activities import standing
from activities.view import View
from database.engine import Database
from domain.simulation import World
from domain.standing import Standing
from domain.touches import Touch
from tests.activities import gates
from tests.e2e.conductor import START, Conductor, stage

GATE = "by: owner, within: 2 business days, otherwise: send"


async def begin(conductor: Conductor, **facts: Any) -> tuple[str, World]:
    """The enrollment, in front of its first turn's mails; and the same in virtual time."""
    await asyncio.to_thread(gates.an_account, conductor.installation, **facts)
    with conductor.database.read() as session:
        view = View(session, conductor.installation.office, conductor.clock.now)
        stands = standing.of_account(view, "acme")
        house, journeys = view.published.house, list(view.published.journeys.values())
    assert isinstance(stands, Standing)
    world = World(house, journeys, stands.account, conductor.clock.now, "silent")
    world.adopt_account(stands)
    begun = await conductor.call("POST", "/v1/enrollments", {"journey": "figures", "account": "acme", "by": "csm"})
    await conductor.settle()
    world.enroll("figures")
    world.settle()
    return str(begun["id"]), world


async def letters(conductor: Conductor) -> tuple[str, dict[str, dict[str, Any]]]:
    (line,) = (await conductor.call("GET", "/v1/approvals?state=open"))["items"]
    shown = await conductor.call("GET", f"/v1/approvals/{line['id']}")
    return f"/v1/approvals/{line['id']}", {letter["recipient"]: letter for letter in shown["messages"]}


def touched(conductor: Conductor, world: World) -> tuple[list[Any], list[Any]]:
    """When who was reached by what, in reality and in virtual time. Whom an approval was asked of first, its row does not keep."""

    def told(touches: list[Touch]) -> list[Any]:
        mine = [each for each in touches if each.journey == "figures"]
        return sorted((each.at, each.step, each.effect, each.recipient if each.effect == "send" else "") for each in mine)

    return told(conductor.touches()), told(world.touches)


async def test_of_two_mails_one_is_changed_and_sent_as_shown_and_the_other_is_not_sent(database: Database) -> None:
    async with stage(database) as conductor:
        await asyncio.to_thread(gates.published, conductor.installation, GATE)
        id, world = await begin(conductor, seats_used=0.5)
        path, _ = await letters(conductor)
        await conductor.call("POST", f"{path}/edit", {"by": "csm", "text": "Hello {{ contact.first_name }}, **shall** we talk?"})
        _, shown = await letters(conductor)
        await conductor.play(START + timedelta(hours=2))
        world.play(START + timedelta(hours=2))
        for verb, reader in (("skip", "ben"), ("approve", "ann")):
            await conductor.call("POST", f"{path}/{verb}", {"by": "csm", "messages": [shown[reader]["id"]]})
            await conductor.settle()
            world.decide_approval("figures#1", "send-figures", 1, verb == "approve", reader)
            world.settle()
        assert gates.got(conductor.sendgrid) == {"ann@acme.example.com": gates.sent(shown["ann"])}
        assert (await conductor.call("GET", f"/v1/enrollments/{id}"))["ended_at"] is None
        real, virtual = touched(conductor, world)
        assert real == virtual


async def test_a_mail_that_lacks_a_fact_is_asked_about_passed_on_and_sent_once_it_is_told_and_approved(database: Database) -> None:
    async with stage(database) as conductor:
        await asyncio.to_thread(gates.published, conductor.installation)
        _, world = await begin(conductor)
        path, lacking = await letters(conductor)
        assert {letter["text"] for letter in lacking.values()} == {None}
        until = START + timedelta(days=4)
        await conductor.play(until)
        world.play(until)
        assert (await conductor.call("GET", path))["role"] == "director"
        await conductor.call("PUT", "/v1/accounts/acme", {"facts": {"seats_used": 0.5}})
        await conductor.settle()
        world.know({"account.seats_used": 0.5})
        world.settle()
        _, shown = await letters(conductor)
        await conductor.call("POST", f"{path}/approve", {"by": "director", "read": [letter["body_hash"] for letter in shown.values()]})
        await conductor.settle()
        world.decide_approval("figures#1", "send-figures", 1, True)
        world.settle()
        theirs = {to: words for to, words in gates.got(conductor.sendgrid).items() if to.endswith("@acme.example.com")}
        assert theirs == {f"{id}@acme.example.com": gates.sent(letter) for id, letter in shown.items()}
        real, virtual = touched(conductor, world)
        assert real == virtual
