"""All steps, and how one is told from another."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from domain.grammar import Spoken
from domain.language.effects import Approval, Escalate, Hold, Post, Send, Set, Start, Stop, Task, Webhook
from domain.language.fields import StepFields
from domain.language.steering import Arm, Branch, Case, Check, Repeat, Split, Wait, WaitFor

STEPS: tuple[type[StepFields], ...] = (
    Send, Post, Task, Approval, WaitFor, Wait, Branch, Split, Check, Escalate, Set, Start, Stop, Hold, Webhook, Repeat,
)  # fmt: skip
VERBS: tuple[str, ...] = tuple(step.model_fields["verb"].default for step in STEPS)


def verb_of(value: Any) -> str | None:
    """The verb that makes a mapping a step: the first of VERBS it has, so `wait` inside a task is the task's wait."""
    if isinstance(value, dict):
        return next((verb for verb in VERBS if verb in value), None)
    return getattr(value, "verb", None)


Step = Annotated[
    Annotated[Send, Tag("send")]
    | Annotated[Post, Tag("post")]
    | Annotated[Task, Tag("task")]
    | Annotated[Approval, Tag("approval")]
    | Annotated[WaitFor, Tag("wait_for")]
    | Annotated[Wait, Tag("wait")]
    | Annotated[Branch, Tag("branch")]
    | Annotated[Split, Tag("split")]
    | Annotated[Check, Tag("check")]
    | Annotated[Escalate, Tag("escalate")]
    | Annotated[Set, Tag("set")]
    | Annotated[Start, Tag("start")]
    | Annotated[Stop, Tag("stop")]
    | Annotated[Hold, Tag("hold")]
    | Annotated[Webhook, Tag("webhook")]
    | Annotated[Repeat, Tag("repeat")],
    Discriminator(verb_of),
]

# Steps hold steps of every kind, and all kinds are known only here.
_holders: tuple[type[Spoken], ...] = (*STEPS, Case, Arm)
for _model in _holders:
    _model.model_rebuild(_types_namespace={"Step": Step})
