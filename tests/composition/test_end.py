"""The process: its first line, its refusal to start, and its graceful end.

What is awaited at the end, and what is odd at the start, is played in modules of their own, without
a process.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import make_url

from bot import __version__
from bot.commands.run import run_until_stopped
from bot.fake_slack.slack_server import running_slack
from bot.settings.settings import Mode, Settings
from bot.slack.bulk.modals import LIST_BLOCK
from tests.composition.held_gateway import held_gateway
from tests.support.reading import heading, texts
from tests.support.rough_slack import Answer, RoughSlack, raw, rough_slack, silence
from tests.support.running_process import (
    PATIENCE_SECONDS,
    Running,
    environment,
    first_line,
    running,
    started,
)
from tests.support.scene import COMMAND, playing, settings_for
from tests.support.voicestatus_process import as_in_a_new_process
from tests.support.wording import ANSWERED, PT, say
from tests.watches.cut_line import cut_line

# What is promised of the end.
IN_TIME = timedelta(seconds=10)
NO_GATEWAY = "http://127.0.0.1:9/voice"
MEMORY = "sqlite:///:memory:"


@pytest.fixture(autouse=True)
def _folder(empty_folder: object) -> None:
    """A process leaves its database where it was started."""


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    """Exit code, and what it wrote to standard output and error since it was last read."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def logged(process: asyncio.subprocess.Process, event: str) -> list[dict[str, Any]]:
    """The lines of the log down to the first of this event."""
    assert process.stderr is not None
    lines: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not lines or lines[-1]["event"] != event:
            lines.append(json.loads(await process.stderr.readline()))
    return lines


@pytest.mark.both_modes
async def test_a_process_says_one_line_and_no_library_warns(mode: Mode) -> None:
    """Who, where, how and which version; SIGTERM ends the idle process with 0.

    Bolt finds the bot token in the environment, where it belongs, and has nothing to say.
    """
    async with running(mode, BOT_LOG_FORMAT="json") as bot:
        bot.process.terminate()
        code, more, err = await ended(bot.process)

    words = {Mode.HTTP: "HTTP mode", Mode.SOCKET: "Socket Mode"}[mode]
    begin, _, port = bot.first_line.rpartition(" ")
    assert (
        f"voicestatus {__version__}: connected as voicestatus in Loopback Support (T0LOOPBACK1),"
        f" {words}, gateway 127.0.0.1, port" == begin
    )
    assert port.strip().isdecimal()
    assert (0, "") == (code, more)
    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert ["stopping", "stopped"] == [event for event in events if event.startswith("stop")]
    assert [] == [event for event in events if "library" in event]


@pytest.mark.matrix
async def test_the_worst_end_is_in_time(mode: Mode) -> None:
    """Look-ups that never end, a person whose every way hangs, half a request.

    Whoever waits hears that the bot is being restarted, the one loss is logged, and Ctrl-C after
    SIGTERM hurries nothing.
    """
    told: list[str] = []

    async def hook(request: web.Request) -> web.StreamResponse:
        if request.query_string:
            return await silence(request)
        told.append(next(texts((await request.json())["blocks"])))
        return web.Response(text="ok")

    async with rough_slack() as slack, held_gateway() as gateway:
        slack.hook = hook
        slack.answers |= {"chat.postEphemeral": silence, "chat.postMessage": silence}
        variables = {
            "BOT_LOG_FORMAT": "json",
            "DATABASE_URL": MEMORY,
            "GATEWAY_TIMEOUT_SECONDS": "100",
        }
        async with started(environment(slack, gateway.url, mode, **variables)) as process:
            _, port = await first_line(process)
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /slack/events HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n\r\nhalf")
            hanging = f"{slack.url}/hook?hangs"
            await slack.type("help", mode, port, envelope="e-0", response_url=hanging)
            for number in (1, 2):
                await slack.type(f"SANDBOX-{number}", mode, port, envelope=f"e-{number}")
            await gateway.until_asked(2)
            process.terminate()
            began = await logged(process, "stopping")
            process.send_signal(signal.SIGINT)
            code, _, err = await ended(process)
            writer.close()

    # By the clock of the process: how long an interpreter takes to go is up to the machine.
    moments = (began[-1], json.loads(err.splitlines()[-1]))
    first, last = (datetime.fromisoformat(line["timestamp"]) for line in moments)
    assert (0, "stopped") == (code, moments[1]["event"])
    assert last - first < IN_TIME
    assert 2 == told.count(say("broken.title"))
    assert 1 == err.count("lost")
    assert ("Traceback" in err, "library" in err) == (False, False)


@pytest.mark.matrix
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_silent_database_delays_no_end(kind: str, request: pytest.FixtureRequest) -> None:
    """A file that another process holds, a server that answers no more; a list under way."""
    url: str = request.getfixturevalue(f"{'postgres' if kind == 'postgresql' else kind}_url")
    async with AsyncExitStack() as stack:
        line = None
        if kind == "postgresql":
            address = make_url(url)
            assert address.port is not None
            line = await stack.enter_async_context(cut_line(address.port))
            url = address.set(port=line.port).render_as_string(hide_password=False)
        variables = {"DATABASE_URL": url, "BOT_LOG_FORMAT": "json"}
        bot = await stack.enter_async_context(running(Mode.SOCKET, **variables))
        await begin_a_list(bot, 200)
        if line is None:
            holder = stack.enter_context(closing(sqlite3.connect(url.removeprefix("sqlite:///"))))
            holder.execute("BEGIN EXCLUSIVE")
        else:
            line.hold()
        await asyncio.sleep(2)
        began = time.monotonic()
        bot.process.terminate()
        code, _, err = await ended(bot.process)
        took = timedelta(seconds=time.monotonic() - began)

    assert (0, False) == (code, "Traceback" in err)
    assert took < IN_TIME


async def begin_a_list(bot: Running, count: int) -> None:
    """Paste so many calls, and confirm."""
    await bot.person.command(COMMAND, "bulk")
    await bot.slack.wait_for(lambda: bool(bot.slack.modals_of(bot.person.user)))
    text = "\n".join(f"SANDBOX-ok.{number}" for number in range(1, count + 1))
    for _ in range(2):
        form = bot.slack.modals_of(bot.person.user)[-1]
        await bot.person.submit(form, {LIST_BLOCK: text})


def test_whatever_hangs_the_process_ends() -> None:
    """The very last resort, with a line in the log."""
    program = (
        "import time; from bot.commands.run import end_at_last; end_at_last(0.1); time.sleep(60)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=50
    )
    assert (1, True) == (done.returncode, "the end took too long" in done.stdout + done.stderr)


async def test_ctrl_c_costs_nobody_an_answer() -> None:
    """Not even when an impatient operator presses it once more."""
    async with held_gateway() as gateway:
        variables = {"GATEWAY_URL": gateway.url, "DATABASE_URL": MEMORY, "BOT_LOG_FORMAT": "json"}
        async with running(Mode.SOCKET, **variables) as bot:
            await bot.person.command(COMMAND, "SANDBOX-OK")
            await gateway.until_asked()
            began = time.monotonic()
            bot.process.send_signal(signal.SIGINT)
            await logged(bot.process, "stopping")
            bot.process.send_signal(signal.SIGINT)
            gateway.may_answer.set()
            code, _, _ = await ended(bot.process)
            took = timedelta(seconds=time.monotonic() - began)

    assert [ANSWERED] == [heading(message) for message in bot.slack.messages]
    assert 0 == code
    assert took < IN_TIME


async def test_an_app_token_that_slack_refuses_ends_the_process_with_2() -> None:
    """In Socket Mode the app token is tried before anybody is told that the bot runs."""
    async with running_slack() as slack:
        changes = {"SLACK_APP_TOKEN": "xapp-wrong", "DATABASE_URL": MEMORY}
        async with started(environment(slack, NO_GATEWAY, Mode.SOCKET, **changes)) as process:
            code, out, err = await ended(process)

    assert (2, "") == (code, out)
    assert "invalid_auth" in err
    assert "Traceback" not in err
    assert "xapp-wrong" not in err


async def test_a_taken_port_ends_the_process_with_1(mode: Mode) -> None:
    """The message names the address and the settings that change it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        changes = {"BOT_PORT": port, "DATABASE_URL": MEMORY}
        async with (
            running_slack() as slack,
            started(environment(slack, NO_GATEWAY, mode, **changes)) as process,
        ):
            code, out, err = await ended(process)

    assert (1, "") == (code, out)
    assert f"Cannot listen on 127.0.0.1:{port}" in err
    assert "BOT_PORT" in err
    assert "Traceback" not in err


async def test_sigterm_during_the_start_ends_the_process_with_0(mode: Mode) -> None:
    """Nothing was begun, so there is nothing to wait for."""
    async with rough_slack() as slack:
        slack.answers["auth.test"] = silence
        variables = environment(slack, NO_GATEWAY, mode, DATABASE_URL=MEMORY)
        async with started(variables) as process:
            await slack.until(lambda: "auth.test" in slack.calls, PATIENCE_SECONDS)
            process.terminate()
            code, out, err = await ended(process)

    assert (0, "") == (code, out)
    assert "Traceback" not in err


@contextmanager
def signals_kept() -> Iterator[None]:
    """Whoever handles signals now does so again afterwards."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)


async def run_here(
    settings: Settings,
    stop_when: Awaitable[object] | None = None,
    number: signal.Signals = signal.SIGTERM,
) -> int:
    """The exit code of `run` inside this process, which gets the signal when something happened."""
    with as_in_a_new_process(), signals_kept():
        async with asyncio.timeout(PATIENCE_SECONDS):
            process = asyncio.create_task(run_until_stopped(settings))
            if stop_when is not None:
                await stop_when
                signal.raise_signal(number)
            return await process


async def test_a_variable_that_is_no_setting_is_in_the_log(
    mode: Mode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name, never by its value."""
    monkeypatch.setenv("BOT_LOGLEVEL", "C4NARY")
    async with rough_slack() as slack:
        slack.answers["auth.test"] = silence
        asked = slack.until(lambda: "auth.test" in slack.calls)
        await run_here(slack.settings(mode), asked)

    err = capsys.readouterr().err
    assert (True, False) == ("BOT_LOGLEVEL" in err, "C4NARY" in err)


LIMITED = b'{"ok": false, "error": "ratelimited"}'


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "answer", [silence, raw(LIMITED, status=429, Retry_After="4")], ids=["silent", "rate-limited"]
)
async def test_a_signal_during_the_start_ends_it(
    mode: Mode, answer: Answer, number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    """With 0, whatever is awaited and whichever signal it is."""
    async with rough_slack() as slack:
        slack.answers["auth.test"] = answer
        asked = slack.until(lambda: "auth.test" in slack.calls)
        code = await run_here(slack.settings(mode), asked, number)

    out, err = capsys.readouterr()
    assert (0, "", 1) == (code, out, slack.calls.count("auth.test"))
    assert "stopped before the start was done" in err


async def test_a_signal_while_web_sockets_are_refused_ends_the_start() -> None:
    """The second half of the start in Socket Mode."""
    async with rough_slack() as slack:
        slack.refused_dials = 1_000
        code = await run_here(slack.settings(), slack.until(lambda: bool(slack.dials)))

    assert 0 == code


@pytest.mark.both_modes
async def test_a_bot_token_that_slack_refuses_ends_the_start_with_2(
    mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message that names Slack's word and the settings; no traceback."""
    async with running_slack() as slack:
        slack.fail_next("auth.test", error="token_revoked")
        code = await run_here(settings_for(slack, NO_GATEWAY, mode))

    out, err = capsys.readouterr()
    assert (2, "") == (code, out)
    assert "token_revoked" in err
    assert "SLACK_BOT_TOKEN" in err
    # Only in Socket Mode there is a second token, and so something for the doctor to tell.
    assert (mode is Mode.SOCKET) == ("SLACK_APP_TOKEN" in err) == ("voicestatus doctor" in err)
    assert "Traceback" not in err


async def test_a_slack_that_is_out_of_reach_ends_the_start_with_1(
    mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message that names SLACK_API_URL; no traceback."""
    settings = RoughSlack(url="http://127.0.0.1:9").settings(mode)
    code = await run_here(settings)

    out, err = capsys.readouterr()
    assert (1, "") == (code, out)
    assert "SLACK_API_URL" in err
    assert "doctor" not in err
    assert "Traceback" not in err


async def test_a_rate_limit_of_minutes_ends_the_start_with_1(
    mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits ten minutes for a first line: what is wrong, and what to do."""
    async with rough_slack() as slack:
        slack.answers["auth.test"] = raw(LIMITED, status=429, Retry_After="600")
        code = await run_here(slack.settings(mode))

    out, err = capsys.readouterr()
    assert (1, "") == (code, out)
    assert "Slack cannot be reached" in err
    assert "ratelimited" in err


@pytest.mark.parametrize(
    "url",
    ["sqlite:////no/such/folder/bot.db", "postgresql://bot:C4NARY@127.0.0.1:9/voice"],
    ids=["file", "server"],
)
async def test_a_database_that_cannot_be_used_ends_the_start_with_1(
    mode: Mode, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names DATABASE_URL, says what is wrong, and repeats no password."""
    async with rough_slack() as slack:
        code = await run_here(slack.settings(mode, database_url=url))

    out, err = capsys.readouterr()
    assert (1, "") == (code, out)
    assert "DATABASE_URL" in err
    assert "[]" not in err
    assert "Traceback" not in err
    assert "C4NARY" not in err


async def test_a_choice_of_language_outlives_the_bot(mode: Mode, sqlite_url: str) -> None:
    """What was chosen stands in the database that the next one opens."""
    async with playing(mode, database_url=sqlite_url) as bot:
        await bot.answer("lang pt")
    async with playing(mode, database_url=sqlite_url) as bot:
        note = await bot.answer("help")

    assert say("help.title", PT) == heading(note)
