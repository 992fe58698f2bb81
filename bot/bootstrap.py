"""The composition root: from the settings to every object, once, in one exit stack.

What is opened last is closed first: intake stops, running work is drained, connections close.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import AccessRules
from bot.gateway.client import GatewayClient, open_gateway
from bot.locales import load_catalog
from bot.server import SlackEndpoint, build_server, serving
from bot.services.languages import Languages
from bot.services.lookup import LookupService
from bot.settings import Mode, Settings
from bot.slack.apology import Apologies
from bot.slack.app import build_app
from bot.slack.listeners.commands import CommandListener
from bot.slack.replies import Replies
from bot.slack.socket import Socket
from bot.slack.style import Contacts, Styles
from bot.slack.work import OngoingWork
from bot.slack.workspace import Workspace, find_workspace
from bot.telemetry import Telemetry

# Kubernetes and Docker kill 10 to 30 seconds after SIGTERM; Slack's people wait no longer anyway.
DRAIN_SECONDS: Final = 9.0

Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBot:
    """A bot that is connected and serving.

    Attributes:
        port: where health, metrics and, in HTTP mode, Slack's endpoint are served.
    """

    workspace: Workspace
    mode: Mode
    gateway_host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outside:
    """The connections to the two outside worlds."""

    gateway: GatewayClient
    session: aiohttp.ClientSession
    client: AsyncWebClient
    workspace: Workspace


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


@asynccontextmanager
async def running_bot(settings: Settings, *, now: Now = utc_now) -> AsyncIterator[RunningBot]:
    """Connect and serve while the block runs; then finish what was begun.

    Raises:
        SlackRefusedError: Slack refuses a token.
        SlackUnreachableError: Slack cannot be reached.
        CannotListenError: the address to listen on is taken.
    """
    async with AsyncExitStack() as stack:
        outside = await _connect(settings, stack, now)
        telemetry = Telemetry(_hash_key(settings))
        work = OngoingWork()
        lookups = LookupService(
            gateway=outside.gateway, rules=access_rules(settings), telemetry=telemetry, now=now
        )
        app = _app(settings, outside, lookups, work)
        stack.push_async_callback(work.drain, DRAIN_SECONDS)
        port = await _serve(settings, app, outside.client, telemetry, stack)
        yield RunningBot(
            workspace=outside.workspace,
            mode=settings.mode,
            gateway_host=gateway_host(settings),
            port=port,
        )


async def _connect(settings: Settings, stack: AsyncExitStack, now: Now) -> _Outside:
    gateway = await stack.enter_async_context(gateway_of(settings, now=now))
    session = await stack.enter_async_context(slack_session())
    client = slack_client(settings, session)
    return _Outside(
        gateway=gateway, session=session, client=client, workspace=await find_workspace(client)
    )


@asynccontextmanager
async def gateway_of(settings: Settings, *, now: Now = utc_now) -> AsyncIterator[GatewayClient]:
    """The way to the gateway that the settings describe."""
    proxy = settings.gateway_proxy
    async with open_gateway(
        url=settings.gateway_url,
        credential=_secret(settings.gateway_credential),
        token=_secret(settings.gateway_token),
        soap_version=settings.gateway_soap_version,
        timeout_seconds=settings.gateway_timeout_seconds,
        requests_per_second=settings.gateway_requests_per_second,
        max_concurrency=settings.gateway_max_concurrency,
        now=now,
        proxy=_secret(proxy) if proxy is not None else None,
        ca_file=settings.gateway_ca_file,
    ) as gateway:
        yield gateway


@asynccontextmanager
async def slack_session() -> AsyncIterator[aiohttp.ClientSession]:
    """The one pool of connections to Slack, for the Web API and for response URLs."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=30),
        trust_env=True,
    ) as session:
        yield session


def slack_client(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    """The Web API client of the workspace, over the shared session."""
    client = AsyncWebClient(
        token=_secret(settings.slack_bot_token), base_url=settings.slack_api_url, session=session
    )
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
    return client


def gateway_host(settings: Settings) -> str:
    """The host of the gateway, which may be shown; the rest of an address may not."""
    return urlsplit(settings.gateway_url).hostname or "?"


def _app(
    settings: Settings, outside: _Outside, lookups: LookupService, work: OngoingWork
) -> AsyncApp:
    languages = Languages(default=settings.bot_language, load=load_catalog)
    styles = styles_of(settings)
    replies = Replies(client=outside.client, session=outside.session)
    apologies = Apologies(languages=languages, styles=styles, replies=replies)
    commands = CommandListener(
        lookups=lookups, languages=languages, styles=styles, replies=replies, work=work
    )
    return build_app(
        client=outside.client,
        workspace=outside.workspace,
        signing_secret=_signing_secret(settings),
        listeners=[commands],
        apologise=apologies.apologise,
    )


async def _serve(
    settings: Settings,
    app: AsyncApp,
    client: AsyncWebClient,
    telemetry: Telemetry,
    stack: AsyncExitStack,
) -> int:
    """Open the doors: the HTTP server in both modes, the socket in Socket Mode."""
    socket: Socket | None = None
    endpoint: SlackEndpoint | None = None
    if settings.mode is Mode.SOCKET:
        socket = Socket(app, app_token=_secret(settings.slack_app_token), client=client)
        stack.push_async_callback(socket.stop_listening)
    else:
        endpoint = SlackEndpoint(app, _signing_secret(settings))

    async def readiness() -> Mapping[str, bool]:
        if socket is None:
            return {"slack": True}
        return {
            "slack_socket_connected": await socket.is_connected(),
            "slack_socket_heard": socket.has_been_heard(),
        }

    web_app = build_server(readiness=readiness, metrics=telemetry.exposition, slack=endpoint)
    port = await stack.enter_async_context(
        serving(web_app, host=settings.bot_host, port=settings.bot_port)
    )
    if socket is not None:
        await socket.connect()
    return port


def styles_of(settings: Settings) -> Styles:
    """The style of cards that the settings describe."""
    contacts = Contacts(bot=settings.bot_support_contact, gateway=settings.gateway_support_contact)
    return Styles(contacts=contacts, zone=ZoneInfo(settings.bot_timezone))


def access_rules(settings: Settings) -> AccessRules:
    """Who may ask, as the settings say."""
    return AccessRules(
        channels=settings.allowed_channels,
        users=settings.allowed_users,
        admins=settings.admin_users,
        external_users=settings.allow_external_users,
    )


def _signing_secret(settings: Settings) -> str:
    return _secret(settings.slack_signing_secret) if settings.mode is Mode.HTTP else ""


def _hash_key(settings: Settings) -> bytes:
    key = settings.bot_hash_key
    return key.get_secret_value().encode() if key is not None else os.urandom(32)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value is not None else ""
