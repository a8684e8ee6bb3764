"""`tenure preview` and `tenure test-send`: words as somebody will read them, before anybody does."""

from __future__ import annotations

import email.policy
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import jinja2

from activities import words
from activities.view import View
from channels import smtp
from channels.channel import Channels, Mail
from database import definitions
from database.definitions import Published
from domain import checking, composing, examples, filling, locales, needs, refusing, senders
from domain.account import Account, facts
from domain.composing import MailHead, Message, Template
from domain.facts import Contact, Facts, Person
from domain.faults import FaultyText, suggestion
from domain.filling import Today
from domain.senders import Sender
from runtime import folders, parts, why
from runtime.settings import Settings

DAY = 30
NOWHERE = "example.com"


class Unpreviewable(ValueError):
    """What is asked for cannot be shown; says why."""


@dataclass(frozen=True)
class Preview:
    """One template as one reader gets it. `name` is that of its files: email/welcome.smb.de."""

    name: str
    template: Template
    message: Message
    sender: Sender
    to_address: str
    to_name: str

    @property
    def mail(self) -> Mail:
        message = self.message
        return Mail(
            f"preview-{uuid.uuid4().hex}", self.to_address, self.to_name, self.sender.address, self.sender.name, self.sender.reply_to,
            message.subject, message.text, message.html,
        )  # fmt: skip


def load(root: Path) -> Published:
    """The words of a folder, not those that are published. Raises FaultyText, folders.NoDefinitions."""
    texts = folders.read(root)
    if faults := [fault for fault in checking.check(texts) if not fault.warning]:
        raise FaultyText(faults)
    return definitions.compile_all(texts)


def described(published: Published, segment: str, now: datetime) -> Account:
    """The described account of a segment. Raises Unpreviewable."""
    segments = published.house.segments
    if segment not in segments:
        raise Unpreviewable(f"no segment is called '{segment}'{suggestion(segment, segments)}; there are {', '.join(segments)}")
    return examples.account(published.house, segment, now.date())


def stored(settings: Settings, called: str, now: datetime) -> Account:
    """An account of ours, by its id or its name. Raises NotKnown, NotPublished and WrongShape."""
    with _looking(settings, now) as view:
        found = view.account(why.account_id(view.session, called))
        assert found
        return found


def our_people(settings: Settings) -> list[Person]:
    """Everybody of us. Raises WrongShape."""
    with _looking(settings, parts.now()) as view:
        return list(view.people.values())


@contextmanager
def _looking(settings: Settings, now: datetime) -> Iterator[View]:
    database = parts.migrated_database(settings)
    try:
        with database.read() as session:
            yield View(session, parts.office(), now)
    finally:
        database.close()


def named(published: Published, name: str) -> str:
    """`welcome` or `slack/wins` as kind/name. Raises Unpreviewable."""
    known = [f"{kind}/{stem}" for kind, stem in published.words.templates if "." not in stem]
    found = [each for each in known if name in (each, each.partition("/")[2])]
    if len(found) > 1:
        raise Unpreviewable(f"several templates are called '{name}': say {' or '.join(sorted(found))}")
    if not found:
        raise Unpreviewable(f"no template is called '{name}'{suggestion(name, [*known, *(each.partition('/')[2] for each in known)])}")
    return found[0]


def preview(
    published: Published,
    name: str,
    account: Account,
    label: str,
    now: datetime,
    locale: str | None = None,
    day: int = DAY,
    bare: bool = False,
) -> Preview:
    """A template (kind/name) for one account. `bare` leaves unknown what it can do without. Raises UnknownLanguage, Unfillable."""
    kind, _, stem = name.partition("/")
    reader = _reader(account)
    if locale is not None:
        locales.read(locale)
        reader = replace(reader, facts={**reader.facts, "language": locale})
    seen = facts(account, published.house, now)
    found = words.written_for(published, kind, stem, seen, reader if kind == "email" else None)  # type: ignore[arg-type]  # looked up above
    assert found
    template, formats = found
    if label in published.house.segments:
        seen = _with_examples(published, template, seen, now, bare)
    person = account.people.get(account.owner_id or "") if kind == "slack" else None
    values = filling.values(
        published.house, seen, Today(seen.today(now), day), reader if kind == "email" else None, person,
        subject=dict(examples.SUBJECT), **filling.survey(published.house, template, None),
    )  # fmt: skip
    sender = senders.of(published.house.brand, account.people.get(account.owner_id or ""))
    files = f"{name}.{re.sub('[^A-Za-z0-9_-]', '-', label)}" + (f".{template.locale}" if template.locale else "")
    return Preview(files, template, template.fill(values, formats), sender, reader.email, reader.name)


def _reader(account: Account) -> Contact:
    return next((contact for contact in account.contacts if contact.active), Contact("nobody", "Nobody Yet", f"nobody@{NOWHERE}"))


def _with_examples(published: Published, template: Template, seen: Facts, now: datetime, bare: bool) -> Facts:
    """What a described account knows beyond what every account does."""
    head = template.head
    texts = (head.subject, head.preview) if isinstance(head, MailHead) else ()
    needed = needs.of_template(*texts, template.body)
    known = examples.facts(published.house, needed, seen.today(now))
    told = {name for name, value in seen.values.items() if value is not None and value != published.house.vocabulary.defaults.get(name)}
    added = {name: value for name, value in known.items() if name not in told and (name in needed or not bare)}
    return seen.with_values(added)


def everything(published: Published, kinds: Sequence[str] = composing.KINDS) -> Iterator[tuple[str, str, str | None]]:
    """Every template, for every segment and in every language it is written in: (kind/name, segment, language)."""
    for kind, stem in sorted(published.words.templates):
        if kind in kinds and "." not in stem:
            for segment in published.house.segments:
                yield f"{kind}/{stem}", segment, None
                for locale in sorted(published.words.languages("email", stem) if kind == "email" else ()):
                    yield f"{kind}/{stem}", segment, locale


# To files


_INDEX = jinja2.Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Words</title><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src 'self'">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
li { margin: 0 0 .75rem; } small { opacity: .75; }
</style></head>
<body><h1>Words</h1><ul>
{% for each in previews %}<li>{{ each.message.subject }}<br><small>{{ each.name }} ·
{% if each.message.html %}<a href="{{ each.name }}.html">html</a> · <a href="{{ each.name }}.eml">eml</a> · {% endif -%}
<a href="{{ each.name }}.txt">txt</a></small></li>
{% endfor %}</ul></body></html>
"""
)


def write(previews: Sequence[Preview], folder: Path) -> list[Path]:
    """Writes each as .txt and, of mails, .html and .eml, and an index.html beside them; the files, the index last."""
    written = []
    for each in previews:
        place = folder / each.name
        place.parent.mkdir(parents=True, exist_ok=True)
        for ending, content in _files(each).items():
            path = place.with_name(f"{place.name}.{ending}")
            path.write_bytes(content)
            written.append(path)
    index = folder / "index.html"
    index.write_text(_INDEX.render(previews=previews), encoding="utf-8")
    return [*written, index]


def _files(preview: Preview) -> dict[str, bytes]:
    message = preview.message
    text = f"Subject: {message.subject}\n\n{message.text}"
    if message.html is None:
        return {"txt": text.encode()}
    letter = smtp.letter_of(preview.mail).as_bytes(policy=email.policy.SMTP)
    return {"txt": text.encode(), "html": message.html.encode(), "eml": letter}


# To oneself


def send_to_oneself(published: Published, preview: Preview, people: Iterable[Person], address: str, channels: Channels) -> Mail:
    """Sends a mail to one of us, marked as a test; returns what left. Raises Unpreviewable, Refused, Unclear."""
    person = next((each for each in people if each.active and each.email.lower() == address.lower()), None)
    if person is None:
        raise Unpreviewable(f"'{address}' is not the address of anybody active of ours; test mails go to oneself alone")
    if preview.template.kind != "email":
        raise Unpreviewable(f"{preview.template.path} is no mail; `tenure preview` shows it")
    if channels.mail.name == "outbox":
        raise Unpreviewable("no mail provider is set up, so nothing would arrive: `tenure preview` writes an .eml file that opens anywhere")
    if refusal := refusing.refusal(preview.template, published.house.packs, published.house.vocabulary, (preview.template.hash,)):
        raise Unpreviewable(refusal)
    mail = replace(
        preview.mail, message_id=f"test-{uuid.uuid4().hex}", to_address=person.email, to_name=person.name,
        from_address=published.house.brand.sender, reply_to=person.email, subject=f"[Test] {preview.message.subject}",
    )  # fmt: skip
    channels.mail.send(mail)
    return mail
