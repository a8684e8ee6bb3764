"""`python -m bench` and its parts, as whoever calls them sees them."""

from __future__ import annotations

import subprocess
import sys

from tests.installation import ROOT


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Without any input."""
    return subprocess.run([sys.executable, "-m", *command], input="", capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)


def test_an_unknown_part_is_named_with_those_there_are() -> None:
    done = run("bench", "latancy")
    assert done.returncode == 2
    assert (
        done.stderr
        == "there is no latancy to measure; there are throughput, latency, sleepers, simulated, years, foreseen, checked, reports, actions\n"
    )


def test_a_part_stops_when_whoever_started_it_is_gone() -> None:
    done = run("bench.part", "actions")
    assert (done.returncode, done.stdout) == (130, "")
