"""The largest faults of the catalogue, many at a time, measured in a separate process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bot.gateway.sandbox.server import running_sandbox

FAULTS = (
    "endless-headers",
    "endless-line",
    "interim-flood",
    "tiny-chunks",
    "chunk-extension",
    "endless-trailers",
    "text-200mb",
    "chunked-200mb",
    "gzip-gigabyte",
    "gzip-unannounced",
    "gzip-bomb",
    "huge",
    "nesting-100000",
    "attributes",
    "namespaces",
    "comments",
    "entity-bomb",
)
GROWTH_MEBIBYTES = 32
# Of ten look-ups together; a turn that is long because of the reply is long each time, a turn that
# is long because the machine was busy is not.
STALL_SECONDS = 1.0
ROUNDS = 5
PATIENCE_SECONDS = 900

# Ten look-ups of each fault at the same time; the growth in KiB, and the longest turn of the loop
# in the best round of the worst fault.
PROGRAM = """
import asyncio, logging, sys, time
from pathlib import Path
from bot.domain.input.message_id import MessageId
from bot.gateway.protocol.errors import GatewayError
from tests.gateway.gateway_loopback import client_of

def peak():
    words = Path("/proc/self/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1])

async def tick():
    while True:
        began = time.thread_time()
        await asyncio.sleep(0.001)
        turns.append(time.thread_time() - began)

async def ask(fault):
    name = f"SANDBOX-FAULT-{fault}"
    async with client_of(sys.argv[1], timeout_seconds=30.0) as client:
        # Ten ids of one fault, which takes either case of letters.
        ids = [name[:n] + name[n:].lower() for n in range(10)]
        outcomes = await asyncio.gather(
            *(client.status(MessageId(one)) for one in ids)
        )
    assert all(isinstance(one, GatewayError) for one in outcomes), (fault, outcomes)

async def best_round(fault, rounds, enough):
    longest = []
    while not longest or len(longest) < rounds and min(longest) >= enough:
        turns.clear()
        await ask(fault)
        longest.append(max(turns, default=0.0))
    return min(longest)

async def main():
    rounds, enough = int(sys.argv[2]), float(sys.argv[3])
    await ask("nil")
    before = peak()
    ticking = asyncio.create_task(tick())
    worst = max([await best_round(fault, rounds, enough) for fault in sys.argv[4:]])
    ticking.cancel()
    print(peak() - before, worst)

turns = []
logging.disable()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the figure is Linux's")
async def test_no_fault_takes_memory_or_the_event_loop() -> None:
    """Ten of each together: at most 32 MiB more than one small look-up, and no long turn."""
    path = str(Path(__file__).parents[2])
    # Coverage makes them ten times as slow, which the figure would then show.
    untraced = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    async with running_sandbox(port=0) as url:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, url, str(ROUNDS), str(STALL_SECONDS), *FAULTS),
            env={**untraced, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                out, _ = await process.communicate()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    assert process.returncode == 0
    grown, stalled = (float(word) for word in out.splitlines()[-1].split())
    assert grown / 1024 < GROWTH_MEBIBYTES
    assert stalled < STALL_SECONDS
