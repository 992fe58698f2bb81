"""From an HTTP request to a call of the operation, or to the answer that ASP.NET gives instead.

Pure: header values and bytes in, a value out. The XML may be hostile: no document type, bounded
depth; the caller bounds its size. A call can be shown for debugging without its keys; a body that
could not be read as a call is not shown, since its keys cannot be located.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
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

MAX_DEPTH: Final = 32
MASK: Final = "••••••"
MAX_SHOWN: Final = 20_000

_KEYS: Final = re.compile(
    r"(<(?:[\w.-]+:)?(?:Credencial|Token)\b[^<>]*>).*?(</(?:[\w.-]+:)?(?:Credencial|Token)\s*>)",
    re.DOTALL,
)

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
class Exchange:
    """One call of the operation and its reply, as far as they may be shown.

    Attributes:
        seconds: from the request to the reply.
        status: the HTTP status; 0 if the reply is not HTTP (a fault of the connection).
        request: the envelope with its keys masked; empty if that failed.
        reply: the sent document, or the name of the played fault.
    """

    seconds: float
    status: int
    content_type: str
    soap_action: str | None
    request: str
    reply_type: str
    reply: str


Listener = Callable[[Exchange], None]


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


def without_keys(call: Call, content: bytes) -> str:
    """The envelope with masked keys; empty if a key would still be visible."""
    masked = _KEYS.sub(rf"\g<1>{MASK}\g<2>", content.decode("utf-8", errors="replace"))
    keys = filter(None, (call.credential, call.token))
    return "" if any(key in masked for key in keys) else masked[:MAX_SHOWN]
