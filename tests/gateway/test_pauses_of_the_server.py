"""`Retry-After` of an unavailable server: respected within the deadline, in real time."""

from __future__ import annotations

import asyncio

import pytest

from bot.gateway.protocol.errors import GatewayUnavailable
from tests.gateway.gateway_loopback import OK, Exchange, always, client_of, http, serving, status_of


async def test_a_pause_that_the_server_asks_for_is_kept_to() -> None:
    """If the deadline leaves room for it."""
    clock = asyncio.get_running_loop().time
    sent: list[float] = []

    async def script(exchange: Exchange) -> None:
        sent.append(clock())
        busy = http(status="503 Unavailable", headers=("Retry-After: 1",))
        await exchange.send(busy if len(sent) == 1 else OK)

    async with serving(script) as server, client_of(server.url) as client:
        assert (await status_of(client)).finding.final
    assert 2 == len(sent)
    assert sent[1] - sent[0] >= 1


@pytest.mark.parametrize("seconds", ["61", "86400"])
async def test_a_pause_beyond_the_deadline_is_not_waited_for(seconds: str) -> None:
    """The agent gets the error immediately, and the server gets no further request."""
    busy = http(status="503 Unavailable", headers=(f"Retry-After: {seconds}",))
    clock = asyncio.get_running_loop().time
    async with (
        serving(always(busy)) as server,
        client_of(server.url, timeout_seconds=60.0) as client,
    ):
        began = clock()
        with pytest.raises(GatewayUnavailable):
            await status_of(client)
        assert clock() - began < 60
        assert 1 == len(server.requests)
