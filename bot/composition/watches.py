"""Everything that watches are made of, put together: what people ask for, and turns.

Part of the composition root, apart from the desk, because it lives by itself and not by requests.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.composition.jobs import Engine, looks_at_once, schedule_of
from bot.domain.jobs.watch import most_open
from bot.services.jobs.dependencies import Means
from bot.services.poller import Line
from bot.services.watches.service import Notifier, Watching
from bot.services.watches.turns import WatchTurns
from bot.settings.settings import Settings
from bot.storage.watches import Bounds

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchServices:
    """The watches of this process.

    Attributes:
        watching: what people use.
        line: what the poller takes up.
    """

    watching: Watching
    line: Line


def build_watch_services(
    settings: Settings, *, engine: Engine, means: Means, notifier: Notifier
) -> WatchServices:
    """Make it; nothing runs yet."""
    schedule = schedule_of(settings)
    turns = WatchTurns(watches=engine.watches, notifier=notifier, schedule=schedule, means=means)
    watching = Watching(
        watches=engine.watches,
        wake=engine.poller.wake,
        schedule=schedule,
        bounds=bounds_of(settings),
        now=means.now,
    )
    line = Line(
        engine.watches, take_up=turns.take_up, leave=turns.leave, room=looks_at_once(settings)
    )
    return WatchServices(watching=watching, line=line)


def bounds_of(settings: Settings) -> Bounds:
    """How many watches may be open: no more than the gateway's ceiling carries."""
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
