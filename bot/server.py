"""HTTP: Slack's endpoint in HTTP mode; health and metrics in both modes.

Everything that arrives is checked before Bolt sees it: Bolt writes the body of a request with a
wrong signature to its log, and answers a junk timestamp or bad JSON with 500.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import parse_qs

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.domain.timing import Timing
from bot.telemetry import EXPOSITION_TYPE

SLACK_PATH: Final = "/slack/events"
# Slack's own payloads stay far below.
MAX_BODY_BYTES: Final = 1024 * 1024
# How far Slack's clock and ours may differ.
_SKEW_SECONDS: Final = 5 * 60

_log = structlog.get_logger("bot.server")
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")
_UNPARSABLE: Final = (AttributeError, LookupError, TypeError, ValueError)
_GONE: Final = (web.RequestPayloadError, aiohttp.ClientPayloadError, ConnectionError)

Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class CannotListenError(Exception):
    """The address to serve on is not to be had; `reason` is the system's word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SlackEndpoint:
    """`POST /slack/events`: commands, interactivity and events, each with Slack's signature.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """

    def __init__(self, app: AsyncApp, signing_secret: str, *, timing: Timing = Timing()) -> None:
        self._app = app
        self._body_seconds = timing.body
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """401 without a valid signature, 400 for a body that cannot be read."""
        body = await _body_of(request, self._body_seconds)
        if isinstance(body, web.Response):
            return body
        fault = self._fault_of_signature(request, body)
        if fault:
            return _refused(401, fault, shown="signature")
        text = _readable(body, request.content_type)
        if text is None:
            return _refused(400, "body")
        try:
            slack_request = AsyncBoltRequest(
                body=text,
                query=request.query_string,
                headers={name: [value] for name, value in request.headers.items()},
            )
        except _UNPARSABLE:
            return _refused(400, "body")
        try:
            response = await self._app.async_dispatch(slack_request)
        except _UNPARSABLE as error:
            # Errors of listeners go to the app's own handler; what comes out here is Bolt's
            # reading of a body whose parts have unexpected shapes.
            _log.warning("a request has an unexpected shape", exc_info=error)
            return _refused(400, "body")
        return await to_aiohttp_response(response)

    def _fault_of_signature(self, request: web.Request, body: bytes) -> str:
        """What is wrong with the signature; a good one of another time says that a clock is."""
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            return "signature"
        try:
            expected = self._verifier.generate_signature(timestamp=timestamp, body=body) or ""
        except UnicodeDecodeError:
            return "signature"
        if not hmac.compare_digest(expected, signature):
            return "signature"
        return "clock" if abs(time.time() - int(timestamp)) > _SKEW_SECONDS else ""


async def _body_of(request: web.Request, seconds: float) -> bytes | web.Response:
    """The body as it was sent, within its limits of time, size and form."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        return _refused(415, "encoding", close=True)
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return _refused(413, "size", close=True)
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        return _refused(408, "slow", close=True)
    except web.HTTPRequestEntityTooLarge:
        return _refused(413, "size", close=True)
    except _GONE:
        return _refused(400, "gone", close=True)


def _readable(body: bytes, content_type: str) -> str | None:
    """The body as text, if what Bolt will parse in it is an object."""
    try:
        text = body.decode("utf-8")
        if content_type == "application/json" or text.lstrip().startswith("{"):
            return text if _is_payload(json.loads(text)) else None
        payloads = parse_qs(text).get("payload", [])
        return text if all(isinstance(json.loads(p), dict) for p in payloads) else None
    except (ValueError, RecursionError):
        return None


def _is_payload(value: object) -> bool:
    # Bolt reads into the event before any check of its own.
    return isinstance(value, dict) and isinstance(value.get("event", {}), dict)


def _refused(
    status: int, reason: str, *, shown: str | None = None, close: bool = False
) -> web.Response:
    _log.warning("request refused", status=status, reason=reason)
    response = web.json_response({"error": shown or reason}, status=status)
    if close:
        response.force_close()
    return response


def build_server(
    *, readiness: Readiness, metrics: Callable[[], bytes], slack: SlackEndpoint | None
) -> web.Application:
    """The routes; `slack` is `None` in Socket Mode."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        parts = dict(await readiness())
        ready = all(parts.values())
        return web.json_response({"ready": ready, "parts": parts}, status=200 if ready else 503)

    async def metrics_page(_: web.Request) -> web.Response:
        return web.Response(body=metrics(), headers={"Content-Type": EXPOSITION_TYPE})

    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_no_traceback])
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics_page)
    if slack is not None:
        app.router.add_post(SLACK_PATH, slack.handle)
    return app


@web.middleware
async def _no_traceback(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The edge of the HTTP server: whatever breaks is logged here and not shown."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - one of the edges where everything is caught
        _log.error("a request failed", exc_info=error)
        return web.json_response({"error": "internal"}, status=500)


@asynccontextmanager
async def serving(
    app: web.Application, *, host: str, port: int, timing: Timing = Timing()
) -> AsyncIterator[int]:
    """Serve while the block runs; gives the port, which matters when 0 was asked for.

    Raises:
        CannotListenError: the address is taken or not ours.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=timing.shutdown,
        # What nobody signed is not unpacked, and not waited for once it was answered.
        auto_decompress=False,
        lingering_time=timing.shutdown,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise CannotListenError(error.strerror or type(error).__name__) from None
        try:
            yield _port(runner)
        finally:
            await _accept_no_more(site)
    finally:
        await runner.cleanup()


async def _accept_no_more(site: web.TCPSite) -> None:
    """Let arrive what was accepted; asyncio loses it, with a traceback, in a server that closes.

    https://github.com/python/cpython/issues/109564
    """
    server: Any = site._server  # noqa: SLF001 - there is no other way to its sockets
    for door in server.sockets:
        asyncio.get_running_loop().remove_reader(door)
    await asyncio.sleep(0)


def _port(runner: web.AppRunner) -> int:
    address: Any = runner.addresses[0]
    return int(address[1])
