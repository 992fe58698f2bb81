"""The queue of requests to the gateway, and the dispatcher that starts them one by one.

A gatekeeper gives the dispatcher blocks of time in which requests may start: for this process
alone, or through the database for all processes. The queue orders and counts; it knows neither
requests nor errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Protocol

from bot.domain.gate import (
    EARLY_SECONDS,
    GRAIN_SECONDS,
    Admission,
    Block,
    Demand,
    Gate,
    RateLimits,
    Urgency,
    admit,
    close,
    reset_backoff,
)
from bot.domain.timing import Timing
from bot.gateway.line import Line, Ticket


class Gatekeeper(Protocol):
    """Decides when requests may start, see `bot.domain.gate`; never fails."""

    async def ask(self, demand: Demand) -> Admission:
        """Ask for a block, or only report how many requests are in progress."""

    async def close(self) -> float:
        """The gateway answered 900; no request starts for this many seconds."""

    async def reset_backoff(self) -> None:
        """The gateway gave a good answer again."""


class LocalGate:
    """The gatekeeper of one process, without a database to share or while it is unavailable.

    Args:
        limits: the operator's rate limits.
        clock: seconds, never set back.
        timing: how long each wait takes.
    """

    def __init__(
        self,
        limits: RateLimits,
        clock: Callable[[], float] = monotonic,
        *,
        timing: Timing = Timing(),
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._first_pause = timing.first_pause
        self._gate = Gate()

    async def ask(self, demand: Demand) -> Admission:
        """Give a block to the only process."""
        now = self._clock()
        self._gate, admission = admit(self._gate, self._limits, demand, now=now)
        return admission

    async def close(self) -> float:
        """Close the gate, or leave it closed; returns the seconds until it opens."""
        now = self._clock()
        self._gate = close(self._gate, now=now, first_pause=self._first_pause)
        return self._gate.closed_until - now

    async def reset_backoff(self) -> None:
        """Make the next pause a first one again."""
        self._gate = reset_backoff(self._gate, now=self._clock())


class GateClosedError(Exception):
    """The gate is closed for longer than the caller would wait; `seconds` until it opens."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class TooLateError(Exception):
    """Too little time is left: a request that started now would not be answered by its deadline."""


class RequestQueue:
    """Starts requests in the order of the line, within the rate limits.

    Args:
        gatekeeper: decides when requests may start.
        most_reserved: the most seconds that a request is thought to take, however slow they are.
        timing: how long each wait takes.
    """

    def __init__(
        self, gatekeeper: Gatekeeper, *, most_reserved: float = inf, timing: Timing = Timing()
    ) -> None:
        self._gatekeeper = gatekeeper
        self._most_reserved = most_reserved
        # The average of the latest requests, in seconds.
        self._takes = 0.0
        self._renew = timing.renew
        self._line = Line()
        self._running = 0
        self._block = Block()
        self._admission = Admission()
        self._asked_for = Urgency.BACKGROUND
        self._refusals = 0
        self._ask_at = 0.0
        self._renew_at = 0.0
        self._strikes = 0
        self._closed_until = 0.0
        self._news = asyncio.Event()
        self._dispatcher: asyncio.Task[None] | None = None

    def turn(self, ticket: Ticket) -> _Turn:
        """Wait for a turn, and occupy a place until the block ends.

        A caller that is cancelled while it waits takes nothing from those after it.

        Raises:
            GateClosedError: the gate opens after the ticket's time.
            TooLateError: others were first for so long that no time is left for the request.
        """
        return _Turn(self, ticket)

    async def enter(self, ticket: Ticket) -> None:
        """Wait for a turn; see `turn`."""
        if not self._line:
            self._block = self._block.after_rest(_now())
        if self._line or self._seconds_until_start() != 0:
            await self._wait_in_line(ticket)
        else:
            self._start(ticket)

    def leave(self, seconds: float | None = None) -> None:
        """Free the place of a request, which took this long; `None` if it failed."""
        if seconds is not None:
            # An average in which the latest eight weigh most.
            self._takes += (seconds - self._takes) / 8
        was_full = self._running >= self._admission.places
        self._running -= 1
        if self._admission.full:
            self._ask_at = 0.0
        if self._line and was_full:
            self._news.set()

    def join(self, ticket: Ticket, asker: str, urgency: Urgency) -> None:
        """Add an asker to this request; it starts when the first of its askers has a turn."""
        ticket.askers.add(asker)
        ticket.urgency = min(ticket.urgency, urgency)
        self._hurry(ticket)

    async def close(self) -> float:
        """The gateway asked to slow down; no request starts for this many seconds."""
        self._strikes = 1
        # None starts until the pause is stored, nor in a block that arrives meanwhile.
        self._closed_until, seconds = inf, 0.0
        try:
            seconds = await self._gatekeeper.close()
        finally:
            self._closed_until, self._ask_at = _now() + seconds, 0.0
            self._news.set()
        return seconds

    async def reset_backoff(self) -> None:
        """The gateway gave a good answer; notify the gatekeeper if a pause has to be reset."""
        if self._strikes:
            self._strikes = 0
            await self._gatekeeper.reset_backoff()

    async def aclose(self) -> None:
        """Start no further request."""
        if self._dispatcher is not None:
            self._dispatcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._dispatcher

    async def _wait_in_line(self, ticket: Ticket) -> None:
        started = self._line.join(ticket)
        if len(self._line) == 1:
            # Otherwise the dispatcher already knows when the next request starts.
            self._news.set()
        self._hurry(ticket)
        if self._dispatcher is None or self._dispatcher.done():
            self._dispatcher = asyncio.create_task(self._dispatch())
            self._dispatcher.add_done_callback(self._abandon)
        try:
            await started
        except asyncio.CancelledError:
            self._line.leave(ticket)
            if not started.cancelled() and not started.exception():
                # It was started and cancelled in the same moment.
                self.leave()
            raise

    def _hurry(self, ticket: Ticket) -> None:
        """Ask again at once if the last answer was for less urgent ones, or the gate is closed."""
        if ticket.urgency < self._asked_for or self._admission.closed:
            self._ask_at = 0.0
            self._news.set()

    def _abandon(self, dispatcher: asyncio.Task[None]) -> None:
        """If the gatekeeper fails, fail every waiting request instead of leaving it queued."""
        if not dispatcher.cancelled() and (error := dispatcher.exception()) is not None:
            self._line.reject(lambda: error)

    async def _dispatch(self) -> None:
        """Start requests and ask for blocks, until nothing waits and no place is occupied."""
        while self._line or self._running or self._admission.places:
            self._news.clear()
            wait = self._seconds_until_start() if self._line else None
            if wait == 0:
                self._start_next()
                continue
            ask_at = min(self._ask_at, self._renew_at) if self._line else self._renew_at
            wait = ask_at - _now() if wait is None else max(wait, GRAIN_SECONDS)
            if wait <= 0:
                await self._ask()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
        # Nobody waits, so who was served last no longer counts.
        self._line = Line()

    def _seconds_until_start(self) -> float | None:
        """Until the next request may start in this block; `None` if none may."""
        now = _now()
        start_at = self._block.start_at(now)
        is_full = self._running >= self._admission.places
        if start_at is None or is_full or self._closed_until > start_at:
            return None
        return start_at - now

    def _start_next(self) -> None:
        # Under overload, requests without a chance would take the turns of all others.
        reserved = min(2 * self._takes, self._most_reserved)
        self._line.reject(TooLateError, before=_now() + reserved)
        if self._line:
            ticket, started = self._line.next()
            # A task that was cancelled leaves the queue only when it runs again.
            if not started.done():
                self._start(ticket)
                started.set_result(None)

    async def _ask(self) -> None:
        urgency = min((ticket.urgency for ticket in self._line), default=Urgency.BACKGROUND)
        demand = Demand(
            urgency=urgency,
            waiting=sum(ticket.urgency is urgency for ticket in self._line),
            running=self._running,
            refusals=self._refusals,
        )
        # Nothing starts meanwhile: the answer depends on how many are running.
        self._block, self._asked_for, asked = Block(), urgency, _now()
        admission = self._admission = await self._gatekeeper.ask(demand)
        answered = _now()
        self._strikes = admission.strikes
        self._renew_at = asked + self._renew
        if admission.block is None:
            self._refusals = self._refusals + 1 if demand.waiting else 0
            self._ask_at = answered + admission.again
        else:
            self._block = admission.block.on_clock(asked=asked, answered=answered)
            self._refusals = 0
            # Later than processes that were refused meanwhile; early enough for a quick database.
            self._ask_at = self._block.closes - EARLY_SECONDS / 2
        if admission.closed:
            opens_at = answered + admission.again
            self._line.reject(lambda: GateClosedError(admission.again), before=opens_at)

    def _start(self, ticket: Ticket) -> None:
        self._block = self._block.after_start(_now())
        self._running += 1
        self._line.served(ticket.askers)


class _Turn:
    """The block of code that has a turn."""

    def __init__(self, queue: RequestQueue, ticket: Ticket) -> None:
        self._queue, self._ticket = queue, ticket
        self._began = 0.0

    async def __aenter__(self) -> None:
        await self._queue.enter(self._ticket)
        self._began = _now()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._queue.leave(_now() - self._began if kind is None else None)


def _now() -> float:
    return asyncio.get_running_loop().time()
