"""Refusals of the HTTP server, and its outermost error handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

_log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def refused(
    status: int, reason: str, *, shown: str | None = None, close: bool = False
) -> web.Response:
    """Log a refusal and build its response.

    Args:
        status: the HTTP status.
        reason: what is logged, and sent unless `shown` is given.
        shown: what is sent instead of the reason.
        close: whether to close the connection.
    """
    _log.warning("request refused", status=status, reason=reason)
    response = web.json_response({"error": shown or reason}, status=status)
    if close:
        response.force_close()
    return response


@web.middleware
async def no_traceback(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log any exception of a handler, and answer 500 without details."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - one of the edges where everything is caught
        _log.error("a request failed", exc_info=error)
        return web.json_response({"error": "internal"}, status=500)
