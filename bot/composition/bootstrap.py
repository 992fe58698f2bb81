"""The composition root: makes every object once from the settings, in one exit stack.

What is opened last is closed first: no more requests are accepted, running work ends, connections
close.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from aiohttp.typedefs import Middleware
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
from bot.composition.jobs import (
    build_bulks,
    build_poller,
    build_watches,
    gatekeeper_of,
    hash_key_of,
)
from bot.composition.serving import in_time, serve
from bot.composition.slack import (
    Connections,
    assemble_app,
    attached_files,
    build_alarm,
    build_context,
    bulk_notifier,
    farewell,
    once_poster,
)
from bot.domain.audit import AuditKey
from bot.domain.jobs.job import OnUnknownDelivery
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient
from bot.locales import load_catalog
from bot.services.housekeeping import repeated, sweep
from bot.services.jobs.dependencies import Dependencies
from bot.services.jobs.pace import Pace
from bot.services.jobs.poller import End, Line, Poller
from bot.services.languages import Languages
from bot.services.records import Records
from bot.settings.settings import Mode, Settings
from bot.slack.api.web_client import SlackClient
from bot.slack.api.workspace import Workspace, find_workspace
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.blocks.seal import Seal
from bot.slack.inbound.app import RunningListeners
from bot.slack.inbound.app_connections import AppConnections
from bot.slack.inbound.people import People
from bot.slack.watches.notifier import SlackNotifier
from bot.storage.database import open_database
from bot.storage.stores import Stores
from bot.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBot:
    """A bot that is connected and serving.

    Attributes:
        port: where Slack's requests are served; in Socket Mode as `health_port`.
        health_port: where health and metrics are served.
        stores: what it remembers, in a database that is open as long as the bot runs.
        gateway: the client that its look-ups go through.
        work: its running listeners.
        poller: runs its watches and lists.
        pace: the pace of its posts in each conversation.
    """

    workspace: Workspace
    mode: Mode
    port: int
    health_port: int
    stores: Stores
    gateway: GatewayClient
    work: RunningListeners
    poller: Poller
    pace: Pace


@asynccontextmanager
async def running_bot(
    settings: Settings,
    *,
    now: Now = utc_now,
    timing: Timing = Timing(),
    guards: Sequence[Middleware] = (),
) -> AsyncIterator[RunningBot]:
    """Connect and serve during the block; then finish the running work.

    Args:
        settings: all settings.
        now: the clock.
        timing: the waits.
        guards: see each HTTP request first.

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
        await _keep_house(outside, stack)
        await stack.enter_async_context(poller.running(lines, end))
        port, health_port = await serve(app, outside, poller, stack, guards)
        stack.callback(_begin, end, outside)
        yield RunningBot(
            workspace=outside.workspace,
            mode=settings.mode,
            port=port,
            health_port=health_port,
            stores=outside.stores,
            gateway=outside.gateway,
            work=work,
            poller=poller,
            pace=outside.pace,
        )


async def _keep_house(outside: Connections, stack: AsyncExitStack) -> None:
    """Begin what is done again and again: sweeping, and reading others' choices."""
    settings, stores, timing = outside.settings, outside.stores, outside.timing
    kept = timedelta(days=settings.bot_retention_days)
    for do, every, trouble in (
        (partial(sweep, stores, kept, outside.now), timing.housekeeping, "nothing could be swept"),
        (stores.preferences.refresh, timing.choices, "languages cannot be read"),
    ):
        await stack.enter_async_context(repeated(do, every=every, trouble=trouble))


def _assemble(
    outside: Connections, work: RunningListeners
) -> tuple[AsyncApp, Poller, tuple[Line[Any], ...]]:
    """Make everything between the connections and the server; nothing runs yet."""
    settings, stores, now, timing = outside.settings, outside.stores, outside.now, outside.timing
    lookups = build_lookups(settings, outside.gateway, outside.telemetry, now=now)
    alarm = build_alarm(outside)
    # One for both, so that a rate limit of Slack's holds for all who read or post.
    poster = once_poster(outside)
    poller = build_poller(settings, stores, now=now, timing=timing)
    dependencies = Dependencies(
        lookups=lookups,
        records=outside.records,
        in_doubt=OnUnknownDelivery(settings.watch_in_doubt),
        heard=alarm.observe,
        dismiss=farewell(outside, poster).dismiss,
        undelivered=outside.telemetry.undelivered,
        now=now,
        timing=timing,
    )
    watching, watch_line, notice_line = build_watches(
        settings, stores, poller, dependencies, SlackNotifier(poster), pace=outside.pace
    )
    files = attached_files(outside)
    speaker = bulk_notifier(outside, poster, files)
    bulks, bulk_line = build_bulks(settings, stores, poller, dependencies, speaker)
    context = build_context(
        outside, files, lookups=lookups, alarm=alarm, work=work, watching=watching, bulks=bulks
    )
    return assemble_app(outside, context), poller, (watch_line, notice_line, bulk_line)


def _begin(end: End, outside: Connections) -> None:
    """From now on all steps of the shutdown share one time limit."""
    end.begin()
    outside.slack.hurry()
    outside.stores.database.hurry(end.left)


async def _connect(
    settings: Settings, stack: AsyncExitStack, now: Now, timing: Timing
) -> Connections:
    enter, url = stack.enter_async_context, revealed(settings.database_url)
    database = await enter(open_database(url, timing=timing))
    gatekeeper = await enter(gatekeeper_of(settings, database, timing=timing))
    gateway = await enter(gateway_of(settings, now=now, gatekeeper=gatekeeper, timing=timing))
    session = await enter(slack_session(settings))
    client = slack_client(settings, session)
    workspace, people = await _workspace_of(settings, client, timing)
    hash_key = await hash_key_of(settings, database)
    telemetry = Telemetry(hash_key)
    stores = Stores(database, key=AuditKey(hash_key), lost=telemetry.lost, timing=timing)
    stack.push_async_callback(stores.records.flush)
    pace = Pace(stores.pace, timing=timing)
    slack = SlackClient(
        client=client,
        session=session,
        pace=pace,
        undelivered=telemetry.undelivered,
        seal=Seal(hash_key),
        timing=timing,
    )
    languages = _languages(settings, stores, people)
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
        pace=pace,
        readers=AudienceStyles(languages=languages, style=partial(style_of, settings)),
        records=Records(
            writer=stores.records, recents=stores.recents, telemetry=telemetry, now=now
        ),
        telemetry=telemetry,
        app_connections=AppConnections(timing=timing),
        now=now,
        timing=timing,
    )


def _languages(settings: Settings, stores: Stores, people: People) -> Languages:
    return Languages(
        default=settings.bot_language,
        load=load_catalog,
        preferences=stores.preferences,
        locale_of=people.locale,
    )


async def _workspace_of(
    settings: Settings, client: AsyncWebClient, timing: Timing
) -> tuple[Workspace, People]:
    async with in_time(timing.start):
        workspace = await find_workspace(client)
        people = People(
            client=client, workspace=workspace, own_teams=settings.bot_own_teams, timing=timing
        )
        await people.prepare()
    return workspace, people
