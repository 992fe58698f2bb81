"""The gateway's side of the wire in both SOAP versions: result and fault documents, replies.

Pure: text in, bytes out.  Written apart from the client's own reader and writer on purpose, so that
a mistake in one of them cannot hide in the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final
from xml.sax.saxutils import escape

NAMESPACE: Final = "PWGatewayVoice"
OPERATION: Final = "MPG_Status_Voice"
ACTION: Final = f"{NAMESPACE}/{OPERATION}"
MARK: Final = "X-Voicestatus-Sandbox"

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XSD: Final = "http://www.w3.org/2001/XMLSchema"


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
