"""Connections are made once: a look-up in steady state opens none, to neither side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.composition.bootstrap import running_bot
from bot.fake_slack.slack_server import running_slack
from bot.gateway.sandbox.server import running_sandbox
from bot.settings.settings import Mode
from tests.support.reading import heading
from tests.support.scene import UNHURRIED, person_of, playing, settings_for

LOOK_UPS: Final = 20


@dataclass(kw_only=True)
class CountingProxy:
    """Passes bytes to the sandbox and counts the connections that it accepts."""

    url: str
    accepted: int = 0


@asynccontextmanager
async def counting(gateway: str) -> AsyncIterator[CountingProxy]:
    """A raw proxy before the gateway at this address."""
    target = urlsplit(gateway)
    proxy = CountingProxy(url="")
    pumps: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        proxy.accepted += 1
        inner_reader, inner_writer = await asyncio.open_connection(target.hostname, target.port)
        async with asyncio.TaskGroup() as group:
            pumps.add(group.create_task(pump(reader, inner_writer)))
            pumps.add(group.create_task(pump(inner_reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    proxy.url = f"http://{host}:{port}{target.path}"
    try:
        yield proxy
    finally:
        server.close()


async def test_a_look_up_in_steady_state_opens_no_connection(mode: Mode) -> None:
    """Twenty look-ups of ids that were never asked for use the connections of the first."""
    async with (
        running_slack() as slack,
        running_sandbox(port=0) as gateway,
        counting(gateway) as proxy,
        running_bot(settings_for(slack, proxy.url, mode), timing=UNHURRIED) as running,
        person_of(slack, running) as person,
    ):
        await person.command("/voicestatus", "SANDBOX-failed.400")
        await slack.wait_for_message()
        before = (slack.connections, proxy.accepted)
        for number in range(LOOK_UPS):
            await person.command("/voicestatus", f"SANDBOX-failed.{401 + number}")
            await slack.wait_for_message(number + 2)
        after = (slack.connections, proxy.accepted)

    assert before == after
    assert 1 == proxy.accepted


async def test_fifty_first_commands_at_once_make_one_auth_test(mode: Mode) -> None:
    """Who the bot is was asked at the start; no request asks again."""
    async with playing(mode) as bot:
        await asyncio.gather(*(bot.type(f"SANDBOX-failed.{400 + n}") for n in range(50)))
        await bot.settled(50)

        assert ["auth.test"] == [c.method for c in bot.slack.calls if c.method == "auth.test"]
        assert {True} == {heading(message)[0] in "❌⚠" for message in bot.slack.messages}


async def test_socket_mode_asks_for_one_address() -> None:
    """One socket, opened once, carries every command."""
    async with playing(Mode.SOCKET) as bot:
        for _ in range(5):
            await bot.answer("SANDBOX-OK")

        assert 1 == bot.slack.socket.accepted
        assert ["auth.test", "apps.connections.open"] == [c.method for c in bot.slack.calls]
