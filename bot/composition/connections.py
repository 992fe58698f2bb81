"""Parts that are made from the settings alone: gateway and Slack clients, rules, styles.

Commands in a terminal use it too, so it does not import the database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import AccessRules
from bot.domain.gate import Ceilings
from bot.domain.timing import Timing
from bot.gateway.ceiling import Gatekeeper
from bot.gateway.client import GatewayClient, open_gateway
from bot.settings.settings import Settings
from bot.slack.blocks.style import Contacts, Styles

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The current time, aware."""
    return datetime.now(UTC)


@asynccontextmanager
async def gateway_of(
    settings: Settings,
    *,
    now: Now = utc_now,
    gatekeeper: Gatekeeper | None = None,
    timing: Timing = Timing(),
) -> AsyncIterator[GatewayClient]:
    """A client of the gateway.

    Without a gatekeeper the rate limit covers the requests of this process only.
    """
    proxy = settings.gateway_proxy
    async with open_gateway(
        url=settings.gateway_url,
        credential=revealed(settings.gateway_credential),
        token=revealed(settings.gateway_token),
        soap_version=settings.gateway_soap_version,
        timeout_seconds=settings.gateway_timeout_seconds,
        requests_per_second=settings.gateway_requests_per_second,
        max_concurrency=settings.gateway_max_concurrency,
        now=now,
        gatekeeper=gatekeeper,
        proxy=revealed(proxy) if proxy is not None else None,
        ca_file=settings.gateway_ca_file,
        timing=timing,
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
    return AsyncWebClient(
        token=revealed(settings.slack_bot_token), base_url=settings.slack_api_url, session=session
    )


def ceilings_of(settings: Settings) -> Ceilings:
    """The operator's limits on requests to the gateway."""
    return Ceilings(
        requests_per_second=settings.gateway_requests_per_second,
        max_concurrency=settings.gateway_max_concurrency,
    )


def gateway_host(settings: Settings) -> str:
    """The host of the gateway; the rest of the URL must not be shown."""
    return urlsplit(settings.gateway_url).hostname or "?"


def styles_of(settings: Settings) -> Styles:
    """The style of cards."""
    contacts = Contacts(bot=settings.bot_support_contact, gateway=settings.gateway_support_contact)
    return Styles(contacts=contacts, zone=ZoneInfo(settings.bot_timezone))


def access_rules(settings: Settings) -> AccessRules:
    """Who may use the bot."""
    return AccessRules(
        channels=settings.allowed_channels,
        users=settings.allowed_users,
        admins=settings.admin_users,
        external_users=settings.allow_external_users,
    )


def revealed(value: SecretStr | None) -> str:
    """The value of a secret setting; empty if it is not set."""
    return value.get_secret_value() if value is not None else ""
