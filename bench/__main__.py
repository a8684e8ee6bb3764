"""`make bench`: measures, prints a table, writes bench/latest.json. `make bench ARGS="latency actions"` measures these parts alone.

Each part is measured in a process of its own, so that none inherits another's memory or caches. bench/latest.json says what the
last run measured and nothing else: after a run of some parts it holds their figures only, since figures of different runs, on a
machine that was busy in another way, are not side by side. A run that is broken off leaves it as it was.
"""

from __future__ import annotations

import signal
import subprocess
import sys

from bench import PARTS, figures
from bench.figures import Findings


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in PARTS]:
        _say(f"there is no {' or '.join(unknown)} to measure; there are {', '.join(PARTS)}")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = names or PARTS
    found: list[Findings] = []
    for number, name in enumerate(chosen, 1):
        _say(f"measuring {name} ({number} of {len(chosen)})")
        try:
            found.append(_measure(name))
        except KeyboardInterrupt:
            _say("broken off; nothing is kept")
            return 130
        except subprocess.CalledProcessError as error:
            _say(f"{name} could not be measured (exit code {error.returncode}); nothing is kept")
            return 1
    for breakdown in (breakdown for each in found for breakdown in each.breakdowns):
        print(f"\n{figures.breakdown(breakdown)}")
    measured = [figure for each in found for figure in each.figures]
    print(f"\n{figures.table(measured)}")
    figures.keep(measured)
    return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _measure(name: str) -> Findings:
    # In a session of its own: Ctrl-C reaches this process alone, which then ends the part's input.
    command = [sys.executable, "-m", "bench.part", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, text=True) as part:
        assert part.stdin
        assert part.stdout
        try:
            findings = part.stdout.read()
        finally:
            part.stdin.close()
            part.wait()
    if part.returncode:
        raise subprocess.CalledProcessError(part.returncode, name)
    return Findings.load(findings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
