"""The end of the process while others dawdle: always in ten seconds, and no answer is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from urllib.parse import urlencode

import aiohttp
import pytest
from rough_slack import RoughSlack, rough_slack, silence
from test_robust_start import started

from bot.demo.loopback.delivery import FORM, sign
from bot.settings import Mode

pytestmark = pytest.mark.slow


async def port_of(process: asyncio.subprocess.Process) -> int:
    """The port that the first line names."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        line = (await process.stdout.readline()).decode()
    return int(line.rpartition("port ")[2])


async def ended(process: asyncio.subprocess.Process) -> tuple[float, str]:
    """Send SIGTERM: the seconds until the end, and what was logged."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(60):
        _, err = await process.communicate()
    return time.monotonic() - began, err.decode()


async def ask(slack: RoughSlack, mode: Mode, port: int, text: str) -> None:
    """Type a command."""
    payload = {
        "command": "/voicestatus",
        "text": text,
        "user_id": "U1",
        "channel_id": "C1",
        "team_id": "T0ROUGH0001",
        "trigger_id": "1.2.a",
        "response_url": f"{slack.url}/hook",
    }
    if mode is Mode.SOCKET:
        message = {"type": "slash_commands", "envelope_id": "e-1", "payload": payload}
        await slack.open_sockets[0].send_str(json.dumps(message))
        return
    body = urlencode(payload).encode()
    headers = sign("rough-signing-secret", int(time.time()), body) | {"Content-Type": FORM}
    url = f"http://127.0.0.1:{port}/slack/events"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers):
        pass


async def test_a_half_sent_request_does_not_delay_the_end() -> None:
    """It gets a second, and nobody else has to wait for it."""
    async with rough_slack() as slack, started(slack, Mode.HTTP) as process:
        port = await port_of(process)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: b\r\nContent-Length: 99\r\n\r\nhalf")
        await writer.drain()
        await asyncio.sleep(0.3)
        seconds, err = await ended(process)
        writer.close()

    assert (0, True) == (process.returncode, seconds < 4)
    assert "error" not in err


async def test_a_hanging_response_url_at_the_end_still_gives_way(mode: Mode) -> None:
    """The answer leaves by the next way before the process ends."""
    async with rough_slack() as slack, started(slack, mode) as process:
        port = await port_of(process)
        slack.hook = silence
        await ask(slack, mode, port, "help")
        await slack.until(lambda: "response_url" in slack.calls)
        seconds, _ = await ended(process)

    assert (0, True) == (process.returncode, seconds < 10)
    assert "chat.postEphemeral" == slack.calls[-1]


async def test_when_every_way_hangs_the_end_is_in_time_and_the_loss_is_logged(mode: Mode) -> None:
    """Ten seconds are the limit whatever Slack does; one line says what it cost."""
    async with rough_slack() as slack, started(slack, mode) as process:
        port = await port_of(process)
        slack.hook = silence
        slack.answers |= {"chat.postEphemeral": silence, "chat.postMessage": silence}
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: b\r\nContent-Length: 99\r\n\r\nhalf")
        await ask(slack, mode, port, "help")
        await slack.until(lambda: "response_url" in slack.calls)
        seconds, err = await ended(process)
        writer.close()

    assert (0, True) == (process.returncode, seconds < 10)
    assert 1 == err.count("lost")


async def test_a_web_socket_that_never_answers_does_not_delay_the_end() -> None:
    """Closing the connection is not waited for."""
    async with rough_slack() as slack:

        async def stay(_: RoughSlack, socket: object) -> None:  # noqa: ARG001 - never read again
            await asyncio.sleep(3_600)

        slack.socket = stay
        async with started(slack, Mode.SOCKET) as process:
            await port_of(process)
            seconds, _ = await ended(process)

    assert (0, True) == (process.returncode, seconds < 4)
