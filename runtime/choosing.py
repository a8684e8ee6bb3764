"""What somebody who publishes says of runs in flight: `--runs` and `--map`, and what is asked at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import get_args

from rich.console import Console
from rich.prompt import Prompt
from sqlmodel import Session

from activities.foreseeing import Question
from database import definitions
from domain.faults import suggestion
from domain.journey import Journey
from domain.moving import Choices, InFlight
from domain.succession import StepMap

GONE = "gone"
WORDS: Mapping[str, InFlight] = {in_flight.replace("_", "-"): in_flight for in_flight in get_args(InFlight)}


class UnknownChoice(ValueError):
    """Runs in flight cannot do that when something is published, or what was named is not there; says what can be said."""


def choices(runs: Iterable[str], maps: Iterable[str], journeys: Collection[str]) -> Choices:
    """From `move`, `renewal=move` …, and `renewal:old-step=new-step` or `=gone` …; `journeys` are those there are. Whether steps are
    there is looked at by `check`. Raises UnknownChoice."""
    otherwise: list[InFlight] = []
    of: dict[str, InFlight] = {}
    for each in runs:
        journey, _, word = each.rpartition("=")
        in_flight = in_flight_of(word)
        if not journey:
            otherwise.append(in_flight)
            continue
        _must_be_there("journey", journey, journeys)
        if journey in of:
            raise UnknownChoice(f"--runs says twice what runs of {journey} do; say it once")
        of[journey] = in_flight
    if len(otherwise) > 1:
        raise UnknownChoice("--runs says twice what all runs do; name the journey of one of them, like --runs renewal=move")
    return Choices(otherwise[0] if otherwise else "drain", of, _maps(maps, journeys))


def in_flight_of(word: str) -> InFlight:
    """Raises UnknownChoice."""
    if word not in WORDS:
        raise UnknownChoice(f"runs under way can {', '.join(WORDS)}, not '{word}'{suggestion(word, WORDS)}")
    return WORDS[word]


def _maps(maps: Iterable[str], journeys: Collection[str]) -> dict[str, StepMap]:
    found: dict[str, dict[str, str | None]] = {}
    for each in maps:
        place, _, becomes = each.partition("=")
        journey, _, step = place.partition(":")
        if not (journey and step and becomes):
            raise UnknownChoice(f"'{each}' does not say what became of a step; write --map renewal:old-step=new-step, or =gone")
        _must_be_there("journey", journey, journeys)
        told = found.setdefault(journey, {})
        if step in told:
            raise UnknownChoice(f"--map says twice what became of {journey}:{step}; say it once")
        told[step] = None if becomes == GONE else becomes
    return dict(found)


def check_in_flight(session: Session, chosen: Choices, texts: Mapping[tuple[str, str], str]) -> None:
    """The same of the runs that are under way now, and texts that are to be published."""
    if chosen.maps:
        after = definitions.as_published(session, texts)
        older: dict[str, list[Journey]] = {}
        for version in definitions.in_use(session, after.house.segments):
            if texts.get(("journey", version.name)) != version.text:
                older.setdefault(version.name, []).append(version.compiled())
        check(chosen, older, after.journeys)


def check(chosen: Choices, older: Mapping[str, Collection[Journey]], newer: Mapping[str, Journey]) -> None:
    """Whether the steps that were named by hand are there: in a version that runs are on, and in the one to be published.

    Raises UnknownChoice.
    """
    for name, told in chosen.maps.items():
        before = {id for journey in older.get(name, ()) for plan in journey.plans.values() for id in plan.nodes}
        after = {id for plan in newer[name].plans.values() for id in plan.nodes} if name in newer else set()
        for step, becomes in told.items():
            if not before:
                raise UnknownChoice(f"no run is under way on another version of {name}, so nothing needs to be said of its steps")
            _must_be_there(f"step of {name} that runs are on", step, before)
            if becomes is not None:
                _must_be_there(f"step of {name} in the folder", becomes, after)
        twice = [to for to in told.values() if to is not None and list(told.values()).count(to) > 1]
        if twice:
            raise UnknownChoice(f"two steps of {name} cannot both become '{twice[0]}'")


def _must_be_there(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise UnknownChoice(f"no {what} is called '{name}'{suggestion(name, known)}")


def words(chosen: Choices) -> str:
    """The choices as one line."""
    runs, maps = typed(chosen)
    return retyped(runs, maps)


def typed(chosen: Choices) -> tuple[list[str], list[str]]:
    """The choices as they are typed: what runs do, and what became of steps."""
    spoken = {in_flight: word for word, in_flight in WORDS.items()}
    runs = [f"{journey}={spoken[each]}" for journey, each in sorted(chosen.of.items())]
    if chosen.otherwise != "drain" or not runs:
        runs.insert(0, spoken[chosen.otherwise])
    maps = [f"{journey}:{step}={becomes or GONE}" for journey, told in sorted(chosen.maps.items()) for step, becomes in told.items()]
    return runs, maps


def retyped(runs: Iterable[str], maps: Iterable[str]) -> str:
    """What was typed, once more."""
    return " ".join([*(f"--runs {each}" for each in runs), *(f"--map {each}" for each in maps)])


def answered(chosen: Choices, questions: Iterable[Question], answer: Callable[[Question], str]) -> Choices:
    """The choices with an answer to each question: the id of a step, or `gone`."""
    maps = {name: dict(told) for name, told in chosen.maps.items()}
    for question in questions:
        said = answer(question)
        maps.setdefault(question.journey, {})[question.step] = None if said == GONE else said
    return Choices(chosen.otherwise, chosen.of, maps)


def ask(question: Question, out: Console) -> str:
    """Asks at a terminal what became of a step."""
    out.print(f"{question.journey}: the step '{question.step}' {spoken(question)}. Which step is it now?", markup=False)
    return Prompt.ask("  one of these, or gone", choices=[*question.candidates, GONE], default=question.candidates[0], console=out)


def spoken(question: Question) -> str:
    which = " or ".join(f"'{candidate}'" for candidate in question.candidates)
    at = [f"{question.stand} stand{'s' if question.stand == 1 else ''} at it" if question.stand else ""]
    at += [f"{question.others} ha{'s' if question.others == 1 else 've'} it behind or ahead" if question.others else ""]
    return f"may have become {which}; of the runs to move {', '.join(filter(None, at))}"
