"""The head of a reply is made canonical: few fields, each once, and one end of the body."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.http.reply_head import (
    MAX_HEAD_BYTES,
    MAX_HEAD_LINES,
    LengthUnclear,
    ReplyHead,
    ReplyTooLong,
)
from bot.gateway.http.transport import open_transport
from bot.gateway.protocol.errors import BadHttp, ConnectionLost, GatewayError
from tests.gateway.gateway_loopback import (
    Exchange,
    always,
    call_status_of,
    client_of,
    http,
    one_request,
    result,
    serving,
)

STATUS = b"HTTP/1.1 200 OK\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n"
CLEAN = b"HTTP/1.1 200 \r\n"
ODD = "Número: 1\r\n".encode()
TYPE = b"content-type: text/xml\r\n"
LENGTH = b"content-length: 4\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
CLOSE = b"connection: close\r\n"
PACKED = b"content-encoding: gzip\r\n"


def passed(sent: bytes) -> bytes:
    """What the parser gets of a reply; the same in one piece and byte by byte."""
    whole, dripping = ReplyHead(), ReplyHead()
    at_once = whole.feed(sent)
    assert at_once == b"".join(dripping.feed(bytes([byte])) for byte in sent)
    assert (whole.ended, whole.excess) == (dripping.ended, dripping.excess)
    return at_once


FIELDS: dict[str, tuple[bytes, bytes]] = {
    "an unused field": (b"Server: IIS\r\n" + TYPE, TYPE),
    "a field whose name is not ASCII": (ODD + TYPE, TYPE),
    "a name with a space behind it": (b"Content-Type : text/xml\r\n", TYPE),
    "a name within which there is a space": (b"Content Type: text/xml\r\n", b""),
    "no colon": (b"canary\r\n" + TYPE, TYPE),
    "no name": (b": canary\r\n" + TYPE, TYPE),
    "white space alone": (b" \t\r\n" + TYPE, TYPE),
    "no white space before the value": (b"Content-Type:text/xml\r\n", TYPE),
    "a folded value": (
        b"Content-Type: text/xml;\r\n\t a=b\r\n",
        b"content-type: text/xml;  a=b\r\n",
    ),
    "a folded value of an unused field": (b"X: a\r\n Content-Length: 5\r\n" + TYPE, TYPE),
    "the same field again": (TYPE + b"Content-Type: text/html\r\n", TYPE),
    "the field of a proxy": (b"Set-Cookie: a\r\nProxy-Authenticate: b\r\nLocation: c\r\n", b""),
    "a date": (b"DATE: Mon\r\n", b"date: Mon\r\n"),
    "a wait": (b"Retry-After: 7\r\n", b"retry-after: 7\r\n"),
    "the sandbox's mark": (
        b"X-Voicestatus-Sandbox: 1\r\n",
        b"x-voicestatus-sandbox: 1\r\n",
    ),
    "a value that would be another field": (
        b"Date: a\rContent-Length: 5\r\n",
        b"date: a Content-Length: 5\r\n",
    ),
    "control characters and accents": (b"Date: a\0b\x7fc\xffd\r\n", b"date: a b c d\r\n"),
    "line feeds alone": (b"Content-Type: text/xml\n", TYPE),
    "a length": (b"Content-Length: 4\r\n", LENGTH),
    "zeros before a length": (b"Content-Length: 0004\r\n", LENGTH),
    "a length of zero": (b"Content-Length: 0\r\n", b"content-length: 0\r\n"),
    "two equal lengths": (b"Content-Length: 4\r\ncontent-length: 04\r\n", LENGTH),
    "equal lengths in one field": (b"Content-Length: 4,4 , 4\r\n", LENGTH),
    "empty parts of a list": (b"Content-Length: ,4,\r\n", LENGTH),
    "an empty length": (b"Content-Length:\r\n", b""),
    "chunks": (b"Transfer-Encoding: Chunked\r\n", CHUNKED),
    "chunks, twice": (CHUNKED + CHUNKED, CHUNKED),
    "chunks and a length": (LENGTH + CHUNKED, CHUNKED + CLOSE),
    "chunks and lengths that differ": (
        LENGTH + b"Content-Length: -5\r\n" + CHUNKED,
        CHUNKED + CLOSE,
    ),
    "gzip under the chunks": (b"Transfer-Encoding: gzip, chunked\r\n", CHUNKED + PACKED),
    "gzip without chunks": (b"Transfer-Encoding: gzip\r\n" + LENGTH, CLOSE + PACKED),
    "a transfer as it is": (b"Transfer-Encoding: identity\r\n" + LENGTH, LENGTH),
    "a connection that ends": (b"Connection: Keep-Alive\r\nConnection: Close\r\n", CLOSE),
    "a connection that stays": (b"Connection: Keep-Alive, x\r\n", b"connection: keep-alive\r\n"),
    "a connection for something else": (b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b""),
    "gzip": (b"Content-Encoding: GZip\r\n", PACKED),
    "gzip twice": (PACKED + PACKED, b"content-encoding: gzip, gzip\r\n"),
    "content as it is": (b"Content-Encoding: identity\r\n", b""),
}


@pytest.mark.parametrize(("sent", "canonical"), FIELDS.values(), ids=FIELDS.keys())
def test_the_parser_gets_the_used_fields_in_their_plain_form(sent: bytes, canonical: bytes) -> None:
    """Each once; chunks win over lengths, and whatever is framed twice is the last reply."""
    assert CLEAN + canonical + b"\r\n" == passed(STATUS + sent + b"\r\n")


def test_what_follows_the_head_passes_as_it_comes() -> None:
    """Even if it looks like a head."""
    assert CLEAN + b"\r\n" + ODD + STATUS == passed(STATUS + b"\r\n" + ODD + STATUS)


STATUS_LINES: dict[str, tuple[bytes, bytes]] = {
    "accents in the reason": (b"HTTP/1.1 200 N\xe3o h\xe1\r\n\r\n", CLEAN + b"\r\n"),
    "no reason": (b"HTTP/1.1 200\r\n\r\n", CLEAN + b"\r\n"),
    "two spaces": (b"HTTP/1.1  200 OK\r\n\r\n", CLEAN + b"\r\n"),
    "small letters": (b"http/1.1 200 ok\r\n\r\n", CLEAN + b"\r\n"),
    "a newer version": (b"HTTP/1.9 200 OK\r\n\r\n", CLEAN + b"\r\n"),
    "HTTP/2 in the form of HTTP/1": (b"HTTP/2 200 OK\r\n\r\n", CLEAN + b"\r\n"),
    "the old version": (b"HTTP/1.0 404 No\r\n\r\n", b"HTTP/1.0 404 \r\n\r\n"),
    "no content, and chunks of it": (
        b"HTTP/1.1 204 No\r\n" + CHUNKED + b"\r\n4\r\nbody",
        b"HTTP/1.1 204 \r\ncontent-length: 0\r\n\r\n",
    ),
    "nothing new, and a length of it": (
        b"HTTP/1.1 304 No\r\n" + LENGTH + b"\r\nbody",
        b"HTTP/1.1 304 \r\ncontent-length: 0\r\n\r\n",
    ),
    "chunks of the old version": (
        b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"\r\n",
        b"HTTP/1.0 200 \r\n" + CHUNKED + CLOSE + b"\r\n",
    ),
    "empty lines before it": (b"\r\n\n\r\n" + STATUS + b"\r\n", CLEAN + b"\r\n"),
    "one empty line before it": (b"\r\n" + STATUS + b"\r\n", CLEAN + b"\r\n"),
    "an interim reply before it": (CONTINUE + TYPE + b"\r\n" + STATUS + b"\r\n", CLEAN + b"\r\n"),
    "two interim replies before it": (
        (CONTINUE + b"\r\n") * 2 + b"\r\n" + STATUS + b"\r\n",
        CLEAN + b"\r\n",
    ),
    "another protocol": (
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n" + ODD,
        b"HTTP/1.1 101 \r\n\r\n" + ODD,
    ),
    "four digits": (b"HTTP/1.1 1000 OK\r\n\r\n", b"HTTP/1.1 1000 OK\r\n\r\n"),
    "two digits, after an interim reply": (
        CONTINUE + b"\r\nHTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
    ),
    "no HTTP": (b"\xff\xfe", b"\xff\xfe"),
    "no HTTP, after empty lines": (b"\r\nSSH-2.0", b"\r\nSSH-2.0"),
    "no HTTP, after an interim reply": (CONTINUE + b"\r\nHTML", b"HTML"),
    "a head without an end": (STATUS + TYPE, b""),
    "the beginning of a status line": (b"htt", b""),
    "as long as allowed": (
        STATUS + b"X: " + b"a" * (MAX_HEAD_BYTES - 24) + b"\r\n\r\n",
        CLEAN + b"\r\n",
    ),
    "as many lines as allowed": (
        STATUS + b"X: 1\r\n" * (MAX_HEAD_LINES - 2) + b"\r\n",
        CLEAN + b"\r\n",
    ),
}


@pytest.mark.parametrize(("sent", "canonical"), STATUS_LINES.values(), ids=STATUS_LINES.keys())
def test_the_parser_gets_one_plain_status_line(sent: bytes, canonical: bytes) -> None:
    """What is not HTTP passes as it is, for the parser to refuse."""
    assert canonical == passed(sent)


BODIES: dict[str, tuple[bytes, bytes, bool]] = {
    "as long as announced": (b"body", b"body", False),
    "shorter": (b"bod", b"bod", False),
    "longer": (b"body and more", b"body", True),
}


@pytest.mark.parametrize(("sent", "body", "excess"), BODIES.values(), ids=BODIES.keys())
def test_a_body_ends_where_its_length_says(sent: bytes, body: bytes, excess: bool) -> None:
    """More is dropped and noticed: it would be taken for the next reply."""
    head = ReplyHead()
    assert CLEAN + LENGTH + b"\r\n" == head.feed(STATUS + LENGTH + b"\r\n")
    assert (body[:2], body[2:]) == (head.feed(sent[:2]), head.feed(sent[2:]))
    assert excess == head.excess


@pytest.mark.parametrize(
    "lengths", [b"4, 5", b"4\r\nContent-Length: 5", b"-4", b"+4", b"4 4", b"4x", b"0x4", b"4\x004"]
)
def test_a_length_that_nobody_can_know_is_an_error(lengths: bytes) -> None:
    """The body of one reply would be taken for another."""
    with pytest.raises(LengthUnclear):
        ReplyHead().feed(STATUS + b"Content-Length: " + lengths + b"\r\n\r\n")


TOO_LONG = {
    "one line": STATUS + b"X: " + b"a" * (MAX_HEAD_BYTES - 23) + b"\r\n\r\n",
    "one status line": b"HTTP/1.1 200 " + b"a" * MAX_HEAD_BYTES,
    "one line that never ends": STATUS + b"X: " + b"a" * MAX_HEAD_BYTES,
    "many lines": STATUS + b"\xff: 1\r\n" * (MAX_HEAD_LINES - 1) + b"\r\n",
    "many interim replies": (CONTINUE + b"\r\n") * (MAX_HEAD_LINES // 2) + STATUS,
    "many empty lines": b"\r\n" * (MAX_HEAD_LINES + 1),
    "a length of more than 64 bits": STATUS + b"Content-Length: " + b"9" * 21 + b"\r\n\r\n",
}


@pytest.mark.parametrize("sent", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_a_head_that_is_longer_than_any_is_refused(sent: bytes) -> None:
    """In one piece or byte by byte, and with fields that would have been dropped."""
    whole, dripping = ReplyHead(), ReplyHead()
    with pytest.raises(ReplyTooLong):
        whole.feed(sent)
    with pytest.raises(ReplyTooLong):
        b"".join(dripping.feed(bytes([byte])) for byte in sent)


PIECES = st.sampled_from(
    [b"content-length", b"date", b":", b" ", b"\r", b"\n", b"HTTP/1.1 1", b"00", b"chunked", b"\0"]
)


@given(st.lists(PIECES).map(b"".join))
def test_any_head_becomes_one_that_the_parser_knows(sent: bytes) -> None:
    """No byte of the server's but of the used values, whatever it sends."""
    head = ReplyHead()
    try:
        made = head.feed(STATUS + sent)
    except (LengthUnclear, ReplyTooLong):
        return
    lines = made.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:] if head.ended else []
    assert {line.partition(b": ")[0] for line in lines} <= {b"content-length", b"date"}
    assert all(b"\r" not in line and b"\n" not in line and b"\0" not in line for line in lines)


@pytest.mark.parametrize(
    "name", ["Número".encode(), "Número".encode("latin-1"), b"\xf0\x9f\x93\x9e"]
)
async def test_a_good_answer_with_such_a_field_is_an_answer(name: bytes) -> None:
    """On every reply of a persistent connection."""
    body = result("024")
    reply = http(body).replace(b"\r\nContent-Length", b"\r\n" + name + b": 1\r\nContent-Length")
    async with serving(always(reply)) as server, client_of(server.url) as client:
        for _ in range(3):
            assert "024" == (await call_status_of(client)).raw
    assert (3, 1) == (len(server.requests), server.connections)


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"\x15\x03\x03\x00\x02\x02\x16", BadHttp),  # an alert of TLS
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\n", BadHttp),
        (b"HTTP/1.1 200 OK\r\nN\xfamero", ConnectionLost),
    ],
)
async def test_other_faults_of_a_head_stay_what_they_are(
    sent: bytes, error: type[GatewayError]
) -> None:
    """Another protocol is not HTTP, and an end within the head is a lost connection."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(sent)
        exchange.close()

    async with serving(script) as server, open_transport(server.url, connections=1) as transport:
        with pytest.raises(error) as caught:
            await transport.exchange(one_request())
    assert type(caught.value) is error
