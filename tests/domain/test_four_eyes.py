"""Who may approve what another proposed."""

from __future__ import annotations

import pytest

from domain.facts import Person
from domain.four_eyes import PublishingPolicy, nobody_approves, refusal
from tests.domain.kit import a_person


def policy(*approvers: str) -> PublishingPolicy:
    return PublishingPolicy(four_eyes=True, approvers=approvers)


@pytest.mark.parametrize(
    ("author", "approver", "words"),
    [
        ("ana", a_person("ben", "cs_ops"), None),
        ("ana", a_person("ben", "csm", "vp"), None),
        ("ben", a_person("ben", "cs_ops"), "Ben proposed it; somebody else approves"),
        ("ana", a_person("ben", "csm"), "Ben is neither cs_ops nor vp, who may approve"),
        ("ana", a_person("ben"), "Ben is neither cs_ops nor vp, who may approve"),
    ],
)
def test_somebody_else_with_one_of_the_roles_approves(author: str, approver: Person, words: str | None) -> None:
    assert refusal(policy("cs_ops", "vp"), author, approver) == words


def test_without_four_eyes_anybody_else_approves_what_was_proposed_all_the_same() -> None:
    assert refusal(PublishingPolicy(), "ana", a_person("ben")) is None
    assert refusal(PublishingPolicy(), "ben", a_person("ben")) == "Ben proposed it; somebody else approves"


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ([a_person("ana"), a_person("ben", "vp")], None),
        ([a_person("ana", "vp"), a_person("ben", "vp")], None),
        ([a_person("ben", "vp")], "nobody else is there to propose"),
        ([a_person("ana", active=False), a_person("ben", "vp")], "nobody else is there to propose"),
        ([a_person("ana"), a_person("ben", "vp", active=False)], "nobody active is vp"),
        ([a_person("ana"), a_person("ben")], "nobody active is vp"),
        ([], "nobody active is vp"),
    ],
)
def test_a_policy_that_leaves_nobody_to_approve_is_noticed(people: list[Person], words: str | None) -> None:
    found = nobody_approves(policy("vp"), people)
    assert (found or "").rpartition(": ")[2] == (words or "")
    assert nobody_approves(PublishingPolicy(approvers=("vp",)), []) is None
