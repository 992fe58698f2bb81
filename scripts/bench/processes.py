"""A bot in a process and on a core of its own, and what the kernel says of it. Linux only."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp

from scripts.bench.world import Load, World, people_of

MIB: Final = 1024
_START_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Bot:
    """What is started.

    Attributes:
        arguments: of Python.
        settings: variables beside those that lead to the world.
        has_cards: whether it answers with a card; one that only acknowledges does not.
        tls: whether it asks the gateway over TLS.
    """

    name: str
    arguments: Sequence[str]
    settings: Mapping[str, str]
    has_cards: bool = True
    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A running bot.

    Attributes:
        cold: seconds of processor time from its start to its first acknowledgement.
    """

    bot: Bot
    pid: int
    load: Load
    cold: float

    def cpu(self) -> float:
        """The processor time that it has used, in seconds."""
        return cpu_of(self.pid)

    def resident_mib(self) -> float:
        """Its resident memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        (line,) = (line for line in lines if line.startswith("VmRSS:"))
        return int(line.split()[1]) / MIB


def cpu_of(pid: int) -> float:
    """The processor time of a process to the nanosecond: clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


@asynccontextmanager
async def started(bot: Bot, world: World, *, core: int | None = None) -> AsyncIterator[Process]:
    """Start it, wait for its first acknowledgement, and end it after the block."""
    port = _free_port()
    leading = world.settings_over_tls if bot.tls else world.settings
    settings = {**leading, "BOT_PORT": str(port), **bot.settings}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *bot.arguments,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=None if "BENCH_DEBUG" in os.environ else DEVNULL,
        env=environment() | settings,
        preexec_fn=partial(_pin, core),
    )
    try:
        async with people_of(world, port) as load:
            await _acknowledged(load, process)
            yield Process(bot=bot, pid=process.pid, load=load, cold=cpu_of(process.pid))
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _acknowledged(load: Load, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while process.returncode is None:
            with suppress(aiohttp.ClientError):
                await load.ask("help", card=False)
                return
            await asyncio.sleep(0.01)
    message = f"the bot ended with {process.returncode} at its start; BENCH_DEBUG=1 shows why"
    raise RuntimeError(message)


@asynccontextmanager
async def ended(
    arguments: Sequence[str], settings: Mapping[str, str], *, core: int | None = None
) -> AsyncIterator[tuple[bytes, float]]:
    """Run Python to its end; yields its output and the processor time that it used, in seconds."""
    before = _children()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=DEVNULL,
        env=environment() | dict(settings),
        preexec_fn=partial(_pin, core),
    )
    out, _ = await process.communicate()
    yield out, _children() - before


def _pin(core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def environment() -> dict[str, str]:
    """What a process needs to find Python and this checkout, and nothing that changes it."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(Path.cwd())}


def cores() -> tuple[int | None, int | None]:
    """The bot's core and the load's; none where there is only one."""
    available = sorted(os.sched_getaffinity(0))
    return (available[0], available[1]) if len(available) > 1 else (None, None)


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])
