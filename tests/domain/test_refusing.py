"""What packs of rules do not let be said: facts about somebody's health, and words that nobody approved."""

from __future__ import annotations

from typing import Any

import pytest

from domain import checking, composing, refusing
from domain.composing import Kind, Template
from domain.house import House
from domain.packs import Financial, Packs
from tests.catalogue import pages
from tests.domain.kit import POLICIES, a_house

LAYOUT = "<mjml><mj-body><mj-section><mj-column><mj-text>[[body]]</mj-text></mj-column></mj-section></mj-body></mjml>"
PRIVATE = POLICIES["vocabulary"].replace("  account:\n", "  account:\n    diagnosis: {type: text, phi: true}\n    ward: {type: text}\n", 1)
HEALTHCARE, FINANCIAL = Packs(healthcare=True), Packs(financial=Financial(approved_by=("cco",)))


def house() -> House:
    return a_house(vocabulary=PRIVATE)


def a_template(kind: Kind, head: str, body: str = "x", layout: str = LAYOUT) -> Template:
    return composing.compile(kind, "x", f"---\n{head}\n---\n{body}\n", {"mail": layout})


MAIL, POST, TASK = "subject: Hello\npreview: x", "subject: Hello", "title: Hello"


@pytest.mark.parametrize(
    ("kind", "head", "body", "is_private"),
    [
        ("email", MAIL, "{{ account.diagnosis }}", True),
        ("email", MAIL, "{% if account.diagnosis %}Get well{% endif %}", True),  # whoever reads it knows
        ("email", MAIL, "{{ account.diagnosis | default('', true) | length }}", True),
        ("email", 'subject: "{{ account.diagnosis }}"\npreview: x', "x", True),
        ("email", 'subject: x\npreview: "{{ account.diagnosis }}"', "x", True),
        ("email", MAIL, "{{ account.ward }}", False),
        ("slack", POST, "{{ account.diagnosis }}", True),
        ("slack", 'subject: "{{ account.diagnosis }}"', "x", True),
        ("tasks", TASK, "{{ account.diagnosis }}", False),  # it stays with us
        ("tasks", 'title: "{{ account.diagnosis }}"', "x", True),  # reminders carry it
    ],
)
def test_facts_about_health_stay_out_of_messages(kind: Kind, head: str, body: str, is_private: bool) -> None:
    template = a_template(kind, head, body)
    found = refusing.private_names(template, HEALTHCARE, house().vocabulary)
    assert found == (["account.diagnosis"] if is_private else [])
    assert (refusing.refusal(template, HEALTHCARE, house().vocabulary, ()) is None) is not is_private
    assert refusing.refusal(template, Packs(), house().vocabulary, ()) is None


def test_a_fact_about_health_cannot_be_read_round_the_corner() -> None:
    for body in ("{{ account['diagnosis'] }}", "{% for a in [account] %}{{ a.diagnosis }}{% endfor %}", "{{ account }}"):
        assert refusing.private_names(a_template("email", MAIL, body), HEALTHCARE, house().vocabulary) == ["account"]


def test_a_layout_counts_as_well() -> None:
    template = a_template("email", MAIL, layout=LAYOUT.replace("[[body]]", "[[body]] {{ account.diagnosis }}"))
    assert refusing.private_names(template, HEALTHCARE, house().vocabulary) == ["account.diagnosis"]


def test_words_are_approved_as_they_are() -> None:
    mail, post = a_template("email", MAIL), a_template("slack", POST)
    vocabulary = house().vocabulary
    assert refusing.refusal(mail, FINANCIAL, vocabulary, {mail.hash}) is None
    assert refusing.refusal(post, FINANCIAL, vocabulary, ()) is None
    for changed in (
        a_template("email", MAIL, "x."),
        a_template("email", MAIL.replace("Hello", "Hi")),
        a_template("email", MAIL, layout=LAYOUT + "\n"),
    ):
        assert refusing.refusal(changed, FINANCIAL, vocabulary, {mail.hash}) == (
            "email/x is not approved as it is now, which the financial pack asks for: `tenure approve-words email/x`"
        )


@pytest.mark.parametrize("pack", ["healthcare: true", "healthcare: false"])
def test_check_says_where_a_fact_about_health_would_leave(pack: str) -> None:
    def words(body: str) -> str:
        return f"---\nsubject: Hello\npreview: x\n---\nHello\n{body}\n"

    texts = pages.base() | {
        ("policy", "vocabulary"): PRIVATE, ("policy", "packs"): pack, ("template", "email/news"): words("We hear of {{ account.diagnosis }}"),
    }  # fmt: skip
    said = [str(fault) for fault in checking.check(texts) if not fault.warning]
    where = "templates/email/news.md:6:15: 'account.diagnosis' is about somebody's health (phi), and this would take it to where others read or carry it"
    assert said == ([where] if "true" in pack else [])


@pytest.mark.parametrize(
    ("packs", "fault"),
    [
        ("financial: {approved_by: [princpal]}", "1:26: no role of ours is called 'princpal'"),
        ("financial: {}", "1:12: 'approved_by' is missing"),
        ("healthcare: yes", "1:13: healthcare: 'yes' is neither true nor false"),
        ("financial: {approved_by: [vp]}", None),
    ],
)
def test_packs_are_checked(packs: str, fault: str | None) -> None:
    said: list[Any] = [str(fault) for fault in checking.check(pages.base() | {("policy", "packs"): packs})]
    assert [each[: len(fault or "") + 30] for each in said] == (
        [] if fault is None else [f"journeys/policies/packs.yaml:{fault}"[: len(fault) + 30]]
    )
