"""A gateway that answers nobody before it may, so that look-ups are under way for certain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot.gateway.sandbox.server import running_sandbox

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(kw_only=True)
class HeldGateway:
    """The sandbox behind a door; `asked` is how many have come."""

    url: str = ""
    asked: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_asked(self, count: int = 1) -> None:
        """Wait until so many have come."""
        async with asyncio.timeout(60):
            while self.asked < count:  # noqa: ASYNC110 - asks what other tasks change
                await asyncio.sleep(0.01)


@asynccontextmanager
async def held_gateway() -> AsyncIterator[HeldGateway]:
    """Serve while the block runs."""
    gateway = HeldGateway()

    @web.middleware
    async def held(request: web.Request, handler: Handler) -> web.StreamResponse:
        gateway.asked += 1
        await gateway.may_answer.wait()
        return await handler(request)

    async with running_sandbox(port=0, middlewares=[held]) as gateway.url:
        yield gateway
