"""Why a look-up has no answer from the gateway. No I/O, and no client is imported here.

    GatewayError
    ├── TransportError            no HTTP reply came
    │   ├── NameNotResolved    *  name_not_resolved
    │   ├── ConnectionRefused  *  connection_refused
    │   ├── ConnectTimedOut    *  connect_timeout
    │   ├── ConnectionLost     *  connection_lost
    │   ├── TimedOut              timeout
    │   ├── TlsError              no secure connection
    │   │   ├── TlsCertificate    tls_certificate
    │   │   ├── TlsVersion        tls_version
    │   │   └── TlsFailed         tls
    │   ├── ProxyFailed           proxy
    │   └── TransportFailed       transport
    ├── HttpError                 an HTTP reply that is no SOAP
    │   ├── GatewayUnavailable *  http_unavailable
    │   ├── Redirected            redirected
    │   └── HttpStatus            http_status
    ├── UnreadableReply           a reply that holds no result
    │   ├── NotSoap               not_soap
    │   ├── UnsafeXml             unsafe_xml
    │   ├── TooLarge              too_large
    │   └── EmptyResult           empty_result
    ├── SoapFault                 the gateway answered with a fault
    │   ├── RequestFault          fault_request
    │   └── ServerFault           fault_server
    ├── Busy                      busy
    ├── Paused                    paused
    └── GatewayDown               gateway_down

A star marks errors that may be retried, unless the head of a reply had arrived: its body may have
been an answer. Only the leaves are raised.
"""

# The names are the field's; a suffix on each would add nothing to the tree.
# ruff: noqa: N818
from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class GatewayError(Exception):
    """The gateway gave no answer about the call.

    `str()` is written by us alone: nothing that came over the wire is in it, nor in `repr()`.

    Attributes:
        code: stable name of the error; the language files have an entry for each.
        retryable: the same request may be sent again. An instance may forbid what its class allows.
        sandbox: the address is known to be a sandbox gateway's.
        moment: the time in the error's texts, aware: until when, or since when.
    """

    code: ClassVar[str]
    retryable: bool = False
    sandbox: bool = False
    moment: datetime | None = None

    @property
    def fact(self) -> str:
        """One short fact for an engineer, such as "HTTP 502"; may be empty."""
        return ""

    def __str__(self) -> str:
        sentence = f"{self.code}: {(self.__doc__ or '').partition(chr(10))[0]}"
        return f"{sentence} [{self.fact}]" if self.fact else sentence


class TransportError(GatewayError):
    """No HTTP reply arrived.

    Attributes:
        cause: class names of the errors below, outermost first; never their texts.
    """

    def __init__(self, cause: str = "") -> None:
        super().__init__()
        self.cause = cause

    @property
    def fact(self) -> str:
        """The class name of the innermost error; the outer ones are guesses of an adapter."""
        return self.cause.rpartition(" < ")[2]


class NameNotResolved(TransportError):
    """The gateway's host name could not be resolved."""

    code = "name_not_resolved"
    retryable = True


class ConnectionRefused(TransportError):
    """No server accepts connections at the gateway's address."""

    code = "connection_refused"
    retryable = True


class ConnectTimedOut(TransportError):
    """No connection to the gateway opened within the time for one attempt."""

    code = "connect_timeout"
    retryable = True


class ConnectionLost(TransportError):
    """The connection ended before the whole reply had arrived."""

    code = "connection_lost"
    retryable = True


class TimedOut(TransportError):
    """The deadline of the look-up passed during a request."""

    code = "timeout"


class TlsError(TransportError):
    """No secure connection was established, so nothing was sent.

    Attributes:
        reason: OpenSSL's name for it, such as `CERT_HAS_EXPIRED`; empty if it has none.
    """

    def __init__(self, cause: str = "", reason: str = "") -> None:
        super().__init__(cause)
        self.reason = reason

    @property
    def fact(self) -> str:
        """OpenSSL's name, which is the same in every language."""
        return self.reason or super().fact


class TlsCertificate(TlsError):
    """The gateway's certificate is not trusted."""

    code = "tls_certificate"


class TlsVersion(TlsError):
    """The gateway offers only TLS versions, ciphers or keys that are too weak, or too new."""

    code = "tls_version"


class TlsFailed(TlsError):
    """The TLS handshake failed, as with a server that does not use TLS."""

    code = "tls"


class ProxyFailed(TransportError):
    """The proxy cannot be reached or refuses to pass the request on."""

    code = "proxy"


class TransportFailed(TransportError):
    """The request failed for a reason without a more specific class."""

    code = "transport"


class HttpError(GatewayError):
    """An HTTP reply without SOAP.

    Attributes:
        http_status: status code of the reply (RFC 9110, section 15).
    """

    def __init__(self, http_status: int) -> None:
        super().__init__()
        self.http_status = http_status

    @property
    def fact(self) -> str:
        """The status code."""
        return f"HTTP {self.http_status}"


class GatewayUnavailable(HttpError):
    """The gateway, or a proxy before it, is down or overloaded (HTTP 502, 503 or 504).

    Attributes:
        retry_after: the seconds to wait before a retry, at most a day; `None` without a usable
            value (RFC 9110, 10.2.3).
    """

    code = "http_unavailable"
    retryable = True

    def __init__(self, http_status: int, retry_after: float | None = None) -> None:
        super().__init__(http_status)
        self.retry_after = retry_after


class Redirected(HttpError):
    """The address answers with a redirection, which is never followed: the keys would leak."""

    code = "redirected"


class HttpStatus(HttpError):
    """An HTTP status that a SOAP reply does not have."""

    code = "http_status"


class UnreadableReply(GatewayError):
    """A reply arrived, but no result could be read from it.

    Attributes:
        media_type: the reply's media type, such as `text/html`; empty without one.
    """

    def __init__(self, media_type: str = "") -> None:
        super().__init__()
        self.media_type = media_type

    @property
    def fact(self) -> str:
        """The announced media type."""
        return self.media_type


class NotSoap(UnreadableReply):
    """The reply is not a SOAP envelope: a web page, broken XML, or another encoding."""

    code = "not_soap"


class UnsafeXml(UnreadableReply):
    """The reply contains a document type, or more depth, parts or text than any answer needs."""

    code = "unsafe_xml"


class TooLarge(UnreadableReply):
    """The reply is longer than any answer can be, and was not read to its end."""

    code = "too_large"


class EmptyResult(UnreadableReply):
    """The gateway answered without a result: the element is missing, nil or blank."""

    code = "empty_result"


class SoapFault(GatewayError):
    """The gateway answered with a SOAP fault (SOAP 1.1, section 4.4; SOAP 1.2, section 5.4).

    Attributes:
        fault_code: local part of the fault's code, such as `Client`; empty if it is not a name. The
            fault's text may contain a stack trace or a key, and is dropped.
    """

    def __init__(self, fault_code: str = "") -> None:
        super().__init__()
        self.fault_code = fault_code

    @property
    def fact(self) -> str:
        """The fault's code."""
        return self.fault_code


class RequestFault(SoapFault):
    """The gateway rejects the request's form."""

    code = "fault_request"


class ServerFault(SoapFault):
    """The gateway failed while it processed the request."""

    code = "fault_server"


class Busy(GatewayError):
    """The bot's rate limit left no room before the deadline."""

    code = "busy"


class Paused(GatewayError):
    """The gateway asked this bot to slow down (its code 900), and the pause outlasts the deadline.

    `moment` is when it may be asked again.
    """

    code = "paused"


class GatewayDown(GatewayError):
    """The gateway was unreachable for several look-ups, so this one was not sent.

    `moment` is when that started.

    Attributes:
        last_error: the code of the last error.
    """

    code = "gateway_down"

    def __init__(self, last_error: str = "") -> None:
        super().__init__()
        self.last_error = last_error

    @property
    def fact(self) -> str:
        """The last error."""
        return self.last_error
