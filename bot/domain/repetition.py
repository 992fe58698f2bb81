"""Which of many equal events are logged, and which are only counted.

Times are seconds of any one clock.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

# At most this many of one kind are logged per span of time; the others are counted.
SAID_IN_FULL: Final = 10
# At most this many kinds are counted at a time; events of any further kind are always logged.
MOST_KINDS: Final = 500

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class _Kind(Generic[T]):
    seen: int = 0
    example: T | None = None


class Repetitions(Generic[T]):
    """Counts events by kind, one span of time after the other.

    Args:
        seconds: the length of a span, which starts with the first event of any kind.
    """

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._end = float("-inf")
        self._kinds: dict[Hashable, _Kind[T]] = {}

    def is_over(self, now: float) -> bool:
        """Whether the span has ended, so that `taken` is due."""
        return now >= self._end

    def is_said(self, kind: Hashable, example: T, now: float) -> bool:
        """Whether this one is logged in full; `example` represents those that are not."""
        if not self._kinds:
            self._end = now + self._seconds
        if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
            return True
        known = self._kinds.setdefault(kind, _Kind())
        known.seen += 1
        if known.seen <= SAID_IN_FULL:
            return True
        known.example = known.example or example
        return False

    def taken(self) -> list[tuple[T, int]]:
        """The events that were only counted: an example of each kind, its number; ends the span."""
        counted = [
            (kind.example, kind.seen - SAID_IN_FULL)
            for kind in self._kinds.values()
            if kind.example is not None
        ]
        self._kinds.clear()
        return counted
