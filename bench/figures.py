"""What a measurement gives, as a table for people and JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

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


def show(figures: list[Figure], out: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column, side in (("", "left"), ("Tenure", "right"), ("bare", "right"), ("ratio", "right"), ("unit", "left"), ("aim", "left")):
        table.add_column(column, justify=side)  # type: ignore[arg-type]  # rich's literal
    for figure in figures:
        bare = f"{figure.bare:,.4g}" if figure.bare is not None else ""
        ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
        table.add_row(figure.name, f"{figure.value:,.4g}", bare, ratio, figure.unit, figure.aim)
    out.print(table)


def keep(figures: list[Figure]) -> None:
    LATEST.write_text(json.dumps({figure.name: {**asdict(figure), "ratio": figure.ratio} for figure in figures}, indent=2) + "\n")
