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
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.composition.configured import (
    Now,
    build_lookups,
    gateway_of,
    revealed,
    slack_client,
    slack_session,
    style_of,
    utc_now,
)
from bot.composition.jobs import build_bulks, build_poller, build_watches, gatekeeper_of
from bot.composition.slack import (
    Connections,
    assemble_app,
    build_alarm,
    build_context,
    bulk_notifier,
    once_poster,
)
from bot.domain.jobs.job import OnUnknownDelivery
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient
from bot.locales import load_catalog
from bot.services.housekeeping import repeated, sweep
from bot.services.jobs.dependencies import Dependencies
from bot.services.jobs.poller import End, Line, Poller
from bot.services.languages import Languages
from bot.services.records import Records
from bot.settings.settings import Mode, Settings
from bot.slack.api.calls import SlackUnreachableError
from bot.slack.api.web_client import SlackClient
from bot.slack.api.workspace import Workspace, find_workspace
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.inbound.app import RunningListeners
from bot.slack.inbound.people import People
from bot.slack.inbound.socket_mode import Socket
from bot.slack.watches.notifier import SlackNotifier
from bot.storage.database import open_database
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
        stores: what it remembers, in a database that is open as long as the bot runs.
        gateway: the client that its look-ups go through.
        work: its running listeners.
        poller: runs its watches and lists.
    """

    workspace: Workspace
    mode: Mode
    port: int
    stores: Stores
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
        TokenRefusedError: Slack refuses a token.
        SlackError: Slack does not answer.
        CannotListenError: the address to listen on is in use.
    """
    async with AsyncExitStack() as stack:
        # Closed in reverse: requests first, then jobs, running listeners, and the connections.
        outside = await _connect(settings, stack, now, timing)
        work = RunningListeners(timing=timing)
        app, poller, lines = _assemble(outside, work)
        end = End(timing.end)
        stack.push_async_callback(lambda: work.drain(end.left()))
        stores, kept = outside.stores, timedelta(days=settings.bot_retention_days)
        for do, every, trouble in (
            (partial(sweep, stores, kept, now), timing.housekeeping, "nothing could be swept"),
            (stores.preferences.refresh, timing.choices, "languages cannot be read"),
        ):
            await stack.enter_async_context(repeated(do, every=every, trouble=trouble))
        await stack.enter_async_context(poller.running(lines, end))
        port = await _serve(app, outside, stack)
        stack.callback(_begin, end, outside)
        yield RunningBot(
            workspace=outside.workspace,
            mode=settings.mode,
            port=port,
            stores=stores,
            gateway=outside.gateway,
            work=work,
            poller=poller,
        )


def _assemble(
    outside: Connections, work: RunningListeners
) -> tuple[AsyncApp, Poller, tuple[Line[Any], ...]]:
    """Make everything between the connections and the server; nothing runs yet."""
    settings, stores, now, timing = outside.settings, outside.stores, outside.now, outside.timing
    lookups = build_lookups(settings, outside.gateway, outside.telemetry, now=now)
    alarm = build_alarm(outside)
    poller = build_poller(settings, stores, now=now, timing=timing)
    dependencies = Dependencies(
        lookups=lookups,
        in_doubt=OnUnknownDelivery(settings.watch_in_doubt),
        heard=alarm.observe,
        now=now,
        timing=timing,
    )
    watching, watch_line = build_watches(
        settings, stores, poller, dependencies, SlackNotifier(once_poster(outside))
    )
    bulks, bulk_line = build_bulks(settings, stores, poller, dependencies, bulk_notifier(outside))
    context = build_context(
        outside, lookups=lookups, alarm=alarm, work=work, watching=watching, bulks=bulks
    )
    return assemble_app(outside, context), poller, (watch_line, bulk_line)


def _begin(end: End, outside: Connections) -> None:
    """From now on all steps of the shutdown share one time limit."""
    end.begin()
    outside.slack.hurry()
    outside.stores.database.hurry(end.left)


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
    enter, url = stack.enter_async_context, revealed(settings.database_url)
    database = await enter(open_database(url, timing=timing))
    gatekeeper = await enter(gatekeeper_of(settings, database, timing=timing))
    gateway = await enter(gateway_of(settings, now=now, gatekeeper=gatekeeper, timing=timing))
    session = await enter(slack_session())
    client = slack_client(settings, session)
    workspace, people = await _workspace_of(settings, client, timing)
    hash_key = revealed(settings.bot_hash_key).encode() or await load_hash_key(database)
    telemetry = Telemetry(hash_key)
    stores = Stores(database, lost=telemetry.lost, timing=timing)
    stack.push_async_callback(stores.records.flush)
    slack = SlackClient(client=client, session=session, timing=timing)
    languages = Languages(
        default=settings.bot_language,
        load=load_catalog,
        preferences=stores.preferences,
        locale_of=people.locale,
    )
    return Connections(
        settings=settings,
        gateway=gateway,
        stores=stores,
        client=client,
        session=session,
        slack=slack,
        workspace=workspace,
        people=people,
        languages=languages,
        readers=AudienceStyles(languages=languages, style=partial(style_of, settings)),
        records=Records(
            writer=stores.records, recents=stores.recents, telemetry=telemetry, now=now
        ),
        telemetry=telemetry,
        now=now,
        timing=timing,
    )


async def _workspace_of(
    settings: Settings, client: AsyncWebClient, timing: Timing
) -> tuple[Workspace, People]:
    async with _in_time(timing.start):
        workspace = await find_workspace(client)
        people = People(
            client=client, workspace=workspace, own_teams=settings.bot_own_teams, timing=timing
        )
        await people.prepare()
    return workspace, people


async def _serve(app: AsyncApp, outside: Connections, stack: AsyncExitStack) -> int:
    """Accept requests: the HTTP server in both modes, the socket in Socket Mode."""
    settings = outside.settings
    socket: Socket | None = None
    endpoint: SlackEndpoint | None = None
    if settings.mode is Mode.SOCKET:
        token = revealed(settings.slack_app_token)
        socket = Socket(app, app_token=token, client=outside.client, timing=outside.timing)
    else:
        secret = revealed(settings.slack_signing_secret)
        endpoint = SlackEndpoint(app, secret, timing=outside.timing)
    web_app = build_server(
        readiness=partial(_readiness, outside, socket),
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


async def _readiness(outside: Connections, socket: Socket | None) -> Mapping[str, bool]:
    parts = {"database": False, "slack_token": await outside.slack.token.is_taken()}
    with suppress(StorageError):
        await outside.stores.database.ping()
        parts["database"] = True
    if socket is not None:
        parts["slack_socket_connected"] = await socket.is_connected()
        parts["slack_socket_heard"] = socket.is_alive()
    return parts
