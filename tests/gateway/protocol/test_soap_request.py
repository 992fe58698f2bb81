"""Requests: the bytes that go out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.input.message_id import MessageId
from bot.gateway.protocol.soap import Account, RequestForm, SoapVersion
from bot.gateway.protocol.xml import parse_xml

ACCOUNT = Account("0123456789ABCDEF0123456789ABCDEF01234567", "a1B2c3")

SAMPLE_1_1 = b"""<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema" \
xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
  <soap:Body>
    <MPG_Status_Voice xmlns="PWGatewayVoice">
      <Credencial>0123456789ABCDEF0123456789ABCDEF01234567</Credencial>
      <Token>a1B2c3</Token>
      <IDMSG>MPG000236180474</IDMSG>
    </MPG_Status_Voice>
  </soap:Body>
</soap:Envelope>"""
SAMPLE_1_2 = (
    SAMPLE_1_1.replace(b"<soap:", b"<soap12:")
    .replace(b"</soap:", b"</soap12:")
    .replace(
        b'xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"',
        b'xmlns:soap12="http://www.w3.org/2003/05/soap-envelope"',
    )
)


def test_a_request_of_1_1_is_the_sample_of_the_specification() -> None:
    """Body byte for byte, SOAPAction in quotes, and no request for an encoded reply."""
    form = RequestForm(SoapVersion.V1_1, ACCOUNT)
    assert form.fill(MessageId("MPG000236180474")) == SAMPLE_1_1
    assert form.headers == {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": '"PWGatewayVoice/MPG_Status_Voice"',
        "Accept-Encoding": "identity",
    }


def test_a_request_of_1_2_carries_its_action_in_the_content_type() -> None:
    """ASP.NET routes SOAP 1.2 by that parameter; SOAPAction belongs to 1.1 alone."""
    form = RequestForm(SoapVersion.V1_2, ACCOUNT)
    assert form.fill(MessageId("MPG000236180474")) == SAMPLE_1_2
    assert form.headers == {
        "Content-Type": "application/soap+xml; charset=utf-8;"
        ' action="PWGatewayVoice/MPG_Status_Voice"',
        "Accept-Encoding": "identity",
    }


def test_values_cannot_break_out_of_their_element() -> None:
    """An IDMSG is opaque, so it may contain XML's own characters."""
    request = RequestForm(SoapVersion.V1_1, ACCOUNT).fill(MessageId("a</IDMSG><Token>&é]]>"))
    assert "<IDMSG>a&lt;/IDMSG&gt;&lt;Token&gt;&amp;é]]&gt;</IDMSG>".encode() in request


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\r", "\ud800", "\ufffe", "\uffff"])
@pytest.mark.parametrize("name", ["credential", "token"])
def test_a_key_that_xml_cannot_carry_is_refused_unquoted(name: str, bad: str) -> None:
    """The message names the key and never shows it."""
    keys = {"credential": "canary", "token": "canary", name: f"canary{bad}"}
    with pytest.raises(ValueError, match=f"^the {name} holds a character") as caught:
        Account(**keys)
    assert "canary" not in str(caught.value)


def test_repr_shows_no_key() -> None:
    """Neither an account nor the form of its requests shows its secrets."""
    shown = repr(ACCOUNT) + repr(RequestForm(SoapVersion.V1_1, ACCOUNT))
    for secret in (ACCOUNT.credential, ACCOUNT.token):
        assert secret not in shown


def carried(text: str) -> bool:
    """Whether both values take the text."""
    try:
        MessageId(text)
        Account(text, text)
    except ValueError:
        return False
    return True


texts = st.text(min_size=1, max_size=40).filter(carried)


@given(version=st.sampled_from(SoapVersion), credential=texts, token=texts, idmsg=texts)
def test_what_is_written_is_read_back(
    version: SoapVersion, credential: str, token: str, idmsg: str
) -> None:
    """Every accepted value arrives at the gateway unchanged."""
    form = RequestForm(version, Account(credential, token))
    root = parse_xml(form.fill(MessageId(idmsg)))
    values = [root.findtext(f".//{{PWGatewayVoice}}{n}") for n in ("Credencial", "Token", "IDMSG")]
    assert values == [credential, token, idmsg]
