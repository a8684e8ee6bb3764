"""What mails are about: each that nobody waits for names a topic that readers can turn off, and shows where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from domain.composing import LAYOUTS, MailHead, Template
from domain.contact_policy import ContactPolicy
from domain.faults import Fault, Mark, suggestion


def check(policy: ContactPolicy, templates: Iterable[Template], layouts: Mapping[str, str]) -> Iterator[Fault]:
    """Nothing is asked of a house without topics, but that nobody names one."""
    for template in templates:
        head = template.head
        if not isinstance(head, MailHead):
            continue
        if head.topic and head.topic not in policy.topics:
            yield Fault(head.place("topic"), f"contact.yaml has no topic '{head.topic}'{suggestion(head.topic, policy.topics)}")
        elif policy.topics and not head.topic and not head.operational:
            said = f"say what the mail is about, so that readers can turn it off; 'topic:' is one of {', '.join(policy.topics)}"
            yield Fault(Mark(template.file, 1, 1), said)
    if policy.topics:
        for name, text in layouts.items():
            if not re.search(r"\{\{-?\s*links\.preferences\s*-?\}\}", re.sub(r"<!--.*?-->|\{#.*?#\}", "", text, flags=re.DOTALL)):
                said = "readers must be able to say no: link to {{ links.preferences }} in its foot"
                yield Fault(Mark(f"templates/{LAYOUTS}{name}.mjml", 1, 1), said)
