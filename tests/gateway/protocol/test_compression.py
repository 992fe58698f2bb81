"""A body is unpacked by its bytes, within a limit of what comes out."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.protocol.compression import MAX_LAYERS, MAX_MEMBERS, unpack
from bot.gateway.protocol.errors import BadEncoding, TooLarge

LIMIT = 1_000
XML = b"<a>" + b"b" * (LIMIT - 7) + b"</a>"


def raw_deflate(content: bytes) -> bytes:
    """Without the header that the standard demands, as some servers send it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def members(content: bytes, count: int) -> bytes:
    """As gzip in several parts, the first ones empty."""
    return gzip.compress(b"") * (count - 1) + gzip.compress(content)


PACKED: dict[str, tuple[bytes, str]] = {
    "plain": (XML, ""),
    "plain, announced as gzip": (XML, "gzip"),
    "plain in UTF-16, announced as gzip": (b"\xff\xfe<\x00a\x00", "gzip"),
    "plain behind white space, announced as Brotli": (b"\r\n \t\r\n" + b"<a/>", "br"),
    "nothing": (b"", "gzip"),
    "gzip": (gzip.compress(XML), "gzip"),
    "gzip by its old name": (gzip.compress(XML), "x-gzip"),
    "gzip, not announced": (gzip.compress(XML), ""),
    "gzip, announced as deflate": (gzip.compress(XML), "deflate"),
    "gzip, announced twice": (gzip.compress(XML), "gzip, gzip"),
    "gzip twice": (gzip.compress(gzip.compress(XML)), "gzip, gzip"),
    "gzip twice, announced once": (gzip.compress(gzip.compress(XML)), "gzip"),
    "gzip within deflate": (zlib.compress(gzip.compress(XML)), "gzip, deflate"),
    "gzip in several parts": (members(XML, MAX_MEMBERS), "gzip"),
    "gzip and padding": (gzip.compress(XML) + b"\0" * 9, "gzip"),
    "gzip without its checksum": (gzip.compress(XML)[:-8], "gzip"),
    "deflate": (zlib.compress(XML), "deflate"),
    "deflate, announced as gzip": (zlib.compress(XML), "gzip"),
    "deflate without its header": (raw_deflate(XML), "deflate"),
}


@pytest.mark.parametrize(("content", "encoding"), PACKED.values(), ids=PACKED.keys())
def test_what_the_bytes_say_is_undone(content: bytes, encoding: str) -> None:
    """Whatever was announced, up to the limit itself."""
    plain = content if content[:1] not in b"\x1f\x78" and b"<" in content[:20] else XML
    assert (plain if content else b"") == unpack(content, encoding, LIMIT)


def test_what_came_before_a_break_is_kept() -> None:
    """It may hold a whole answer."""
    whole = bytes(range(256)) * 3
    packed = gzip.compress(b"<" + whole)
    assert (b"<" + whole).startswith(unpack(packed[:-40], "gzip", LIMIT))
    assert unpack(packed[:-40], "gzip", LIMIT)


BAD: dict[str, tuple[bytes, str, str]] = {
    "an unknown one": (b"\x8b\x02\x80" * 40, "br", "br"),
    "an unknown one that is not the last": (b"\x28\xb5\x2f\xfd", "gzip, zstd", "gzip, zstd"),
    "a wrong checksum": (gzip.compress(XML)[:-8] + bytes(8), "gzip", "gzip"),
    "a damaged one that nobody announced": (b"\x1f\x8b\x08\xff\xff", "", "unknown"),
    "a name that no compression has": (b"\x8b\x02\x80", "<canary>", "unknown"),
    "a list that nobody needs": (b"\x8b\x02\x80", ", ".join("abcde"), "unknown"),
    "gzip thrice": (gzip.compress(gzip.compress(gzip.compress(XML))), "gzip", "gzip"),
    "gzip in more parts than any": (members(XML, MAX_MEMBERS + 1), "gzip", "gzip"),
}


@pytest.mark.parametrize(("content", "encoding", "fact"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_undone_is_an_error_that_names_it(
    content: bytes, encoding: str, fact: str
) -> None:
    """The name only in a form that cannot carry a server's text."""
    with pytest.raises(BadEncoding) as caught:
        unpack(content, encoding, LIMIT)
    assert fact == caught.value.fact


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate])
@pytest.mark.parametrize("size", [LIMIT + 1, 10_000_000])
def test_more_than_the_limit_is_too_large(pack: Callable[[bytes], bytes], size: int) -> None:
    """The limit is that of the output, so a bomb unfolds no further."""
    with pytest.raises(TooLarge):
        unpack(pack(b"<" * size), "deflate", LIMIT)


def test_parts_count_together() -> None:
    """The limit is that of the whole."""
    half = gzip.compress(b"<" * (LIMIT // 2))
    assert LIMIT == len(unpack(half * 2, "gzip", LIMIT))
    with pytest.raises(TooLarge):
        unpack(half * 2 + gzip.compress(b"<"), "gzip", LIMIT)


@given(st.binary(max_size=40), st.sampled_from(["", "gzip", "deflate", "br", "gzip, gzip"]))
def test_any_bytes_are_unpacked_or_an_error_of_ours(content: bytes, encoding: str) -> None:
    """And never become longer than the limit."""
    for begun in (content, b"\x1f\x8b\x08" + content, gzip.compress(content)):
        try:
            assert len(unpack(begun, encoding, LIMIT)) <= LIMIT
        except (BadEncoding, TooLarge):
            assert MAX_LAYERS
