"""Where journeys that are good one by one get in each other's way: what one customer would get of all of them together.

It reads what a simulation gave and changes nothing. What is too much the governor says (domain/caps.py), by `limits` of
journeys/policies/contact.yaml: it kept each of these mails back, until there was room again or it was stale.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.simulation import Touch, World


@dataclass(frozen=True, slots=True)
class Collision:
    """A mail that would have been one too many: when it was due, a sentence, and the touches that had filled the limit."""

    at: datetime
    sentence: str
    touches: tuple[Touch, ...]


def collisions(world: World) -> list[Collision]:
    """In the order of time."""
    found = []
    for each in world.mail.crowded:
        taken = {(sent.at, sent.what) for sent in each.crowd.sent}
        touches = tuple(touch for touch in world.touches if touch.kind == "mail" and (touch.at, f"{touch.what} ({touch.journey})") in taken)
        found.append(Collision(each.at, f"{each.what} ({each.journey}) came too soon: {each.crowd.sentence}", touches))
    return sorted(found, key=lambda each: (each.at, each.sentence))
