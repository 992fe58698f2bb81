"""Several processes that share one gate, in one event loop whose time costs nothing.

The loop's clock jumps to the next timer, so a minute of traffic takes a moment, and what it shows
does not depend on the machine.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.domain.gate import Admission, Demand, Gate, RateLimits, Urgency, admit, close
from bot.domain.gate import reset_backoff as reset
from bot.domain.timing import Timing
from bot.gateway.line import Ticket
from bot.gateway.request_queue import RequestQueue

_Result = TypeVar("_Result")
TIMING = Timing()


class _Jumping(selectors.DefaultSelector):
    """Where the loop would sleep, its clock is set forward."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += max(0.0, timeout or 0.0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def played(scene: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of a scene in such a loop."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(scene)


def now() -> float:
    """The moment by the loop's clock."""
    return asyncio.get_running_loop().time()


@dataclass
class Shared:
    """What the database holds for all processes: the gate, and the places of each until when."""

    limits: RateLimits
    latency: float = 0.002
    gate: Gate = field(default_factory=Gate)
    places: dict[int, tuple[int, float]] = field(default_factory=dict)
    asked: int = 0
    running: int = 0
    peak: int = 0


class Process:
    """A process: its queue, and the gatekeeper behind it.

    Attributes:
        starts: when each of its requests started.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.queue = RequestQueue(self, timing=TIMING)
        self.starts: list[float] = []

    async def ask(self, demand: Demand) -> Admission:
        """One transaction."""
        shared = self._shared
        await asyncio.sleep(shared.latency / 2)
        shared.asked += 1
        alive = {who: places for who, (places, until) in shared.places.items() if until > now()}
        mine = alive.pop(id(self), 0)
        shared.gate, admission = admit(
            shared.gate, shared.limits, demand, now=now(), mine=mine, others=[*alive.values()]
        )
        if demand.waiting or demand.running:
            shared.places[id(self)] = (admission.places, now() + TIMING.share_lease)
        else:
            shared.places.pop(id(self), None)
        await asyncio.sleep(shared.latency / 2)
        return admission

    async def close(self) -> float:
        """Close the gate for all."""
        await asyncio.sleep(self._shared.latency)
        self._shared.gate = close(self._shared.gate, now=now(), first_pause=TIMING.first_pause)
        return self._shared.gate.closed_until - now()

    async def reset_backoff(self) -> None:
        """The next pause is a first one."""
        self._shared.gate = reset(self._shared.gate, now=now())

    async def look_up(
        self, asker: str, *, urgency: Urgency = Urgency.PERSON, seconds: float = 0.1
    ) -> float:
        """One look-up; how long its request waited for its start."""
        began = now()
        async with self.queue.turn(Ticket(urgency, began + 10_000, {asker})):
            started = now()
            self.starts.append(started)
            self._shared.running += 1
            self._shared.peak = max(self._shared.peak, self._shared.running)
            await asyncio.sleep(seconds)
            self._shared.running -= 1
        return started - began
