"""`voicestatus run` as a process beside a loopback Slack and the sandbox gateway."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.fake_slack.people.person import Person, person_over_http, person_over_socket
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.gateway.sandbox.server import running_sandbox
from bot.settings.settings import Mode
from tests.support.rough_slack import RoughSlack
from tests.support.scene import CREDENTIAL, TOKEN

CHECKOUT: Final = Path(__file__).parents[2]
PATIENCE_SECONDS: Final = 60
PASSED_ON: Final = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


@dataclass(kw_only=True)
class Running:
    """A running process; it printed `first_line` when it was ready."""

    process: asyncio.subprocess.Process
    slack: LoopbackSlack
    person: Person
    first_line: str


def environment(
    slack: LoopbackSlack | RoughSlack, gateway: str, mode: Mode, **changes: str
) -> dict[str, str]:
    """All settings for `run`, and the variables for the interpreter and coverage."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **passed,
        "PYTHONPATH": str(CHECKOUT),
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "BOT_MODE": mode.value,
        "BOT_PORT": "0",
        "GATEWAY_URL": gateway,
        "GATEWAY_CREDENTIAL": CREDENTIAL,
        "GATEWAY_TOKEN": TOKEN,
        **changes,
    }


@asynccontextmanager
async def started(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m bot run` with exactly these variables; killed at the end if still running."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-m", "bot", "run"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def first_line(process: asyncio.subprocess.Process) -> tuple[str, int]:
    """The line that it prints when ready, and the port in it."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        line = (await process.stdout.readline()).decode()
    return line, int(line.rpartition("port ")[2])


@asynccontextmanager
async def running(mode: Mode, **changes: str) -> AsyncIterator[Running]:
    """A ready process, and a user connected to it."""
    async with (
        running_slack() as slack,
        running_sandbox(port=0) as gateway,
        started(environment(slack, gateway, mode, **changes)) as process,
    ):
        line, port = await first_line(process)
        async with person_over_http(slack, f"http://127.0.0.1:{port}/slack/events") as over_http:
            person = over_http if mode is Mode.HTTP else person_over_socket(slack)
            yield Running(process=process, slack=slack, person=person, first_line=line)
