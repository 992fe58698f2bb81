"""How many connections of this Slack app are open, and whether they all belong here.

Slack shares an app's events between all of its connections, so a forgotten process takes a part of
people's questions. Each `hello` says how many there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from bot.domain.timing import Timing
from bot.locales import load_remedies

# Slack allows ten; anything far above is no count.
_MOST: Final = 1_000

_log = structlog.get_logger(__name__)


class AppConnections:
    """What Slack last counted.

    Attributes:
        open: all connections of the app; 0 before Slack has counted them.
        others: those that belong to no process of this database, once two counts agree.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, timing: Timing = Timing()
    ) -> None:
        self.open = 0
        self.others = 0
        self._clock = clock
        self._timing = timing
        self._suspected_at: float | None = None

    def counted(self, found: object, *, ours: int) -> float | None:
        """Take a count from a `hello`.

        A connection that was just replaced may still be counted, so only two counts that lie some
        time apart are believed.

        Args:
            found: Slack's count.
            ours: the most that belong to processes of this database.

        Returns:
            after how many seconds Slack should count again; `None` if all belong here.
        """
        count = count_of(found)
        if count is None:
            return None
        self.open, others = count, count - ours
        if others <= 0:
            if self.others:
                _log.info("no other process is connected with this Slack app any more")
            self.others, self._suspected_at = 0, None
            return None
        now, soon = self._clock(), self._timing.count_again
        since = self._suspected_at = now if self._suspected_at is None else self._suspected_at
        if now - since < soon:
            return soon - (now - since)
        is_known, self.others = bool(self.others), others
        if not is_known:
            _log.warning(self._say(), count=others)
        return self._timing.count_later

    def warnings(self) -> Mapping[str, str]:
        """What the operator should mend, by the name of the part."""
        return {"slack_connections": self._say()} if self.others else {}

    def _say(self) -> str:
        return say_others(self.open, self.others)


def count_of(found: object) -> int | None:
    """The number of an app's connections in a `hello`; `None` if this can be none."""
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found if 0 < found <= _MOST else None


def say_others(count: int, others: int) -> str:
    """The operator's text about connections of other processes."""
    return load_remedies()["socket"]["others"].format(open=count, others=others)
