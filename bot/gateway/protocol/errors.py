"""Why a look-up has no answer from the gateway, and whether to retry. No I/O, no client.

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
    │   ├── BadHttp               bad_http
    │   └── TransportFailed       transport
    ├── HttpError                 an HTTP reply that is no SOAP
    │   ├── GatewayUnavailable *  http_unavailable
    │   ├── Redirected            redirected
    │   └── HttpStatus            http_status
    ├── UnreadableReply           a reply without a result
    │   ├── NotSoap               not_soap
    │   ├── UnsafeXml             unsafe_xml
    │   ├── TooLarge              too_large
    │   ├── BadEncoding           bad_encoding
    │   └── EmptyResult           empty_result
    ├── SoapFault                 the gateway answered with a fault
    │   ├── RequestFault          fault_request
    │   └── ServerFault           fault_server
    ├── Busy                      busy
    ├── OwnLookUps                own_look_ups
    ├── Paused                    paused
    └── GatewayDown               gateway_down

A star marks errors that may be retried, unless the head of a reply had arrived: its body may have
been an answer. Only the leaves are raised.
"""

# These are the usual names of such errors; a suffix on each would add nothing to the tree.
# ruff: noqa: N818
from __future__ import annotations

import random
from datetime import datetime
from typing import ClassVar

from bot.domain.timing import Timing


class GatewayError(Exception):
    """The gateway gave no answer about the call.

    `str()` is our own sentence and the fact; `repr()` has neither. No text of a reply is in them.

    Attributes:
        code: stable name of the error; the language files have an entry for each. Only the leaves
            of the tree have one.
        retryable: the same request may be sent again. An instance may forbid what its class allows.
        sandbox: the address is known to be a sandbox gateway's.
        moment: the time in the error's texts, aware: until when, or since when.
        fact: one short fact for an engineer, such as "HTTP 502"; may be empty. Of what came over
            the wire only numbers and names of a fixed form get into it.
    """

    code: ClassVar[str]
    retryable: bool = False
    sandbox: bool = False
    moment: datetime | None = None

    def __init_subclass__(cls, *, code: str | None = None, retryable: bool = False) -> None:
        super().__init_subclass__()
        cls.retryable = retryable
        if code is not None:
            cls.code = code

    def __init__(self, fact: str = "") -> None:
        super().__init__()
        self.fact = fact

    def __str__(self) -> str:
        sentence = f"{self.code}: {(self.__doc__ or '').partition(chr(10))[0]}"
        return f"{sentence} [{self.fact}]" if self.fact else sentence


class TransportError(GatewayError):
    """No HTTP reply arrived; the fact is the class of the innermost error below."""


class NameNotResolved(TransportError, code="name_not_resolved", retryable=True):
    """The gateway's host name could not be resolved."""


class ConnectionRefused(TransportError, code="connection_refused", retryable=True):
    """No server accepts connections at the gateway's address."""


class ConnectTimedOut(TransportError, code="connect_timeout", retryable=True):
    """No connection to the gateway opened within the time for one attempt."""


class ConnectionLost(TransportError, code="connection_lost", retryable=True):
    """The connection ended before the whole reply had arrived."""


class TimedOut(TransportError, code="timeout"):
    """The deadline of the look-up passed during a request."""


class TlsError(TransportError):
    """No secure connection was established, so nothing was sent.

    The fact is what OpenSSL calls it, such as "certificate has expired", if it says anything; never
    the peer's text.
    """


class TlsCertificate(TlsError, code="tls_certificate"):
    """The gateway's certificate is not trusted."""


class TlsVersion(TlsError, code="tls_version"):
    """The gateway offers only TLS versions, ciphers or keys that are too weak, or too new."""


class TlsFailed(TlsError, code="tls"):
    """The TLS handshake failed, as with a server that does not use TLS."""


class ProxyFailed(TransportError, code="proxy"):
    """The proxy cannot be reached or refuses to pass the request on."""


class BadHttp(TransportError, code="bad_http"):
    """What arrived is not HTTP, or it does not say where the reply ends."""


class TransportFailed(TransportError, code="transport"):
    """The request failed for a reason without a more specific class."""


class HttpError(GatewayError):
    """An HTTP reply without SOAP; the fact is its status, such as "HTTP 502" (RFC 9110, 15).

    Attributes:
        retry_after: the seconds to wait before a retry, at most a day; `None` without a usable
            value (RFC 9110, 10.2.3).
    """

    retry_after: float | None = None


class GatewayUnavailable(HttpError, code="http_unavailable", retryable=True):
    """The gateway, or a proxy before it, is down or overloaded (HTTP 502, 503 or 504)."""


class Redirected(HttpError, code="redirected"):
    """The address answers with a redirection, which is never followed: the keys would leak."""


class HttpStatus(HttpError, code="http_status"):
    """An HTTP status that a SOAP reply does not have."""


class UnreadableReply(GatewayError):
    """A reply arrived, but no result could be read from it.

    The fact is the reply's media type, such as `text/html`; empty without one.
    """


class NotSoap(UnreadableReply, code="not_soap"):
    """The reply is not a SOAP envelope: a web page, broken XML, or another encoding."""


class UnsafeXml(UnreadableReply, code="unsafe_xml"):
    """The reply contains a document type, or more depth, parts or text than any answer needs."""


class TooLarge(UnreadableReply, code="too_large"):
    """The reply is longer than any answer can be, and was not read to its end."""


class BadEncoding(UnreadableReply, code="bad_encoding"):
    """The reply is compressed in a way that cannot be undone; the fact is that way's name."""


class EmptyResult(UnreadableReply, code="empty_result"):
    """The gateway answered without a result: the element is missing, nil or blank."""


class SoapFault(GatewayError):
    """The gateway answered with a SOAP fault (SOAP 1.1, section 4.4; SOAP 1.2, section 5.4).

    The fact is the local part of the fault's code, such as `Client`; empty if it is not a name. The
    fault's text may contain a stack trace or a key, and is dropped.
    """


class RequestFault(SoapFault, code="fault_request"):
    """The gateway rejects the request's form."""


class ServerFault(SoapFault, code="fault_server"):
    """The gateway failed while it processed the request."""


class Busy(GatewayError, code="busy"):
    """The bot's rate limit left no room before the deadline."""


class OwnLookUps(GatewayError, code="own_look_ups"):
    """So many look-ups of the same user are under way that this one was not sent.

    The fact is their number.
    """


class Paused(GatewayError, code="paused"):
    """The gateway asked this bot to slow down (its code 900), and the pause outlasts the deadline.

    `moment` is when it may be asked again.
    """


class GatewayDown(GatewayError, code="gateway_down"):
    """The gateway was unreachable for several look-ups, so this one was not sent.

    `moment` is when that started; the fact is the code of the last error.
    """


def may_retry(error: Exception, seconds_left: float, timing: Timing) -> bool | float:
    """Whether a retry may follow an error, and after how long if the gateway named a wait."""
    if not isinstance(error, GatewayError) or not error.retryable:
        return False
    if not isinstance(error, HttpError) or error.retry_after is None:
        return True
    # The gateway names the same wait to all its callers; jitter keeps them from returning at once.
    least, more = timing.retry_initial, timing.retry_jitter
    pause = error.retry_after + random.uniform(least, least + more)  # noqa: S311  # nosec B311
    return pause if pause < seconds_left else False
