"""The sandbox gateway on aiohttp: one path, SOAP by POST, a page and the WSDL by GET.

Logs no credential, no id, no request line and no body; stores no secret of a request.
"""

from __future__ import annotations

import asyncio
import html
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Final

from aiohttp import web

from bot.gateway.sandbox.answers import PREFIX, Answer, answer, pending_seconds, refusal
from bot.gateway.sandbox.call import Call, read_call
from bot.gateway.sandbox.envelope import MARK, OPERATION, Reply, Version, page_reply, result_reply
from bot.gateway.sandbox.exchange import Listener, exchange
from bot.gateway.sandbox.fault_names import FaultName
from bot.gateway.sandbox.fault_replies import BUILDERS
from bot.gateway.sandbox.fault_wire import WIRE_BUILDERS, send

PATH: Final = "/voice/v_3_00/service.asmx"
MAX_BODY_BYTES: Final = 64 * 1024
MAX_REMEMBERED: Final = 1_000

_SHUTDOWN_SECONDS: Final = 0.1
_LOGGER: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """One POST to the service, without its secrets.

    `version` is None and `outcome` the HTTP status, as in `415`, if no call could be read;
    otherwise `outcome` is the result text, or `fault:` and the fault's name.  `idmsg` is stored as
    sent, for scripted ids only.
    """

    version: str | None
    idmsg: str | None
    outcome: str


REQUESTS: Final = web.AppKey("requests", list[SeenRequest])


class _Service:
    """Answers requests; records when waiting ids were first requested."""

    def __init__(
        self,
        clock: Callable[[], float],
        requests: list[SeenRequest],
        listener: Listener | None,
        remembered: int,
    ) -> None:
        self._clock = clock
        self._requests = requests
        self._listener = listener
        self._remembered = remembered
        self._first_asked: dict[str, float] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        # IIS ignores the case of letters in a path.
        if request.path.lower() != PATH:
            raise web.HTTPNotFound
        if request.method in {"GET", "HEAD"}:
            return _response(_read_only(request))
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ("GET", "HEAD", "POST"))
        return await self._post(request)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        try:
            content = await request.read()
        except web.RequestPayloadError:
            raise web.HTTPBadRequest from None
        header = request.headers.get
        call = read_call(header("Content-Type", ""), header("SOAPAction"), content)
        if isinstance(call, Reply):
            self._remember(SeenRequest(version=None, idmsg=None, outcome=str(call.status)))
            return _response(call)
        started = time.perf_counter()
        decided = self._decide(call)
        self._remember(_seen(call, decided))
        await asyncio.sleep(decided.delay)
        reply = _reply(call.version, decided)
        if self._listener is not None:
            self._listener(
                exchange(
                    call,
                    content,
                    reply,
                    content_type=header("Content-Type", ""),
                    soap_action=header("SOAPAction"),
                    seconds=time.perf_counter() - started,
                )
            )
        return _response(reply) if isinstance(reply, Reply) else await _play(request, call, reply)

    def _decide(self, call: Call) -> Answer:
        refused = refusal(call.credential, call.token)
        if refused is not None:
            return Answer(text=refused)
        return answer(call.idmsg, elapsed=self._elapsed(call.idmsg))

    def _elapsed(self, idmsg: str | None) -> float:
        """Seconds since the first request for a waiting id; 0 for any other."""
        if idmsg is None or pending_seconds(idmsg) is None:
            return 0.0
        now = self._clock()
        first = self._first_asked.setdefault(idmsg.upper(), now)
        if len(self._first_asked) > self._remembered:
            del self._first_asked[next(iter(self._first_asked))]
        return now - first

    def _remember(self, seen: SeenRequest) -> None:
        self._requests.append(seen)
        del self._requests[: -self._remembered]


def _seen(call: Call, decided: Answer) -> SeenRequest:
    scripted = call.idmsg is not None and call.idmsg.upper().startswith(PREFIX)
    return SeenRequest(
        version=call.version,
        idmsg=call.idmsg if scripted else None,
        outcome=f"fault:{decided.fault}" if decided.fault else decided.text,
    )


def _reply(version: Version, decided: Answer) -> Reply | FaultName:
    """The reply to send; for a fault below HTTP, its name."""
    if decided.fault is None:
        return result_reply(version, decided.text)
    builder = BUILDERS.get(decided.fault)
    return decided.fault if builder is None else builder(version)


async def _play(request: web.Request, call: Call, name: FaultName) -> web.StreamResponse:
    await send(request.transport, WIRE_BUILDERS[name](call.version))
    # The connection is closed by now: aiohttp requires a response, and drops it.
    return web.Response()


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


def build_sandbox(
    clock: Callable[[], float] = time.monotonic,
    *,
    requests: list[SeenRequest] | None = None,
    listener: Listener | None = None,
    remembered: int = MAX_REMEMBERED,
) -> web.Application:
    """The sandbox as an application.

    Args:
        clock: seconds from any origin; only `SANDBOX-PENDING` uses it.
        requests: where to record the requests; also `app[REQUESTS]`.
        listener: receives each call and its reply, without the keys, after the answer.
        remembered: the most requests, and the most waiting ids, to store.
    """
    _LOGGER.addFilter(_without_wire_text)
    quiet = {"access_log": None, "logger": _LOGGER, "handler_cancellation": True}
    app = web.Application(client_max_size=MAX_BODY_BYTES, handler_args=quiet)
    app[REQUESTS] = [] if requests is None else requests
    app.on_response_prepare.append(_mark)
    service = _Service(clock, app[REQUESTS], listener, remembered)
    app.router.add_route("*", "/{tail:.*}", service.handle)
    return app


@asynccontextmanager
async def running_sandbox(
    host: str = "127.0.0.1",
    port: int = 8088,
    *,
    clock: Callable[[], float] = time.monotonic,
    requests: list[SeenRequest] | None = None,
    listener: Listener | None = None,
    remembered: int = MAX_REMEMBERED,
) -> AsyncIterator[str]:
    """Serves the sandbox and returns the URL of its service; port 0 takes a free port.

    Raises:
        OSError: the address is in use or not local.
    """
    app = build_sandbox(clock, requests=requests, listener=listener, remembered=remembered)
    runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0][1]
        yield f"http://{f'[{host}]' if ':' in host else host}:{bound}{PATH}"
    finally:
        await runner.cleanup()
