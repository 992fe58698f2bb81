"""A small reader for hostile XML: no document type, no custom entities, bounded depth.

Pure. The caller bounds the size.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Final

# Expat is safe here because any document type is refused as soon as it opens.
from xml.parsers import expat  # nosec B407

MAX_DEPTH: Final = 32


class MalformedError(Exception):
    """The bytes are not XML that this reader accepts; the message quotes none of them."""


class _Bounded(ET.TreeBuilder):
    """Builds the tree from the parser's events, within the depth limit."""

    _depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise MalformedError("too deep")
        braced = {_braced(key): value for key, value in attributes.items()}
        return super().start(_braced(tag), braced)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(_braced(tag))


def _refuse_doctype(*_parts: object) -> None:
    raise MalformedError("document type")


def _braced(name: str) -> str:
    return "{" + name if "}" in name else name


def read_tree(content: bytes, charset: str | None = None) -> ET.Element:
    """The root element.

    Args:
        content: the document, whole.
        charset: the charset of the Content-Type, if present; it overrides the XML declaration.

    Raises:
        MalformedError: not well-formed, in an unknown encoding, with a document type, too deep.
    """
    builder = _Bounded()
    try:
        parser = expat.ParserCreate(charset, "}")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = builder.start
        parser.EndElementHandler = builder.end
        parser.CharacterDataHandler = builder.data
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError):
        # The parser's message may quote the document, and with it the account's keys.
        raise MalformedError("not well-formed") from None
    return builder.close()
