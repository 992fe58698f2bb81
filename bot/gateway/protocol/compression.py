"""A body that the server compressed although nobody asked for it (RFC 9110, section 8.4.1). No I/O.

The bytes decide, the header only helps: some servers announce a compression and apply none, or
apply one and do not announce it.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from bot.gateway.protocol.errors import BadEncoding, TooLarge

# A server and a proxy may each compress once.
MAX_LAYERS: Final = 2
# A gzip file may be several in a row (RFC 1952, section 2.2).
MAX_MEMBERS: Final = 16

_GZIP: Final = b"\x1f\x8b\x08"
_GZIP_WINDOW: Final = zlib.MAX_WBITS + 16
_NAMES: Final = re.compile("[a-z0-9-]{1,20}(?:, [a-z0-9-]{1,20}){0,3}")


def unpack(content: bytes, encoding: str, limit: int) -> bytes:
    """The content without its compression; of one that was cut off, as much as there is.

    Args:
        content: the whole body as received.
        encoding: the header in lower case; empty if absent.
        limit: the most bytes that the result may have.

    Raises:
        BadEncoding: the compression is unknown or damaged; the fact is its name.
        TooLarge: the result would be larger.
    """
    layers = 0
    while (window := _window(content, encoding)) is not None:
        layers += 1
        try:
            content = _inflate(content, window, limit) if layers <= MAX_LAYERS else b""
        except zlib.error:
            content = b""
        if not content:
            raise BadEncoding(encoding if _NAMES.fullmatch(encoding) else "unknown")
    return content


def _window(content: bytes, encoding: str) -> int | None:
    """How zlib has to read this content (its `wbits`); none if it is not compressed."""
    if content.startswith(_GZIP):
        return _GZIP_WINDOW
    # XML begins so, in every character set and behind every mark.
    if not encoding or not content or b"<" in content.lstrip()[:4]:
        return None
    # RFC 1950, section 2.2. Some servers leave that header out.
    wrapped = content[0] & 15 == zlib.DEFLATED and int.from_bytes(content[:2]) % 31 == 0
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS


def _inflate(content: bytes, window: int, limit: int) -> bytes:
    whole = b""
    for _ in range(MAX_MEMBERS):
        stream = zlib.decompressobj(window)
        whole += stream.decompress(content, limit + 1 - len(whole))
        if len(whole) > limit:
            raise TooLarge
        content = stream.unused_data
        if not content.startswith(_GZIP):
            break
    return whole
