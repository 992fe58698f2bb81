"""The connections of the pool: each reads one reply to one request, within bounds.

aiohttp bounds lines and buffers, but neither a whole reply nor data that arrives without a request.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from bot.gateway.http.reply_head import MAX_HEAD_BYTES, LengthUnclear, ReplyHead, ReplyTooLong

MAX_REPLY_BYTES: Final = 256 * 1024
# Chunk frames may take as much as content; only an attack has more.
MAX_WIRE_BYTES: Final = MAX_HEAD_BYTES + 2 * MAX_REPLY_BYTES
# The kernel's buffer bounds what one turn of the event loop has to parse. (Linux doubles it.)
RECEIVE_BUFFER_BYTES: Final = 8 * 1024


class _Handler(ResponseHandler):
    """aiohttp's reply parser, behind the bounds of this module."""

    _head: ReplyHead | None = None
    _room = MAX_WIRE_BYTES

    def set_response_params(self, **params: Any) -> None:
        """Start a reply."""
        self._head, self._room = ReplyHead(), MAX_WIRE_BYTES
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
        except (ReplyTooLong, LengthUnclear) as error:
            payload = self._payload
            self.abort()
            self.set_exception(error)
            if payload is not None:
                payload.set_exception(error)
            return
        super().data_received(wanted)
        if self._head is not None and self._head.excess:
            self.force_close()
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
