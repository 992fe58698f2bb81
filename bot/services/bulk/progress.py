"""A bulk while this process works on it: its row, and its progress card.

The card is updated at a rate that Slack accepts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from bot.domain.jobs.bulk import Bulk, Tally
from bot.domain.jobs.job import Delivery, PostedCard, Report, Trace
from bot.domain.timing import Timing
from bot.services.bulk.sharing import ProgressPace
from bot.services.jobs.deliver_once import OnceDelivery
from bot.services.jobs.dependencies import bounded
from bot.storage.errors import StorageError
from bot.storage.jobs.bulks import Bulks


class BulkNotifier(Protocol):
    """Posts for a bulk. No method raises for what Slack does."""

    async def show_progress(self, bulk: Bulk, tally: Tally, *, missing: str = "") -> Report:
        """Post the progress card, which is then the report's `card`, or update `bulk.card`.

        Called every few seconds while calls are looked up, when a pause begins or ends, once at the
        end, and once more if Slack does not take the `report` or the `file`, which is then missing.
        """

    async def find_progress(self, bulk: Bulk) -> PostedCard | None:
        """The progress card that was posted already; `None` if none is found."""

    async def report(self, bulk: Bulk) -> Report:
        """Post the one report, marked with `bulk.id` in the message's metadata and block ids."""

    async def trace(self, bulk: Bulk) -> Trace:
        """Look for a report with that mark, posted since `bulk.started_at`."""

    async def deliver_results(self, bulk: Bulk) -> Report:
        """After the report was posted: send the whole result as a file, or else as pages."""

    async def trace_result(self, bulk: Bulk) -> Trace:
        """Look for that file or those pages, posted at `bulk.decided_at` or later."""

    async def deliver_columns(self, bulk: Bulk) -> Report:
        """Send the result with the columns of the list's file to the asker, if others saw it."""

    async def trace_columns(self, bulk: Bulk) -> Trace:
        """Look for that file."""


@dataclass(slots=True, kw_only=True)
class Lease:
    """One bulk that this process has claimed.

    Attributes:
        bulk: as it was when it was last read.
        lost: it is over, or another process has claimed it; this one must leave it alone.
    """

    bulk: Bulk
    delivery: OnceDelivery[Bulk]
    lost: bool = False
    # Two concurrent changes would each start from what the other has just changed.
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def forbidden(self) -> bool:
        """Whether its user may no longer ask; then its next turn ends it."""
        return self.delivery.dependencies.refusal(self.bulk) is not None

    async def change(self, change: Callable[[Bulk], Bulk]) -> bool:
        """Change the bulk and store it; whether this process still has it."""
        async with self._changing:
            self._see(await self.delivery.update_owned(self.bulk, change))
        return not self.lost

    async def refresh(self) -> None:
        """Read what others have changed."""
        async with self._changing:
            self._see(await self.delivery.load_current(self.bulk))

    def _see(self, bulk: Bulk | None) -> None:
        self.lost, self.bulk = bulk is None, bulk or self.bulk


@dataclass(slots=True, kw_only=True)
class Progress:
    """The progress card of one bulk. A slow Slack delays nothing else.

    Attributes:
        pace: that of the updates of all progress cards.
        in_flight: an update is being sent, or was when it was aborted.
    """

    lease: Lease
    bulks: Bulks
    notifier: BulkNotifier
    timing: Timing
    pace: ProgressPace
    in_flight: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _next_at: float = 0.0
    _paused_until: float = 0.0

    async def keep_shown(self) -> None:
        """Show it now, every few seconds, and at news, until `end`."""
        await self._find()
        while not self._over.is_set():
            await self.show()
            await came(self._news, self.timing.progress_every)

    def has_news(self) -> None:
        """A pause begins or ends: show it soon."""
        self._news.set()

    def end(self) -> None:
        """Let `keep_shown` return after the update that is being sent."""
        self._over.set()
        self._news.set()

    async def show(self) -> None:
        """Post the card or update it, unless the bulk was erased; never twice in `card_least`."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self._next_at - clock()))
        self._news.clear()
        bulk = self.lease.bulk
        last = bulk.card is not None and bulk.ending is not None
        # Only the last update of a posted card waits neither for a pause nor for other cards.
        if not last and not await self._has_turn():
            return
        with suppress(StorageError):
            tally = await self.bulks.tally(bulk.id)
            await self.lease.refresh()
            if self.lease.lost or self.lease.forbidden:
                return
            showing = self.notifier.show_progress(self.lease.bulk, tally)
            self.in_flight = True
            report = await bounded(showing, Report(delivery=Delivery.UNKNOWN), self.timing.telling)
            self.in_flight = False
            self._next_at = clock() + self.timing.card_least
            await self._heed(report, was_update=bulk.card is not None)
            if report.card is not None:
                await self.lease.change(
                    lambda held: replace(held, card=report.card, doubtful=False)
                )

    async def _has_turn(self) -> bool:
        """Wait for a place among the updates of all cards; false in a pause, or at the end."""
        if asyncio.get_running_loop().time() < self._paused_until:
            return False
        return self.lease.bulk.card is None or not await came(self._over, await self.pace.wait())

    async def _heed(self, report: Report, *, was_update: bool) -> None:
        """Keep a pause that Slack asked for; if an update was refused, no card is updated."""
        pause = report.pause or timedelta()
        self._paused_until = asyncio.get_running_loop().time() + pause.total_seconds()
        if pause and was_update:
            await self.pace.refused(pause)

    async def _find(self) -> None:
        """Store that a card is about to be posted; if that was stored before, look for it."""
        bulk = self.lease.bulk
        if bulk.card is not None:
            return
        if not bulk.doubtful:
            await self.lease.change(lambda held: replace(held, doubtful=True))
            return
        finding = self.notifier.find_progress(bulk)
        card = await bounded(finding, None, self.timing.telling)
        if card is not None:
            await self.lease.change(lambda held: replace(held, card=card, doubtful=False))


async def came(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, at most for this time; whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
