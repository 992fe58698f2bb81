"""The SOAP of `MPG_Status_Voice`: a request as bytes, a reply as the result text. No I/O.

Requests follow the samples of the gateway's specification (voice v_3_00) to the letter. Replies are
hostile until proved otherwise: `xml.py` bounds them, and no error quotes them.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from xml.sax.saxutils import escape

from bot.domain.call_status import is_blank
from bot.domain.input.message_id import MessageId
from bot.gateway.protocol.errors import (
    BadEncoding,
    EmptyResult,
    GatewayUnavailable,
    HttpError,
    HttpStatus,
    NotSoap,
    Redirected,
    RequestFault,
    ServerFault,
    SoapFault,
    TransportError,
    UnreadableReply,
)
from bot.gateway.protocol.xml import parse_xml

NAMESPACE: Final = "PWGatewayVoice"
OPERATION: Final = "MPG_Status_Voice"
ACTION: Final = f"{NAMESPACE}/{OPERATION}"
RESULT: Final = f"{OPERATION}Result"
SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"

_ENVELOPES: Final = frozenset({f"{{{SOAP_11}}}Envelope", f"{{{SOAP_12}}}Envelope"})
_FAULTS: Final = frozenset({f"{{{SOAP_11}}}Fault", f"{{{SOAP_12}}}Fault"})
_XSI_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
# XML 1.0, section 2.2. A carriage return is legal but would arrive as a line feed.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_NAME: Final = re.compile(r"(?:[^:]*:)?([A-Za-z]{1,64})(?:\.[A-Za-z.]{0,64})?")
_MEDIA_TYPE: Final = re.compile(r"\s*([A-Za-z0-9.+-]{1,40}/[A-Za-z0-9.+-]{1,40})\s*(?:;|$)")
_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_REQUEST_FAULTS: Final = frozenset({"Client", "Sender", "VersionMismatch", "MustUnderstand"})
_OK: Final = 200
_SUCCESS: Final = range(200, 300)
_REDIRECTION: Final = range(300, 400)
_UNAVAILABLE: Final = frozenset({502, 503, 504})

# The longest plausible pause of a server.
LONGEST_SECONDS: Final = 24 * 3600.0
# A day has 86,400 seconds; a longer number is implausible.
_SECONDS: Final = re.compile("[0-9]{1,5}")
_DATE: Final = "%a, %d %b %Y %H:%M:%S GMT"


class SoapVersion(StrEnum):
    """The protocol of a request: SOAP 1.1 (W3C Note, 2000) or SOAP 1.2 (W3C, 2007)."""

    V1_1 = "1.1"
    V1_2 = "1.2"


@dataclass(frozen=True, slots=True)
class Account:
    """The two keys of a gateway account: a credential of 40 and a token of 6 characters.

    Raises:
        ValueError: a key contains a character that XML forbids; the message does not quote it.
    """

    credential: str = field(repr=False)
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        for name, value in (("credential", self.credential), ("token", self.token)):
            if _FORBIDDEN.search(value):
                message = f"the {name} holds a character that XML cannot carry"
                raise ValueError(message)


class RequestForm:
    """Writes requests as the specification's sample shows them; only their IDMSG differs.

    Attributes:
        headers: those of each request.
    """

    def __init__(self, version: SoapVersion, account: Account) -> None:
        # An encoded reply could expand past every limit, so none is requested.
        self.headers = {"Accept-Encoding": "identity"}
        if version is SoapVersion.V1_1:
            prefix, uri, kind = "soap", SOAP_11, "text/xml; charset=utf-8"
            self.headers["SOAPAction"] = f'"{ACTION}"'
        else:
            # The sample shows no action; ASP.NET routes by it (SOAP 1.2 part 2, section 6.5).
            kind = f'application/soap+xml; charset=utf-8; action="{ACTION}"'
            prefix, uri = "soap12", SOAP_12
        self.headers["Content-Type"] = kind
        before = (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<{prefix}:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
            f' xmlns:{prefix}="{uri}">\n'
            f"  <{prefix}:Body>\n"
            f'    <{OPERATION} xmlns="{NAMESPACE}">\n'
            f"      <Credencial>{escape(account.credential)}</Credencial>\n"
            f"      <Token>{escape(account.token)}</Token>\n"
            "      <IDMSG>"
        )
        after = f"</IDMSG>\n    </{OPERATION}>\n  </{prefix}:Body>\n</{prefix}:Envelope>"
        self._before, self._after = before.encode(), after.encode()

    def fill(self, message_id: MessageId) -> bytes:
        """The body of the request for one call; it carries the keys.

        Both value types have already rejected characters that XML forbids.
        """
        return self._before + escape(message_id.value).encode() + self._after


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """The HTTP reply to a request.

    Attributes:
        http_status: status code.
        content_type: the header as received; empty if absent.
        content: the body without its compression, of bounded length; empty if that cannot be
            undone.
        sandbox: the sandbox gateway answered.
        retry_after: the header's seconds, if present.
        cut_by: the error that truncated the body or made it unreadable, never retried; `content` is
            the received part, which may be a whole answer. `None` for a whole body.
    """

    http_status: int
    content_type: str
    content: bytes = field(repr=False)
    sandbox: bool = False
    retry_after: float | None = None
    cut_by: TransportError | BadEncoding | None = None


def read_retry_after(value: str, date: str) -> float | None:
    """The seconds to wait; `None` if the header has no usable value.

    Args:
        value: `Retry-After`, seconds or a date; empty without one.
        date: the reply's own `Date`, from which a date is counted, so that it does not matter
            whose clock is wrong.
    """
    text = value.strip()
    if not text:
        return None
    seconds = float(text) if _SECONDS.fullmatch(text) else _until(text, date.strip())
    return seconds if seconds is not None and seconds <= LONGEST_SECONDS else None


def _until(then: str, now: str) -> float | None:
    try:
        wait = datetime.strptime(then, _DATE) - datetime.strptime(now, _DATE)  # noqa: DTZ007 - both GMT
    except ValueError:
        return None
    return max(wait.total_seconds(), 0.0)


def read_reply(reply: HttpReply) -> str:
    """Read the text of the result, which is never blank, in SOAP 1.1 or 1.2.

    The body counts before the status: ASP.NET sends faults with 500, others with 200. An envelope
    is an answer, even with 503: none of its errors may be retried. If it is whole, it counts
    although the reply was truncated behind it.

    Raises:
        SoapFault: the body is a fault, whatever the status.
        HttpError: no envelope and the status is not 200, or an envelope has an error status.
        TransportError: nothing could be read, because the connection broke.
        UnreadableReply: neither result nor fault could be read.
    """
    try:
        return _read_answer(reply)
    except UnreadableReply as error:
        if reply.cut_by is None or isinstance(error, EmptyResult):
            media_type = _MEDIA_TYPE.match(reply.content_type)
            error.fact = media_type[1].lower() if media_type else ""
            raise
    raise reply.cut_by


def _read_answer(reply: HttpReply) -> str:
    try:
        charset = _CHARSET.search(reply.content_type)
        envelope = parse_xml(_first_part(reply.content), charset[1] if charset else "")
        if envelope.tag not in _ENVELOPES:
            raise NotSoap
    except UnreadableReply:
        if by_status := _explain_status(reply):
            raise by_status from None
        raise
    bodies = envelope.findall(f"{envelope.tag.removesuffix('Envelope')}Body")
    fault = next((e for body in bodies for e in body if e.tag in _FAULTS), None)
    if fault is not None:
        raise _read_fault(fault)
    if reply.http_status not in _SUCCESS:
        raise HttpStatus(f"HTTP {reply.http_status}")
    if len(bodies) != 1:
        raise NotSoap
    return _read_result(bodies[0])


def _first_part(content: bytes) -> bytes:
    """The first part of a body with several (MTOM; RFC 2387); any other body as it is.

    The bytes decide: only a body with parts begins with a boundary.
    """
    boundary, _, rest = content.lstrip().partition(b"\n")
    if not boundary.startswith(b"--"):
        return content
    _, _, part = rest.partition(b"\r\n\r\n")
    return part.partition(b"\n" + boundary.strip())[0]


def _explain_status(reply: HttpReply) -> HttpError | None:
    """The error of the status alone; none if a SOAP reply may have it."""
    if reply.http_status == _OK:
        return None
    kind: type[HttpError] = HttpStatus
    if reply.http_status in _REDIRECTION:
        kind = Redirected
    elif reply.http_status in _UNAVAILABLE:
        kind = GatewayUnavailable
    error = kind(f"HTTP {reply.http_status}")
    error.retry_after = reply.retry_after
    return error


def _read_fault(fault: ET.Element) -> SoapFault:
    # SOAP 1.1 writes faultcode, SOAP 1.2 Code/Value.
    codes = (e.text or "" for e in fault.iter() if _local(e.tag) in {"faultcode", "Value"})
    name = _NAME.fullmatch(next(codes, "").strip())
    code = name[1] if name else ""
    return RequestFault(code) if code in _REQUEST_FAULTS else ServerFault(code)


def _local(tag: str) -> str:
    """The local name of ElementTree's `{namespace}name`."""
    return tag.rpartition("}")[2]


def _read_result(body: ET.Element) -> str:
    found = [e for e in body.iter() if _local(e.tag) == RESULT]
    # Hosts of the gateway differ in their namespace; accepting another one is better than no
    # answer.
    results = [e for e in found if e.tag == f"{{{NAMESPACE}}}{RESULT}"] or found
    texts = {_text(e) for e in results}
    if len(texts) > 1:
        raise NotSoap
    text = next(iter(texts), "")
    if is_blank(text):
        raise EmptyResult
    return text


def _text(result: ET.Element) -> str:
    if len(result):
        raise NotSoap
    nil = result.get(_XSI_NIL, "").strip() in {"true", "1"}
    return "" if nil else result.text or ""
