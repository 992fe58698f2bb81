"""The greatest faults of the catalogue, many at once, in a process of its own that is measured."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.gateway.sandbox import running_sandbox

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
# Of work in one turn; 50 ms is the floor, and machines that are busy otherwise get more.
STALL_SECONDS = 2.0

# Ten look-ups of each fault at the same time; what grew, in KiB, and the longest turn of the loop.
PROGRAM = """
import asyncio, logging, sys, time
from pathlib import Path
from bot.domain.message_id import MessageId
from bot.gateway.errors import GatewayError
from gateway_loopback import client_of

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
            *(client.status(MessageId(one)) for one in ids), return_exceptions=True
        )
    assert all(isinstance(one, GatewayError) for one in outcomes), (fault, outcomes)

async def main():
    await ask("nil")
    before = peak()
    ticking = asyncio.create_task(tick())
    for fault in sys.argv[2:]:
        await ask(fault)
    ticking.cancel()
    print(peak() - before, max(turns))

turns = []
logging.disable()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the figure is Linux's")
async def test_no_fault_takes_memory_or_the_event_loop() -> None:
    """Ten of each at once: at most 32 MiB more than one small look-up, and no long turn."""
    here = Path(__file__).parent
    path = os.pathsep.join((str(here), str(here.parents[1])))
    async with running_sandbox(port=0) as url:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, url, *FAULTS),
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
        )
        async with asyncio.timeout(120):
            out, _ = await process.communicate()
    assert process.returncode == 0
    grown, stalled = (float(word) for word in out.splitlines()[-1].split())
    assert grown / 1024 < GROWTH_MEBIBYTES
    assert stalled < STALL_SECONDS
