"""The wire against raw servers on loopback that do all that a server should not."""

from __future__ import annotations

import asyncio
import gzip
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot import __version__
from bot.gateway.http.connector import MAX_REPLY_BYTES
from bot.gateway.http.transport import Transport, open_transport
from bot.gateway.protocol.errors import (
    BadEncoding,
    BadHttp,
    ConnectionLost,
    ConnectionRefused,
    GatewayError,
    NameNotResolved,
    ProxyFailed,
    TlsFailed,
    TooLarge,
)
from bot.gateway.protocol.soap import HttpReply
from tests.gateway.gateway_loopback import (
    CREDENTIAL,
    OK,
    TOKEN,
    Exchange,
    Script,
    Server,
    always,
    free_port,
    http,
    one_form,
    one_request,
    result,
    serving,
)


@asynccontextmanager
async def facing(script: Script) -> AsyncIterator[tuple[Transport, Server]]:
    """A transport and the server that it talks to."""
    async with (
        serving(script) as server,
        open_transport(server.url, connections=4, headers=one_form().headers) as transport,
    ):
        yield transport, server


def assert_discreet(error: BaseException) -> None:
    """Neither the error nor anything it refers to shows a key or contains the request."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert CREDENTIAL not in shown
    assert TOKEN not in shown
    assert error.__cause__ is None
    assert error.__context__ is None


async def test_a_request_goes_out_whole() -> None:
    """One POST with its length, not chunked, without a requested encoding and with our name."""
    async with facing(always(OK)) as (transport, server):
        await transport.exchange(one_request())
    request = server.requests[0]
    assert request.line == "POST /voice/v_3_00/service.asmx HTTP/1.1"
    assert request.body == one_request()
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": f"voicestatus/{__version__}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "content-type": "text/xml; charset=utf-8",
        "soapaction": '"PWGatewayVoice/MPG_Status_Voice"',
        "content-length": str(len(request.body)),
    }


async def test_a_reply_comes_back_as_it_is() -> None:
    """Status, content type and bytes, without interpretation."""
    async with facing(always(http(b"<h1>", "418 Teapot", content_type="text/html"))) as (
        transport,
        _,
    ):
        reply = await transport.exchange(one_request())
    assert reply == HttpReply(http_status=418, content_type="text/html", content=b"<h1>")
    assert "<h1>" not in repr(reply)


async def test_a_reply_without_a_content_type_has_an_empty_one() -> None:
    """The header is optional; so is a Content-Length if the connection ends the body."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody")
        exchange.close()

    async with facing(script) as (transport, _):
        reply = await transport.exchange(one_request())
    assert reply == HttpReply(http_status=200, content_type="", content=b"body")


@pytest.mark.parametrize(("header", "expected"), [("1", True), ("0", False), ("yes", False)])
async def test_the_sandbox_is_recognised(header: str, expected: bool) -> None:
    """Cards mark an answer that is not about a real call."""
    reply = http(result("024"), headers=(f"X-Voicestatus-Sandbox: {header}",))
    async with facing(always(reply)) as (transport, _):
        assert expected == (await transport.exchange(one_request())).sandbox


async def silence(exchange: Exchange) -> None:
    """Close without a word."""
    exchange.close()


async def reset(exchange: Exchange) -> None:
    """Reset without a word."""
    exchange.reset()


async def reset_in_the_body(exchange: Exchange) -> None:
    """Send half of the reply, then reset."""
    await exchange.send(OK[:-40])
    await asyncio.sleep(0.02)
    exchange.reset()


async def cut_off(exchange: Exchange) -> None:
    """Promise more than is sent."""
    await exchange.send(http(result("ok:85.00"), length=10_000))
    exchange.close()


async def cut_off_in_a_chunk(exchange: Exchange) -> None:
    """Promise a longer chunk than is sent."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nok")
    exchange.close()


async def whole_with_a_length_too_great(exchange: Exchange) -> None:
    """Send a whole body, and promise more."""
    await exchange.send(http(b"canary", length=10_000))
    exchange.close()


async def whole_without_the_last_chunk(exchange: Exchange) -> None:
    """Send a whole body in a chunk, and no end of the chunks."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ncanary\r\n")
    exchange.close()


async def bad_chunk(exchange: Exchange) -> None:
    """Send a chunk with an invalid length."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nXYZ\r\ncanary\r\n")
    exchange.close()


async def bad_chunk_later(exchange: Exchange) -> None:
    """Break the chunking after the first chunk, and leave the connection open."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ncanary\r\n")
    await asyncio.sleep(0.02)
    await exchange.send(b"XYZ\r\n")
    await asyncio.sleep(60)


async def no_http(exchange: Exchange) -> None:
    """Use another protocol."""
    await exchange.send(b"SSH-2.0-canary\r\n\r\n")
    exchange.close()


async def endless_header(exchange: Exchange) -> None:
    """Send a header line longer than any reader takes."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nX-A: " + b"canary" * 20_000 + b"\r\n\r\n")


FAULTS: list[tuple[Script, type[GatewayError]]] = [
    (silence, ConnectionLost),
    (reset, ConnectionLost),
    (bad_chunk, BadHttp),
    (no_http, BadHttp),
    (endless_header, TooLarge),
]


@pytest.mark.parametrize(("script", "expected"), FAULTS)
async def test_a_fault_of_the_connection_has_its_error(
    script: Script, expected: type[GatewayError]
) -> None:
    """Each behaviour of a server becomes one class of ours, without a trace of the keys."""
    async with facing(script) as (transport, _):
        with pytest.raises(expected) as caught:
            await transport.exchange(one_request())
    assert type(caught.value) is expected
    assert "canary" not in str(caught.value)
    assert_discreet(caught.value)


CUT: list[tuple[Script, bytes]] = [
    (reset_in_the_body, result("ok:85.00")[:-40]),
    (cut_off, result("ok:85.00")),
    (cut_off_in_a_chunk, b"ok"),
    (whole_with_a_length_too_great, b"canary"),
    (whole_without_the_last_chunk, b"canary"),
]


@pytest.mark.parametrize(("script", "content"), CUT)
async def test_what_came_before_the_line_broke_is_kept(script: Script, content: bytes) -> None:
    """It may be a whole answer; and since an answer had started, it must not be requested again."""
    async with facing(script) as (transport, _):
        reply = await transport.exchange(one_request())
    assert (200, content) == (reply.http_status, reply.content)
    assert type(reply.cut_by) is ConnectionLost
    assert not reply.cut_by.retryable
    assert "canary" not in repr(reply)
    assert_discreet(reply.cut_by)


async def test_what_came_before_the_form_broke_is_kept() -> None:
    """Immediately: the look-up does not wait for the rest until the deadline."""
    async with asyncio.timeout(5), facing(bad_chunk_later) as (transport, _):
        reply = await transport.exchange(one_request())
    assert (200, b"canary") == (reply.http_status, reply.content)
    assert type(reply.cut_by) is BadHttp
    assert not reply.cut_by.retryable
    assert_discreet(reply.cut_by)


async def test_a_port_without_a_listener_refuses() -> None:
    """The gateway is down, or the port is wrong."""
    async with open_transport(f"http://127.0.0.1:{free_port()}/", connections=1) as transport:
        with pytest.raises(ConnectionRefused) as caught:
            await transport.exchange(one_request())
    assert_discreet(caught.value)


async def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver is the system's; here it resolves nothing, because tests use no name server."""

    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    async with open_transport("http://gateway.invalid/", connections=1) as transport:
        with pytest.raises(NameNotResolved) as caught:
            await transport.exchange(one_request())
    assert_discreet(caught.value)


async def test_tls_against_a_server_that_speaks_none() -> None:
    """An https address of a plain port; the server answers the handshake with words."""

    async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        async with open_transport(f"https://127.0.0.1:{port}/", connections=1) as transport:
            with pytest.raises(TlsFailed) as caught:
                await transport.exchange(one_request())
    assert_discreet(caught.value)


async def test_a_reply_that_says_it_is_too_long_is_not_read() -> None:
    """A Content-Length above the limit is believed; no byte of the body is awaited."""
    head = http(length=MAX_REPLY_BYTES + 1)
    async with asyncio.timeout(5), facing(always(head)) as (transport, _):
        with pytest.raises(TooLarge) as caught:
            await transport.exchange(one_request())
    assert_discreet(caught.value)


async def test_a_reply_that_goes_on_too_long_is_cut() -> None:
    """Two million bytes in chunks: reading stops at the limit."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(2_000):
            await exchange.send(b"3e8\r\n" + b"x" * 1_000 + b"\r\n")
        await exchange.send(b"0\r\n\r\n")

    async with facing(script) as (transport, _):
        with pytest.raises(TooLarge):
            await transport.exchange(one_request())


async def test_a_reply_of_the_greatest_length_is_read() -> None:
    """The limit itself is allowed."""
    async with facing(always(http(b"x" * MAX_REPLY_BYTES))) as (transport, _):
        assert len((await transport.exchange(one_request())).content) == MAX_REPLY_BYTES


@pytest.mark.parametrize("encoding", ["gzip", "X-GZIP", "identity, gzip"])
async def test_a_compressed_reply_is_unpacked(encoding: str) -> None:
    """Although it was not requested."""
    reply = http(gzip.compress(b"<a/>"), headers=(f"Content-Encoding: {encoding}",))
    async with facing(always(reply)) as (transport, _):
        assert b"<a/>" == (await transport.exchange(one_request())).content


async def test_a_compressed_reply_is_unpacked_within_the_limit() -> None:
    """A few kilobytes could unfold to any size."""
    reply = http(gzip.compress(b"<" * (MAX_REPLY_BYTES + 1)), headers=("Content-Encoding: gzip",))
    async with facing(always(reply)) as (transport, _):
        with pytest.raises(TooLarge):
            await transport.exchange(one_request())


async def test_a_reply_that_cannot_be_unpacked_says_so() -> None:
    """Its status still counts, so it is a reply with an error of its body."""
    reply = http(b"\x8b\x02\x80", "503 Busy", headers=("Content-Encoding: br",))
    async with facing(always(reply)) as (transport, _):
        received = await transport.exchange(one_request())
    assert (503, b"") == (received.http_status, received.content)
    assert isinstance(received.cut_by, BadEncoding)
    assert "br" == received.cut_by.fact


async def test_what_came_of_a_compressed_reply_is_kept() -> None:
    """The broken connection is the error, not the compression that it broke off."""
    packed = gzip.compress(b"<a/>" * 1_000)

    async def script(exchange: Exchange) -> None:
        await exchange.send(
            http(packed[:-12], length=len(packed), headers=("Content-Encoding: gzip",))
        )
        exchange.close()

    async with facing(script) as (transport, _):
        received = await transport.exchange(one_request())
    assert received.content.startswith(b"<a/><a/>")
    assert isinstance(received.cut_by, ConnectionLost)


async def test_a_broken_connection_counts_before_a_damaged_compression() -> None:
    """It is the reason of the damage."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(http(b"\x8b", length=9, headers=("Content-Encoding: br",)))
        exchange.close()

    async with facing(script) as (transport, _):
        received = await transport.exchange(one_request())
    assert isinstance(received.cut_by, ConnectionLost)


async def test_a_reply_that_says_it_is_not_encoded_is_read() -> None:
    """`identity` should not be sent, but is harmless."""
    async with facing(always(http(b"x", headers=("Content-Encoding: Identity",)))) as (t, _):
        assert (await t.exchange(one_request())).content == b"x"


async def test_a_redirection_is_not_followed() -> None:
    """The keys would be sent to the new address."""
    async with serving(always(OK)) as trap:
        away = http(status="307 Temporary Redirect", headers=(f"Location: {trap.url}",))
        async with facing(always(away)) as (transport, _):
            reply = await transport.exchange(one_request())
    assert (reply.http_status, trap.connections) == (307, 0)


async def test_no_cookie_is_kept() -> None:
    """Neither httpx's jar nor aiohttp's gives a cookie back."""
    async with facing(always(http(headers=("Set-Cookie: session=canary; Path=/",)))) as (t, server):
        await t.exchange(one_request())
        await t.exchange(one_request())
    assert [request.headers.get("cookie") for request in server.requests] == [None, None]


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the setting names a proxy: a stray variable must not redirect the keys."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    async with facing(always(OK)) as (transport, _):
        assert (await transport.exchange(one_request())).http_status == 200


async def test_a_proxys_refusal_is_the_proxys() -> None:
    """407 comes from a proxy, with or without one in our settings."""
    async with facing(always(http(status="407 Proxy Authentication Required"))) as (transport, _):
        with pytest.raises(ProxyFailed):
            await transport.exchange(one_request())


NO_ADDRESS = ["canary", "//canary", "ftp://canary/", "http://", "http://canary:port/", "\x00"]


@pytest.mark.parametrize("url", ["", *NO_ADDRESS])
async def test_an_address_that_is_none_is_refused_unquoted(url: str) -> None:
    """The message names the setting and omits the value."""
    with pytest.raises(ValueError, match="address") as caught:
        await open_transport(url, connections=1).__aenter__()
    assert str(caught.value) == "the gateway's address is no http or https URL"


@pytest.mark.parametrize("proxy", NO_ADDRESS)
async def test_a_proxys_address_that_is_none_is_refused_unquoted(proxy: str) -> None:
    """It may contain a password."""
    opening = open_transport("http://127.0.0.1/", connections=1, proxy=proxy)
    with pytest.raises(ValueError, match="address") as caught:
        await opening.__aenter__()
    assert str(caught.value) == "the proxy's address is no http or https URL"
