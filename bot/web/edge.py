"""What is answered where no handler has an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

_log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def refused(
    status: int, reason: str, *, shown: str | None = None, close: bool = False
) -> web.Response:
    """A refusal, and its line in the log.

    Args:
        status: of HTTP.
        reason: for the log.
        shown: what the sender reads in place of the reason.
        close: whether the connection ends with it.
    """
    _log.warning("request refused", status=status, reason=reason)
    response = web.json_response({"error": shown or reason}, status=status)
    if close:
        response.force_close()
    return response


@web.middleware
async def no_traceback(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The edge of the HTTP server: whatever breaks is logged here and not shown."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - one of the edges where everything is caught
        _log.error("a request failed", exc_info=error)
        return web.json_response({"error": "internal"}, status=500)
