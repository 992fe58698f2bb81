"""Watches and lists, with the poller and the rate limit that processes share through the database.

Part of the composition root, apart from the listeners, because jobs outlive a request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from typing import Final

from bot.composition.configured import (
    Now,
    bounds_of,
    calls_at_once,
    looks_at_once,
    rate_limits_of,
    revealed,
    schedule_of,
)
from bot.domain.jobs.bulk import MOST_OPEN, Bulk
from bot.domain.jobs.job import LONGEST_PAUSE
from bot.domain.jobs.watch import Bounds, Watch
from bot.domain.timing import Timing
from bot.gateway.request_queue import LocalGate
from bot.services.bulk.progress import BulkNotifier
from bot.services.bulk.service import BulkService
from bot.services.bulk.turns import BulkTurns
from bot.services.gatekeeper import SharingGatekeeper
from bot.services.jobs.dependencies import Dependencies
from bot.services.jobs.poller import Line, Poller
from bot.services.watches.service import WatchService
from bot.services.watches.turns import Notifier, WatchTurns
from bot.settings.settings import Settings
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.executors import this_process
from bot.storage.gate import SharedGate
from bot.storage.jobs.job_queue import JobQueue
from bot.storage.stores import Stores

# Open lists of all users: at 10 requests a second, 50 of the longest take more than half a day.
_MOST_OPEN_LISTS: Final = 50
# Lists in progress share the requests that may run at once, so more would only slow each down.
_LISTS_AT_ONCE: Final = 8


def gatekeeper_of(
    settings: Settings, database: Database, *, timing: Timing = Timing()
) -> AbstractAsyncContextManager[SharingGatekeeper]:
    """The rate limit that all processes on this database share."""
    limits = rate_limits_of(settings)
    shared = SharedGate(database, limits, timing=timing)
    local = LocalGate(limits, timing=timing)
    return aclosing(SharingGatekeeper(shared, local, timing=timing))


@asynccontextmanager
async def gatekeeper_beside_a_bot(settings: Settings) -> AsyncIterator[SharingGatekeeper | None]:
    """The same for a terminal command; `None` where the database cannot be used."""
    async with AsyncExitStack() as stack:
        try:
            opened = open_database(revealed(settings.database_url))
            database = await stack.enter_async_context(opened)
        except StorageError:
            yield None
        else:
            yield await stack.enter_async_context(gatekeeper_of(settings, database))


def build_poller(
    settings: Settings, stores: Stores, *, now: Now, timing: Timing = Timing()
) -> Poller:
    """The poller of both kinds of jobs; it does not run yet."""
    own = this_process()
    tables = (
        (stores.watches, schedule_of(settings).longest_wait),
        (stores.bulks, LONGEST_PAUSE),
    )
    queue = JobQueue(database=stores.database, own=own, tables=tables, now=now)
    return Poller(queue=queue, own=own, timing=timing)


def build_watches(
    settings: Settings,
    stores: Stores,
    poller: Poller,
    dependencies: Dependencies,
    notifier: Notifier,
) -> tuple[WatchService, Line[Watch]]:
    """The service that users call, and the jobs that the poller runs."""
    watches, schedule = stores.watches, schedule_of(settings)
    turns = WatchTurns(
        watches=watches, notifier=notifier, schedule=schedule, dependencies=dependencies
    )
    watching = WatchService(
        watches=watches,
        wake=poller.wake,
        schedule=schedule,
        bounds=bounds_of(settings),
        now=dependencies.now,
    )
    room = looks_at_once(settings)
    return watching, Line(jobs=watches, take_up=turns.take_up, leave=turns.leave, room=room)


def build_bulks(
    settings: Settings,
    stores: Stores,
    poller: Poller,
    dependencies: Dependencies,
    speaker: BulkNotifier,
) -> tuple[BulkService, Line[Bulk]]:
    """The service that users call, and the jobs that the poller runs."""
    at_once = calls_at_once(settings)
    turns = BulkTurns(
        bulks=stores.bulks, notifier=speaker, at_once=at_once, dependencies=dependencies
    )
    bounds = Bounds(user=MOST_OPEN, all=_MOST_OPEN_LISTS)
    bulks = BulkService(bulks=stores.bulks, wake=poller.wake, bounds=bounds, now=dependencies.now)
    line = Line(jobs=stores.bulks, take_up=turns.take_up, leave=turns.leave, room=_LISTS_AT_ONCE)
    return bulks, line
