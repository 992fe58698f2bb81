"""The look-ups of a bulk: many at a time, answers stored every half second.

What has an answer in the table is never looked up again, whichever process continues. A process
that is killed loses what it was looking up, and the answers of the last moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from bot.domain.call_status import Answer, CallStatus
from bot.domain.gate import LONGEST_PAUSE_SECONDS
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, Step, after_answer, is_another_pause
from bot.services.bulk.progress import Lease, Progress, came
from bot.services.bulk.sharing import Room
from bot.services.jobs.deliver_once import OnceDelivery
from bot.services.jobs.dependencies import AbortableLookUps, Dependencies
from bot.storage.jobs.bulks import Bulks

# So many calls are read from the table at once: few enough for memory, and enough that waiting for
# the slowest of them hardly matters.
_PAGE: Final = 1_000

_log = structlog.get_logger(__name__)


def _clock() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True, kw_only=True, eq=False)
class BulkLookUps:
    """Looks up the calls of one bulk that have no answer yet.

    Attributes:
        room: limits concurrent look-ups of all bulks of this process; their users take turns.
        at_once: how many calls of this bulk may be looked up at once.
    """

    lease: Lease
    bulks: Bulks
    delivery: OnceDelivery[Bulk]
    dependencies: Dependencies
    progress: Progress
    look_ups: AbortableLookUps
    room: Room
    at_once: int
    _answers: list[tuple[BulkItem, Step]] = field(default_factory=list)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _done: asyncio.Event = field(default_factory=asyncio.Event)
    # While the database accepts no answers, nothing more is looked up.
    _storing: asyncio.Event = field(default_factory=asyncio.Event)
    _refused: bool = False
    _resting_until: float = 0.0
    _heard_at: float = field(default_factory=_clock)

    def __post_init__(self) -> None:
        self._storing.set()

    def leave(self) -> None:
        """Abort the look-ups; only the answers that have come are stored."""
        self.look_ups.abort()
        self._storing.set()

    async def run(self) -> BulkEnding | None:
        """Look calls up until none is left, a user stops it, or the gateway refuses.

        Returns:
            the ending; `None` if another process has to continue.
        """
        is_left = True
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_stored())
            group.create_task(self._oversee())
            while is_left and not self.look_ups.aborted:
                is_left = await self._ask_page()
            self._done.set()
        if self.lease.lost:
            return None
        if self.lease.bulk.ending is not None or self._refused:
            return self.lease.bulk.ending or BulkEnding.REFUSED
        return None if is_left else BulkEnding.ALL_ASKED

    async def _ask_page(self) -> bool:
        """Look up the next calls without an answer; whether there were any."""
        read = partial(self.bulks.unasked, self.lease.bulk.id, _PAGE)
        page = await self.delivery.with_retries(read)
        items = iter(page)
        async with asyncio.TaskGroup() as group:
            for _ in range(self.at_once):
                group.create_task(self._work(items))
        await self._store()
        return bool(page)

    async def _work(self, items: Iterator[BulkItem]) -> None:
        """Look up one call after the other; all workers share the iterator."""
        for item in items:
            await self._storing.wait()
            user = self.lease.bulk.user
            answer = await self.look_ups.answer(item.message_id, user, self._turn())
            if answer is None:
                return
            self._take(item, answer)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        async with self.room.place(self.lease.bulk.user):
            while (rest := self._resting_until - _clock()) > 0:  # noqa: ASYNC110 - time alone
                await asyncio.sleep(rest)
            yield

    def _take(self, item: BulkItem, answer: Answer) -> None:
        silent_for = timedelta(seconds=_clock() - self._heard_at)
        if isinstance(answer.finding, CallStatus):
            self._heard_at = _clock()
        step = after_answer(item, answer.finding, silent_for=silent_for)
        if step is Step.LATER:
            # Without an answer in the table, it is on the next page again.
            self._slow_down()
            return
        answered = replace(
            item, finding=answer.finding, checked_at=answer.checked_at, sandbox=answer.sandbox
        )
        self._answers.append((answered, step))
        if step is Step.REFUSED:
            self._refused = True
            self.leave()

    def _slow_down(self) -> None:
        """Pause all workers: the gateway asked for it, or cannot be reached."""
        seconds = self.dependencies.timing.down_rest
        if (until := self._paused_until()) is not None:
            # The pause came from the gateway, so it can be reached.
            self._heard_at = _clock()
            seconds = (until - self.dependencies.now()).total_seconds()
        rest_until = _clock() + min(seconds, LONGEST_PAUSE_SECONDS)
        self._resting_until = max(self._resting_until, rest_until)

    def _paused_until(self) -> datetime | None:
        until = self.dependencies.lookups.health.paused_until
        return until if until is not None and until > self.dependencies.now() else None

    async def _oversee(self) -> None:
        """Notice what others change in the bulk, and show whether it is paused."""
        while not await came(self._done, self.dependencies.timing.stop_seen):
            await self.lease.refresh()
            mine = self.lease
            if mine.lost or mine.forbidden or mine.bulk.ending is not None:
                self.leave()
            else:
                await self._show_pause()

    async def _show_pause(self) -> None:
        paused = self._paused_until()
        if is_another_pause(paused, self.lease.bulk.paused_until):
            await self.lease.change(lambda bulk: replace(bulk, paused_until=paused))
            self.progress.has_news()
            _log.info("a bulk is paused" if paused is not None else "a bulk goes on")

    async def _keep_stored(self) -> None:
        while not await came(self._done, self.dependencies.timing.answers_kept):
            await self._store()

    async def _store(self) -> None:
        """Store the answers that have come; while that takes long, nothing more is looked up."""
        async with self._writing:
            batch, self._answers = self._answers, []
            again = {item.position for item, step in batch if step is Step.REPEAT}
            items = [item for item, _ in batch]
            write = partial(self.bulks.write_answers, self.lease.bulk.id, items, once_more=again)
            loop = asyncio.get_running_loop()
            slow = loop.call_later(self.dependencies.timing.answers_kept, self._storing.clear)
            try:
                exists = await self.delivery.with_retries(write)
            finally:
                slow.cancel()
                self._storing.set()
            if exists:
                found = [(one.message_id, one.finding) for one in items if one.finding is not None]
                self.dependencies.records.listed(self.lease.bulk, found)
