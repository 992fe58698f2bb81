"""What the sandbox gateway was asked, recorded before it answers."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.gateway.sandbox.answers import PREFIX
from bot.gateway.sandbox.envelope import Call, read_call


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """One call of the operation.

    Attributes:
        idmsg: as sent, for scripted ids only.
    """

    idmsg: str | None


def recording(requests: list[SeenRequest]) -> Middleware:
    """A middleware that records every call in this list."""

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        headers, content = request.headers, await request.read()
        call = read_call(headers.get("Content-Type", ""), headers.get("SOAPAction"), content)
        if isinstance(call, Call):
            scripted = call.idmsg is not None and call.idmsg.upper().startswith(PREFIX)
            requests.append(SeenRequest(idmsg=call.idmsg if scripted else None))
        return await handler(request)

    return record
