"""Fields of a reply's head whose names are not ASCII, left out before aiohttp's parser sees them.

Such a name is no name (RFC 9110, section 5.1), and aiohttp refuses the whole reply for it, a good
answer included. Nobody asks for such a field, so a reply can be read as if it were not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

# Beyond what aiohttp takes as one line (8190 bytes); the rest goes on to it, to be refused there.
LONGEST_LINE: Final = 16 * 1024
ENOUGH_OF_A_STATUS: Final = 12  # as long as "HTTP/1.1 100"

_INTERIM: Final = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9][0-9]")
_FOLDED: Final = (b" ", b"\t")


class HeadFilter:
    """Passes the bytes of one reply on, less the fields whose names are not ASCII.

    The status line goes on as it comes, the fields line by line; what follows the head is not
    looked at.
    """

    def __init__(self) -> None:
        self._in_head = True
        self._in_status_line = True
        self._status_line = b""
        self._line = b""
        self._dropping = False

    def feed(self, data: bytes) -> bytes:
        """What may be passed on by now."""
        passed, start = bytearray(), 0
        while self._in_head and start < len(data):
            end = data.find(b"\n", start) + 1 or len(data)
            piece, start = data[start:end], end
            passed += self._status(piece) if self._in_status_line else self._field(piece)
        return bytes(passed) + data[start:]

    def _status(self, piece: bytes) -> bytes:
        self._status_line = (self._status_line + piece)[:ENOUGH_OF_A_STATUS]
        self._in_status_line = not piece.endswith(b"\n")
        return piece

    def _field(self, piece: bytes) -> bytes:
        self._line += piece
        if not piece.endswith(b"\n") and len(self._line) < LONGEST_LINE:
            return b""
        line, self._line = self._line, b""
        if not line.strip(b"\r\n"):
            # Another head follows that of an interim reply (RFC 9110, section 15.2).
            self._in_head = self._in_status_line = bool(_INTERIM.match(self._status_line))
            self._status_line = b""
            self._dropping = False
        elif not line.startswith(_FOLDED):
            self._dropping = not line.partition(b":")[0].isascii()
        return b"" if self._dropping else line


class _Handler(ResponseHandler):
    """aiohttp's reader of replies behind a `HeadFilter` for each."""

    _head: HeadFilter | None = None

    def set_response_params(self, **params: Any) -> None:
        """Begin a reply."""
        self._head = HeadFilter()
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Take what the peer sent."""
        super().data_received(self._head.feed(data) if self._head else data)


class Connector(aiohttp.TCPConnector):
    """A pool of connections whose replies may hold fields that are none."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # There is no setting for it; tests/gateway/test_reply_head.py would see it go.
        handler: Callable[..., ResponseHandler] = _Handler
        self._factory = partial(handler, loop=self._loop)
