from __future__ import annotations

import asyncio
import re
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from voicestatus_process import Voicestatus, ended, gateway_settings

from bot.gateway.sandbox import SCRIPTED

pytestmark = pytest.mark.slow


@pytest.fixture
def voicestatus(tmp_path: Path) -> Voicestatus:
    """The command line without any setting."""
    return Voicestatus(directory=tmp_path)


@asynccontextmanager
async def serving(voicestatus: Voicestatus, *options: str) -> AsyncIterator[tuple[Process, str]]:
    """`voicestatus sandbox` once it serves, and the address that it prints."""
    process = await voicestatus.start("sandbox", *options)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
        found = re.search(rb"http://\S+", line)
        assert found is not None
        yield process, found[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_list_names_every_scripted_id(voicestatus: Voicestatus) -> None:
    """--list shows each id that the sandbox knows and stops."""
    result = await voicestatus.run("sandbox", "--list")
    listed = [line.split()[0] for line in result.out.splitlines() if line.startswith("SANDBOX-")]
    assert (0, list(SCRIPTED)) == (result.code, listed)


async def test_list_says_what_each_id_does(voicestatus: Voicestatus) -> None:
    """Beside an id stands its sentence."""
    result = await voicestatus.run("sandbox", "--list")
    line = next(line for line in result.out.splitlines() if line.startswith("SANDBOX-BUSY "))
    assert SCRIPTED["SANDBOX-BUSY"] == line.split(maxsplit=1)[1].strip()


async def test_port_0_takes_a_free_one(voicestatus: Voicestatus) -> None:
    """The address that is printed is served, and its description too."""
    async with (
        serving(voicestatus, "--port", "0") as (_, url),
        aiohttp.ClientSession() as session,
        session.get(f"{url}?wsdl") as response,
    ):
        assert (200, True) == (response.status, "MPG_Status_Voice" in await response.text())


async def test_lookup_asks_it(voicestatus: Voicestatus) -> None:
    """The address serves `voicestatus lookup` as it is printed."""
    async with serving(voicestatus, "--port", "0") as (_, url):
        asking = voicestatus.having(**gateway_settings(url))
        result = await asking.run("lookup", "SANDBOX-BUSY", "--json")
        assert (0, "failed:486") == (result.code, result.records[0]["raw"])


async def test_taken_port_is_said(voicestatus: Voicestatus) -> None:
    """A port that is taken ends in exit code 1 with the address and a way out."""
    async with serving(voicestatus, "--port", "0") as (_, url):
        port = url.split(":")[2].split("/")[0]
        result = await voicestatus.run("sandbox", "--port", port)
        assert (1, "") == (result.code, result.out)
        assert f"127.0.0.1:{port}" in result.err
        assert "--port 0" in result.err
        assert "Traceback" not in result.err


async def test_host_that_is_not_ours_is_said(voicestatus: Voicestatus) -> None:
    """An address of another machine is exit code 1, without a traceback."""
    result = await voicestatus.run("sandbox", "--host", "192.0.2.1", "--port", "0")
    assert (1, "") == (result.code, result.out)
    assert result.err.startswith("Cannot listen on 192.0.2.1:0")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_signal_ends_it(voicestatus: Voicestatus, number: signal.Signals) -> None:
    """A signal is the normal end: exit code 0, nothing on standard error."""
    async with serving(voicestatus, "--port", "0") as (process, _):
        process.send_signal(number)
        result = await ended(process)
    assert (0, "") == (result.code, result.err)
