"""The process: its first line, its refusal to start, and its graceful end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from scene import CREDENTIAL, TOKEN, heading

from bot import __version__
from bot.demo.person import Person, person_over_http, person_over_socket
from bot.demo.slack_server import LoopbackSlack, running_slack
from bot.gateway.sandbox import running_sandbox
from bot.settings import Mode

CHECKOUT: Final = Path(__file__).parents[1]
PATIENCE_SECONDS: Final = 60
PASSED_ON: Final = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")

pytestmark = pytest.mark.slow


@dataclass(kw_only=True)
class Running:
    """A started process; `first_line` is what it said when it was ready."""

    process: asyncio.subprocess.Process
    slack: LoopbackSlack
    person: Person
    first_line: str

    async def end(self) -> tuple[int, float, str]:
        """Send SIGTERM; exit code, the seconds that it took, and all that was logged."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, err = await self.process.communicate()
        return self.process.returncode or 0, time.monotonic() - started, err.decode()


def environment(slack: LoopbackSlack, gateway: str, mode: Mode, **changes: str) -> dict[str, str]:
    """All settings that `run` needs, and what the interpreter and its measuring need."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **kept,
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


async def start(environment: dict[str, str]) -> asyncio.subprocess.Process:
    """`python -m bot run` with exactly these variables."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-m", "bot", "run"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(mode: Mode, **changes: str) -> AsyncIterator[Running]:
    """A process that has said its first line, and a person who can type to it."""
    async with running_slack() as slack, running_sandbox(port=0) as gateway:
        process = await start(environment(slack, gateway, mode, **changes))
        try:
            assert process.stdout is not None
            async with asyncio.timeout(PATIENCE_SECONDS):
                line = (await process.stdout.readline()).decode()
            port = line.rpartition("port ")[2].strip()
            url = f"http://127.0.0.1:{port}/slack/events"
            async with person_over_http(slack, url) as over_http:
                person = over_http if mode is Mode.HTTP else person_over_socket(slack)
                yield Running(process=process, slack=slack, person=person, first_line=line)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def refused(environment: dict[str, str]) -> tuple[int, str, str]:
    """A start that fails: exit code, standard output and error."""
    process = await start(environment)
    async with asyncio.timeout(PATIENCE_SECONDS):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_first_line_says_who_where_how_and_which_version(mode: Mode) -> None:
    """One line of standard output, and SIGTERM ends the idle process with 0."""
    async with running(mode) as bot:
        code, _, _ = await bot.end()

    words = {Mode.HTTP: "HTTP mode", Mode.SOCKET: "Socket Mode"}[mode]
    begin, _, port = bot.first_line.rpartition(" ")
    assert (
        f"voicestatus {__version__}: connected as voicestatus in Loopback Support (T0LOOPBACK1),"
        f" {words}, gateway 127.0.0.1, port" == begin
    )
    assert port.strip().isdecimal()
    assert 0 == code


async def test_no_library_warns_at_the_start(mode: Mode) -> None:
    """Bolt finds the bot token in the environment, where it belongs, and has nothing to say."""
    async with running(mode, BOT_LOG_FORMAT="json") as bot:
        _, _, err = await bot.end()

    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert ["stopping", "stopped"] == events[-2:]
    assert [] == [event for event in events if "library" in event]


async def test_the_first_answer_goes_before_the_engine() -> None:
    """Who asks at once does not wait for the engine of watches to be imported and started."""
    async with running(Mode.HTTP, BOT_LOG_FORMAT="json") as bot:
        await bot.person.command("/voicestatus", "SANDBOX-OK")
        await bot.slack.wait_for_message(1, PATIENCE_SECONDS)
        events = [await next_event(bot.process)]
        while events[-1] != "the engine is up":
            events.append(await next_event(bot.process))
        code, _, err = await bot.end()

    assert "looked up" in events
    assert (0, False) == (code, "library" in err)


async def next_event(process: asyncio.subprocess.Process) -> str:
    """The event of the next line of the log."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        event: str = json.loads(await process.stderr.readline())["event"]
    return event


async def test_a_look_up_that_runs_at_sigterm_still_gets_its_card(mode: Mode) -> None:
    """The process waits for the gateway, answers, and exits with 0 in time."""
    async with running(mode) as bot:
        await bot.person.command("/voicestatus", "SANDBOX-SLOW-2")
        code, seconds, err = await bot.end()

        assert ["✅ The call was answered and the message played: 85 seconds."] == [
            heading(message) for message in bot.slack.messages
        ]
    assert 0 == code
    assert seconds < 10
    assert "Traceback" not in err


async def test_a_look_up_that_takes_too_long_gets_an_apology(mode: Mode) -> None:
    """Within the grace time the person is told that the bot is being restarted."""
    async with running(mode, GATEWAY_TIMEOUT_SECONDS="100") as bot:
        await bot.person.command("/voicestatus", "SANDBOX-SLOW-60")
        code, seconds, err = await bot.end()

        assert ["Something went wrong in this bot"] == [
            heading(message) for message in bot.slack.messages
        ]
    assert 0 == code
    assert seconds < 10
    assert "Traceback" not in err


async def test_a_second_sigterm_changes_nothing(mode: Mode) -> None:
    """An impatient operator does not cost anybody an answer."""
    async with running(mode) as bot:
        await bot.person.command("/voicestatus", "SANDBOX-SLOW-1")
        bot.process.send_signal(signal.SIGTERM)
        code, _, _ = await bot.end()

        assert heading(bot.slack.messages[0]).startswith("✅")
    assert 0 == code


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_a_token_that_slack_refuses_ends_the_start_with_2(mode: Mode, error: str) -> None:
    """One message that names Slack's word and the settings; no traceback."""
    async with running_slack() as slack, running_sandbox(port=0) as gateway:
        slack.fail_next("auth.test", error=error)
        code, out, err = await refused(environment(slack, gateway, mode))

    assert (2, "") == (code, out)
    assert error in err
    assert "SLACK_BOT_TOKEN" in err
    # Only in Socket Mode there is a second token, and so something for the doctor to tell.
    assert (mode is Mode.SOCKET) == ("SLACK_APP_TOKEN" in err) == ("voicestatus doctor" in err)
    assert "Traceback" not in err


async def test_an_app_token_that_slack_refuses_ends_the_start_with_2() -> None:
    """In Socket Mode the app token is tried before anybody is told that the bot runs."""
    async with running_slack() as slack, running_sandbox(port=0) as gateway:
        changes = {"SLACK_APP_TOKEN": "xapp-wrong"}
        code, out, err = await refused(environment(slack, gateway, Mode.SOCKET, **changes))

    assert (2, "") == (code, out)
    assert "invalid_auth" in err
    assert "Traceback" not in err
    assert "xapp-wrong" not in err


async def test_a_slack_that_is_out_of_reach_ends_the_start_with_1(mode: Mode) -> None:
    """One message that names SLACK_API_URL; no traceback."""
    async with running_slack() as slack, running_sandbox(port=0) as gateway:
        changes = {"SLACK_API_URL": "http://127.0.0.1:9/api/"}
        code, out, err = await refused(environment(slack, gateway, mode, **changes))

    assert (1, "") == (code, out)
    assert "SLACK_API_URL" in err
    assert "doctor" not in err
    assert "Traceback" not in err


async def test_a_taken_port_ends_the_start_with_1(mode: Mode) -> None:
    """The message names the address and the settings that change it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with running_slack() as slack, running_sandbox(port=0) as gateway:
            code, out, err = await refused(environment(slack, gateway, mode, BOT_PORT=port))

    assert (1, "") == (code, out)
    assert f"Cannot listen on 127.0.0.1:{port}" in err
    assert "BOT_PORT" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "url",
    ["sqlite:////no/such/folder/bot.db", "postgresql://bot:C4NARY@127.0.0.1:9/voice"],
    ids=["file", "server"],
)
async def test_a_database_that_cannot_be_used_ends_the_start_with_1(mode: Mode, url: str) -> None:
    """The message names DATABASE_URL, says what is wrong, and repeats no password."""
    async with running_slack() as slack, running_sandbox(port=0) as gateway:
        code, out, err = await refused(environment(slack, gateway, mode, DATABASE_URL=url))

    assert (1, "") == (code, out)
    assert "Check DATABASE_URL." in err
    assert "Traceback" not in err
    assert "C4NARY" not in err


async def test_a_choice_of_language_outlives_the_process(mode: Mode) -> None:
    """What was chosen stands in the database that the next process opens."""
    async with running(mode) as bot:
        await bot.person.command("/voicestatus", "lang pt")
        await bot.slack.wait_for_message()
        await bot.end()
    async with running(mode) as bot:
        await bot.person.command("/voicestatus", "help")
        note = await bot.slack.wait_for_message()
        await bot.end()

    assert "O que aconteceu com a chamada?" == heading(note)
