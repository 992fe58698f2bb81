"""Data that arrives between two steps of the event loop, fed to a connection by the test."""

from __future__ import annotations

import asyncio
import gc
import io
import time
import tracemalloc
from dataclasses import replace
from typing import Any, cast

from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.fake_slack.people.delivery import sign
from bot.web.connections import Connection, Connections
from bot.web.slack_endpoint import SlackEndpoint
from tests.web.clients import PATIENCE, STEADY


class Wire(asyncio.Transport):
    """A transport that records what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.aborted = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Record the data."""
        self.sent += data

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.aborted.is_set()

    def close(self) -> None:
        """Like `abort`: there is nothing to flush."""
        self.aborted.set()

    def abort(self) -> None:
        """Close it."""
        self.aborted.set()

    def pause_reading(self) -> None:
        """Do nothing: the test decides what is read."""

    def resume_reading(self) -> None:
        """Do nothing."""


def connected(head: float = PATIENCE) -> tuple[Connection, Wire]:
    """A connection to a server that answers with the number of bytes received."""

    async def count(request: web.BaseRequest) -> web.Response:
        if request.path == "/so-far":
            return web.Response(text=f"{request.content.total_bytes} so far" + "." * 2**20)
        return web.Response(text=f"{len(await request.read())} came")

    return connected_to(web.Server(count), head)


def connected_to(server: web.Server, head: float = PATIENCE) -> tuple[Connection, Wire]:
    """A connection to a server."""
    connections = Connections(
        server,
        most=10,
        bodies=10**7,
        timing=replace(STEADY, head=head, idle=100 * PATIENCE),
    )
    connection, wire = connections.new(), Wire()
    connection.connection_made(wire)
    return connection, wire


async def settled(wire: Wire, text: bytes) -> None:
    """Wait until the server has written this text."""
    async with asyncio.timeout(PATIENCE):
        while text not in wire.sent:  # noqa: ASYNC110 - asks what other tasks change
            await asyncio.sleep(0.001)


async def test_a_body_may_arrive_before_the_head_is_handled() -> None:
    """It is stored in order, and none of it is lost."""
    connection, wire = connected()
    await asyncio.sleep(0)
    connection.data_received(b"POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 7\r\n\r\nx")
    connection.data_received(b"xxx")
    connection.data_received(b"xxx" + b"GET / HTTP/1.1\r\nHost: b\r\n\r\n")

    await settled(wire, b"7 came")
    await settled(wire, b"0 came")
    connection.connection_lost(None)


async def test_malformed_http_is_refused_once_and_dropped(log: io.StringIO) -> None:
    """One refusal, and the rest is dropped."""
    connection, wire = connected()
    await asyncio.sleep(0)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(5):
            connection.data_received(b"\x01" * 100_000)
        await settled(wire, b'"form"')
        connection.connection_lost(None)
        del connection
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()

    assert 1 == log.getvalue().count("request refused")
    assert held < 100_000


async def test_an_unhandled_head_has_a_deadline() -> None:
    """A client that reads no answers cannot extend the deadline with more requests."""
    connection, wire = connected(head=0.05)
    await asyncio.sleep(0)
    connection.pause_writing()
    connection.data_received(b"GET /so-far HTTP/1.1\r\nHost: b\r\n\r\n")
    await settled(wire, b"so far")
    connection.data_received(b"GET / HTTP/1.1\r\nHost: b\r\n\r\n")

    async with asyncio.timeout(PATIENCE):
        await wire.aborted.wait()
    connection.connection_lost(None)


async def test_a_client_that_reads_no_refusal_is_closed() -> None:
    """After an answer before the body, neither the body nor the client's reading is awaited."""
    connection, wire = connected()
    await asyncio.sleep(0)
    connection.pause_writing()
    connection.data_received(b"POST /so-far HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n\r\n")

    async with asyncio.timeout(PATIENCE):
        await wire.aborted.wait()
    connection.connection_lost(None)


async def test_tiny_chunks_are_not_parsed_before_the_head_is_checked() -> None:
    """A chunk costs far more than its byte."""
    connection, wire = connected()
    await asyncio.sleep(0)
    head = b"POST /so-far HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.data_received(head + b"1\r\nx\r\n" * 5000)

    await settled(wire, b" so far")
    so_far = wire.sent.partition(b" so far")[0].rpartition(b"\n")[2]
    assert int(so_far) < 500
    connection.connection_lost(None)


async def test_a_disconnect_before_the_head_is_handled_is_no_error(log: io.StringIO) -> None:
    """The body is not awaited."""
    endpoint = SlackEndpoint(cast("AsyncApp", None), "secret")
    connection, _ = connected_to(web.Server(cast("Any", endpoint.handle)))
    await asyncio.sleep(0)
    signed = sign("secret", int(time.time()), b"")
    fields = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    connection.data_received(
        f"POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n{fields}\r\n".encode()
    )
    await asyncio.sleep(0)
    connection.connection_lost(None)
    async with asyncio.timeout(PATIENCE):
        while '"gone"' not in log.getvalue():  # noqa: ASYNC110 - asks what other tasks change
            await asyncio.sleep(0.001)

    assert '"level": "error"' not in log.getvalue()


async def test_all_unfinished_bytes_are_counted_once() -> None:
    """What arrives adds to the sum; what is answered, dropped or gone leaves it."""

    async def count(request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"{len(await request.read())} came")

    connections = Connections(web.Server(count), most=10, bodies=10**7, timing=STEADY)
    whole, dropped, gone = (connections.new() for _ in range(3))
    wires = [Wire(), Wire(), Wire()]
    for connection, wire in zip((whole, dropped, gone), wires, strict=True):
        connection.connection_made(wire)
    await asyncio.sleep(0)
    head = b"POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\n\r\n"
    for connection in (whole, dropped, gone):
        connection.data_received(head)
        connection.data_received(b"xx")
    assert 3 * (len(head) + 2) == connections.held

    whole.data_received(b"xx")
    await settled(wires[0], b"4 came")
    assert 2 * (len(head) + 2) == connections.held
    dropped.drop()
    assert len(head) + 2 == connections.held
    gone.connection_lost(None)
    assert 0 == connections.held
    for connection in (whole, dropped):
        connection.connection_lost(None)
    assert (0, set()) == (connections.held, connections.open)
