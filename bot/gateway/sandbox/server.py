"""The sandbox gateway on aiohttp: one path, SOAP by POST, a page and the WSDL by GET.

Logs no credential, no id, no request line and no body; stores no secret of a request.
"""

from __future__ import annotations

import asyncio
import html
import logging
import re
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.gateway.sandbox.answers import FaultName, Script
from bot.gateway.sandbox.envelope import (
    MARK,
    OPERATION,
    Call,
    Reply,
    Version,
    page_reply,
    read_call,
    result_reply,
)
from bot.gateway.sandbox.fault_replies import BUILDERS
from bot.gateway.sandbox.fault_wire import WIRE_BUILDERS, WireReply

PATH: Final = "/voice/v_3_00/service.asmx"
MAX_BODY_BYTES: Final = 64 * 1024
MAX_REMEMBERED: Final = 1_000
MASK: Final = "••••••"
MAX_SHOWN: Final = 20_000

_KEYS: Final = re.compile(
    r"(<(?:[\w.-]+:)?(?:Credencial|Token)\b[^<>]*>).*?(</(?:[\w.-]+:)?(?:Credencial|Token)\s*>)",
    re.DOTALL,
)
_SHUTDOWN_SECONDS: Final = 0.1
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)
_FAULTS: Final[Mapping[FaultName, Callable[[Version], Reply | WireReply]]] = {
    **BUILDERS,
    **WIRE_BUILDERS,
}
_LOGGER: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call of the operation and its reply, as far as they may be shown.

    Attributes:
        seconds: from the request to the reply.
        status: the HTTP status; 0 if the reply is not HTTP (a fault of the connection).
        request: the envelope with its keys masked; empty if that failed.
        reply: the sent document, or the name of the played fault.
    """

    seconds: float
    status: int
    content_type: str
    soap_action: str | None
    request: str
    reply_type: str
    reply: str


Listener = Callable[[Exchange], None]


@dataclass(slots=True, kw_only=True, eq=False)
class _Service:
    """Answers requests by the script."""

    script: Script
    listener: Listener

    async def handle(self, request: web.Request) -> web.StreamResponse:
        # IIS ignores the case of letters in a path.
        if request.path.lower() != PATH:
            raise web.HTTPNotFound
        if request.method in {"GET", "HEAD"}:
            return _response(_read_only(request))
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ("GET", "HEAD", "POST"))
        try:
            return await self._answer(request, await request.read())
        except web.RequestPayloadError:
            raise web.HTTPBadRequest from None

    async def _answer(self, request: web.Request, content: bytes) -> web.StreamResponse:
        content_type = request.headers.get("Content-Type", "")
        soap_action = request.headers.get("SOAPAction")
        call = read_call(content_type, soap_action, content)
        if isinstance(call, Reply):
            return _response(call)
        started = time.perf_counter()
        decided = self.script.answer(call.credential, call.token, call.idmsg)
        await asyncio.sleep(decided.delay)
        reply: Reply | WireReply = result_reply(call.version, decided.text)
        if decided.fault is not None:
            reply = _FAULTS[decided.fault](call.version)
        shown = reply if isinstance(reply, Reply) else _stand_in(f"fault: {decided.fault}")
        self.listener(
            Exchange(
                seconds=time.perf_counter() - started,
                status=shown.status,
                content_type=content_type,
                soap_action=soap_action,
                request=without_keys(call, content),
                reply_type=shown.content_type,
                reply=shown.content[:MAX_SHOWN].decode(errors="replace"),
            )
        )
        if isinstance(reply, Reply):
            return _response(reply)
        await send(request.transport, reply)
        # The connection is closed by now: aiohttp requires a response, and drops it.
        return web.Response()


async def send(transport: asyncio.Transport | None, reply: WireReply) -> None:
    """Plays the reply on the transport and ends the connection; None means the client left."""
    if transport is None:
        return
    protocol, loop = transport.get_protocol(), asyncio.get_running_loop()
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    # The client may leave at any point.
    with suppress(ConnectionError):
        await _write(writer, reply)
    await asyncio.sleep(0 if transport.is_closing() else reply.silence)
    if reply.reset:
        # Lingering for zero seconds makes the kernel send RST instead of FIN.
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()
    else:
        transport.close()


async def _write(writer: asyncio.StreamWriter, reply: WireReply) -> None:
    writer.write(reply.content)
    for part in reply.flood:
        if writer.is_closing():
            return
        writer.write(part)
        await writer.drain()
        # Other clients need turns too, while this one accepts all data.
        await asyncio.sleep(reply.pace)


def without_keys(call: Call, content: bytes) -> str:
    """The envelope with masked keys; empty if a key would still be visible."""
    masked = _KEYS.sub(rf"\g<1>{MASK}\g<2>", content.decode("utf-8", errors="replace"))
    keys = filter(None, (call.credential, call.token))
    return "" if any(key in masked for key in keys) else masked[:MAX_SHOWN]


def _stand_in(text: str) -> Reply:
    """What is shown for a fault below HTTP."""
    return Reply(status=0, content_type="", content=text.encode())


def _response(reply: Reply) -> web.Response:
    headers = {"Content-Type": reply.content_type, **reply.headers}
    return web.Response(status=reply.status, headers=headers, body=reply.content)


def _read_only(request: web.Request) -> Reply:
    if any(key.lower() == "wsdl" for key in request.query):
        location = html.escape(f"{request.scheme}://{request.host}{PATH}")
        wsdl = resources.files(__package__).joinpath("service.wsdl").read_text("utf-8")
        content = wsdl.replace("LOCATION", location).encode()
        return Reply(content_type="text/xml; charset=utf-8", content=content)
    text = f'Sandbox of the operation {OPERATION}. <a href="?wsdl">Service description</a>.'
    return page_reply(200, "PWGatewayVoice", text)


async def _mark(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers[MARK] = "1"


def _without_wire_text(record: logging.LogRecord) -> bool:
    """Logs an exception's class only: the message of a broken request quotes its bytes."""
    if record.exc_info and record.exc_info[0]:
        record.msg, record.args = f"request failed: {record.exc_info[0].__name__}", ()
        record.exc_info = None
    return True


@asynccontextmanager
async def running_sandbox(
    host: str = "127.0.0.1",
    port: int = 8088,
    *,
    clock: Callable[[], float] = time.monotonic,
    listener: Listener = lambda _call: None,
    remembered: int = MAX_REMEMBERED,
    middlewares: Sequence[Middleware] = (),
) -> AsyncIterator[str]:
    """Serves the sandbox and returns the URL of its service; port 0 takes a free port.

    Args:
        host: where to listen.
        port: likewise.
        clock: seconds from any origin; only `SANDBOX-PENDING` uses it.
        listener: receives each call and its reply, without the keys, before it is sent.
        remembered: the most waiting ids to store.
        middlewares: see each request before the service.

    Raises:
        OSError: the address is in use or not local.
    """
    _LOGGER.addFilter(_without_wire_text)
    quiet = {"access_log": None, "logger": _LOGGER, "handler_cancellation": True}
    app = web.Application(
        client_max_size=MAX_BODY_BYTES, handler_args=quiet, middlewares=middlewares
    )
    app.on_response_prepare.append(_mark)
    service = _Service(
        script=Script(clock=clock, remembered=remembered),
        listener=listener,
    )
    app.router.add_route("*", "/{tail:.*}", service.handle)
    runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0][1]
        yield f"http://{f'[{host}]' if ':' in host else host}:{bound}{PATH}"
    finally:
        await runner.cleanup()
