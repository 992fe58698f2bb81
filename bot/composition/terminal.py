"""What terminal commands use of a bot's database: its rate limit, and what it stores."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.composition.configured import revealed, utc_now
from bot.composition.jobs import absent_database, gatekeeper_of, hash_key_of
from bot.domain.audit import AuditKey
from bot.services.gatekeeper import SharingGatekeeper
from bot.services.records import Asked, Records, Surface
from bot.settings.settings import Settings
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError, failure
from bot.storage.personal_data import PersonalData
from bot.storage.stores import Stores
from bot.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The stored data of a bot, for a command.

    Attributes:
        asked: the user of the command, in the audit.
    """

    database: Database
    stores: Stores
    records: Records
    personal_data: PersonalData
    asked: Asked


@asynccontextmanager
async def open_installation(settings: Settings) -> AsyncIterator[Installation]:
    """Open the database of a bot for a command, which stores its own deeds in the audit.

    Raises:
        StorageError: there is none, or it cannot be used.
    """
    if file := absent_database(settings):
        raise failure("no_file", str(file))
    async with open_database(revealed(settings.database_url)) as database:
        hash_key = await hash_key_of(settings, database)
        telemetry, key = Telemetry(hash_key), AuditKey(hash_key)
        stores = Stores(database, key=key, lost=telemetry.lost)
        records = Records(
            writer=stores.records, recents=stores.recents, telemetry=telemetry, now=utc_now
        )
        yield Installation(
            database=database,
            stores=stores,
            records=records,
            personal_data=PersonalData(stores, key=key, hashed=telemetry.hashed),
            asked=Asked(team="", user=_own_name(), channel="", surface=Surface.TERMINAL),
        )
        await stores.records.flush()


@asynccontextmanager
async def beside_a_bot(
    settings: Settings,
) -> AsyncIterator[tuple[SharingGatekeeper, Installation] | StorageError]:
    """The shared rate limit and the stored data, or why the database cannot be used."""
    opened = open_installation(settings)
    try:
        installation = await opened.__aenter__()
    except StorageError as error:
        yield error
        return
    try:
        async with gatekeeper_of(settings, installation.database) as gatekeeper:
            yield gatekeeper, installation
    finally:
        await opened.__aexit__(None, None, None)


def _own_name() -> str:
    try:
        return f"os:{getpass.getuser()}"
    except (KeyError, OSError):
        # A user number without a name, as in a container.
        return "os:?"
