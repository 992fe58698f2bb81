"""The SOAP of `MPG_Status_Voice`: a request as bytes, a reply as the result text. No I/O.

Requests follow the samples of the gateway's specification (voice v_3_00) to the letter. Replies are
hostile until proved otherwise: `xml.py` bounds them, and no error quotes them.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from xml.sax.saxutils import escape

from bot.domain.call_status import is_blank
from bot.domain.input.message_id import MessageId
from bot.gateway.protocol.errors import (
    EmptyResult,
    GatewayError,
    GatewayUnavailable,
    HttpStatus,
    NotSoap,
    Redirected,
    RequestFault,
    ServerFault,
    SoapFault,
    UnreadableReply,
)
from bot.gateway.protocol.xml import parse_xml

NAMESPACE: Final = "PWGatewayVoice"
OPERATION: Final = "MPG_Status_Voice"
ACTION: Final = f"{NAMESPACE}/{OPERATION}"
RESULT: Final = f"{OPERATION}Result"

_XSI_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
# XML 1.0, section 2.2. A carriage return is legal but would arrive as a line feed.
_FORBIDDEN: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME: Final = re.compile(r"(?:[^:]*:)?([A-Za-z]{1,64})(?:\.[A-Za-z.]{0,64})?")
_MEDIA_TYPE: Final = re.compile(r"\s*([A-Za-z0-9.+-]{1,40}/[A-Za-z0-9.+-]{1,40})\s*(?:;|$)")
_REQUEST_FAULTS: Final = frozenset({"Client", "Sender", "VersionMismatch", "MustUnderstand"})
_OK: Final = 200
_SUCCESS: Final = range(200, 300)
_REDIRECTION: Final = range(300, 400)
_UNAVAILABLE: Final = frozenset({502, 503, 504})


class SoapVersion(StrEnum):
    """The protocol of a request: SOAP 1.1 (W3C Note, 2000) or SOAP 1.2 (W3C, 2007)."""

    V1_1 = "1.1"
    V1_2 = "1.2"


_ENVELOPES: Final = {
    SoapVersion.V1_1: ("soap", "http://schemas.xmlsoap.org/soap/envelope/"),
    SoapVersion.V1_2: ("soap12", "http://www.w3.org/2003/05/soap-envelope"),
}
_ENVELOPE_NAMESPACES: Final = frozenset(uri for _, uri in _ENVELOPES.values())


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SoapRequest:
    """The request's headers and body. The body carries the keys, so it is not in `repr()`."""

    headers: Mapping[str, str]
    content: bytes = field(repr=False)


def build_request(version: SoapVersion, account: Account, message_id: MessageId) -> SoapRequest:
    """Write the request for one IDMSG as the specification's sample shows it.

    Both value types have already rejected characters that XML forbids.
    """
    prefix, uri = _ENVELOPES[version]
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<{prefix}:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        f' xmlns:{prefix}="{uri}">\n'
        f"  <{prefix}:Body>\n"
        f'    <{OPERATION} xmlns="{NAMESPACE}">\n'
        f"      <Credencial>{escape(account.credential)}</Credencial>\n"
        f"      <Token>{escape(account.token)}</Token>\n"
        f"      <IDMSG>{escape(message_id.value)}</IDMSG>\n"
        f"    </{OPERATION}>\n"
        f"  </{prefix}:Body>\n"
        f"</{prefix}:Envelope>"
    )
    return SoapRequest(headers=_headers(version), content=text.encode())


def _headers(version: SoapVersion) -> Mapping[str, str]:
    # An encoded reply could expand past every limit, so none is requested.
    plain = {"Accept-Encoding": "identity"}
    if version is SoapVersion.V1_1:
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}"', **plain}
    # The sample of SOAP 1.2 shows no action; ASP.NET routes by it (SOAP 1.2 part 2, section 6.5).
    return {"Content-Type": f'application/soap+xml; charset=utf-8; action="{ACTION}"', **plain}


def read_reply(
    http_status: int, content_type: str, content: bytes, *, retry_after: float | None = None
) -> str:
    """Read the text of the result, which is never blank, in SOAP 1.1 or 1.2.

    The body counts before the status: ASP.NET sends faults with 500, others with 200. An envelope
    is an answer, even with 503: none of its errors may be retried.

    Args:
        http_status: status code of the reply.
        content_type: the header as received; empty if absent.
        content: the body.
        retry_after: the reply's `Retry-After` in seconds; `GatewayUnavailable` carries it.

    Raises:
        SoapFault: the body is a fault, whatever the status.
        HttpError: no envelope and the status is not 200, or an envelope has an error status.
        UnreadableReply: neither result nor fault could be read.
    """
    try:
        return _read_answer(http_status, content)
    except UnreadableReply as error:
        error.media_type = _media_type(content_type)
        raise
    except GatewayUnavailable as error:
        error.retry_after = retry_after
        raise


def _read_answer(http_status: int, content: bytes) -> str:
    try:
        envelope = _read_envelope(content)
    except UnreadableReply:
        if by_status := _explain_status(http_status):
            raise by_status from None
        raise
    if fault := _read_fault(envelope):
        raise fault
    if http_status not in _SUCCESS:
        raise HttpStatus(http_status)
    return _read_result(envelope)


def _read_envelope(content: bytes) -> ET.Element:
    root = parse_xml(content)
    uri, name = _split(root.tag)
    if uri not in _ENVELOPE_NAMESPACES or name != "Envelope":
        raise NotSoap
    return root


def _bodies(envelope: ET.Element) -> list[ET.Element]:
    uri, _ = _split(envelope.tag)
    return envelope.findall(f"{{{uri}}}Body")


def _read_fault(envelope: ET.Element) -> SoapFault | None:
    fault = next((e for body in _bodies(envelope) for e in body if _is_fault(e)), None)
    if fault is None:
        return None
    # SOAP 1.1 writes faultcode, SOAP 1.2 Code/Value.
    codes = (e.text or "" for e in fault.iter() if _split(e.tag)[1] in {"faultcode", "Value"})
    name = _NAME.fullmatch(next(codes, "").strip())
    code = name[1] if name else ""
    return RequestFault(code) if code in _REQUEST_FAULTS else ServerFault(code)


def _is_fault(element: ET.Element) -> bool:
    uri, name = _split(element.tag)
    return name == "Fault" and uri in _ENVELOPE_NAMESPACES


def _read_result(envelope: ET.Element) -> str:
    bodies = _bodies(envelope)
    if len(bodies) != 1:
        raise NotSoap
    found = [e for e in bodies[0].iter() if _split(e.tag)[1] == RESULT]
    # Hosts of the gateway differ in their namespace; accepting another one is better than no
    # answer.
    results = [e for e in found if _split(e.tag)[0] == NAMESPACE] or found
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
    if result.get(_XSI_NIL, "").strip() in {"true", "1"}:
        return ""
    return result.text or ""


def _split(tag: str) -> tuple[str, str]:
    """The namespace and the local name of ElementTree's `{namespace}name`."""
    uri, _, name = tag.rpartition("}")
    return uri.removeprefix("{"), name


def _explain_status(http_status: int) -> GatewayError | None:
    """The error of the status alone; none if a SOAP reply may have it."""
    if http_status == _OK:
        return None
    if http_status in _REDIRECTION:
        return Redirected(http_status)
    if http_status in _UNAVAILABLE:
        return GatewayUnavailable(http_status)
    return HttpStatus(http_status)


def _media_type(content_type: str) -> str:
    match = _MEDIA_TYPE.match(content_type)
    return match[1].lower() if match else ""
