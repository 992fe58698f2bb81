"""A Slack that counts notices: it shows a message a moment after it came, and answers later still.

Between the two a process may be killed, and then only the conversation tells what was posted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SHOWN_AFTER_SECONDS = 0.015
ANSWERED_AFTER_SECONDS = 0.030


@dataclass
class CountingSlack:
    """What was posted, in order.

    Attributes:
        away: nobody answers; what comes is lost, and the line is cut.
        readable: the scope for reading conversations is granted.
        arrived: how many messages have come, shown or not.
    """

    url: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    away: bool = False
    readable: bool = True
    refused: int = 0
    arrived: int = 0
    waiting: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def notices(self) -> Counter[str]:
        """How often each watch was told."""
        return self.marked("watch")

    def marked(self, kind: str) -> Counter[str]:
        """How often each mark of this kind was posted."""
        payloads = [message["metadata"]["event_payload"] for message in self.messages]
        return Counter(payload[kind] for payload in payloads if kind in payload)

    async def told(self, count: int, *, patience: float) -> None:
        """Wait until so many watches were told.

        Raises:
            TimeoutError: they were not.
        """
        async with asyncio.timeout(patience):
            while len(self.notices) < count:  # noqa: ASYNC110 - a count tells nobody
                await asyncio.sleep(0.02)

    async def post(self, request: web.Request) -> web.Response:
        """chat.postMessage. What has arrived is shown even if the line breaks."""
        given = await request.json()
        self._reach(request)
        self.arrived += 1
        message = {
            "ts": f"{len(self.messages) + 1}.000000",
            "channel": given["channel"],
            "thread_ts": given.get("thread_ts"),
            "metadata": given["metadata"],
        }
        task = asyncio.create_task(self._show(message))
        self.waiting.add(task)
        task.add_done_callback(self.waiting.discard)
        await asyncio.sleep(ANSWERED_AFTER_SECONDS)
        return web.json_response({"ok": True, "ts": message["ts"], "channel": message["channel"]})

    async def replies(self, request: web.Request) -> web.Response:
        """conversations.replies, all on one page."""
        given = request.query
        self._reach(request)
        if not self.readable:
            return web.json_response({"ok": False, "error": "missing_scope"})
        place = (given["channel"], given["ts"])
        found = [m for m in self.messages if (m["channel"], m["thread_ts"]) == place]
        return web.json_response({"ok": True, "messages": found, "has_more": False})

    async def _show(self, message: dict[str, Any]) -> None:
        await asyncio.sleep(SHOWN_AFTER_SECONDS)
        self.messages.append(message)

    def _reach(self, request: web.Request) -> None:
        if self.away:
            self.refused += 1
            if request.transport is not None:
                request.transport.abort()
            raise web.HTTPServiceUnavailable


@asynccontextmanager
async def counting_slack() -> AsyncIterator[CountingSlack]:
    """Serve it on a free port of 127.0.0.1."""
    slack = CountingSlack()
    application = web.Application()
    application.router.add_post("/api/chat.postMessage", slack.post)
    application.router.add_route("GET", "/api/conversations.replies", slack.replies)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        slack.url = f"http://127.0.0.1:{port}/api/"
        yield slack
    finally:
        await runner.cleanup()
