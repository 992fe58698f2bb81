"""Keeps the progress of a bulk in Slack up to date, at a pace that Slack bears."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.domain.jobs.bulk import Bulk
from bot.services.bulk.lease import Hold
from bot.services.bulk.notifier import BulkNotifier
from bot.services.bulk.pace import Pace, came
from bot.services.jobs.deliver_once import Telling
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
        telling: Telling[Bulk],
        speaker: BulkNotifier,
        pace: Pace,
    ) -> None:
        self._hold = hold
        self._bulks = bulks
        self._telling = telling
        self._speaker = speaker
        self._pace = pace
        self._news = asyncio.Event()
        self._over = False
        self._shown_at: float | None = None
        self.in_flight = False

    async def keep_shown(self) -> None:
        """Show it now, every few seconds, and at news, until it is over."""
        await self._find()
        while not self._over:
            await self._show()
            await came(self._news, self._pace.progress_seconds)

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
        try:
            tally = await self._bulks.tally(self._hold.bulk.id)
        except StorageError:
            return
        showing = self._speaker.show_progress(self._hold.bulk, tally)
        self.in_flight = True
        card = await self._telling.bounded(showing, None)
        self.in_flight = False
        self._shown_at = asyncio.get_running_loop().time()
        if card is not None:
            await self._hold.change(lambda bulk: replace(bulk, card=card, doubtful=False))

    async def _find(self) -> None:
        """Write down that a card is going to be posted; if somebody did so before, look for it."""
        bulk = self._hold.bulk
        if bulk.card is not None:
            return
        if not bulk.doubtful:
            await self._hold.change(lambda held: replace(held, doubtful=True))
            return
        card = await self._telling.bounded(self._speaker.find_progress(bulk), None)
        if card is not None:
            await self._hold.change(lambda held: replace(held, card=card, doubtful=False))

    async def _space_out(self) -> None:
        """Never twice within a second, whatever the reason."""
        if self._shown_at is not None:
            since = asyncio.get_running_loop().time() - self._shown_at
            await asyncio.sleep(max(0.0, self._pace.least_seconds - since))
