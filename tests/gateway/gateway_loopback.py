"""Raw servers on loopback for the gateway's tests: they send whatever a test scripts."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.domain.call_status import Answer, CallStatus
from bot.domain.gate import RateLimits, Urgency
from bot.domain.input.message_id import MessageId
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient, open_gateway
from bot.gateway.protocol.errors import GatewayError
from bot.gateway.protocol.soap import Account, RequestForm, SoapVersion

MOMENT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CREDENTIAL = "C4NARY0000000000000000000000000000000000"
TOKEN = "T0KEN1"
ONE_ID = MessageId("MPG000000000001")


def envelope(content: str, *, uri: str = "http://schemas.xmlsoap.org/soap/envelope/") -> bytes:
    """A SOAP envelope around the content of its body."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<soap:Envelope xmlns:soap="{uri}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soap:Body>{content}</soap:Body></soap:Envelope>"
    ).encode()


def result(text: str) -> bytes:
    """The reply of the operation with a result text (already XML)."""
    return envelope(
        '<MPG_Status_VoiceResponse xmlns="PWGatewayVoice">'
        f"<MPG_Status_VoiceResult>{text}</MPG_Status_VoiceResult></MPG_Status_VoiceResponse>"
    )


def http(
    body: bytes = b"",
    status: str = "200 OK",
    *,
    content_type: str = "text/xml; charset=utf-8",
    headers: tuple[str, ...] = (),
    length: int | None = None,
) -> bytes:
    """A whole HTTP reply; `length` lets its Content-Length lie."""
    announced = len(body) if length is None else length
    lines = (
        f"HTTP/1.1 {status}",
        f"Content-Type: {content_type}",
        f"Content-Length: {announced}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


OK = http(result("ok:85.00"))


@dataclass(frozen=True, kw_only=True)
class Request:
    """A client's request."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class Exchange:
    """One request and the socket to answer it on."""

    request: Request
    writer: asyncio.StreamWriter
    number: int

    async def send(self, data: bytes) -> None:
        """Send bytes now."""
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        """End the connection in good order."""
        self.writer.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Exchange], Awaitable[None]]


@dataclass(kw_only=True)
class Server:
    """A running server and its requests."""

    url: str
    port: int
    connections: int = 0
    requests: list[Request] = field(default_factory=list)


def always(reply: bytes) -> Script:
    """A script that gives every request the same reply."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(reply)

    return script


def ids(count: int) -> list[MessageId]:
    """This many different IDMSG."""
    return [MessageId(f"MPG{number:012}") for number in range(count)]


def after(pause: float, reply: bytes = OK) -> Script:
    """A script that lets the asker wait, in seconds."""

    async def script(exchange: Exchange) -> None:
        await asyncio.sleep(pause)
        await exchange.send(reply)

    return script


def first(*scripts: Script) -> Script:
    """A script with one action per request; further requests get the last one."""

    async def script(exchange: Exchange) -> None:
        await scripts[min(exchange.number, len(scripts)) - 1](exchange)

    return script


async def silence(exchange: Exchange) -> None:
    """Close without a word."""
    exchange.close()


async def reset_in_the_body(exchange: Exchange) -> None:
    """Send half of the reply, then reset."""
    await exchange.send(OK[:-40])
    await asyncio.sleep(0.02)
    exchange.reset()


async def hang(_: Exchange) -> None:
    """Never answer."""
    await asyncio.sleep(60)


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read one request from the socket.

    Raises:
        EOFError: the client closed the connection (`asyncio.IncompleteReadError`).
    """
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(line=head[0], headers=headers, body=body)


@asynccontextmanager
async def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Run a persistent-connection server that plays the script for each request."""
    tasks: set[asyncio.Task[None] | None] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        server.connections += 1
        with suppress(EOFError, ConnectionError, asyncio.CancelledError):
            while not writer.is_closing():
                request = await read_request(reader)
                server.requests.append(request)
                await script(Exchange(request=request, writer=writer, number=len(server.requests)))
        writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    port: int = listening.sockets[0].getsockname()[1]
    scheme = "https" if tls else "http"
    server = Server(url=f"{scheme}://127.0.0.1:{port}/voice/v_3_00/service.asmx", port=port)
    try:
        yield server
    finally:
        listening.close()
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def client_of(
    url: str,
    *,
    timeout_seconds: float = 5.0,
    requests_per_second: float = 10_000.0,
    max_concurrency: int = 20,
    soap_version: str = "1.1",
    proxy: str | None = None,
    ca_file: str | None = None,
    now: Callable[[], datetime] = lambda: MOMENT,
    timing: Timing = Timing(),
) -> AsyncIterator[GatewayClient]:
    """A gateway client with the canary's keys and an irrelevant rate limit."""
    async with open_gateway(
        url=url,
        account=Account(CREDENTIAL, TOKEN),
        version=SoapVersion(soap_version),
        timeout_seconds=timeout_seconds,
        limits=RateLimits(requests_per_second=requests_per_second, max_concurrency=max_concurrency),
        proxy=proxy,
        ca_file=ca_file,
        now=now,
        timing=timing,
    ) as client:
        yield client


async def status_of(
    client: GatewayClient, message_id: MessageId = ONE_ID, urgency: Urgency = Urgency.PERSON
) -> Answer:
    """The status that a look-up returned.

    Raises:
        GatewayError: the look-up failed; the value that says why.
    """
    found = await client.status(message_id, urgency=urgency)
    if isinstance(found, GatewayError):
        raise found
    return found


async def call_status_of(client: GatewayClient, message_id: MessageId = ONE_ID) -> CallStatus:
    """The gateway's answer about the call.

    Raises:
        GatewayError: the look-up failed.
    """
    finding = (await status_of(client, message_id)).finding
    assert isinstance(finding, CallStatus)
    return finding


def one_form() -> RequestForm:
    """The form of the client's requests."""
    return RequestForm(SoapVersion.V1_1, Account(CREDENTIAL, TOKEN))


def one_request() -> bytes:
    """The body of a request as the client would send it."""
    return one_form().fill(ONE_ID)


def free_port() -> int:
    """A loopback port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
