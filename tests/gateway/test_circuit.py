"""The circuit and the pause: an honest answer at once instead of the next fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from gateway_loopback import (
    MOMENT,
    OK,
    ONE_ID,
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
)

from bot.domain.gate import Urgency
from bot.domain.gateway_health import FAILURES_TO_OPEN
from bot.gateway.client import GatewayClient
from bot.gateway.errors import Busy, ConnectionLost, GatewayDown, GatewayError, NotSoap, Paused

# Each look-up that loses its connection is sent three times.
SENT = 3 * FAILURES_TO_OPEN


@asynccontextmanager
async def meeting(
    script: Script, *, timeout_seconds: float = 5.0
) -> AsyncIterator[tuple[Server, GatewayClient]]:
    """A client whose clock goes one second for each look at it."""
    moment = [MOMENT]

    def now() -> object:
        moment[0] += timedelta(seconds=1)
        return moment[0]

    async with (
        serving(script) as server,
        client_of(server.url, now=now, timeout_seconds=timeout_seconds) as client,  # type: ignore[arg-type]
    ):
        yield server, client


def is_down(client: GatewayClient) -> bool:
    """Whether nobody is made to wait for the gateway."""
    return client.health.down_since is not None


async def outcomes(client: GatewayClient, count: int) -> list[type[BaseException] | None]:
    """What comes of so many look-ups, one after the other."""
    found: list[type[BaseException] | None] = []
    for message_id in ids(count):
        try:
            await client.status(message_id)
        except GatewayError as error:
            found.append(type(error))
        else:
            found.append(None)
    return found


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repetitions follow at once; probes only where a test wants them."""
    monkeypatch.setattr("bot.gateway.inquiry.WAIT_INITIAL", 0.0)
    monkeypatch.setattr("bot.gateway.inquiry.WAIT_JITTER", 0.001)
    monkeypatch.setattr("bot.gateway.circuit.FIRST_PROBE_SECONDS", 60.0)


async def test_after_several_faults_nobody_waits_for_the_next_one() -> None:
    """Nothing is sent, and the answer says since when."""
    async with meeting(silence) as (server, client):
        found = await outcomes(client, FAILURES_TO_OPEN)
        since = client.health.failing_since
        with pytest.raises(GatewayDown) as told:
            await client.status(ONE_ID)
        assert [ConnectionLost] * FAILURES_TO_OPEN == found
        assert SENT == len(server.requests)
    assert since is not None
    assert (since, "connection_lost") == (told.value.moment, told.value.fact)


async def test_kept_answers_are_given_while_the_gateway_is_down() -> None:
    """They need no gateway."""
    async with meeting(first(always(OK), silence)) as (_, client):
        await client.status(ONE_ID)
        await outcomes(client, FAILURES_TO_OPEN + 1)
        kept = await client.status(ONE_ID)
    assert kept.from_cache


async def test_a_probe_finds_out_that_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anybody asking; the health says when."""
    monkeypatch.setattr("bot.gateway.circuit.FIRST_PROBE_SECONDS", 0.02)
    script = first(*[silence] * (SENT + 3), always(http(result("023"))), always(OK))
    async with meeting(script) as (server, client):
        await outcomes(client, FAILURES_TO_OPEN)
        assert is_down(client)
        async with asyncio.timeout(10):
            while is_down(client):  # noqa: ASYNC110 - no event is told
                await asyncio.sleep(0.01)
        assert client.health.recovered_at is not None
        assert b"PROBE-" in server.requests[-1].body
        assert (await client.status(ONE_ID)).status.final


async def test_an_answer_under_way_ends_the_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probing ends by itself."""
    monkeypatch.setattr("bot.gateway.circuit.FIRST_PROBE_SECONDS", 0.02)
    async with meeting(first(*[silence] * SENT, always(OK))) as (server, client):
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
    """It goes before the others there, that came first."""
    several = ids(6)
    async with (
        serving(always(OK)) as server,
        client_of(server.url, requests_per_second=20) as client,
    ):
        background = [
            asyncio.create_task(client.status(one, urgency=Urgency.BACKGROUND)) for one in several
        ]
        await asyncio.sleep(0)
        await client.status(several[-1])
        done = [task.done() for task in background]
        await asyncio.gather(*background)
    assert 4 > sum(done)
    assert len(several) == len(server.requests)


async def test_a_busy_bot_says_nothing_of_the_gateway() -> None:
    """What was not sent did not fail."""
    async with (
        serving(always(OK)) as server,
        client_of(server.url, requests_per_second=0.1, timeout_seconds=1.0) as client,
    ):
        await client.status(ONE_ID)
        found = await asyncio.gather(
            *(client.status(one) for one in ids(8)[2:]), return_exceptions=True
        )
        assert {Busy} == {type(one) for one in found}
        assert (0, None) == (client.health.failures, client.health.last_failure)


# --- the pause after code 900 --------------------------------------------------------------------


async def test_after_900_nobody_asks_before_the_pause_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who would give up before that is told at once, and until when it lasts."""
    monkeypatch.setattr("bot.domain.gate.FIRST_PAUSE_SECONDS", 1.0)
    async with meeting(first(always(http(result("900"))), always(OK)), timeout_seconds=0.5) as (
        server,
        client,
    ):
        assert "900" == (await client.status(ids(2)[0])).status.gateway_code
        with pytest.raises(Paused) as told:
            await client.status(ids(2)[1])
        assert 1 == len(server.requests)
        assert told.value.moment is not None
        assert client.health.paused_until is not None


async def test_who_can_wait_for_the_end_of_the_pause_gets_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A brief pause is sat out."""
    monkeypatch.setattr("bot.domain.gate.FIRST_PAUSE_SECONDS", 0.3)
    clock = asyncio.get_running_loop().time
    async with meeting(first(always(http(result("900"))), always(OK))) as (_, client):
        began = clock()
        await client.status(ids(2)[0])
        assert (await client.status(ids(2)[1])).status.final
        assert clock() - began >= 0.29


async def test_those_who_wait_when_900_comes_wait_for_the_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pause holds for all that are not yet sent."""
    monkeypatch.setattr("bot.domain.gate.FIRST_PAUSE_SECONDS", 0.3)
    clock = asyncio.get_running_loop().time
    sent: list[float] = []

    async def script(exchange: object) -> None:
        sent.append(clock())
        reply = http(result("900")) if len(sent) == 1 else OK
        await exchange.send(reply)  # type: ignore[attr-defined]

    async with (
        serving(script) as server,
        client_of(server.url, requests_per_second=20) as client,
    ):
        found = await asyncio.gather(*(client.status(one) for one in ids(4)))
    assert ["900", None, None, None] == [one.status.gateway_code for one in found]
    assert sent[1] - sent[0] >= 0.28
