"""The gatekeeper of one process: where there is no database to share, or it is away."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from bot.domain.gate import Admission, Ceilings, Gate, Urgency, admit, close, reset_backoff
from bot.domain.timing import Timing


class LocalGate:
    """Keeps the gate's state in memory.

    Args:
        ceilings: what the operator allows.
        clock: seconds, never set back.
        timing: how long it waits for what.
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
        """Let some of those who wait through."""
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
        """Nobody else has to know."""

    async def close(self) -> float:
        """Close the gate, or leave it closed; for how many seconds."""
        now = self._clock()
        self._gate = close(self._gate, now=now, first_pause=self._first_pause)
        return self._gate.closed_until - now

    async def reset_backoff(self) -> None:
        """Make the next pause a first one again."""
        self._gate = reset_backoff(self._gate, now=self._clock())
