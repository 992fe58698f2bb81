"""Parts that are made from the settings alone: gateway and Slack clients, rules, styles.

Commands in a terminal use it too, so it does not import the database.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from urllib.request import getproxies_environment
from zoneinfo import ZoneInfo

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.composition.values import access_rules, rate_limits_of, revealed
from bot.domain.texts.catalog import Catalog
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient, open_gateway
from bot.gateway.protocol.soap import Account, SoapVersion
from bot.gateway.request_queue import Gatekeeper
from bot.services.lookup import LookupService
from bot.settings.settings import Settings
from bot.slack.blocks.style import CardStyle, Contacts
from bot.telemetry import Telemetry

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The current time, aware."""
    return datetime.now(UTC)


def style_of(settings: Settings, catalog: Catalog) -> CardStyle:
    """The style of cards in a language, for their asker only."""
    contacts = Contacts(bot=settings.bot_support_contact, gateway=settings.gateway_support_contact)
    return CardStyle(catalog=catalog, contacts=contacts, zone=ZoneInfo(settings.bot_timezone))


def gateway_of(
    settings: Settings,
    *,
    now: Now = utc_now,
    gatekeeper: Gatekeeper | None = None,
    timing: Timing = Timing(),
) -> AbstractAsyncContextManager[GatewayClient]:
    """A client of the gateway.

    Without a gatekeeper the rate limit covers the requests of this process only.
    """
    return open_gateway(
        url=settings.gateway_url,
        account=Account(revealed(settings.gateway_credential), revealed(settings.gateway_token)),
        version=SoapVersion(settings.gateway_soap_version),
        timeout_seconds=settings.gateway_timeout_seconds,
        limits=rate_limits_of(settings),
        now=now,
        gatekeeper=gatekeeper,
        proxy=revealed(settings.gateway_proxy) or None,
        ca_file=settings.gateway_ca_file,
        timing=timing,
    )


def build_lookups(
    settings: Settings, gateway: GatewayClient, telemetry: Telemetry, *, now: Now = utc_now
) -> LookupService:
    """The one service that asks the gateway, for people, watches and bulks."""
    rules = access_rules(settings)
    return LookupService(gateway=gateway, rules=rules, telemetry=telemetry, now=now)


def slack_session() -> aiohttp.ClientSession:
    """The one pool of connections to Slack, for the Web API and for response URLs."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=30),
        # The proxies of HTTPS_PROXY and NO_PROXY. If there are any, aiohttp looks for the right one
        # in a thread before each request, which costs as much as the request.
        trust_env=bool(getproxies_environment()),
    )


def slack_client(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    """The Web API client of the workspace, over the shared session."""
    return AsyncWebClient(
        token=revealed(settings.slack_bot_token), base_url=settings.slack_api_url, session=session
    )
