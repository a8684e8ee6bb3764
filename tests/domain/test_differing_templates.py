"""Two versions of a mail, a post or a task, and what is said of the difference."""

from __future__ import annotations

import pytest

from domain import composing
from domain.composing import Kind, Template
from domain.differing_templates import layout, templates

LAYOUT = "<mjml><mj-body><mj-section><mj-column><mj-text>[[body]]</mj-text></mj-column></mj-section></mj-body></mjml>"
MAIL = """---
subject: "Hello"
preview: A word
---

Hello {{ contact.first_name }},

we are glad.

{{ owner.first_name }}
"""
POST = "---\nsubject: News\nchannel: wins\n---\n\nThere is news.\n"
TASK = "---\ntitle: Call\n---\n\nCall them.\n"


def a_template(kind: Kind, text: str) -> Template:
    return composing.compile(kind, "hello", text, {"mail": LAYOUT})


@pytest.mark.parametrize(
    ("kind", "text", "old", "new", "sentence"),
    [
        ("email", MAIL, '"Hello"', '"Hi"', "the subject changed from “Hello” to “Hi”"),
        ("email", MAIL, "A word", "Two words", "the preview changed from “A word” to “Two words”"),
        ("email", MAIL, "preview: A word", "preview: A word\noperational: true", "whether it may leave at any hour: yes instead of no"),
        ("email", MAIL, "we are glad.", "we are sad.", "the text: 1 line changed"),
        ("email", MAIL, "we are glad.\n", "we are sad.\n\nReally.\n", "the text: 1 line changed and 2 lines added"),
        ("email", MAIL, "\nwe are glad.\n", "", "the text: 2 lines removed"),
        ("slack", POST, "channel: wins", "channel: losses", "it goes to the channel losses instead of wins"),
        ("slack", POST, "\nchannel: wins", "", "it goes to the channel of nobody instead of wins"),
        ("tasks", TASK, "title: Call", "title: Ring", "the title changed from “Call” to “Ring”"),
    ],
)
def test_a_change_is_one_sentence(kind: Kind, text: str, old: str, new: str, sentence: str) -> None:
    assert old in text
    found = templates(a_template(kind, text), a_template(kind, text.replace(old, new)))
    assert [each.sentence for each in found] == [sentence]


def test_a_comment_in_its_head_is_no_difference() -> None:
    assert templates(a_template("email", MAIL), a_template("email", MAIL.replace("subject:", "# what it is about\nsubject:"))) == []


def test_a_template_can_be_new_and_can_go() -> None:
    task = a_template("tasks", TASK)
    assert [(each.kind, each.sentence) for each in templates(None, task)] == [("new", "the task is new")]
    assert [(each.kind, each.sentence) for each in templates(task, None)] == [
        ("removed", "the task is removed; runs on older versions keep its last words")
    ]


def test_the_layout_says_how_much_of_it_changed() -> None:
    assert [each.sentence for each in layout("a\nb\n", "a\nc\n")] == ["the layout of every mail: 1 line changed"]
    assert layout("a\n", "a\n") == []
    assert [each.sentence for each in layout(None, "a\n")] == ["the layout of mails is new"]
