"""One part, measured in a process of its own: `python -m bench.part NAME` writes its findings to standard output as JSON.

It ends when its standard input ends: then whoever started it wants it to stop, or is gone. Either is to it as Ctrl-C, so that
its servers are taken down in order.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import threading

from bench.figures import Findings
from bench.progress import Progress


def main(name: str) -> int:
    # Imported here: processes that a part starts import this module again, and need none of it.
    import structlog
    from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

    findings = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed is not a finding
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    # Temporal's test server lacks what newer ones have, and its client says so each time.
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter("ERROR", "ERROR")))))
    try:
        threading.Thread(target=_stop_with_input, daemon=True).start()
        found = asyncio.run(_measure(name))
    except KeyboardInterrupt:
        return 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is taken down, and whoever reads the findings then ends the input
    with os.fdopen(findings, "w") as out:
        out.write(found.dump())
    return 0


def _stop_with_input() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGINT)


async def _measure(name: str) -> Findings:
    progress = Progress()
    try:
        found: Findings = await importlib.import_module(f"bench.{name}").measure(progress)
        return found
    finally:
        progress.clear()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
