"""The journey language: one model a step, exactly what the engine does. The JSON Schema and `tenure check` come from here."""

from domain.language.days import At, Late, SkipAfter, UntilClock, parse_at
from domain.language.effects import Approval, Escalate, Gate, Held, Hold, Post, Send, Set, Start, Stop, Webhook
from domain.language.fields import EVERYWHERE, StepFields
from domain.language.journeys import Again, End, JourneyText, Reenter, Starts, Whenever
from domain.language.names import EVENT, NAME, Event, Name
from domain.language.steps import STEPS, VERBS, Arm, Awaited, Branch, Case, Check, Repeat, Split, Step, Task, Wait, WaitFor, verb_of

__all__ = [
    "EVENT",
    "EVERYWHERE",
    "NAME",
    "STEPS",
    "VERBS",
    "Again",
    "Approval",
    "Arm",
    "At",
    "Awaited",
    "Branch",
    "Case",
    "Check",
    "End",
    "Escalate",
    "Event",
    "Gate",
    "Held",
    "Hold",
    "JourneyText",
    "Late",
    "Name",
    "Post",
    "Reenter",
    "Repeat",
    "Send",
    "Set",
    "SkipAfter",
    "Split",
    "Start",
    "Starts",
    "Step",
    "StepFields",
    "Stop",
    "Task",
    "UntilClock",
    "Wait",
    "WaitFor",
    "Webhook",
    "Whenever",
    "parse_at",
    "verb_of",
]
