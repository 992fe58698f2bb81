"""The look-ups that wait for the gateway, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import inf

from bot.domain.gate import Urgency


@dataclass(slots=True, eq=False)
class Ticket:
    """One look-up in the queue.

    Attributes:
        urgency: the highest of its askers', see `bot.gateway.request_queue.RequestQueue.join`.
        give_up_at: by the loop's clock; a later start is useless. Among the look-ups of one asker
            the earliest deadline goes first, so that a retry does not queue behind later look-ups.
        askers: the users who wait for it; users take turns in the queue.
    """

    urgency: Urgency
    give_up_at: float
    askers: set[str]


class Line:
    """The look-ups that wait, each with the future of its start.

    Users go first; the askers take turns (least recently served first).
    """

    def __init__(self) -> None:
        self._waiting: dict[Ticket, asyncio.Future[None]] = {}
        self._starts = 0
        self._last_start_of: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Ticket]:
        return iter(self._waiting)

    def join(self, ticket: Ticket) -> asyncio.Future[None]:
        """Add a look-up."""
        started = self._waiting[ticket] = asyncio.get_running_loop().create_future()
        return started

    def leave(self, ticket: Ticket) -> None:
        """Remove a look-up, if it is there."""
        self._waiting.pop(ticket, None)

    def next(self) -> tuple[Ticket, asyncio.Future[None]]:
        """Remove the look-up whose turn it is."""
        ticket = min(self._waiting, key=self._rank)
        return ticket, self._waiting.pop(ticket)

    def served(self, askers: Iterable[str]) -> None:
        """Note that a request of these askers starts."""
        self._starts += 1
        self._last_start_of.update(dict.fromkeys(askers, self._starts))

    def reject(self, error: Callable[[], BaseException], *, before: float = inf) -> None:
        """Fail those whose deadline is earlier than that."""
        for ticket in [one for one in self._waiting if one.give_up_at < before]:
            # A request cancelled in the same moment gets no answer.
            with suppress(asyncio.InvalidStateError):
                self._waiting.pop(ticket).set_exception(error())

    def _rank(self, ticket: Ticket) -> tuple[Urgency, int, float]:
        """The lowest starts next."""
        last = min(self._last_start_of.get(asker, 0) for asker in ticket.askers)
        return ticket.urgency, last, ticket.give_up_at
