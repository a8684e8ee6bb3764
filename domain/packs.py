"""journeys/policies/packs.yaml: packs of rules for regulated customers, each turned on by the house."""

from __future__ import annotations

from pydantic import Field

from domain.grammar import Spoken, Truth, Words


class Financial(Spoken):
    """Customers get only words that somebody with one of these roles has approved, as they are (FINRA Rule 2210(b)(1))."""

    approved_by: Words = Field(description="roles of ours, by name; whoever holds one approves with `tenure approve-words`")


class Packs(Spoken):
    """journeys/policies/packs.yaml; without the file no pack is on."""

    healthcare: Truth = Field(default=False, description="facts that are `phi: true` stay out of mail, Slack and the titles of tasks")
    financial: Financial | None = None
