"""Every fault of the sandbox's catalogue behaves on the wire as its sentence says."""

# The expected value comes first in an assertion.

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from bot.gateway.sandbox import fault_wire as wire
from bot.gateway.sandbox.answers import SCRIPTED, FaultName
from bot.gateway.sandbox.envelope import MARK, Version
from bot.gateway.sandbox.fault_replies import BUILDERS
from bot.gateway.sandbox.server import running_sandbox, send
from tests.support.seen_requests import SeenRequest, recording

NAMES = list(FaultName)
PATIENCE_SECONDS = 60.0
# How long the line must be silent before a fault counts as finished for now.
SILENCE_SECONDS = 0.3
# Seen while the connection is open and no further data arrives.
SILENT: set[str] = {FaultName.HANG, FaultName.HANG_HEAD, FaultName.HANG_BODY, FaultName.DRIP}
ENOUGH = 400_000  # of a flood: a part of it is enough
OK = b"<MPG_Status_VoiceResult>ok:85.00</MPG_Status_VoiceResult>"


@dataclass(frozen=True)
class Seen:
    """The bytes that a plain socket received."""

    version: Version
    raw: bytes
    end: str  # "closed", "reset", "open": still open and silent, or "enough"

    @property
    def status(self) -> int:
        """The status code."""
        return int(self.raw.split(b" ", 2)[1])

    @property
    def head(self) -> dict[str, str]:
        """The header fields by lower-case name."""
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}

    @property
    def body(self) -> bytes:
        """The bytes after the head."""
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def whole(self) -> bool:
        """Whether as much came as was announced."""
        return int(self.head["content-length"]) == len(self.body)


@pytest.fixture
async def address() -> AsyncIterator[tuple[str, int]]:
    """Host and port of a running sandbox."""
    async with running_sandbox("127.0.0.1", 0) as url:
        host, _, port = url.split("/")[2].partition(":")
        yield host, int(port)


def request_for(name: str, version: Version) -> bytes:
    """A look-up of that fault, as bytes."""
    twelve = version is Version.SOAP_12
    action = "PWGatewayVoice/MPG_Status_Voice"
    body = (
        f'<s:Envelope xmlns:s="{version.namespace}"><s:Body>'
        f'<MPG_Status_Voice xmlns="PWGatewayVoice"><Credencial>{"A" * 40}</Credencial>'
        f"<Token>123456</Token><IDMSG>SANDBOX-FAULT-{name}</IDMSG>"
        "</MPG_Status_Voice></s:Body></s:Envelope>"
    )
    typed = f'application/soap+xml; action="{action}"' if twelve else "text/xml"
    return (
        f"POST /voice/v_3_00/service.asmx HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        f'Content-Type: {typed}\r\nSOAPAction: "{action}"\r\n'
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )


async def look(
    address: tuple[str, int], name: str, version: Version, *, enough: int = 10**7
) -> Seen:
    """Sends the request as bytes and reads until the end, or enough, or silence as expected."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(request_for(name, version))
    raw, end = bytearray(), "closed"
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not _silent(name, Seen(version, bytes(raw), "open")):
                if not (chunk := await reader.read(1 << 20)):
                    break
                raw += chunk
                if len(raw) > enough:
                    end = "enough"
                    break
            else:
                async with asyncio.timeout(SILENCE_SECONDS):
                    raw += await reader.read(1 << 20)
    except ConnectionResetError:
        end = "reset"
    except TimeoutError:
        end = "open"
    writer.transport.abort()
    return Seen(version, bytes(raw), end)


def _silent(name: str, seen: Seen) -> bool:
    """Whether all data of this fault so far has arrived."""
    return name in SILENT and CHECKS[name](seen)


def fault(old: str, new: str, status: int = 500) -> Callable[[Seen], bool]:
    """A whole fault of the requested version, in its layout."""

    def holds(seen: Seen) -> bool:
        code = (
            f"<faultcode>soap:{old}</faultcode>"
            if seen.version is Version.SOAP_11
            else f"<soap:Value>soap:{new}</soap:Value>"
        )
        typed = seen.head["content-type"].startswith(seen.version.media_type)
        return seen.status == status and seen.whole and typed and code.encode() in seen.body

    return holds


def page(status: int) -> Callable[[Seen], bool]:
    """A whole HTML page with that status."""
    return lambda seen: (
        seen.status == status and seen.head["content-type"].startswith("text/html") and seen.whole
    )


def body(*parts: bytes) -> Callable[[Seen], bool]:
    """A whole answer with status 200 that contains these parts."""
    return lambda seen: seen.status == 200 and seen.whole and all(x in seen.body for x in parts)


def unfolds(size: int) -> Callable[[Seen], bool]:
    """A small gzip body that unfolds to this size and little more."""

    def holds(seen: Seen) -> bool:
        small = len(seen.body) < 40_000 and seen.head["content-encoding"] == "gzip"
        return small and seen.whole and size <= len(gzip.decompress(seen.body)) < size + 1_000

    return holds


def charset(name: str, codec: str, text: str) -> Callable[[Seen], bool]:
    """A body in this character set, which header and document name."""

    def holds(seen: Seen) -> bool:
        declared = f'encoding="{name}"' in seen.body.decode(codec)
        named = seen.head["content-type"].endswith(f"charset={name}")
        return declared and named and text in seen.body.decode(codec)

    return holds


def size(count: int) -> Callable[[Seen], bool]:
    """A result of this many characters."""

    def holds(seen: Seen) -> bool:
        text = seen.body.split(b"Result>")[1].partition(b"<")[0]
        return len(text.decode()) == count and seen.whole

    return holds


def flood(*parts: bytes) -> Callable[[Seen], bool]:
    """More than enough bytes, with these among them."""
    return lambda seen: seen.end == "enough" and all(part in seen.raw for part in parts)


CHECKS: dict[str, Callable[[Seen], bool]] = {
    FaultName.CLIENT: fault("Client", "Sender"),
    FaultName.SERVER: fault("Server", "Receiver"),
    FaultName.VERSION_MISMATCH: fault("VersionMismatch", "VersionMismatch"),
    FaultName.MUST_UNDERSTAND: fault("MustUnderstand", "MustUnderstand"),
    FaultName.FAULT_200: fault("Server", "Receiver", 200),
    FaultName.HTML: page(200),
    FaultName.HTML_500: page(500),
    FaultName.UNAVAILABLE: page(503),
    FaultName.BAD_GATEWAY: page(502),
    FaultName.GATEWAY_TIMEOUT: page(504),
    FaultName.FORBIDDEN: page(403),
    FaultName.NOT_FOUND: page(404),
    FaultName.REDIRECT: lambda seen: page(302)(seen) and seen.head["location"] == "/voice/moved",
    FaultName.REDIRECT_AWAY: lambda seen: (
        page(308)(seen) and seen.head["location"] == "https://elsewhere.invalid/voice"
    ),
    FaultName.RETRY_AFTER: lambda seen: page(503)(seen) and seen.head["retry-after"] == "2",
    FaultName.NO_CONTENT: lambda seen: (seen.status, seen.body) == (204, b""),
    FaultName.REASON_LATIN1: lambda seen: (
        seen.raw.startswith(b"HTTP/1.1 200 N\xe3o h\xe1 problema\r\n") and body(OK)(seen)
    ),
    FaultName.HANG_HEAD: lambda seen: (
        seen.end == "open" and seen.raw.startswith(b"HTTP/") and b"\r\n\r\n" not in seen.raw
    ),
    FaultName.HANG_BODY: lambda seen: seen.end == "open" and seen.body != b"" and not seen.whole,
    FaultName.HTTP_09: lambda seen: seen.raw.startswith(b"<?xml") and OK in seen.raw,
    FaultName.HTTP_2: lambda seen: seen.raw == b"\0\0\0\4\0\0\0\0\0",
    FaultName.TWO_LENGTHS: lambda seen: seen.raw.count(b"Content-Length: ") == 2 and OK in seen.raw,
    FaultName.SPLIT: lambda seen: (
        seen.raw.count(b"HTTP/1.1 200 OK") == 2 and b">023<" in seen.raw.split(OK)[1]
    ),
    FaultName.SURPLUS: lambda seen: seen.raw.endswith(b"Envelope>\0sandbox\r\n") and OK in seen.raw,
    FaultName.EQUAL_LENGTHS: lambda seen: (
        seen.head["content-length"] == f"{len(seen.body)}, {len(seen.body)}" and OK in seen.body
    ),
    FaultName.LENGTH_AND_CHUNKS: lambda seen: (
        (seen.head["content-length"], seen.head["transfer-encoding"]) == ("5", "chunked")
        and seen.body.endswith(b"Envelope>\r\n0\r\n\r\n")
    ),
    FaultName.ODD_FIELDS: lambda seen: (
        "Número: 1\r\nno field\r\n".encode() in seen.raw and OK in seen.body
    ),
    FaultName.ENDLESS_HEADERS: flood(b"X-Sandbox: again\r\n" * 10),
    FaultName.ENDLESS_LINE: flood(b"X-Sandbox: " + b"a" * 200_000),
    FaultName.INTERIM_FLOOD: flood(b"1\r\n\r\nHTTP/1.1 100 Continue\r\nX-Voice"),
    FaultName.TINY_CHUNKS: flood(b"\r\n\r\n1\r\nx\r\n1\r\nx\r\n"),
    FaultName.CHUNK_EXTENSION: flood(b"\r\n\r\n1;" + b"a" * 200_000),
    FaultName.ENDLESS_TRAILERS: flood(b"\r\n\r\n0\r\nX-Sandbox: again\r\nX-"),
    FaultName.TEXT_200MB: flood(b"Content-Length: 209715200\r\n", b"x" * 200_000),
    FaultName.CHUNKED_200MB: flood(b"\r\n\r\n10000\r\n" + b"x" * 65_536 + b"\r\n10000"),
    FaultName.GZIP_GIGABYTE: flood(b"Content-Encoding: gzip\r\n", b"\r\n\r\n\x1f\x8b"),
    FaultName.GZIP_UNANNOUNCED: lambda seen: (
        flood(b"\r\n\r\n\x1f\x8b")(seen) and "content-encoding" not in seen.head
    ),
    FaultName.GZIP_LIE: lambda seen: seen.head["content-encoding"] == "gzip" and body(OK)(seen),
    FaultName.UTF16_BARE: lambda seen: (
        seen.body.startswith(b"<\0?\0") and OK.decode() in seen.body.decode("utf-16-le")
    ),
    FaultName.WRONG_CHARSET: lambda seen: (
        b'encoding="utf-8"' in seen.body and "não atendida".encode("latin-1") in seen.body
    ),
    FaultName.NESTING_100000: body(b"<a>" * 100_000 + b"ok:85.00" + b"</a>" * 100_000),
    FaultName.ATTRIBUTES: body(OK, b"<a a0=''", b" a9999='' />"),
    FaultName.NAMESPACES: body(OK, b"n" * 100_000, b" n:a9999='' />"),
    FaultName.COMMENTS: body(OK, b"<!---->" * 20_000),
    FaultName.RESET: lambda seen: (seen.raw, seen.end) == (b"", "reset"),
    FaultName.CLOSE: lambda seen: (seen.raw, seen.end) == (b"", "closed"),
    FaultName.TRUNCATED: lambda seen: (
        0 < len(seen.body) == int(seen.head["content-length"]) // 2 and seen.end == "closed"
    ),
    FaultName.WRONG_LENGTH: lambda seen: (
        len(seen.body) == int(seen.head["content-length"]) + wire.SHORT_BY
        and seen.body.endswith(b"Envelope>")
    ),
    FaultName.GARBAGE: lambda seen: (
        not seen.raw.startswith(b"HTTP/") and seen.raw != b"" and seen.end == "closed"
    ),
    FaultName.BAD_CHUNK: lambda seen: (
        seen.head["transfer-encoding"] == "chunked" and seen.body.startswith(b"many\r\n")
    ),
    FaultName.HANG: lambda seen: (seen.raw, seen.end) == (b"", "open"),
    # One byte immediately and one after a second.
    FaultName.DRIP: lambda seen: seen.body in {b"<", b"<?"} and seen.end == "open",
    FaultName.BOM: lambda seen: seen.body.startswith(b"\xef\xbb\xbf<?xml") and body(OK)(seen),
    FaultName.UTF16: lambda seen: (
        charset("utf-16", "utf-16", OK.decode())(seen)
        and seen.body[:2] in {b"\xff\xfe", b"\xfe\xff"}
    ),
    FaultName.LATIN1: charset("iso-8859-1", "latin-1", "não atendida"),
    FaultName.BAD_CHARSET: charset("x-sandbox-none", "utf-8", OK.decode()),
    FaultName.GZIP: lambda seen: (
        seen.head["content-encoding"] == "gzip" and OK in gzip.decompress(seen.body)
    ),
    FaultName.GZIP_TWICE: lambda seen: (
        seen.head["content-encoding"] == "gzip, gzip"
        and OK in gzip.decompress(gzip.decompress(seen.body))
    ),
    FaultName.GZIP_SILENT: lambda seen: (
        "content-encoding" not in seen.head and OK in gzip.decompress(seen.body)
    ),
    FaultName.GZIP_DAMAGED: lambda seen: (
        seen.head["content-encoding"] == "gzip" and seen.body.endswith(bytes(8))
    ),
    FaultName.DEFLATE: lambda seen: (
        seen.head["content-encoding"] == "deflate" and OK in zlib.decompress(seen.body)
    ),
    FaultName.BROTLI: lambda seen: seen.head["content-encoding"] == "br" and seen.whole,
    FaultName.TWO_CHARSETS: lambda seen: (
        seen.head["content-type"].endswith("charset=iso-8859-1")
        and b'encoding="utf-8"' in seen.body
        and "não atendida".encode("latin-1") in seen.body
    ),
    FaultName.UTF16_LIE: lambda seen: (
        "charset" not in seen.head["content-type"] and body(b'encoding="utf-16"', OK)(seen)
    ),
    FaultName.GZIP_BOMB: unfolds(10_000_000),
    FaultName.DOCTYPE: body(b"<!DOCTYPE reply>", OK),
    FaultName.ENTITY: body(b'[<!ENTITY status "ok:85.00">]', b">&status;<"),
    FaultName.ENTITY_BOMB: body(b'<!ENTITY e9 "' + b"&e8;" * 10, b">&e9;<"),
    FaultName.EXTERNAL_ENTITY: body(b'SYSTEM "file:///', b">&file;<"),
    FaultName.DEEP: body(b"<a>" * 1000 + b"ok:85.00" + b"</a>" * 1000),
    FaultName.HUGE: size(5_000_000),
    FaultName.MALFORMED: lambda seen: seen.whole and b"</" not in seen.body and b"<" in seen.body,
    FaultName.EMPTY_BODY: lambda seen: (seen.status, seen.body, seen.whole) == (200, b"", True),
    FaultName.NIL: body(b'<MPG_Status_VoiceResult xsi:nil="true" />'),
    FaultName.MISSING: body(b'<MPG_Status_VoiceResponse xmlns="PWGatewayVoice" />'),
    FaultName.DUPLICATE: body(OK, OK.replace(b"ok:85.00", b"failed:486")),
    FaultName.CDATA: body(b"><![CDATA[ok:85.00]]><"),
    FaultName.OTHER_PREFIX: body(b"<SOAP-ENV:Envelope", b"<v:MPG_Status_VoiceResult>ok:85.00<"),
    FaultName.OTHER_NAMESPACE: body(b'Response xmlns="MobileProntoMPGateway">', OK),
    FaultName.BARE_STRING: body(b'<string xmlns="PWGatewayVoice">ok:85.00</string>'),
    FaultName.SOAP12_TO_11: lambda seen: (
        seen.head["content-type"].startswith(seen.version.other.media_type)
        and body(OK, seen.version.other.namespace.encode())(seen)
    ),
    FaultName.NUL: body(b">ok:\x0085.00<"),
    FaultName.UNSAFE_TEXT: body(b"&lt;!channel&gt;", b"```"),
    FaultName.LONG_TEXT: size(10_000),
    FaultName.RTL: body("\u202e684:deliaf".encode()),
}


def test_every_fault_is_listed_made_and_checked() -> None:
    """No name of the catalogue without a sentence, a builder of one kind, and a check here."""
    assert set(NAMES) == set(CHECKS)
    kinds = (BUILDERS, wire.WIRE_BUILDERS)
    assert sorted(NAMES) == sorted(name for kind in kinds for name in kind)
    assert [] == [name for name in NAMES if SCRIPTED[f"SANDBOX-FAULT-{name}"] != name.sentence]
    assert [] == [name for name in NAMES if len(f"SANDBOX-FAULT-{name}") > 40]


@pytest.mark.parametrize("version", list(Version))
async def test_a_fault_does_what_its_sentence_says(
    address: tuple[str, int], version: Version
) -> None:
    """Seen through a plain socket, in both SOAP versions; HTTP answers carry the mark."""
    few = asyncio.Semaphore(8)
    floods = {name for name, build in wire.WIRE_BUILDERS.items() if build(version).flood}

    async def problem_of(name: FaultName) -> str:
        async with few:
            seen = await look(address, name, version, enough=ENOUGH if name in floods else 10**7)
        marked = not seen.raw.startswith(b"HTTP/") or seen.head.get(MARK.lower()) == "1"
        good = CHECKS[name](seen) and marked
        return "" if good else f"{name}: {seen.end} {seen.raw[:600]!r}"

    problems = await asyncio.gather(*map(problem_of, NAMES))
    assert [] == [problem for problem in problems if problem]


async def test_names_take_either_case(address: tuple[str, int]) -> None:
    """Upper case is the same fault."""
    assert 503 == (await look(address, "UNAVAILABLE", Version.SOAP_11)).status


@asynccontextmanager
async def playing(
    reply: wire.WireReply,
) -> AsyncIterator[tuple[tuple[str, int], asyncio.Queue[float]]]:
    """A server that gives everybody this reply: its address, and when each reply was over."""
    served: asyncio.Queue[float] = asyncio.Queue()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        transport = writer.transport
        assert isinstance(transport, asyncio.Transport)
        await send(transport, reply)
        served.put_nowait(asyncio.get_running_loop().time())

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[:2], served


async def test_a_hanging_answer_ends() -> None:
    """The silence is bounded, and then the connection closes."""
    assert wire.WIRE_BUILDERS[FaultName.HANG](Version.SOAP_11) == wire.WireReply(silence=120.0)
    async with playing(wire.WireReply(silence=0.2)) as (address, _):
        reader, writer = await asyncio.open_connection(*address)
        assert b"" == await reader.read()
        writer.close()


async def test_a_drip_ends_whole() -> None:
    """Dripped to its end the answer is complete; a client that leaves stops it."""
    loop = asyncio.get_running_loop()
    dripping = wire.WireReply(content=b"head", flood=[b"bo", b"dy"], pace=0.05)
    async with playing(dripping) as (address, served):
        reader, writer = await asyncio.open_connection(*address)
        assert b"headbody" == await reader.read()
        writer.close()
        await served.get()
    async with playing(replace(dripping, flood=[b"x"] * 10_000)) as (address, served):
        start = loop.time()
        _, writer = await asyncio.open_connection(*address)
        writer.transport.abort()
        # The whole would have taken 500 seconds.
        assert await served.get() - start < 60


async def test_stopping_does_not_wait_for_a_hanging_answer() -> None:
    """The sandbox stops immediately although an answer hangs."""
    loop = asyncio.get_running_loop()
    requests: list[SeenRequest] = []
    async with running_sandbox("127.0.0.1", 0, middlewares=[recording(requests)]) as url:
        host, _, port = url.split("/")[2].partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request_for("hang", Version.SOAP_11))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not requests:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0.01)
        start = loop.time()
    # It would have hung for 120 seconds.
    assert loop.time() - start < 60
    assert b"" == await reader.read()
    writer.close()


async def test_a_client_that_leaves_frees_the_hanging_answer(address: tuple[str, int]) -> None:
    """No task waits out the 120 seconds once the client has left."""
    before = len(asyncio.all_tasks())
    await look(address, "hang", Version.SOAP_11)
    await asyncio.sleep(0.2)
    assert before == len(asyncio.all_tasks())


def test_the_bomb_is_small_on_the_wire() -> None:
    """The transfer takes a few kilobytes; it is a gzip stream from its first byte."""
    content = BUILDERS[FaultName.GZIP_BOMB](Version.SOAP_11).content
    assert zlib.decompressobj(wbits=31).decompress(content, 5) == b"<?xml"


def test_the_gigabyte_is_sound_gzip_that_is_made_piece_by_piece() -> None:
    """A reader that unfolds it all finds a gigabyte and a right checksum at its end."""
    unpacker, size = zlib.decompressobj(wbits=31), 0
    for part in wire.gigabyte_of_gzip():
        assert len(part) < 10_000
        size += len(unpacker.decompress(part))
    assert (size, unpacker.eof) == (wire.GZIP_BYTES, True)


async def test_a_flood_stops_when_the_client_leaves(address: tuple[str, int]) -> None:
    """No task produces data without a reader."""
    before = len(asyncio.all_tasks())
    await look(address, "endless-headers", Version.SOAP_11, enough=ENOUGH)
    await asyncio.sleep(0.2)
    assert before == len(asyncio.all_tasks())
