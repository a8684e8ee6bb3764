"""Killing worker, API and Temporal in the middle of fifty journeys loses nothing and sends nothing twice."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.driver import Driver


def test_fifty_journeys_survive_their_parts_being_killed(tmp_path: Path) -> None:
    driver = Driver(tmp_path, f"sqlite:///{tmp_path / 'tenure.db'}", seed=1, journeys=50, kills=9)
    try:
        driver.start()
        report = driver.run()
    finally:
        driver.stop()
    print("\n".join(report.lines()))  # noqa: T201  # the counts are what a reader of the log looks for
    assert report.breaches == []
    assert report.over == 50
    assert sum(report.kills.values()) >= 7
