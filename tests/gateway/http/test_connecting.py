"""A connection that never opens: abandoned early enough for a retry."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
import stamina

from bot.gateway.http.transport import open_transport
from bot.gateway.protocol.errors import ConnectTimedOut, TimedOut
from tests.gateway.gateway_loopback import (
    OK,
    Exchange,
    always,
    client_of,
    hang,
    one_request,
    serving,
    status_of,
)


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port whose backlog is full, so that the kernel lets every further attempt wait."""
    callers = [socket.socket() for _ in range(4)]
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        for caller in callers:
            caller.setblocking(False)
            with suppress(BlockingIOError):
                caller.connect(address)
        yield address[1]
    for caller in callers:
        caller.close()


async def test_an_attempt_that_never_connects_is_given_up(black_hole: int) -> None:
    """It has its own class, because nothing was sent and it may be retried."""
    url = f"http://127.0.0.1:{black_hole}/"
    async with asyncio.timeout(10), open_transport(url, connections=1, connect_seconds=0.2) as wire:
        with pytest.raises(ConnectTimedOut) as caught:
            await wire.exchange(one_request())
    assert caught.value.retryable


async def test_it_is_tried_again_within_the_deadline(black_hole: int) -> None:
    """The look-up reports the known cause: the server was not reached, rather than a late reply."""
    seen: list[BaseException] = []
    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([lambda details: seen.append(details.caused_by)])
    clock = asyncio.get_running_loop().time
    try:
        async with client_of(f"http://127.0.0.1:{black_hole}/", timeout_seconds=0.8) as client:
            began = clock()
            with stamina.set_testing(True, attempts=99, cap=True), pytest.raises(ConnectTimedOut):
                await status_of(client)
            assert clock() - began < 60
    finally:
        stamina.instrumentation.set_on_retry_hooks(before)
    assert [ConnectTimedOut, ConnectTimedOut] == [type(error) for error in seen]


async def test_a_handshake_that_never_ends_is_no_connection_yet() -> None:
    """A port that accepts connections and never answers has received no request either."""
    async with serving(hang) as server, asyncio.timeout(10):
        url = server.url.replace("http:", "https:")
        async with open_transport(url, connections=1, connect_seconds=0.2) as wire:
            with pytest.raises(ConnectTimedOut):
                await wire.exchange(one_request())


async def test_a_request_that_was_sent_is_waited_for() -> None:
    """Connecting has its limit; an answer has the whole deadline, and is requested once."""

    async def late(exchange: Exchange) -> None:
        await asyncio.sleep(0.3)
        await exchange.send(OK)

    # An attempt to connect may take a quarter of the deadline.
    async with serving(late) as server, client_of(server.url, timeout_seconds=60.0) as client:
        assert (await status_of(client)).finding.final
    async with serving(hang) as server, client_of(server.url, timeout_seconds=0.3) as client:
        with pytest.raises(TimedOut):
            await status_of(client)
    assert len(server.requests) == 1


async def test_a_limit_does_not_hinder_who_connects() -> None:
    """With a listener, everything works as usual."""
    async with (
        serving(always(OK)) as server,
        open_transport(server.url, connections=1, connect_seconds=5.0) as wire,
    ):
        assert (await wire.exchange(one_request())).http_status == 200
