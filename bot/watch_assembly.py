"""Everything that watches are made of, put together: what people ask for, turns, the keeper.

Part of the composition root, apart from the desk, because it lives by itself and not by requests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.connections import revealed
from bot.domain.watch import Schedule, most_open
from bot.services.answers import Answer
from bot.services.lookup import LookupService
from bot.services.watch_keeping import WatchKeeper
from bot.services.watch_turns import InDoubt, WatchTurns
from bot.services.watching import Notifier, Watching
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.durable import alarms_for
from bot.storage.executors import Executors, this_process
from bot.storage.watches import Bounds, Watches

# More looks than this gain nothing: they would wait for the gateway's ceiling together.
_MOST_AT_ONCE: Final = 200

_log = structlog.get_logger("bot.watch_assembly")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchHouse:
    """The watches of this process.

    Attributes:
        watching: what people use.
    """

    watching: Watching
    turns: WatchTurns
    keeper: WatchKeeper

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Look after the watches while the block runs.

        Raises:
            StorageError: the database could not be used.
        """
        async with self.keeper.keeping(self.turns.take_up):
            yield


def build_watch_house(
    settings: Settings,
    *,
    database: Database,
    lookups: LookupService,
    notifier: Notifier,
    heard: Callable[[Sequence[Answer]], Awaitable[None]],
    now: Callable[[], datetime],
) -> WatchHouse:
    """Make it; nothing runs yet. `heard` looks at each answer for what the admins must act on."""
    own = this_process()
    watches, schedule = Watches(database), schedule_of(settings)
    alarms = alarms_for(
        revealed(settings.database_url), executor=own.id, concurrency=_at_once(settings), now=now
    )
    keeper = WatchKeeper(
        own=own,
        executors=Executors(database, own=own, now=now),
        watches=watches,
        alarms=alarms,
        schedule=schedule,
        now=now,
    )
    turns = WatchTurns(
        watches=watches,
        alarms=alarms,
        lookups=lookups,
        notifier=notifier,
        schedule=schedule,
        in_doubt=InDoubt(settings.watch_in_doubt),
        executor=own.id,
        heard=heard,
        is_gone=keeper.is_gone,
        now=now,
    )
    watching = Watching(
        watches=watches, alarms=alarms, schedule=schedule, bounds=bounds_of(settings), now=now
    )
    return WatchHouse(watching=watching, turns=turns, keeper=keeper)


def schedule_of(settings: Settings) -> Schedule:
    """When watches are looked at."""
    return Schedule(
        intervals=tuple(timedelta(seconds=s) for s in settings.watch_intervals_seconds),
        limit=timedelta(minutes=settings.watch_limit_minutes),
    )


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


def _at_once(settings: Settings) -> int:
    """So many looks that the last of them comes through the ceiling in half of its time."""
    through = settings.gateway_requests_per_second * settings.gateway_timeout_seconds / 2
    return max(1, min(_MOST_AT_ONCE, int(through)))
