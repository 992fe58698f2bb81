"""The connections of the pool: each reads one reply to one request, within bounds.

aiohttp bounds lines and buffers, but neither a whole reply nor data that arrives without a request.

It also rejects a whole reply, even a good answer, for a field whose name is not ASCII (invalid, RFC
9110, section 5.1); httpx-aiohttp fails on such a reason phrase. The client needs neither, so they
are dropped before aiohttp's parser reads the head.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

MAX_REPLY_BYTES: Final = 256 * 1024
# The limit for all heads of one reply together, interim replies included; IIS sends at most 16 KiB.
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_HEAD_LINES: Final = 128
ENOUGH_OF_A_STATUS: Final = 12  # as long as "HTTP/1.1 100"
# Chunk frames may take as much as content; only an attack has more.
MAX_WIRE_BYTES: Final = MAX_HEAD_BYTES + 2 * MAX_REPLY_BYTES
# The kernel's buffer bounds what one turn of the event loop has to parse. (Linux doubles it.)
RECEIVE_BUFFER_BYTES: Final = 8 * 1024

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
            self._bytes += len(piece)
            self._lines += piece.endswith(b"\n")
            if self._bytes > MAX_HEAD_BYTES or self._lines > MAX_HEAD_LINES:
                raise ReplyTooLong
            passed += self._status(piece) if self._in_status_line else self._field(piece)
        return bytes(passed) + data[start:]

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


class _Handler(ResponseHandler):
    """aiohttp's reply parser, behind the bounds of this module."""

    _head: HeadFilter | None = None
    _room = MAX_WIRE_BYTES

    def set_response_params(self, **params: Any) -> None:
        """Start a reply."""
        self._head, self._room = HeadFilter(), MAX_WIRE_BYTES
        super().set_response_params(**params)

    def is_connected(self) -> bool:
        """Whether the connection may be (re)used: no unsolicited data arrived."""
        return super().is_connected() and not self.should_close

    def data_received(self, data: bytes) -> None:
        """Accept the peer's data, unless the reply was over: it would answer the next request."""
        # aiohttp calls without data to continue with what it has buffered.
        if data and self._is_answered():
            self.abort()
            return
        try:
            wanted = self._bounded(data)
        except ReplyTooLong as error:
            payload = self._payload
            self.abort()
            self.set_exception(error)
            if payload is not None:
                payload.set_exception(error)
            return
        super().data_received(wanted)
        self._end_the_body()

    def _end_the_body(self) -> None:
        """A malformed reply has no remainder; aiohttp would let its reader wait for one."""
        error, payload = self.exception(), self._payload
        if error is not None and payload is not None and not payload.is_eof():
            payload.set_exception(error)

    def _is_answered(self) -> bool:
        over = self._head is not None and self._head.ended
        return over and self._payload is not None and self._payload.is_eof()

    def _bounded(self, data: bytes) -> bytes:
        self._room -= len(data)
        if self._room < 0:
            raise ReplyTooLong
        return self._head.feed(data) if self._head else data


class Connector(aiohttp.TCPConnector):
    """A pool of connections that read within bounds."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(socket_factory=_narrow_socket, **settings)
        # aiohttp has no setting for it; tests/gateway/http/test_reply_head.py notices if the hook
        # disappears.
        handler: Callable[..., ResponseHandler] = _Handler
        self._factory = partial(handler, loop=self._loop)


def _narrow_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, _ = address
    narrow = socket.socket(family=family, type=kind, proto=protocol)
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    return narrow
