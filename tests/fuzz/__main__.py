"""`make fuzz`: ten minutes of texts that nobody would write. `make fuzz SECONDS=30 SEED=7` for shorter, and for others.

What fails is written to .fuzz/, one file a text, to become a case of tests/catalogue.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from runtime import folders
from tests.fuzz.fuzzing import Failure, Fuzzer, Tally
from tests.installation import ROOT

FOLDER = ROOT / ".fuzz"


def main(seconds: float, seed: int) -> int:
    began = time.monotonic()
    told = began

    def tell(tally: Tally) -> None:
        nonlocal told
        if time.monotonic() - told >= 10:
            told = time.monotonic()
            print(f"{told - began:4.0f} s: {tally}", file=sys.stderr, flush=True)

    print(f"seed {seed}, {seconds:.0f} seconds", flush=True)
    tally = Fuzzer(folders.read(ROOT), seed).run(seconds, tell=tell)
    print(tally)
    for number, failure in enumerate(tally.failures[:50], 1):
        print(f"{failure.kind} {failure.name}: {failure.what}\n  {_keep(failure, number)}")
    return 1 if tally.failures else 0


def _keep(failure: Failure, number: int) -> Path:
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{number}-{failure.kind}-{failure.name.replace('/', '-')}.txt"
    path.write_text(failure.text, errors="surrogatepass")
    return path


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else int(time.time())))
