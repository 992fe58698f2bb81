"""`voicestatus` as a process of its own, in an environment that holds what a test sets only."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bot

CREDENTIAL = "C4NARY" + "0" * 34
TOKEN = "T0KEN1"
PATIENCE_SECONDS = 60.0

# What a process needs of ours to start at all, to find this checkout, and to be measured.
_PASSED_ON = ("PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A process that has ended."""

    code: int | None
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its standard output as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicestatus:
    """Starts processes in a directory, with settings."""

    directory: Path
    settings: dict[str, str] = field(default_factory=dict)

    def having(self, **settings: str) -> Voicestatus:
        """The same with further settings."""
        return Voicestatus(directory=self.directory, settings={**self.settings, **settings})

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of the process."""
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        checkout = str(Path(bot.__file__).parents[1])
        return {"LANG": "C.UTF-8", **passed_on, "PYTHONPATH": checkout, **self.settings}

    async def start(
        self, *arguments: str, out: int = PIPE, take: int = DEVNULL, err: int = PIPE
    ) -> Process:
        """Start one and let it run."""
        return await self._start("-m", "bot", *arguments, out=out, take=take, err=err)

    async def run(self, *arguments: str, given: bytes | None = None) -> Ended:
        """Start one, with this on its standard input, and wait for its end."""
        take = DEVNULL if given is None else PIPE
        return await ended(await self.start(*arguments, take=take), given)

    async def run_python(self, program: str) -> Ended:
        """Run a program of a few lines in the same environment."""
        return await ended(await self._start("-c", program, out=PIPE))

    async def _start(
        self, *arguments: str, out: int, take: int = DEVNULL, err: int = PIPE
    ) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=take,
            stdout=out,
            stderr=err,
            cwd=self.directory,
            env=self.environment,
        )


async def ended(process: Process, given: bytes | None = None) -> Ended:
    """What a process has said when it has ended; it is killed if it does not end."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            out, err = await process.communicate(given)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Ended(code=process.returncode, out=(out or b"").decode(), err=(err or b"").decode())


def gateway_settings(url: str) -> dict[str, str]:
    """The settings with which a look-up asks the gateway at this address."""
    return {"GATEWAY_URL": url, "GATEWAY_CREDENTIAL": CREDENTIAL, "GATEWAY_TOKEN": TOKEN}
