"""Why a look-up brought no answer of the gateway. No I/O, and no client is imported here.

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

A star marks what may be repeated, unless the head of a reply had come: what follows may have been
an answer. Only the leaves are raised.
"""

# The names are the field's; a suffix on each would say nothing that the tree does not.
# ruff: noqa: N818
from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class GatewayError(Exception):
    """The gateway gave no answer that says anything about the call.

    `str()` is written by us alone: nothing that came over the wire is in it, nor in `repr()`.

    Attributes:
        code: stable name of the error; the language files hold an entry for each.
        retryable: the same request may be sent again at once. An error may deny what its class
            allows.
        sandbox: the address is known to be a sandbox gateway's.
        moment: what the error's texts speak of, aware: until when, or since when.
    """

    code: ClassVar[str]
    retryable: bool = False
    sandbox: bool = False
    moment: datetime | None = None

    @property
    def fact(self) -> str:
        """One short fact for an engineer, such as "HTTP 502"; empty where there is none."""
        return ""

    def __str__(self) -> str:
        sentence = f"{self.code}: {(self.__doc__ or '').partition(chr(10))[0]}"
        return f"{sentence} [{self.fact}]" if self.fact else sentence


class TransportError(GatewayError):
    """No HTTP reply came.

    Attributes:
        cause: class names of the errors below, outermost first; never their texts.
    """

    def __init__(self, cause: str = "") -> None:
        super().__init__()
        self.cause = cause

    @property
    def fact(self) -> str:
        """The class name of the innermost error; those around it are guesses of an adapter."""
        return self.cause.rpartition(" < ")[2]


class NameNotResolved(TransportError):
    """The gateway's host name could not be resolved."""

    code = "name_not_resolved"
    retryable = True


class ConnectionRefused(TransportError):
    """Nothing accepts connections at the gateway's address."""

    code = "connection_refused"
    retryable = True


class ConnectTimedOut(TransportError):
    """No connection to the gateway came about in the time that one attempt has for it."""

    code = "connect_timeout"
    retryable = True


class ConnectionLost(TransportError):
    """The connection ended before the whole reply had come."""

    code = "connection_lost"
    retryable = True


class TimedOut(TransportError):
    """The deadline of the look-up passed while the gateway was being asked."""

    code = "timeout"


class TlsError(TransportError):
    """No secure connection came about, so nothing was sent.

    Attributes:
        reason: OpenSSL's name for it, such as `CERT_HAS_EXPIRED`; empty where it has none.
    """

    def __init__(self, cause: str = "", reason: str = "") -> None:
        super().__init__(cause)
        self.reason = reason

    @property
    def fact(self) -> str:
        """OpenSSL's name, which is the same in every language."""
        return self.reason or super().fact


class TlsCertificate(TlsError):
    """The certificate that the gateway showed is not trusted."""

    code = "tls_certificate"


class TlsVersion(TlsError):
    """The gateway offers only TLS versions, ciphers or keys that are too weak, or too new."""

    code = "tls_version"


class TlsFailed(TlsError):
    """The TLS handshake failed, as it does where no TLS is spoken."""

    code = "tls"


class ProxyFailed(TransportError):
    """The proxy cannot be reached or refuses to pass the request on."""

    code = "proxy"


class TransportFailed(TransportError):
    """The request could not be carried, for a reason that has no class of its own."""

    code = "transport"


class HttpError(GatewayError):
    """An HTTP reply came that holds no SOAP.

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
    """The gateway, or what stands before it, is down or overloaded (HTTP 502, 503 or 504).

    Attributes:
        retry_after: for how many seconds the server asks not to be asked again, at most a day;
            `None` where it does not say, or nothing that can be meant (RFC 9110, 10.2.3).
    """

    code = "http_unavailable"
    retryable = True

    def __init__(self, http_status: int, retry_after: float | None = None) -> None:
        super().__init__(http_status)
        self.retry_after = retry_after


class Redirected(HttpError):
    """The address answers with a redirection, which is never followed: the keys would go along."""

    code = "redirected"


class HttpStatus(HttpError):
    """An HTTP status that a SOAP reply does not have."""

    code = "http_status"


class UnreadableReply(GatewayError):
    """A reply came, but no result could be read from it.

    Attributes:
        media_type: what the reply says it is, such as `text/html`; empty when it does not say.
    """

    def __init__(self, media_type: str = "") -> None:
        super().__init__()
        self.media_type = media_type

    @property
    def fact(self) -> str:
        """The media type that was announced."""
        return self.media_type


class NotSoap(UnreadableReply):
    """The reply is no SOAP envelope: a web page, malformed or cut XML, or another encoding."""

    code = "not_soap"


class UnsafeXml(UnreadableReply):
    """The reply holds a document type, or more depth, parts or text than any answer needs."""

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
        fault_code: local part of the fault's code, such as `Client`; empty when it is no name.
            The fault's text may hold a stack trace or a key, and is not kept.
    """

    def __init__(self, fault_code: str = "") -> None:
        super().__init__()
        self.fault_code = fault_code

    @property
    def fact(self) -> str:
        """The fault's code."""
        return self.fault_code


class RequestFault(SoapFault):
    """The gateway does not accept the request as it was written."""

    code = "fault_request"


class ServerFault(SoapFault):
    """The gateway failed while it worked on the request."""

    code = "fault_server"


class Busy(GatewayError):
    """The ceiling on requests of this bot left no room before the deadline."""

    code = "busy"


class Paused(GatewayError):
    """The gateway asked this bot to slow down (its code 900), and the pause outlasts the deadline.

    `moment` is when it may be asked again.
    """

    code = "paused"


class GatewayDown(GatewayError):
    """The gateway has not been reached for several look-ups, so this one was not sent.

    `moment` is since when.

    Attributes:
        last_error: the code of the error that was met last.
    """

    code = "gateway_down"

    def __init__(self, last_error: str = "") -> None:
        super().__init__()
        self.last_error = last_error

    @property
    def fact(self) -> str:
        """What was met last."""
        return self.last_error
