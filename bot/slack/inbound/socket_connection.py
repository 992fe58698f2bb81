"""One WebSocket to Slack, and the backoff between connections."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType
from cachetools import LRUCache

from bot.domain.timing import Timing

_MOST_DOUBLINGS: Final = 5
_MOST_REASONS: Final = 20
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


class RepeatedEnds:
    """Which reasons for an end come again and again; each is worth one line, until it is over."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, timing: Timing = Timing()
    ) -> None:
        self._clock = clock
        self._seconds = timing.end_repeated
        self._ended_at: LRUCache[str, float] = LRUCache(_MOST_REASONS)
        self._reported: set[str] = set()

    def is_news(self, reason: str, *, at_once: bool = False) -> bool:
        """Whether to report this end: the second for its reason within a minute, or the first."""
        now = self._clock()
        before = self._ended_at.get(reason, -math.inf)
        self._ended_at[reason] = now
        is_news = (at_once or now - before <= self._seconds) and reason not in self._reported
        if is_news and len(self._reported) < _MOST_REASONS:
            self._reported.add(reason)
        return is_news

    def lasted(self, seconds: float) -> None:
        """A connection was good for this long: after more than a minute the trouble is over."""
        if seconds > self._seconds:
            self._reported.clear()


class SocketConnection:
    """One WebSocket, and whether Slack still answers on it.

    After `replace`, `Socket` opens another one; until that is open, this one is still read.

    Attributes:
        ours: how many of Slack's count of connections are this process' at most.
        greeted: whether Slack sent `hello`.
    """

    def __init__(self, socket: ClientWebSocketResponse, *, timing: Timing) -> None:
        self.ours = 1
        self._spent = asyncio.Event()
        self._reason = ""
        self._socket = socket
        self._ping_seconds = min(timing.ping, timing.stale_after / 4)
        self._stale_after = timing.stale_after
        self._close_seconds = timing.hang_up
        self._opened = self._last_received = time.monotonic()
        self.greeted = False

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed it."""
        return not self._socket.closed

    def is_alive(self) -> bool:
        """Whether Slack sent `hello`, and recently a message, a ping or a pong."""
        return self.greeted and time.monotonic() - self._last_received < self._stale_after

    @property
    def good_seconds(self) -> float:
        """How long Slack was heard on it; 0 without a `hello`."""
        return self._last_received - self._opened if self.greeted else 0.0

    def replace(self, reason: str) -> None:
        """It has to be replaced; the first reason counts."""
        self._reason = self._reason or reason
        self._spent.set()

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
        """Ping until the connection has to be replaced, is closed, or stale; returns the reason."""
        while self.is_open:
            with suppress(ConnectionError, aiohttp.ClientError):
                await self._socket.ping()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._ping_seconds):
                    await self._spent.wait()
                return self._reason
            if time.monotonic() - self._opened > self._stale_after and not self.is_alive():
                return "silent"
        return self._reason or "closed"

    async def close(self) -> None:
        """Close the connection, with a short time limit."""
        with suppress(TimeoutError, ConnectionError, aiohttp.ClientError):
            async with asyncio.timeout(self._close_seconds):
                await self._socket.close()
