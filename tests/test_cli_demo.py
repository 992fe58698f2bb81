"""`voicestatus demo`: the page until it is stopped, or the tour in the terminal."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from asyncio.subprocess import Process
from pathlib import Path

import aiohttp
import pytest
from voicestatus_process import PATIENCE_SECONDS, Voicestatus, ended

from bot.demo.playground.serving import has_a_browser

pytestmark = pytest.mark.slow
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


async def address_of(process: Process) -> str:
    """The address that a process prints first."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        line = (await process.stdout.readline()).decode()
    found = ADDRESS.search(line)
    assert found, line
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_page_is_served_without_a_terminal_until_it_is_stopped(
    tmp_path: Path, number: signal.Signals
) -> None:
    """An open stream does not keep it; the end is clean, with exit code 0."""
    process = await Voicestatus(directory=tmp_path).start("demo", "--port", "0")
    url = await address_of(process)
    async with aiohttp.ClientSession() as session:
        assert "voicestatus playground" in await (await session.get(url)).text()
        stream = await session.get(f"{url}stream?as=U0ANA000001")
        await stream.content.readline()
        process.send_signal(number)
        end = await ended(process)
        stream.close()

    assert (0, "") == (end.code, end.err)
    assert "Stop with Ctrl-C" in end.out


async def test_a_taken_port_is_named_and_nothing_is_left_running(tmp_path: Path) -> None:
    """The port was asked for, so no other one is taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        end = await Voicestatus(directory=tmp_path).run("demo", "--port", port)

    assert 1 == end.code
    assert f"Cannot listen on 127.0.0.1:{port}" in end.err


async def test_the_language_of_the_bot_is_the_language_of_the_page(tmp_path: Path) -> None:
    """The first agent is the one who speaks it; so are the words in the terminal."""
    process = await Voicestatus(directory=tmp_path).start("demo", "--port=0", "--language=pt-BR")
    url = await address_of(process)
    async with aiohttp.ClientSession() as session:
        start = await (await session.get(f"{url}start")).json()
    process.terminate()
    end = await ended(process)

    first = next(one for one in start["agents"] if one["id"] == start["first"])
    assert "pt-BR" == first["language"]
    assert "Pare com Ctrl-C" in end.out


async def test_the_tour_in_the_terminal_stays(tmp_path: Path) -> None:
    """With no terminal on standard input it plays and ends."""
    end = await Voicestatus(directory=tmp_path).run("demo", "--terminal")

    assert (0, "") == (end.code, end.err)
    assert "The call did not go through: the line was busy." in end.out
    assert "A chamada" in end.out


@pytest.mark.parametrize(
    ("environment", "platform", "screen"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_a_browser_is_opened_where_there_is_a_screen(
    environment: dict[str, str], platform: str, *, screen: bool
) -> None:
    """Elsewhere the address is said, and that is all."""
    assert screen is has_a_browser(environment, platform)
