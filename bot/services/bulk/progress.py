"""Keeps the progress card of a bulk up to date, at a rate that Slack accepts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

from bot.domain.jobs.bulk import Bulk
from bot.domain.timing import Timing
from bot.services.bulk.lease import Hold
from bot.services.bulk.notifier import BulkNotifier
from bot.services.jobs.deliver_once import OnceDelivery
from bot.services.jobs.outcomes import Delivery, Report
from bot.storage.bulks import Bulks
from bot.storage.errors import StorageError


class Progress:
    """The progress card of one bulk. A Slack that is slow keeps nothing else waiting.

    Attributes:
        in_flight: it is just being shown, or was when that was broken off.
    """

    def __init__(
        self,
        hold: Hold,
        *,
        bulks: Bulks,
        delivery: OnceDelivery[Bulk],
        speaker: BulkNotifier,
        timing: Timing,
    ) -> None:
        self._hold = hold
        self._bulks = bulks
        self._delivery = delivery
        self._speaker = speaker
        self._timing = timing
        self._news = asyncio.Event()
        self._over = False
        self._shown_at: float | None = None
        self._rest_until = 0.0
        self.in_flight = False

    async def keep_shown(self) -> None:
        """Show it now, every few seconds, and at news, until it is over."""
        await self._find()
        while not self._over:
            await self._show()
            await came(self._news, self._timing.progress_every)

    def has_news(self) -> None:
        """A pause begins or ends: show it soon."""
        self._news.set()

    def end(self) -> None:
        """What is being shown is the last, but for `show_last`."""
        self._over = True
        self._news.set()

    async def show_last(self) -> None:
        """Show it once more, when nothing is asked any more."""
        await self._show()

    async def _show(self) -> None:
        await self._space_out()
        self._news.clear()
        if self._is_left_alone():
            return
        try:
            tally = await self._bulks.tally(self._hold.bulk.id)
        except StorageError:
            return
        showing = self._speaker.show_progress(self._hold.bulk, tally)
        self.in_flight = True
        report = await self._delivery.bounded(showing, Report(delivery=Delivery.UNKNOWN))
        self.in_flight = False
        now = self._shown_at = asyncio.get_running_loop().time()
        self._rest_until = now + (report.pause.total_seconds() if report.pause is not None else 0.0)
        if report.card is not None:
            await self._hold.change(lambda bulk: replace(bulk, card=report.card, doubtful=False))

    def _is_left_alone(self) -> bool:
        """Whether Slack asked for a pause; only the last update of a posted card ignores it."""
        bulk = self._hold.bulk
        last = bulk.card is not None and bulk.ending is not None
        return asyncio.get_running_loop().time() < self._rest_until and not last

    async def _find(self) -> None:
        """Write down that a card is going to be posted; if somebody did so before, look for it."""
        bulk = self._hold.bulk
        if bulk.card is not None:
            return
        if not bulk.doubtful:
            await self._hold.change(lambda held: replace(held, doubtful=True))
            return
        card = await self._delivery.bounded(self._speaker.find_progress(bulk), None)
        if card is not None:
            await self._hold.change(lambda held: replace(held, card=card, doubtful=False))

    async def _space_out(self) -> None:
        """Never twice within a second, whatever the reason."""
        if self._shown_at is not None:
            since = asyncio.get_running_loop().time() - self._shown_at
            await asyncio.sleep(max(0.0, self._timing.card_least - since))


async def came(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, at most for this time; whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
