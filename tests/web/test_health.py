"""The readiness check runs rarely, however often `/readyz` is requested."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import aiohttp

from bot.domain.timing import Timing
from bot.web.server import Health, build_server, serving


class Parts:
    """A readiness check that answers when a test allows it."""

    def __init__(self) -> None:
        self.asked = 0
        self.ready = True
        self.may_answer = asyncio.Event()

    async def __call__(self) -> Mapping[str, bool]:
        """Count the call, and answer."""
        self.asked += 1
        await self.may_answer.wait()
        return {"part": self.ready}


async def status(session: aiohttp.ClientSession, port: int) -> int:
    """The status of /readyz."""
    async with session.get(f"http://127.0.0.1:{port}/readyz") as reply:
        return reply.status


async def played(timing: Timing) -> tuple[Parts, list[int], int]:
    """Many concurrent requests, then one for which the state has changed."""
    parts = Parts()
    app = build_server(health=Health(readiness=parts, metrics=bytes, timing=timing))
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


async def test_concurrent_requests_share_one_check() -> None:
    """Concurrent and slightly later requests get the same answer."""
    parts, first, last = await played(replace(Timing(), readiness=60.0))

    assert (1, [200] * 20, 200) == (parts.asked, first, last)


async def test_an_old_result_is_checked_again() -> None:
    """The check runs again once the result is older than `timing.readiness`."""
    parts, first, last = await played(replace(Timing(), readiness=0.0))

    assert (21, [200] * 20, 503) == (parts.asked, first, last)


async def test_warnings_do_not_make_it_unready() -> None:
    """What an operator should mend is shown beside the parts, in its present state."""
    parts = Parts()
    parts.may_answer.set()
    warned: dict[str, str] = {}
    app = build_server(health=Health(readiness=parts, metrics=bytes, warnings=lambda: warned))
    said = []
    async with (
        serving(app, host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
    ):
        for warning in ({"part": "first"}, {"part": "second"}, {}):
            warned = warning
            async with session.get(f"http://127.0.0.1:{port}/readyz") as reply:
                said.append((reply.status, await reply.json()))

    plain = {"ready": True, "parts": {"part": True}}
    first, second = ({**plain, "warnings": {"part": text}} for text in ("first", "second"))
    assert [(200, first), (200, second), (200, plain)] == said
