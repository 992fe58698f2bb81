"""The composition root: from the settings to every object, once, in one exit stack.

What is opened last is closed first: intake stops, running work is drained, connections close.
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
    utc_now,
)
from bot.composition.jobs import build_engine, means_of
from bot.composition.rate_limit import gatekeeper_of
from bot.composition.slack import (
    Connections,
    assemble_app,
    build_alarm,
    build_bulks,
    build_context,
    build_lookups,
    build_watches,
    signing_secret,
)
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient
from bot.services.ending import End
from bot.services.housekeeping import Housekeeping
from bot.services.poller import Poller
from bot.settings.settings import Mode, Settings
from bot.slack.api.errors import SlackUnreachableError
from bot.slack.api.web_client import SlackClient
from bot.slack.api.workspace import Workspace, find_workspace
from bot.slack.inbound.people import People
from bot.slack.inbound.running_listeners import RunningListeners
from bot.slack.inbound.socket_mode import Socket
from bot.storage.audit import Audit
from bot.storage.bulks import Bulks
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.hash_key import load_hash_key
from bot.storage.recents import Recents
from bot.storage.seen_events import SeenEvents
from bot.storage.watches import Watches
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
        poller: what takes up its watches and lists.
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
    """Connect and serve while the block runs; then finish what was begun.

    Raises:
        StorageError: the database cannot be used.
        SlackRefusedError: Slack refuses a token.
        SlackUnreachableError: Slack cannot be reached.
        CannotListenError: the address to listen on is taken.
    """
    async with AsyncExitStack() as stack:
        outside = await _connect(settings, stack, now, timing)
        telemetry = Telemetry(await _hash_key(settings, outside.database))
        work = RunningListeners(timing=timing)
        lookups = build_lookups(settings, outside, telemetry)
        alarm = build_alarm(settings, outside)
        engine = build_engine(settings, database=outside.database, now=now, timing=timing)
        means = means_of(settings, engine=engine, lookups=lookups, heard=alarm.observe, now=now)
        house = build_watches(settings, outside, engine=engine, means=means)
        lists = build_bulks(settings, outside, engine=engine, means=means)
        context = build_context(
            settings,
            outside,
            telemetry=telemetry,
            lookups=lookups,
            alarm=alarm,
            work=work,
            watching=house.watching,
            bulks=lists.bulks,
        )
        app = assemble_app(settings, outside, context)
        end = End(timing.end)
        stack.push_async_callback(_drained, work, end)
        await stack.enter_async_context(_kept_swept(settings, outside))
        await stack.enter_async_context(engine.poller.running((house.line, lists.line), end))
        port = await _serve(settings, app, outside, telemetry, stack)
        stack.callback(_begin, end, outside)
        yield _described(settings, outside, port, work, engine.poller)


def _described(
    settings: Settings, outside: Connections, port: int, work: RunningListeners, poller: Poller
) -> RunningBot:
    return RunningBot(
        workspace=outside.workspace,
        mode=settings.mode,
        gateway_host=gateway_host(settings),
        port=port,
        database=outside.database,
        gateway=outside.gateway,
        work=work,
        poller=poller,
    )


def _begin(end: End, outside: Connections) -> None:
    """From now on every step of the end shares one span of time."""
    end.begin()
    outside.slack.hurry()
    outside.database.hurry(end.left)


async def _drained(work: RunningListeners, end: End) -> None:
    """Finish the running work in the time that closing the doors has left."""
    await work.drain(end.left())


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    """A limit on what the start waits for.

    Raises:
        SlackUnreachableError: it is reached.
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
    return Connections(
        gateway=gateway,
        database=database,
        client=client,
        session=session,
        slack=SlackClient(client=client, session=session, timing=timing),
        workspace=workspace,
        people=people,
        now=now,
        timing=timing,
    )


@asynccontextmanager
async def _kept_swept(settings: Settings, outside: Connections) -> AsyncIterator[None]:
    housekeeping = Housekeeping(
        audit=Audit(outside.database),
        recents=Recents(outside.database),
        seen=SeenEvents(outside.database),
        watches=Watches(outside.database),
        bulks=Bulks(outside.database),
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
    telemetry: Telemetry,
    stack: AsyncExitStack,
) -> int:
    """Open the doors: the HTTP server in both modes, the socket in Socket Mode."""
    socket: Socket | None = None
    endpoint: SlackEndpoint | None = None
    if settings.mode is Mode.SOCKET:
        token = revealed(settings.slack_app_token)
        socket = Socket(app, app_token=token, client=outside.client, timing=outside.timing)
    else:
        endpoint = SlackEndpoint(app, signing_secret(settings), timing=outside.timing)

    async def readiness() -> Mapping[str, bool]:
        parts = {
            "database": await _answers(outside.database),
            "slack_token": await outside.slack.token.is_taken(),
        }
        if socket is None:
            return parts
        return parts | {
            "slack_socket_connected": await socket.is_connected(),
            "slack_socket_heard": socket.is_alive(),
        }

    web_app = build_server(
        readiness=readiness, metrics=telemetry.exposition, slack=endpoint, timing=outside.timing
    )
    port = await stack.enter_async_context(
        serving(web_app, host=settings.bot_host, port=settings.bot_port, timing=outside.timing)
    )
    if socket is not None:
        # Closed before the server is, which may wait for those who are slow to send.
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
