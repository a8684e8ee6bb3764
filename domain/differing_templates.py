"""The difference between two versions of the words: mails, posts and tasks, and the layout of mails."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from domain.comparing import Says, says
from domain.composing import Kind, Template
from domain.difference import Difference
from domain.phrases import listed
from domain.succession import plain

NOUNS: Mapping[Kind, str] = {"email": "mail", "slack": "post", "tasks": "task"}
HEAD_SAYS: Mapping[str, Says] = {
    "operational": says("whether it may leave at any hour: {}"),
    "survey": says("the survey it asks: {}", "none"),
    "channel": says("it goes to the channel {}", "of nobody"),
}


def templates(old: Template | None, new: Template | None) -> list[Difference]:
    """What differs between two versions of one template; None where there is none."""
    if old is None and new is not None:
        return [Difference("new", f"the {NOUNS[new.kind]} is new")]
    if old is not None and new is None:
        return [Difference("removed", f"the {NOUNS[old.kind]} is removed; runs on older versions keep its last words")]
    return list(_changed(old, new)) if old and new else []


def _changed(old: Template, new: Template) -> Iterator[Difference]:
    for name in type(new.head).model_fields:
        before, after = getattr(old.head, name), getattr(new.head, name)
        if name in ("mark", "marks") or plain(before) == plain(after):
            continue
        if say := HEAD_SAYS.get(name):
            yield Difference("changed", say(before, after))
        else:
            yield Difference("changed", f"the {name} changed from “{before}” to “{after}”")
    if lines := _lines(old.body, new.body):
        yield Difference("changed", f"the text: {lines}")


def layout(old: str | None, new: str | None) -> list[Difference]:
    """What differs between two layouts, which every mail is set into; None where there is none."""
    if old is None or new is None:
        return (
            []
            if old == new
            else [Difference("removed" if new is None else "new", f"the layout of mails is {'removed' if new is None else 'new'}")]
        )
    lines = _lines(old, new)
    return [Difference("changed", f"the layout of every mail: {lines}")] if lines else []


def _lines(old: str, new: str) -> str:
    """`2 lines changed, 1 added`; nothing where the texts are the same."""
    changed = added = removed = 0
    matcher = difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    for what, start, end, begin, stop in matcher.get_opcodes():
        if what != "equal":
            both = min(end - start, stop - begin)
            changed, added, removed = changed + both, added + stop - begin - both, removed + end - start - both
    counts = [(count, word) for count, word in ((changed, "changed"), (added, "added"), (removed, "removed")) if count]
    return listed(f"{count} {'line' if count == 1 else 'lines'} {word}" for count, word in counts) if counts else ""
