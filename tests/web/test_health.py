"""Readiness is asked for rarely, however often somebody wants to know it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import aiohttp

from bot.domain.timing import Timing
from bot.web.server import build_server, serving


class Parts:
    """What is asked whether it can serve; it answers when it may."""

    def __init__(self) -> None:
        self.asked = 0
        self.ready = True
        self.may_answer = asyncio.Event()

    async def __call__(self) -> Mapping[str, bool]:
        """Count, and answer."""
        self.asked += 1
        await self.may_answer.wait()
        return {"part": self.ready}


async def status(session: aiohttp.ClientSession, port: int) -> int:
    """Ask whether the bot is ready."""
    async with session.get(f"http://127.0.0.1:{port}/readyz") as reply:
        return reply.status


async def played(timing: Timing) -> tuple[Parts, list[int], int]:
    """Many ask at once, then one whose answer would be another."""
    parts = Parts()
    app = build_server(readiness=parts, metrics=lambda: b"", slack=None, timing=timing)
    async with (
        serving(app, host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
    ):
        asking = [asyncio.create_task(status(session, port)) for _ in range(20)]
        while not parts.asked:  # noqa: ASYNC110 - asks what other tasks change
            await asyncio.sleep(0.001)
        parts.may_answer.set()
        first = await asyncio.gather(*asking)
        parts.ready = False
        return parts, first, await status(session, port)


async def test_one_asks_for_all() -> None:
    """Who comes meanwhile, and a little later, hears the same."""
    parts, first, last = await played(replace(Timing(), readiness=60.0))

    assert (1, [200] * 20, 200) == (parts.asked, first, last)


async def test_what_is_known_is_soon_asked_anew() -> None:
    """Once it is older than it may be."""
    parts, first, last = await played(replace(Timing(), readiness=0.0))

    assert (21, [200] * 20, 503) == (parts.asked, first, last)
