"""The faults without an end, or of a size that nobody can hold: made while they go out.

Pure: plain values whose parts are made when they are asked for, so the sandbox itself stays small.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import repeat
from types import MappingProxyType
from typing import Final

from bot.gateway.sandbox.envelope import MARK, Version
from bot.gateway.sandbox.fault_names import FaultName
from bot.gateway.sandbox.fault_wire import WireReply, head

MEBIBYTE: Final = 1024 * 1024
TEXT_BYTES: Final = 200 * MEBIBYTE
GZIP_BYTES: Final = 1024 * MEBIBYTE

_BLOCK: Final = 64 * 1024
_CHUNKED: Final = "Transfer-Encoding: chunked"
_CLOSE: Final = "Connection: close"


def gigabyte_of_gzip() -> Iterator[bytes]:
    """A sound gzip stream (RFC 1952) that unfolds to a gigabyte of zeros, a megabyte at a time."""
    packer, megabyte, checksum = zlib.compressobj(wbits=-zlib.MAX_WBITS), bytes(MEBIBYTE), 0
    # After a full flush nothing refers to what was before, so the same bytes serve each time.
    block = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    yield b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    for _ in range(GZIP_BYTES // MEBIBYTE):
        checksum = zlib.crc32(megabyte, checksum)
        yield block
    yield packer.flush() + struct.pack("<II", checksum, GZIP_BYTES)


def endless(begin: bytes, block: bytes, *fields: str) -> Callable[[Version], WireReply]:
    """An answer whose head, with these fields, is open after `begin` and goes on for ever."""

    def build(version: Version) -> WireReply:
        opened = head(version, *fields)
        content = opened if fields else opened.removesuffix(b"\r\n")
        return WireReply(content=content + begin, flood=repeat(block))

    return build


def _text(version: Version) -> WireReply:
    times = TEXT_BYTES // _BLOCK
    begin = head(version, f"Content-Length: {TEXT_BYTES}")
    return WireReply(content=begin, flood=repeat(b"x" * _BLOCK, times))


def _chunked_text(version: Version) -> WireReply:
    chunk = b"%x\r\n%b\r\n" % (_BLOCK, b"x" * _BLOCK)
    times = TEXT_BYTES // _BLOCK
    return WireReply(content=head(version, _CHUNKED), flood=repeat(chunk, times))


def gzipped(*fields: str) -> Callable[[Version], WireReply]:
    """A gigabyte under gzip behind a head with these fields."""
    return lambda version: WireReply(content=head(version, *fields), flood=gigabyte_of_gzip())


def _interim_flood(_version: Version) -> WireReply:
    return WireReply(flood=repeat(f"HTTP/1.1 100 Continue\r\n{MARK}: 1\r\n\r\n".encode() * 1_000))


FLOODS: Final[Mapping[FaultName, Callable[[Version], WireReply]]] = MappingProxyType(
    {
        FaultName.ENDLESS_HEADERS: endless(b"", b"X-Sandbox: again\r\n" * 2_000),
        FaultName.ENDLESS_LINE: endless(b"X-Sandbox: ", b"a" * _BLOCK),
        FaultName.INTERIM_FLOOD: _interim_flood,
        FaultName.TINY_CHUNKS: endless(b"", b"1\r\nx\r\n" * 10_000, _CHUNKED),
        FaultName.CHUNK_EXTENSION: endless(b"1;", b"a" * _BLOCK, _CHUNKED),
        FaultName.ENDLESS_TRAILERS: endless(b"0\r\n", b"X-Sandbox: again\r\n" * 2_000, _CHUNKED),
        FaultName.TEXT_200MB: _text,
        FaultName.CHUNKED_200MB: _chunked_text,
        FaultName.GZIP_GIGABYTE: gzipped("Content-Encoding: gzip", _CLOSE),
        FaultName.GZIP_UNANNOUNCED: gzipped(_CLOSE),
    }
)
