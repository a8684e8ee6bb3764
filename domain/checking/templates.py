"""Templates: every name is one that templates know, links lead somewhere safe, languages agree, and mail shows who sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from domain import composing, inspecting, locales, refusing, typesetting
from domain.checking.known import Known
from domain.composing import LAYOUTS, MailHead, Template
from domain.faults import Fault, FaultyText, Mark, suggestion
from domain.sandbox import LANGUAGE, LOCALE
from domain.survey_policy import SCALE
from domain.vocabulary import Kind

MOST_SUBJECT = 998  # https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_INNER = re.compile(r"""\.\s*(_\w*)|\[\s*['"](_\w*)""")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]*)")
_OFFERS = re.compile(r"\b(discount|special offer|limited time|promo(?:tion)?|buy now|sale|% off|upgrade)\b", re.IGNORECASE)


def read(name: str, text: str, layouts: Mapping[str, str], known: Known) -> tuple[Template | None, list[Fault]]:
    """A template by its name (`email/welcome`), compiled, and its faults; None where it cannot be compiled."""
    folder, _, stem = name.partition("/")
    if folder not in composing.KINDS:
        return None, [Fault(Mark(f"templates/{name}", 1, 1), f"templates/{folder} is not a folder of templates; use email, slack or tasks")]
    try:
        template = composing.compile(folder, stem, text, layouts)
    except FaultyText as error:
        return None, error.faults
    faults = [*_names(template, text, known), *_head(template, text), *_links(template, text), *_survey(template, known)]
    return template, [*faults, *_private(template, text, known), *_counts(template, text, known)]


def _names(template: Template, text: str, known: Known) -> Iterator[Fault]:
    allowed = _allowed_in(template.kind, known) | ({SCALE} if getattr(template.head, "survey", None) else set())
    for used in sorted(template.names):
        if used not in allowed and used.split(".")[0] != "subject":
            yield Fault(_find(text, used, template.file), f"templates know no '{used}'{suggestion(used, allowed)}")
    for tag in _TAG.finditer(text):
        for inner in _INNER.finditer(tag[0]):
            word = inner[1] or inner[2]
            yield Fault(
                _at(text, tag.start() + inner.start(), template.file),
                f"'{word}' is not for templates: they read values, not their inside",
            )


def _private(template: Template, text: str, known: Known) -> Iterator[Fault]:
    for name in refusing.private_names(template, known.rules.packs, known.rules.vocabulary):
        sentence = f"'{name}' is about somebody's health (phi), and this would take it to where others read or carry it"
        yield Fault(_find(text, name, template.file), sentence)


def _counts(template: Template, text: str, known: Known) -> Iterator[Fault]:
    """A `for` goes over lists, and `plural` has a word for each form of number that the language tells apart."""
    facts = known.rules.vocabulary.by_name
    for part in (*(getattr(template.head, field, "") for field in ("subject", "preview", "title")), template.body):
        for name, _ in inspecting.loops(part) if "{%" in part else ():
            if name in facts and facts[name].type is not Kind.LIST:
                yield Fault(_find(text, name, template.file), f"a for goes over a list, and '{name}' is a {facts[name].type}")
        for given, _ in inspecting.plurals(part) if "plural" in part else ():
            forms = locales.plural_forms(template.locale or known.rules.brand.language)
            if given != len(forms):
                mark = _at(text, text.index("plural"), template.file)
                yield Fault(mark, f"plural takes {len(forms)} words in this language ({', '.join(forms)}), and has {given}")


def _survey(template: Template, known: Known) -> Iterator[Fault]:
    """A mail that asks something shows where to answer, and one that shows that says what it asks."""
    head, surveys = template.head, known.rules.surveys.surveys
    if not isinstance(head, MailHead) or not head.survey:
        return
    if head.survey not in surveys:
        yield Fault(head.place("survey"), f"surveys.yaml has no survey '{head.survey}'{suggestion(head.survey, surveys)}")
    if SCALE not in inspecting.names(template.body, template.file, 1):
        yield Fault(head.place("survey"), f"it asks a survey and shows no numbers to answer with: write {{{{ {SCALE} }}}} into its text")
    if head.operational:
        yield Fault(head.place("survey"), "nobody waits for a survey: take 'operational' away, or readers cannot turn it off")


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
    allowed |= {"account.id", "account.name", "account.currency", "day", "today", LOCALE, LANGUAGE}
    allowed |= {f"owner.{name}" for name in ("name", "first_name", "email", "is_person")}
    allowed |= {f"brand.{name}" for name in ("company", "product", "postal_address", "sender", "support", "colour")}
    allowed |= {f"links.{name}" for name in (*rules.brand.links, "preferences")}
    if folder == "email":
        allowed |= {"contact.name", "contact.first_name", "contact.email"}
    if folder == "slack":
        allowed |= {"person.name", "person.first_name", "person.email"}
    return allowed


def _head(template: Template, text: str) -> Iterator[Fault]:
    head, file = template.head, template.file
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
    if isinstance(head, MailHead) and head.operational and (offer := _OFFERS.search(text)):
        mark = _at(text, offer.start(), file)
        yield Fault(mark, f"operational mail leaves at any hour and passes holds, and '{offer[0]}' reads like an offer", warning=True)


def _links(template: Template, text: str) -> Iterator[Fault]:
    """Markdown shows a link it refuses as plain text, brackets and all; a mail has no page that a relative one starts from."""
    if template.kind == "slack":
        return
    written = ((match.start(1), match[1]) for match in _LINK.finditer(text))
    for start, target in typesetting.mjml_links(text) if template.is_mjml else written:
        if target.startswith(("{{", "{%", "https://", "mailto:", "tel:")):
            continue
        mark = _at(text, start, template.file)
        if target.startswith("http://"):
            yield Fault(mark, "http:// can be read and changed on its way; write https://", warning=True)
        else:
            yield Fault(
                mark, f"'{target}' is not an address that can be followed: a link begins with https:// or with {{{{ links.<name> }}}}"
            )


# Languages


def languages(found: Mapping[tuple[str, str], Template], texts: Mapping[str, str]) -> Iterator[Fault]:
    """Mails in other languages beside the one they translate: rules ask that one, and readers should be told no less."""
    for template in found.values():
        file = template.file
        if f"{'/'.join(template.key)}.mjml" in texts and not template.is_mjml:
            yield Fault(Mark(file, 1, 1), f"there is a {template.name}.mjml as well; keep one of the two")
        if not template.locale:
            continue
        house = found.get((template.kind, template.name))
        if house is None:
            if not any(name in texts for name in (f"email/{template.name}", f"email/{template.name}.mjml")):
                sentence = f"there is no {template.name}.md beside it, which everybody gets who does not read '{template.locale}'"
                yield Fault(Mark(file, 1, 1), sentence)
            continue
        ours, theirs = house.head, template.head
        assert isinstance(ours, MailHead)
        assert isinstance(theirs, MailHead)
        for field in ("operational", "topic", "survey"):
            if getattr(ours, field) != getattr(theirs, field):
                yield Fault(theirs.place(field), f"'{field}' is as in {house.name}.md, in every language: rules ask that one")
        if lacking := sorted(_told(house) - _told(template)):
            sentence = f"in '{template.locale}' it does not say {' and '.join(lacking)}, as {house.file} does"
            yield Fault(Mark(file, 1, 1), sentence, warning=True)


def _told(template: Template) -> set[str]:
    """What it tells; somebody is named with their first name in one language, and with both in another."""
    return {name.replace(".first_name", ".name") for name in template.names if name not in (LOCALE, LANGUAGE, "owner.is_person")}


# The layouts


def layout(name: str, text: str) -> Iterator[Fault]:
    """Whoever writes to customers says who they are and where: law in most countries (CAN-SPAM, GDPR), so a layout shows it always."""
    file = f"templates/{LAYOUTS}{name}.mjml"
    shown = _shown(text)
    if typesetting.BODY not in shown and typesetting.SECTIONS not in shown:
        yield Fault(Mark(file, 1, 1), "the layout has no [[body]], where the text of a mail goes")
    for name, what in (("brand.company", "the company's name"), ("brand.postal_address", "its postal address")):
        if not re.search(r"\{\{-?\s*" + re.escape(name) + r"\s*(\||-?\}\})", shown):
            mark = _find(text, name, file)
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
