"""An account that is copied out of the database goes on in virtual time as it does in reality, whenever it was copied."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from functools import partial

import pytest

from activities import standing
from activities.view import View
from domain.people import Behaviour
from domain.simulation import World
from tests.conftest import NewDatabase
from tests.e2e.conductor import START, Conductor, stage, telling
from tests.e2e.scripts import HAPPY, UNHAPPY, Script, compared, differences, prepare

DAYS = 110
COPIES = 20


@pytest.mark.parametrize(
    ("arr", "behaviour", "script", "kind"),
    [(90_000, "prompt", HAPPY, "sqlite"), (24_000, "late", UNHAPPY, "postgres"), (6_000, "silent", UNHAPPY, "sqlite")],
)
async def test_a_copy_goes_on_as_the_account_itself(
    arr: float, behaviour: Behaviour, script: Script, kind: str, new_database: NewDatabase
) -> None:
    async with stage(new_database(kind), behaviour) as conductor:
        await prepare(conductor, arr)
        end = START + timedelta(days=DAYS)
        for days, name, payload in script:
            conductor.at(START + timedelta(days=days), telling(name, "acme", **payload))
        copies: list[tuple[datetime, World]] = []
        for hours in sorted(random.sample(range(DAYS * 24), COPIES)):
            await conductor.play(START + timedelta(hours=hours))
            copies.append((conductor.clock.now, copy_of(conductor, behaviour)))
        await conductor.play(end)
        lived = conductor.touches()
        for moment, world in copies:
            for days, name, payload in script:
                if (happens := START + timedelta(days=days)) > moment:
                    world.at(happens, partial(World.event, name=name, payload=payload))
            world.play(end)
            found = differences(compared([touch for touch in lived if touch.at > moment]), compared(world.touches))
            assert not found, f"copied at {moment}:\n" + "\n".join(found)


def copy_of(conductor: Conductor, behaviour: Behaviour) -> World:
    office = conductor.installation.office
    with conductor.database.read() as session:
        view = View(session, office, conductor.clock.now)
        stands = standing.of_account(view, "acme")
        assert stands
        world = World(view.published.house, list(view.published.journeys.values()), stands.account, view.now, behaviour)
    world.adopt_account(stands)
    return world
