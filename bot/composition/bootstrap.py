"""The composition root: makes every object once from the settings, in one exit stack.

What is opened last is closed first: no more requests are accepted, running work ends, connections
close.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from slack_bolt.async_app import AsyncApp

from bot.composition.connections import (
    Now,
    gateway_host,
    gateway_of,
    revealed,
    slack_client,
    slack_session,
    styles_of,
    utc_now,
)
from bot.composition.jobs import (
    build_bulks,
    build_poller,
    build_watches,
    gatekeeper_of,
    means_of,
)
from bot.composition.slack import (
    Connections,
    assemble_app,
    build_alarm,
    build_context,
    build_languages,
    build_lookups,
    bulk_notifier,
    signing_secret,
    watch_notifier,
)
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient
from bot.services.ending import End
from bot.services.housekeeping import Housekeeping
from bot.services.poller import Line, Poller
from bot.settings.settings import Mode, Settings
from bot.slack.api.errors import SlackUnreachableError
from bot.slack.api.web_client import SlackClient
from bot.slack.api.workspace import Workspace, find_workspace
from bot.slack.blocks.style import AudienceStyles
from bot.slack.inbound.people import People
from bot.slack.inbound.running_listeners import RunningListeners
from bot.slack.inbound.socket_mode import Socket
from bot.slack.replies.reply import Replies
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.hash_key import load_hash_key
from bot.storage.stores import Stores
from bot.telemetry import Telemetry
from bot.web.server import build_server, serving
from bot.web.slack_endpoint import SlackEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBot:
    """A bot that is connected and serving.

    Attributes:
        port: where health, metrics and, in HTTP mode, Slack's endpoint are served.
        database: open as long as the bot runs.
        gateway: the client that its look-ups go through.
        work: its running listeners.
        poller: runs its watches and lists.
    """

    workspace: Workspace
    mode: Mode
    gateway_host: str
    port: int
    database: Database
    gateway: GatewayClient
    work: RunningListeners
    poller: Poller


@asynccontextmanager
async def running_bot(
    settings: Settings, *, now: Now = utc_now, timing: Timing = Timing()
) -> AsyncIterator[RunningBot]:
    """Connect and serve during the block; then finish the running work.

    Raises:
        StorageError: the database cannot be used.
        SlackRefusedError: Slack refuses a token.
        SlackUnreachableError: Slack cannot be reached.
        CannotListenError: the address to listen on is in use.
    """
    async with AsyncExitStack() as stack:
        outside = await _connect(settings, stack, now, timing)
        work = RunningListeners(timing=timing)
        app, poller, lines = _assemble(settings, outside, work)
        end = End(timing.end)
        stack.push_async_callback(_drained, work, end)
        await stack.enter_async_context(_kept_swept(settings, outside))
        await stack.enter_async_context(poller.running(lines, end))
        port = await _serve(settings, app, outside, stack)
        stack.callback(_begin, end, outside)
        yield RunningBot(
            workspace=outside.workspace,
            mode=settings.mode,
            gateway_host=gateway_host(settings),
            port=port,
            database=outside.stores.database,
            gateway=outside.gateway,
            work=work,
            poller=poller,
        )


def _assemble(
    settings: Settings, outside: Connections, work: RunningListeners
) -> tuple[AsyncApp, Poller, tuple[Line, Line]]:
    """Make everything between the connections and the server; nothing runs yet."""
    stores, now, timing = outside.stores, outside.now, outside.timing
    lookups = build_lookups(settings, outside)
    alarm = build_alarm(settings, outside)
    poller = build_poller(settings, stores, now=now, timing=timing)
    means = means_of(settings, lookups=lookups, heard=alarm.observe, now=now, timing=timing)
    notifier = watch_notifier(outside)
    watching, watch_line = build_watches(settings, stores, poller, means, notifier)
    bulks, bulk_line = build_bulks(settings, stores, poller, means, bulk_notifier(outside))
    context = build_context(
        settings,
        outside,
        lookups=lookups,
        alarm=alarm,
        work=work,
        watching=watching,
        bulks=bulks,
    )
    return assemble_app(settings, outside, context), poller, (watch_line, bulk_line)


def _begin(end: End, outside: Connections) -> None:
    """From now on all steps of the shutdown share one time limit."""
    end.begin()
    outside.slack.hurry()
    outside.stores.database.hurry(end.left)


async def _drained(work: RunningListeners, end: End) -> None:
    """Finish the running work in the time that is left of the shutdown."""
    await work.drain(end.left())


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    """A time limit for a step of the start.

    Raises:
        SlackUnreachableError: the step took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise SlackUnreachableError(f"no connection within {seconds:.0f} s") from None


async def _connect(
    settings: Settings, stack: AsyncExitStack, now: Now, timing: Timing
) -> Connections:
    database = await stack.enter_async_context(
        open_database(revealed(settings.database_url), timing=timing)
    )
    gatekeeper = await stack.enter_async_context(gatekeeper_of(settings, database, timing=timing))
    gateway = await stack.enter_async_context(
        gateway_of(settings, now=now, gatekeeper=gatekeeper, timing=timing)
    )
    session = await stack.enter_async_context(slack_session())
    client = slack_client(settings, session)
    async with _in_time(timing.start):
        workspace = await find_workspace(client)
        people = People(
            client=client, workspace=workspace, own_teams=settings.bot_own_teams, timing=timing
        )
        await people.prepare()
    stores = Stores(database, timing=timing)
    slack = SlackClient(client=client, session=session, timing=timing)
    languages = build_languages(settings, stores, people)
    return Connections(
        gateway=gateway,
        stores=stores,
        client=client,
        session=session,
        slack=slack,
        workspace=workspace,
        people=people,
        languages=languages,
        readers=AudienceStyles(languages=languages, styles=styles_of(settings)),
        replies=Replies(slack, timing=timing),
        telemetry=Telemetry(await _hash_key(settings, database)),
        now=now,
        timing=timing,
    )


@asynccontextmanager
async def _kept_swept(settings: Settings, outside: Connections) -> AsyncIterator[None]:
    housekeeping = Housekeeping(
        outside.stores,
        kept=timedelta(days=settings.bot_retention_days),
        now=outside.now,
        timing=outside.timing,
    )
    task = asyncio.create_task(housekeeping.keep_swept())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _serve(
    settings: Settings,
    app: AsyncApp,
    outside: Connections,
    stack: AsyncExitStack,
) -> int:
    """Accept requests: the HTTP server in both modes, the socket in Socket Mode."""
    socket: Socket | None = None
    endpoint: SlackEndpoint | None = None
    if settings.mode is Mode.SOCKET:
        token = revealed(settings.slack_app_token)
        socket = Socket(app, app_token=token, client=outside.client, timing=outside.timing)
    else:
        endpoint = SlackEndpoint(app, signing_secret(settings), timing=outside.timing)

    async def readiness() -> Mapping[str, bool]:
        parts = {
            "database": await _answers(outside.stores.database),
            "slack_token": await outside.slack.token.is_taken(),
        }
        if socket is None:
            return parts
        return parts | {
            "slack_socket_connected": await socket.is_connected(),
            "slack_socket_heard": socket.is_alive(),
        }

    web_app = build_server(
        readiness=readiness,
        metrics=outside.telemetry.exposition,
        slack=endpoint,
        timing=outside.timing,
    )
    port = await stack.enter_async_context(
        serving(web_app, host=settings.bot_host, port=settings.bot_port, timing=outside.timing)
    )
    if socket is not None:
        # Closed before the server, which may wait for slow clients.
        stack.push_async_callback(socket.stop_listening)
        async with _in_time(outside.timing.start):
            await socket.connect()
    return port


async def _answers(database: Database) -> bool:
    try:
        await database.ping()
    except StorageError:
        return False
    return True


async def _hash_key(settings: Settings, database: Database) -> bytes:
    own = revealed(settings.bot_hash_key)
    return own.encode() if own else await load_hash_key(database)
