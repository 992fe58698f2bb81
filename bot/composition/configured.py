"""What follows from the settings alone: rules, limits, schedules, styles, and the clients.

Commands in a terminal use it too, so it does not import the database.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import AccessRules
from bot.domain.gate import RateLimits
from bot.domain.input.query import MAX_IDS
from bot.domain.jobs.watch import Bounds, Schedule, most_open
from bot.domain.texts.catalog import Catalog
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient, open_gateway
from bot.gateway.http.handshake import trust_for
from bot.gateway.protocol.soap import Account, SoapVersion
from bot.gateway.request_queue import Gatekeeper
from bot.services.lookup import LookupService
from bot.settings.settings import Settings
from bot.slack.api.session import Proxies, open_session, web_client
from bot.slack.blocks.style import Audience, CardStyle, Contacts
from bot.telemetry import Telemetry

# More look-ups than this gain nothing: all would wait for the rate limit together.
_MOST_LOOKS_AT_ONCE: Final = 200

_log = structlog.get_logger(__name__)

Now = Callable[[], datetime]


def rate_limits_of(settings: Settings) -> RateLimits:
    """The operator's limits on requests to the gateway."""
    return RateLimits(
        requests_per_second=settings.gateway_requests_per_second,
        max_concurrency=settings.gateway_max_concurrency,
    )


def schedule_of(settings: Settings) -> Schedule:
    """When watches look up their calls."""
    return Schedule(
        intervals=tuple(timedelta(seconds=s) for s in settings.watch_intervals_seconds),
        limit=timedelta(minutes=settings.watch_limit_minutes),
    )


def looks_at_once(settings: Settings) -> int:
    """How many watches may look at the same time.

    So many that the last of them gets through the rate limit in half of the time for a look-up.
    """
    seconds = settings.gateway_timeout_seconds / 2
    return rate_limits_of(settings).at_once(seconds, most=_MOST_LOOKS_AT_ONCE)


def bounds_of(settings: Settings) -> Bounds:
    """How many watches may be open: no more than the rate limit on the gateway allows."""
    carried = most_open(settings.gateway_requests_per_second, schedule_of(settings))
    wanted = settings.watch_max_open
    if wanted is not None and wanted > carried:
        _log.warning(
            "WATCH_MAX_OPEN is lowered to what GATEWAY_REQUESTS_PER_SECOND carries", count=carried
        )
    return Bounds(
        user=settings.watch_max_per_user,
        channel=settings.watch_max_per_channel,
        all=min(wanted or carried, carried),
    )


def calls_at_once(settings: Settings) -> int:
    """As many calls of lists as get through the rate limit in a quarter of the time for a look-up.

    Watches wait in the same queue, so their look-ups then get through in time as well.
    """
    return rate_limits_of(settings).at_once(settings.gateway_timeout_seconds / 4)


def access_rules(settings: Settings) -> AccessRules:
    """Who may use the bot."""
    return AccessRules(
        channels=settings.allowed_channels,
        users=settings.allowed_users,
        admins=settings.admin_users,
        external_users=settings.allow_external_users,
    )


def gateway_host(settings: Settings) -> str:
    """The host of the gateway; the rest of the URL must not be shown."""
    return urlsplit(settings.gateway_url).hostname or "?"


def revealed(value: SecretStr | None) -> str:
    """The value of a secret setting; empty if it is not set."""
    return value.get_secret_value() if value is not None else ""


def utc_now() -> datetime:
    """The current time, aware."""
    return datetime.now(UTC)


def style_of(
    settings: Settings, catalog: Catalog, audience: Audience = Audience.PRIVATE
) -> CardStyle:
    """The style of cards in a language, for these readers."""
    contacts = Contacts(bot=settings.bot_support_contact, gateway=settings.gateway_support_contact)
    zone = ZoneInfo(settings.bot_timezone)
    return CardStyle(catalog=catalog, contacts=contacts, zone=zone, audience=audience)


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
    limits, seconds = rate_limits_of(settings), settings.gateway_timeout_seconds
    return LookupService(
        gateway=gateway,
        rules=rules,
        telemetry=telemetry,
        now=now,
        # As many as get through the rate limit in the time for one, and always one query.
        most_of_one=max(MAX_IDS, int(limits.requests_per_second * seconds)),
    )


def slack_session(settings: Settings) -> aiohttp.ClientSession:
    """The one pool of connections to Slack, which the caller closes."""
    https, http = revealed(settings.https_proxy), revealed(settings.http_proxy)
    proxies = Proxies(https=https, http=http, direct=settings.no_proxy) if https or http else None
    return open_session(proxies=proxies, trust=trust_for(settings.slack_api_url, https, http))


def slack_client(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    """The Web API client of the workspace, over the shared session."""
    token, api_url = revealed(settings.slack_bot_token), settings.slack_api_url
    return web_client(token=token, api_url=api_url, session=session)
