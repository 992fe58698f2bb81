"""What happens once: actions that this process has claimed, alerts, and what Slack delivers again.

A claim is renewed during the action, and confirmed or released after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from cachetools import LRUCache, TTLCache

from bot.domain.alerts import Alert, alert_of
from bot.domain.call_status import Answer
from bot.domain.timing import Timing
from bot.services.bulk.progress import came
from bot.storage.claims import Claim, Claims, SeenEvents
from bot.storage.errors import FailureLogged

_MOST_DONE: Final = 1_000

_MOST_REMEMBERED: Final = 10_000
_BY_MEMORY: Final = "duplicates are recognised by memory only"

EVERY: Final = timedelta(hours=1)

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
        # Otherwise, while the gateway is down, each look-up of each agent would ask the database.
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
            with FailureLogged("a claim ends by itself"):
                await settle(name, self._now())

    async def _keep(self, name: str, over: asyncio.Event) -> None:
        while not await came(over, self._look):
            with FailureLogged("a claim was not renewed"):
                await self._claims.renew(name, self._now())


class EventDeduplicator:
    """Distinguishes first deliveries from repetitions, for all processes on one database.

    While the database is unavailable, this process' memory decides: two answers beat none.
    """

    def __init__(self, *, seen: SeenEvents, clicks: Claiming, now: Callable[[], datetime]) -> None:
        self._seen = seen
        self._clicks = clicks
        self._now = now
        self._remembered: LRUCache[str, bool] = LRUCache(_MOST_REMEMBERED)

    async def new_of(self, keys: Iterable[str]) -> frozenset[str]:
        """Which of these keys are delivered for the first time."""
        new = frozenset(key for key in keys if key not in self._remembered)
        self._remembered.update(dict.fromkeys(new, True))
        if new:
            with FailureLogged(_BY_MEMORY):
                new = await self._seen.new_of(new, self._now())
        return new

    async def unserved(self, key: str) -> bool:
        """Whether the caller has to serve a click; waits while a repetition of it is being served.

        If so, the caller serves it within `serving`.
        """
        mine = key not in self._remembered
        with FailureLogged(_BY_MEMORY):
            mine = await self._clicks.claim_in_turn(key)
        if mine:
            self._remembered[key] = True
        return mine

    @asynccontextmanager
    async def serving(self, key: str) -> AsyncIterator[Deed]:
        """Serve a click; unless it is `done` at the end of the block, a repetition is served."""
        async with self._clicks.doing(key) as deed:
            try:
                yield deed
            finally:
                if not deed.done:
                    self._remembered.pop(key, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminAlerter:
    """Checks every answer for what the admins must act on.

    Attributes:
        notices: the alerts that any process sent within `EVERY`.
        tell: sends an alert to the admins; returns whether it reached one of them.
        has_admins: whether there are admins.
    """

    notices: Claiming
    tell: Callable[[Alert], Awaitable[bool]]
    has_admins: bool

    def covers(self, answers: Sequence[Answer]) -> bool:
        """Whether the admins are alerted because of these answers."""
        return self.has_admins and any(alert_of(answer) is not None for answer in answers)

    async def observe(self, answers: Sequence[Answer]) -> None:
        """Send the alerts that are due; raises no errors of the database or Slack."""
        alerts = {alert.trouble: alert for answer in answers if (alert := alert_of(answer))}
        for alert in alerts.values():
            with FailureLogged("the admins could not be alerted once only"):
                await self._raise(alert)

    async def _raise(self, alert: Alert) -> None:
        reason = alert.trouble.value
        if await self.notices.claim(reason) is not Claim.MINE:
            return
        async with self.notices.doing(reason) as deed:
            _log.warning("the admins must act", reason=reason, error=alert.code or alert.detail)
            deed.done = not self.has_admins or await self.tell(alert)
        if not deed.done:
            _log.error("no admin could be alerted", reason=reason)
