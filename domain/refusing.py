"""What packs of rules (domain/packs.py) do not let be said: the same sentence at publishing and, should words have come another way,
at the send."""

from __future__ import annotations

from collections.abc import Collection

from domain import inspecting
from domain.composing import TaskHead, Template
from domain.packs import Packs
from domain.vocabulary import Vocabulary


def private_names(template: Template, packs: Packs, vocabulary: Vocabulary) -> list[str]:
    """The facts about somebody's health (45 CFR 160.103) that this template would take to where others read or carry it.

    A condition counts as well: who sees which sentence was chosen knows the fact. The instructions of a task stay with us; its title is
    named in reminders.
    """
    if not packs.healthcare:
        return []
    said = inspecting.names(template.head.title, template.path, 1) if isinstance(template.head, TaskHead) else template.names
    private = {name for name, fact in vocabulary.by_name.items() if fact.phi}
    # `account['diagnosis']` reads as the whole account, of which any fact may be meant.
    return sorted(name for name in said if name in private or any(each.startswith(f"{name}.") for each in private))


def is_approved(hash: str, packs: Packs, approved: Collection[str]) -> bool:
    """Whether a customer may get a mail of this template's hash; `approved` are the hashes that somebody approved."""
    return packs.financial is None or hash in approved


def refusal(template: Template, packs: Packs, vocabulary: Vocabulary, approved: Collection[str]) -> str | None:
    """Why no pack lets these words be sent; `approved` are the hashes of templates that were approved. None where they may."""
    if private := private_names(template, packs, vocabulary):
        return f"{template.path} says {private[0]}, which is phi: the healthcare pack keeps that out of messages"
    if template.kind == "email" and not is_approved(template.hash, packs, approved):
        return f"{template.path} is not approved as it is now, which the financial pack asks for: `tenure approve-words {template.path}`"
    return None
