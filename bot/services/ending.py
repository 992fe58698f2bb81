"""The end of the process: one span of time, which everything that ends shares."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class End:
    """How much time is left.

    Args:
        seconds: how long the whole end may take.
        clock: seconds that never go back.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._over: float | None = None

    def begin(self) -> None:
        """From now on there is no time to lose."""
        self._over = self._clock() + self._seconds

    def left(self, most: float | None = None) -> float:
        """How many seconds a step may take that gets so many at most."""
        wanted = self._seconds if most is None else most
        if self._over is None:
            return wanted
        return max(0.0, min(wanted, self._over - self._clock()))
