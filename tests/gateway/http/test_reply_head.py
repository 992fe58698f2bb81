"""Fields of a head whose names are not ASCII are dropped, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.http.connector import MAX_HEAD_BYTES, MAX_HEAD_LINES, HeadFilter, ReplyTooLong
from bot.gateway.http.transport import open_transport
from bot.gateway.protocol.errors import ConnectionLost, GatewayError, TransportFailed
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
ODD = "Número: 1\r\n".encode()
PLAIN = b"X-A: \xff\r\n"  # a value may be anything

HEADS: dict[str, tuple[bytes, bytes]] = {
    "in UTF-8": (STATUS + ODD + PLAIN + b"\r\nbody", STATUS + PLAIN + b"\r\nbody"),
    "in Latin-1": (STATUS + b"N\xfamero: 1\r\n\r\n", STATUS + b"\r\n"),
    "the last one": (STATUS + PLAIN + ODD + b"\r\n", STATUS + PLAIN + b"\r\n"),
    "with line feeds alone": (b"HTTP/1.1 200 OK\n\xff: 1\n\nbody", b"HTTP/1.1 200 OK\n\nbody"),
    "folded": (STATUS + ODD + b" more\r\n\tmore\r\n\r\n", STATUS + b"\r\n"),
    "folded, but another": (
        STATUS + PLAIN + b" \xff\r\n\r\n",
        STATUS + PLAIN + b" \xff\r\n\r\n",
    ),
    "folded to the end": (STATUS + ODD + b" more\r\n\r\n more", STATUS + b"\r\n more"),
    "in an interim reply and after it": (
        CONTINUE + ODD + b"\r\n" + STATUS + ODD + b"\r\n" + ODD,
        CONTINUE + b"\r\n" + STATUS + b"\r\n" + ODD,
    ),
    "in the body": (STATUS + b"\r\n" + ODD, STATUS + b"\r\n" + ODD),
    "after an upgrade": (
        b"HTTP/1.1 101 Switching\r\n\r\n" + ODD,
        b"HTTP/1.1 101 Switching\r\n\r\n" + ODD,
    ),
    "in the reason, in Latin-1": (
        b"HTTP/1.1 200 N\xe3o h\xe1\r\n\r\n\xe3",
        b"HTTP/1.1 200 No h\r\n\r\n\xe3",
    ),
    "after empty lines": (
        b"\r\n\n" + STATUS + ODD + b"\r\n",
        b"\r\n\n" + STATUS + b"\r\n",
    ),
    "in the reason, after empty lines": (
        b"\r\n\r\nHTTP/1.1 200 N\xe3o\r\n\r\n",
        b"\r\n\r\nHTTP/1.1 200 No\r\n\r\n",
    ),
    "in the version": (b"\xff\xfe: 1\r\n\r\n", b"\xff\xfe: 1\r\n\r\n"),
    "no line at all": (b"\xff\xfe", b"\xff\xfe"),
    "as long as allowed": (
        STATUS + b"X-A: " + b"a" * (MAX_HEAD_BYTES - 26) + b"\r\n\r\n",
        STATUS + b"X-A: " + b"a" * (MAX_HEAD_BYTES - 26) + b"\r\n\r\n",
    ),
    "as many lines as allowed": (
        STATUS + b"\xff: 1\r\n" * (MAX_HEAD_LINES - 2) + b"\r\n",
        STATUS + b"\r\n",
    ),
}


@pytest.mark.parametrize(("sent", "passed"), HEADS.values(), ids=HEADS.keys())
def test_a_field_without_a_proper_name_is_left_out(sent: bytes, passed: bytes) -> None:
    """And nothing else, for a head in one piece or byte by byte."""
    whole, dripping = HeadFilter(), HeadFilter()
    assert passed == whole.feed(sent)
    assert passed == b"".join(dripping.feed(bytes([byte])) for byte in sent)


TOO_LONG = {
    "one line": STATUS + b"X-A: " + b"a" * (MAX_HEAD_BYTES - 25) + b"\r\n\r\n",
    "one status line": b"HTTP/1.1 200 " + b"a" * MAX_HEAD_BYTES,
    "one line that never ends": STATUS + b"X-A: " + b"a" * MAX_HEAD_BYTES,
    "many lines": STATUS + b"\xff: 1\r\n" * (MAX_HEAD_LINES - 1) + b"\r\n",
    "many interim replies": (CONTINUE + b"\r\n") * (MAX_HEAD_LINES // 2) + STATUS,
}


@pytest.mark.parametrize("sent", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_a_head_that_is_longer_than_any_is_refused(sent: bytes) -> None:
    """In one piece or byte by byte, and with fields that would have been dropped."""
    whole, dripping = HeadFilter(), HeadFilter()
    with pytest.raises(ReplyTooLong):
        whole.feed(sent)
    with pytest.raises(ReplyTooLong):
        b"".join(dripping.feed(bytes([byte])) for byte in sent)


@given(st.lists(st.sampled_from([b"a", b":", b" ", b"\r", b"\n", b"HTTP/1.1 1", b"00"])))
def test_a_head_in_ascii_is_passed_on_unchanged(pieces: list[bytes]) -> None:
    """Up to the unfinished line, which is buffered."""
    sent, filtered = b"".join(pieces), HeadFilter()
    passed = b"".join(filtered.feed(piece) for piece in pieces)
    assert sent.startswith(passed)
    assert b"\n" not in sent[len(passed) :]


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
        (b"\x15\x03\x03\x00\x02\x02\x16", TransportFailed),  # an alert of TLS
        (b"HTTP/1.1 200 OK\r\nX A: 1\r\n\r\n", TransportFailed),
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
