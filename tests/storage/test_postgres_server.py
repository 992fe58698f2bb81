"""The server of the tests itself: it leaves no trace, also when the tests are killed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_PROGRAM = """
import os, signal
from tests.support.postgres_server import postgres_server, wheel_folder
with postgres_server(wheel_folder()) as server:
    with server.new_database() as url:
        print(url, flush=True)
        if os.environ["END"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a server may put its files: as root, another user must get there."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o1777)
    yield made
    shutil.rmtree(made)


@pytest.mark.usefixtures("postgres")
@pytest.mark.parametrize("end", ["kill", "normal"])
def test_no_trace(folder: Path, end: str) -> None:
    """Processes and files are gone soon after the end."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TMPDIR": str(folder),
        "END": end,
    }
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.startswith("postgresql://"), ended.stderr
    port = int(ended.stdout.rpartition(":")[2].partition("/")[0])
    until = time.monotonic() + 10
    while any(folder.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    assert [] == [*folder.iterdir()]
    with socket.socket() as probe:
        assert 0 != probe.connect_ex(("127.0.0.1", port))
