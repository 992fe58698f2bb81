"""The tables that several parts of the bot use, each made once for a database."""

from __future__ import annotations

from bot.domain.timing import Timing
from bot.storage.claims import SeenEvents
from bot.storage.database import Database
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.watches import Watches
from bot.storage.preferences import Preferences
from bot.storage.records import Audit, Lost, Recents, RecordWriter


class Stores:
    """What the bot stores. Methods of all but `records` raise `StorageError`.

    Args:
        lost: see `RecordWriter`.
    """

    def __init__(self, database: Database, *, lost: Lost, timing: Timing = Timing()) -> None:
        self.database = database
        self.audit = Audit(database)
        self.recents = Recents(database)
        self.records = RecordWriter(database, self.audit, self.recents, lost=lost, timing=timing)
        self.seen = SeenEvents(database, timing=timing)
        # Choices are in memory, so a second instance would notice a change later.
        self.preferences = Preferences(database)
        self.watches = Watches(database)
        self.bulks = Bulks(database, timing=timing)
