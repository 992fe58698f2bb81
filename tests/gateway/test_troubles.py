"""Failing look-ups: the deadline, the rate limit, retries, and secrets that stay secret."""

from __future__ import annotations

import asyncio
import io
import logging
import traceback
from collections.abc import Iterator

import pytest
import stamina
import stamina.instrumentation

from bot.domain.call_status import Answer, Outcome
from bot.domain.timing import Timing
from bot.gateway.client import ATTEMPTS
from bot.gateway.protocol.errors import (
    BadEncoding,
    BadHttp,
    Busy,
    ConnectionLost,
    ConnectionRefused,
    EmptyResult,
    GatewayError,
    GatewayUnavailable,
    HttpStatus,
    NotSoap,
    Redirected,
    RequestFault,
    ServerFault,
    TimedOut,
    TooLarge,
    UnsafeXml,
)
from tests.gateway.gateway_loopback import (
    CREDENTIAL,
    OK,
    ONE_ID,
    TOKEN,
    Exchange,
    Script,
    always,
    call_status_of,
    client_of,
    envelope,
    first,
    free_port,
    hang,
    http,
    ids,
    reset_in_the_body,
    result,
    serving,
    silence,
    status_of,
)

# How long a server would make a client without a deadline wait.
LONG = 60.0
Retries = list[stamina.instrumentation.RetryDetails]


@pytest.fixture(autouse=True)
def retries() -> Iterator[Retries]:
    """The retries of the test; they follow without a wait, at most as many as the client's."""
    seen: Retries = []

    def remember(details: stamina.instrumentation.RetryDetails) -> None:
        seen.append(details)

    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([remember])
    with stamina.set_testing(True, attempts=99, cap=True):
        yield seen
    stamina.instrumentation.set_on_retry_hooks(before)


async def drip(exchange: Exchange) -> None:
    """Send a byte now and then, so that no pause is ever long."""
    pause = LONG / len(OK)
    for byte in OK:
        await exchange.send(bytes([byte]))
        await asyncio.sleep(pause)


async def hang_in_the_body(exchange: Exchange) -> None:
    """Send only half of the reply."""
    await exchange.send(OK[:-40])
    await asyncio.sleep(LONG)


def closing(reply: bytes) -> Script:
    """A script that gives the reply and closes the connection."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(reply)
        exchange.close()

    return script


# --- the deadline --------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [hang, drip, hang_in_the_body])
async def test_the_deadline_ends_any_wait(script: Script) -> None:
    """One limit over everything, for any behaviour of the server; there is no retry."""
    clock = asyncio.get_running_loop().time
    async with serving(script) as server, client_of(server.url, timeout_seconds=0.3) as client:
        began = clock()
        with pytest.raises(TimedOut):
            await status_of(client)
        assert 0.25 < clock() - began < LONG
        assert len(server.requests) == 1


async def test_the_deadline_covers_repetitions() -> None:
    """Two lost connections and a hang end when one hang would."""
    clock = asyncio.get_running_loop().time
    async with (
        serving(first(silence, silence, hang)) as server,
        client_of(server.url, timeout_seconds=0.5) as client,
    ):
        began = clock()
        with pytest.raises(TimedOut):
            await status_of(client)
        assert clock() - began < LONG
    assert len(server.requests) == 3


async def test_waiting_for_a_turn_until_the_deadline_is_our_own_fault() -> None:
    """The gateway was not slow; the bot had too much to ask."""
    async with (
        serving(hang) as server,
        # The rate prevents the next request from taking the place that the first one leaves at its
        # deadline.
        client_of(
            server.url, timeout_seconds=0.3, max_concurrency=1, requests_per_second=1 / 60
        ) as client,
    ):
        outcomes = await asyncio.gather(
            *(status_of(client, message_id) for message_id in ids(3)), return_exceptions=True
        )
    assert [TimedOut, Busy, Busy] == [type(outcome) for outcome in outcomes]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (always(http(status="503 Service Unavailable")), GatewayUnavailable),
        (silence, ConnectionLost),
    ],
)
async def test_the_last_error_is_told_when_the_deadline_falls_in_the_pause(
    script: Script, error: type[GatewayError]
) -> None:
    """The gateway was asked and failed immediately: it was not slow, and the bot was not busy."""
    timing = Timing(retry_initial=3.0, retry_max=3.0)
    with stamina.set_testing(False):
        async with (
            serving(script) as server,
            client_of(server.url, timeout_seconds=0.3, timing=timing) as client,
        ):
            with pytest.raises(error):
                await status_of(client)
    assert len(server.requests) == 1


async def test_the_last_error_is_told_when_the_deadline_falls_in_the_queue() -> None:
    """Its retry waits a minute for a turn; the only known answer of the gateway is its 503."""
    async with (
        serving(always(http(status="503 Service Unavailable"))) as server,
        client_of(server.url, timeout_seconds=0.3, requests_per_second=1 / 60) as client,
    ):
        with pytest.raises(GatewayUnavailable):
            await status_of(client)
    assert len(server.requests) == 1


async def test_a_repetition_does_not_queue_behind_look_ups_that_came_later() -> None:
    """A busy bot still retries; at 20 a second the queue alone would last two seconds."""

    async def silence_later(exchange: Exchange) -> None:
        await asyncio.sleep(0.05)
        exchange.close()

    async with (
        serving(first(silence_later, always(OK))) as server,
        client_of(server.url, timeout_seconds=1.0, requests_per_second=20) as client,
    ):
        early = asyncio.create_task(status_of(client))
        await asyncio.sleep(0.01)
        later = [asyncio.create_task(status_of(client, message_id)) for message_id in ids(40)[2:]]
        assert (await early).finding.final
        for task in later:
            task.cancel()
        await asyncio.wait(later)
    assert len(server.requests) < 6


async def test_the_rate_is_a_reason_to_be_busy_too() -> None:
    """At one a minute no look-up gets a second turn within the deadline."""
    async with (
        serving(always(OK)) as server,
        client_of(server.url, timeout_seconds=0.3, requests_per_second=1 / 60) as client,
    ):
        outcomes = await asyncio.gather(
            *(status_of(client, message_id) for message_id in ids(2)), return_exceptions=True
        )
    assert [Answer, Busy] == [type(outcome) for outcome in outcomes]


# --- the rate limit ------------------------------------------------------------------------------


async def test_the_gateway_sees_no_more_than_the_ceiling() -> None:
    """Neither more at a time nor faster than allowed."""
    clock = asyncio.get_running_loop().time
    at_once = peak = 0

    async def script(exchange: Exchange) -> None:
        nonlocal at_once, peak
        at_once += 1
        peak = max(peak, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        await exchange.send(OK)

    async with (
        serving(script) as server,
        client_of(server.url, max_concurrency=4, requests_per_second=100) as client,
    ):
        began = clock()
        await asyncio.gather(*(status_of(client, message_id) for message_id in ids(20)))
        assert clock() - began >= 0.19
    assert 1 < peak <= 4


# --- retries -------------------------------------------------------------------------------------

REPEATED: list[tuple[Script, type[GatewayError]]] = [
    (silence, ConnectionLost),
    (always(http(status="502 Bad Gateway")), GatewayUnavailable),
    (always(http(b"<html>", "503 Unavailable", content_type="text/html")), GatewayUnavailable),
    (always(http(status="504 Gateway Timeout")), GatewayUnavailable),
    # The status had arrived, and it means that the server is unavailable.
    (closing(http(b"<html>", "503 Unavailable", length=100)), GatewayUnavailable),
]


@pytest.mark.parametrize(("script", "error"), REPEATED)
async def test_lost_transport_is_repeated_twice_at_most(
    script: Script, error: type[GatewayError]
) -> None:
    """A look-up is safe to retry; the third failure is reported to the caller."""
    async with serving(script) as server, client_of(server.url) as client:
        with pytest.raises(error):
            await status_of(client)
    assert len(server.requests) == ATTEMPTS == 3


@pytest.mark.parametrize(("script", "error"), REPEATED)
async def test_a_repetition_may_succeed(
    script: Script, error: type[GatewayError], retries: Retries
) -> None:
    """An agent does not learn of a hiccup."""
    async with serving(first(script, always(OK))) as server, client_of(server.url) as client:
        assert (await status_of(client)).finding.final
    assert len(server.requests) == 2
    assert [error] == [type(retry.caused_by) for retry in retries]


async def test_a_connection_closed_between_requests_is_no_matter() -> None:
    """The server closes a persistent connection while the next request is being sent."""

    async def script(exchange: Exchange) -> None:
        # The second request arrives on the connection of the first, which is closed unanswered.
        if exchange.number == 2:
            exchange.close()
        else:
            await exchange.send(http(result("024")))

    async with serving(script) as server, client_of(server.url) as client:
        await status_of(client)
        checked = await status_of(client)
    assert checked.finding.outcome is Outcome.PENDING
    assert (len(server.requests), server.connections) == (3, 2)


FINAL: list[tuple[bytes, type[GatewayError]]] = [
    (http(result("")), EmptyResult),
    (http(envelope("")), EmptyResult),
    (http(b"<html></html>", content_type="text/html"), NotSoap),
    (http(result("ok:85.00")[:-20]), NotSoap),
    (http(result("ok:85.00"), length=100), NotSoap),
    (http(b"\x8b\x02\x80", headers=("Content-Encoding: br",)), BadEncoding),
    (http(headers=("Content-Length: 5",)), BadHttp),
    (http(b"<!DOCTYPE a><a/>"), UnsafeXml),
    (http(b" " * 2_000_000), TooLarge),
    (http(status="302 Found", headers=("Location: /",)), Redirected),
    (http(status="403 Forbidden"), HttpStatus),
    (http(b"<html>", "500 Internal Server Error"), HttpStatus),
    (
        http(
            envelope("<soap:Fault><faultcode>soap:Client</faultcode></soap:Fault>"),
            "500 Internal Server Error",
        ),
        RequestFault,
    ),
    (http(envelope("<soap:Fault><faultcode>soap:Server</faultcode></soap:Fault>")), ServerFault),
]


@pytest.mark.parametrize(("reply", "error"), FINAL, ids=lambda value: getattr(value, "code", ""))
async def test_what_the_gateway_said_is_not_asked_for_again(
    reply: bytes, error: type[GatewayError]
) -> None:
    """An answer, a fault, an empty result and an unreadable reply are requested once."""
    async with serving(always(reply)) as server, client_of(server.url) as client:
        with pytest.raises(error) as caught:
            await status_of(client)
    assert type(caught.value) is error
    assert len(server.requests) == 1


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def one_chunk(body: bytes) -> bytes:
    """A reply in chunks of which the last, the empty one, is missing."""
    return CHUNKED + b"%x\r\n%b\r\n" % (len(body), body)


@pytest.mark.parametrize(
    "reply",
    [http(result("ok:85.00"), length=10_000), one_chunk(result("ok:85.00"))],
    ids=["a length too great", "no last chunk"],
)
async def test_a_whole_envelope_is_an_answer_even_when_the_line_breaks(reply: bytes) -> None:
    """The received part is an answer, so there is no retry."""
    async with serving(closing(reply)) as server, client_of(server.url) as client:
        assert (await status_of(client)).finding.final
    assert len(server.requests) == 1


FAULT = envelope("<soap:Fault><faultcode>soap:Server</faultcode></soap:Fault>")
BROKEN: list[tuple[Script, type[GatewayError]]] = [
    (reset_in_the_body, ConnectionLost),
    (closing(http(result("ok:85.00")[:-20], length=10_000)), ConnectionLost),
    (closing(one_chunk(result("ok:85.00")[:-20])), ConnectionLost),
    (closing(http(length=100)), ConnectionLost),  # the head alone
    (closing(CHUNKED), ConnectionLost),
    (closing(http(b"<!DOCTYPE a><a/>", length=100)), ConnectionLost),
    (closing(http(FAULT, length=10_000)), ServerFault),
    (closing(http(FAULT, "503 Unavailable", length=10_000)), ServerFault),
    (closing(http(result(""), length=10_000)), EmptyResult),
    (closing(http(result("ok:85.00"), "503 Unavailable", length=10_000)), HttpStatus),
    (closing(http(b"<html>", "403 Forbidden", length=100)), HttpStatus),
]


@pytest.mark.parametrize(("script", "error"), BROKEN)
async def test_an_answer_that_had_begun_is_not_asked_for_again(
    script: Script, error: type[GatewayError]
) -> None:
    """Once the head of a reply has arrived, a broken connection is reported and not retried."""
    async with serving(script) as server, client_of(server.url) as client:
        with pytest.raises(error) as caught:
            await status_of(client)
    assert type(caught.value) is error
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Unavailable", "504 Timeout"])
@pytest.mark.parametrize("body", [envelope(""), result(""), result("ok:85.00")])
async def test_an_envelope_is_an_answer_whatever_its_status(status: str, body: bytes) -> None:
    """The gateway wrote it, not a proxy before it."""
    async with serving(always(http(body, status))) as server, client_of(server.url) as client:
        with pytest.raises(HttpStatus):
            await status_of(client)
    assert len(server.requests) == 1


@pytest.mark.parametrize("raw", ["900", "001", "800", "024", "canary"])
async def test_a_gateway_code_is_an_answer(raw: str) -> None:
    """To insist on 900 would make a security limit worse."""
    async with serving(always(http(result(raw)))) as server, client_of(server.url) as client:
        assert raw == (await call_status_of(client)).raw
    assert len(server.requests) == 1


async def test_the_wait_before_a_repetition_is_short(retries: Retries) -> None:
    """Outside tests it is some tenths of a second, never more than one."""
    with stamina.set_testing(False):
        async with client_of(f"http://127.0.0.1:{free_port()}/") as client:
            with pytest.raises(ConnectionRefused):
                await status_of(client)
    assert len(retries) == 2
    assert all(0.1 <= retry.wait_for <= Timing().retry_max for retry in retries)


# --- secrets -------------------------------------------------------------------------------------


async def test_nothing_of_a_failing_look_up_shows_a_key_or_an_id(
    retries: Retries, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the retry hooks, nor any log at any level, nor the traceback."""
    caplog.set_level(logging.DEBUG)
    out = io.StringIO()
    async with serving(silence) as server, client_of(server.url) as client:
        try:
            await status_of(client)
        except ConnectionLost as error:
            traceback.print_exception(error, file=out)
    assert "connection_lost" in out.getvalue()
    assert [((), {})] * 2 == [(retry.args, retry.kwargs) for retry in retries]
    shown = out.getvalue() + repr(retries) + caplog.text
    for secret in (CREDENTIAL, TOKEN, ONE_ID.value):
        assert secret not in shown
