"""Where requests come in: the HTTP server in both modes, the socket in Socket Mode.

Part of the composition root, and opened last: everything that answers requests is made before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

from aiohttp.typedefs import Middleware
from slack_bolt.async_app import AsyncApp

from bot.composition.configured import revealed
from bot.composition.slack import Connections
from bot.services.jobs.poller import Poller
from bot.settings.settings import Mode
from bot.slack.api.calls import SlackUnreachableError
from bot.slack.inbound.socket_mode import Socket
from bot.storage.errors import StorageError
from bot.web.server import Health, build_server, own_connection_limit, serving
from bot.web.slack_endpoint import SlackEndpoint


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """A time limit for a step of the start.

    Raises:
        SlackUnreachableError: the step took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise SlackUnreachableError(f"no connection within {seconds:.0f} s") from None


async def serve(
    app: AsyncApp,
    outside: Connections,
    poller: Poller,
    stack: AsyncExitStack,
    guards: Sequence[Middleware],
) -> tuple[int, int]:
    """Accept requests: over HTTP in both modes, through the socket in Socket Mode.

    Returns the ports of Slack's requests, and of health and metrics; `guards` see each HTTP request
    first.
    """
    settings = outside.settings
    if settings.mode is Mode.HTTP:
        endpoint = SlackEndpoint(
            app, revealed(settings.slack_signing_secret), timing=outside.timing
        )
        return await _serve_http(outside, endpoint, None, stack, guards)
    socket = Socket(
        app,
        app_token=revealed(settings.slack_app_token),
        client=outside.client,
        session=outside.session,
        counted=outside.app_connections,
        peers=lambda: poller.peers,
        timing=outside.timing,
    )
    outside.telemetry.follow_connections(lambda: outside.app_connections.open)
    ports = await _serve_http(outside, None, socket, stack, guards)
    # Closed before the server, which may wait for slow clients.
    stack.push_async_callback(socket.stop_listening)
    async with in_time(outside.timing.start):
        await socket.connect()
    return ports


async def _serve_http(
    outside: Connections,
    endpoint: SlackEndpoint | None,
    socket: Socket | None,
    stack: AsyncExitStack,
    guards: Sequence[Middleware],
) -> tuple[int, int]:
    settings, timing, build = outside.settings, outside.timing, partial(build_server, guards)
    health = Health(
        readiness=partial(_readiness, outside, socket, endpoint),
        metrics=outside.telemetry.exposition,
        warnings=(endpoint.signatures if endpoint else outside.app_connections).warnings,
        timing=timing,
    )
    host, port = settings.bot_host, settings.bot_port
    own = settings.health_address
    if own is None:
        served = serving(build(health=health, slack=endpoint), host, port, timing=timing)
        shared = await stack.enter_async_context(served)
        return shared, shared
    # At the end nobody waits for answers of health.
    most, brief = own_connection_limit(servers=2), replace(timing, shutdown=0.0)
    served = serving(build(health=health), *own, timing=brief, most=most)
    health_port = await stack.enter_async_context(served)
    if endpoint is None:
        return health_port, health_port
    served = serving(build(slack=endpoint), host, port, timing=timing, most=most)
    return await stack.enter_async_context(served), health_port


async def _readiness(
    outside: Connections, socket: Socket | None, endpoint: SlackEndpoint | None
) -> Mapping[str, bool]:
    parts = {"database": False, "slack_token": await outside.slack.token.is_taken()}
    with suppress(StorageError):
        await outside.stores.database.ping()
        parts["database"] = True
    if socket is not None:
        parts["slack_socket_connected"] = await socket.is_connected()
        parts["slack_socket_heard"] = socket.is_alive()
    if endpoint is not None:
        parts["slack_clock"] = endpoint.signatures.is_clock_right()
    return parts
