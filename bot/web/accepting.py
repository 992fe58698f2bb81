"""Accepts connections one at a time, so that each is read from before many others arrive.

asyncio's own server accepts up to 100 connections in one step and has no limit on them. When the
process is out of file descriptors, it logs every attempt.
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

# The listen backlog; Linux caps it at net.core.somaxconn, 4,096 by default.
_BACKLOG: Final = 1024
# The kernel's receive buffer, and so about the size of one read; Linux would grow it to 6 MB for
# each connection.
_RECEIVED_AHEAD: Final = 32 * 1024


class CannotListenError(Exception):
    """The address to serve on is not available; `reason` is the system's message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@asynccontextmanager
async def accepting(host: str, port: int, connections: Connections) -> AsyncIterator[int]:
    """Accept connections while the block runs; yields the port.

    Raises:
        CannotListenError: the address is taken or not one of this machine.
    """
    acceptor = _Acceptor(connections)
    with ExitStack() as opened:
        try:
            listeners = [opened.enter_context(listener) for listener in await _bound(host, port)]
            for listener in listeners:
                listener.listen(_BACKLOG)
        except OSError as error:
            raise CannotListenError(error.strerror or type(error).__name__) from None
        try:
            for listener in listeners:
                acceptor.start(listener)
            yield int(listeners[0].getsockname()[1])
        finally:
            for listener in listeners:
                acceptor.stop(listener)
            await acceptor.idle()


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A bound socket for each address of a host; asyncio resolves and binds them."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    # Duplicated descriptors, because server.close() closes the originals.
    listeners = [listener.dup() for listener in server.sockets]
    server.close()
    for listener in listeners:
        listener.setblocking(False)
        # Accepted connections inherit it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED_AHEAD)
    return listeners


class _Acceptor:
    """Accepts connections from listening sockets within the limits of `connections`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[None]] = set()
        self._paused: dict[socket.socket, asyncio.TimerHandle] = {}

    def start(self, listener: socket.socket) -> None:
        """Start accepting."""
        self._loop.add_reader(listener, self._accept, listener)

    def stop(self, listener: socket.socket) -> None:
        """Stop accepting."""
        self._loop.remove_reader(listener)
        if listener in self._paused:
            self._paused[listener].cancel()

    async def idle(self) -> None:
        """Wait until every accepted connection has its protocol."""
        await asyncio.gather(*self._arriving)

    def _accept(self, listener: socket.socket) -> None:
        try:
            wire, _address = listener.accept()
        # The client can disconnect between the readiness event and accept().
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            self._pause(listener, error)
            return
        if not self._connections.make_room():
            wire.close()
            return
        wire.setblocking(False)
        arrival = self._loop.create_task(self._connect(wire))
        # asyncio holds only weak references to tasks; the set prevents garbage collection.
        self._arriving.add(arrival)
        arrival.add_done_callback(self._arriving.discard)

    def _pause(self, listener: socket.socket, error: OSError) -> None:
        """Pause: the process or the system is out of descriptors or memory."""
        _log.error("no connection can be accepted", error=error.strerror)
        # The waiting connection leaves the socket readable, so the reader would spin.
        self._loop.remove_reader(listener)
        seconds = self._connections.timing.accept_again
        self._paused[listener] = self._loop.call_later(seconds, self.start, listener)

    async def _connect(self, wire: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._connections.new, wire)
        except OSError:
            wire.close()  # the client has disconnected
