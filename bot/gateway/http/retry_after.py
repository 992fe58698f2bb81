"""When a server that is out of service wants to be asked again (RFC 9110, section 10.2.3). No I/O.

A header is hostile until proved otherwise: what is no time, or is longer than a day, says nothing.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

LONGEST_SECONDS: Final = 24 * 3600.0

# A day has 86,400 seconds; more digits than that cannot be meant.
_SECONDS: Final = re.compile("[0-9]{1,5}")
_DATE: Final = "%a, %d %b %Y %H:%M:%S GMT"


def read_retry_after(value: str, date: str) -> float | None:
    """The seconds to wait; `None` where the header says nothing that can be meant.

    Args:
        value: `Retry-After`, seconds or a date; empty without one.
        date: the reply's own `Date`, from which a date is counted, so that it does not matter
            whose clock is wrong.
    """
    text = value.strip()
    seconds = float(text) if _SECONDS.fullmatch(text) else _until(text, date.strip())
    return seconds if seconds is not None and seconds <= LONGEST_SECONDS else None


def _until(then: str, now: str) -> float | None:
    try:
        wait = datetime.strptime(then, _DATE) - datetime.strptime(now, _DATE)  # noqa: DTZ007 - both GMT
    except ValueError:
        return None
    return max(wait.total_seconds(), 0.0)
