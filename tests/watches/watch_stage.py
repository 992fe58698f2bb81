"""Real processes with watches between a sandbox gateway and a Slack that counts, to be killed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.gateway.sandbox.server import running_sandbox
from bot.storage.database import open_database
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.watches import Watches
from tests.support.seen_requests import SeenRequest, recording
from tests.watches.counting_slack import CountingSlack, counting_slack

PATIENCE_SECONDS = 120.0
# Nobody waits here for what is put off on a busy server.
_TIMING = {
    "poll": 0.2,
    "beat": 0.5,
    "sqlite_busy": 1.0,
    "pace": 0.03,
    "gather": 0.0,
    "get_ready": 0.0,
}
_PASSED_ON = ("PATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


@dataclass(kw_only=True)
class WatchProcess:
    """One of them."""

    process: Process

    async def start(self, first: int, count: int, prefix: str) -> list[str]:
        """Let it start watches; their ids."""
        self._write(f"start {first} {count} {prefix}")
        started: list[str] = await self.answer()
        return started

    async def bulk(self, count: int, prefix: str) -> str:
        """Let it start a list of so many calls; its id."""
        self._write(f"bulk {count} {prefix}")
        return str(await self.answer())

    def press(self, presses: Iterable[str]) -> None:
        """Let persons press buttons, each `BUTTON:WATCH:USER`; each is answered by a line."""
        self._write(f"press {' '.join(presses)}")

    async def jump(self, seconds: int) -> None:
        """Set its clock forward or back."""
        self._write(f"jump {seconds}")
        assert "jumped" == await self.answer()

    async def end(self) -> int:
        """Let it end by itself; its exit code."""
        self._write("end")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.process.communicate()
        return self.process.returncode or 0

    async def kill(self) -> None:
        """Kill it at once (SIGKILL)."""
        self.process.kill()
        await self.process.wait()

    async def rest(self) -> list[Any]:
        """What else it said before it was killed."""
        assert self.process.stdout is not None
        said = (await self.process.stdout.read()).splitlines(keepends=True)
        return [json.loads(line) for line in said if line.endswith(b"\n")]

    async def answer(self) -> Any:
        """Its next line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            return json.loads(await self.process.stdout.readline())

    def _write(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())


@dataclass(kw_only=True)
class WatchStage:
    """Both outer worlds, and the processes between them."""

    database_url: str
    gateway_url: str
    slack: CountingSlack
    requests: list[SeenRequest]
    stack: AsyncExitStack
    settings: dict[str, Any] = field(default_factory=dict)

    async def process(self, **changes: Any) -> WatchProcess:
        """Start a process, and wait until it is up."""
        checkout = Path(__file__).parents[2]
        settings = {
            "database_url": self.database_url,
            "slack_api_url": self.slack.url,
            "gateway_url": self.gateway_url,
            "gateway_credential": "C" * 40,
            "gateway_token": "T0K3N5",
            "gateway_requests_per_second": 1000,
            "gateway_max_concurrency": 50,
            "watch_intervals_seconds": [0.3, 0.3, 1],
            "watch_max_per_channel": 100_000,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.watches.watch_process",
            stdin=PIPE,
            stdout=PIPE,
            env={
                **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                "PYTHONPATH": str(checkout),
                "TIMING": json.dumps(_TIMING),
                "SETTINGS": json.dumps(settings | self.settings | changes),
            },
            cwd=checkout,
        )
        self.stack.push_async_callback(_gone, process)
        one = WatchProcess(process=process)
        assert "up" == await one.answer()
        return one

    async def settled(self, *processes: WatchProcess) -> None:
        """Wait until no job is open, then end these processes: nothing more can come."""
        async with open_database(self.database_url) as database, asyncio.timeout(PATIENCE_SECONDS):
            for jobs in (Watches(database), Bulks(database)):
                while await jobs.latest(1, only_open=True):  # noqa: ASYNC110 - a table tells nobody
                    await asyncio.sleep(0.05)
        for process in processes:
            assert 0 == await process.end()


async def _gone(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


@asynccontextmanager
async def watch_stage(database_url: str, **settings: Any) -> AsyncIterator[WatchStage]:
    """A stage without processes; those that are started on it are gone at its end."""
    requests: list[SeenRequest] = []
    async with AsyncExitStack() as stack:
        gateway_url = await stack.enter_async_context(
            running_sandbox(port=0, middlewares=[recording(requests)])
        )
        slack = await stack.enter_async_context(counting_slack())
        inner = await stack.enter_async_context(AsyncExitStack())
        yield WatchStage(
            database_url=database_url,
            gateway_url=gateway_url,
            slack=slack,
            requests=requests,
            stack=inner,
            settings=settings,
        )
