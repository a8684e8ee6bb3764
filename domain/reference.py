"""The language reference, docs/language.md: what the models say of themselves, and one example for each step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from domain import schema
from domain.language import (
    STEPS,
    Arm,
    Case,
    End,
    Gate,
    Held,
    JourneyText,
    SkipAfter,
    Starts,
    StepFields,
    Whenever,
)  # fmt: skip

_SHARED = ("id", "at", "when", "late", "shadow")
_PARTS: tuple[tuple[type[BaseModel], str], ...] = (
    (Starts, "starts"),
    (End, "ends"),
    (Whenever, "whenever"),
    (Case, "cases and verdicts"),
    (Arm, "arms"),
    (Gate, "the approval of a send"),
    (Held, "what a hold holds"),
    (SkipAfter, "skip_after"),
)
# What a field takes is told from the first example of its schema.
_KINDS = {"3 days": "a duration", "start": "a day", 'account.segment == "enterprise" and not account.first_value_on': "a condition"}

# One of each, in the words of the journeys that Tenure comes with. tests/domain/test_reference.py checks every one.
EXAMPLES: Mapping[str, str] = {
    "send": """\
- send: first-value-prompt
  at: [day 15, day 20]                # twice, if need be
  to: champion
  when: not account.first_value_on
  approval: {by: owner, within: 2 business days, otherwise: escalate, when: account.segment == "enterprise"}
""",
    "post": """\
- {post: wins}                        # to the channel that its template names
- {id: tell-the-director, post: milestone-stuck, to: director}
""",
    "task": """\
- {task: success-plan, at: day 1, owner: csm, due: 2 business days, sla: P3}
- task: Ask who signs                 # a title with spaces needs no template
  owner: csm
  outcomes: [known, unknown]
  wait: 5 business days
  otherwise: [{escalate: nobody-signs, to: director, why: "Nobody has found out who signs. Ask their sponsor."}]
""",
    "approval": """\
- {approval: price-change, by: director, within: 2 business days, otherwise: escalate}
- {task: Offer the price, owner: csm, when: steps.price_change.approved}
""",
    "wait_for": """\
- wait_for: survey_answered
  where: event.survey == "csat"
  within: 10 days
  otherwise: [{task: Ask by phone, owner: csm}]
- {id: trained, wait_for: account.training >= 0.7, until: day 14}
""",
    "wait": """\
- {wait: 3 business days}
- {wait: until 09:00, to: champion}   # in the champion's time zone
- {wait: until contract.decision_on - 90 days}
""",
    "branch": """\
- branch: size
  cases:
    - {when: account.arr >= 100000, steps: [{task: Call the sponsor, owner: vp}]}
    - {when: account.arr >= 10000, steps: [{task: Call the champion, owner: csm}]}
    - else: []                        # an empty list does nothing
""",
    "split": """\
- split: subject-line
  arms:
    - {arm: short, percent: 50, steps: [{send: product-tour, to: champion}]}
    - {arm: none, percent: 50, steps: []}
""",
    "check": """\
- check: exit-gate
  at: day 30
  verdicts:
    - {verdict: succeeded, when: account.first_value_on and account.training >= 0.7, steps: [{set: {account.stage: adoption}}]}
    - else: [{task: extend-or-save, owner: director}]
""",
    "escalate": """\
- escalate: setup-stuck
  to: director
  sla: P1
  why: The setup is not finished. Find out what blocks it, and who on their side can remove it.
  when: not account.setup_completed_on
""",
    "set": """\
- {set: {account.stage: adoption, tag: adoption-open}}
- {set: {account.plan_accepted_on: today}}
""",
    "start": "- {start: save, when: health.band == \"critical\"}\n",
    "stop": "- {stop: growth, tasks: hand_on}\n",
    "hold": """\
- {hold: {classes: [growth, advocacy]}}          # until this run is over
- {hold: {journey: growth}, for: 30 days}
""",
    "webhook": "- {webhook: crm, when: account.first_value_on}\n",
    "repeat": """\
- repeat: extended
  every: 7 days
  until: account.first_value_on or day >= 45
  steps: [{task: weekly-check, owner: csm, sla: P3}]
""",
}  # fmt: skip

_WORDS = """\
Written in `journeys/`, one file a journey; `tenure check` says what is wrong and where, `tenure schema` prints the JSON Schema for
editors. This page is generated from the models that read the files: `tenure schema --markdown`.

## Words that fields take

| what | how it is written |
|---|---|
| a duration | `30 minutes`, `4 hours`, `4 working hours`, `3 days`, `2 business days`, `2 weeks`; at most 800 days |
| a day | `start` (the moment of enrollment), `day 30` or `day -90` from the anchor, `contract.decision_on - 90 days` from any date fact |
| a condition | facts with their namespace, compared: `account.segment == "smb" and not account.first_value_on`; see below |
| a role | of ours or of theirs, from `policies/roles.yaml`; looked up at the moment of acting |
| an event, a fact | from `policies/vocabulary.yaml` |
| a template | the name of a file in `templates/`, without its ending |
| one or more | one word, or a list of them: `champion`, `[champion, admin]` |

Every value may differ by segment. A variant names every segment or has an `else`:

```yaml
owner: {by segment: {enterprise: vp, smb: pool, else: csm}}
```

A step's name is its verb and object (`send-welcome`, `wait-for-survey-answered`) unless it says `id:`. Conditions call it by either, with
underscores: `steps.welcome_call.done_on`. A step tells `done_on`, `outcome`, `answer`, `approved`, `clicked`, `replied` and `visits`.

## Conditions

Comparisons (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`), `and`, `or`, `not`, brackets, `+`, `-`, `*`, `/`, texts in quotes, numbers,
`true`, `false`, `none`, and `count(list)`, `days_since(date)`, `days_until(date)`. What is not known is not less, not greater and in
nothing; alone it counts as not true. Beside facts there are `day`, `today`, `policy.<name>`, `steps.<id>.<field>`, `account.cohort`
(0 to 99, by a hash of the account's id, always the same) and, in a `where`, `event.<field>`. There are no regular expressions, and a
condition has at most 1,000 characters.

## Mails that lack something

A mail that cannot be filled in, or would say a fact older than its declaration allows, waits for approval also where none is written: for
the role its step names, else the account's owner. Once what is missing is told, it is composed anew. Until then `otherwise: send`
escalates.

## Shadow

What is in shadow decides as always on live customers, does nothing, and is recorded for people to agree or disagree with
(`tenure shadow`). A journey, or a step with what lies in it, says so; where both do, one is enough. It is asked when a step's moment has
come, so going live is publishing another condition, and begins with the next step of each run:

```yaml
shadow: yes                                     # nobody hears of it
shadow: account.segment != "smb"                # live for one segment
shadow: account.cohort >= 10                    # live for a tenth of the accounts
shadow: {by segment: {smb: no, else: yes}}
```

The run goes on as if all had gone well: a mail keeps its hours, holds and limits and is recorded when it would have left; a task counts
as done at once, with the first of its outcomes; an approval as given, an escalation as resolved. `steps.<id>.done_on` says so too;
`clicked` and `replied` stay empty. Facts are not set and other journeys neither stopped nor held; one that is in shadow itself is started.
An account whose runs of a journey were all in shadow has not been in it, as far as `reenter` and facts with `while` go.
Journey tests play journeys as if they were live.
"""


def as_markdown() -> str:
    """The whole page."""
    return "\n".join(_page()).rstrip() + "\n"


def _page() -> Iterator[str]:
    yield "# The language of journeys\n"
    yield _WORDS
    yield "## A journey\n"
    yield from _table(JourneyText)
    yield "\n## Steps\n"
    yield "What every step may say:\n"
    yield from _table(StepFields)
    for step in STEPS:
        verb = step.model_fields["verb"].default
        yield f"\n### `{verb}`\n"
        yield f"{_sentence(step)}\n"
        yield f"```yaml\n{EXAMPLES[verb]}```\n"
        yield from _table(step, without=_SHARED)
    yield "\n## Parts\n"
    for model, title in _PARTS:
        yield f"### {title}\n"
        if model.__doc__ and "BaseModel" not in model.__doc__:
            yield f"{_sentence(model)}\n"
        yield from _table(model)
        yield ""


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _table(model: type[BaseModel], without: tuple[str, ...] = ()) -> Iterator[str]:
    described: dict[str, Any] = model.model_json_schema(by_alias=True)
    described = described["$defs"][model.__name__] if "$ref" in described else described
    yield "| field | takes | |"
    yield "|---|---|---|"
    for name, value in described["properties"].items():
        if name not in (*schema.HIDDEN, *without):
            needed = "**needed**; " if name in described.get("required", ()) else ""
            default = f" Default: `{value['default']}`." if isinstance(value.get("default"), str) else ""
            yield f"| `{name}` | {_takes(value)} | {needed}{value['description']}.{default} |"


def _linked(model: str) -> str:
    title = next(title for part, title in _PARTS if part.__name__ == model)
    return f"[{title}](#{title.replace(' ', '-')})"


def _takes(value: Mapping[str, Any]) -> str:
    """What may be written, in the words of the table above."""
    if "enum" in value or "const" in value:
        return " · ".join(f"`{word}`" for word in value.get("enum", [value.get("const")]))
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_takes(option) for option in value["anyOf"] if option.get("type") != "null"))
    if "oneOf" in value:
        return "step"
    if "$ref" in value:
        return _linked(value["$ref"].rsplit("/", 1)[-1])
    if examples := value.get("examples"):
        kind = _KINDS.get(examples[0]) if len(examples) < 4 else None
        return kind or ", ".join(f"`{example}`" for example in examples)
    match value.get("type"):
        case "array":
            inner = value["items"]
            return "steps" if "oneOf" in inner else f"{_takes(inner)}, one or more"
        case "object":
            return "a mapping"
        case "boolean":
            return "`true` · `false`"
        case "integer":
            return "a whole number"
        case _:
            return "a name" if "pattern" in value else "words"
