"""The faults of one journey, and of a set, as sentences."""

from __future__ import annotations

import re
import textwrap

from domain import checking
from domain.language import VERBS
from tests.domain.kit import HEAD, POLICIES, a_house

STEPS = ", ".join(VERBS)


def faults(text: str) -> list[str]:
    """The faults of a journey whose missing head is filled in."""
    body = textwrap.dedent(text).strip("\n")
    head = [f"{name}: {value}" for name, value in HEAD.items() if not re.search(rf"^{name}:", body, re.MULTILINE)]
    found = checking.check_text("\n".join([*head, body]), "story.yaml", a_house(), ["other"])
    return [f"{fault.mark.line - len(head)}:{fault.mark.column}: {fault.sentence}" for fault in found]


def set_faults(*texts: tuple[str, str, str], **policies: str) -> list[str]:
    """The faults of the house of tests/domain/house with other policies and some more texts, and of one journey beside them."""
    found = {("policy", name): text for name, text in (POLICIES | policies).items()}
    found["journey", "other"] = "\n".join(
        [*(f"{name}: {value}" for name, value in {**HEAD, "journey": "other"}.items()), "steps: [{wait: 1 day}]"]
    )
    return [str(fault) for fault in checking.check(found | {(kind, name): text for kind, name, text in texts})]
