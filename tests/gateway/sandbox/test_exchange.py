"""The part of a call that the sandbox gateway shows for debugging."""

from __future__ import annotations

import aiohttp
import pytest

from bot.gateway.sandbox.envelope import Call, Version
from bot.gateway.sandbox.server import MASK, MAX_SHOWN, Exchange, running_sandbox, without_keys

CREDENTIAL, TOKEN = "K" * 40, "S3CR3T"
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<MPG_Status_Voice xmlns="PWGatewayVoice"><Credencial>{credential}</Credencial>'
    "<Token>{token}</Token><IDMSG>{idmsg}</IDMSG></MPG_Status_Voice></soap:Body></soap:Envelope>"
)
CALL = Call(version=Version.SOAP_11, credential=CREDENTIAL, token=TOKEN)


async def heard(idmsg: str, body: str = ENVELOPE) -> list[Exchange]:
    """Send the sandbox one request; returns the values passed to its listener."""
    exchanges: list[Exchange] = []
    async with (
        running_sandbox(port=0, listener=exchanges.append) as url,
        aiohttp.ClientSession() as session,
    ):
        content = body.format(credential=CREDENTIAL, token=TOKEN, idmsg=idmsg)
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": '"PWGatewayVoice/MPG_Status_Voice"',
        }
        try:
            async with session.post(url, data=content.encode(), headers=headers) as reply:
                await reply.read()
        except aiohttp.ClientError:
            pass
    return exchanges


async def test_a_call_is_shown_with_its_keys_masked() -> None:
    """Everything else is unchanged."""
    (one,) = await heard("SANDBOX-BUSY")

    assert ENVELOPE.format(credential=MASK, token=MASK, idmsg="SANDBOX-BUSY") == one.request
    assert "failed:486" in one.reply
    assert (200, "text/xml; charset=utf-8") == (one.status, one.reply_type)
    assert '"PWGatewayVoice/MPG_Status_Voice"' == one.soap_action
    assert 0 <= one.seconds < 30


async def test_a_fault_of_soap_is_shown_as_the_reply_that_it_is() -> None:
    """It has a status and a document."""
    (one,) = await heard("SANDBOX-FAULT-server")

    assert 500 == one.status
    assert "faultstring" in one.reply


async def test_a_fault_of_the_connection_is_shown_by_its_name() -> None:
    """No HTTP reply was sent, so there is no status."""
    (one,) = await heard("SANDBOX-FAULT-close")

    assert (0, "", "fault: close") == (one.status, one.reply_type, one.reply)


async def test_what_is_no_call_is_not_shown() -> None:
    """The keys cannot be located in it."""
    assert [] == await heard("x", "no XML, but {credential} and {token} and {idmsg}")


@pytest.mark.parametrize(
    "written",
    [
        "<Credencial>{key}</Credencial>",
        "<v:Credencial a='1'>{key}</v:Credencial >",
        "<Credencial>\n{key}\n</Credencial>",
        "<Credencial><![CDATA[{key}]]></Credencial>",
    ],
)
def test_a_key_is_masked_however_it_is_written(written: str) -> None:
    """Prefixes, attributes, blanks and sections."""
    masked = without_keys(CALL, written.format(key=CREDENTIAL).encode())

    assert CREDENTIAL not in masked
    assert MASK in masked


def test_nothing_is_shown_where_a_key_would_be() -> None:
    """A key outside of its element, beyond the mask."""
    assert "" == without_keys(CALL, f"<IDMSG>{TOKEN}</IDMSG>".encode())


def test_a_call_without_keys_is_shown_and_bounded() -> None:
    """A null key is nowhere; a long body is cut."""
    call = Call(version=Version.SOAP_11)

    assert "<IDMSG>1</IDMSG>" == without_keys(call, b"<IDMSG>1</IDMSG>")
    assert MAX_SHOWN == len(without_keys(call, b"x" * (MAX_SHOWN + 1)))
