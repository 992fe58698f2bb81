"""The connections of the pool: each reads one reply for one request, and no more than any answer.

aiohttp bounds lines and buffers, but neither a reply as a whole nor what comes without a request.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from bot.gateway.http.reply_head import MAX_HEAD_BYTES, HeadFilter, ReplyTooLong

MAX_REPLY_BYTES: Final = 256 * 1024
# Chunks may have as much of a frame as of a content; only an attack has more.
MAX_WIRE_BYTES: Final = MAX_HEAD_BYTES + 2 * MAX_REPLY_BYTES
# What the kernel holds is what one turn of the event loop has to parse at most. (Linux doubles it.)
RECEIVE_BUFFER_BYTES: Final = 8 * 1024


class _Handler(ResponseHandler):
    """aiohttp's reader of replies, behind the bounds of this module."""

    _head: HeadFilter | None = None
    _room = MAX_WIRE_BYTES

    def set_response_params(self, **params: Any) -> None:
        """Begin a reply."""
        self._head, self._room = HeadFilter(), MAX_WIRE_BYTES
        super().set_response_params(**params)

    def is_connected(self) -> bool:
        """Whether the connection may be used (again): nothing came that nobody asked for."""
        return super().is_connected() and not self.should_close

    def data_received(self, data: bytes) -> None:
        """Take what the peer sent, unless the reply was over: then it would answer the next one."""
        # aiohttp calls without data when it goes on with what it has.
        if data and self._is_answered():
            self.abort()
            return
        try:
            wanted = self._bounded(data)
        except ReplyTooLong as error:
            self._refuse(error)
            return
        super().data_received(wanted)
        self._tell_the_reader()

    def _tell_the_reader(self) -> None:
        """A reply that broke off its form has no rest; aiohttp would let its reader wait for it."""
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

    def _refuse(self, error: ReplyTooLong) -> None:
        payload = self._payload
        self.abort()
        self.set_exception(error)
        if payload is not None:
            payload.set_exception(error)


class Connector(aiohttp.TCPConnector):
    """A pool of connections that read within bounds."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(socket_factory=_narrow_socket, **settings)
        # There is no setting for it; tests/gateway/http/test_reply_head.py would see it go.
        handler: Callable[..., ResponseHandler] = _Handler
        self._factory = partial(handler, loop=self._loop)


def _narrow_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, _ = address
    narrow = socket.socket(family=family, type=kind, proto=protocol)
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    return narrow
