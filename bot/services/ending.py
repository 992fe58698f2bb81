"""The shutdown of the process: one time limit that all its steps share."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class End:
    """The time that is left for the shutdown.

    Args:
        seconds: how long the whole shutdown may take.
        clock: monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._over: float | None = None

    def begin(self) -> None:
        """Start the time limit."""
        self._over = self._clock() + self._seconds

    def left(self, most: float | None = None) -> float:
        """How many seconds a step may take, at most `most`."""
        wanted = self._seconds if most is None else most
        if self._over is None:
            return wanted
        return max(0.0, min(wanted, self._over - self._clock()))
