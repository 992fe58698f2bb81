"""One WebSocket to Slack, and the backoff between connections."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType

from bot.domain.timing import Timing

_MOST_DOUBLINGS: Final = 5
_ENDS: Final = frozenset(
    {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR},
)


class ReconnectBackoff:
    """When the next connection may be opened: after about a second, then exponential backoff."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, timing: Timing = Timing()
    ) -> None:
        self._clock = clock
        self._timing = timing
        self._doublings = 0
        self._next = clock()

    def next_wait(self) -> float:
        """The seconds until the next attempt; the one after it has to wait longer."""
        now = self._clock()
        attempt = max(now, self._next)
        # Jitter, so that many bots do not reconnect at the same moment.
        chance = random.uniform(0.8, 1.2)  # noqa: S311  # nosec B311
        pause = self._timing.first_redial * 2**self._doublings * chance
        self._next = attempt + min(self._timing.longest_redial, pause)
        self._doublings = min(_MOST_DOUBLINGS, self._doublings + 1)
        return attempt - now

    def reset(self) -> None:
        """Begin again with the shortest pause, because a connection has lasted."""
        self._doublings = 0


class SocketConnection:
    """One WebSocket, and whether Slack still answers on it.

    Setting `spent` makes `Socket` replace it; until the new one is open, it is still read.

    Attributes:
        spent: whether Slack asked for another one, or closed it.
        greeted: whether Slack sent `hello`.
    """

    def __init__(self, socket: ClientWebSocketResponse, *, timing: Timing) -> None:
        self.spent = asyncio.Event()
        self._socket = socket
        self._ping_seconds = min(timing.ping, timing.stale_after / 4)
        self._stale_after = timing.stale_after
        self._close_seconds = timing.hang_up
        self._last_received = time.monotonic()
        self.greeted = False

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed it."""
        return not self._socket.closed

    def is_alive(self) -> bool:
        """Whether Slack sent `hello`, and recently a message, a ping or a pong."""
        return self.greeted and time.monotonic() - self._last_received < self._stale_after

    async def texts(self) -> AsyncIterator[str]:
        """The text messages from Slack, until the connection ends."""
        with suppress(ConnectionError, aiohttp.ClientError):
            while (message := await self._socket.receive()).type not in _ENDS:
                self._last_received = time.monotonic()
                if message.type is WSMsgType.PING:
                    await self._socket.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    yield message.data

    async def send(self, text: str) -> None:
        """Send one message.

        Raises:
            ConnectionError: the connection is closed.
        """
        await self._socket.send_str(text)

    async def watch(self) -> str:
        """Ping until the connection is spent, closed, or stale; returns which."""
        opened = time.monotonic()
        while self.is_open:
            with suppress(ConnectionError, aiohttp.ClientError):
                await self._socket.ping()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._ping_seconds):
                    await self.spent.wait()
                return "closed" if self._socket.closed else "asked by Slack"
            if time.monotonic() - opened > self._stale_after and not self.is_alive():
                return "silent"
        return "closed"

    async def close(self) -> None:
        """Close the connection, with a short time limit."""
        with suppress(TimeoutError, ConnectionError, aiohttp.ClientError):
            async with asyncio.timeout(self._close_seconds):
                await self._socket.close()
