"""A stock SOAP client builds itself from the sandbox's WSDL and reads its answers."""

# The expected value comes first in an assertion.

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import requests
from zeep import Client, Transport
from zeep.exceptions import Fault

from bot.gateway.sandbox.envelope import MARK
from bot.gateway.sandbox.server import running_sandbox

CREDENTIAL, TOKEN = "A" * 40, "123456"
PORTS = ["PWGatewayVoiceSoap", "PWGatewayVoiceSoap12"]


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """The service URL of a running sandbox."""
    async with running_sandbox("127.0.0.1", 0) as running:
        yield running


async def ask(url: str, port: str, idmsg: str, credential: str = CREDENTIAL) -> str | None:
    """One call by zeep, in a thread because zeep blocks."""

    def call() -> str | None:
        with requests.Session() as session:
            session.trust_env = False
            transport = Transport(session=session)  # type: ignore[no-untyped-call]
            client = Client(f"{url}?wsdl", transport=transport)  # type: ignore[no-untyped-call]
            service = client.bind("PWGatewayVoice", port)
            result: str | None = service.MPG_Status_Voice(credential, TOKEN, idmsg)
            return result

    return await asyncio.to_thread(call)


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize(
    ("idmsg", "credential", "result"),
    [
        ("SANDBOX-OK", CREDENTIAL, "ok:85.00"),
        ("SANDBOX-BUSY", CREDENTIAL, "failed:486"),
        ("SANDBOX-OK", "BAD" + CREDENTIAL[3:], "001"),
        ("SANDBOX-EMPTY", CREDENTIAL, None),
        ("SANDBOX-FAULT-missing", CREDENTIAL, None),
    ],
)
async def test_a_stock_client_reads_the_answers(
    url: str, port: str, idmsg: str, credential: str, result: str | None
) -> None:
    """Both ports give the scripted result."""
    assert result == await ask(url, port, idmsg, credential)


@pytest.mark.parametrize(("port", "code"), [(PORTS[0], "soap:Client"), (PORTS[1], "soap:Sender")])
async def test_a_stock_client_reads_a_fault(url: str, port: str, code: str) -> None:
    """The fault's code and text arrive in both layouts."""
    with pytest.raises(Fault, match="could not read the request") as caught:
        await ask(url, port, "SANDBOX-FAULT-client")
    assert code == caught.value.code


@pytest.mark.parametrize("query", ["?wsdl", "?WSDL", "?Wsdl=1"])
async def test_the_address_is_made_from_the_host_that_was_asked(url: str, query: str) -> None:
    """Both ports point at the request's own host, with any characters in it."""
    async with aiohttp.ClientSession() as session:
        headers = {"Host": 'gateway.test:99"&'}
        async with session.get(f"{url}{query}", headers=headers) as response:
            text = await response.text()
            assert (200, "1") == (response.status, response.headers[MARK])
            assert "text/xml; charset=utf-8" == response.headers["Content-Type"]
    address = 'location="http://gateway.test:99&quot;&amp;/voice/v_3_00/service.asmx"'
    assert 2 == text.count(address)
