"""Values that follow from the settings alone: rules, limits, the schedule of watches.

No input or output but one warning, and no clock. Commands in a terminal use it too, so it does not
import the database.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr

from bot.domain.access import AccessRules
from bot.domain.gate import RateLimits
from bot.domain.jobs.watch import Bounds, Schedule, most_open
from bot.settings.settings import Settings

# More look-ups than this gain nothing: all would wait for the rate limit together.
_MOST_LOOKS_AT_ONCE: Final = 200

_log = structlog.get_logger(__name__)


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
