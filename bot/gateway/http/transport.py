"""HTTP exchanges over one pool of connections; every error becomes one of our own.

The only module that imports httpx and httpx-aiohttp for the gateway. It limits only the time to
connect: the caller sets one deadline for the whole look-up.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from socket import gaierror
from types import MappingProxyType
from typing import Final, cast

import aiohttp
import httpx
from aiohttp import http_exceptions
from httpx_aiohttp import AiohttpTransport

from bot import __version__
from bot.gateway.http.connector import MAX_REPLY_BYTES, Connector
from bot.gateway.http.handshake import read_handshake, trust_for
from bot.gateway.http.proxy import read_proxy
from bot.gateway.http.reply_head import ReplyTooLong
from bot.gateway.protocol.compression import unpack
from bot.gateway.protocol.errors import (
    BadEncoding,
    BadHttp,
    ConnectionLost,
    ConnectionRefused,
    ConnectTimedOut,
    NameNotResolved,
    ProxyFailed,
    TimedOut,
    TlsCertificate,
    TlsFailed,
    TooLarge,
    TransportError,
    TransportFailed,
)
from bot.gateway.protocol.soap import HttpReply, read_retry_after

# Below the usual idle limits (15 s and more), so that a pooled connection is seldom a closed one.
KEEPALIVE_SECONDS: Final = 12.0
# Spare connections while old ones close and their successors open.
SPARE_CONNECTIONS: Final = 4
SANDBOX_HEADER: Final = "x-voicestatus-sandbox"

# Every class that the layers below may raise; tests/gateway/http/test_transport_errors.py lists
# them one by one.
BELOW: Final[tuple[type[Exception], ...]] = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpx.CookieConflict,
    aiohttp.ClientError,
    aiohttp.WSMessageTypeError,
    http_exceptions.HttpProcessingError,
    OSError,
)

# The first row that fits any link of the chain of causes counts. httpx comes last, because
# httpx-aiohttp calls most lost connections a connect time-out; aiohttp's error is the accurate one.
_RULES: Final[tuple[tuple[tuple[type[BaseException], ...], type[TransportError]], ...]] = (
    ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), ProxyFailed),
    ((aiohttp.ClientConnectorCertificateError,), TlsCertificate),
    ((aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch), TlsFailed),
    ((gaierror, aiohttp.ClientConnectorDNSError), NameNotResolved),
    ((ConnectionRefusedError,), ConnectionRefused),
    ((aiohttp.ConnectionTimeoutError,), ConnectTimedOut),
    ((TimeoutError,), TimedOut),
    (
        (
            ConnectionError,
            aiohttp.ServerDisconnectedError,
            aiohttp.ClientPayloadError,
            aiohttp.UploadAbortedError,
        ),
        ConnectionLost,
    ),
    ((http_exceptions.HttpProcessingError,), BadHttp),
    ((aiohttp.ClientError, OSError), TransportFailed),
    ((httpx.ProxyError,), ProxyFailed),
    ((httpx.ConnectTimeout,), ConnectTimedOut),
    ((httpx.TimeoutException,), TimedOut),
    ((httpx.ConnectError,), ConnectionRefused),
    ((httpx.NetworkError, httpx.RemoteProtocolError), ConnectionLost),
)


def translate(error: BaseException, *, through_proxy: bool = False) -> TransportError | TooLarge:
    """The error of our tree for an error of the layers below.

    Args:
        error: the exception; its causes count too.
        through_proxy: a proxy resolves the gateway's name and connects to it, so an error of either
            kind on our side concerns the proxy.
    """
    chain = tuple(_causes(error))
    # The outer classes are guesses of the adapter.
    innermost = type(chain[-1]).__name__
    # From the innermost: aiohttp's own TLS errors are errors of `ssl` too, but without details.
    for link in reversed(chain):
        if isinstance(link, (ReplyTooLong, http_exceptions.LineTooLong)):
            return TooLarge()
        if isinstance(link, ssl.SSLError):
            return read_handshake(link, innermost)
    kind = next(
        (kind for classes, kind in _RULES if any(isinstance(link, classes) for link in chain)),
        TransportFailed,
    )
    if through_proxy and kind in {NameNotResolved, ConnectionRefused, ConnectTimedOut}:
        kind = ProxyFailed
    return kind(innermost)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and its cause: the explicit one, or the system's error within aiohttp's."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or getattr(link, "os_error", None)


class Transport:
    """Posts requests to one address over a pool of connections that the caller owns.

    Attributes:
        sandbox: the last reply came from a sandbox gateway; an error without a reply then probably
            concerns the sandbox too.
    """

    def __init__(
        self,
        wire: httpx.AsyncBaseTransport,
        url: httpx.URL,
        *,
        connect_seconds: float | None = None,
        proxied: bool = False,
    ) -> None:
        self._wire = wire
        self._url = url
        # The caller's deadline applies in addition.
        self._limits = {"timeout": httpx.Timeout(None, connect=connect_seconds).as_dict()}
        self._proxied = proxied
        self.sandbox = False

    async def exchange(self, content: bytes) -> HttpReply:
        """Send one request with this body, and read as much of its reply as arrives.

        Raises:
            TransportError: no head of an HTTP reply came.
            TooLarge: the reply, or its head, is longer than any answer's.
        """
        try:
            return await self._post(content)
        except BELOW as below:
            error = translate(below, through_proxy=self._proxied)
        # Outside the handler, so that no traceback refers to the error below: it contains the
        # request, and with it the keys.
        raise error

    async def _post(self, content: bytes) -> HttpReply:
        # Not through httpx's client: its redirects, cookies and authentication are unwanted here,
        # and it costs as much as the request itself.
        posted = httpx.Request(
            "POST",
            self._url,
            # Not as `content`, for which httpx adds the headers that aiohttp adds anyway.
            stream=httpx.ByteStream(content),
            extensions=self._limits,
        )
        # Otherwise it would be sent in chunks.
        posted.read()
        response = await self._wire.handle_async_request(posted)
        async with aclosing(response):
            if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                raise ProxyFailed(str(response.status_code))
            # Canonical already (`reply_head`): one of a name, in lower case.
            headers = {name.decode(): value.decode() for name, value in response.headers.raw}
            self.sandbox = headers.get(SANDBOX_HEADER) == "1"
            received = bytearray()
            cut_by: TransportError | BadEncoding | None
            cut_by = await self._read(response, headers, received)
            encoding = headers.get("content-encoding", "")
            try:
                unpacked = unpack(bytes(received), encoding, MAX_REPLY_BYTES)
            except BadEncoding as error:
                unpacked, cut_by = b"", cut_by or error
            return HttpReply(
                http_status=response.status_code,
                content_type=headers.get("content-type", ""),
                content=unpacked,
                sandbox=self.sandbox,
                retry_after=read_retry_after(
                    headers.get("retry-after", ""), headers.get("date", "")
                ),
                cut_by=cut_by,
            )

    async def _read(
        self, response: httpx.Response, headers: Mapping[str, str], content: bytearray
    ) -> TransportError | None:
        """Append the body chunk by chunk, so that a broken connection loses nothing.

        Returns the error that truncated it, if any.
        """
        if int(headers.get("content-length", "0")) > MAX_REPLY_BYTES:
            raise TooLarge
        try:
            # Not `aiter_raw`, which costs as much again.
            async for chunk in cast("httpx.AsyncByteStream", response.stream):
                content += chunk
                if len(content) > MAX_REPLY_BYTES:
                    raise TooLarge
        except BELOW as below:
            error = translate(below, through_proxy=self._proxied)
        else:
            return None
        if isinstance(error, TooLarge):
            raise error
        error.retryable = False
        return error


@asynccontextmanager
async def open_transport(
    url: str,
    *,
    connections: int,
    headers: Mapping[str, str] = MappingProxyType({}),
    connect_seconds: float | None = None,
    proxy: str | None = None,
    ca_file: str | Path | None = None,
) -> AsyncIterator[Transport]:
    """Open the pool of connections to the gateway, and close it at the end.

    Args:
        url: the service's address, http or https.
        connections: how many exchanges may run at once.
        headers: those of each request.
        connect_seconds: for each attempt to open a connection, TLS included; `None` sets no limit.
        proxy: address of an HTTP proxy, with credentials if it needs them.
        ca_file: certificates in PEM to trust in addition to the system's.

    Raises:
        ValueError: an address is invalid; the message does not quote it.
        OSError: the file of certificates cannot be read or contains none.
    """
    target = _web_address(url, "the gateway's address")
    headers = {"User-Agent": f"voicestatus/{__version__}", "Accept": "*/*", **headers}
    route, authorization = _route(proxy) if proxy else (None, {})
    # CONNECT opens a tunnel and carries the proxy's credentials, which the gateway must never get;
    # without a tunnel the request itself goes to the proxy.
    if target.scheme == "http":
        headers |= authorization
    trust = trust_for(str(target), str(route.url) if route else "", ca_file=ca_file)
    async with (
        aiohttp.ClientSession(
            connector=Connector(
                limit=connections + SPARE_CONNECTIONS,
                keepalive_timeout=KEEPALIVE_SECONDS,
                ssl=trust,
            ),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        ) as session,
        AiohttpTransport(verify=trust, client=session, proxy=route) as wire,
    ):
        yield Transport(wire, target, connect_seconds=connect_seconds, proxied=route is not None)


def _route(proxy: str) -> tuple[httpx.Proxy, Mapping[str, str]]:
    address, authorization = read_proxy(proxy)
    target = _web_address(address, "the proxy's address")
    return httpx.Proxy(target, headers=authorization), authorization


def _web_address(text: str, name: str) -> httpx.URL:
    try:
        address = httpx.URL(text)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in {"http", "https"} or not address.host:
        message = f"{name} is no http or https URL"
        raise ValueError(message)
    return address
