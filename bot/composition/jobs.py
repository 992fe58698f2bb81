"""Watches and lists, with the poller and the rate limit that processes share through the database.

Part of the composition root, apart from the listeners, because jobs outlive a request.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from pathlib import Path
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
from bot.domain.jobs.bulk import MOST_CALLS_A_DAY, MOST_OPEN, Bulk
from bot.domain.jobs.job import LONGEST_PAUSE
from bot.domain.jobs.watch import Bounds, Watch
from bot.domain.timing import Timing
from bot.gateway.request_queue import LocalGate
from bot.services.bulk.progress import BulkNotifier
from bot.services.bulk.service import BulkService
from bot.services.bulk.sharing import ProgressPace
from bot.services.bulk.turns import BulkTurns
from bot.services.gatekeeper import SharingGatekeeper
from bot.services.jobs.dependencies import Dependencies
from bot.services.jobs.pace import Pace
from bot.services.jobs.poller import Line, Poller
from bot.services.watches.service import WatchService
from bot.services.watches.turns import Notifier, WatchTurns
from bot.settings.settings import Settings
from bot.storage.database import Database, file_of, read_database_url
from bot.storage.executors import this_process
from bot.storage.gate import SharedGate
from bot.storage.hash_key import load_hash_key
from bot.storage.jobs.job_queue import JobQueue
from bot.storage.jobs.notices import Notice, Notices
from bot.storage.jobs.pace import SharedPace
from bot.storage.stores import Stores

# Open lists of all users: at 10 requests a second, 50 of the longest take more than half a day.
_MOST_OPEN_LISTS: Final = 50
# Lists in progress share the requests that may run at once, so more would only slow each down.
_LISTS_AT_ONCE: Final = 8
# Watches whose notices are being posted or searched for: some of each of many conversations.
_NOTICES: Final = 500


def gatekeeper_of(
    settings: Settings, database: Database, *, timing: Timing = Timing()
) -> AbstractAsyncContextManager[SharingGatekeeper]:
    """The rate limit that all processes on this database share."""
    limits = rate_limits_of(settings)
    shared = SharedGate(database, limits, timing=timing)
    local = LocalGate(limits, timing=timing)
    return aclosing(SharingGatekeeper(shared, local, timing=timing))


def absent_database(settings: Settings) -> Path | None:
    """The SQLite file that no bot has made yet; a missing folder is reported when it is opened.

    Raises:
        StorageError: the address of the database is wrong.
    """
    file = file_of(read_database_url(revealed(settings.database_url)))
    return file if file is not None and file.parent.is_dir() and not file.is_file() else None


async def hash_key_of(settings: Settings, database: Database) -> bytes:
    """The key of the hashes in log and audit.

    Raises:
        StorageError: no key is set, and the stored one cannot be read or created.
    """
    return revealed(settings.bot_hash_key).encode() or await load_hash_key(database)


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
    *,
    pace: Pace | None = None,
) -> tuple[WatchService, Line[Watch], Line[Notice]]:
    """The service that users call, and what the poller runs: the watches, and their notices."""
    watches, schedule = stores.watches, schedule_of(settings)
    pace = pace or Pace(stores.pace, timing=dependencies.timing)
    turns = WatchTurns(
        watches=watches,
        notifier=notifier,
        schedule=schedule,
        dependencies=dependencies,
        pace=pace,
        wake=poller.wake,
    )
    watching = WatchService(
        watches=watches,
        wake=poller.wake,
        schedule=schedule,
        bounds=bounds_of(settings),
        now=dependencies.now,
    )
    room = looks_at_once(settings)
    notices = Notices(watches=watches, pace=stores.pace, ahead=pace.ahead)
    return (
        watching,
        Line(jobs=watches, take_up=turns.take_up, leave=turns.leave, room=room),
        Line(jobs=notices, take_up=turns.tell, leave=turns.leave, room=_NOTICES, chained=True),
    )


def build_bulks(
    settings: Settings,
    stores: Stores,
    poller: Poller,
    dependencies: Dependencies,
    speaker: BulkNotifier,
) -> tuple[BulkService, Line[Bulk]]:
    """The service that users call, and the jobs that the poller runs."""
    at_once, timing = calls_at_once(settings), dependencies.timing
    updates = replace(timing, pace=timing.progress_every)
    turns = BulkTurns(
        bulks=stores.bulks,
        notifier=speaker,
        at_once=at_once,
        pace=ProgressPace(SharedPace(stores.database, timing=updates)),
        dependencies=dependencies,
    )
    bounds = Bounds(user=MOST_OPEN, all=_MOST_OPEN_LISTS, calls_a_day=MOST_CALLS_A_DAY)
    bulks = BulkService(bulks=stores.bulks, wake=poller.wake, bounds=bounds, now=dependencies.now)
    line = Line(jobs=stores.bulks, take_up=turns.take_up, leave=turns.leave, room=_LISTS_AT_ONCE)
    return bulks, line
