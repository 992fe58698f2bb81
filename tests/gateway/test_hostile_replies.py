"""What a server may do to a look-up over a real socket, and the agent's answer: a table.

Each row is played to a whole client. The outcome is a true answer or a typed error, it arrives
within the deadline, no answered request is repeated, and the event loop is never blocked.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.protocol.errors import GatewayError, GatewayUnavailable
from tests.gateway.gateway_loopback import (
    OK,
    Exchange,
    Script,
    always,
    call_status_of,
    client_of,
    envelope,
    first,
    http,
    ids,
    result,
    serving,
    status_of,
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = HEAD + b"Connection: close\r\n\r\n"
KIB, MIB = 1024, 1024 * 1024
# The limit is 50 ms by design; busy machines need a margin.
STALL_SECONDS = 1.0
DEADLINE = 10.0


def pouring(begin: bytes, block: bytes, *, times: int | None = None) -> Script:
    """A script that sends at full speed, for ever or this many times."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(begin)
        for part in repeat(block) if times is None else repeat(block, times):
            await exchange.send(part)
        exchange.close()

    return script


def closing(reply: bytes) -> Script:
    """A script that gives the reply and closes."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(reply)
        exchange.close()

    return script


def beside(content: str) -> Script:
    """A good result beside an excess."""
    body = f"<R><X>{content}</X><MPG_Status_VoiceResult>ok:85.00</MPG_Status_VoiceResult></R>"
    return always(http(envelope(body)))


def with_status(line: str) -> bytes:
    """The good reply under another status line."""
    return OK.replace(b"HTTP/1.1 200 OK", line.encode("latin-1"))


def attributes(count: int, form: str) -> str:
    """An element with this many attributes."""
    return "<a " + " ".join(form.format(number) for number in range(count)) + "/>"


LONG_URI = "u" * 100_000
BOMB = "<!DOCTYPE r [<!ENTITY e0 'ok'>" + "".join(
    f"<!ENTITY e{level} '{f'&e{level - 1};' * 10}'>" for level in range(1, 10)
)
EXPLODING = f"{BOMB}]><r>&e9;</r>".encode()
GZIPPED = gzip.compress(b"\0" * 32 * MIB)

FLOODS: dict[str, tuple[Script, str]] = {
    "endless short fields": (pouring(HEAD, b"a: b\r\n" * 10_000), "too_large"),
    "endless long fields": (pouring(HEAD, b"a: " + b"b" * 8_000 + b"\r\n"), "too_large"),
    "endless folded field": (pouring(HEAD + b"a: b\r\n", b" c\r\n" * 10_000), "too_large"),
    "one endless field": (pouring(HEAD + b"a: ", b"b" * 64 * KIB), "too_large"),
    "one endless name of a field": (pouring(HEAD, b"a" * 64 * KIB), "too_large"),
    "endless fields that are none": (pouring(HEAD, b"\xff: b\r\n" * 10_000), "too_large"),
    "one endless field that is none": (pouring(HEAD + b"\xff: ", b"b" * 64 * KIB), "too_large"),
    "endless interim replies": (
        pouring(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000),
        "too_large",
    ),
    "endless interim replies with fields": (
        pouring(b"", b"HTTP/1.1 102 Processing\r\na: b\r\n\r\n" * 5_000),
        "too_large",
    ),
    "endless status line": (pouring(b"HTTP/1.1 200 ", b"a" * 64 * KIB), "too_large"),
    "endless empty lines": (pouring(b"", b"\r\n" * 32 * KIB), "too_large"),
    "endless NULs": (pouring(b"", b"\0" * 64 * KIB), "bad_http"),
    "endless tiny chunks": (pouring(CHUNKED, b"1\r\nx\r\n" * 10_000), "too_large"),
    "endless extension of a chunk": (pouring(CHUNKED + b"1;", b"a" * 64 * KIB), "too_large"),
    "endless extensions of chunks": (pouring(CHUNKED, b"1;a=b\r\nx\r\n" * 5_000), "too_large"),
    "endless size of a chunk": (pouring(CHUNKED, b"0" * 64 * KIB), "too_large"),
    "endless trailers": (pouring(CHUNKED + b"0\r\n", b"a: b\r\n" * 10_000), "*"),
    "one endless trailer": (pouring(CHUNKED + b"0\r\na: ", b"b" * 64 * KIB), "too_large"),
    "gzip that was announced": (
        pouring(HEAD + b"Content-Encoding: gzip\r\n\r\n", GZIPPED),
        "too_large",
    ),
    "gzip that was not": (pouring(UNTIL_CLOSED, GZIPPED), "too_large"),
    "gzip under the transfer": (
        pouring(
            HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
            b"%x\r\n%b\r\n" % (len(GZIPPED), GZIPPED),
        ),
        "too_large",
    ),
    "200 MB with a length": (
        pouring(HEAD + b"Content-Length: 209715200\r\n\r\n", b"x" * MIB, times=200),
        "too_large",
    ),
    "200 MB in chunks": (
        pouring(CHUNKED, b"10000\r\n" + b"x" * 64 * KIB + b"\r\n", times=3_200),
        "too_large",
    ),
    "200 MB of white space": (pouring(UNTIL_CLOSED, b" " * MIB, times=200), "too_large"),
    "endless after an upgrade": (
        pouring(b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", b"x" * MIB),
        "http_status",
    ),
    "5,000 cookies": (
        always(http(result("024"), headers=("Set-Cookie: a=b",) * 5_000)),
        "too_large",
    ),
}
DOCUMENTS: dict[str, tuple[Script, str]] = {
    "nesting of 100,000": (pouring(UNTIL_CLOSED, b"<a>" * 100_000, times=1), "too_large"),
    "nesting as deep as there is room": (beside("<a>" * 80_000), "unsafe_xml"),
    "60,000 elements": (beside("<a/>" * 60_000), "unsafe_xml"),
    "24,000 attributes": (beside(attributes(24_000, 'a{}=""')), "unsafe_xml"),
    "10,000 namespaces": (beside(attributes(10_000, "xmlns:a{}='b'")), "unsafe_xml"),
    "a long namespace and many names in it": (
        beside(f"<u:a xmlns:u='{LONG_URI}'>{'<u:a/>' * 20_000}</u:a>"),
        "unsafe_xml",
    ),
    "a long namespace and many attributes in it": (
        beside(attributes(10_000, "u:a{}=''").replace("<a", f"<a xmlns:u='{LONG_URI}'")),
        "unsafe_xml",
    ),
    "36,000 comments": (beside("<!---->" * 36_000), "unsafe_xml"),
    "one long comment": (beside("<!--" + "- " * 125_000 + "-->"), "ok:85.00"),
    "50,000 instructions": (beside("<?a?>" * 50_000), "unsafe_xml"),
    "one long name": (beside("<" + "a" * 250_000 + "/>"), "ok:85.00"),
    "250,000 line feeds": (beside("\n" * 250_000), "unsafe_xml"),
    "60,000 references": (beside("&lt;" * 60_000), "ok:85.00"),
    "an entity bomb": (always(http(EXPLODING)), "unsafe_xml"),
    "an entity bomb behind a long comment": (
        always(http(b"<!--" + b"x" * 200_000 + b"-->" + EXPLODING)),
        "unsafe_xml",
    ),
    "an entity bomb behind what only looks like one": (
        always(http(b"<!-- <!DOCTYPE [ -->" * 7 + EXPLODING)),
        "unsafe_xml",
    ),
    "an entity bomb in UTF-16": (always(http(EXPLODING.decode().encode("utf-16"))), "unsafe_xml"),
    "an entity bomb in a web page": (
        always(http(EXPLODING.replace(b"DOCTYPE r", b"DOCTYPE html"))),
        "not_soap",
    ),
    "20,000 document types": (
        always(http(b"<!--" + b"<!DOCTYPE [" * 20_000 + b"-->")),
        "unsafe_xml",
    ),
    "an external entity": (
        always(http(b"<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><r>&a;</r>")),
        "unsafe_xml",
    ),
    "a prefix that stands for nothing": (
        always(http(result("ok:85.00").replace(b"<soap:Body>", b"<x:Body>"))),
        "not_soap",
    ),
    "UTF-16 of a little machine, unmarked": (
        always(http(result("ok:85.00").decode().encode("utf-16-le"))),
        "ok:85.00",
    ),
    "UTF-16 of a big machine, unmarked": (
        always(http(result("ok:85.00").decode().encode("utf-16-be"))),
        "ok:85.00",
    ),
    "UTF-32": (always(http(result("ok:85.00").decode().encode("utf-32"))), "not_soap"),
    "half a character of UTF-16": (always(http(b"\xff\xfe<\x00\x00\xd8")), "not_soap"),
    "a character set of the wrong name": (
        always(http(result("ok:85.00").replace(b"utf-8", b"utf-16"))),
        "ok:85.00",
    ),
    "a character set with an endless name": (
        always(http(result("ok:85.00").replace(b"utf-8", b"x" * 100_000))),
        "ok:85.00",
    ),
}
FRAMES: dict[str, tuple[Script, str]] = {
    "a length too small": (always(http(result("ok:85.00"), length=100)), "not_soap"),
    "a length too great": (closing(http(result("ok:85.00"), length=9_000)), "ok:85.00"),
    "two lengths": (
        always(http(result("ok:85.00"), headers=("Content-Length: 5",))),
        "bad_http",
    ),
    "a length below zero": (always(HEAD + b"Content-Length: -5\r\n\r\nhello"), "bad_http"),
    "a length of 5,000 digits": (
        always(HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n"),
        "too_large",
    ),
    "a length beyond all memory": (
        always(HEAD + b"Content-Length: 18446744073709551614\r\n\r\n"),
        "too_large",
    ),
    "a length and chunks": (
        always(http(b"0\r\n\r\n", headers=("Transfer-Encoding: chunked",))),
        "not_soap",
    ),
    "a chunk below zero": (closing(CHUNKED + b"-1\r\nx\r\n"), "bad_http"),
    "a chunk beyond all memory": (closing(CHUNKED + b"F" * 20 + b"\r\nx"), "bad_http"),
    "no HTTP, but the answer": (closing(result("ok:85.00")), "bad_http"),
    "the preface of HTTP/2": (closing(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "bad_http"),
    "the settings of HTTP/2": (closing(b"\0\0\0\4\0\0\0\0\0"), "bad_http"),
    "a version nobody knows": (closing(with_status("HTTP/1.9 200 OK")), "ok:85.00"),
    "HTTP/1.0": (closing(with_status("HTTP/1.0 200 OK")), "ok:85.00"),
    "204": (always(b"HTTP/1.1 204 No Content\r\n\r\n"), "http_status"),
    "204 with a body": (always(with_status("HTTP/1.1 204 No Content")), "http_status"),
    "304 with a body": (always(with_status("HTTP/1.1 304 Not Modified")), "redirected"),
    "101": (always(b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), "http_status"),
    "an interim reply first": (always(b"HTTP/1.1 100 Continue\r\n\r\n" + OK), "ok:85.00"),
    "a status of four digits": (always(with_status("HTTP/1.1 1000 OK")), "bad_http"),
    "a reason with accents in Latin-1": (always(with_status("HTTP/1.1 200 Não há")), "ok:85.00"),
    "no reason": (always(with_status("HTTP/1.1 200")), "ok:85.00"),
    "a NUL in a field": (always(http(result("ok:85.00"), headers=("X-A: \0",))), "ok:85.00"),
    "a field within a field": (
        always(http(result("ok:85.00"), headers=("X-A: a\rSet-Cookie: b",))),
        "ok:85.00",
    ),
    "a field without a colon": (always(http(headers=("canary",))), "not_soap"),
    "a redirection to another host": (
        always(http(status="308 Moved", headers=("Location: https://gateway.invalid/",))),
        "redirected",
    ),
    "an encoding that is none": (
        always(http(result("ok:85.00"), headers=("Content-Encoding: gzip",))),
        "ok:85.00",
    ),
    "another reply behind it": (always(OK + http(result("023"))), "ok:85.00"),
}


@asynccontextmanager
async def watched_loop() -> AsyncIterator[Callable[[], float]]:
    """The longest time without another turn of the event loop, in seconds of work."""
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.001)
            longest = max(longest, time.thread_time() - began)

    ticking = asyncio.create_task(tick())
    try:
        yield lambda: longest
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking


ROWS = FLOODS | DOCUMENTS | FRAMES


@pytest.mark.parametrize(("script", "outcome"), ROWS.values(), ids=ROWS.keys())
async def test_a_hostile_reply_is_an_answer_or_a_typed_error(script: Script, outcome: str) -> None:
    """Immediately, without a retry, and without blocking the event loop."""
    clock = asyncio.get_running_loop().time
    async with (
        serving(script) as server,
        client_of(server.url, timeout_seconds=DEADLINE) as client,
        watched_loop() as longest,
    ):
        began = clock()
        try:
            received = (await call_status_of(client)).raw
        except GatewayError as error:
            received = error.code
        assert clock() - began < DEADLINE
        assert longest() < STALL_SECONDS
    assert received == outcome or (outcome == "*" and ":" not in received)
    assert len(server.requests) == 1


# --- unsolicited replies -------------------------------------------------------------------------


async def two_at_once(exchange: Exchange) -> None:
    """Send the head first and then, in one go, the body and another reply."""
    head, _, body = http(result("024")).partition(b"\r\n\r\n")
    await exchange.send(head + b"\r\n\r\n")
    await asyncio.sleep(0.05)
    await exchange.send(body + http(result("ok:1.00")))


async def another_later(exchange: Exchange) -> None:
    """Send a second reply when the first has been read."""
    await exchange.send(http(result("024")))
    await asyncio.sleep(0.05)
    await exchange.send(http(result("ok:1.00")))


async def a_word_later(exchange: Exchange) -> None:
    """Send bytes that are not a reply after the first request was read."""
    await exchange.send(http(result("024")))
    await asyncio.sleep(0.05)
    await exchange.send(b"\r\n")


async def half_at_once(exchange: Exchange) -> None:
    """Send the body and half of another reply in one go, and the rest of it later."""
    head, _, body = http(result("024")).partition(b"\r\n\r\n")
    await exchange.send(head + b"\r\n\r\n")
    await asyncio.sleep(0.05)
    await exchange.send(body + http(result("ok:1.00"))[:20])
    await asyncio.sleep(0.05)
    await exchange.send(http(result("ok:1.00"))[20:])


@pytest.mark.parametrize(
    "script",
    [
        always(http(result("024")) + http(result("ok:1.00"))),
        two_at_once,
        another_later,
        a_word_later,
        half_at_once,
    ],
)
async def test_a_reply_that_nobody_asked_for_answers_nobody(script: Script) -> None:
    """It would answer the next agent with another call, so its connection is not reused."""
    good = always(http(result("023")))
    async with serving(first(script, good)) as server, client_of(server.url) as client:
        one, two, three = ids(3)
        assert (await call_status_of(client, one)).raw == "024"
        await asyncio.sleep(0.2)
        assert (await call_status_of(client, two)).raw == "023"
        assert (await call_status_of(client, three)).raw == "023"
    assert (server.connections, len(server.requests)) == (2, 3)


# --- any bytes -----------------------------------------------------------------------------------

pieces = st.sampled_from(
    [
        OK,
        HEAD,
        CHUNKED,
        b"\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 N\xe3o\r\n",
        b"Content-Length: 5\r\n",
        b"Retry-After: \xff\r\n",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        result("ok:85.00"),
    ]
)


@given(st.lists(pieces | st.binary(max_size=20), max_size=6).map(b"".join))
def test_any_bytes_on_the_socket_give_an_answer_or_an_error_of_ours(sent: bytes) -> None:
    """Every possible reply of a server raises only our own tree."""

    async def ask() -> None:
        async with (
            serving(closing(sent)) as server,
            client_of(server.url, timeout_seconds=0.5) as client,
        ):
            with suppress(GatewayError):
                assert (await call_status_of(client)).raw

    asyncio.run(ask())


async def test_what_a_server_asks_for_reaches_the_error() -> None:
    """For how long it wants to be left alone."""
    reply = http(status="503 Unavailable", headers=("Retry-After: 7",))
    async with serving(always(reply)) as server, client_of(server.url) as client:
        with pytest.raises(GatewayUnavailable) as caught:
            await status_of(client)
    assert caught.value.retry_after == 7.0
