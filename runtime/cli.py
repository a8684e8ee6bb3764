"""The `tenure` command."""

from __future__ import annotations

import os
import sys

from runtime.commands import app


def main() -> None:
    """Runs the command line. Ends hard: Temporal's client sometimes aborts while Python shuts down (sdk-python#300)."""
    code = 0
    try:
        app()
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
