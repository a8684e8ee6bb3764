"""Texts that nobody would write: those that somebody wrote, cut, doubled, swapped and mixed, always the same for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

_MOST = 40_000  # characters: a text that doubles grows no further
_WORD = re.compile(r"\w+")
_SCALARS = (
    "", "null", "~", "{}", "[]", "[[]]", "{a: b}", "- x", "&a x", "*a", "!!python/none x", "<<: {a: b}", "no", "9:30", "-1", "1e999", "0x10",
    "9" * 400, "day 5", "day -9999", "until start", "800 days", "0 days", "{by segment: {smb: x}}", "{by segment: {else: {by segment: x}}}",
    "account.arr", "not", "not not account.ready", "1 < account.arr < 2 < 3", "account.arr == none", "1 / 0", "(((1)))", "x if y else z",
    "steps.hello.opened", "event.score > 3", "{{", "}}", "{%", "%}", "{#", "{{ account.name }}", "{% if account.arr %}", "{% endif %}",
    "{{ a.b.c.d | default('x', true) }}", "{% for x in account.tags %}", "{{ 9 ** 9 }}", "{{ 'a' * 9 }}", "[x](javascript:x)", "---", "...", "\t", "\u202e",
    "\x00", "\ufeff", "\ud7ff", "😀", "ａccount", "<mj-raw>", "</mj-body>", "<!--", "[[body]]", "a" * 2000, "(" * 200, "[" * 70, "not " * 300,
)  # fmt: skip


class Mutator:
    """Mixes `texts`, the material."""

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        self._texts = texts
        self._random = random.Random(seed)
        self._words: list[str] = sorted({word for text in texts for word in _WORD.findall(text)})

    def text(self, begin: str) -> str:
        """A descendant of a text, some steps away from it."""
        for _ in range(self._random.choice((1, 1, 1, 1, 2, 3, 8))):
            step = self._random.choice(_STEPS)
            begin = step(self, begin)[:_MOST]
        return begin

    def _cut(self, text: str) -> str:
        begin, end = self._span(text)
        return text[:begin] + text[end:]

    def _double(self, text: str) -> str:
        begin, end = self._span(text)
        return text[:end] + text[begin:end] * self._random.randint(1, 5) + text[end:]

    def _swap_words(self, text: str) -> str:
        words = list(_WORD.finditer(text))
        if not words:
            return text
        word = self._random.choice(words)
        return text[: word.start()] + self._random.choice(self._words) + text[word.end() :]

    def _put_strange(self, text: str) -> str:
        at = self._random.randint(0, len(text))
        return text[:at] + self._random.choice(_SCALARS) + text[at:]

    def _replace_value(self, text: str) -> str:
        lines = text.split("\n")
        at = self._random.randrange(len(lines))
        name, colon, _ = lines[at].partition(":")
        lines[at] = f"{name}{colon} {self._random.choice(_SCALARS)}" if colon else self._random.choice(_SCALARS)
        return "\n".join(lines)

    def _move_line(self, text: str) -> str:
        lines = text.split("\n")
        line = lines.pop(self._random.randrange(len(lines)))
        lines.insert(self._random.randint(0, len(lines)), " " * self._random.randint(0, 6) + line.lstrip())
        return "\n".join(lines)

    def _splice(self, text: str) -> str:
        other = self._random.choice(self._texts)
        begin, end = self._span(other)
        at = self._random.randint(0, len(text))
        return text[:at] + other[begin:end] + text[at:]

    def _flip(self, text: str) -> str:
        if not text:
            return text
        at = self._random.randrange(len(text))
        return text[:at] + chr(self._random.choice((self._random.randint(32, 126), self._random.randint(0, 0xFFFF)))) + text[at + 1 :]

    def _span(self, text: str) -> tuple[int, int]:
        begin = self._random.randint(0, len(text))
        return begin, min(len(text), begin + int(self._random.expovariate(1 / 60)))


_STEPS: Sequence[Callable[[Mutator, str], str]] = (
    Mutator._cut, Mutator._double, Mutator._swap_words, Mutator._swap_words, Mutator._put_strange, Mutator._replace_value, Mutator._replace_value,
    Mutator._move_line, Mutator._splice, Mutator._flip,
)  # fmt: skip
