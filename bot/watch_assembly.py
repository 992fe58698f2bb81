"""Everything that watches are made of, put together: what people ask for, and turns.

Part of the composition root, apart from the desk, because it lives by itself and not by requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.domain.watch import most_open
from bot.engine_assembly import Engine, schedule_of
from bot.services.answers import Answer
from bot.services.lookup import LookupService
from bot.services.telling import InDoubt
from bot.services.watch_turns import WatchTurns
from bot.services.watching import Notifier, Watching
from bot.settings import Settings
from bot.storage.watches import Bounds

_log = structlog.get_logger("bot.watch_assembly")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchHouse:
    """The watches of this process.

    Attributes:
        watching: what people use.
        turns: what the engine's alarms wake.
    """

    watching: Watching
    turns: WatchTurns


def build_watch_house(
    settings: Settings,
    *,
    engine: Engine,
    lookups: LookupService,
    notifier: Notifier,
    heard: Callable[[Sequence[Answer]], Awaitable[None]],
    now: Callable[[], datetime],
) -> WatchHouse:
    """Make it; nothing runs yet. `heard` looks at each answer for what the admins must act on."""
    schedule = schedule_of(settings)
    turns = WatchTurns(
        watches=engine.watches,
        alarms=engine.alarms,
        lookups=lookups,
        notifier=notifier,
        schedule=schedule,
        in_doubt=InDoubt(settings.watch_in_doubt),
        executor=engine.own.id,
        heard=heard,
        is_gone=engine.keeper.is_gone,
        now=now,
    )
    watching = Watching(
        watches=engine.watches,
        alarms=engine.alarms,
        schedule=schedule,
        bounds=bounds_of(settings),
        now=now,
    )
    return WatchHouse(watching=watching, turns=turns)


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
