"""What a look-up costs beside bots that do less, each bot a process on a core of its own.

Turns of a closed loop go round the bots, so that all meet the same noise; noise only adds, so the
lower quartile of a bot's turns is its figure. A ratio is one of this run.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from scripts.bench.processes import Bot, Process, cores, ended, started
from scripts.bench.world import World, running_world

ROUNDS: Final = 8
TURN_SECONDS: Final = 0.5
AT_ONCE: Final = 16
OPEN_SECONDS, OPEN_RATE, GATEWAY_SECONDS = 3.0, 60.0, 0.05
BURST, BURST_SECONDS = 200, 0.2
COLD_STARTS: Final = 3
IMPORTS: Final = "import slack_bolt.async_app, httpx, pydantic_settings"
_PEAK: Final = (
    "\nprint(*[l.split()[1] for l in open('/proc/self/status') if l.startswith('VmRSS')])"
)

BARE, PLAIN, OURS = "bare", "plain", "voicestatus"
TWO, POSTGRES = "voicestatus, beside a second one", "voicestatus on PostgreSQL"
TLS, PLAIN_TLS = "voicestatus, TLS to the gateway", "plain, TLS to the gateway"


@dataclass(slots=True)
class Figures:
    """What was measured of one bot; `None` where it does not apply."""

    turns: list[float] = field(default_factory=list)
    cards: float | None = None
    burst: float | None = None
    burst_asked: int | None = None
    memory: float | None = None
    cold: list[float] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        """Milliseconds of processor time for one look-up."""
        return quartile(self.turns) * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the result: a figure, and its ratio to a yardstick of the same run."""

    name: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None


def quartile(values: Sequence[float]) -> float:
    """The lower quartile."""
    return sorted(values)[len(values) // 4]


def bots(folder: Path, postgres: str | None) -> list[Bot]:
    """What is compared; ours with every feature on."""
    ours = {
        "BOT_MODE": "http",
        "BOT_HOST": "127.0.0.1",
        "BOT_LOG_LEVEL": "WARNING",
        "GATEWAY_REQUESTS_PER_SECOND": "1000",
        "GATEWAY_MAX_CONCURRENCY": "20",
    }
    run = ("-m", "bot", "run")
    file, shared = f"sqlite:///{folder}/alone.db", f"sqlite:///{folder}/shared.db"
    found = [
        Bot(BARE, ("-m", "scripts.bench.plain_bots", "bare"), {}, has_cards=False),
        Bot(PLAIN, ("-m", "scripts.bench.plain_bots", "plain"), {}),
        Bot(OURS, run, {**ours, "DATABASE_URL": file}),
        Bot(PLAIN_TLS, ("-m", "scripts.bench.plain_bots", "plain"), {}, tls=True),
        Bot(TLS, run, {**ours, "DATABASE_URL": f"sqlite:///{folder}/tls.db"}, tls=True),
        Bot(TWO, run, {**ours, "DATABASE_URL": shared}),
        # Idle, but it shares the rate limit, so that the other one has to share too.
        Bot("the second", run, {**ours, "DATABASE_URL": shared}),
    ]
    if postgres is not None:
        found.append(Bot(POSTGRES, run, {**ours, "DATABASE_URL": postgres}))
    return found


async def measure_speed(postgres: str | None) -> list[Row]:
    """Run it; `postgres` is the URL of an empty database, `None` without a server."""
    with TemporaryDirectory() as folder:
        async with running_world() as world:
            figures = await _compare(bots(Path(folder), postgres), world)
            synced = await _synced(Path(folder), world)
    imported, memory = await _imports()
    return list(_rows(figures, imported, memory, synced))


async def _compare(compared: Sequence[Bot], world: World) -> dict[str, Figures]:
    core, _ = cores()
    figures = {bot.name: Figures() for bot in compared}
    for bot in compared:
        for _ in range(COLD_STARTS):
            async with started(bot, world, core=core) as process:
                figures[bot.name].cold.append(process.cold)
    async with AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(started(bot, world, core=core)) for bot in compared
        ]
        for process in running:
            await process.load.closed_loop(1.0, at_once=AT_ONCE, card=process.bot.has_cards)
        for number in range(ROUNDS):
            for process in running[number % len(running) :] + running[: number % len(running)]:
                figures[process.bot.name].turns.append(await _turn(process))
        for process in running:
            figures[process.bot.name].memory = process.resident_mib()
            if process.bot.has_cards:
                await _latencies(process, world, figures[process.bot.name])
    return figures


async def _turn(process: Process) -> float:
    """Seconds of processor time for each of the look-ups of one turn."""
    before = process.cpu()
    served = await process.load.closed_loop(
        TURN_SECONDS, at_once=AT_ONCE, card=process.bot.has_cards
    )
    return (process.cpu() - before) / served


async def _latencies(process: Process, world: World, figures: Figures) -> None:
    with _delayed(world, GATEWAY_SECONDS):
        served = await process.load.open_loop(OPEN_SECONDS, rate=OPEN_RATE)
    figures.cards = statistics.median(one.card or 0.0 for one in served) - GATEWAY_SECONDS
    with _delayed(world, BURST_SECONDS):
        before = len(world.asked)
        served = await process.load.burst(BURST, "VS9999999999")
        figures.burst = max(one.card or 0.0 for one in served)
        figures.burst_asked = len(world.asked) - before


@contextmanager
def _delayed(world: World, seconds: float) -> Iterator[None]:
    world.delay = seconds
    try:
        yield
    finally:
        world.delay = 0.0


async def _synced(folder: Path, world: World) -> float:
    """Commits for one look-up that waited for the disk, closed loop with 16 under way."""
    file = folder / "commits.json"
    url = f"sqlite:///{folder}/counted.db"
    (ours,) = (bot for bot in bots(folder, None) if bot.name == OURS)
    settings = {**ours.settings, "DATABASE_URL": url}
    counted = Bot("counted", ("-m", "scripts.bench.counted", str(file)), settings)
    async with started(counted, world, core=cores()[0]) as process:
        await process.load.closed_loop(1.0, at_once=AT_ONCE)
        await asyncio.sleep(0.5)
        before = _commits(file)
        served = await process.load.closed_loop(3.0, at_once=AT_ONCE)
        await asyncio.sleep(0.5)
        return (_commits(file) - before) / served


def _commits(file: Path) -> int:
    counts: Mapping[str, int] = json.loads(file.read_text(encoding="ascii"))
    return counts["synced"]


async def _imports() -> tuple[float, float]:
    """Processor seconds and MiB of the three packages that no such bot does without."""
    seconds, memory = [], 0.0
    for _ in range(COLD_STARTS):
        async with ended(("-c", IMPORTS + _PEAK), {}, core=cores()[0]) as (out, cpu):
            seconds.append(cpu)
            memory = int(out) / 1024
    return min(seconds), memory


def _rows(
    figures: Mapping[str, Figures], imported: float, memory: float, synced: float
) -> Iterator[Row]:
    ours, plain, bare = figures[OURS], figures[PLAIN], figures[BARE]
    yield Row(name="a bare acknowledgement", value=bare.cpu, unit="CPU ms")
    yield Row(
        name="a plain bot", value=plain.cpu, unit="CPU ms", against=BARE, ratio=plain.cpu / bare.cpu
    )
    for name in (OURS, TWO, POSTGRES):
        if name in figures:
            cpu = figures[name].cpu
            yield Row(name=name, value=cpu, unit="CPU ms", against=BARE, ratio=cpu / bare.cpu)
    yield Row(name=OURS, value=ours.cpu, unit="CPU ms", against=PLAIN, ratio=ours.cpu / plain.cpu)
    secure, its = figures[TLS].cpu, figures[PLAIN_TLS].cpu
    yield Row(name=TLS, value=secure, unit="CPU ms", against=PLAIN_TLS, ratio=secure / its)
    two = figures[TWO].cpu
    yield Row(
        name="with a second process beside it",
        value=two,
        unit="CPU ms",
        against="alone",
        ratio=two / ours.cpu,
    )
    for label, field_of in (
        (f"median card less the gateway's {GATEWAY_SECONDS * 1000:.0f} ms", "cards"),
        (f"last card of {BURST} who ask for one id", "burst"),
    ):
        mine, its = getattr(ours, field_of), getattr(plain, field_of)
        yield Row(name=label, value=mine * 1000, unit="ms", against=PLAIN, ratio=mine / its)
    yield Row(name="requests at the gateway for that one id", value=ours.burst_asked or 0, unit="")
    yield Row(
        name="memory after the load",
        value=ours.memory or 0.0,
        unit="MiB",
        against="the three imports",
        ratio=(ours.memory or 0.0) / memory,
    )
    yield Row(
        name="cold start to the first acknowledgement",
        value=min(ours.cold) * 1000,
        unit="CPU ms",
        against="the three imports",
        ratio=min(ours.cold) / imported,
    )
    yield Row(name="synced commits for one look-up", value=synced, unit="")


def rows_table(rows: Iterable[Row]) -> str:
    """The figures as a table in Markdown."""
    lines = ["| Figure | Value | Ratio |", "| --- | --- | --- |"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} × {row.against}"  # noqa: RUF001
        lines.append(f"| {row.name} | {row.value:.2f} {row.unit} | {ratio} |")
    return "\n".join(lines) + "\n"
