"""`tenure diff`: what the folder would change of what is published, or what one version of a journey changed of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlmodel import Session

from database import definitions
from database.definitions import Definitions, NotPublished, Published, Texts
from database.engine import Database
from domain import checking, composing, differing, differing_policies, differing_templates, house, journey, succession
from domain.composing import Words
from domain.difference import Difference
from domain.faults import FaultyText, suggestion
from domain.house import House
from domain.journey import Journey
from domain.succession import Fate
from runtime import folders

FOLDER, PUBLISHED = "the folder", "published"


@dataclass(frozen=True)
class Compared:
    """What differs between two versions of one journey, policy or template. `before` and `after` say which versions; None: there is
    none. Of a journey that both have, `steps` is the step map of each segment."""

    kind: str
    name: str
    before: str | None
    after: str | None
    differences: list[Difference]
    steps: Mapping[str, Mapping[str, Fate]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Current:
    """What is published; `rules` is None while nothing is."""

    texts: Texts
    versions: Mapping[str, int]
    rules: House | None

    def journey(self, session: Session, name: str, version: int) -> Journey:
        """A version as the runs on it read it: the current one for the segments there are, an older one for those there were.
        Raises NotPublished."""
        if self.rules is None:
            raise NotPublished("nothing is published yet; run `tenure publish`")
        if self.versions.get(name) == version:
            return journey.compile(self.texts["journey", name], f"journeys/{name}.yaml", self.rules.segments, version)
        return Definitions().journey(session, Published(self.rules, {}, Words()), name, version)


def _current(session: Session) -> _Current:
    texts, versions = definitions.current_texts(session)
    return _Current(texts, versions, house.load(definitions.policies_of(texts), PUBLISHED) if texts else None)


def folder_against_published(database: Database, root: Path) -> list[Compared]:
    """Everything that differs. Raises FaultyText for a folder with faults, and folders.NoDefinitions."""
    return texts_against_published(database, folders.read(root))


def texts_against_published(database: Database, new: Texts) -> list[Compared]:
    """The same, of texts wherever they come from. Raises FaultyText."""
    rules = _rules(new)
    with database.read() as session:
        current = _current(session)
        names = sorted({*current.versions, *(name for kind, name in new if kind == "journey")})
        olds = {name: current.journey(session, name, version) for name, version in current.versions.items()}
    found = [_journeys(name, olds.get(name), _in_folder(name, new, rules), rules) for name in names]
    compared = [each for each in found if each]
    return [*compared, *_policies(current, new, rules), *_templates(current.texts, new)]


def journey_in_folder(database: Database, root: Path, name: str, version: int | None) -> list[Compared]:
    """One journey of the folder against a published version (None: the current one). Raises as `folder_against_published`, and
    NotPublished for a journey or version that is nowhere."""
    texts, rules = _checked(root)
    new = _in_folder(name, texts, rules)
    with database.read() as session:
        current = _current(session)
        number = version if version is not None else current.versions.get(name)
        if number is None and new is None:
            known = {each for kind, each in texts if kind == "journey"} | current.versions.keys()
            raise NotPublished(f"no journey is called '{name}'{suggestion(name, known)}")
        old = current.journey(session, name, number) if number is not None else None
    found = _journeys(name, old, new, rules)
    return [found] if found else []


def journey_versions(database: Database, name: str, before: int | None, after: int) -> list[Compared]:
    """Two published versions of a journey (`before` None: the current one). Raises NotPublished."""
    with database.read() as session:
        current = _current(session)
        number = before if before is not None else current.versions.get(name)
        if number is None:
            raise NotPublished(f"no version of '{name}' is current{suggestion(name, current.versions)}; say which one with --from")
        old, new = (current.journey(session, name, each) for each in (number, after))
    assert current.rules
    found = _journeys(name, old, new, current.rules)
    return [found] if found else []


def _checked(root: Path) -> tuple[Texts, House]:
    texts = folders.read(root)
    return texts, _rules(texts)


def _rules(texts: Texts) -> House:
    if faults := [fault for fault in checking.check(texts) if not fault.warning]:
        raise FaultyText(faults)
    return house.load(definitions.policies_of(texts))


def _in_folder(name: str, texts: Texts, rules: House) -> Journey | None:
    text = texts.get(("journey", name))
    return journey.compile(text, f"journeys/{name}.yaml", rules.segments) if text is not None else None


def _journeys(name: str, old: Journey | None, new: Journey | None, rules: House) -> Compared | None:
    """None where nothing differs. The same text can differ where segments are new."""
    titles = {rule.segment: rule.title for rule in rules.segments_rule.segments}
    before, after = (_version(each) if each else None for each in (old, new))
    if old is None and new is not None:
        plan = new.any_plan
        sentence = f"the journey is new: {plan.text.title}, {len(plan.nodes)} steps"
        return Compared("journey", name, before, after, [Difference("new", sentence)])
    if old is not None and new is None:
        return Compared("journey", name, before, after, [Difference("removed", "the journey is withdrawn; its runs go on as they are")])
    if old is None or new is None:
        return None
    differences = differing.journeys(old, new, titles)
    if old.hash == new.hash and not differences:
        return None
    return Compared("journey", name, before, after, differences, {segment: succession.between(old, new, segment) for segment in new.plans})


def _version(found: Journey) -> str:
    return f"version {found.version}" if found.version else FOLDER


def _policies(current: _Current, new: Texts, rules: House) -> Iterator[Compared]:
    if current.rules is None:
        yield from (Compared("policy", name, None, FOLDER, [Difference("new", "the policy is new")]) for name in house.POLICIES)
        return
    differences = differing_policies.policies(current.rules, rules)
    for name in house.POLICIES:
        if current.texts.get(("policy", name)) != new.get(("policy", name)):
            yield Compared("policy", name, PUBLISHED, FOLDER, differences.get(name, []))


def _templates(old: Texts, new: Texts) -> Iterator[Compared]:
    for kind, name in sorted({*old, *new}):
        before, after = old.get((kind, name)), new.get((kind, name))
        if kind != "template" or before == after:
            continue
        if composing.is_layout(name):
            differences = differing_templates.layout(before, after)
        else:
            differences = differing_templates.templates(_compiled(old, name), _compiled(new, name))
        yield Compared("template", name, before and PUBLISHED, after and FOLDER, differences)


def _compiled(texts: Texts, name: str) -> composing.Template | None:
    text = texts.get(("template", name))
    folder, _, stem = name.partition("/")
    layouts = definitions.layouts_of(texts)
    return composing.compile(folder, stem, text, layouts) if text is not None else None  # type: ignore[arg-type]  # they were checked


def as_json(compared: list[Compared]) -> list[dict[str, Any]]:
    """For programs. Every step of the older version has its fate for the segments that agree on it."""
    return [
        {
            "kind": each.kind, "name": each.name, "from": each.before, "to": each.after,
            "differences": [asdict(difference) for difference in each.differences],
            "steps": [{**asdict(fate), "segments": segments} for fate, segments in _fates(each)],
        }
        for each in compared
    ]  # fmt: skip


def _fates(compared: Compared) -> list[tuple[Fate, list[str]]]:
    found: dict[Fate, list[str]] = {}
    for segment, fates in compared.steps.items():
        for fate in fates.values():
            found.setdefault(fate, []).append(segment)
    return list(found.items())


def show(compared: list[Compared], out: Console) -> None:
    if not compared:
        out.print("no difference")
    for each in compared:
        name = each.name if each.kind == "journey" else f"{each.kind} {each.name}"
        versions = f": {each.before} → {each.after}" if each.kind == "journey" and each.before and each.after else ""
        out.print(name + versions, style="bold", markup=False)
        for difference in each.differences:
            out.print(f"  {difference.sentence}", markup=False)
        if not each.differences:
            out.print("  only comments or the layout of the file; nothing that a run notices", markup=False)
