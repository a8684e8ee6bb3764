"""A simulation as a picture: a lane for each track of each journey, days along, a mark for everything that reached somebody.

It can be attached to a review: one file without scripts or anything to fetch, for light and dark, the same bytes for the same play.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.timing import MIDNIGHT, moment, zone
from domain.touches import Touch, Why
from runtime import pages, simulating
from runtime.simulating import Played

WIDTH, GUTTER, MARGIN = 1200, 190, 24
MARK = 11  # across, with the air around it
LEAST_LANE = 26
HEAD = 74  # above the first lane: title, legend
STRIP = 34  # the days, and what is too much
ROW = 17
KINDS = ("mail", "post", "task", "approval", "notice", "webhook")
LADDERS = "ladders"
BEFORE = "before"  # the lane of what was decided for no journey that runs


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, or was kept from happening (`state` says how, "" for what reached somebody)."""

    at: datetime
    day: int
    local: str
    journey: str
    track: str
    kind: str
    what: str
    to: str
    why: str
    state: str
    is_crowded: bool

    @property
    def title(self) -> str:
        """For whoever points at its mark."""
        kept = f" ({self.state})" if self.state else ""
        to = f" to {self.to}" if self.to else ""
        return f"{self.kind} {self.what}{to}{kept}\nday {self.day}, {self.local}\n{self.journey}: {self.why}"


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    y: float
    line: Line


@dataclass(frozen=True, slots=True)
class Lane:
    journey: str
    track: str
    is_first: bool  # of its journey
    y: float
    height: float
    marks: Sequence[Mark]

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Crowding:
    """Where it is too much for somebody."""

    x: float
    title: str


@dataclass(frozen=True)
class Picture:
    title: str
    subtitle: str
    lanes: Sequence[Lane]
    ticks: Sequence[Tick]
    weekends: Sequence[tuple[float, float]]
    crowdings: Sequence[Crowding]
    lines: Sequence[Line]
    kinds: Sequence[str]
    zone: str
    top: float
    bottom: float
    rows: Sequence[tuple[float, Line]] = ()

    width = WIDTH
    gutter = GUTTER
    margin = MARGIN

    @property
    def height(self) -> float:
        return (self.rows[-1][0] if self.rows else self.bottom) + MARGIN


def as_svg(played: Played) -> str:
    """The picture and, below it, its table."""
    return pages.template("timeline.svg").render(picture=_picture(played, with_rows=True), standalone=True) + "\n"


def as_html(played: Played) -> str:
    """A page with the picture and its table."""
    return pages.template("timeline.html").render(picture=_picture(played, with_rows=False), standalone=False) + "\n"


def _picture(played: Played, with_rows: bool) -> Picture:
    where = zone(played.world.account.zone)
    begins = moment(played.begun, MIDNIGHT, where)
    ends = moment(played.begun + timedelta(days=played.days + 1), MIDNIGHT, where)
    across = WIDTH - GUTTER - MARGIN

    def x(at: datetime) -> float:
        return round(GUTTER + across * ((at - begins) / (ends - begins)), 1)

    def x_of(day: date) -> float:
        return x(moment(day, MIDNIGHT, where))

    lines = sorted(_lines(played), key=lambda line: line.at)
    top = float(HEAD + STRIP)
    lanes, bottom = _lanes(lines, x, top)
    days = [played.begun + timedelta(days=number) for number in range(played.days + 1)]
    weekends = (
        [(x_of(day), round(x_of(day + timedelta(days=1)) - x_of(day), 1)) for day in days if day.weekday() > 4]
        if played.days <= 130
        else []
    )
    crowdings = [Crowding(x(each.at), f"{each.at.astimezone(where):%a %d %b %H:%M}: {each.sentence}") for each in played.collisions]
    below = bottom + 46
    rows = [(below + ROW * (number + 1), line) for number, line in enumerate(lines)] if with_rows else []
    reached = sum(not line.state for line in lines)
    kept = len(lines) - reached
    counted = f"{reached} touches, {kept} kept back" + (f", {len(crowdings)} times too much" if crowdings else "")
    kinds = [kind for kind in KINDS if any(line.kind == kind for line in lines)]
    return Picture(
        played.title, f"{played.segment} · {counted} · times are {played.world.account.zone}", lanes, list(_ticks(days, x_of)), weekends,
        crowdings, lines, kinds, played.world.account.zone, top, bottom, rows,
    )  # fmt: skip


def _lines(played: Played) -> Iterator[Line]:
    world, where = played.world, zone(played.world.account.zone)
    names = {contact.id: contact.name for contact in world.account.contacts} | {
        id: person.name for id, person in world.account.people.items()
    }
    crowded = {(touch.at, touch.run, touch.step, touch.recipient) for each in played.collisions for touch in each.touches}

    def line(
        at: datetime, journey: str, track: str, kind: str, what: str, to: str, why: str, state: str = "", is_crowded: bool = False
    ) -> Line:
        local = at.astimezone(where)
        day = (local.date() - played.begun).days
        return Line(at, day, f"{local:%a %d %b %H:%M}", journey, track, kind, what, names.get(to, to), why, state, is_crowded)

    def of(touch: Touch, state: str) -> Line:
        what = f"{touch.what}: {touch.step}" if touch.kind == "notice" else touch.what
        is_crowded = (touch.at, touch.run, touch.step, touch.recipient) in crowded
        why, track = simulating.why(played, touch), _track(played, touch)
        return line(touch.at, touch.journey, track, touch.kind, what, touch.recipient, why, state, is_crowded)

    for touch in world.touches:
        yield of(touch, "")
    for touch in world.shadows:
        yield of(touch, "in shadow")
    for each in simulating.suppressed(played):
        yield _kept_back(played, each, line)


def _kept_back(played: Played, each: Why, line: Callable[..., Line]) -> Line:
    decision = each.decision
    journey = played.world.journeys.get(each.journey)
    node = journey.plan(played.segment).nodes.get(decision.step or "") if journey else None
    kind = {"send": "mail", "escalate": "notice"}.get(node.step.verb, node.step.verb) if node else "journey"
    what = node.step.object if node else decision.step or decision.result
    why = " ".join(filter(None, (decision.result if node or decision.step else "", decision.rule)))
    return line(each.at, each.journey or BEFORE, node.track if node else "", kind, what, "", why, decision.what)


def _track(played: Played, touch: Touch) -> str:
    if touch.kind == "notice":
        return LADDERS
    journey = played.journey_of(touch)
    node = journey.plan(played.segment).nodes.get(touch.step) if journey else None
    return node.track if node else ""


def _lanes(lines: Sequence[Line], x: Callable[[datetime], float], top: float) -> tuple[list[Lane], float]:
    """In the order in which journeys, and tracks within them, first do something. Marks that would lie on one another are stacked."""
    journeys = list(dict.fromkeys(line.journey for line in lines))
    lanes: list[Lane] = []
    y = top
    for journey in journeys:
        mine = [line for line in lines if line.journey == journey]
        for track in sorted(dict.fromkeys(line.track for line in mine), key=lambda name: name == LADDERS):
            levels: list[float] = []
            placed: list[tuple[float, int, Line]] = []
            for line in (line for line in mine if line.track == track):
                at = x(line.at)
                level = next((number for number, last in enumerate(levels) if at - last >= MARK), len(levels))
                levels[level : level + 1] = [at]
                placed.append((at, level, line))
            height = max(LEAST_LANE, (len(levels) + 1) * MARK)
            middle = y + height / 2
            marks = [Mark(at, round(middle + (level - (len(levels) - 1) / 2) * MARK, 1), line) for at, level, line in placed]
            is_first = not lanes or lanes[-1].journey != journey
            lanes.append(Lane(journey, track, is_first, y, height, marks))
            y += height
        y += 6
    return lanes, y


def _ticks(days: Sequence[date], x_of: Callable[[date], float]) -> Iterator[Tick]:
    """Every day of a month or two, weeks of a quarter, months beyond; labelled with the day of the play and the date."""
    count = len(days) - 1
    every = next(step for longest, step in ((16, 1), (70, 7), (130, 14), (10_000, 0)) if count <= longest)
    for number, day in enumerate(days):
        if every == 0 and day.day == 1:
            yield Tick(x_of(day), f"{number} · {day:%b}" + (f" {day:%Y}" if day.month == 1 else ""))
        elif every and number % every == 0:
            yield Tick(x_of(day), f"{number} · {day.day} {day:%b}")
        elif every == 7:
            yield Tick(x_of(day))
