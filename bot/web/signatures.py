"""Slack's signatures, and what those that fail say about this machine's settings and clock.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from multidict import CIMultiDictProxy

from bot.domain.timing import Timing
from bot.locales import load_remedies

# The maximum age that Slack recommends, against replayed requests.
_SKEW_SECONDS: Final = 5 * 60
# Far more than Slack sends in that time; about a megabyte.
_MOST_TAKEN: Final = 10_000
# Wrong signatures in a row that are worth a line: before the first good one, and after it, when
# strangers are the likelier reason.
_FEW, _MANY = 3, 30

_log = structlog.get_logger(__name__)
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP_FIELD: Final = "X-Slack-Request-Timestamp"
_SIGNATURE_FIELD: Final = "X-Slack-Signature"


class Taken:
    """The requests of the last minutes by their signatures, so that none is done twice.

    Slack signs each attempt to deliver a request anew, with its own time. Two attempts within one
    second are alike, so what failed is forgotten.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Two sets, of which the older one is dropped: a tenth of the memory of a cache whose
        # entries expire one by one.
        self._seen: set[int] = set()
        self._seen_before: set[int] = set()
        self._drop_at = 0.0

    def take(self, headers: CIMultiDictProxy[str]) -> bool:
        """Whether this well-formed signature comes for the first time."""
        key, now = _key_of(headers), self._clock()
        if now >= self._drop_at or len(self._seen) >= _MOST_TAKEN:
            self._seen, self._seen_before = set(), self._seen
            # A signature may be ahead of our clock by as much as it may be behind.
            self._drop_at = now + 2 * _SKEW_SECONDS
        if key in self._seen or key in self._seen_before:
            return False
        self._seen.add(key)
        return True

    def forget(self, headers: CIMultiDictProxy[str]) -> None:
        """The request was not done, or may be done twice."""
        self._seen.discard(_key_of(headers))
        self._seen_before.discard(_key_of(headers))


def _key_of(headers: CIMultiDictProxy[str]) -> int:
    """Enough of the signature that no two requests are alike."""
    return int(headers[_SIGNATURE_FIELD][3:18], 16)


def is_well_formed(headers: CIMultiDictProxy[str]) -> bool:
    """Whether the headers have a time stamp and a signature of Slack's form."""
    timestamps = headers.getall(_TIMESTAMP_FIELD, [])
    signatures = headers.getall(_SIGNATURE_FIELD, [])
    # Slack sends each once; of two, a proxy might have checked the other one.
    if len(timestamps) != 1 or len(signatures) != 1:
        return False
    return bool(_TIMESTAMP.fullmatch(timestamps[0]) and _SIGNATURE.fullmatch(signatures[0]))


class Signatures:
    """Checks signatures, and remembers how those since the last good one failed.

    Args:
        secret: Slack's signing secret.
        now: seconds since 1970, UTC.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        secret: str,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        timing: Timing = Timing(),
    ) -> None:
        self._secret = secret.encode()
        self._now, self._clock = now, clock
        self._doubt_seconds = timing.clock_doubt
        self._good_before = False
        self._wrong = 0
        self._ahead: float | None = None
        self._ahead_at = 0.0

    def is_recent(self, headers: CIMultiDictProxy[str]) -> bool:
        """Whether a well-formed time stamp is within what Slack recommends."""
        return abs(self._ahead_of(headers)) <= _SKEW_SECONDS

    def fault_of(self, headers: CIMultiDictProxy[str], body: bytes) -> str:
        """What is wrong with a well-formed signature: `signature`, `clock`, or nothing.

        It is `clock` only for a request that Slack did sign, so strangers cannot cause it.
        """
        timestamp, signature = headers[_TIMESTAMP_FIELD], headers[_SIGNATURE_FIELD]
        if not self._is_signed(body, timestamp, signature):
            self._count_wrong()
            return "signature"
        if not self.is_recent(headers):
            self._note_clock(self._ahead_of(headers))
            return "clock"
        self._good_before = True
        if self._wrong or self._ahead is not None:
            self._recover()
        return ""

    def is_clock_right(self) -> bool:
        """Whether no request of Slack's was lately refused because of its time.

        A bot that is not ready may get no requests that would show the right time, so this is
        forgotten after a while.
        """
        return self._ahead is None or self._clock() - self._ahead_at > self._doubt_seconds

    def warnings(self) -> Mapping[str, str]:
        """What the operator should mend, by the name of the part."""
        found = {}
        if self._wrong >= self._worth_a_line:
            found["slack_signature"] = self._say_wrong()
        if self._ahead is not None:
            found["slack_clock"] = _say_clock(self._ahead)
        return found

    def _ahead_of(self, headers: CIMultiDictProxy[str]) -> float:
        """By how many seconds this clock is ahead of a request."""
        return self._now() - int(headers[_TIMESTAMP_FIELD])

    def _is_signed(self, body: bytes, timestamp: str, signature: str) -> bool:
        # slack-sdk's verifier decodes the body first, and takes twice as long.
        digest = hmac.digest(self._secret, b"v0:%s:%s" % (timestamp.encode(), body), "sha256")
        # In constant time, so that response times do not reveal a prefix of the signature.
        return hmac.compare_digest(f"v0={digest.hex()}", signature)

    @property
    def _worth_a_line(self) -> int:
        return _MANY if self._good_before else _FEW

    def _count_wrong(self) -> None:
        self._wrong += 1
        if self._wrong == self._worth_a_line:
            _log.error(self._say_wrong(), reason="signature")

    def _say_wrong(self) -> str:
        name = "secret_changed" if self._good_before else "secret_wrong"
        return load_remedies()["requests"][name].format(count=self._wrong)

    def _note_clock(self, ahead: float) -> None:
        if self._ahead is None:
            _log.error(_say_clock(ahead), reason="clock", seconds=round(ahead))
        self._ahead, self._ahead_at = ahead, self._clock()

    def _recover(self) -> None:
        if self.warnings():
            _log.info("Slack's requests have good signatures again")
        self._wrong, self._ahead = 0, None


def _say_clock(ahead: float) -> str:
    name = "clock_ahead" if ahead > 0 else "clock_behind"
    return load_remedies()["requests"][name].format(seconds=round(abs(ahead)))
