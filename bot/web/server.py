"""The HTTP server: its routes, and serving them within bounds."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from bot.domain.timing import Timing
from bot.web.accepting import accepting
from bot.web.connections import Connections
from bot.web.crowd import places
from bot.web.edge import no_traceback
from bot.web.health import Health, Readiness
from bot.web.slack_endpoint import MAX_BODY_BYTES, SLACK_PATH, SlackEndpoint

# Of all requests that have not come in full: eight of the largest, thousands of the usual ones.
BODIES_BYTES: Final = 8 * 1024 * 1024


def build_server(
    *,
    readiness: Readiness,
    metrics: Callable[[], bytes],
    slack: SlackEndpoint | None,
    timing: Timing = Timing(),
) -> web.Application:
    """The routes; `slack` is `None` in Socket Mode."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[no_traceback])
    Health(readiness=readiness, metrics=metrics, timing=timing).add_to(app)
    if slack is not None:
        app.router.add_post(SLACK_PATH, slack.handle, expect_handler=slack.expect)
    return app


@asynccontextmanager
async def serving(
    app: web.Application,
    *,
    host: str,
    port: int,
    timing: Timing = Timing(),
    most: int | None = None,
    bodies: int = BODIES_BYTES,
) -> AsyncIterator[int]:
    """Serve while the block runs; gives the port, which matters when 0 was asked for.

    Args:
        app: what is served.
        host: an address or a name.
        port: where.
        timing: the deadlines of connections, and of the end.
        most: how many may be connected at once; `None` for what the process has room for.
        bodies: how many bytes of unfinished requests are held at once, of all together.

    Raises:
        CannotListenError: the address is taken or not ours.
    """
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=timing.shutdown)
    await runner.setup()
    try:
        connections = Connections(
            _set_up(runner),
            most=room() if most is None else most,
            bodies=bodies,
            timing=timing,
        )
        async with accepting(host, port, connections) as got:
            yield got
    finally:
        await runner.cleanup()


def _set_up(runner: web.AppRunner) -> web.Server:
    server = runner.server
    if server is None:
        raise RuntimeError("setup() makes the server")
    return server


def room() -> int:
    """How many may be connected where this process may open as many files as it may."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return places(None if soft == resource.RLIM_INFINITY else soft)
