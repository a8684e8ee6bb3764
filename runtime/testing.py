"""`tenure test`: the journey tests of a folder, played and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from database import definitions
from database.definitions import Published, Texts
from domain import checking, expecting, expecting_names, judging, reaching, rehearsing
from domain.expecting import JourneyTests, Rehearsal
from domain.faults import Fault, FaultyText, suggestion
from domain.judging import Outcome
from domain.reaching import Place
from runtime import folders
from runtime.simulating import Unplayable


@dataclass(frozen=True)
class Told:
    """What a run of the tests gave. `trodden` is every place some test reached."""

    outcomes: Sequence[Outcome]
    journeys: Sequence[str]
    published: Published
    trodden: frozenset[Place] = field(default_factory=frozenset)

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.failures]

    def unreached(self) -> list[Place]:
        return reaching.unreached([self.published.journeys[name] for name in self.journeys], self.trodden)


def read(root: Path) -> dict[str, str]:
    """The texts of journeys/tests by file name."""
    return {path.name: path.read_text(encoding="utf-8", errors="replace") for path in sorted((root / "journeys" / "tests").glob("*.yaml"))}


def check(root: Path, texts: Texts) -> list[Fault]:
    """The faults of the journey tests; what they name is looked up once the journeys themselves have none."""
    return _load(root, texts)[1]


def load(root: Path) -> tuple[Published, list[JourneyTests]]:
    """The journeys of a folder and their tests. Raises FaultyText for any fault in either, and NoDefinitions."""
    texts = folders.read(root)
    if faults := [fault for fault in checking.check(texts) if not fault.warning]:
        raise FaultyText(faults)
    files, faults = _load(root, texts)
    if faults:
        raise FaultyText(faults)
    return definitions.compile_all(texts), files


def _load(root: Path, texts: Texts) -> tuple[list[JourneyTests], list[Fault]]:
    files: list[JourneyTests] = []
    faults: list[Fault] = []
    for name, text in read(root).items():
        try:
            files.append(expecting.compile(text, f"journeys/tests/{name}"))
        except FaultyText as error:
            faults += error.faults
    # Whether names exist can be said without the mails, whose layout takes its time.
    plain = {(kind, name): text for (kind, name), text in texts.items() if not name.startswith("email/")}
    try:
        published = definitions.compile_all(plain) if files else None
    except FaultyText:
        published = None
    if published is None:
        return files, faults
    return files, faults + [fault for tests in files for fault in expecting_names.check(tests, published.house, published.journeys)]


def rehearsals(published: Published, files: Iterable[JourneyTests], journeys: Sequence[str] = ()) -> Iterator[Rehearsal]:
    """Every test for every segment it is for; of these journeys, or of all. Raises Unplayable for one that is not there."""
    for name in journeys:
        if name not in published.journeys:
            raise Unplayable(f"no journey is called '{name}'{suggestion(name, published.journeys)}")
    for tests in files:
        if not journeys or tests.journey in journeys:
            yield from expecting.rehearsals(tests, published.house.segments)


def judge(published: Published, rehearsal: Rehearsal) -> Outcome:
    return judging.judge(rehearsing.play(rehearsal, published.house, published.journeys), published.house)


def run(root: Path, journeys: Sequence[str], progress: Callable[[int, int, str], None]) -> Told:
    """Plays them all, and says how far it is: done, of how many, which journey."""
    published, files = load(root)
    asked = list(rehearsals(published, files, journeys))
    outcomes: list[Outcome] = []
    for rehearsal in asked:
        progress(len(outcomes), len(asked), rehearsal.journey)
        outcomes.append(judge(published, rehearsal))
    trodden = frozenset(place for outcome in outcomes for place in outcome.performance.stage.trodden)
    return Told(outcomes, list(journeys) or sorted(published.journeys), published, trodden)


def name(rehearsal: Rehearsal) -> str:
    return f"{rehearsal.journey}, {rehearsal.segment}: {rehearsal.test.test}"


def account_of(outcome: Outcome) -> list[str]:
    """A failed test, line by line: what was expected, and the story around it like a diff."""
    lines = [f"{outcome.rehearsal.test.place('test')}: {name(outcome.rehearsal)}"]
    lines += [f"  line {failure.mark.line}: {failure}" for failure in outcome.failures]
    return [*lines, "", *(f"  {line}" for line in outcome.story), ""]


def show(told: Told, seconds: float, say: Callable[[str], None]) -> None:
    for outcome in told.failed:
        for line in account_of(outcome):
            say(line)
    journeys = {outcome.rehearsal.journey for outcome in told.outcomes}
    tests = {(outcome.rehearsal.journey, outcome.rehearsal.test.test) for outcome in told.outcomes}
    failed = f"{len(told.failed)} failed" if told.failed else "all as expected"
    counts = f"{_counted(len(tests), 'test')} of {_counted(len(journeys), 'journey')}, played {_counted(len(told.outcomes), 'time')}"
    say(f"{counts} in {seconds:.1f} s: {failed}")


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def show_coverage(told: Told, say: Callable[[str], None]) -> None:
    """How much of each journey the tests reach, segment by segment, and every place that none does."""
    for journey in told.journeys:
        by_segment: dict[str, list[Place]] = {}
        for place in reaching.places(told.published.journeys[journey]):
            by_segment.setdefault(place.segment, []).append(place)
        counts = (f"{segment} {sum(place in told.trodden for place in places)} of {len(places)}" for segment, places in by_segment.items())
        say(f"{journey}: {', '.join(counts)} steps and branches reached")
        for place in told.unreached():
            if place.journey == journey:
                say(f"  {place.mark}: {place.segment}: no test reaches {place}")


def as_json(told: Told, coverage: bool) -> dict[str, Any]:
    """For programs. Times are UTC."""
    tests = [
        {
            "file": outcome.rehearsal.test.mark.file,
            "line": outcome.rehearsal.test.mark.line,
            "journey": outcome.rehearsal.journey,
            "segment": outcome.rehearsal.segment,
            "test": outcome.rehearsal.test.test,
            "passed": not outcome.failures,
            "failures": [
                {"line": failure.mark.line, "column": failure.mark.column, "sentence": failure.sentence, "why": failure.why}
                for failure in outcome.failures
            ],
        }
        for outcome in told.outcomes
    ]
    if not coverage:
        return {"tests": tests}
    every = [place for journey in told.journeys for place in reaching.places(told.published.journeys[journey])]
    return {
        "tests": tests,
        "coverage": [
            {
                "journey": place.journey, "segment": place.segment, "what": place.what, "step": place.step, "way": place.way,
                "file": place.mark.file, "line": place.mark.line, "reached": place in told.trodden,
            }
            for place in every
        ],
    }  # fmt: skip
