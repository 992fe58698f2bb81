"""The sandbox over real sockets: the script, both SOAP versions, and the manners of .asmx."""

# The expected value comes first in an assertion.

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest

from bot.domain.texts.catalog import Language
from bot.gateway.sandbox.answers import SCRIPTED, answer, pending_seconds
from bot.gateway.sandbox.envelope import MARK
from bot.gateway.sandbox.fault_wire import WIRE_BUILDERS, WireReply
from bot.gateway.sandbox.server import MAX_BODY_BYTES, MAX_REMEMBERED, send
from bot.gateway.sandbox.server import running_sandbox as running
from bot.locales import load_catalog

CREDENTIAL = "C0FFEE" * 6 + "C0FF"
TOKEN = "a1B2c3"
ACTION = "PWGatewayVoice/MPG_Status_Voice"
XML = '<?xml version="1.0" encoding="utf-8"?>\n'

# Prefix and namespace of the envelope, from the specification's two samples.
ENVELOPES = {
    "1.1": ("soap", "http://schemas.xmlsoap.org/soap/envelope/"),
    "1.2": ("soap12", "http://www.w3.org/2003/05/soap-envelope"),
}
HEADERS = {
    "1.1": {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}"'},
    "1.2": {"Content-Type": f'application/soap+xml; charset=utf-8; action="{ACTION}"'},
}
ANSWER_TYPES = {"1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8"}
both = pytest.mark.parametrize("version", ["1.1", "1.2"])


def envelope(version: str, body: str) -> str:
    """The envelope of the samples around a body."""
    prefix, namespace = ENVELOPES[version]
    return (
        f'{XML}<{prefix}:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:{prefix}="{namespace}">\n'
        f"  <{prefix}:Body>\n{body}  </{prefix}:Body>\n</{prefix}:Envelope>"
    )


def parameters(idmsg: str, credential: str = CREDENTIAL, token: str = TOKEN) -> str:
    """The three parameters as the samples order them."""
    return (
        f"<Credencial>{credential}</Credencial><Token>{token}</Token>"
        f"<IDMSG>{idmsg.replace('<', '&lt;')}</IDMSG>"
    )


def operation(inside: str) -> str:
    """The operation element of the samples."""
    return f'    <MPG_Status_Voice xmlns="PWGatewayVoice">{inside}</MPG_Status_Voice>\n'


def expected(version: str, result: str) -> str:
    """The answer of the samples with the given result; empty for an empty element."""
    element = (
        f"<MPG_Status_VoiceResult>{result}</MPG_Status_VoiceResult>"
        if result
        else "<MPG_Status_VoiceResult />"
    )
    return envelope(
        version,
        '    <MPG_Status_VoiceResponse xmlns="PWGatewayVoice">\n'
        f"      {element}\n    </MPG_Status_VoiceResponse>\n",
    )


@dataclass
class Clock:
    """A clock that a test advances."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@dataclass
class Sandbox:
    """A running sandbox and a session to ask it with."""

    url: str
    session: aiohttp.ClientSession
    clock: Clock

    async def post(
        self, content: str | bytes, headers: dict[str, str]
    ) -> tuple[int, str, aiohttp.ClientResponse]:
        """One POST: status, body, and the response for its headers."""
        data = content.encode() if isinstance(content, str) else content
        async with self.session.post(self.url, data=data, headers=headers) as response:
            text = await response.text()
            assert response.headers[MARK] == "1"
            return response.status, text, response

    async def ask(self, idmsg: str, version: str = "1.1") -> tuple[int, str, str]:
        """One good look-up: status, Content-Type, body."""
        content = envelope(version, operation(parameters(idmsg)))
        status, text, response = await self.post(content, HEADERS[version])
        return status, response.headers["Content-Type"], text

    async def inside(self, inside: str, version: str = "1.1") -> tuple[int, str]:
        """A call with the given children of the operation: status, body."""
        content = envelope(version, operation(inside))
        status, text, _ = await self.post(content, HEADERS[version])
        return status, text


@asynccontextmanager
async def opened(remembered: int = MAX_REMEMBERED) -> AsyncIterator[Sandbox]:
    """A sandbox on a free port, with a clock that a test advances."""
    clock = Clock()
    async with (
        running("127.0.0.1", 0, clock=clock, remembered=remembered) as url,
        aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session,
    ):
        yield Sandbox(url, session, clock)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox as it is."""
    async with opened() as plain:
        yield plain


RESULTS = [
    ("SANDBOX-OK", "ok:85.00"),
    ("sandbox-ok", "ok:85.00"),  # either case of letters
    ("SANDBOX-SHORT", "ok:3.00"),
    ("SANDBOX-BUSY", "failed:486"),
    ("SANDBOX-NOANSWER", "failed:480"),
    ("SANDBOX-NOTFOUND", "failed:404"),
    ("SANDBOX-DECLINED", "failed:603"),
    ("SANDBOX-ERROR", "error:503"),
    ("SANDBOX-BLOCKED", "blocked:608"),
    ("SANDBOX-MACHINE", "machine:200"),
    ("SANDBOX-PENDING", "024"),
    ("SANDBOX-PENDING-5", "024"),
    ("SANDBOX-PENDING-0", "ok:85.00"),  # over immediately
    ("SANDBOX-FOREVER", "024"),
    ("SANDBOX-001", "001"),
    ("SANDBOX-999", "999"),
    ("SANDBOX-failed.486", "failed:486"),
    ("SANDBOX-FAILED.486", "failed:486"),  # the same id in the other case
    ("SANDBOX-ok.85.00", "ok:85.00"),  # the first point only
    ("SANDBOX-ok.", "ok:"),
    ("SANDBOX-answered.200", "answered:200"),  # a word that no documentation knows
    ("SANDBOX-901.5", "901:5"),  # a code with an identifier behind it
    ("SANDBOX-failed.<b>", "failed:&lt;b>".replace(">", "&gt;")),  # escaped again
    ("SANDBOX-SLOW-0.01", "ok:85.00"),
    ("SANDBOX-EMPTY", ""),
    ("SANDBOX-FAULT-none", "023"),  # not in the catalogue
    ("SANDBOX-", "023"),
    ("SANDBOX-0001", "023"),  # four digits
    ("SANDBOX-PENDING-x", "023"),
    ("SANDBOX-ok." + "1" * 30, "023"),  # 41 characters
    ("MPG000236180474", "failed:486"),
    ("mpg000236180475", "ok:85.00"),
    ("MPG000236180476", "failed:480"),
    ("MPG000236180477", "machine:200"),
    ("MPG000236180478", "failed:404"),
    ("MPG000236180479", "failed:603"),
    ("MPG000236180480", "024"),
    ("MPG000236180481", "blocked:608"),
    ("MPG000236180482", "error:503"),
    ("MPG000236180483", "ok:3.00"),
    ("MPG000236180484", "023"),
    ("", "023"),
]


@both
@pytest.mark.parametrize(("idmsg", "result"), RESULTS)
async def test_every_id_of_the_script(
    sandbox: Sandbox, version: str, idmsg: str, result: str
) -> None:
    """Each id gets its result in a document that equals the specification's sample."""
    answered = await sandbox.ask(idmsg, version)
    assert (200, ANSWER_TYPES[version], expected(version, result)) == answered


def test_the_list_has_every_form() -> None:
    """Every listed id is scripted, and every id of the tests above is listed."""
    plain = {name for name in SCRIPTED if not name.endswith("-n")}
    assert [] == [name for name in plain if answer(name).text == "023"]
    assert {"SANDBOX-PENDING-n", "SANDBOX-SLOW-n"} == set(SCRIPTED) - plain
    assert all(sentence.endswith(".") for sentence in SCRIPTED.values())


def test_every_example_in_the_texts_is_a_busy_call() -> None:
    """Who copies it from the help into the playground gets a real answer."""
    texts = str([load_catalog(language).phrases for language in Language])
    examples = set(re.findall(r"MPG\d+", texts))
    assert {"failed:486"} == {answer(one).text for one in examples}


async def test_pending_ends_after_its_time(sandbox: Sandbox) -> None:
    """024 for 20 seconds from the first asking, then ok; the other case is the same id."""
    steps = [(0.0, "024"), (19.9, "024"), (0.1, "ok:85.00"), (900.0, "ok:85.00")]
    for step, result in steps:
        sandbox.clock.now += step
        assert expected("1.1", result) == (await sandbox.ask("SANDBOX-PENDING"))[2]
    assert expected("1.1", "ok:85.00") == (await sandbox.ask("sandbox-pending"))[2]
    assert expected("1.1", "024") == (await sandbox.ask("SANDBOX-PENDING-20"))[2]


async def test_first_asked_times_are_bounded() -> None:
    """The oldest waiting id is forgotten, and starts again, when there are too many."""
    async with opened(remembered=2) as sandbox:
        for idmsg in ("SANDBOX-PENDING-1", "SANDBOX-PENDING-2", "SANDBOX-PENDING-3"):
            await sandbox.ask(idmsg)
        sandbox.clock.now += 100
        assert expected("1.1", "ok:85.00") == (await sandbox.ask("SANDBOX-PENDING-3"))[2]
        assert expected("1.1", "024") == (await sandbox.ask("SANDBOX-PENDING-1"))[2]


async def test_slow_is_late(sandbox: Sandbox) -> None:
    """SLOW-n answers n seconds late, and never later than 600."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    await sandbox.ask("SANDBOX-SLOW-0.3")
    assert loop.time() - start >= 0.3
    assert 600.0 == answer("SANDBOX-SLOW-99999").delay


# Text inside, to distinguish null from empty.
NIL = "<IDMSG xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'>SANDBOX-OK<"
GOOD = parameters("SANDBOX-OK")


@both
@pytest.mark.parametrize(
    ("inside", "result"),
    [
        (parameters("SANDBOX-OK", credential="BAD" + CREDENTIAL[3:]), "001"),
        (parameters("SANDBOX-OK", credential="bad" + CREDENTIAL[3:]), "ok:85.00"),  # hexadecimal
        (parameters("SANDBOX-OK", credential=CREDENTIAL[1:]), "001"),
        (parameters("SANDBOX-OK", credential=CREDENTIAL + "0"), "001"),
        (parameters("SANDBOX-OK", token="BAD123"), "019"),
        (parameters("SANDBOX-OK", token="12345"), "019"),
        (parameters("SANDBOX-OK", token="1234567"), "019"),
        (parameters("SANDBOX-OK", token="BAD123", credential="BAD" + CREDENTIAL[3:]), "001"),
        (GOOD.replace("Credencial", "credencial"), "001"),  # names are case-sensitive
        (GOOD.replace("Credencial", "Credential"), "001"),
        (GOOD.replace("<Token>", "<Token xmlns=''>"), "019"),  # not in the namespace
        (GOOD.replace("IDMSG", "IdMsg"), "023"),
        (GOOD.replace("<IDMSG>SANDBOX-OK<", NIL), "023"),
        (GOOD.replace("<IDMSG>", "<IDMSG>SANDBOX-BUSY</IDMSG><IDMSG>"), "failed:486"),
        (GOOD.replace("SANDBOX-OK", "<![CDATA[SANDBOX]]>-<!-- - -->OK"), "ok:85.00"),
        ("", "001"),
    ],
)
async def test_parameters_are_read_as_asp_net_reads_them(
    sandbox: Sandbox, version: str, inside: str, result: str
) -> None:
    """A wrong account gets its code; a wrong name or namespace is null."""
    assert (200, expected(version, result)) == await sandbox.inside(inside, version)


SOAP_11, SOAP_12 = (envelope(version, operation(GOOD)) for version in ("1.1", "1.2"))
EMPTY_11 = envelope("1.1", "")
UTF8 = "text/xml; charset=utf-8"
PLAIN_11 = {"Content-Type": UTF8}
WITH_11 = HEADERS["1.1"]


@pytest.mark.parametrize(
    ("content", "headers", "result"),
    [
        (SOAP_11, {**PLAIN_11, "SOAPAction": ACTION}, "ok:85.00"),  # not quoted
        (SOAP_11, PLAIN_11, "ok:85.00"),  # routed by the body
        (SOAP_11, {**WITH_11, "Content-Type": "TEXT/XML"}, "ok:85.00"),
        (SOAP_11.encode("utf-8-sig"), WITH_11, "ok:85.00"),
        (
            SOAP_11.encode("utf-16"),
            {**WITH_11, "Content-Type": "text/xml; charset=utf-16"},
            "ok:85.00",
        ),
        (SOAP_11.replace("MPG_Status_Voice", "Other"), WITH_11, "001"),  # all null
        (EMPTY_11, WITH_11, "001"),
        (EMPTY_11.replace("soap:Body", "soap:Header"), WITH_11, "001"),
        (SOAP_12, {"Content-Type": f"application/soap+xml; action={ACTION}"}, "ok:85.00"),
        # as the specification's sample has it
        (SOAP_12, {"Content-Type": "application/soap+xml; charset=utf-8"}, "ok:85.00"),
        (SOAP_12, {"Content-Type": "application/soap+xml; action*=utf-8''x"}, "ok:85.00"),
    ],
)
async def test_requests_that_are_routed(
    sandbox: Sandbox, content: str | bytes, headers: dict[str, str], result: str
) -> None:
    """By a known action, quoted or not; without one by the body, in both versions."""
    status, text, _ = await sandbox.post(content, headers)
    version = "1.2" if content == SOAP_12 else "1.1"
    assert (200, expected(version, result)) == (status, text)


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (SOAP_11, {**PLAIN_11, "SOAPAction": '""'}, "soap:Client"),
        (SOAP_11, {**PLAIN_11, "SOAPAction": ""}, "soap:Client"),
        (SOAP_11, {**PLAIN_11, "SOAPAction": '"PWGatewayVoice/Other"'}, "soap:Client"),
        (SOAP_11.replace("MPG_Status_Voice", "Other"), PLAIN_11, "soap:Client"),
        (EMPTY_11, PLAIN_11, "soap:Client"),
        ("<a/>", WITH_11, "soap:Client"),
        (SOAP_11.replace("SANDBOX-OK", "<b/>"), WITH_11, "soap:Client"),
        (SOAP_12, WITH_11, "soap:VersionMismatch"),
        (SOAP_11, HEADERS["1.2"], "soap:VersionMismatch"),
        (SOAP_11.replace("schemas.xmlsoap.org/soap", "x"), WITH_11, "soap:VersionMismatch"),
        (SOAP_12, {"Content-Type": 'application/soap+xml; action=""'}, "soap:Sender"),
        (SOAP_12, {"Content-Type": 'application/soap+xml; action="x"'}, "soap:Sender"),
    ],
)
async def test_requests_that_get_a_fault(
    sandbox: Sandbox, content: str, headers: dict[str, str], code: str
) -> None:
    """The fault has status 500, in the version of the Content-Type."""
    status, text, response = await sandbox.post(content, headers)
    version = "1.2" if "soap+xml" in headers["Content-Type"] else "1.1"
    element = "soap:Value" if version == "1.2" else "faultcode"
    assert (500, ANSWER_TYPES[version]) == (status, response.headers["Content-Type"])
    assert f"<{element}>{code}</{element}>" in text


DOCTYPE = SOAP_11.replace("<soap:Envelope", "<!DOCTYPE a><soap:Envelope", 1)
DEEP = EMPTY_11.replace("<soap:Body>", "<soap:Body>" + "<a>" * 31 + "</a>" * 31)


@pytest.mark.parametrize(
    ("content", "headers", "status", "text"),
    [
        ("", WITH_11, 400, ""),
        (SOAP_11[:-1], WITH_11, 400, ""),
        (DOCTYPE, WITH_11, 400, ""),
        (DEEP, WITH_11, 400, ""),
        (SOAP_11, {**WITH_11, "Content-Type": "text/xml; charset=none-such"}, 400, ""),
        (SOAP_11, {**WITH_11, "Content-Type": "text/xml; charset=shift_jis"}, 400, ""),
        (SOAP_11.encode("latin-1") + b"<!-- \xe9 -->", WITH_11, 400, ""),
        (SOAP_11, {"SOAPAction": ACTION}, 415, "Unsupported"),  # no Content-Type
        (SOAP_11, {**WITH_11, "Content-Type": "application/json"}, 415, "Unsupported"),
        (SOAP_11, {**WITH_11, "Content-Encoding": "gzip"}, 400, "Bad Request"),
        (SOAP_11 + " " * (MAX_BODY_BYTES - len(SOAP_11)), WITH_11, 200, "ok:85.00"),
        (SOAP_11 + " " * (MAX_BODY_BYTES - len(SOAP_11) + 1), WITH_11, 413, "exceeded"),
    ],
)
async def test_requests_that_are_no_soap(
    sandbox: Sandbox, content: str | bytes, headers: dict[str, str], status: int, text: str
) -> None:
    """Malformed: 400 and no body; another media type: 415; more than 64 KiB: 413."""
    answered = await sandbox.post(content, headers)
    assert status == answered[0]
    assert text in answered[1] if text else answered[1] == ""


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/voice/v_3_00/service.asmx", 200, "<h1>PWGatewayVoice</h1>"),
        ("GET", "/Voice/V_3_00/Service.asmx", 200, "<h1>PWGatewayVoice</h1>"),
        ("HEAD", "/voice/v_3_00/service.asmx", 200, ""),
        ("PUT", "/voice/v_3_00/service.asmx", 405, "405"),
        ("GET", "/", 404, "404"),
        ("POST", "/voice/v_3_00/service.asmx/MPG_Status_Voice", 404, "404"),
    ],
)
async def test_other_paths_and_methods(
    sandbox: Sandbox, method: str, path: str, status: int, text: str
) -> None:
    """GET gives a page, any other path 404, any other method 405; all carry the mark."""
    url = sandbox.url.removesuffix("/voice/v_3_00/service.asmx") + path
    async with sandbox.session.request(method, url) as response:
        assert (status, "1") == (response.status, response.headers[MARK])
        assert text in await response.text()


async def test_nothing_of_a_request_is_logged(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a good request nor one whose body spills over into the next is logged."""
    caplog.set_level(logging.DEBUG)
    host, port = sandbox.url.split("/")[2].split(":")
    for line in (f"{CREDENTIAL} spilled", f"GET / {TOKEN}", f"POST /{TOKEN} HTTP/1.1\r\nx: \x00"):
        await sandbox.ask("MPG000236180474")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = SOAP_11.encode()
        head = f"POST /voice/v_3_00/service.asmx HTTP/1.1\r\nHost: h\r\nContent-Type: {UTF8}\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.write(f"{line}\r\n\r\n".encode())
        assert b"400 Bad Request" in await reader.read()
        writer.close()
    assert [] == [
        secret
        for secret in (CREDENTIAL, TOKEN, "MPG000236180474", "SANDBOX-OK")
        if secret in caplog.text
    ]
    assert "request failed: Bad" in caplog.text
    logging.getLogger("bot.gateway.sandbox.server").info("plain %s", "line")
    assert "plain line" in caplog.text


async def test_a_taken_port_is_an_error_and_a_free_one_is_given(sandbox: Sandbox) -> None:
    """The port in the URL is the one bound; binding it twice raises OSError."""
    port = int(sandbox.url.split("/")[2].split(":")[1])
    assert port > 0
    with pytest.raises(OSError, match="address already in use"):
        async with running("127.0.0.1", port):
            pytest.fail("two servers on one port")


async def test_an_ipv6_host_stands_in_brackets() -> None:
    """A URL can be built from any host."""
    async with running("::1", 0) as url, aiohttp.ClientSession() as session:
        assert url.startswith("http://[::1]:")
        async with session.get(url) as response:
            assert 200 == response.status


async def test_a_client_that_left_is_no_error() -> None:
    """A wire fault without a transport has no effect."""
    await send(None, WireReply(content=b"x"))


def test_only_waiting_ids_wait() -> None:
    """The time of an id that waits is known beforehand; wire faults are all plain values."""
    table: list[tuple[str | None, float | None]] = [
        ("SANDBOX-PENDING", 20.0),
        ("sandbox-pending-7", 7.0),
        ("SANDBOX-OK", None),
        (None, None),
    ]
    assert [seconds for _, seconds in table] == [pending_seconds(idmsg) for idmsg, _ in table]
    builders: list[Callable[..., WireReply]] = list(WIRE_BUILDERS.values())
    assert len(builders) == 29
