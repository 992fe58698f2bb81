"""The tables that several parts of the bot use, each made once for a database."""

from __future__ import annotations

from bot.domain.timing import Timing
from bot.storage.audit import Audit
from bot.storage.claims import SeenEvents
from bot.storage.database import Database
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.watches import Watches
from bot.storage.preferences import Preferences
from bot.storage.recents import Recents


class Stores:
    """What the bot remembers. What is awaited of it raises `StorageError`."""

    def __init__(self, database: Database, *, timing: Timing = Timing()) -> None:
        self.database = database
        self.audit = Audit(database)
        self.recents = Recents(database)
        self.seen = SeenEvents(database)
        # It caches choices, so a second one in a process would keep an old choice for a while.
        self.preferences = Preferences(database, timing=timing)
        self.watches = Watches(database)
        self.bulks = Bulks(database, timing=timing)
