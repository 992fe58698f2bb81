"""A small server with limits, and clients that connect to it over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.domain.timing import Timing
from bot.web.connections import Connection, connection_of
from bot.web.server import serving

# Long enough for any machine; a test that waits this long has failed.
PATIENCE = 20.0
# No deadline expires, and no connection counts as a newcomer.
STEADY = Timing(head=PATIENCE, body=PATIENCE, idle=PATIENCE, newcomer=0.0, linger=0.1)
GET = b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: bo"


@dataclass(kw_only=True)
class Client:
    """A client's connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send data; it goes into the kernel's buffers, whether or not the server reads it."""
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE):
            await self.writer.drain()

    async def status(self) -> int:
        """Read the next answer in full; returns its status."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
            await self.reader.readexactly(int(length or 0))
        return int(head.split(" ", 2)[1])

    async def rest(self) -> bytes:
        """Read until the server closes or resets the connection."""
        data = b""
        async with asyncio.timeout(PATIENCE):
            try:
                while more := await self.reader.read(2**16):
                    data += more
            except ConnectionError:
                pass
        return data

    async def ask(self) -> int:
        """Send a request and read its answer."""
        await self.send(GET)
        return await self.status()


@dataclass(kw_only=True)
class SmallServer:
    """The server; `/held` and `/thought` are answered once `may_answer` is set."""

    port: int = 0
    begun: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    poured: asyncio.Queue[Connection] = field(default_factory=asyncio.Queue)
    clients: list[Client] = field(default_factory=list)

    async def client(self, sent: bytes = b"") -> Client:
        """A new client that sends some data."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        client = Client(reader=reader, writer=writer)
        self.clients.append(client)
        await client.send(sent)
        return client

    async def answer(self, _: web.Request) -> web.Response:
        """Answer immediately."""
        return web.Response(text="here")

    async def take(self, request: web.Request) -> web.Response:
        """Answer once the body has arrived."""
        return web.Response(text=str(len(await request.read())))

    async def hold(self, request: web.Request) -> web.Response:
        """Answer when allowed, and treat the request as signed by Slack."""
        connection_of(request).trust()
        self.begun.put_nowait(None)
        await self.may_answer.wait()
        return web.Response(text="held")

    async def think(self, request: web.Request) -> web.Response:
        """Answer when allowed, and treat the request as unsigned."""
        await request.read()
        self.begun.put_nowait(None)
        await self.may_answer.wait()
        return web.Response(text="thought")

    async def pour(self, request: web.Request) -> web.Response:
        """Answer with more than the kernel buffers for a client that does not read."""
        self.poured.put_nowait(connection_of(request))
        return web.Response(body=bytes(32 * 2**20))


@asynccontextmanager
async def running_server(timing: Timing = STEADY, **bounds: Any) -> AsyncIterator[SmallServer]:
    """Run the server while the block runs; further arguments as for `serving`."""
    server = SmallServer()
    app = web.Application()
    app.router.add_get("/", server.answer)
    app.router.add_post("/", server.take)
    app.router.add_get("/held", server.hold)
    app.router.add_get("/poured", server.pour)
    app.router.add_route("*", "/thought", server.think)
    async with serving(app, host="127.0.0.1", port=0, timing=timing, **bounds) as port:
        server.port = port
        try:
            yield server
        finally:
            server.may_answer.set()
            for client in server.clients:
                client.writer.transport.abort()
