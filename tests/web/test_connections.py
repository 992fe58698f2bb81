"""The bounds of the port over real sockets, with small caps and short deadlines."""

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

from bot.web.crowd import MOST_CONNECTIONS
from bot.web.server import room
from tests.web.guests import GET, HALF, PATIENCE, STEADY, open_house

SHORT = 0.05
HELD = b"GET /held HTTP/1.1\r\nHost: bot\r\n\r\n"


def post(length: int, sent: int) -> bytes:
    """A request that announces a body of a length, and a part of it."""
    head = f"POST / HTTP/1.1\r\nHost: bot\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + b"x" * sent


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", HALF, b"\r\n\r\n", GET[:-2] + b"X-A: b\r\nX-B: c\r\n"],
    ids=["nothing", "a letter", "half a line", "blank lines", "no end"],
)
async def test_a_head_has_a_deadline(sent: bytes, log: io.StringIO) -> None:
    """The connection ends, and nobody writes about it."""
    async with open_house(replace(STEADY, head=SHORT)) as house:
        guest = await house.guest(sent)

        assert b"" == await guest.rest()
    assert "bot.web" not in log.getvalue()


async def test_the_deadline_of_a_head_is_not_put_off_by_more_of_it() -> None:
    """A byte now and then is not enough."""
    async with open_house(replace(STEADY, head=0.2)) as house:
        guest = await house.guest(HALF)
        ended = asyncio.create_task(guest.rest())
        while not ended.done():
            guest.writer.write(b"x")
            await asyncio.sleep(0.01)

        assert b"" == ended.result()


async def test_the_head_of_a_second_request_has_a_deadline_too() -> None:
    """From its first byte on, however long a connection may be idle."""
    async with open_house(replace(STEADY, head=SHORT)) as house:
        guest = await house.guest()
        assert 200 == await guest.ask()
        await guest.send(HALF)

        assert b"" == await guest.rest()


@pytest.mark.parametrize("sent", [GET, HELD], ids=["a stranger's", "Slack's"])
async def test_an_idle_connection_is_kept_for_its_own_time(sent: bytes) -> None:
    """Not for that of a head; then it ends."""
    async with open_house(replace(STEADY, head=SHORT, idle=4 * SHORT)) as house:
        house.may_answer.set()
        guest = await house.guest(sent)
        assert 200 == await guest.status()
        began = asyncio.get_running_loop().time()

        assert b"" == await guest.rest()
        assert asyncio.get_running_loop().time() - began > 2 * SHORT


async def test_a_body_that_nobody_waits_for_has_a_deadline() -> None:
    """Whoever handles it has none of its own here."""
    async with open_house(replace(STEADY, body=SHORT, linger=SHORT)) as house:
        guest = await house.guest(post(100, 10))

        assert b"" == await guest.rest()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_that_is_complete_may_take_its_time(method: str) -> None:
    """The deadlines are for those who connect."""
    timing = replace(STEADY, head=SHORT, body=SHORT, idle=SHORT, linger=SHORT)
    async with open_house(timing) as house:
        head = f"{method} /thought HTTP/1.1\r\nHost: bot\r\nContent-Length: 3\r\n\r\n"
        guest = await house.guest(head.encode())
        await guest.send(b"abc")
        await house.begun.get()
        await asyncio.sleep(4 * SHORT)
        house.may_answer.set()

        assert 200 == await guest.status()


async def test_who_reads_nothing_of_an_answer_is_let_go() -> None:
    """What is left of the answer is dropped, and the memory given back."""
    async with open_house(replace(STEADY, idle=SHORT)) as house:
        await house.guest(b"GET /poured HTTP/1.1\r\nHost: bot\r\n\r\n")
        poured = await house.poured.get()

        async with asyncio.timeout(PATIENCE):
            while poured.connected:  # noqa: ASYNC110 - asks what other tasks change
                await asyncio.sleep(0.01)


async def test_a_half_open_connection_makes_room_for_a_question() -> None:
    """It goes before one that was only silent after its answer."""
    async with open_house(most=2) as house:
        idle = await house.guest()
        assert 200 == await idle.ask()
        half = await house.guest(HALF)
        third = await house.guest()

        assert 200 == await third.ask()
        assert b"" == await half.rest()
        assert 200 == await idle.ask()


async def test_many_more_than_may_be_connected_leave_the_last_one_an_answer() -> None:
    """All of them stay, and one after the other makes room."""
    async with open_house(replace(STEADY, newcomer=1.0), most=5) as house:
        halves = [await house.guest(HALF) for _ in range(50)]
        last = await house.guest()

        assert 200 == await last.ask()
        assert [b""] * 45 == [await half.rest() for half in halves[:45]]


async def test_what_slack_has_signed_is_never_closed_for_others() -> None:
    """Where there is nothing else, the newcomer is refused; afterwards there is room."""
    async with open_house(most=2) as house:
        asking = [await house.guest(HELD) for _ in range(2)]
        for _ in asking:
            await house.begun.get()
        refused = await house.guest()
        assert b"" == await refused.rest()
        house.may_answer.set()

        assert [200, 200] == [await one.status() for one in asking]
        assert 200 == await (await house.guest()).ask()


async def test_a_connection_of_slacks_is_kept_between_two_requests() -> None:
    """Strangers who come later make room before it does."""
    async with open_house(most=2) as house:
        house.may_answer.set()
        known = await house.guest(HELD)
        assert 200 == await known.status()
        for _ in range(3):
            assert 200 == await (await house.guest()).ask()

        assert 200 == await known.ask()


async def test_unfinished_bodies_have_one_bound_together() -> None:
    """The heaviest goes; whoever is small gets an answer."""
    async with open_house(bodies=100_000) as house:
        small = await house.guest(post(20_001, 20_000))
        heavy = await house.guest(post(70_001, 70_000))
        other = await house.guest(post(40_001, 40_000))

        assert b"" == await heavy.rest()
        for one in (small, other):
            await one.send(b"x")
        assert [200, 200] == [await one.status() for one in (small, other)]


async def test_a_body_that_was_answered_weighs_nothing() -> None:
    """However much has come by one connection, each request is counted by itself."""
    async with open_house(bodies=100_000) as house:
        guest = await house.guest()
        for _ in range(4):
            await guest.send(post(60_000, 60_000))
            assert 200 == await guest.status()


async def test_a_head_without_an_end_is_cut(log: io.StringIO) -> None:
    """Each line is short enough for aiohttp; all together are not."""
    lines = b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(20))
    async with open_house() as house:
        guest = await house.guest(GET[:-2] + lines)

        assert b"" == await guest.rest()
    assert 1 == log.getvalue().count("head too large")


NO_HTTP = {
    "TLS": bytes.fromhex("16030102000100") + bytes(range(200)),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "noise": bytes(range(256)),
    "a second one": GET + b"CANARY / \r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
}


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=NO_HTTP)
async def test_what_is_no_http_is_refused_quietly(sent: bytes, log: io.StringIO) -> None:
    """400 that quotes nothing, the end of the connection, and no error in the log."""
    async with open_house() as house:
        guest = await house.guest(sent)
        answer = await guest.rest()

    last = answer.rpartition(b"HTTP/1.")[2]
    assert (b"400", b'{"error": "form"}') == (last[2:5], last[-17:])
    assert b"CANARY" not in answer
    assert '"level": "error"' not in log.getvalue()


async def test_what_comes_after_an_early_answer_is_not_read(log: io.StringIO) -> None:
    """The answer stands, and the connection ends as if nothing more had come."""
    async with open_house() as house:
        guest = await house.guest(b"GET / HTTP/1.1\r\nHost: b\r\nContent-Length: 50000\r\n\r\nx")
        assert 200 == await guest.status()
        await guest.send(b"x" * 49_999 + GET)

        assert b"" == await guest.rest()
    assert "bot.web" not in log.getvalue()


@contextmanager
def descriptors(most: int) -> Iterator[None]:
    """The process can open so many files while the block runs."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def next_descriptor() -> int:
    """The number that the next file would get."""
    number = os.dup(0)
    os.close(number)
    return number


def test_how_many_may_connect_follows_the_limit_of_the_process() -> None:
    """Where it is low, fewer."""
    with descriptors(300):
        low = room()
    with descriptors(3000):
        high = room()

    assert (150, MOST_CONNECTIONS) == (low, high)


async def test_without_descriptors_the_port_rests_and_is_back(log: io.StringIO) -> None:
    """Whoever has connected meanwhile is served then, and the log says what was lacking."""
    loop = asyncio.get_running_loop()
    async with open_house(replace(STEADY, accept_again=0.2)) as house:
        with socket.socket() as wire:
            wire.setblocking(False)
            with descriptors(next_descriptor()):
                await loop.sock_connect(wire, ("127.0.0.1", house.port))
                async with asyncio.timeout(PATIENCE):
                    while "can be accepted" not in log.getvalue():  # noqa: ASYNC110 - the same
                        await asyncio.sleep(0.01)
                await asyncio.sleep(SHORT)
            await loop.sock_sendall(wire, GET)
            async with asyncio.timeout(PATIENCE):
                answer = await loop.sock_recv(wire, 100)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert 1 == log.getvalue().count("can be accepted")


async def test_a_port_that_rests_can_be_closed(log: io.StringIO) -> None:
    """Afterwards it does not come back."""
    loop = asyncio.get_running_loop()
    with socket.socket() as wire:
        wire.setblocking(False)
        async with open_house(replace(STEADY, accept_again=SHORT)) as house:
            with descriptors(next_descriptor()):
                await loop.sock_connect(wire, ("127.0.0.1", house.port))
                async with asyncio.timeout(PATIENCE):
                    while "can be accepted" not in log.getvalue():  # noqa: ASYNC110 - the same
                        await asyncio.sleep(0.005)
        await asyncio.sleep(2 * SHORT)

    assert 1 == log.getvalue().count('"level": "error"')
