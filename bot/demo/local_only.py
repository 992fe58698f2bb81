"""Refuses what other web pages send to a port of the demo.

The demo has no login, so only its own page and programs of this machine may use its ports. A
browser names the Host, the Origin and the site of what a foreign page sends.
https://fetch.spec.whatwg.org/#http-origin
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests of pages that this port did not send."""
    port = _port(request)
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "none")
    # DNS rebinding: a foreign name that resolves to 127.0.0.1 still sends its own Host.
    if request.headers.get("Host") not in hosts:
        raise web.HTTPMisdirectedRequest
    if origin is not None and origin.removeprefix("http://") not in hosts:
        raise web.HTTPForbidden
    # Browsers set Sec-Fetch-Site themselves, so a page cannot forge it.
    if request.method == "POST" and site not in {"same-origin", "none"}:
        raise web.HTTPForbidden
    return await handler(request)


def _port(request: web.Request) -> int:
    address: Any = request.transport.get_extra_info("sockname") if request.transport else None
    return int(address[1]) if address else 0
