"""What a measurement gives, as tables for people and JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

NUMBER = re.compile(r"[\d.,+-]*")
LATEST = Path(__file__).parent / "latest.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `bare` is the same of a bare Temporal workflow in the same run, where that has a meaning."""

    name: str
    value: float
    unit: str
    bare: float | None = None
    aim: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.bare if self.bare else None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Where a figure comes from, for whoever wants to better it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one part measured."""

    figures: Sequence[Figure]
    breakdowns: Sequence[Breakdown] = field(default=())

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Findings:
        found: dict[str, Any] = json.loads(text)
        return cls([Figure(**each) for each in found["figures"]], [Breakdown(**each) for each in found["breakdowns"]])


def table(figures: Iterable[Figure]) -> str:
    rows = [
        (figure.name, _number(figure.value), _number(figure.bare), _number(figure.ratio), figure.unit, figure.aim) for figure in figures
    ]
    return _table(("", "Tenure", "bare", "ratio", "unit", "aim"), rows)


def breakdown(found: Breakdown) -> str:
    return f"{found.title}\n{_table(found.columns, found.rows)}"


def keep(figures: Iterable[Figure], file: Path = LATEST) -> None:
    """Writes the file: name → value, unit, bare, ratio, aim. What was there before is gone: see `bench.__main__`."""
    kept = {
        figure.name: {"value": figure.value, "unit": figure.unit, "bare": figure.bare, "ratio": figure.ratio, "aim": figure.aim}
        for figure in figures
    }
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Every column as wide as its widest cell, whatever the terminal's width: nothing is cut. Numbers stand to the right."""
    lines = [columns, *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    numbers = [all(NUMBER.fullmatch(row[index]) for row in rows) for index in range(len(columns))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if is_number else cell.ljust(width) for cell, width, is_number in zip(line, widths, numbers, strict=True)
        ).rstrip()
        for line in lines
    )


def _number(value: float | None) -> str:
    """Three digits that count, and whole numbers from a hundred on."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
