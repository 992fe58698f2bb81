"""Health, readiness and metrics endpoints."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.domain.timing import Timing
from bot.telemetry import EXPOSITION_TYPE

Readiness = Callable[[], Awaitable[Mapping[str, bool]]]


class Health:
    """`/healthz`, `/readyz` and `/metrics`.

    Args:
        readiness: which parts are ready; called at most once per `timing.readiness`.
        metrics: the metrics in Prometheus' text format.
        timing: how long a readiness result is cached.
    """

    def __init__(
        self, *, readiness: Readiness, metrics: Callable[[], bytes], timing: Timing = Timing()
    ) -> None:
        self._readiness, self._metrics, self._timing = readiness, metrics, timing
        self._asking = asyncio.Lock()
        self._parts: Mapping[str, bool] = {}
        self._known_until = 0.0

    def add_to(self, app: web.Application) -> None:
        """Add the three routes."""
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics_page)

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _: web.Request) -> web.Response:
        parts = dict(await self._known())
        ready = all(parts.values())
        return web.json_response({"ready": ready, "parts": parts}, status=200 if ready else 503)

    async def _metrics_page(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics(), headers={"Content-Type": EXPOSITION_TYPE})

    async def _known(self) -> Mapping[str, bool]:
        """The cached state of all parts; concurrent requests share one check."""
        now = asyncio.get_running_loop().time
        # The lock makes it single-flight: the check queries the database and may call Slack.
        async with self._asking:
            if now() >= self._known_until:
                self._parts = await self._readiness()
                self._known_until = now() + self._timing.readiness
            return self._parts
