"""How the cost of a look-up grows, and how far several processes on one PostgreSQL go.

Rows are copies of one that the bot wrote itself, since writing 1,000,000 through it takes hours.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from scripts.bench.processes import Bot, Process, cores, started
from scripts.bench.speed import AT_ONCE, quartile
from scripts.bench.watches import fill_watches
from scripts.bench.world import World, running_world

UNDER_WAY: Final = (1, 10, 100, 1_000)
AUDIT_ROWS: Final = (1_000, 10_000, 100_000, 1_000_000)
# The cache holds 2,000 statuses, so more are not cached.
CACHED: Final = (100, 1_000, 10_000)
WATCHES: Final = (100, 1_000, 10_000, 100_000)
PROCESSES: Final = (1, 2, 4)
TURNS, TURN_SECONDS = 5, 0.6
RUN_SECONDS: Final = 4.0
_LIMITS: Final = {"GATEWAY_REQUESTS_PER_SECOND": "1000", "GATEWAY_MAX_CONCURRENCY": "20"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measurement.

    Attributes:
        of: what grows.
        count: how much of it there is.
        cpu: milliseconds of processor time for one look-up.
        rate: look-ups a second, where that is the matter.
    """

    of: str
    count: int
    cpu: float
    rate: float | None = None


async def measure_growth() -> list[Point]:
    """CPU for a look-up while one thing grows."""
    points: list[Point] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with running_world() as world:
            async with started(_bot(folder / "empty.db"), world, core=cores()[0]) as process:
                points += [
                    await _point("look-ups under way", count, process, count) for count in UNDER_WAY
                ]
                asked = 0
                for count in CACHED:
                    while asked < count:
                        await process.load.ask()
                        asked += 1
                    points.append(await _point("statuses in the cache", count, process))
            for count in AUDIT_ROWS:
                file = folder / f"audit{count}.db"
                await _created(file, world, lookups=1)
                _copy_audit(file, count)
                async with started(_bot(file), world, core=cores()[0]) as process:
                    points.append(await _point("audit rows", count, process))
            for count in WATCHES:
                file = folder / f"watches{count}.db"
                await fill_watches(file, count)
                async with started(_bot(file), world, core=cores()[0]) as process:
                    points.append(await _point("watches", count, process))
    return points


async def measure_processes(postgres: str) -> list[Point]:
    """Look-ups a second of several processes on one PostgreSQL, at the highest rate limit."""
    limits = {"GATEWAY_REQUESTS_PER_SECOND": "1000", "GATEWAY_MAX_CONCURRENCY": "50"}
    points: list[Point] = []
    async with running_world() as world:
        for count in PROCESSES:
            async with AsyncExitStack() as stack:
                running = [
                    await stack.enter_async_context(started(_bot(None, postgres, limits), world))
                    for _ in range(count)
                ]
                await _all(running, 1.0)
                before, began = sum(process.cpu() for process in running), time.perf_counter()
                served = await _all(running, RUN_SECONDS)
                seconds = time.perf_counter() - began
                cpu = (sum(process.cpu() for process in running) - before) / served * 1000
            points.append(Point(of="processes", count=count, cpu=cpu, rate=served / seconds))
    return points


async def _all(running: Sequence[Process], seconds: float) -> int:
    loads = (process.load.closed_loop(seconds, at_once=AT_ONCE) for process in running)
    return sum(await asyncio.gather(*loads))


def _bot(file: Path | None, postgres: str = "", limits: dict[str, str] | None = None) -> Bot:
    settings = {
        "BOT_MODE": "http",
        "BOT_HOST": "127.0.0.1",
        "BOT_LOG_LEVEL": "WARNING",
        "DATABASE_URL": f"sqlite:///{file}" if file else postgres,
        **(limits or _LIMITS),
    }
    return Bot("voicestatus", ("-m", "bot", "run"), settings)


async def _point(of: str, count: int, process: Process, at_once: int = AT_ONCE) -> Point:
    turns = []
    await process.load.closed_loop(TURN_SECONDS, at_once=at_once)
    for _ in range(TURNS):
        before = process.cpu()
        served = await process.load.closed_loop(TURN_SECONDS, at_once=at_once)
        turns.append((process.cpu() - before) / served * 1000)
    return Point(of=of, count=count, cpu=quartile(turns))


async def _created(file: Path, world: World, *, lookups: int) -> None:
    """A database in which the bot has written so many look-ups."""
    async with started(_bot(file), world) as process:
        for _ in range(lookups):
            await process.load.ask()


def _copy_audit(file: Path, count: int) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(audit)") if row[1] != "id"]
        columns = ", ".join(names)
        row = connection.execute(f"SELECT {columns} FROM audit LIMIT 1").fetchone()
        marks = ", ".join("?" for _ in row)
        connection.executemany(
            f"INSERT INTO audit ({columns}) VALUES ({marks})", _repeated(row, count - 1)
        )


def _repeated(row: tuple[object, ...], count: int) -> Iterator[tuple[object, ...]]:
    return (row for _ in range(count))


def points_table(points: Iterable[Point]) -> str:
    """The measurements as a table in Markdown; a row for each thing that grows."""
    lines: dict[str, list[str]] = {}
    for point in points:
        shown = f"{point.count:,}: {point.cpu:.2f}"
        if point.rate is not None:
            shown += f" ({point.rate:,.0f} a second)"
        lines.setdefault(point.of, []).append(shown)
    head = "| What grows | CPU ms for a look-up at each size |\n| --- | --- |\n"
    return head + "".join(f"| {of} | {' · '.join(shown)} |\n" for of, shown in lines.items())
