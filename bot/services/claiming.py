"""A claim of this process, renewed while the deed is done and settled after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog

from bot.domain.timing import Timing
from bot.services.bulk.pace import came
from bot.storage.claims import Claim, Claims
from bot.storage.errors import StorageError

_log = structlog.get_logger(__name__)


class Deed:
    """What a claim was taken for.

    Attributes:
        done: whoever has it says so.
    """

    def __init__(self) -> None:
        self.done = False


class Claiming:
    """Takes claims and keeps them.

    Args:
        now: the present moment, aware.
        timing: how long it waits for what.
    """

    def __init__(
        self, claims: Claims, *, now: Callable[[], datetime], timing: Timing = Timing()
    ) -> None:
        self._claims = claims
        self._now = now
        self._look = timing.claim_look

    async def claim(self, name: str) -> Claim:
        """Take a deed, if it is due.

        Raises:
            StorageError: nobody knows whether it is.
        """
        return await self._claims.claim(name, self._now())

    async def claim_in_turn(self, name: str) -> bool:
        """The same after a wait while another has it; whether it is the caller's.

        Raises:
            StorageError: nobody knows.
        """
        while (claim := await self.claim(name)) is Claim.TAKEN:  # noqa: ASYNC110 - a table is mute
            await asyncio.sleep(self._look)
        return claim is Claim.MINE

    @asynccontextmanager
    async def doing(self, name: str) -> AsyncIterator[Deed]:
        """Keep the claim while the block runs; a deed that is not done then is due again."""
        deed, over = Deed(), asyncio.Event()
        keeping = asyncio.create_task(self._keep(name, over))
        try:
            yield deed
        finally:
            over.set()
            await keeping
            settle = self._claims.confirm if deed.done else self._claims.release
            try:
                await settle(name, self._now())
            except StorageError as error:
                _log.warning("a claim ends by itself", error=error.code)

    async def _keep(self, name: str, over: asyncio.Event) -> None:
        while not await came(over, self._look):
            try:
                await self._claims.renew(name, self._now())
            except StorageError as error:
                _log.warning("a claim was not renewed", error=error.code)
