"""A small reader of hostile XML: no document type, no entities of its own, bounded depth.

Pure.  Size is bounded by whoever hands the bytes in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

# Expat is safe here because any document type is refused as soon as it opens.
from xml.parsers import expat  # nosec B407

MAX_DEPTH: Final = 32


class MalformedError(Exception):
    """The bytes are not the XML that this reader takes; the message holds none of them."""


@dataclass(slots=True)
class Node:
    """One element: `{namespace}local` or `local`, its attributes, its own text, its children."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def child(self, name: str) -> Node | None:
        """The first child of that name."""
        return next((node for node in self.children if node.name == name), None)


class _Collector:
    """Builds the tree from the parser's events."""

    def __init__(self) -> None:
        self.top = Node("", {})
        self._open = [self.top]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise MalformedError("too deep")
        node = Node(_braced(name), {_braced(key): value for key, value in attributes.items()})
        self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, _name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].text += text

    def doctype(self, *_parts: object) -> None:
        raise MalformedError("document type")


def _braced(name: str) -> str:
    return "{" + name if "}" in name else name


def read_tree(content: bytes, charset: str | None = None) -> Node:
    """The root element.

    Args:
        content: the document, whole.
        charset: what the Content-Type says, if it says so; it goes before the XML declaration.

    Raises:
        MalformedError: not well-formed, in an unknown encoding, with a document type, too deep.
    """
    collector = _Collector()
    try:
        parser = expat.ParserCreate(charset, "}")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = collector.doctype
        parser.StartElementHandler = collector.start
        parser.EndElementHandler = collector.end
        parser.CharacterDataHandler = collector.data
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError):
        # The parser's message may quote the document, and with it the account's keys.
        raise MalformedError("not well-formed") from None
    return collector.top.children[0]
