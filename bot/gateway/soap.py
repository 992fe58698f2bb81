"""The SOAP of `MPG_Status_Voice`: a request as bytes, a reply as the result text. No I/O.

Requests follow the samples of the gateway's specification (voice v_3_00) to the letter. Replies are
hostile until proved otherwise: bounded, without document types, and never quoted in an error.
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
from bot.domain.message_id import MessageId
from bot.gateway.errors import (
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
    UnsafeXml,
)

NAMESPACE: Final = "PWGatewayVoice"
OPERATION: Final = "MPG_Status_Voice"
ACTION: Final = f"{NAMESPACE}/{OPERATION}"
RESULT: Final = f"{OPERATION}Result"

MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 2_000
MAX_ATTRIBUTES: Final = 64
MAX_TEXT: Final = 200_000

_XSI_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_BOM: Final = b"\xef\xbb\xbf"
_WHITE: Final = b" \t\r\n"
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
        ValueError: a key holds a character that XML cannot carry; the message does not quote it.
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
    """What goes out: headers and body. The body carries the keys, so it is not in `repr()`."""

    headers: Mapping[str, str]
    content: bytes = field(repr=False)


def build_request(version: SoapVersion, account: Account, message_id: MessageId) -> SoapRequest:
    """Write the request for one IDMSG as the specification's sample shows it.

    Both values have refused, when they were made, what XML cannot carry.
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
    # An encoded reply could unfold past every limit, so none is asked for.
    plain = {"Accept-Encoding": "identity"}
    if version is SoapVersion.V1_1:
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}"', **plain}
    # The sample of SOAP 1.2 shows no action; ASP.NET routes by it (SOAP 1.2 part 2, section 6.5).
    return {"Content-Type": f'application/soap+xml; charset=utf-8; action="{ACTION}"', **plain}


class _BoundedTree(ET.TreeBuilder):
    """Builds a tree and refuses what no SOAP message may hold or no answer needs."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0
        self._text = 0

    def doctype(self, name: str, _public: str | None, _system: str | None) -> None:
        """Refuse a document type (SOAP 1.1, section 3; SOAP 1.2, section 5)."""
        # A web page is no attack: it is what a proxy or a parked domain answers.
        raise NotSoap if name.lower() == "html" else UnsafeXml

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        """Count one element."""
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS or len(attrs) > MAX_ATTRIBUTES:
            raise UnsafeXml
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        """Leave one element."""
        self._depth -= 1
        return super().end(tag)

    def data(self, data: str, /) -> None:
        """Count text."""
        self._text += len(data)
        if self._text > MAX_TEXT:
            raise UnsafeXml
        super().data(data)


def parse_xml(content: bytes) -> ET.Element:
    """Read bytes as XML without document types and within the limits of this module.

    Args:
        content: the whole document; the caller has bounded its length.

    Raises:
        NotSoap: it is not well-formed, or its encoding is unknown.
        UnsafeXml: it holds a document type or passes a limit.
    """
    bare = content.lstrip(_WHITE)
    encoding = "utf-8" if bare.startswith(_BOM) else None
    parser = ET.XMLParser(target=_BoundedTree(), encoding=encoding)  # noqa: S314 - bounded above
    try:
        # In one piece: expat before 2.6 rescans an unfinished token for each piece it is fed.
        parser.feed(bare.removeprefix(_BOM).lstrip(_WHITE))
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError, LookupError):
        # Without the cause: its message may quote the reply.
        raise NotSoap from None
    return root


def read_reply(http_status: int, content_type: str, content: bytes) -> str:
    """Read the text of the result, which is never blank, in SOAP 1.1 or 1.2.

    What the body says counts before the status: ASP.NET sends faults with 500, others with 200.

    Raises:
        SoapFault: the body is a fault, whatever the status.
        HttpError: the body is no SOAP and the status is not 200, or a result has an error status.
        UnreadableReply: neither result nor fault could be read.
    """
    try:
        body = _soap_body(parse_xml(content))
        if fault := _read_fault(body):
            raise fault
        return _read_result(http_status, body)
    except UnreadableReply as error:
        if by_status := _explain_status(http_status):
            raise by_status from None
        error.media_type = _media_type(content_type)
        raise


def _soap_body(root: ET.Element) -> ET.Element:
    uri, name = _split(root.tag)
    bodies = root.findall(f"{{{uri}}}Body")
    if uri not in _ENVELOPE_NAMESPACES or name != "Envelope" or len(bodies) != 1:
        raise NotSoap
    return bodies[0]


def _read_fault(body: ET.Element) -> SoapFault | None:
    fault = next((e for e in body if _is_fault(e)), None)
    if fault is None:
        return None
    # SOAP 1.1 writes faultcode and faultstring, SOAP 1.2 Code/Value and Reason/Text.
    name = _NAME.fullmatch(_first_text(fault, "faultcode", "Value").strip())
    code = name[1] if name else ""
    kind = RequestFault if code in _REQUEST_FAULTS else ServerFault
    return kind(fault_code=code, fault_text=_first_text(fault, "faultstring", "Text"))


def _is_fault(element: ET.Element) -> bool:
    uri, name = _split(element.tag)
    return name == "Fault" and uri in _ENVELOPE_NAMESPACES


def _first_text(element: ET.Element, *names: str) -> str:
    return next((e.text or "" for e in element.iter() if _split(e.tag)[1] in names), "")


def _read_result(http_status: int, body: ET.Element) -> str:
    found = [e for e in body.iter() if _split(e.tag)[1] == RESULT]
    # Hosts of the gateway differ in their namespace; another one is better than no answer.
    results = [e for e in found if _split(e.tag)[0] == NAMESPACE] or found
    texts = {_text(e) for e in results}
    if len(texts) > 1:
        raise NotSoap
    if results and http_status not in _SUCCESS:
        raise HttpStatus(http_status)
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
    """What the status alone says; nothing when it is that of a SOAP reply."""
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
