"""The faults below HTTP: what is wrong is the connection itself, so bytes go to the transport.

`WIRE_BUILDERS` are plain values; `send` is the one function here that does I/O.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.gateway.sandbox.envelope import MARK, Version, result_reply
from bot.gateway.sandbox.fault_names import FaultName

HANG_SECONDS: Final = 120.0
DRIP_SECONDS: Final = 1.0

#: How many bytes fewer than it sends `wrong-length` announces.
SHORT_BY: Final = 40

_OK: Final = "ok:85.00"
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReply:
    """Bytes for the transport, and how the connection ends.

    `drip` follows `content` byte by byte, `pace` seconds apart; then `hold` seconds of silence.
    """

    content: bytes = b""
    drip: bytes = b""
    pace: float = 0.0
    hold: float = 0.0
    reset: bool = False


def _head(version: Version, *fields: str) -> bytes:
    lines = (
        "HTTP/1.1 200 OK",
        f"Content-Type: {version.media_type}; charset=utf-8",
        f"{MARK}: 1",
        *fields,
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def _truncated(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    head = _head(version, f"Content-Length: {len(body)}")
    return WireReply(content=head + body[: len(body) // 2])


def _wrong_length(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    return WireReply(content=_head(version, f"Content-Length: {len(body) - SHORT_BY}") + body)


def _bad_chunk(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    head = _head(version, "Transfer-Encoding: chunked")
    return WireReply(content=head + b"many\r\n" + body + b"\r\n0\r\n\r\n")


def _drip(version: Version) -> WireReply:
    body = result_reply(version, _OK).content
    head = _head(version, f"Content-Length: {len(body)}")
    return WireReply(content=head, drip=body, pace=DRIP_SECONDS)


WIRE_BUILDERS: Final[Mapping[FaultName, Callable[[Version], WireReply]]] = MappingProxyType(
    {
        FaultName.RESET: lambda _version: WireReply(reset=True),
        FaultName.CLOSE: lambda _version: WireReply(),
        FaultName.TRUNCATED: _truncated,
        FaultName.WRONG_LENGTH: _wrong_length,
        FaultName.GARBAGE: lambda _version: WireReply(content=b"\x00\xffsandbox garbage\r\n\r\n"),
        FaultName.BAD_CHUNK: _bad_chunk,
        FaultName.HANG: lambda _version: WireReply(hold=HANG_SECONDS),
        FaultName.DRIP: _drip,
    }
)


async def send(transport: asyncio.Transport | None, reply: WireReply) -> None:
    """Plays the reply on the transport and ends the connection; None is a client that left."""
    if transport is None:
        return
    transport.write(reply.content)
    for byte in reply.drip:
        if transport.is_closing():
            return
        transport.write(bytes((byte,)))
        await asyncio.sleep(reply.pace)
    await asyncio.sleep(reply.hold)
    if reply.reset:
        # Lingering for zero seconds makes the kernel send RST where it would send FIN.
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()
    else:
        transport.close()
