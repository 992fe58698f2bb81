"""A line to a server that can be cut: a TCP proxy on 127.0.0.1."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class CutLine:
    """While it is cut, what was open is closed and what comes is closed at once.

    While it is held, nothing comes through, and nobody hears of that.
    """

    target: int
    port: int = 0
    is_cut: bool = False
    writers: set[StreamWriter] = field(default_factory=set)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    def hold(self) -> None:
        """Let nothing through."""
        self.open.clear()

    def cut(self) -> None:
        """Take the server away."""
        self.is_cut = True
        for writer in self.writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Give it back."""
        self.is_cut = False

    async def carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Carry one connection."""
        if self.is_cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        ends = {writer, back}
        self.writers |= ends
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        self.writers -= ends

    async def _pump(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self.open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def cut_line(target: int) -> AsyncIterator[CutLine]:
    """A line to a port of this machine."""
    line = CutLine(target)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        line.cut()
        line.open.set()
        server.close()
