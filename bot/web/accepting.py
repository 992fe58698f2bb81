"""Accepts connections one at a time, so that each is read from before many others have come.

asyncio's own server accepts a hundred at once and asks nobody whether there is room. Where no file
may be opened any more, it writes a record for each attempt.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Final

import structlog

from bot.web.connections import Connections

_log = structlog.get_logger(__name__)

# So many may wait to be accepted; Linux allows 4,096 unless told otherwise.
_BACKLOG: Final = 1024
# What Linux receives ahead of us, and so about what one read may give; by itself it takes up to
# 6 MB for each connection.
_RECEIVED_AHEAD: Final = 32 * 1024


class CannotListenError(Exception):
    """The address to serve on is not to be had; `reason` is the system's word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@asynccontextmanager
async def accepting(host: str, port: int, connections: Connections) -> AsyncIterator[int]:
    """Accept while the block runs; gives the port.

    Raises:
        CannotListenError: the address is taken or not ours.
    """
    porter = _Porter(connections)
    with ExitStack() as opened:
        try:
            doors = [opened.enter_context(door) for door in await _bound(host, port)]
            for door in doors:
                door.listen(_BACKLOG)
        except OSError as error:
            raise CannotListenError(error.strerror or type(error).__name__) from None
        try:
            for door in doors:
                porter.watch(door)
            yield int(doors[0].getsockname()[1])
        finally:
            for door in doors:
                porter.leave(door)
            await porter.idle()


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of a host; asyncio knows how to find and bind them."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    doors = [door.dup() for door in server.sockets]
    server.close()
    for door in doors:
        door.setblocking(False)
        # Whoever is accepted inherits it.
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED_AHEAD)
    return doors


class _Porter:
    """Takes up whoever is at a door, where there is room."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[None]] = set()
        self._resting: dict[socket.socket, asyncio.TimerHandle] = {}

    def watch(self, door: socket.socket) -> None:
        """From now on."""
        self._loop.add_reader(door, self._knocked, door)

    def leave(self, door: socket.socket) -> None:
        """No more."""
        self._loop.remove_reader(door)
        if door in self._resting:
            self._resting[door].cancel()

    async def idle(self) -> None:
        """Wait until whoever was accepted is connected."""
        await asyncio.gather(*self._arriving)

    def _knocked(self, door: socket.socket) -> None:
        try:
            wire, _address = door.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            self._rest(door, error)
            return
        if not self._connections.make_room():
            wire.close()
            return
        wire.setblocking(False)
        arrival = self._loop.create_task(self._take(wire))
        self._arriving.add(arrival)
        arrival.add_done_callback(self._arriving.discard)

    def _rest(self, door: socket.socket, error: OSError) -> None:
        """The process or the system has no descriptor or memory left; others give some back."""
        _log.error("no connection can be accepted", error=error.strerror)
        self._loop.remove_reader(door)
        seconds = self._connections.timing.accept_again
        self._resting[door] = self._loop.call_later(seconds, self.watch, door)

    async def _take(self, wire: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._connections.new, wire)
        except OSError:
            wire.close()  # who was there has gone
