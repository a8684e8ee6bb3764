"""YAML as CS ops write it, read into plain data that remembers where each word stood.

Only the shape of the text is decided here: scalars stay strings and the fields that receive them do the typing, so
`country: NO` and `at: 12:30` mean what they say (the traps of YAML 1.1). What could surprise a reader or exhaust the
machine is refused before it is built: aliases, tags, merge keys, duplicate keys, several documents, depth and size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from domain.faults import Fault, FaultyText, Mark

MOST_BYTES = 600_000
MOST_DEPTH = 60

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Text(str):
    """A scalar and where it stood; `plain` when it was written without quotes."""

    mark: Mark
    plain: bool

    @classmethod
    def at(cls, value: str, mark: Mark, plain: bool = True) -> Text:
        text = cls(value)
        text.mark = mark
        text.plain = plain
        return text

    @property
    def begins(self) -> Mark:
        """Where its first character stands: behind the quotation mark."""
        return self.mark if self.plain else Mark(self.mark.file, self.mark.line, self.mark.column + 1)


class Items(list[Any]):
    """A sequence and where it began."""

    mark: Mark
    is_varied: bool | None = None  # whether a segment reads it otherwise than another; not known before somebody looks


class Fields(dict[str, Any]):
    """A mapping, where it began, and where each of its values stands."""

    mark: Mark
    marks: dict[str, Mark]
    is_varied: bool | None = None
    built: dict[type, Any]  # the models made of it, by their type


def read(text: str, file: str) -> Any:
    """The one document of `text` as Fields, Items, Text or None. Raises FaultyText."""
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise FaultyText([Fault(Mark(file, 1, 1), f"the file is larger than {MOST_BYTES:,} bytes; split it")])
    try:
        return _Reader(text, file).document()
    except yaml.MarkedYAMLError as error:
        where = error.problem_mark or error.context_mark
        mark = Mark(file, where.line + 1, where.column + 1) if where else Mark(file, 1, 1)
        raise FaultyText([Fault(mark, _plain_words(error, text, mark))]) from None
    except (yaml.reader.ReaderError, UnicodeEncodeError) as error:
        position = error.start if isinstance(error, UnicodeEncodeError) else error.position
        line = text.count("\n", 0, position) + 1
        raise FaultyText(
            [Fault(Mark(file, line, 1), "the file holds a character that YAML does not allow; save it as UTF-8 text")]
        ) from None


def _plain_words(error: yaml.MarkedYAMLError, text: str, mark: Mark) -> str:
    lines = text.splitlines()
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    if "{{" in line:
        return 'a value that begins with {{ must be quoted: write "{{ … }} …"'
    if "\t" in line[: len(line) - len(line.lstrip())] or "\\t" in str(error.problem):
        return "a tab cannot indent YAML; use spaces"
    return f"this is not YAML: {error.problem or error.context}"


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.events: Iterator[Any] = yaml.parse(text, Loader=_Loader)

    def document(self) -> Any:
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise FaultyText([Fault(Mark(self.file, 1, 1), "the file is empty")])
        value = self.value(next(self.events), 0)
        next(self.events)
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.fault(event, "a file holds one document; remove the second '---'")
        return value

    def value(self, event: Any, depth: int) -> Any:
        if depth > MOST_DEPTH:
            raise self.fault(event, f"nested more than {MOST_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent):
            raise self.fault(event, f"aliases (*{event.anchor}) are not allowed; write the value again")
        if event.anchor:
            raise self.fault(event, f"anchors (&{event.anchor}) are not allowed; write the value where it is used")
        if event.tag:
            raise self.fault(event, f"tags ({event.tag}) are not allowed")
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0]
            if plain and event.value in ("", "~", "null"):
                return None
            return Text.at(event.value, self.mark(event), plain)
        if isinstance(event, yaml.SequenceStartEvent):
            items = Items()
            items.mark = self.mark(event)
            while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
                items.append(self.value(event, depth + 1))
            return items
        return self.fields(event, depth)

    def fields(self, event: Any, depth: int) -> Fields:
        fields = Fields()
        fields.mark, fields.marks, fields.built = self.mark(event), {}, {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.value(event, depth + 1)
            if not isinstance(key, Text):
                raise self.fault(event, 'a name was expected here; a value that begins with { or [ must be quoted: "{{ … }}"')
            if key == "<<":
                raise self.fault(event, "merge keys (<<) are not allowed; write the fields out")
            if key in fields:
                raise self.fault(event, f"'{key}' is written twice; the first is at line {fields.marks[key].line}")
            event = next(self.events)
            value = self.value(event, depth + 1)
            fields[str(key)] = value
            fields.marks[str(key)] = self.mark(event) if value is None else value.mark
        return fields

    def mark(self, event: Any) -> Mark:
        return Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def fault(self, event: Any, sentence: str) -> FaultyText:
        return FaultyText([Fault(self.mark(event), sentence)])
