"""The circuit and the pause: an honest answer immediately instead of the next fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.gate import Urgency
from bot.domain.gateway_health import FAILURES_TO_OPEN
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient
from bot.gateway.protocol.errors import (
    Busy,
    ConnectionLost,
    GatewayDown,
    GatewayError,
    NotSoap,
    Paused,
)
from tests.gateway.gateway_loopback import (
    MOMENT,
    OK,
    Script,
    Server,
    always,
    client_of,
    first,
    http,
    ids,
    result,
    serving,
    silence,
    status_of,
)

# Each look-up that loses its connection is sent three times.
SENT = 3 * FAILURES_TO_OPEN
# Retries follow immediately; probes run only if a test wants them.
QUICK = Timing(retry_initial=0.0, retry_jitter=0.001, first_probe=60.0)


@asynccontextmanager
async def meeting(
    script: Script, *, timeout_seconds: float = 5.0, **waits: float
) -> AsyncIterator[tuple[Server, GatewayClient]]:
    """A client whose clock advances one second each time it is read."""
    moment = [MOMENT]

    def now() -> datetime:
        moment[0] += timedelta(seconds=1)
        return moment[0]

    async with (
        serving(script) as server,
        client_of(
            server.url,
            now=now,
            timeout_seconds=timeout_seconds,
            timing=replace(QUICK, **waits),
        ) as client,
    ):
        yield server, client


def is_down(client: GatewayClient) -> bool:
    """Whether callers get an answer without waiting for the gateway."""
    return client.health.down_since is not None


async def outcomes(client: GatewayClient, count: int) -> list[type[BaseException] | None]:
    """The results of this many look-ups, one after the other."""
    found: list[type[BaseException] | None] = []
    for message_id in ids(count):
        try:
            await status_of(client, message_id)
        except GatewayError as error:
            found.append(type(error))
        else:
            found.append(None)
    return found


async def test_after_several_faults_nobody_waits_for_the_next_one() -> None:
    """Nothing is sent, and the answer gives the start of the outage."""
    async with meeting(silence) as (server, client):
        found = await outcomes(client, FAILURES_TO_OPEN)
        since = client.health.failing_since
        with pytest.raises(GatewayDown) as caught:
            await status_of(client)
        assert [ConnectionLost] * FAILURES_TO_OPEN == found
        assert SENT == len(server.requests)
    assert since is not None
    assert (since, "connection_lost") == (caught.value.moment, caught.value.fact)


async def test_kept_answers_are_given_while_the_gateway_is_down() -> None:
    """They need no gateway."""
    async with meeting(first(always(OK), silence)) as (_, client):
        await status_of(client)
        await outcomes(client, FAILURES_TO_OPEN + 1)
        cached = await status_of(client)
    assert cached.from_cache


async def test_a_probe_finds_out_that_it_is_back() -> None:
    """Without a caller; the health gives the time."""
    script = first(*[silence] * (SENT + 3), always(http(result("023"))), always(OK))
    async with meeting(script, first_probe=0.02) as (server, client):
        await outcomes(client, FAILURES_TO_OPEN)
        assert is_down(client)
        async with asyncio.timeout(10):
            while is_down(client):  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.01)
        assert client.health.recovered_at is not None
        assert b"PROBE-" in server.requests[-1].body
        assert (await status_of(client)).finding.final


async def test_an_answer_under_way_ends_the_outage() -> None:
    """Probing ends on its own."""
    script = first(*[silence] * SENT, always(OK))
    async with meeting(script, first_probe=0.02) as (server, client):
        await outcomes(client, FAILURES_TO_OPEN)
        client._circuit.answered()
        await asyncio.sleep(0.1)
        assert SENT == len(server.requests)
        assert client.health.down_since is None


@pytest.mark.parametrize(
    ("reply", "error"),
    [(http(b"<html>", content_type="text/html"), NotSoap), (http(result("850")), None)],
    ids=["a page", "a gateway code"],
)
async def test_what_answers_is_not_down(reply: bytes, error: type[GatewayError] | None) -> None:
    """Neither a page nor a code of the gateway is a transport fault."""
    async with meeting(always(reply)) as (_, client):
        assert [error] * 12 == await outcomes(client, 12)
        assert client.health.down_since is None


async def test_a_person_who_joins_a_look_up_in_the_background_hurries_it() -> None:
    """It starts before the other background requests, which came earlier."""
    several = ids(6)
    async with (
        serving(always(OK)) as server,
        client_of(server.url, requests_per_second=20) as client,
    ):
        background = [
            asyncio.create_task(status_of(client, one, urgency=Urgency.BACKGROUND))
            for one in several
        ]
        await asyncio.sleep(0)
        await status_of(client, several[-1])
        done = [task.done() for task in background]
        await asyncio.gather(*background)
    assert 4 > sum(done)
    assert len(several) == len(server.requests)


async def test_a_busy_bot_says_nothing_of_the_gateway() -> None:
    """A look-up that was not sent did not fail."""
    async with (
        serving(always(OK)) as server,
        client_of(server.url, requests_per_second=1 / 60, timeout_seconds=0.3) as client,
    ):
        await status_of(client)
        found = await asyncio.gather(
            *(status_of(client, one) for one in ids(8)[2:]), return_exceptions=True
        )
        assert {Busy} == {type(one) for one in found}
        assert (0, None) == (client.health.failures, client.health.last_failure)


# --- the pause after code 900 --------------------------------------------------------------------


async def test_after_900_nobody_asks_before_the_pause_is_over() -> None:
    """A caller whose deadline is earlier gets the error immediately, with the end of the pause."""
    script = first(always(http(result("900"))), always(OK))
    async with meeting(script, timeout_seconds=0.5, first_pause=1.0) as (server, client):
        assert "900" == (await status_of(client, ids(2)[0])).finding.gateway_code
        with pytest.raises(Paused) as caught:
            await status_of(client, ids(2)[1])
        assert 1 == len(server.requests)
        assert caught.value.moment == client.health.paused_until


async def test_who_can_wait_for_the_end_of_the_pause_gets_an_answer() -> None:
    """A brief pause is sat out."""
    clock = asyncio.get_running_loop().time
    script = first(always(http(result("900"))), always(OK))
    async with meeting(script, first_pause=0.2) as (_, client):
        began = clock()
        await status_of(client, ids(2)[0])
        assert (await status_of(client, ids(2)[1])).finding.final
        assert clock() - began >= 0.19


async def test_a_good_answer_makes_the_next_pause_a_first_one_again() -> None:
    """Only pauses that follow each other grow."""
    slow, timing = always(http(result("900"))), replace(QUICK, first_pause=0.1)
    async with (
        serving(first(slow, always(OK), slow)) as server,
        client_of(server.url, timing=timing) as client,
    ):
        for message_id in ids(3):
            await status_of(client, message_id)
        paused_until = client.health.paused_until
    assert paused_until is not None
    assert timedelta(seconds=0.1) == pytest.approx(
        paused_until - MOMENT, abs=timedelta(seconds=0.02)
    )


async def test_those_who_wait_when_900_comes_wait_for_the_pause() -> None:
    """The pause applies to all requests not yet sent."""
    clock = asyncio.get_running_loop().time
    timing = replace(QUICK, first_pause=0.2)
    sent: list[float] = []

    async def script(exchange: object) -> None:
        sent.append(clock())
        reply = http(result("900")) if len(sent) == 1 else OK
        await exchange.send(reply)  # type: ignore[attr-defined]

    async with (
        serving(script) as server,
        client_of(server.url, requests_per_second=20, timing=timing) as client,
    ):
        found = await asyncio.gather(*(status_of(client, one) for one in ids(4)))
    assert ["900", None, None, None] == [one.finding.gateway_code for one in found]
    assert sent[1] - sent[0] >= 0.18
