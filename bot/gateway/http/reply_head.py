"""The head of a reply, made canonical before aiohttp's strict parser reads it.

Servers, and the proxies before them, put heads that no standard allows on good answers: two equal
lengths, a length beside chunks, names that are not ASCII. So the parser gets only the fields that
the client uses, each once and in its plain form (RFC 9112, sections 2.2, 5 and 6.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp.http_exceptions import HttpProcessingError

# The limit for all heads of one reply together, interim replies included; IIS sends at most 16 KiB.
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_HEAD_LINES: Final = 128
# As many as 64 bits need; a number of thousands of digits would take long to read.
MAX_LENGTH_DIGITS: Final = 20

# Of a head, or of as much of it as there is.
_BEGINNING: Final = re.compile(rb"[\r\n]*(?:HTTP/|(?:H(?:T(?:T(?:P)?)?)?)?\Z)", re.IGNORECASE)
_STATUS_LINE: Final = re.compile(
    rb"[\r\n]*HTTP/([0-9.]{1,3})[ \t]+([0-9]{3})(?:[ \t\r\n][^\n]*)?(?:\n|$)", re.IGNORECASE
)
# Their connections end with the reply, and they know no chunks.
_OLD: Final = frozenset({b"0.9", b"1.0"})
_BODILESS: Final = frozenset({b"204", b"304"})
_END: Final = re.compile(rb"\n\r?\n")
_FOLD: Final = re.compile(rb"\n[ \t]+")
# What a value must not contain counts as a space (RFC 9110, section 5.5).
_VISIBLE: Final = (
    b" " * 33
    + b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    + b"[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    + b" " * 129
)

_LENGTH: Final = b"content-length"
_TRANSFER: Final = b"transfer-encoding"
_ENCODING: Final = b"content-encoding"
_CONNECTION: Final = b"connection"
# Encodings that change nothing about the content.
_AS_IT_IS: Final = frozenset({b"chunked", b"identity"})
_LISTS: Final = frozenset({_LENGTH, _TRANSFER, _ENCODING, _CONNECTION})
_SINGLE: Final = frozenset({b"content-type", b"retry-after", b"date", b"x-voicestatus-sandbox"})


class ReplyTooLong(HttpProcessingError):  # noqa: N818 - as the errors of the tree
    """A reply, or its head, is longer than any answer can be."""


class LengthUnclear(HttpProcessingError):  # noqa: N818 - as the errors of the tree
    """A head gives its body lengths that differ, or one that is no number."""


class ReplyHead:
    """Takes the bytes of one reply and returns those that the parser gets.

    What does not begin like HTTP passes as it is; the parser refuses it.

    Attributes:
        ended: the head of the final reply has ended.
        excess: more arrived than the body's announced length; it was dropped.
    """

    def __init__(self) -> None:
        self.ended = False
        self.excess = False
        self._heads = b""
        self._begin = 0
        self._left: int | None = None

    def feed(self, data: bytes) -> bytes:
        """The bytes that may be passed on so far: none before the head is complete.

        Raises:
            ReplyTooLong: the head is longer than any answer's.
            LengthUnclear: nobody can know where the body ends.
        """
        if self.ended:
            return self._body(data)
        # An end may have begun before.
        new = max(self._begin, len(self._heads) - 2)
        self._heads += data
        while found := _END.search(self._heads, new):
            self._bound(found.end())
            head = self._heads[self._begin : found.end()]
            self._begin = new = found.end()
            passed, self._left = _read(head)
            if passed:
                self.ended = True
                return passed + self._body(self._heads[found.end() :])
        self._bound(len(self._heads))
        self.ended = not _BEGINNING.match(self._heads, self._begin)
        return self._heads[self._begin :] if self.ended else b""

    def _bound(self, end: int) -> None:
        if end > MAX_HEAD_BYTES or self._heads.count(b"\n", 0, end) > MAX_HEAD_LINES:
            raise ReplyTooLong

    def _body(self, data: bytes) -> bytes:
        if self._left is None:
            return data
        self.excess |= len(data) > self._left
        body = data[: self._left]
        self._left -= len(body)
        return body


def _read(head: bytes) -> tuple[bytes, int | None]:
    """The head for the parser, and the length of the body if it gives one.

    No head for an interim reply's, or for empty lines before a head.
    """
    status = _STATUS_LINE.match(head)
    if status is None:
        return (head if head.strip(b"\r\n") else b""), None
    # After 101 no other head follows (RFC 9110, section 15.2).
    if status[2].startswith(b"1") and status[2] != b"101":
        return b"", None
    return _canonical(status, _values(head[status.end() :]))


def _values(fields: bytes) -> dict[bytes, bytes]:
    """The used fields by name: the first of a name, or all of them as one list."""
    values: dict[bytes, bytes] = {}
    for line in _FOLD.sub(b" ", fields).split(b"\n"):
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        if name in _LISTS:
            value = value.translate(_VISIBLE).lower()
            values[name] = b"%b,%b" % (values[name], value) if name in values else value
        elif name in _SINGLE:
            values.setdefault(name, value.translate(_VISIBLE).strip())
    return values


def _canonical(status: re.Match[bytes], values: Mapping[bytes, bytes]) -> tuple[bytes, int | None]:
    old = status[1] in _OLD
    transfer = [coding for coding in _listed(values, _TRANSFER) if coding != b"identity"]
    lengths, options = _listed(values, _LENGTH), _listed(values, _CONNECTION)
    lines = [b"HTTP/%b %b " % (b"1.0" if old else b"1.1", status[2])]
    lines += [b"%b: %b" % (name, value) for name, value in values.items() if name in _SINGLE]
    if status[2] in _BODILESS:
        transfer, lengths = [], [b"0"]
    # One way to find the end of the body (RFC 9112, section 6.3).
    length = None
    if b"chunked" in transfer:
        lines.append(b"transfer-encoding: chunked")
    elif lengths and not transfer:
        length = _one_of(lengths)
        lines.append(b"content-length: %d" % length)
    # With two ways, what follows may be meant for somebody else (section 6.1).
    if b"close" in options or (transfer and (old or lengths)):
        lines.append(b"connection: close")
    elif b"keep-alive" in options:
        lines.append(b"connection: keep-alive")
    applied = (*_listed(values, _ENCODING), *transfer)
    if codings := [coding for coding in applied if coding not in _AS_IT_IS]:
        lines.append(b"content-encoding: " + b", ".join(codings))
    return b"\r\n".join((*lines, b"\r\n")), length


def _listed(values: Mapping[bytes, bytes], name: bytes) -> list[bytes]:
    parts = values[name].split(b",") if name in values else ()
    return [word for part in parts if (word := part.strip())]


def _one_of(lengths: Iterable[bytes]) -> int:
    different = {length.lstrip(b"0") or b"0" for length in lengths}
    length = different.pop()
    if different or not length.isdigit():
        raise LengthUnclear
    if len(length) > MAX_LENGTH_DIGITS:
        raise ReplyTooLong
    return int(length)
