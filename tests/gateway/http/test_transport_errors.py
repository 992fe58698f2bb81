"""Every error class of the layers below, by introspection: a new one fails until it is mapped."""

from __future__ import annotations

import inspect
import ssl
from itertools import pairwise
from socket import gaierror
from types import ModuleType

import aiohttp
import httpx
import pytest
from aiohttp import client_exceptions, http_exceptions

from bot.gateway.http.transport import BELOW, translate
from bot.gateway.protocol.errors import (
    BadHttp,
    ConnectionLost,
    ConnectionRefused,
    ConnectTimedOut,
    GatewayError,
    NameNotResolved,
    ProxyFailed,
    TimedOut,
    TlsCertificate,
    TlsFailed,
    TooLarge,
    TransportError,
    TransportFailed,
)

HTTPX: dict[type[Exception], type[GatewayError]] = {
    httpx.HTTPError: TransportFailed,
    httpx.RequestError: TransportFailed,
    httpx.TransportError: TransportFailed,
    httpx.TimeoutException: TimedOut,
    httpx.ConnectTimeout: ConnectTimedOut,
    httpx.ReadTimeout: TimedOut,
    httpx.WriteTimeout: TimedOut,
    httpx.PoolTimeout: TimedOut,
    httpx.NetworkError: ConnectionLost,
    httpx.ReadError: ConnectionLost,
    httpx.WriteError: ConnectionLost,
    httpx.ConnectError: ConnectionRefused,
    httpx.CloseError: ConnectionLost,
    httpx.ProxyError: ProxyFailed,
    httpx.UnsupportedProtocol: TransportFailed,
    httpx.ProtocolError: TransportFailed,
    httpx.LocalProtocolError: TransportFailed,
    httpx.RemoteProtocolError: ConnectionLost,
    httpx.DecodingError: TransportFailed,
    httpx.TooManyRedirects: TransportFailed,
    httpx.HTTPStatusError: TransportFailed,
    httpx.InvalidURL: TransportFailed,
    httpx.CookieConflict: TransportFailed,
    httpx.StreamError: TransportFailed,
    httpx.StreamConsumed: TransportFailed,
    httpx.StreamClosed: TransportFailed,
    httpx.ResponseNotRead: TransportFailed,
    httpx.RequestNotRead: TransportFailed,
}
AIOHTTP_CLIENT: dict[type[Exception], type[GatewayError]] = {
    aiohttp.ClientError: TransportFailed,
    aiohttp.ClientResponseError: TransportFailed,
    aiohttp.ContentTypeError: TransportFailed,
    aiohttp.WSServerHandshakeError: TransportFailed,
    aiohttp.ClientHttpProxyError: ProxyFailed,
    aiohttp.TooManyRedirects: TransportFailed,
    aiohttp.ClientConnectionError: TransportFailed,
    aiohttp.ClientConnectionResetError: ConnectionLost,
    aiohttp.ClientOSError: TransportFailed,
    aiohttp.ClientConnectorError: TransportFailed,
    aiohttp.ClientConnectorDNSError: NameNotResolved,
    aiohttp.ClientProxyConnectionError: ProxyFailed,
    client_exceptions.UnixClientConnectorError: TransportFailed,
    aiohttp.ServerConnectionError: TransportFailed,
    aiohttp.ServerDisconnectedError: ConnectionLost,
    aiohttp.ServerTimeoutError: TimedOut,
    aiohttp.ConnectionTimeoutError: ConnectTimedOut,
    aiohttp.SocketTimeoutError: TimedOut,
    aiohttp.ServerFingerprintMismatch: TlsFailed,
    aiohttp.ClientPayloadError: ConnectionLost,
    aiohttp.UploadAbortedError: ConnectionLost,
    aiohttp.InvalidURL: TransportFailed,
    aiohttp.InvalidUrlClientError: TransportFailed,
    aiohttp.RedirectClientError: TransportFailed,
    aiohttp.NonHttpUrlClientError: TransportFailed,
    aiohttp.InvalidUrlRedirectClientError: TransportFailed,
    aiohttp.NonHttpUrlRedirectClientError: TransportFailed,
    aiohttp.ClientSSLError: TlsFailed,
    aiohttp.ClientConnectorSSLError: TlsFailed,
    aiohttp.ClientConnectorCertificateError: TlsCertificate,
    aiohttp.WSMessageTypeError: TransportFailed,
}
# Messages of aiohttp's parser about a head that is not HTTP; a broken body is a ClientPayloadError.
AIOHTTP_HTTP: dict[type[Exception], type[GatewayError]] = {
    http_exceptions.HttpProcessingError: BadHttp,
    http_exceptions.BadHttpMessage: BadHttp,
    http_exceptions.HttpBadRequest: BadHttp,
    http_exceptions.PayloadEncodingError: BadHttp,
    http_exceptions.ContentEncodingError: BadHttp,
    http_exceptions.TransferEncodingError: BadHttp,
    http_exceptions.ContentLengthError: BadHttp,
    http_exceptions.DecompressSizeError: BadHttp,
    http_exceptions.LineTooLong: TooLarge,
    http_exceptions.InvalidHeader: BadHttp,
    http_exceptions.BadStatusLine: BadHttp,
    http_exceptions.BadHttpMethod: BadHttp,
    http_exceptions.InvalidURLError: BadHttp,
}
SYSTEM: dict[type[Exception], type[GatewayError]] = {
    OSError: TransportFailed,
    gaierror: NameNotResolved,
    ConnectionRefusedError: ConnectionRefused,
    ConnectionResetError: ConnectionLost,
    ConnectionAbortedError: ConnectionLost,
    BrokenPipeError: ConnectionLost,
    TimeoutError: TimedOut,
    ssl.SSLError: TlsFailed,
    ssl.SSLCertVerificationError: TlsCertificate,
    ssl.SSLEOFError: TlsFailed,
}
ALL = HTTPX | AIOHTTP_CLIENT | AIOHTTP_HTTP | SYSTEM


def raised_by(module: ModuleType, home: str) -> set[type[Exception]]:
    """The exception classes that a module defines or, as a package, exports."""
    members = (member for _, member in inspect.getmembers(module, inspect.isclass))
    return {m for m in members if issubclass(m, Exception) and m.__module__ == home}


def blank(cls: type[Exception]) -> Exception:
    """An instance without the arguments that only the library can give."""
    return cls.__new__(cls)


def test_every_class_of_httpx_is_mapped() -> None:
    """A new version of httpx cannot add an unhandled error."""
    assert set(HTTPX) == raised_by(httpx, "httpx")


@pytest.mark.parametrize(
    ("module", "table"),
    [(client_exceptions, AIOHTTP_CLIENT), (http_exceptions, AIOHTTP_HTTP)],
    ids=["client", "http"],
)
def test_every_class_of_aiohttp_is_mapped(
    module: ModuleType, table: dict[type[Exception], type[GatewayError]]
) -> None:
    """Nor can a new version of aiohttp."""
    assert set(table) == raised_by(module, module.__name__)


@pytest.mark.parametrize(("cls", "expected"), ALL.items(), ids=lambda value: value.__name__)
def test_an_error_below_becomes_ours(cls: type[Exception], expected: type[GatewayError]) -> None:
    """Each class is caught and has one class of ours, which names it."""
    assert issubclass(cls, BELOW)
    ours = translate(blank(cls))
    assert type(ours) is expected
    if isinstance(ours, TransportError):
        assert cls.__name__ == ours.fact


def chained(*classes: type[Exception]) -> Exception:
    """Errors of these classes, each the cause of the one before."""
    links = [blank(cls) for cls in classes]
    for above, below in pairwise(links):
        above.__cause__ = below
    return links[0]


CHAINS: list[tuple[tuple[type[Exception], ...], type[TransportError]]] = [
    # httpx-aiohttp calls these a connect time-out
    ((httpx.ConnectTimeout, aiohttp.ServerDisconnectedError), ConnectionLost),
    ((httpx.ConnectTimeout, aiohttp.ClientOSError, ConnectionResetError), ConnectionLost),
    # nothing was sent yet, so it may be retried
    ((httpx.ConnectTimeout, aiohttp.ConnectionTimeoutError, TimeoutError), ConnectTimedOut),
    ((httpx.ReadTimeout, aiohttp.SocketTimeoutError), TimedOut),
    # an error of connecting is as good as the system's error within
    ((httpx.ConnectError, aiohttp.ClientConnectorError, ConnectionRefusedError), ConnectionRefused),
    ((httpx.ConnectError, aiohttp.ClientConnectorError, ConnectionResetError), ConnectionLost),
    ((httpx.ConnectError, aiohttp.ClientConnectorError, TimeoutError), TimedOut),
    ((httpx.ConnectError, aiohttp.ClientConnectorError, OSError), TransportFailed),
    ((httpx.ConnectError, aiohttp.ClientConnectorDNSError, gaierror), NameNotResolved),
    # every error at the proxy is the proxy's
    ((httpx.ProxyError, aiohttp.ClientProxyConnectionError, ConnectionRefusedError), ProxyFailed),
    ((httpx.ReadError, aiohttp.ClientPayloadError, ConnectionResetError), ConnectionLost),
    (
        (httpx.ReadError, aiohttp.ClientPayloadError, http_exceptions.TransferEncodingError),
        ConnectionLost,
    ),
    ((aiohttp.ClientResponseError, http_exceptions.BadStatusLine), BadHttp),
]


@pytest.mark.parametrize(("classes", "expected"), CHAINS)
def test_the_cause_below_decides(
    classes: tuple[type[Exception], ...], expected: type[GatewayError]
) -> None:
    """The outermost class is the adapter's guess; its cause is accurate."""
    ours = translate(chained(*classes))
    assert isinstance(ours, TransportError)
    assert type(ours) is expected
    assert classes[-1].__name__ == ours.fact


def test_an_engineer_is_told_the_innermost_class_alone() -> None:
    """The adapter's `ConnectTimeout` around a reset would suggest a time-out."""
    ours = translate(chained(httpx.ConnectTimeout, aiohttp.ClientOSError, ConnectionResetError))
    assert "ConnectionResetError" == ours.fact
    assert str(ours).endswith("arrived. [ConnectionResetError]")


def test_the_systems_error_within_aiohttps_is_looked_at() -> None:
    """Not every aiohttp error has its cause; connection errors carry it as `os_error`."""
    error = blank(aiohttp.ClientConnectorError)
    vars(error)["_os_error"] = ConnectionRefusedError()
    assert isinstance(translate(error), ConnectionRefused)


def test_a_chain_that_bites_its_tail_ends() -> None:
    """Causes can form a ring; looking at them must not."""
    error = chained(httpx.ReadError, ConnectionResetError)
    assert error.__cause__ is not None
    error.__cause__.__cause__ = error
    assert isinstance(translate(error), ConnectionLost)


@pytest.mark.parametrize("cls", [gaierror, ConnectionRefusedError, aiohttp.ConnectionTimeoutError])
def test_behind_a_proxy_only_the_proxy_is_ours_to_reach(cls: type[Exception]) -> None:
    """The proxy resolves and connects for us, so such an error is about the proxy."""
    assert isinstance(translate(blank(cls), through_proxy=True), ProxyFailed)
    assert isinstance(translate(blank(BrokenPipeError), through_proxy=True), ConnectionLost)
