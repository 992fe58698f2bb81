"""From an HTTP request to a call of the operation, or to the answer that ASP.NET gives instead.

Pure: header values and bytes in, a value out.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from bot.gateway.sandbox.envelope import (
    ACTION,
    NAMESPACE,
    OPERATION,
    FaultCode,
    Reply,
    Version,
    fault_reply,
    page_reply,
)
from bot.gateway.sandbox.xml_tree import MalformedError, read_tree

_VERSIONS: Final[Mapping[str, Version]] = {version.media_type: version for version in Version}
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request for the operation; a parameter that did not arrive is None, as in ASP.NET."""

    version: Version
    credential: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    idmsg: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """The parts of a Content-Type header that matter here; None where one is not given."""

    name: str
    charset: str | None
    action: str | None


def read_media_type(header: str) -> MediaType:
    """Reads a Content-Type header; parameters may be quoted or not."""
    message = Message()
    message["Content-Type"] = header
    charset, action = message.get_param("charset"), message.get_param("action")
    return MediaType(
        name=message.get_content_type(),
        charset=charset if isinstance(charset, str) else None,
        action=action if isinstance(action, str) else None,
    )


def read_call(content_type: str, soap_action: str | None, content: bytes) -> Call | Reply:
    """Routes and reads one POST.

    Args:
        content_type: the header, empty if absent.
        soap_action: the SOAPAction header, None if absent; SOAP 1.2 ignores it.
        content: the body.
    """
    media = read_media_type(content_type)
    version = _VERSIONS.get(media.name)
    if version is None:
        return page_reply(415, "Unsupported Media Type", "Send text/xml or application/soap+xml.")
    action = media.action if version is Version.SOAP_12 else _unquoted(soap_action)
    # The specification's own sample of SOAP 1.2 names no action: routed by the body, as in 1.1.
    if action not in (None, ACTION):
        return _refused(version, "The action names no operation of this service.")
    try:
        root = read_tree(content, media.charset)
    except MalformedError:
        return Reply(status=400, content_type=media.name, content=b"")
    return _read_envelope(version, root, by_body=action is None)


def _unquoted(header: str | None) -> str | None:
    """The action, with or without the quotes that SOAP 1.1 asks for (W3C Note, 6.1.1)."""
    return None if header is None else header.strip().removeprefix('"').removesuffix('"')


def _refused(version: Version, text: str) -> Reply:
    return fault_reply(version, FaultCode.CLIENT, text)


def _read_envelope(version: Version, root: ET.Element, *, by_body: bool) -> Call | Reply:
    if root.tag != f"{{{version.namespace}}}Envelope":
        if root.tag.endswith("}Envelope"):
            text = "The envelope belongs to another version of SOAP."
            return fault_reply(version, FaultCode.VERSION_MISMATCH, text)
        return _refused(version, "The document is not a SOAP envelope.")
    body = root.find(f"{{{version.namespace}}}Body")
    operation = next(iter(body), None) if body is not None else None
    known = operation is not None and operation.tag == f"{{{NAMESPACE}}}{OPERATION}"
    if by_body and not known:
        return _refused(version, "The body names no operation of this service.")
    # With a correct action ASP.NET runs the operation for any body: every field is null then.
    return _read_parameters(version, operation if known else None)


def _read_parameters(version: Version, operation: ET.Element | None) -> Call | Reply:
    found = [
        None if operation is None else operation.find(f"{{{NAMESPACE}}}{name}")
        for name in ("Credencial", "Token", "IDMSG")
    ]
    if any(node is not None and len(node) for node in found):
        return _refused(version, "A parameter holds elements where text is expected.")
    credential, token, idmsg = (_value(node) for node in found)
    return Call(version=version, credential=credential, token=token, idmsg=idmsg)


def _value(node: ET.Element | None) -> str | None:
    if node is None or node.get(_NIL) in {"true", "1"}:
        return None
    return node.text or ""
