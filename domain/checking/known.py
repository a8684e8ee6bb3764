"""What journeys and policies are checked against: the house, the journeys beside them, and what their templates need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from domain.checking import conditions
from domain.checking.conditions import Names
from domain.house import House
from domain.journey import SEGMENT
from domain.vocabulary import COHORT, Kind


@dataclass(frozen=True)
class Known:
    """One house and the names of all journeys. `needs` says of each template (kind, name) which facts each of its
    files cannot do without: it may be written in several languages."""

    rules: House
    journeys: frozenset[str]
    needs: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: House, journeys: Iterable[str]) -> Known:
        return cls(rules, frozenset(journeys))

    @cached_property
    def names(self) -> Names:
        return conditions.declared(self.rules.vocabulary)

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The names whose value is settled before anything happens."""
        return {f"policy.{name}": value for name, value in self.rules.vocabulary.values.items()}

    @cached_property
    def always_known(self) -> frozenset[str]:
        """The facts that every account has, whatever was told of it."""
        facts = self.rules.vocabulary.by_name.items()
        told = frozenset(name for name, fact in facts if fact.default is not None or fact.while_ or fact.quiet)
        return told | {SEGMENT, "account.name", COHORT}

    @cached_property
    def dates(self) -> tuple[str, ...]:
        return tuple(name for name, kind in self.names.kinds.items() if kind is Kind.DATE)
