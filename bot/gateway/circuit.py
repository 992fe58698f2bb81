"""Whether the gateway is up: derived from every look-up's outcome, and probed while it is down.

While the circuit is open, agents get an honest answer immediately and the gateway one request now
and then.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

import structlog

from bot.domain.gateway_health import GatewayHealth
from bot.domain.timing import Timing
from bot.gateway.protocol.errors import (
    Busy,
    GatewayDown,
    GatewayError,
    GatewayUnavailable,
    Paused,
    TransportError,
)

_log = structlog.get_logger(__name__)


class Circuit:
    """The gateway's health, and the probes while it is down.

    Args:
        probe: sends a request and records the outcome here; raises nothing.
        now: the present moment, aware.
        timing: how long each wait takes.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[None]],
        now: Callable[[], datetime],
        *,
        timing: Timing = Timing(),
    ) -> None:
        self._probe = probe
        self._now = now
        self._timing = timing
        self._probing: asyncio.Task[None] | None = None
        self.health = GatewayHealth(since=now())

    def error(self) -> GatewayError | None:
        """The error for requests while the gateway is down."""
        if self.health.down_since is None:
            return None
        error = GatewayDown(self.health.last_error or "")
        error.moment = self.health.down_since
        return error

    def answered(self) -> None:
        """The gateway gave an answer."""
        self._become(self.health.answered(self._now()))

    def failed(self, error: GatewayError) -> None:
        """Record a failed look-up; one that was not sent says nothing about the gateway."""
        if isinstance(error, Busy | Paused):
            return
        transport = isinstance(error, TransportError | GatewayUnavailable)
        self._become(self.health.failed(self._now(), error.code, transport=transport))

    def paused(self, until: datetime) -> None:
        """The gateway asked to slow down."""
        self.health = self.health.paused(until)

    async def aclose(self) -> None:
        """Stop probing."""
        if self._probing is not None:
            self._probing.cancel()
            with suppress(asyncio.CancelledError):
                await self._probing

    def _become(self, health: GatewayHealth) -> None:
        was_down, self.health = self.health.down_since is not None, health
        is_down = health.down_since is not None
        if is_down and not was_down:
            _log.warning("the gateway does not answer", error=health.last_error)
            self._probing = asyncio.create_task(self._keep_probing())
        elif was_down and not is_down:
            _log.info("the gateway answers again")

    async def _keep_probing(self) -> None:
        pause = self._timing.first_probe
        while True:
            # Jitter stops many bots from coming back at the same moment.
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311  # nosec B311
            if self.health.down_since is None:
                return
            await self._probe()
            pause = min(self._timing.longest_probe, pause * 2)
