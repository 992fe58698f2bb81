"""A watch's turn, when its alarm rings: a look, another wait, or the one notice.

The row of the watch is the truth. It is changed only where it still is what was read, so of several
processes that take up one turn one goes on; and an attempt to tell is written down before it is
made, so whoever comes after a crash knows that Slack may have the notice already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_hex
from typing import Final, TypeVar

import stamina
import structlog

from bot.domain.gate import Urgency
from bot.domain.watch import (
    Ending,
    LookAgain,
    Schedule,
    Sighting,
    State,
    Watch,
    after_look,
    is_over,
    next_attempt,
)
from bot.services.answers import Answer
from bot.services.lookup import LookupService
from bot.services.watching import Delivery, Notifier, Report, Trace, alarm_of
from bot.storage.alarms import Alarms
from bot.storage.errors import StorageError
from bot.storage.watches import Watches

# One call to Slack, its own repetitions included. An attempt makes two at most, so it is over
# before its lease is, and nobody else takes it up while it may still be under way.
SLACK_SECONDS: Final = 20.0
LEASE: Final = timedelta(seconds=60)
# Slack may take a moment to show what it has taken from a process that died.
SETTLING: Final = timedelta(seconds=3)

_T = TypeVar("_T")
_log = structlog.get_logger("bot.watch_turns")


class InDoubt(StrEnum):
    """What to do where a notice may have been posted and nobody can see whether it was.

    `REPEAT`: post it, so that it may come twice. `DROP`: do not, so that it may never come.
    """

    REPEAT = "repeat"
    DROP = "drop"


class WatchTurns:
    """Takes watches up.

    Args:
        executor: this process' name, which marks its attempts.
        heard: looks at what a look found for what the admins must act on; raises nothing.
        is_gone: whether a process, by its name, is known to have died.
        now: the present moment, aware, UTC.
    """

    def __init__(
        self,
        *,
        watches: Watches,
        alarms: Alarms,
        lookups: LookupService,
        notifier: Notifier,
        schedule: Schedule,
        in_doubt: InDoubt,
        executor: str,
        heard: Callable[[Sequence[Answer]], Awaitable[None]],
        is_gone: Callable[[str], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._watches = watches
        self._alarms = alarms
        self._lookups = lookups
        self._notifier = notifier
        self._schedule = schedule
        self._in_doubt = in_doubt
        self._executor = executor
        self._heard = heard
        self._is_gone = is_gone
        self._now = now
        # A database that is away stops the turn, and ends nothing.
        self._patiently = stamina.AsyncRetryingCaller(
            attempts=None, timeout=None, wait_initial=0.2, wait_max=10.0, wait_jitter=0.5
        ).on(StorageError)

    async def take_up(self, watch_id: str, turn: int) -> None:
        """Do what the watch needs now; what was meant for another turn does nothing."""
        watch = await self._patiently(self._watches.get, watch_id)
        if watch is None or not watch.open:
            return
        if watch.turn != turn:
            # Whoever put it off may have died before it set the alarm.
            await self._patiently(self._alarms.arm, [alarm_of(watch)])
        elif watch.state is State.WAITING:
            await self._look(watch)
        else:
            await self._try_again(watch)

    async def _look(self, watch: Watch) -> None:
        if is_over(watch, self._now()):
            await self._attempt(replace(watch, ending=Ending.LIMIT, decided_at=self._now()), watch)
            return
        (answer,) = await self._lookups.look_up([watch.message_id], urgency=Urgency.BACKGROUND)
        await _bounded(self._heard([answer]), None)
        seen = Sighting(
            finding=answer.finding, checked_at=answer.checked_at, sandbox=answer.sandbox
        )
        now = self._now()
        looked = replace(watch, looks=watch.looks + 1, last=seen)
        match after_look(watch, seen.finding, self._schedule, now):
            case LookAgain(at=at, unknown=unknown):
                await self._put_off(replace(looked, unknown=unknown), watch, at)
            case ending:
                await self._attempt(replace(looked, ending=ending, decided_at=now), watch)

    async def _try_again(self, watch: Watch) -> None:
        """Take up a notice that was not, or not surely, posted."""
        now = self._now()
        # A lease that is too long is the mistake of a clock.
        if watch.teller is None or not now < watch.due_at <= now + LEASE:
            await self._attempt(watch, watch)
        elif not self._is_gone(watch.teller.partition("/")[0]):
            await self._put_off(watch, watch, watch.due_at)
        elif now < (settled := watch.due_at - LEASE + SETTLING):
            await self._put_off(watch, watch, settled)
        else:
            await self._attempt(watch, watch)

    async def _put_off(self, new: Watch, old: Watch, at: datetime) -> None:
        put_off = replace(new, turn=old.turn + 1, due_at=at)
        if await self._patiently(self._watches.replace, old, put_off):
            await self._patiently(self._alarms.arm, [alarm_of(put_off)])

    async def _attempt(self, new: Watch, old: Watch) -> None:
        """Write down that the notice is going to be posted, then post it."""
        attempt = replace(
            new,
            state=State.TELLING,
            attempts=old.attempts + 1,
            doubtful=True,
            teller=f"{self._executor}/{token_hex(4)}",
            due_at=self._now() + LEASE,
        )
        if await self._patiently(self._watches.replace, old, attempt):
            report = await self._find_or_tell(attempt, in_doubt=old.doubtful)
            await self._settle(attempt, report)

    async def _find_or_tell(self, watch: Watch, *, in_doubt: bool) -> Report:
        if in_doubt:
            match await _bounded(self._notifier.trace(watch), Trace.AWAY):
                case Trace.FOUND:
                    return Report(delivery=Delivery.TOLD)
                case Trace.AWAY:
                    return Report(delivery=Delivery.UNSURE)
                case Trace.UNREADABLE if self._in_doubt is InDoubt.DROP:
                    return Report(delivery=Delivery.UNDELIVERABLE)
                case _:
                    pass
        return await _bounded(self._notifier.tell(watch), Report(delivery=Delivery.UNSURE))

    async def _settle(self, attempt: Watch, report: Report) -> None:
        """Write down what became of an attempt, and do what follows from it."""
        settled = await self._written(attempt, lambda watch: self._after(watch, report))
        _log.info("told", outcome=report.delivery.value)
        if settled is None:
            return
        if settled.open:
            await self._patiently(self._alarms.arm, [alarm_of(settled)])
        elif settled.state is State.TOLD and settled.card is not None:
            await _bounded(self._notifier.update_card(settled), None)

    def _after(self, watch: Watch, report: Report) -> Watch:
        now = self._now()
        again = next_attempt(watch, now, report.pause)
        if report.delivery is Delivery.TOLD:
            return replace(watch, state=State.TOLD, doubtful=False, ended_at=now)
        if report.delivery is Delivery.UNDELIVERABLE or again is None:
            return replace(watch, state=State.UNDELIVERED, ended_at=now)
        doubtful = report.delivery is Delivery.UNSURE
        return replace(watch, turn=watch.turn + 1, due_at=again, teller=None, doubtful=doubtful)

    async def _written(self, attempt: Watch, change: Callable[[Watch], Watch]) -> Watch | None:
        """Change the watch while it is this attempt's; somebody may have put it off meanwhile."""
        watch: Watch | None = attempt
        while watch is not None and watch.open and watch.teller == attempt.teller:
            changed = change(watch)
            if await self._patiently(self._watches.replace, watch, changed):
                return changed
            watch = await self._patiently(self._watches.get, attempt.id)
        return None


async def _bounded(call: Awaitable[_T], otherwise: _T) -> _T:
    """What Slack's side gives in time; a fault there must not lose the watch."""
    try:
        async with asyncio.timeout(SLACK_SECONDS):
            return await call
    except TimeoutError:
        return otherwise
    except Exception as error:  # noqa: BLE001 - logged, and tried again by the schedule
        _log.error("telling failed", exc_info=error)
        return otherwise
