"""The faults below HTTP: the connection itself is wrong, so bytes go to the transport.

And those without an end, or too large for memory: their parts are made while they are sent, so the
sandbox itself stays small. `WIRE_BUILDERS` are plain values; `send` alone does I/O.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Final

from bot.gateway.sandbox.envelope import MARK, Version, result_reply
from bot.gateway.sandbox.fault_names import FaultName

HANG_SECONDS: Final = 120.0
DRIP_SECONDS: Final = 1.0

#: How many bytes `wrong-length` sends beyond its announced length.
SHORT_BY: Final = 40

MEBIBYTE: Final = 1024 * 1024
TEXT_BYTES: Final = 200 * MEBIBYTE
GZIP_BYTES: Final = 1024 * MEBIBYTE

_BLOCK: Final = 64 * 1024
_CHUNKED: Final = "Transfer-Encoding: chunked"
_CLOSE: Final = "Connection: close"
_OK: Final = "ok:85.00"
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReply:
    """Bytes for the transport, and how the connection ends.

    `flood` follows `content` as fast as the client takes it, part by part as they are made; then
    `drip` follows byte by byte, `pace` seconds apart; then `hold` seconds of silence.
    """

    content: bytes = b""
    flood: Iterable[bytes] = ()
    drip: bytes = b""
    pace: float = 0.0
    hold: float = 0.0
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


def _truncated(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    begin = head(version, f"Content-Length: {len(body)}")
    return WireReply(content=begin + body[: len(body) // 2])


def _wrong_length(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    return WireReply(content=head(version, f"Content-Length: {len(body) - SHORT_BY}") + body)


def _bad_chunk(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    begin = head(version, "Transfer-Encoding: chunked")
    return WireReply(content=begin + b"many\r\n" + body + b"\r\n0\r\n\r\n")


def _drip(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    begin = head(version, f"Content-Length: {len(body)}")
    return WireReply(content=begin, drip=body, pace=DRIP_SECONDS)


def _hang_head(version: Version) -> WireReply:
    begin = head(version, "Content-Length: 1")
    return WireReply(content=begin.removesuffix(b"1\r\n\r\n"), hold=HANG_SECONDS)


def _hang_body(version: Version) -> WireReply:
    return replace(_truncated(version), hold=HANG_SECONDS)


def _reason_latin1(version: Version) -> WireReply:
    whole = _whole(version, _OK).replace(b"200 OK", "200 Não há problema".encode("latin-1"), 1)
    return WireReply(content=whole)


def _two_lengths(version: Version) -> WireReply:
    whole = _whole(version, _OK)
    return WireReply(
        content=whole.replace(b"Content-Length", b"Content-Length: 5\r\nContent-Length", 1)
    )


def _split(version: Version) -> WireReply:
    return WireReply(content=_whole(version, _OK) + _whole(version, "023"))


def _whole(version: Version, text: str) -> bytes:
    body = result_reply(version, text).content
    return head(version, f"Content-Length: {len(body)}") + body


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


def endless(begin: bytes, block: bytes, *fields: str) -> Callable[[Version], WireReply]:
    """An answer whose head, with these fields, stays open after `begin` and never ends."""

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


WIRE_BUILDERS: Final[Mapping[FaultName, Callable[[Version], WireReply]]] = {
    FaultName.RESET: lambda _version: WireReply(reset=True),
    FaultName.CLOSE: lambda _version: WireReply(),
    FaultName.TRUNCATED: _truncated,
    FaultName.WRONG_LENGTH: _wrong_length,
    FaultName.GARBAGE: lambda _version: WireReply(content=b"\x00\xffsandbox garbage\r\n\r\n"),
    FaultName.BAD_CHUNK: _bad_chunk,
    FaultName.HANG: lambda _version: WireReply(hold=HANG_SECONDS),
    FaultName.DRIP: _drip,
    FaultName.HANG_HEAD: _hang_head,
    FaultName.HANG_BODY: _hang_body,
    FaultName.REASON_LATIN1: _reason_latin1,
    FaultName.HTTP_09: lambda version: WireReply(content=result_reply(version, _OK).content),
    FaultName.HTTP_2: lambda _version: WireReply(content=b"\0\0\0\4\0\0\0\0\0"),
    FaultName.TWO_LENGTHS: _two_lengths,
    FaultName.SPLIT: _split,
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


async def send(transport: asyncio.Transport | None, reply: WireReply) -> None:
    """Plays the reply on the transport and ends the connection; None means the client left."""
    if transport is None:
        return
    protocol, loop = transport.get_protocol(), asyncio.get_running_loop()
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    # The client may leave at any point.
    with suppress(ConnectionError):
        await _write(writer, reply)
    await asyncio.sleep(0 if transport.is_closing() else reply.hold)
    if reply.reset:
        # Lingering for zero seconds makes the kernel send RST instead of FIN.
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()
    else:
        transport.close()


async def _write(writer: asyncio.StreamWriter, reply: WireReply) -> None:
    writer.write(reply.content)
    for part in reply.flood:
        if writer.is_closing():
            return
        writer.write(part)
        await writer.drain()
        # Other clients need turns too, while this one accepts all data.
        await asyncio.sleep(0)
    for byte in reply.drip:
        if writer.is_closing():
            return
        writer.write(bytes((byte,)))
        await asyncio.sleep(reply.pace)
