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
from bot.storage.record_writer import Lost, RecordWriter


class Stores:
    """What the bot remembers. What is awaited of it raises `StorageError`.

    Args:
        lost: called with the number of records that could not be stored, and the reason.
    """

    def __init__(self, database: Database, *, lost: Lost, timing: Timing = Timing()) -> None:
        self.database = database
        self.audit = Audit(database)
        self.recents = Recents(database)
        self.records = RecordWriter(database, self.audit, self.recents, lost=lost, timing=timing)
        self.seen = SeenEvents(database)
        # It holds choices in memory, so a second one in a process would notice a change later.
        self.preferences = Preferences(database)
        self.watches = Watches(database)
        self.bulks = Bulks(database, timing=timing)
