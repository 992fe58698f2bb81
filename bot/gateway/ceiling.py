"""The queue of requests to the gateway, and the dispatcher that starts them one by one.

A gatekeeper decides when a request may start: in this process alone, or for all processes through
the database. This class queues and counts; it knows neither requests nor errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from bot.domain.gate import Admission, Ceilings, Gate, Urgency, admit, close, reset_backoff
from bot.domain.timing import Timing


class Gatekeeper(Protocol):
    """Decides when requests may start, see `bot.domain.gate`; never fails."""

    async def admit(self, urgency: Urgency, *, count: int, running: int) -> Admission:
        """Admit some of `count` waiting requests; this process has `running` in progress."""

    def left(self, running: int) -> None:
        """Fewer requests are in progress: `running`."""

    async def close(self) -> float:
        """The gateway answered 900; no request starts for this many seconds."""

    async def reset_backoff(self) -> None:
        """The gateway gave a good answer again."""


class LocalGate:
    """The gatekeeper of one process, without a database to share or while it is unavailable.

    Args:
        ceilings: the operator's rate limits.
        clock: seconds, never set back.
        timing: how long each wait takes.
    """

    def __init__(
        self,
        ceilings: Ceilings,
        clock: Callable[[], float] = monotonic,
        *,
        timing: Timing = Timing(),
    ) -> None:
        self._ceilings = ceilings
        self._clock = clock
        self._first_pause = timing.first_pause
        self._gate = Gate()

    async def admit(self, urgency: Urgency, *, count: int, running: int) -> Admission:
        """Admit some of the waiting requests."""
        self._gate, admission = admit(
            self._gate,
            self._ceilings,
            now=self._clock(),
            running=running,
            urgency=urgency,
            count=count,
        )
        return admission

    def left(self, running: int) -> None:
        """A single process has no peers to notify."""

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


@dataclass(slots=True, eq=False)
class Ticket:
    """One look-up's right to queue.

    Attributes:
        urgency: may be raised while it queues, see `Ceiling.hurry`.
        give_up_at: by the loop's clock; a later slot is useless to it. The earliest deadline goes
            first, so that a retry does not queue behind later look-ups.
    """

    urgency: Urgency
    give_up_at: float


@dataclass(slots=True, eq=False)
class _Waiting:
    """One entry of the queue."""

    ticket: Ticket
    let_in: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Ceiling:
    """Starts requests: users first, then the earliest deadline, otherwise in order of arrival.

    Args:
        gatekeeper: decides when each request starts.
    """

    def __init__(self, gatekeeper: Gatekeeper) -> None:
        self._gatekeeper = gatekeeper
        self._line: list[_Waiting] = []
        self._running = 0
        self._dispatcher: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._strikes = 0
        self._closing = False

    @asynccontextmanager
    async def turn(self, ticket: Ticket) -> AsyncIterator[None]:
        """Wait for a turn, and occupy a place until the block ends.

        A caller that is cancelled while it waits takes nothing from those after it.

        Raises:
            GateClosedError: the gate opens after the ticket's time.
        """
        waiting = _Waiting(ticket)
        self._line.append(waiting)
        self._call()
        try:
            await waiting.let_in
        except asyncio.CancelledError:
            if waiting in self._line:
                self._line.remove(waiting)
            if not waiting.let_in.cancelled() and not waiting.let_in.exception():
                # It was admitted and cancelled in the same moment.
                self._leave()
            raise
        try:
            yield
        finally:
            self._leave()

    def hurry(self, ticket: Ticket) -> None:
        """A user waits for this request now."""
        ticket.urgency = Urgency.PERSON
        self._news.set()

    async def close(self) -> float:
        """The gateway asked to slow down; no request starts for this many seconds."""
        self._strikes = 1
        self._closing = True
        return await self._gatekeeper.close()

    async def reset_backoff(self) -> None:
        """The gateway gave a good answer; the gatekeeper is notified if a pause has to be reset."""
        if self._strikes:
            self._strikes = 0
            await self._gatekeeper.reset_backoff()

    async def aclose(self) -> None:
        """Let no further request through."""
        if self._dispatcher is not None:
            self._dispatcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._dispatcher

    def _call(self) -> None:
        self._news.set()
        if self._dispatcher is None or self._dispatcher.done():
            self._dispatcher = asyncio.create_task(self._dispatch())
            self._dispatcher.add_done_callback(self._abandon)

    def _abandon(self, dispatcher: asyncio.Task[None]) -> None:
        """If the gatekeeper fails, fail every waiting request instead of leaving it queued."""
        if not dispatcher.cancelled() and (error := dispatcher.exception()) is not None:
            self._reject(self._line, lambda: error)

    def _leave(self) -> None:
        self._running -= 1
        self._gatekeeper.left(self._running)
        self._news.set()

    async def _dispatch(self) -> None:
        while self._has_anybody():
            self._news.clear()
            self._closing = False
            urgency = min(waiting.ticket.urgency for waiting in self._line)
            count = sum(waiting.ticket.urgency is urgency for waiting in self._line)
            admission = await self._gatekeeper.admit(urgency, count=count, running=self._running)
            self._strikes = admission.strikes
            if admission.waits:
                await self._let_in(admission.waits)
                continue
            if admission.closed:
                self._reject_expiring(admission.again)
            with suppress(TimeoutError):
                async with asyncio.timeout(admission.again):
                    await self._news.wait()

    async def _let_in(self, waits: Sequence[float]) -> None:
        began = asyncio.get_running_loop().time()
        self._running += len(waits)
        for place, wait in enumerate(waits):
            await _sleep_until(began + wait)
            if self._closing or not self._has_anybody():
                # A pause began, or they were cancelled; their slots are given back.
                self._running -= len(waits) - place
                self._gatekeeper.left(self._running)
                return
            waiting = self._next()
            self._line.remove(waiting)
            waiting.let_in.set_result(None)

    def _has_anybody(self) -> bool:
        """Whether a live request waits; a cancelled task leaves the queue when it runs again."""
        self._line = [waiting for waiting in self._line if not waiting.let_in.done()]
        return bool(self._line)

    def _next(self) -> _Waiting:
        return min(self._line, key=lambda one: (one.ticket.urgency, one.ticket.give_up_at))

    def _reject_expiring(self, seconds: float) -> None:
        opens_at = asyncio.get_running_loop().time() + seconds
        expiring = [one for one in self._line if one.ticket.give_up_at < opens_at]
        self._reject(expiring, lambda: GateClosedError(seconds))

    def _reject(self, some: Sequence[_Waiting], error: Callable[[], BaseException]) -> None:
        for waiting in [*some]:
            self._line.remove(waiting)
            # A request cancelled in the same moment gets no answer.
            with suppress(asyncio.InvalidStateError):
                waiting.let_in.set_exception(error())


async def _sleep_until(moment: float) -> None:
    clock = asyncio.get_running_loop().time
    # The loop may wake a sleeper a little early, which would shorten the next request's distance.
    while (rest := moment - clock()) > 0:  # noqa: ASYNC110 - nothing but time is waited for
        await asyncio.sleep(rest)
