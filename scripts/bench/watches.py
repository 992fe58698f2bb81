"""100,000 waiting watches in one real process: memory, idle CPU, start, and all overdue at once.

The rows are copies of one that the bot's code created: starting each takes minutes.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Bounds, Watch
from bot.fake_slack.people.person import person_over_http
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.gateway.sandbox.server import Exchange, running_sandbox
from bot.storage.database import open_database
from bot.storage.jobs.watches import Watches
from bot.web import SLACK_PATH

COUNT = 100_000
LIMIT = 20
IDLE_SECONDS = 10.0
DRAIN_SECONDS = 25.0
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningProcess:
    """A running `voicestatus run`, with its start time in seconds."""

    pid: int
    port: int
    ready: float

    def resident_mib(self) -> float:
        """Its resident memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith("VmRSS:"))
        return int(line.split()[1]) / _MIB

    def cpu_seconds(self) -> float:
        """The CPU seconds that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    async def busy_percent(self, seconds: float) -> float:
        """The share of one core that it uses."""
        before = self.cpu_seconds()
        await asyncio.sleep(seconds)
        return (self.cpu_seconds() - before) / seconds * 100


@asynccontextmanager
async def running_process(settings: dict[str, str]) -> AsyncIterator[RunningProcess]:
    """Start a process, and wait until it runs."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "run"),
        stdout=PIPE,
        stderr=PIPE,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(Path.cwd()), **settings},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    first_line = (await process.stdout.readline()).decode()
    ready = time.monotonic() - began
    drain = asyncio.create_task(process.stderr.read())
    try:
        yield RunningProcess(pid=process.pid, port=int(first_line.rsplit(" ", 1)[1]), ready=ready)
    finally:
        process.terminate()
        await process.wait()
        await drain


async def measure_watches() -> Table:
    """Run the benchmark; returns the figures."""
    requests: list[Exchange] = []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "voicestatus.db"
        async with (
            running_sandbox(port=0, listener=requests.append) as gateway,
            running_slack() as slack,
        ):
            settings = _settings(slack, gateway, file)
            empty = await _idle(settings)
            await fill_watches(file)
            full = await _idle(settings)
            _make_overdue(file)
            overdue = await _drain(settings, slack, requests)
    return _table(empty, full, overdue)


def _settings(slack: LoopbackSlack, gateway_url: str, file: Path) -> dict[str, str]:
    return {
        "BOT_MODE": "http",
        "BOT_PORT": "0",
        "BOT_LOG_FORMAT": "json",
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "GATEWAY_URL": gateway_url,
        "GATEWAY_CREDENTIAL": "B" * 40,
        "GATEWAY_TOKEN": "b" * 6,
        "GATEWAY_REQUESTS_PER_SECOND": str(LIMIT),
        "DATABASE_URL": f"sqlite:///{file}",
    }


async def _idle(settings: dict[str, str]) -> dict[str, float]:
    async with running_process(settings) as process:
        await asyncio.sleep(3)
        return {
            "ready": process.ready,
            "busy": await process.busy_percent(IDLE_SECONDS),
            "memory": process.resident_mib(),
        }


async def _drain(
    settings: dict[str, str], slack: LoopbackSlack, requests: list[Exchange]
) -> dict[str, float]:
    acks: list[float] = []
    async with running_process(settings) as process:
        address = f"http://127.0.0.1:{process.port}{SLACK_PATH}"
        async with person_over_http(slack, address) as person:
            await asyncio.sleep(3)
            requests.clear()
            before, began = process.cpu_seconds(), time.monotonic()
            while time.monotonic() - began < DRAIN_SECONDS:
                ack = await person.command("/voicestatus", "help")
                acks.append(ack.seconds * 1000)
                await asyncio.sleep(0.1)
            seconds = time.monotonic() - began
        return {
            "looks": len(requests) / seconds,
            "p50": statistics.median(acks),
            "p99": statistics.quantiles(acks, n=100)[98],
            "busy": (process.cpu_seconds() - before) / seconds * 100,
            "memory": process.resident_mib(),
        }


async def fill_watches(file: Path, count: int = COUNT) -> None:
    """Create one watch with the bot's code, then copy its row."""
    now = datetime.now(UTC)
    template = Watch(
        id="w00000",
        message_id=MessageId("SANDBOX-PENDING-86400.00000"),
        user="U0",
        destination=Destination(team="T1", channel="C1", thread="1.1"),
        started_at=now,
        expires_at=now + timedelta(hours=24),
        due_at=now + timedelta(minutes=5),
    )
    async with open_database(f"sqlite:///{file}") as database:
        await Watches(database).add([template], Bounds(user=1, channel=1, all=1))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.row_factory = sqlite3.Row
        _copy(connection, "watch", "id", "w00000", count)


def _copy(connection: sqlite3.Connection, table: str, key: str, value: str, count: int) -> None:
    row = connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (value,)).fetchone()
    names = ", ".join(row.keys())
    marks = ", ".join("?" for _ in row)
    rows: Iterable[tuple[Any, ...]] = (
        tuple(_numbered(part, number) for part in row) for number in range(1, count)
    )
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def _numbered(part: Any, number: int) -> Any:
    """A column's value for the copy with this number."""
    if not isinstance(part, str):
        return part
    own = part.replace("w00000", f"w{number:05}").replace(".00000", f".{number:05}")
    return f"U{number}" if own == "U0" else own


def _make_overdue(file: Path) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE watch SET due_at = ?", (past.strftime("%F %T.%f"),))


def _table(empty: dict[str, float], full: dict[str, float], overdue: dict[str, float]) -> Table:
    table = Table(f"{COUNT:,} watches", "none", "waiting", "all overdue", box=None)
    rows: tuple[tuple[str, str, tuple[dict[str, float], ...]], ...] = (
        ("resident memory, MiB", "memory", (empty, full, overdue)),
        ("busy, % of a core", "busy", (empty, full, overdue)),
        ("until it answers, s", "ready", (empty, full)),
        (f"looks a second (limit {LIMIT})", "looks", ({}, {}, overdue)),
        ("ack, median, ms", "p50", ({}, {}, overdue)),
        ("ack, p99, ms", "p99", ({}, {}, overdue)),
    )
    for name, field, columns in rows:
        table.add_row(name, *(f"{c[field]:.2f}" if field in c else "" for c in columns))
    ratio = full["memory"] / empty["memory"]
    table.add_row("memory, x none", "", f"{ratio:.2f}", "")
    return table
