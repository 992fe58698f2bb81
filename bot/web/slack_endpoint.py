"""Slack's endpoint in HTTP mode.

Every request is checked before Bolt sees it: Bolt logs the body of a request with a wrong
signature, and answers a malformed timestamp or bad JSON with 500. What the head alone shows is
checked before the body is read.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from typing import Final

import aiohttp
import structlog
from aiohttp import HttpVersion11, web
from multidict import CIMultiDictProxy
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.domain.timing import Timing
from bot.web.connections import connection_of, refused

# Slack's payloads are far smaller.
MAX_BODY_BYTES: Final = 1024 * 1024
# The maximum age that Slack recommends, against replayed requests.
_SKEW_SECONDS: Final = 5 * 60

_log = structlog.get_logger(__name__)
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP_FIELD: Final = "X-Slack-Request-Timestamp"
_SIGNATURE_FIELD: Final = "X-Slack-Signature"
_UNPARSABLE: Final = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
_GONE: Final = (web.RequestPayloadError, aiohttp.ClientPayloadError, ConnectionError)


class SlackEndpoint:
    """`POST /slack/events`: commands, interactivity and events, each with Slack's signature.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """

    def __init__(self, app: AsyncApp, signing_secret: str, *, timing: Timing = Timing()) -> None:
        self._app = app
        self._body_seconds = timing.body
        self._verifier = SignatureVerifier(signing_secret)

    async def expect(self, _: web.Request) -> None:
        """Do not send `100 Continue` yet: `handle` checks the head first."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Pass a valid request to Bolt; 401 without a valid signature, 400 for a malformed body."""
        body = _refusal_of_head(request) or await _body_of(request, self._body_seconds)
        if isinstance(body, web.Response):
            return body
        if not self._is_signed(request, body):
            return refused(401, "signature")
        # From here the connection is exempt from eviction, however many others connect.
        connection_of(request).trust()
        if not body:
            return refused(400, "body")
        headers: dict[str, str | Sequence[str]] = dict(request.headers)
        try:
            # Bolt parses the body here, and does not expect fields of the wrong type. In this mode
            # it does not check the signature a second time.
            text = body.decode("utf-8")
            slack_request = AsyncBoltRequest(body=text, headers=headers, mode="socket_mode")
            response = await self._app.async_dispatch(slack_request)
        except _UNPARSABLE as error:
            # Not from a listener: the app's error handler catches those.
            _log.warning("a request has an unexpected shape", error=type(error).__name__)
            return refused(400, "body")
        return await to_aiohttp_response(response)

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        timestamp, signature = request.headers[_TIMESTAMP_FIELD], request.headers[_SIGNATURE_FIELD]
        try:
            # In constant time, so that response times do not reveal a prefix of the signature.
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False


def fault_of_signature(headers: CIMultiDictProxy[str], now: float) -> str:
    """What is wrong with the signature headers: `signature`, `clock`, or nothing.

    Args:
        headers: the request's headers.
        now: seconds since 1970, UTC.
    """
    timestamps = headers.getall(_TIMESTAMP_FIELD, [])
    signatures = headers.getall(_SIGNATURE_FIELD, [])
    # Slack sends each once; of two, a proxy might have checked the other one.
    if len(timestamps) != 1 or len(signatures) != 1:
        return "signature"
    if not _TIMESTAMP.fullmatch(timestamps[0]) or not _SIGNATURE.fullmatch(signatures[0]):
        return "signature"
    return "clock" if abs(now - int(timestamps[0])) > _SKEW_SECONDS else ""


def _refusal_of_head(request: web.Request) -> web.Response | None:
    """The refusal of a request because of its head, if any."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        return refused(415, "encoding", close=True)
    if request.content_length is None:
        # Slack sends Content-Length; parsing a body of tiny chunks is expensive.
        return refused(411, "length", close=True)
    if request.content_length > MAX_BODY_BYTES:
        return refused(413, "size", close=True)
    fault = fault_of_signature(request.headers, time.time())
    return refused(401, fault, shown="signature", close=True) if fault else None


async def _body_of(request: web.Request, seconds: float) -> bytes | web.Response:
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
        return refused(408, "slow", close=True)
    except _GONE as error:
        # aiohttp stores the error; its traceback would hold the received data in memory.
        error.with_traceback(None)
        return refused(400, "gone", close=True)
