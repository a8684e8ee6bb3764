"""What is simulated is what runs: the same story in virtual time and on Temporal, compared touch by touch."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from domain.people import Behaviour
from domain.simulation import World
from tests.conftest import NewDatabase
from tests.e2e.conductor import START, stage, telling
from tests.e2e.scripts import HAPPY, UNHAPPY, Script, a_world_like, compared, differences, prepare


@pytest.mark.parametrize(
    ("segment", "arr", "behaviour", "script", "kind"),
    [
        ("enterprise", 90_000, "prompt", HAPPY, "sqlite"),
        ("mid_market", 24_000, "late", UNHAPPY, "postgres"),
        ("smb", 6_000, "silent", UNHAPPY, "sqlite"),
        ("smb", 6_000, "prompt", HAPPY, "postgres"),
    ],
)
async def test_every_touch_of_a_year_is_the_same(
    segment: str, arr: float, behaviour: Behaviour, script: Script, kind: str, new_database: NewDatabase
) -> None:
    async with stage(new_database(kind), behaviour) as conductor:
        await prepare(conductor, arr)
        world = a_world_like(conductor, behaviour)
        end = START + timedelta(days=420)
        for days, name, payload in script:
            moment = START + timedelta(days=days)
            conductor.at(moment, telling(name, "acme", **payload))
            world.at(moment, partial(World.event, name=name, payload=payload))
        world.play(end)
        await conductor.play(end)
        found = differences(compared(conductor.touches()), compared(world.touches))
        assert not found, "\n".join(found)
