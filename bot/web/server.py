"""The HTTP server: its routes, and serving them within limits."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from bot.domain.timing import Timing
from bot.web.accepting import accepting
from bot.web.connections import Connections
from bot.web.edge import no_traceback
from bot.web.eviction import connection_limit
from bot.web.health import Health, Readiness
from bot.web.slack_endpoint import MAX_BODY_BYTES, SLACK_PATH, SlackEndpoint

# The limit on all unfinished requests: eight of the largest, thousands of typical ones.
BODIES_BYTES: Final = 8 * 1024 * 1024


def build_server(
    *,
    readiness: Readiness,
    metrics: Callable[[], bytes],
    slack: SlackEndpoint | None,
    timing: Timing = Timing(),
) -> web.Application:
    """The application with its routes; `slack` is `None` in Socket Mode."""
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
    """Serve while the block runs; yields the port, which was chosen by the system if 0 was given.

    Args:
        app: the application.
        host: an address or a name.
        port: the port; 0 for any.
        timing: the deadlines of connections and of the shutdown.
        most: the maximum number of connections; `None` derives it from the descriptor limit.
        bodies: the maximum number of bytes of all unfinished requests together.

    Raises:
        CannotListenError: the address is taken or not one of this machine.
    """
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=timing.shutdown)
    await runner.setup()
    try:
        connections = Connections(
            _set_up(runner),
            most=own_connection_limit() if most is None else most,
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


def own_connection_limit() -> int:
    """The connection limit for this process' RLIMIT_NOFILE."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return connection_limit(None if soft == resource.RLIM_INFINITY else soft)
