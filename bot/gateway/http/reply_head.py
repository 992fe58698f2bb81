"""The head of a reply before aiohttp's parser sees it: bounded, and stripped of non-ASCII fields.

And when an unavailable server wants a retry (RFC 9110, section 10.2.3).

A field whose name is not ASCII is invalid (RFC 9110, section 5.1), and aiohttp refuses the whole
reply for it, a good answer included; httpx-aiohttp fails on such a reason phrase. The client needs
neither, so it drops them before parsing.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from aiohttp.http_exceptions import HttpProcessingError

# The limit for all heads of one reply together, interim replies included; IIS sends at most 16 KiB.
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_HEAD_LINES: Final = 128
ENOUGH_OF_A_STATUS: Final = 12  # as long as "HTTP/1.1 100"

# The longest plausible pause of a server.
LONGEST_SECONDS: Final = 24 * 3600.0

# A day has 86,400 seconds; a longer number is implausible.
_SECONDS: Final = re.compile("[0-9]{1,5}")
_DATE: Final = "%a, %d %b %Y %H:%M:%S GMT"

_INTERIM: Final = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9][0-9]")
_FOLDED: Final = (b" ", b"\t")


class ReplyTooLong(HttpProcessingError):  # noqa: N818 - as the errors of the tree
    """A reply, or its head, is longer than any answer can be."""


class HeadFilter:
    """Passes on the bytes of one reply, without the non-ASCII parts of its head.

    The status line passes as it comes, the fields line by line; the data after the head is not
    inspected.

    Attributes:
        ended: the head of the final reply has ended.
    """

    def __init__(self) -> None:
        self.ended = False
        self._bytes = 0
        self._lines = 0
        self._in_status_line = True
        self._status_line = b""
        self._line = b""
        self._dropping = False

    def feed(self, data: bytes) -> bytes:
        """The bytes that may be passed on so far.

        Raises:
            ReplyTooLong: the head is longer than any answer's.
        """
        passed, start = bytearray(), 0
        while not self.ended and start < len(data):
            end = data.find(b"\n", start) + 1 or len(data)
            piece, start = data[start:end], end
            self._count(piece)
            passed += self._status(piece) if self._in_status_line else self._field(piece)
        return bytes(passed) + data[start:]

    def _count(self, piece: bytes) -> None:
        self._bytes += len(piece)
        self._lines += piece.endswith(b"\n")
        if self._bytes > MAX_HEAD_BYTES or self._lines > MAX_HEAD_LINES:
            raise ReplyTooLong

    def _status(self, piece: bytes) -> bytes:
        if not self._status_line and not piece.strip(b"\r\n"):
            # Empty lines before it are ignored (RFC 9112, section 2.2).
            return piece
        version_and_code = max(ENOUGH_OF_A_STATUS - len(self._status_line), 0)
        self._status_line = (self._status_line + piece)[:ENOUGH_OF_A_STATUS]
        self._in_status_line = not piece.endswith(b"\n")
        reason = piece[version_and_code:].decode("ascii", "ignore").encode()
        return piece[:version_and_code] + reason

    def _field(self, piece: bytes) -> bytes:
        self._line += piece
        if not piece.endswith(b"\n"):
            return b""
        line, self._line = self._line, b""
        if not line.strip(b"\r\n"):
            # Another head follows an interim reply's (RFC 9110, section 15.2).
            self._in_status_line = bool(_INTERIM.match(self._status_line))
            self.ended = not self._in_status_line
            self._status_line = b""
            self._dropping = False
        elif not line.startswith(_FOLDED):
            self._dropping = not line.partition(b":")[0].isascii()
        return b"" if self._dropping else line


def read_retry_after(value: str, date: str) -> float | None:
    """The seconds to wait; `None` if the header has no usable value.

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
