"""The faults below HTTP: the connection itself is wrong, so bytes go to the transport.

Replies that never end or are too large for memory belong here too: their parts are made while they
are sent, so the sandbox itself stays small. Pure: a SOAP version in, a value out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, repeat
from typing import Final

from bot.gateway.sandbox.answers import FaultName
from bot.gateway.sandbox.envelope import MARK, Version, result_reply

HANG_SECONDS: Final = 120.0
DRIP_SECONDS: Final = 1.0

#: How many bytes `wrong-length` sends beyond its announced length.
SHORT_BY: Final = 40

MEBIBYTE: Final = 1024 * 1024
TEXT_BYTES: Final = 200 * MEBIBYTE
GZIP_BYTES: Final = 1024 * MEBIBYTE

_BLOCK: Final = 64 * 1024
_CHUNK: Final = b"%x\r\n%b\r\n" % (_BLOCK, b"x" * _BLOCK)
_CHUNKED: Final = "Transfer-Encoding: chunked"
_CLOSE: Final = "Connection: close"
_OK: Final = "ok:85.00"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReply:
    """Bytes for the transport, and how the connection ends.

    The parts of `flood` follow `content`, each made when it is sent: as fast as the client takes
    them, but at least `pace` seconds apart; then `silence`, in seconds.
    """

    content: bytes = b""
    flood: Iterable[bytes] = ()
    pace: float = 0.0
    silence: float = 0.0
    reset: bool = False


def head(version: Version, *fields: str) -> bytes:
    """The head of an answer with these fields too."""
    lines = (
        "HTTP/1.1 200 OK",
        f"Content-Type: {version.media_type}; charset=utf-8",
        f"{MARK}: 1",
        *fields,
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def _head_and_body(version: Version, text: str = _OK) -> tuple[bytes, bytes]:
    body = result_reply(version, text).content
    return head(version, f"Content-Length: {len(body)}"), body


def _truncated(version: Version) -> WireReply:
    begin, body = _head_and_body(version)
    return WireReply(content=begin + body[: len(body) // 2])


def _wrong_length(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    return WireReply(content=head(version, f"Content-Length: {len(body) - SHORT_BY}") + body)


def _bad_chunk(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    begin = head(version, "Transfer-Encoding: chunked")
    return WireReply(content=begin + b"many\r\n" + body + b"\r\n0\r\n\r\n")


def _length_and_chunks(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    begin = head(version, "Content-Length: 5", _CHUNKED)
    return WireReply(content=begin + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))


def _equal_lengths(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    length = f"Content-Length: {len(body)}"
    return WireReply(content=head(version, length, f"{length}, {len(body)}") + body)


def _drip(version: Version) -> WireReply:
    begin, body = _head_and_body(version)
    return WireReply(content=begin, flood=(bytes((byte,)) for byte in body), pace=DRIP_SECONDS)


def _hang_head(version: Version) -> WireReply:
    begin = head(version, "Content-Length: 1")
    return WireReply(content=begin.removesuffix(b"1\r\n\r\n"), silence=HANG_SECONDS)


def _hang_body(version: Version) -> WireReply:
    return replace(_truncated(version), silence=HANG_SECONDS)


def replaced(old: bytes, new: bytes) -> Callable[[Version], WireReply]:
    """A whole answer with another text in its head."""
    return lambda version: WireReply(content=b"".join(_head_and_body(version)).replace(old, new, 1))


def gigabyte_of_gzip() -> Iterator[bytes]:
    """A valid gzip stream (RFC 1952) that expands to a gigabyte of zeros, a megabyte at a time."""
    packer, megabyte, checksum = zlib.compressobj(wbits=-zlib.MAX_WBITS), bytes(MEBIBYTE), 0
    # After a full flush the stream refers to no earlier data, so the same bytes can be repeated.
    block = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    yield b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    for _ in range(GZIP_BYTES // MEBIBYTE):
        checksum = zlib.crc32(megabyte, checksum)
        yield block
    yield packer.flush() + struct.pack("<II", checksum, GZIP_BYTES)


def repeated(
    begin: bytes, block: bytes, *fields: str, times: int | None = None
) -> Callable[[Version], WireReply]:
    """An answer with these fields that goes on with `begin` and blocks, without `times` for ever.

    Without fields its head stays open.
    """

    def build(version: Version) -> WireReply:
        opened = head(version, *fields)
        content = opened if fields else opened.removesuffix(b"\r\n")
        return WireReply(content=content + begin, flood=islice(repeat(block), times))

    return build


def gzipped(*fields: str) -> Callable[[Version], WireReply]:
    """A gigabyte under gzip behind a head with these fields."""
    return lambda version: WireReply(content=head(version, *fields), flood=gigabyte_of_gzip())


def _interim_flood(_version: Version) -> WireReply:
    return WireReply(flood=repeat(f"HTTP/1.1 100 Continue\r\n{MARK}: 1\r\n\r\n".encode() * 1_000))


WIRE_BUILDERS: Final[Mapping[FaultName, Callable[[Version], WireReply]]] = {
    FaultName.RESET: lambda _version: WireReply(reset=True),
    FaultName.CLOSE: lambda _version: WireReply(),
    FaultName.TRUNCATED: _truncated,
    FaultName.WRONG_LENGTH: _wrong_length,
    FaultName.GARBAGE: lambda _version: WireReply(content=b"\x00\xffsandbox garbage\r\n\r\n"),
    FaultName.BAD_CHUNK: _bad_chunk,
    FaultName.HANG: lambda _version: WireReply(silence=HANG_SECONDS),
    FaultName.DRIP: _drip,
    FaultName.HANG_HEAD: _hang_head,
    FaultName.HANG_BODY: _hang_body,
    FaultName.REASON_LATIN1: replaced(b"200 OK", b"200 N\xe3o h\xe1 problema"),
    FaultName.HTTP_09: lambda version: WireReply(content=result_reply(version, _OK).content),
    FaultName.HTTP_2: lambda _version: WireReply(content=b"\0\0\0\4\0\0\0\0\0"),
    FaultName.TWO_LENGTHS: replaced(b"Content-Length", b"Content-Length: 5\r\nContent-Length"),
    FaultName.SPLIT: lambda version: WireReply(
        content=b"".join((*_head_and_body(version), *_head_and_body(version, "023")))
    ),
    FaultName.SURPLUS: lambda version: WireReply(
        content=b"".join(_head_and_body(version)) + b"\0sandbox\r\n"
    ),
    FaultName.EQUAL_LENGTHS: _equal_lengths,
    FaultName.LENGTH_AND_CHUNKS: _length_and_chunks,
    FaultName.ODD_FIELDS: replaced(
        b"Content-Length",
        b"N\xc3\xbamero: 1\r\nno field\r\nX-A: \0\r\n folded\r\nContent-Length ",
    ),
    FaultName.ENDLESS_HEADERS: repeated(b"", b"X-Sandbox: again\r\n" * 2_000),
    FaultName.ENDLESS_LINE: repeated(b"X-Sandbox: ", b"a" * _BLOCK),
    FaultName.INTERIM_FLOOD: _interim_flood,
    FaultName.TINY_CHUNKS: repeated(b"", b"1\r\nx\r\n" * 10_000, _CHUNKED),
    FaultName.CHUNK_EXTENSION: repeated(b"1;", b"a" * _BLOCK, _CHUNKED),
    FaultName.ENDLESS_TRAILERS: repeated(b"0\r\n", b"X-Sandbox: again\r\n" * 2_000, _CHUNKED),
    FaultName.TEXT_200MB: repeated(
        b"", b"x" * _BLOCK, f"Content-Length: {TEXT_BYTES}", times=TEXT_BYTES // _BLOCK
    ),
    FaultName.CHUNKED_200MB: repeated(b"", _CHUNK, _CHUNKED, times=TEXT_BYTES // _BLOCK),
    FaultName.GZIP_GIGABYTE: gzipped("Content-Encoding: gzip", _CLOSE),
    FaultName.GZIP_UNANNOUNCED: gzipped(_CLOSE),
}
