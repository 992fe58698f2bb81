"""The gateway's side of the wire in both SOAP versions: requests read as calls, replies written.

Pure. Written apart from the client's own reader and writer on purpose, so that a mistake in one of
them cannot hide in the other. The XML of a request may be hostile: no document type, bounded depth;
the caller bounds its size.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from enum import Enum
from typing import Final
from xml.sax.saxutils import escape

NAMESPACE: Final = "PWGatewayVoice"
OPERATION: Final = "MPG_Status_Voice"
ACTION: Final = f"{NAMESPACE}/{OPERATION}"
MARK: Final = "X-Voicestatus-Sandbox"

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XSD: Final = "http://www.w3.org/2001/XMLSchema"

MAX_DEPTH: Final = 32

_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class Version(Enum):
    """A SOAP version that the service supports.

    Attributes:
        label: its number.
        prefix: the envelope's, in the specification's samples.
        media_type: of requests and answers, without parameters.
        namespace: of the envelope.
    """

    SOAP_11 = "1.1", "soap", "text/xml", "http://schemas.xmlsoap.org/soap/envelope/"
    SOAP_12 = "1.2", "soap12", "application/soap+xml", "http://www.w3.org/2003/05/soap-envelope"

    def __init__(self, label: str, prefix: str, media_type: str, namespace: str) -> None:
        self.label, self.prefix = label, prefix
        self.media_type, self.namespace = media_type, namespace

    @property
    def other(self) -> Version:
        """The version that this one is not."""
        return Version.SOAP_12 if self is Version.SOAP_11 else Version.SOAP_11


_VERSIONS: Final[Mapping[str, Version]] = {version.media_type: version for version in Version}


class FaultCode(Enum):
    """A fault's code: its name in SOAP 1.1, its name in SOAP 1.2."""

    CLIENT = ("Client", "Sender")
    SERVER = ("Server", "Receiver")
    VERSION_MISMATCH = ("VersionMismatch", "VersionMismatch")
    MUST_UNDERSTAND = ("MustUnderstand", "MustUnderstand")

    def name_in(self, version: Version) -> str:
        """The local name that `version` gives this code."""
        return self.value[version is Version.SOAP_12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One whole HTTP answer."""

    status: int = 200
    content_type: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def result_element(text: str) -> str:
    """The result element of the samples; empty text gives an empty element."""
    name = f"{OPERATION}Result"
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name} />"


def response_document(version: Version, *results: str, namespace: str = NAMESPACE) -> str:
    """The response document around ready-made result elements (none: a null result)."""
    inside = "".join(f"      {result}\n" for result in results)
    name = f"{OPERATION}Response"
    opened = f'    <{name} xmlns="{namespace}">\n{inside}    </{name}>\n'
    return document(version, opened if results else f'    <{name} xmlns="{namespace}" />\n')


def fault_document(version: Version, code: FaultCode, text: str) -> str:
    """A fault as ASP.NET lays it out: prefix `soap` in both versions, an empty detail."""
    name, reason = f"soap:{code.name_in(version)}", escape(text)
    parts = (
        f"<faultcode>{name}</faultcode>\n"
        f"      <faultstring>{reason}</faultstring>\n"
        "      <detail />"
        if version is Version.SOAP_11
        else f"<soap:Code>\n        <soap:Value>{name}</soap:Value>\n      </soap:Code>\n"
        f'      <soap:Reason>\n        <soap:Text xml:lang="en">{reason}</soap:Text>\n'
        "      </soap:Reason>\n"
        "      <soap:Detail />"
    )
    fault = f"    <soap:Fault>\n      {parts}\n    </soap:Fault>\n"
    return document(version, fault, prefix="soap")


def document(version: Version, body: str, *, prefix: str = "") -> str:
    """The envelope of `version` around the lines of a body, with the XML declaration."""
    prefix = prefix or version.prefix
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<{prefix}:Envelope xmlns:xsi="{_XSI}" xmlns:xsd="{_XSD}"'
        f' xmlns:{prefix}="{version.namespace}">\n'
        f"  <{prefix}:Body>\n{body}  </{prefix}:Body>\n"
        f"</{prefix}:Envelope>"
    )


def soap_reply(version: Version, text: str, *, status: int = 200) -> Reply:
    """A document as the service sends it: UTF-8, with the media type of its version."""
    content_type = f"{version.media_type}; charset=utf-8"
    return Reply(status=status, content_type=content_type, content=text.encode())


def result_reply(version: Version, text: str) -> Reply:
    """The answer of the operation, with the given result."""
    return soap_reply(version, response_document(version, result_element(text)))


def fault_reply(version: Version, text: str, code: FaultCode = FaultCode.CLIENT) -> Reply:
    """A fault with HTTP status 500; by default it blames the request."""
    return soap_reply(version, fault_document(version, code, text), status=500)


def page_reply(status: int, title: str, text: str) -> Reply:
    """A small HTML page; `text` is markup."""
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
    return Reply(status=status, content_type="text/html; charset=utf-8", content=page.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request for the operation; a parameter that did not arrive is None, as in ASP.NET."""

    version: Version
    credential: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    idmsg: str | None = field(default=None, repr=False)


def read_call(content_type: str, soap_action: str | None, content: bytes) -> Call | Reply:
    """Routes and reads one POST.

    Args:
        content_type: the header, empty if absent.
        soap_action: the SOAPAction header, None if absent; SOAP 1.2 ignores it.
        content: the body.
    """
    media = Message()
    media["Content-Type"] = content_type
    version = _VERSIONS.get(media.get_content_type())
    if version is None:
        return page_reply(415, "Unsupported Media Type", "Send text/xml or application/soap+xml.")
    # SOAP 1.1 asks for quotes around the action (W3C Note, 6.1.1), but not all clients send them.
    unquoted = soap_action and soap_action.strip().removeprefix('"').removesuffix('"')
    action = _parameter(media, "action") if version is Version.SOAP_12 else unquoted
    # The specification's own sample of SOAP 1.2 names no action: routed by the body, as in 1.1.
    if action not in (None, ACTION):
        return fault_reply(version, "The action names no operation of this service.")
    try:
        root = _read_tree(content, _parameter(media, "charset"))
    except (ET.ParseError, LookupError, ValueError):
        return Reply(status=400, content_type=media.get_content_type(), content=b"")
    return _read_envelope(version, root, by_body=action is None)


def _parameter(media: Message, name: str) -> str | None:
    value = media.get_param(name)
    # An encoded one (RFC 2231) is a tuple, and counts as absent.
    return value if isinstance(value, str) else None


def _read_tree(content: bytes, charset: str | None) -> ET.Element:
    """The root element; the charset of the Content-Type overrides the XML declaration."""
    parser = ET.XMLParser(target=_BoundedTree(), encoding=charset)  # noqa: S314  # nosec B314
    parser.feed(content)
    root: ET.Element = parser.close()
    return root


class _BoundedTree(ET.TreeBuilder):
    """Builds the tree within the depth limit. Its errors quote nothing, as bodies carry keys."""

    _depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError("too deep")
        return super().start(tag, attributes)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, *_parts: object) -> None:
        """Refused as soon as it opens, before anything in it could expand."""
        raise ValueError("document type")


def _read_envelope(version: Version, root: ET.Element, *, by_body: bool) -> Call | Reply:
    if root.tag != f"{{{version.namespace}}}Envelope":
        if root.tag.endswith("}Envelope"):
            text = "The envelope belongs to another version of SOAP."
            return fault_reply(version, text, FaultCode.VERSION_MISMATCH)
        return fault_reply(version, "The document is not a SOAP envelope.")
    body = root.find(f"{{{version.namespace}}}Body")
    operation = next(iter(body), None) if body is not None else None
    known = operation is not None and operation.tag == f"{{{NAMESPACE}}}{OPERATION}"
    if by_body and not known:
        return fault_reply(version, "The body names no operation of this service.")
    # With a correct action ASP.NET runs the operation for any body: every field is null then.
    return _read_parameters(version, operation if known else None)


def _read_parameters(version: Version, operation: ET.Element | None) -> Call | Reply:
    found = [
        None if operation is None else operation.find(f"{{{NAMESPACE}}}{name}")
        for name in ("Credencial", "Token", "IDMSG")
    ]
    if any(node is not None and len(node) for node in found):
        return fault_reply(version, "A parameter holds elements where text is expected.")
    credential, token, idmsg = (_value(node) for node in found)
    return Call(version=version, credential=credential, token=token, idmsg=idmsg)


def _value(node: ET.Element | None) -> str | None:
    if node is None or node.get(_NIL) in {"true", "1"}:
        return None
    return node.text or ""
