"""A claim of this process, renewed during the action and confirmed or released after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import structlog
from cachetools import TTLCache

from bot.domain.timing import Timing
from bot.services.bulk.progress import came
from bot.storage.claims import Claim, Claims
from bot.storage.errors import StorageError

_MOST_DONE: Final = 1_000
_log = structlog.get_logger(__name__)


class Deed:
    """The action that was claimed.

    Attributes:
        done: set by the caller.
    """

    def __init__(self) -> None:
        self.done = False


class Claiming:
    """Takes claims and renews them.

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
        # While the gateway is down, each look-up of each agent would ask the database.
        self._done: TTLCache[str, Claim] = TTLCache(
            _MOST_DONE, timing.claim, lambda: now().timestamp()
        )

    async def claim(self, name: str) -> Claim:
        """Claim an action if it is due.

        Raises:
            StorageError: it is unknown whether it is.
        """
        claim = self._done.get(name)
        if claim is None:
            claim = await self._claims.claim(name, self._now())
            if claim is Claim.DONE:
                self._done[name] = claim
        return claim

    async def claim_in_turn(self, name: str) -> bool:
        """The same, waiting while another caller has it; returns whether it is the caller's.

        Raises:
            StorageError: it is unknown.
        """
        while (claim := await self.claim(name)) is Claim.TAKEN:  # noqa: ASYNC110 - a table sends no events
            await asyncio.sleep(self._look)
        return claim is Claim.MINE

    @asynccontextmanager
    async def doing(self, name: str) -> AsyncIterator[Deed]:
        """Renew the claim during the block; an action that is not `done` after it is due again."""
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
