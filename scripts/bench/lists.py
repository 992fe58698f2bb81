"""A list of 1,000 ids, 20 at a time, with a gateway that takes 100 ms for each.

The gateway runs in another process, so that its CPU time is not counted. The code path is that of
`voicestatus lookup --file`. Memory is that of a whole process, for a short and a long list.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import aiohttp
from rich.table import Table

from bot.commands.lookup import at_once, lookups_of
from bot.domain.call_status import Answer
from bot.domain.gate import Urgency
from bot.domain.input.message_id import MessageId
from bot.gateway.protocol.soap import Account, RequestForm, SoapVersion
from bot.services.ordered_look_ups import OrderedLookUps
from bot.settings.settings import Settings

COUNT: Final = 1_000
LATE_SECONDS: Final = 0.1
AT_ONCE: Final = 20
IDEAL_SECONDS: Final = COUNT * LATE_SECONDS / AT_ONCE
SHORT, LONG = 200, 5_000
_MIB: Final = 1024
_KEYS: Final = {"GATEWAY_CREDENTIAL": "B" * 40, "GATEWAY_TOKEN": "b" * 6}


async def measure_lists() -> Table:
    """Run the benchmark; returns the figures."""
    async with _sandbox() as url:
        bare = await _bare(url)
        seconds, cpu = await _asked(url)
        short, long = [await _peak_mib(url, count) for count in (SHORT, LONG)]
    table = Table(f"{COUNT:,} ids, 100 ms each, {AT_ONCE} at once, plain path", "", box=None)
    table.add_row("ideal, s", f"{IDEAL_SECONDS:.2f}")
    table.add_row("bare aiohttp, s", f"{bare:.2f}")
    table.add_row("voicestatus, s", f"{seconds:.2f}")
    table.add_row("x ideal", f"{seconds / IDEAL_SECONDS:.3f}")
    table.add_row("x bare aiohttp", f"{seconds / bare:.3f}")
    table.add_row("CPU for one look-up, ms", f"{cpu / COUNT * 1000:.2f}")
    table.add_row(f"memory at its peak, {SHORT:,} ids, MiB", f"{short:.1f}")
    table.add_row(f"memory at its peak, {LONG:,} ids, MiB", f"{long:.1f}")
    return table


def _late_ids() -> Iterator[MessageId]:
    # New ids each time, to bypass the cache; the digits are microseconds.
    return (MessageId(f"SANDBOX-SLOW-{LATE_SECONDS}0000{number:04}") for number in range(COUNT))


async def _bare(url: str) -> float:
    """Seconds for the bare requests: the lower bound of machine and gateway."""
    account = Account(_KEYS["GATEWAY_CREDENTIAL"], _KEYS["GATEWAY_TOKEN"])
    form = RequestForm(SoapVersion.V1_1, account)
    ids = _late_ids()

    async def work(session: aiohttp.ClientSession) -> None:
        for message_id in ids:
            data = form.fill(message_id)
            async with session.post(url, headers=form.headers, data=data) as reply:
                await reply.read()

    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        await asyncio.gather(*(work(session) for _ in range(AT_ONCE)))
        return time.perf_counter() - began


async def _asked(url: str) -> tuple[float, float]:
    """Wall and CPU seconds."""
    settings = Settings.of(
        gateway_url=url,
        gateway_credential=_KEYS["GATEWAY_CREDENTIAL"],
        gateway_token=_KEYS["GATEWAY_TOKEN"],
        gateway_requests_per_second=1000,
        gateway_max_concurrency=AT_ONCE,
        database_url="sqlite:///no-such.db",
    )
    async with lookups_of(settings) as ask_gateway:

        async def ask(message_id: MessageId) -> Answer:
            return await ask_gateway(message_id, Urgency.BACKGROUND)

        asking = OrderedLookUps(
            _late_ids(), ask=ask, report=lambda _: False, at_once=at_once(settings)
        )
        began, cpu = time.perf_counter(), time.process_time()
        await asking.run()
        return time.perf_counter() - began, time.process_time() - cpu


@asynccontextmanager
async def _sandbox() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "sandbox", "--port", "0", stdout=PIPE, env=_environment()
    )
    assert process.stdout is not None
    try:
        while b"http" not in (line := await process.stdout.readline()):
            assert line
        yield next(word for word in line.decode().split() if word.startswith("http"))
    finally:
        process.terminate()
        await process.wait()


async def _peak_mib(url: str, count: int) -> float:
    """The peak memory of the command for a list of `count` ids."""
    with TemporaryDirectory() as folder:
        ids = Path(folder) / "ids.txt"
        ids.write_text("\n".join(f"SANDBOX-ok.{number}.00" for number in range(count)))
        settings = {"GATEWAY_URL": url, "GATEWAY_REQUESTS_PER_SECOND": "1000", **_KEYS}
        command = [sys.executable, "-m", "bot", "lookup", "--file", str(ids)]
        return await asyncio.to_thread(_peak_of, command, folder, {**_environment(), **settings})


def _peak_of(command: list[str], folder: str, environment: dict[str, str]) -> float:
    with subprocess.Popen(
        command, stdout=DEVNULL, stderr=DEVNULL, cwd=folder, env=environment
    ) as process:
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return usage.ru_maxrss / _MIB


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(Path.cwd())}
