"""A hardened XML parser: bounded, without document types, and never quoting its input. No I/O.

The standard library's Expat with handlers that refuse everything an answer of the gateway does not
need. Expat does not resolve namespaces (it would write the whole URI before each name), and gets
small pieces: it reads a piece to the end even after a handler refused it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from typing import Final
from xml.parsers import expat

from bot.gateway.protocol.errors import NotSoap, UnsafeXml

MAX_DEPTH: Final = 32
# Elements, namespaces, comments and instructions together.
MAX_PARTS: Final = 2_000
MAX_ATTRIBUTES: Final = 64
MAX_TEXT: Final = 200_000
# The longest necessary one has 41.
MAX_NAMESPACE: Final = 200
PIECE_BYTES: Final = 16 * 1024
# One is refused, unless it is text (a page that a fault quotes); more would only waste time.
MAX_DOCTYPES: Final = 8

_WHITE: Final = b" \t\r\n"
# The beginnings that settle the character set: a mark, or `<` in units of two bytes (XML 1.0,
# appendix F).
_MARKS: Final[Mapping[bytes, str]] = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
    b"<\x00": "utf-16-le",
    b"\x00<": "utf-16-be",
}
_MARKED: Final = (*_MARKS,)
_DECLARED: Final = re.compile(
    rb"""<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9_.:-]{1,40})["']"""
)
# Those in use. Python has more, and some of them take very long to read.
_KNOWN: Final = re.compile(
    r"utf[_-]?8|utf[_-]?16([_-]?[lb]e)?|(us-)?ascii|latin-?1|iso[_-]?8859-[0-9]{1,2}"
    r"|(windows-|cp-?)[0-9]{3,4}|ibm[0-9]{3}|macintosh|gbk|gb2312|gb18030|big5|shift_jis|euc-(jp|kr)",
    re.IGNORECASE,
)
# Expat calls the handler at the bracket; the declarations follow it.
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE[^\[]*\[?")
_XML: Final = "http://www.w3.org/XML/1998/namespace"


class _BoundedTree(ET.TreeBuilder):
    """Builds a tree and refuses what a SOAP message may not contain or an answer does not need."""

    def __init__(self) -> None:
        super().__init__()
        self._scopes: list[Mapping[str, str]] = [{"": "", "xml": _XML}]
        self._parts = 0
        self._text = 0

    def doctype(self, name: str, *_: object) -> None:
        """Refuse a document type (SOAP 1.1, section 3; SOAP 1.2, section 5)."""
        # A web page is not an attack: a proxy or a parked domain answers with one.
        raise NotSoap if name.lower() == "html" else UnsafeXml

    def start(self, name: str, attributes: dict[str, str]) -> ET.Element:
        """Enter an element; `xmlns` and `xmlns:p` declare namespaces (Namespaces in XML 1.0)."""
        self.count()
        if len(self._scopes) > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise UnsafeXml
        named: dict[str, str] = {}
        declared: dict[str, str] = {}
        for key, value in attributes.items():
            if key == "xmlns" or key.startswith("xmlns:"):
                self.count()
                if len(value) > MAX_NAMESPACE:
                    raise UnsafeXml
                declared[key[6:]] = value
            else:
                named[key] = value
        self._scopes.append({**self._scopes[-1], **declared} if declared else self._scopes[-1])
        expanded = {self._expanded(k) if ":" in k else k: value for k, value in named.items()}
        return super().start(self._expanded(name), expanded)

    def end(self, name: str) -> ET.Element:
        """Leave an element."""
        element = super().end(self._expanded(name))
        self._scopes.pop()
        return element

    def data(self, text: str) -> None:
        """Add text."""
        self._text += len(text)
        if self._text > MAX_TEXT:
            raise UnsafeXml
        super().data(text)

    def count(self, *_: object) -> None:
        """Count a part of the document."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise UnsafeXml

    def _expanded(self, name: str) -> str:
        """The name as ElementTree writes it: `{namespace}local`."""
        prefix, colon, local = name.partition(":")
        if not colon:
            prefix, local = "", name
        namespace = self._scopes[-1].get(prefix)
        if namespace is None:
            raise NotSoap
        return f"{{{namespace}}}{local}" if namespace else local


def parse_xml(content: bytes, charset: str = "") -> ET.Element:
    """Read bytes as XML without document types and within the limits of this module.

    Args:
        content: the whole document; the caller has bounded its length.
        charset: the one that the transport named; empty if none.

    Raises:
        NotSoap: it is not well-formed, or its encoding is unknown.
        UnsafeXml: it contains a document type or exceeds a limit.
    """
    tree = _BoundedTree()
    try:
        parser = _parser(tree)
        for piece in _pieces(_in_utf_8(content.lstrip(_WHITE), charset)):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):
        # Without the cause: its message may quote the reply.
        raise NotSoap from None
    return tree.close()


def _parser(tree: _BoundedTree) -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = tree.doctype
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.data
    parser.CommentHandler = tree.count
    parser.ProcessingInstructionHandler = tree.count
    return parser


def _in_utf_8(bare: bytes, charset: str) -> bytes:
    """The document in UTF-8, whatever it declares."""
    for name in _charsets(bare, charset):
        if _KNOWN.fullmatch(name):
            with suppress(ValueError, LookupError):
                # Some servers send their whole buffer, with zeros behind the text.
                text = bare.decode(name).lstrip("\ufeff \t\r\n").rstrip("\0")
                if text.startswith("<"):
                    return text.encode()
    raise NotSoap


def _charsets(bare: bytes, charset: str) -> Iterator[str]:
    """The character sets to try (RFC 7303, section 3).

    A mark counts alone. Otherwise the transport's counts before the declared one, but one that is
    unknown or does not fit the bytes proves nothing; UTF-8 is the default.
    """
    if bare.startswith(_MARKED):
        yield from (name for mark, name in _MARKS.items() if bare.startswith(mark))
        return
    yield charset
    if declared := _DECLARED.match(bare):
        yield declared[1].decode()
    yield "utf-8"


def _pieces(document: bytes) -> Iterator[bytes]:
    # The pieces are few: expat before 2.6 rescans an unfinished token for each piece.
    doctypes = [found.end() for found in _DOCTYPE.finditer(document)]
    if len(doctypes) > MAX_DOCTYPES:
        raise UnsafeXml
    cuts = sorted({*range(0, len(document), PIECE_BYTES), *doctypes, len(document)})
    return (document[start:end] for start, end in pairwise(cuts))
