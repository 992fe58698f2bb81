"""The limits on connections over real sockets, with small caps and short deadlines."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.web.eviction import MOST_CONNECTIONS
from bot.web.server import own_connection_limit
from tests.web.clients import GET, HALF, PATIENCE, STEADY, running_server

SHORT = 0.05
HELD = b"GET /held HTTP/1.1\r\nHost: bot\r\n\r\n"


def post(length: int, sent: int) -> bytes:
    """A request that announces a body of this length, with a part of it."""
    head = f"POST / HTTP/1.1\r\nHost: bot\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + b"x" * sent


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", HALF, b"\r\n\r\n", GET[:-2] + b"X-A: b\r\nX-B: c\r\n"],
    ids=["nothing", "a letter", "half a line", "blank lines", "no end"],
)
async def test_a_head_has_a_deadline(sent: bytes, log: io.StringIO) -> None:
    """The connection is closed without a log entry."""
    async with running_server(replace(STEADY, head=SHORT)) as server:
        client = await server.client(sent)

        assert b"" == await client.rest()
    assert "bot.web" not in log.getvalue()


async def test_more_of_a_head_does_not_extend_its_deadline() -> None:
    """A byte now and then does not extend it."""
    async with running_server(replace(STEADY, head=0.2)) as server:
        client = await server.client(HALF)
        ended = asyncio.create_task(client.rest())
        while not ended.done():
            client.writer.write(b"x")
            await asyncio.sleep(0.01)

        assert b"" == ended.result()


async def test_the_head_of_a_second_request_has_a_deadline_too() -> None:
    """It starts with the first byte, however long a connection may be idle."""
    async with running_server(replace(STEADY, head=SHORT)) as server:
        client = await server.client()
        assert 200 == await client.ask()
        await client.send(HALF)

        assert b"" == await client.rest()


@pytest.mark.parametrize("sent", [GET, HELD], ids=["a stranger's", "Slack's"])
async def test_an_idle_connection_has_its_own_deadline(sent: bytes) -> None:
    """The idle time applies, not the deadline of a head."""
    async with running_server(replace(STEADY, head=SHORT, idle=4 * SHORT)) as server:
        server.may_answer.set()
        client = await server.client(sent)
        assert 200 == await client.status()
        began = asyncio.get_running_loop().time()

        assert b"" == await client.rest()
        assert asyncio.get_running_loop().time() - began > 2 * SHORT


async def test_a_body_without_a_handler_timeout_has_a_deadline() -> None:
    """This handler has no time limit of its own."""
    async with running_server(replace(STEADY, body=SHORT, linger=SHORT)) as server:
        client = await server.client(post(100, 10))

        assert b"" == await client.rest()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_complete_request_has_no_deadline(method: str) -> None:
    """The deadlines are for clients, not for handlers."""
    timing = replace(STEADY, head=SHORT, body=SHORT, idle=SHORT, linger=SHORT)
    async with running_server(timing) as server:
        head = f"{method} /thought HTTP/1.1\r\nHost: bot\r\nContent-Length: 3\r\n\r\n"
        client = await server.client(head.encode())
        await client.send(b"abc")
        await server.begun.get()
        await asyncio.sleep(4 * SHORT)
        server.may_answer.set()

        assert 200 == await client.status()


async def test_a_client_that_reads_no_answer_is_closed() -> None:
    """The rest of the answer is dropped and its memory freed."""
    async with running_server(replace(STEADY, idle=SHORT)) as server:
        await server.client(b"GET /poured HTTP/1.1\r\nHost: bot\r\n\r\n")
        poured = await server.poured.get()

        async with asyncio.timeout(PATIENCE):
            while poured.connected:  # noqa: ASYNC110 - asks what other tasks change
                await asyncio.sleep(0.01)


async def test_a_half_open_connection_is_closed_for_a_request() -> None:
    """It is closed before one that is idle after its answer."""
    async with running_server(most=2) as server:
        idle = await server.client()
        assert 200 == await idle.ask()
        half = await server.client(HALF)
        third = await server.client()

        assert 200 == await third.ask()
        assert b"" == await half.rest()
        assert 200 == await idle.ask()


async def test_after_many_more_connections_than_allowed_the_last_is_answered() -> None:
    """All of them stay connected, and are closed one by one for new ones."""
    async with running_server(replace(STEADY, newcomer=1.0), most=5) as server:
        halves = [await server.client(HALF) for _ in range(50)]
        last = await server.client()

        assert 200 == await last.ask()
        assert [b""] * 45 == [await half.rest() for half in halves[:45]]


async def test_a_signed_request_is_never_closed_for_others() -> None:
    """With only such connections the new one is refused; afterwards there is room."""
    async with running_server(most=2) as server:
        asking = [await server.client(HELD) for _ in range(2)]
        for _ in asking:
            await server.begun.get()
        refused = await server.client()
        assert b"" == await refused.rest()
        server.may_answer.set()

        assert [200, 200] == [await one.status() for one in asking]
        assert 200 == await (await server.client()).ask()


async def test_slacks_connection_stays_open_between_two_requests() -> None:
    """Later unsigned connections are closed first."""
    async with running_server(most=2) as server:
        server.may_answer.set()
        known = await server.client(HELD)
        assert 200 == await known.status()
        for _ in range(3):
            assert 200 == await (await server.client()).ask()

        assert 200 == await known.ask()


async def test_unfinished_bodies_share_one_limit() -> None:
    """The heaviest is closed; small requests are answered."""
    async with running_server(bodies=100_000) as server:
        small = await server.client(post(20_001, 20_000))
        heavy = await server.client(post(70_001, 70_000))
        other = await server.client(post(40_001, 40_000))

        assert b"" == await heavy.rest()
        for one in (small, other):
            await one.send(b"x")
        assert [200, 200] == [await one.status() for one in (small, other)]


async def test_an_answered_body_no_longer_counts() -> None:
    """Each request of a connection is counted by itself."""
    async with running_server(bodies=100_000) as server:
        client = await server.client()
        for _ in range(4):
            await client.send(post(60_000, 60_000))
            assert 200 == await client.status()


async def test_a_head_without_an_end_is_cut(log: io.StringIO) -> None:
    """Each line is short enough for aiohttp; all together exceed our limit."""
    lines = b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(20))
    async with running_server() as server:
        client = await server.client(GET[:-2] + lines)

        assert b"" == await client.rest()
    assert 1 == log.getvalue().count("head too large")


NO_HTTP = {
    "TLS": bytes.fromhex("16030102000100") + bytes(range(200)),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "noise": bytes(range(256)),
    "a second one": GET + b"CANARY / \r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
}


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=NO_HTTP)
async def test_malformed_http_is_refused_quietly(sent: bytes, log: io.StringIO) -> None:
    """400 without a quote, then the connection is closed, and no error is logged."""
    async with running_server() as server:
        client = await server.client(sent)
        answer = await client.rest()

    last = answer.rpartition(b"HTTP/1.")[2]
    assert (b"400", b'{"error": "form"}') == (last[2:5], last[-17:])
    assert b"CANARY" not in answer
    assert b"\r\nServer: voicestatus\r\n" in last
    assert '"level": "error"' not in log.getvalue()


async def test_no_answer_names_the_versions_of_what_serves_it() -> None:
    """Neither of Python nor of aiohttp, whatever the status."""
    async with running_server() as server:
        last = GET[:-2].replace(b"/", b"/nowhere", 1) + b"Connection: close\r\n\r\n"
        answer = await (await server.client(GET + last)).rest()

    assert 2 == answer.count(b"\r\nServer: voicestatus\r\n")
    assert 0 == answer.count(b"aiohttp")


async def test_data_after_an_early_answer_is_not_read(log: io.StringIO) -> None:
    """The answer is sent, and the connection is closed normally."""
    async with running_server() as server:
        client = await server.client(b"GET / HTTP/1.1\r\nHost: b\r\nContent-Length: 50000\r\n\r\nx")
        assert 200 == await client.status()
        await client.send(b"x" * 49_999 + GET)

        assert b"" == await client.rest()
    assert "bot.web" not in log.getvalue()


@contextmanager
def descriptors(most: int) -> Iterator[None]:
    """Limit the process to this many file descriptors while the block runs."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def next_descriptor() -> int:
    """The number that the next descriptor would get."""
    number = os.dup(0)
    os.close(number)
    return number


def test_how_many_may_connect_follows_the_limit_of_the_process() -> None:
    """A low RLIMIT_NOFILE means fewer connections."""
    with descriptors(300):
        low = own_connection_limit()
        shared = own_connection_limit(servers=2)
    with descriptors(3000):
        high = own_connection_limit()

    assert (150, 75, MOST_CONNECTIONS) == (low, shared, high)


async def test_without_descriptors_accepting_pauses_and_resumes(log: io.StringIO) -> None:
    """Waiting connections are served afterwards, and the log names what was missing."""
    loop = asyncio.get_running_loop()
    async with running_server(replace(STEADY, accept_again=0.2)) as server:
        with socket.socket() as wire:
            wire.setblocking(False)
            with descriptors(next_descriptor()):
                await loop.sock_connect(wire, ("127.0.0.1", server.port))
                async with asyncio.timeout(PATIENCE):
                    while "can be accepted" not in log.getvalue():  # noqa: ASYNC110 - the same
                        await asyncio.sleep(0.01)
                await asyncio.sleep(SHORT)
            await loop.sock_sendall(wire, GET)
            async with asyncio.timeout(PATIENCE):
                answer = await loop.sock_recv(wire, 100)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert 1 == log.getvalue().count("can be accepted")


async def test_a_paused_port_can_be_closed(log: io.StringIO) -> None:
    """It does not resume afterwards."""
    loop = asyncio.get_running_loop()
    with socket.socket() as wire:
        wire.setblocking(False)
        async with running_server(replace(STEADY, accept_again=SHORT)) as server:
            with descriptors(next_descriptor()):
                await loop.sock_connect(wire, ("127.0.0.1", server.port))
                async with asyncio.timeout(PATIENCE):
                    while "can be accepted" not in log.getvalue():  # noqa: ASYNC110 - the same
                        await asyncio.sleep(0.005)
        await asyncio.sleep(2 * SHORT)

    assert 1 == log.getvalue().count('"level": "error"')
