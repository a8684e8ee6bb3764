"""What this process and those it started took of the machine."""

from __future__ import annotations

import re
import resource
from pathlib import Path


def processor_seconds() -> float:
    """Of this process and those it has seen end."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_megabytes() -> float:
    """The most that this process has had in memory. Linux counts a parent's in `ru_maxrss`, too, but not here."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found, "not Linux"
    return int(found[1]) / 1024
