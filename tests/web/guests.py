"""A small server within bounds, and those who connect to it over real sockets."""

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

# Long enough for any machine; whoever waits for it has found something broken.
PATIENCE = 20.0
# Nobody is too late, and nobody is new.
STEADY = Timing(head=PATIENCE, body=PATIENCE, idle=PATIENCE, newcomer=0.0, linger=0.1)
GET = b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: bo"


@dataclass(kw_only=True)
class Guest:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send it; the system takes it, whoever reads."""
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE):
            await self.writer.drain()

    async def status(self) -> int:
        """The status of the next answer, which is read in full."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
            await self.reader.readexactly(int(length or 0))
        return int(head.split(" ", 2)[1])

    async def rest(self) -> bytes:
        """What still comes until the other side ends the connection; a reset ends it too."""
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
class House:
    """The server; what is posted to `/held` is answered when it may be."""

    port: int = 0
    begun: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    poured: asyncio.Queue[Connection] = field(default_factory=asyncio.Queue)
    guests: list[Guest] = field(default_factory=list)

    async def guest(self, sent: bytes = b"") -> Guest:
        """Somebody who connects and sends something."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        guest = Guest(reader=reader, writer=writer)
        self.guests.append(guest)
        await guest.send(sent)
        return guest

    async def answer(self, _: web.Request) -> web.Response:
        """At once."""
        return web.Response(text="here")

    async def take(self, request: web.Request) -> web.Response:
        """When the body is there."""
        return web.Response(text=str(len(await request.read())))

    async def hold(self, request: web.Request) -> web.Response:
        """When it may be; as if Slack had signed the request."""
        connection_of(request).trust()
        self.begun.put_nowait(None)
        await self.may_answer.wait()
        return web.Response(text="held")

    async def think(self, request: web.Request) -> web.Response:
        """When it may be, of a request that anybody could have sent."""
        await request.read()
        self.begun.put_nowait(None)
        await self.may_answer.wait()
        return web.Response(text="thought")

    async def pour(self, request: web.Request) -> web.Response:
        """More than the systems on the way keep for somebody who does not read."""
        self.poured.put_nowait(connection_of(request))
        return web.Response(body=bytes(32 * 2**20))


@asynccontextmanager
async def open_house(timing: Timing = STEADY, **bounds: Any) -> AsyncIterator[House]:
    """Serve while the block runs; further arguments as for `serving`."""
    house = House()
    app = web.Application()
    app.router.add_get("/", house.answer)
    app.router.add_post("/", house.take)
    app.router.add_get("/held", house.hold)
    app.router.add_get("/poured", house.pour)
    app.router.add_route("*", "/thought", house.think)
    async with serving(app, host="127.0.0.1", port=0, timing=timing, **bounds) as port:
        house.port = port
        try:
            yield house
        finally:
            house.may_answer.set()
            for guest in house.guests:
                guest.writer.transport.abort()
