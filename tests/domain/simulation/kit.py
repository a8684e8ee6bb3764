"""What stories of several journeys are made of."""

from __future__ import annotations

from typing import Any

from domain.simulation import World
from tests.domain.kit import a_house, line

HOUSE = a_house()


def lines(world: World, *journeys: str) -> list[str]:
    """What a story's touches were, in all journeys or these."""
    return [line(touch) for touch in world.touches if not journeys or touch.journey in journeys]


REMINDED = [
    "0 10:00 task call csm",
    "1 14:00 notice task-reminder csm",
    "2 10:00 notice task-reminder csm",
    "2 10:00 notice task-reminder director",
]


OUTCOMES = """
    steps:
      - {task: call, owner: csm, sla: P4, outcomes: [good, bad], wait: 9 days}
      - {post: cheers, when: steps.call.outcome == "good"}
      - {post: heads-up, to: vp, when: steps.call.outcome == "bad"}
      - {approval: price, by: director}
      - {webhook: crm, when: steps.price.approved}
"""


def other(steps: str, name: str = "other", **head: str) -> str:
    return "\n".join([f"journey: {name}", *(f"{field}: {text}" for field, text in head.items()), f"steps: [{steps}]"])


def enroll(*names: str) -> Any:
    def act(world: World) -> None:
        for name in names:
            world.enroll(name)

    return act
