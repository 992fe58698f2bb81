"""What is stored about one person or one call: to hand it out, and to erase it.

For requests under data protection laws (LGPD, article 18).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, or_, select, update

from bot.domain.audit import AuditKey
from bot.domain.input.message_id import MessageId
from bot.storage.jobs.rows import OVER
from bot.storage.preferences import Scope
from bot.storage.schema import (
    AUDIT,
    BULK,
    BULK_IGNORED,
    BULK_ITEM,
    CONVERSATION,
    EXECUTOR,
    PREFERENCE,
    RECENT,
    WATCH,
)
from bot.storage.stores import Stores

# A call of a list, with something in the form of an id in place of its id.
_EMPTIED: Final = {
    "idmsg": "ERASED",
    "lap": OVER,
    **dict.fromkeys(("outcome", "raw", "error", "error_detail", "checked_at")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom or what the data is about: a user of a workspace, or a call that one asked about."""

    team: str
    user: str = ""
    message_id: MessageId | None = None


def _is_direct(subject: Subject) -> ColumnElement[bool]:
    """Whether an entry of the audit is from the bot's conversation with this person.

    It is named by its id, or by that of the person.
    """
    return or_(AUDIT.c.channel_id.startswith("D"), AUDIT.c.channel_id == subject.user)


class PersonalData:
    """The rows about a subject. Every method raises `StorageError`.

    Args:
        stores: the tables.
        key: makes the alias that replaces an erased name in the audit.
        hashed: the hash of an id in the audit.
    """

    def __init__(self, stores: Stores, *, key: AuditKey, hashed: Callable[[str], str]) -> None:
        self._stores = stores
        self._database = stores.database
        self._key = key
        self._hashed = hashed

    async def export(self, subject: Subject) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Every row, with the name of its table; moments as ISO 8601 in UTC."""
        for table, about in self._rows_about(subject):
            rows = await self._database.read(partial(_rows, select(table).where(about)))
            for row in rows:
                yield table.name, {name: _shown(value) for name, value in row._asdict().items()}

    async def erase(self, subject: Subject) -> dict[str, int]:
        """Delete the rows, and return how many of which table.

        The audit keeps what was done: the name becomes an alias; the hash of an id stays. A list
        keeps its other calls. Running processes notice that a watch or a list is gone, and drop it.
        """
        erased = await self._database.write(partial(self._erase, subject))
        if subject.user:
            # So that running processes notice it.
            preferences = self._stores.preferences
            await preferences.set_language(Scope.USER, subject.team, subject.user, None)
        return erased

    async def may_be_written(self) -> bool:
        """Whether a process of the bot runs, or has crashed, so that its records may follow."""
        running = select(EXECUTOR.c.id).where(EXECUTOR.c.beats >= 0).limit(1)
        return bool(await self._database.read(partial(_rows, running)))

    def _rows_about(self, subject: Subject) -> Iterator[tuple[Table, ColumnElement[bool]]]:
        # The parts of a list come before the list, by which they are found.
        if subject.message_id is None:
            lists = select(BULK.c.id).where(self._about(BULK, subject))
            for part in (BULK_ITEM, BULK_IGNORED):
                yield part, part.c.bulk_id.in_(lists)
            # The audit comes last, because it names their conversations.
            own: tuple[Table, ...] = (CONVERSATION, PREFERENCE, RECENT, WATCH, BULK, AUDIT)
        else:
            lists = select(BULK.c.id).where(BULK.c.team_id == subject.team)
            called = BULK_ITEM.c.idmsg == subject.message_id.value
            yield BULK_ITEM, BULK_ITEM.c.bulk_id.in_(lists) & called
            own = (RECENT, WATCH, AUDIT)
        for table in own:
            yield table, self._about(table, subject)

    def _about(self, table: Table, subject: Subject) -> ColumnElement[bool]:
        columns = table.c
        if table is CONVERSATION:
            about = self._about(AUDIT, subject) & _is_direct(subject)
            direct = select(AUDIT.c.channel_id).where(about)
            return or_(columns.channel_id == subject.user, columns.channel_id.in_(direct))
        team = columns.team_id == subject.team
        if subject.message_id is not None and table is AUDIT:
            return team & columns.idmsg_hash.contains(self._hashed(subject.message_id.value))
        if subject.message_id is not None:
            return team & (columns.idmsg == subject.message_id.value)
        if table is PREFERENCE:
            return team & (columns.scope == Scope.USER) & (columns.subject_id == subject.user)
        alias = self._key.alias(subject.user)
        return team & or_(columns.user_id == subject.user, columns.user_id == alias)

    def _erase(self, subject: Subject, connection: Connection) -> dict[str, int]:
        erased = {}
        for table, about in self._rows_about(subject):
            if table is AUDIT:
                count = self._anonymise(subject, about, connection) if subject.user else 0
            elif table is BULK_ITEM and not subject.user:
                # The others keep their positions.
                count = connection.execute(update(table).where(about).values(_EMPTIED)).rowcount
            else:
                count = connection.execute(delete(table).where(about)).rowcount
            erased[table.name] = count
        return erased

    def _anonymise(
        self, subject: Subject, about: ColumnElement[bool], connection: Connection
    ) -> int:
        named = about & (AUDIT.c.user_id == subject.user)
        direct = select(AUDIT.c.channel_id).where(named, _is_direct(subject))
        for channel in connection.execute(direct.distinct()).scalars().all():
            here = named & (AUDIT.c.channel_id == channel)
            alias = self._key.alias(channel)
            connection.execute(update(AUDIT).where(here).values(channel_id=alias))
        alias = self._key.alias(subject.user)
        return connection.execute(update(AUDIT).where(named).values(user_id=alias)).rowcount


def _rows(chosen: Select[Any], connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(chosen).all()


def _shown(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
