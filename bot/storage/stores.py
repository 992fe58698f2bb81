"""The tables that several parts of the bot use, each made once for a database."""

from __future__ import annotations

from bot.domain.audit import AuditKey
from bot.domain.timing import Timing
from bot.storage.audit import Audit
from bot.storage.claims import SeenEvents
from bot.storage.database import Database
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.pace import SharedPace
from bot.storage.jobs.watches import Watches
from bot.storage.preferences import Preferences
from bot.storage.records import Lost, Recents, RecordWriter


class Stores:
    """What the bot stores. Methods of all but `records` raise `StorageError`.

    Args:
        key: see `Audit`.
        lost: see `RecordWriter`.
    """

    def __init__(
        self, database: Database, *, key: AuditKey, lost: Lost, timing: Timing = Timing()
    ) -> None:
        self.database = database
        self.audit = Audit(database, key)
        self.recents = Recents(database)
        self.records = RecordWriter(database, self.audit, self.recents, lost=lost, timing=timing)
        self.seen = SeenEvents(database, timing=timing)
        # Choices are in memory, so a second instance would notice a change later.
        self.preferences = Preferences(database)
        self.watches = Watches(database)
        self.bulks = Bulks(database, timing=timing)
        self.pace = SharedPace(database, timing=timing)
