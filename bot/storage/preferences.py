"""The language that a user chose, or an admin for a channel."""

from __future__ import annotations

from collections.abc import MutableMapping
from enum import StrEnum
from secrets import token_hex
from typing import Final

from cachetools import LRUCache
from sqlalchemy import Connection, bindparam, delete, select

from bot.storage.database import Database
from bot.storage.schema import INSTALLATION, PREFERENCE

MOST_IN_MEMORY: Final = 10_000

# The row of the change stamp: a random value, new with each change of a choice.
_STAMP: Final = "preference_stamp"
_UNREAD: Final = ""

_KEY: Final = ("team_id", "scope", "subject_id")
_Key = tuple[str, str, str]
_Choices = MutableMapping[_Key, str | None]


class Scope(StrEnum):
    """Whose choice it is."""

    USER = "user"
    CHANNEL = "channel"


class Preferences:
    """Choices of language by team and user or channel. Every method raises `StorageError`.

    All of them are in memory, or the most recently used of more than `most`.
    """

    def __init__(self, database: Database, *, most: int = MOST_IN_MEMORY) -> None:
        self._database = database
        self._most = most
        self._known: _Choices = {}
        self._all_known = False
        self._stamp: str | None = _UNREAD
        self._changes = 0
        key = [PREFERENCE.c[name] == bindparam(name) for name in _KEY]
        self._reading = select(PREFERENCE.c.language).where(*key)
        self._reading_all = select(PREFERENCE).limit(most + 1)
        self._reading_stamp = select(INSTALLATION.c.value).where(INSTALLATION.c.name == _STAMP)
        self._clearing = delete(PREFERENCE).where(*key)
        new, stamp = database.insert(PREFERENCE), database.insert(INSTALLATION)
        self._setting = new.on_conflict_do_update(
            index_elements=list(PREFERENCE.primary_key), set_={"language": new.excluded.language}
        )
        self._stamping = stamp.on_conflict_do_update(
            index_elements=list(INSTALLATION.primary_key), set_={"value": stamp.excluded.value}
        )

    async def refresh(self) -> None:
        """Read the choices again if any process has changed one since the last time."""
        changes = self._changes
        found = await self._database.read(self._read_changed)
        # What was read during a change in this process may be older than the change.
        if found is not None and changes == self._changes:
            self._stamp, choices = found
            self._all_known = len(choices) <= self._most
            self._known = choices if self._all_known else LRUCache(self._most)
            self._changes += 1

    def _read_changed(self, connection: Connection) -> tuple[str | None, _Choices] | None:
        stamp = connection.execute(self._reading_stamp).scalar_one_or_none()
        if stamp == self._stamp:
            return None
        rows = connection.execute(self._reading_all)
        return stamp, {(row.team_id, row.scope, row.subject_id): row.language for row in rows}

    async def language(self, scope: Scope, team: str, subject: str) -> str | None:
        """The language that was chosen, such as "pt-BR"; `None` where none was."""
        if self._stamp == _UNREAD:
            await self.refresh()
        key = (team, str(scope), subject)
        if self._all_known or key in self._known:
            return self._known.get(key)
        changes = self._changes
        language: str | None = await self._database.read(
            lambda connection: connection.execute(self._reading, _named(key)).scalar_one_or_none()
        )
        if changes == self._changes:
            self._known[key] = language
        return language

    async def set_language(
        self, scope: Scope, team: str, subject: str, language: str | None
    ) -> None:
        """Store a choice in place of an earlier one; `None` deletes it."""
        key = (team, str(scope), subject)
        row = {**_named(key), "language": language and str(language)}

        def work(connection: Connection) -> None:
            connection.execute(self._clearing if language is None else self._setting, row)
            connection.execute(self._stamping, {"name": _STAMP, "value": token_hex(8)})

        await self._database.write(work)
        self._changes += 1
        self._known[key] = language


def _named(key: _Key) -> dict[str, str]:
    return dict(zip(_KEY, key, strict=True))
