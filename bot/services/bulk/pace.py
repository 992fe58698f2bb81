"""How fast a bulk goes: what is asked at once, and how often things are done beside the asking."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The pace of all bulks of a process. Spans are seconds.

    Attributes:
        at_once: how many calls may be asked about at once, by all bulks together.
        progress_seconds: from one bringing up to date of a progress card to the next.
        least_seconds: no card is touched twice within this time, whatever happens.
        tick_seconds: how soon it is seen that a bulk was stopped.
        answers: so many are written down together,
        write_seconds: or those that have come in this time.
        down_seconds: how long nothing is asked after nobody reached the gateway.
        hand_over_seconds: how long handing over the result may take.
    """

    at_once: int
    progress_seconds: float
    least_seconds: float
    tick_seconds: float
    answers: int = 50
    write_seconds: float
    down_seconds: float
    hand_over_seconds: float


async def came(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event for so long at the most; whether it has come."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
