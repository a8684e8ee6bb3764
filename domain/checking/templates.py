"""Templates: every name is one that templates know, links lead somewhere safe, and mail shows who sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain import composing
from domain.checking.known import Known
from domain.composing import MailHead, Template
from domain.faults import Fault, FaultyText, Mark, suggestion

LAYOUT = "email/layout.mjml"
FOLDERS = ("email", "slack", "tasks")
CLIPPED = 102_000  # characters of a mail from which on Gmail hides the rest behind a link
MOST_SUBJECT = 998  # https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_INNER = re.compile(r"""\.\s*(_\w*)|\[\s*['"](_\w*)""")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]*)")
_OFFERS = re.compile(r"\b(discount|special offer|limited time|promo(?:tion)?|buy now|sale|% off|upgrade)\b", re.IGNORECASE)


def read(name: str, text: str, layout: str, known: Known) -> tuple[Template | None, list[Fault]]:
    """A template by its name (`email/welcome`), compiled, and its faults; None where it cannot be compiled."""
    folder, _, stem = name.partition("/")
    if folder not in FOLDERS:
        return None, [Fault(Mark(f"templates/{name}", 1, 1), f"templates/{folder} is not a folder of templates; use email, slack or tasks")]
    try:
        template = composing.compile(folder, stem, text, layout)  # type: ignore[arg-type]  # looked up above
    except FaultyText as error:
        return None, error.faults
    return template, [*_names(template, text, known), *_head(template, text), *_links(template, text)]


def _names(template: Template, text: str, known: Known) -> Iterator[Fault]:
    allowed = _allowed_in(template.kind, known)
    for used in sorted(template.names):
        if used not in allowed and used.split(".")[0] != "subject":
            yield Fault(_find(text, used, _file(template)), f"templates know no '{used}'{suggestion(used, allowed)}")
    for tag in _TAG.finditer(text):
        for inner in _INNER.finditer(tag[0]):
            word = inner[1] or inner[2]
            yield Fault(
                _at(text, tag.start() + inner.start(), _file(template)),
                f"'{word}' is not for templates: they read values, not their inside",
            )


def _file(template: Template) -> str:
    return f"templates/{template.kind}/{template.name}.md"


def _find(text: str, word: str, file: str) -> Mark:
    """Where a name stands first inside a tag."""
    for tag in _TAG.finditer(text):
        if found := re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", tag[0]):
            return _at(text, tag.start() + found.start(), file)
    return Mark(file, 1, 1)


def _at(text: str, offset: int, file: str) -> Mark:
    above = text[:offset]
    return Mark(file, above.count("\n") + 1, offset - above.rfind("\n"))


def _allowed_in(folder: str, known: Known) -> set[str]:
    rules = known.rules
    allowed = {name for name in rules.vocabulary.by_name if folder == "email" or not name.startswith("contact.")}
    allowed |= set(known.values)
    allowed |= {"account.id", "account.name", "account.currency", "day", "today"}
    allowed |= {f"owner.{name}" for name in ("name", "first_name", "email", "is_person")}
    allowed |= {f"brand.{name}" for name in ("company", "product", "postal_address", "sender", "support", "colour")}
    allowed |= {f"links.{name}" for name in rules.brand.links}
    if folder == "email":
        allowed |= {"contact.name", "contact.first_name", "contact.email"}
    if folder == "slack":
        allowed |= {"person.name", "person.first_name", "person.email"}
    return allowed


def _head(template: Template, text: str) -> Iterator[Fault]:
    head, file = template.head, _file(template)
    field = "title" if template.kind == "tasks" else "subject"
    subject = getattr(head, field)
    if not subject.strip():
        yield Fault(head.place(field), f"the {field} is empty")
    if len(subject) > MOST_SUBJECT:
        yield Fault(head.place(field), f"the {field} is longer than {MOST_SUBJECT} characters")
    if found := _TURNS.search(text):
        yield Fault(
            _at(text, found.start(), file), "here is a character that cannot be seen and turns the direction of the text; delete it"
        )
    if isinstance(head, MailHead):
        if len(template.body) > CLIPPED:
            yield Fault(
                Mark(file, 1, 1), f"the mail is longer than {CLIPPED:,} characters, and some inboxes cut it off there", warning=True
            )
        if head.operational and (offer := _OFFERS.search(text)):
            mark = _at(text, offer.start(), file)
            yield Fault(mark, f"operational mail leaves at any hour and passes holds, and '{offer[0]}' reads like an offer", warning=True)


def _links(template: Template, text: str) -> Iterator[Fault]:
    """Markdown shows a link it refuses as plain text, brackets and all; a mail has no page that a relative one starts from."""
    if template.kind == "slack":
        return
    for match in _LINK.finditer(text):
        target = match[1]
        if target.startswith(("{{", "{%", "https://", "mailto:", "tel:")):
            continue
        mark = _at(text, match.start(1), _file(template))
        if target.startswith("http://"):
            yield Fault(mark, "http:// can be read and changed on its way; write https://", warning=True)
        else:
            yield Fault(
                mark, f"'{target}' is not an address that can be followed: a link begins with https:// or with {{{{ links.<name> }}}}"
            )


# The layout


def layout(text: str) -> Iterator[Fault]:
    """Whoever writes to customers says who they are and where: law in most countries (CAN-SPAM, GDPR), so the layout shows it always."""
    shown = _shown(text)
    if "[[body]]" not in shown:
        yield Fault(Mark(f"templates/{LAYOUT}", 1, 1), "the layout has no [[body]], where the text of a mail goes")
    for name, what in (("brand.company", "the company's name"), ("brand.postal_address", "its postal address")):
        if not re.search(r"\{\{-?\s*" + re.escape(name) + r"\s*(\||-?\}\})", shown):
            mark = _find(text, name, f"templates/{LAYOUT}")
            hint = f"readers do not see it here ({name})" if mark.line > 1 else f"put {name} into its foot"
            yield Fault(mark, f"every mail shows {what}: {hint}")


def _shown(text: str) -> str:
    """What of a layout readers see whatever the values are: no comments, no head, nothing under a condition, nothing hidden."""
    for hidden in (
        r"<!--.*?-->", r"\{#.*?#\}", r"<mj-head\b.*?</mj-head>", r"\{%-?\s*if\b.*?\{%-?\s*endif\b.*?%\}",
        r"<(mj-\w+|\w+)\b[^>]*(?:display:\s*none|font-size=\"[01](?:px)?\"|font-size:\s*[01](?:px)?[;\"])[^>]*>.*?</\1>",
    ):  # fmt: skip
        text = re.sub(hidden, "", text, flags=re.DOTALL)
    return text
