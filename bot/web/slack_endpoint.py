"""Slack's endpoint in HTTP mode.

Every request is checked before Bolt sees it: Bolt logs the body of a request with a wrong
signature, and answers a malformed timestamp or bad JSON with 500. What the head alone shows is
checked before the body is read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import HttpVersion11, web
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from yarl import URL

from bot.domain.timing import Timing
from bot.web.connections import connection_of, refused
from bot.web.signatures import Signatures, Taken, is_well_formed

# Slack's payloads are far smaller.
MAX_BODY_BYTES: Final = 1024 * 1024
# As much as a head may have.
_OLD_BYTES: Final = 16 * 1024
# Reading a text of this length takes milliseconds.
_LONG_BYTES: Final = 8 * 1024

_log = structlog.get_logger(__name__)
_UNPARSABLE: Final = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
_GONE: Final = (web.RequestPayloadError, aiohttp.ClientPayloadError, ConnectionError)


class SlackEndpoint:
    """`POST /slack/events`: commands, interactivity and events, each with Slack's signature.

    Attributes:
        signatures: checks them, and knows what is wrong with those that fail.
    """

    def __init__(self, app: AsyncApp, signing_secret: str, *, timing: Timing = Timing()) -> None:
        self._app = app
        self._timing = timing
        self._taken = Taken()
        self._long_ones = asyncio.Lock()
        self.signatures = Signatures(signing_secret, timing=timing)

    async def expect(self, _: web.Request) -> None:
        """Do not send `100 Continue` yet: `handle` checks the head first."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Pass a valid request to Bolt; 401 without a valid signature, 400 for a malformed body."""
        body = _refusal_of_head(request) or await self._body_of(request)
        if isinstance(body, web.Response):
            return body
        if fault := self.signatures.fault_of(request.headers, body):
            return refused(401, fault, shown="signature")
        if not body:
            return refused(400, "body")
        try:
            return await self._pass_on(request, body)
        except _UNPARSABLE as error:
            # Not from a listener: the app's error handler catches those.
            _log.warning("a request has an unexpected shape", error=type(error).__name__)
            return refused(400, "body")

    async def _body_of(self, request: web.Request) -> bytes | web.Response:
        if self.signatures.is_recent(request.headers):
            return await _read(request, self._timing.body, partial(refused, 408, "slow"))
        # Only a signature shows whether Slack sent it and this clock is wrong, so what is no longer
        # than a head is read, if it comes with it.
        refuse = partial(refused, 401, "old", shown="signature")
        if (request.content_length or 0) > _OLD_BYTES:
            return refuse(close=True)
        return await _read(request, self._timing.linger, refuse)

    async def _pass_on(self, request: web.Request, body: bytes) -> web.StreamResponse:
        payload = _payload_of(body.decode(), request.content_type)
        # Bolt reads fields here, and does not expect a wrong type. In this mode it takes a payload.
        slack_request = AsyncBoltRequest(body=payload, mode="socket_mode")
        # Slack's check of the address has no effect, and its answer is needed each time.
        is_check = payload.get("type") == "url_verification"
        if not is_check and not self._taken.take(request.headers):
            _log.warning("a request came a second time, and was ignored")
            return web.Response()
        # From here the connection is exempt from eviction, however many others connect.
        connection_of(request).trust()
        if len(body) > _LONG_BYTES:
            # One in a turn of the loop: whoever sends many keeps nobody else waiting.
            async with self._long_ones:
                await asyncio.sleep(0)
        done = False
        try:
            response = await self._app.async_dispatch(slack_request)
            done = response.status < HTTPStatus.MULTIPLE_CHOICES
        finally:
            if not done:
                self._taken.forget(request.headers)
        return web.Response(
            status=response.status,
            body=response.body.encode(),
            headers=response.first_headers_without_set_cookie(),
        )


def _payload_of(body: str, kind: str) -> dict[str, Any]:
    """The payload in a body of this type: JSON, the JSON in a form's field `payload`, or the form.

    Bolt's parser needs 60 ms for a body of 900 kB, and finds no field in a command whose text has
    the word "payload".

    Raises:
        RecursionError: it is nested too deeply.
        ValueError: it is no JSON.
    """
    if kind != "application/json" and not body.startswith("{"):
        fields = dict(URL.build(query_string=body, encoded=True).query.items())
        if "payload" not in fields:
            return fields
        body = fields["payload"]
    payload: dict[str, Any] = json.loads(body)
    return payload


def _refusal_of_head(request: web.Request) -> web.Response | None:
    """The refusal of a request because of its head, if any."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        return refused(415, "encoding", close=True)
    if request.content_length is None:
        # Slack sends Content-Length; parsing a body of tiny chunks is expensive.
        return refused(411, "length", close=True)
    if request.content_length > MAX_BODY_BYTES:
        return refused(413, "size", close=True)
    if not is_well_formed(request.headers):
        return refused(401, "signature", close=True)
    return None


async def _read(
    request: web.Request, seconds: float, refuse_late: Callable[..., web.Response]
) -> bytes | web.Response:
    """The body, or a refusal if it does not arrive in time."""
    if not request.protocol.connected:
        return refused(400, "gone", close=True)
    if request.version == HttpVersion11 and "Expect" in request.headers:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        if request.content.is_eof():
            return await request.read()
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        return refuse_late(close=True)
    except _GONE as error:
        # aiohttp stores the error; its traceback would hold the received data in memory.
        error.with_traceback(None)
        return refused(400, "gone", close=True)
