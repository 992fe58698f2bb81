"""A hardened XML parser: bounded, without document types, and silent about what it read. No I/O.

The standard library's Expat with a target that refuses whatever no answer of the gateway needs.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Final

from bot.gateway.errors import NotSoap, UnsafeXml

MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 2_000
MAX_ATTRIBUTES: Final = 64
MAX_TEXT: Final = 200_000

_BOM: Final = b"\xef\xbb\xbf"
_WHITE: Final = b" \t\r\n"


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
