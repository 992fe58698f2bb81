"""The ceilings on requests to the gateway, as far as they are shared by way of a database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from bot.composition.connections import ceilings_of, revealed
from bot.domain.timing import Timing
from bot.gateway.ceiling import LocalGate
from bot.services.gatekeeper import SharingGatekeeper, sharing
from bot.settings.settings import Settings
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.gate import SharedGate

# A request that was cut off at its deadline is over by then for certain.
LEASE_MARGIN_SECONDS: Final = 5.0


@asynccontextmanager
async def gatekeeper_of(
    settings: Settings, database: Database, *, timing: Timing = Timing()
) -> AsyncIterator[SharingGatekeeper]:
    """Who lets requests to the gateway go, for all processes on this database."""
    ceilings = ceilings_of(settings)
    lease = settings.gateway_timeout_seconds + LEASE_MARGIN_SECONDS
    shared = SharedGate(database, ceilings, lease_seconds=lease, timing=timing)
    local = LocalGate(ceilings, timing=timing)
    async with sharing(shared, local, timing=timing) as gatekeeper:
        yield gatekeeper


@asynccontextmanager
async def gatekeeper_beside_a_bot(settings: Settings) -> AsyncIterator[SharingGatekeeper | None]:
    """The same for a command in a terminal; `None` where the database cannot be used."""
    async with AsyncExitStack() as stack:
        try:
            database = await stack.enter_async_context(
                open_database(revealed(settings.database_url))
            )
        except StorageError:
            yield None
        else:
            yield await stack.enter_async_context(gatekeeper_of(settings, database))
