"""What every step may say."""

from __future__ import annotations

import ast
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from domain.conditions import Condition, SpokenCondition
from domain.conditions import parse as parse_condition
from domain.grammar import Spoken
from domain.language.days import Days, Late
from domain.language.names import Name, slug

EVERYWHERE = Condition("yes", (), ast.Constant(True))


def _shadow(value: Any) -> Condition | None:
    """Empty is refused: what was meant to be in shadow must not go live for a slip."""
    text = str(value).lower()
    if text in ("yes", "true", "no", "false"):
        return EVERYWHERE if text in ("yes", "true") else None
    return parse_condition(value)


SpokenShadow = Annotated[
    Condition | None,
    PlainValidator(_shadow),
    PlainSerializer(lambda shadow: str(shadow) if shadow else "no"),
    WithJsonSchema({"type": ["boolean", "string"], "examples": ["yes", "account.cohort >= 10"]}),
]


class StepFields(Spoken):
    """What every step may say."""

    id: Name | None = Field(default=None, description="its stable name; derived from the verb and its object when not written")
    at: Days | None = Field(default=None, description="its day, or several: one visit each")
    when: SpokenCondition | None = Field(default=None, description="otherwise it is skipped")
    late: Late | None = Field(default=None, description="what to do when its day has passed before the run comes to it")
    shadow: SpokenShadow = Field(
        default=None, description="where it, and what lies in it, does nothing and is only recorded: `yes`, `no` or a condition"
    )

    verb: str = Field(default="", exclude=True)

    @property
    def object(self) -> str:
        """What the verb acts on, as part of a step's name."""
        return slug(str(getattr(self, self.verb)))

    @property
    def reaches_people(self) -> bool:
        """Whether lateness can make it pointless; steps that only steer are always taken."""
        return False

    @property
    def only_steers(self) -> bool:
        """Whether it reaches nobody and changes nothing: it decides where its track goes, and when."""
        return False

    def blocks(self) -> tuple[tuple[Any, ...], ...]:
        """The lists of steps inside it; those that have some say their type."""
        return ()
