"""`python -m bench.before COMMIT`: how fast mail leaves now and how fast it left in another commit, side by side.

The other commit is checked out into a git worktree of its own, which is gone afterwards; this checkout is measured as it is. Both
are measured by the same lines (bench/sending.py), in turn, each time with a database and a Temporal of their own: a development
server that has done some work does the next more slowly, and whoever comes second would pay for it. It exits with 1 where what is
asked of sending, or of a batch of SendGrid's events, is not reached.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import figures
from bench.figures import Breakdown, Figure, Findings

ROOT = Path(__file__).parent.parent
ALTERNATIONS = 3
LEAST = 0.8
WEBHOOK_WITHIN_MS = 300


def main(commit: str) -> int:
    rates: dict[str, list[float]] = {"before": [], "now": []}
    try:
        with worktree(commit) as before:
            for number in range(1, ALTERNATIONS + 1):
                for name, root in (("before", before), ("now", ROOT)):
                    _say(f"{name}: {number} of {ALTERNATIONS}")
                    rates[name].append(_figure(root, "sending").value)
        _say("a batch of 1,000 events")
        webhook = _figure(ROOT, "reports")
    except subprocess.CalledProcessError as error:
        _say(f"that could not be measured: {' '.join(map(str, error.cmd))} ended with {error.returncode}")
        return 2
    rows = [
        (f"{number}", f"{now:.1f}", f"{before:.1f}", f"{now / before:.2f}")
        for number, (now, before) in enumerate(zip(rates["now"], rates["before"], strict=True), 1)
    ]
    print(
        figures.breakdown(Breakdown(f"Mails a second through SendGrid, beside {commit}", ("alternation", "now", "before", "ratio"), rows))
    )
    ratio = statistics.median(rates["now"]) / statistics.median(rates["before"])
    print(f"\nratio {ratio:.2f} (≥ {LEAST}); a batch of 1,000 events {webhook.value:.0f} ms (≤ {WEBHOOK_WITHIN_MS})")
    return 0 if ratio >= LEAST and webhook.value <= WEBHOOK_WITHIN_MS else 1


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """The commit as it was, but for what measures it."""
    with tempfile.TemporaryDirectory(prefix="tenure-before-") as folder:
        root = Path(folder) / "checkout"
        _git("worktree", "add", "--detach", "--quiet", str(root), commit)
        try:
            shutil.copy(ROOT / "bench" / "sending.py", root / "bench" / "sending.py")
            yield root
        finally:
            _git("worktree", "remove", "--force", str(root))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True)


def _figure(root: Path, part: str) -> Figure:
    # From the folder it is started in, a checkout finds its own modules before those that are installed.
    with subprocess.Popen(
        [sys.executable, "-m", "bench.part", part], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stdin
        found = running.stdout.read()
        running.stdin.close()
        running.wait()
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, running.args)
    return Findings.load(found).figures[0]


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
