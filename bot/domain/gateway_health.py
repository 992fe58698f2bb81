"""How the gateway has been answering, as one value that each look-up updates.

Circuit breaker, closed or open, by Michael Nygard's pattern ("Release It!", chapter 5): after
several transport faults in a row, look-ups fail at once instead of waiting for another one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

# This many look-ups in a row must fail, each after its own retries, before the gateway is down.
FAILURES_TO_OPEN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayHealth:
    """The observations of one process. All times are aware.

    Attributes:
        since: when this process started to observe.
        last_answer: when the gateway last answered, error codes included.
        last_failure: the last failed look-up, if it came after that.
        last_error: the error of that look-up; a code of the error tree.
        failing_since: the first transport fault of those that came in a row.
        failures: how many they are.
        down_since: the same moment once the gateway counts as down; agents then get that answer at
            once.
        recovered_at: when the gateway answered again after it was last down.
        paused_until: the gateway asked to slow down (code 900); no request starts before this.
    """

    since: datetime
    last_answer: datetime | None = None
    last_failure: datetime | None = None
    last_error: str | None = None
    failing_since: datetime | None = None
    failures: int = 0
    down_since: datetime | None = None
    recovered_at: datetime | None = None
    paused_until: datetime | None = None

    def answered(self, at: datetime) -> GatewayHealth:
        """The gateway gave an answer."""
        paused = self.paused_until
        return self._carried(
            at,
            last_answer=at,
            last_failure=None,
            last_error=None,
            paused_until=paused if paused is not None and paused > at else None,
        )

    def failed(self, at: datetime, error: str, *, transport: bool) -> GatewayHealth:
        """Record a failed look-up.

        Args:
            at: when the look-up failed.
            error: its code in the error tree.
            transport: no server, or only one in front of the gateway, was reached.
        """
        known = self if transport else self._carried(at)
        found = replace(known, last_failure=at, last_error=error)
        if not transport:
            return found
        since = self.failing_since or at
        count = self.failures + 1
        down = since if count >= FAILURES_TO_OPEN else self.down_since
        return replace(found, failures=count, failing_since=since, down_since=down)

    def paused(self, until: datetime) -> GatewayHealth:
        """The gateway asked to slow down."""
        return replace(self, paused_until=until)

    def _carried(self, at: datetime, **more: Any) -> GatewayHealth:
        """Record that a reply arrived, whatever its content."""
        recovered = at if self.down_since is not None else self.recovered_at
        return replace(
            self, failures=0, failing_since=None, down_since=None, recovered_at=recovered, **more
        )
