from pathlib import Path

from tests.chaos.proof import survives


def test_nothing_is_lost_twice_or_too_late_whatever_is_killed(tmp_path: Path) -> None:
    survives(tmp_path, "sqlite", journeys=25, count=7)
