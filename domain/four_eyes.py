"""Four eyes: what one of us proposes to publish, another approves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import Field, model_validator

from domain.facts import Person
from domain.grammar import Spoken, Truth, Words


class PublishingPolicy(Spoken):
    """journeys/policies/publishing.yaml: whether whoever publishes needs a second pair of eyes. Without the file nobody does."""

    four_eyes: Truth = Field(default=False, description="what one of us proposes, another publishes")
    approvers: Words = Field(default=(), description="roles of ours, by name; whoever holds one may approve what another proposed")

    @model_validator(mode="after")
    def _somebody_approves(self) -> Self:
        if self.four_eyes and not self.approvers:
            raise ValueError("say who may approve: approvers: [cs_ops, director]")
        return self


def refusal(policy: PublishingPolicy, author: str, approver: Person) -> str | None:
    """Why this person cannot approve what the author (an id) proposed; None when they can."""
    if approver.id == author:
        return f"{approver.name} proposed it; somebody else approves"
    if policy.approvers and not set(policy.approvers) & set(approver.roles):
        return f"{approver.name} is neither {' nor '.join(policy.approvers)}, who may approve"
    return None


def nobody_approves(policy: PublishingPolicy, people: Iterable[Person]) -> str | None:
    """Why nothing could ever be published under a policy; None when something could."""
    if not policy.four_eyes:
        return None
    active = [person for person in people if person.active]
    approving = [person for person in active if set(policy.approvers) & set(person.roles)]
    if approving and len(active) > 1:
        return None
    lacking = "nobody else is there to propose" if approving else f"nobody active is {' or '.join(policy.approvers)}"
    return f"with four_eyes nothing could be published any more: {lacking}"
