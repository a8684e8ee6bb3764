"""What `make bench` prints and keeps."""

from __future__ import annotations

import json
from pathlib import Path

from bench import figures
from bench.figures import Breakdown, Figure, Findings

FAST = Figure("touchpoints_per_second", 30.0, "1/s", 50.0, "ratio ≥ 0.6")
SMALL = Figure("history_at_rest", 3.07, "KB", aim="≤ 6 KB")


def test_no_cell_is_cut_however_long() -> None:
    name = "a_figure_with_a_name_" * 10
    assert name in figures.table([FAST, Figure(name, 1.0, "u" * 90)])
    assert "u" * 90 in figures.table([FAST, Figure(name, 1.0, "u" * 90)])


def test_columns_stand_under_each_other() -> None:
    head, *rows = figures.table([FAST, SMALL]).splitlines()
    assert [row[: head.index("Tenure") + 6].split()[-1] for row in rows] == ["30.0", "3.07"]
    assert rows[0].split() == ["touchpoints_per_second", "30.0", "50.0", "0.60", "1/s", "ratio", "≥", "0.6"]


def test_the_file_holds_what_was_measured_last_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "latest.json"
    figures.keep([FAST], file)
    figures.keep([SMALL], file)
    assert json.loads(file.read_text()) == {"history_at_rest": {"value": 3.07, "unit": "KB", "bare": None, "ratio": None, "aim": "≤ 6 KB"}}


def test_findings_survive_the_way_from_the_process_that_made_them() -> None:
    found = Findings([FAST], [Breakdown("why", ["journey", "count"], [["renewal", "3"]])])
    assert Findings.load(found.dump()) == found
