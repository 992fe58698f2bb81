"""The asking of a bulk: many calls at a time, answers written down in small batches.

What has an answer in the table is never asked again, whoever goes on. A process that is killed
loses what it was asking and at most one batch.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from bot.domain.answer import Answer
from bot.domain.call_status import CallStatus
from bot.domain.gate import LONGEST_PAUSE_SECONDS, Urgency
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, Step, after_answer
from bot.services.bulk.lease import Hold
from bot.services.bulk.progress import Progress, came
from bot.services.bulk.supply import Supply
from bot.services.jobs.deliver_once import OnceDelivery
from bot.services.jobs.dependencies import Means
from bot.storage.bulks import Bulks
from bot.storage.errors import StorageError

# So many answers are written down together, unless `answers_kept` is over before.
_BATCH: Final = 50

_log = structlog.get_logger(__name__)


class Asking:
    """Asks what is left to ask of one bulk.

    Args:
        room: what may be asked at once, shared by all bulks of this process.
        at_once: how many calls of this bulk may be asked about at once.
    """

    def __init__(
        self,
        hold: Hold,
        *,
        bulks: Bulks,
        delivery: OnceDelivery[Bulk],
        means: Means,
        progress: Progress,
        room: asyncio.Semaphore,
        at_once: int,
    ) -> None:
        self._hold = hold
        self._bulks = bulks
        self._delivery = delivery
        self._lookups = means.lookups
        self._progress = progress
        self._room = room
        self._at_once = at_once
        self._timing = means.timing
        self._heard = means.heard
        self._now = means.now
        self._supply = Supply(self._unasked)
        self._answers: list[BulkItem] = []
        self._once_more: set[int] = set()
        self._writing = asyncio.Lock()
        self._being_written = 0
        self._asking: set[asyncio.Task[Answer]] = set()
        self._done = asyncio.Event()
        # While the database takes no answers, nothing more is asked.
        self._storing = asyncio.Event()
        self._storing.set()
        self._refused = False
        self._resting_until = 0.0
        self._heard_at = self._clock()

    def leave(self) -> None:
        """Ask no more; what is under way is given up, and only what has come is written down."""
        self._supply.close()
        self._storing.set()
        for task in self._asking:
            task.cancel()

    async def run(self) -> BulkEnding | None:
        """Ask until nothing is left, a person stops it, or the gateway refuses.

        Returns:
            the ending; `None` where it is not for this process to go on.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_written())
            group.create_task(self._oversee())
            await self._work_together()
            self._done.set()
        await self._write()
        if self._hold.lost:
            return None
        if self._hold.bulk.ending is not None or self._refused:
            return self._hold.bulk.ending or BulkEnding.REFUSED
        return BulkEnding.ALL_ASKED if self._supply.exhausted else None

    async def _work_together(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._work())

    async def _work(self) -> None:
        while (item := await self._next()) is not None:
            answer = await self._answer(item)
            if answer is not None:
                await self._took(item, answer)

    async def _next(self) -> BulkItem | None:
        await self._storing.wait()
        return await self._supply.take()

    async def _answer(self, item: BulkItem) -> Answer | None:
        """What the gateway says; `None` where it was given up.

        Only this can be given up: a database does not bear well to be left in the middle.
        """
        task = asyncio.create_task(self._ask(item))
        self._asking.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._asking.discard(task)
            task.cancel()
        return None if task.cancelled() else task.result()

    async def _ask(self, item: BulkItem) -> Answer:
        async with self._room:
            while (rest := self._resting_until - self._clock()) > 0:  # noqa: ASYNC110 - time alone
                await asyncio.sleep(rest)
            (answer,) = await self._lookups.look_up([item.message_id], urgency=Urgency.BACKGROUND)
        return answer

    async def _took(self, item: BulkItem, answer: Answer) -> None:
        await self._delivery.bounded(self._heard([answer]), None)
        silent_for = timedelta(seconds=self._clock() - self._heard_at)
        if isinstance(answer.finding, CallStatus):
            self._heard_at = self._clock()
        step = after_answer(item, answer.finding, silent_for=silent_for)
        if step is Step.LATER:
            self._slow_down()
            self._supply.put_back(item)
            return
        answered = replace(
            item, finding=answer.finding, checked_at=answer.checked_at, sandbox=answer.sandbox
        )
        self._answers.append(answered)
        if step is Step.REPEAT:
            self._once_more.add(item.position)
        elif step is Step.REFUSED:
            self._refused = True
            self.leave()
        await self._write(at_least=_BATCH)

    def _slow_down(self) -> None:
        """Let everybody rest: by the gateway's wish, or because nobody reaches it."""
        if (until := self._paused_until()) is None:
            self._rest_for(self._timing.down_rest)
        else:
            # The gateway is there.
            self._heard_at = self._clock()
            self._rest_for((until - self._now()).total_seconds())

    def _paused_until(self) -> datetime | None:
        until = self._lookups.health.paused_until
        return until if until is not None and until > self._now() else None

    def _rest_for(self, seconds: float) -> None:
        until = self._clock() + min(seconds, LONGEST_PAUSE_SECONDS)
        self._resting_until = max(self._resting_until, until)

    async def _oversee(self) -> None:
        """See what others do to the bulk, keep the lease, and say when it is paused."""
        while not await came(self._done, self._timing.stop_seen):
            await self._hold.look()
            if self._hold.lost or self._hold.bulk.ending is not None:
                self.leave()
            else:
                await self._say_whether_paused()

    async def _say_whether_paused(self) -> None:
        paused = self._paused_until()
        if _differs(paused, self._hold.bulk.paused_until):
            await self._hold.change(lambda bulk: replace(bulk, paused_until=paused))
            self._progress.has_news()
            _log.info("a bulk is paused" if paused is not None else "a bulk goes on")

    async def _keep_written(self) -> None:
        while not await came(self._done, self._timing.answers_kept):
            await self._write()

    async def _write(self, at_least: int = 1) -> None:
        # Those that are being written keep nobody from asking on.
        if len(self._answers) - self._being_written < at_least:
            return
        async with self._writing:
            if len(self._answers) < at_least:
                return
            batch = tuple(self._answers)
            self._being_written = len(batch)
            slow = asyncio.get_running_loop().call_later(
                self._timing.answers_kept, self._storing.clear
            )
            try:
                await self._delivery.with_retries(partial(self._store, batch))
            finally:
                slow.cancel()
                self._storing.set()
            del self._answers[: len(batch)]
            self._being_written = 0
            self._once_more.difference_update(item.position for item in batch)
            self._supply.written(batch)

    async def _store(self, batch: tuple[BulkItem, ...]) -> None:
        try:
            await self._bulks.write_answers(
                self._hold.bulk.id, batch, once_more=frozenset(self._once_more)
            )
        except StorageError:
            self._storing.clear()
            raise

    async def _unasked(self, limit: int) -> tuple[BulkItem, ...]:
        found = partial(self._bulks.unasked, self._hold.bulk.id, limit)
        return await self._delivery.with_retries(found)

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()


def _differs(one: datetime | None, other: datetime | None) -> bool:
    """Whether it is worth telling; each that meets a pause tells its end a little differently."""
    if one is None or other is None:
        return one is not other
    return abs(one - other) > timedelta(seconds=1)
