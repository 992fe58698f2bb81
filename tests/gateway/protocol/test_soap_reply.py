"""Replies: incoming bytes and their results. Every reply counts as hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.protocol.errors import (
    EmptyResult,
    GatewayError,
    GatewayUnavailable,
    HttpError,
    HttpStatus,
    NotSoap,
    Redirected,
    RequestFault,
    ServerFault,
    SoapFault,
    UnreadableReply,
    UnsafeXml,
)
from bot.gateway.protocol.soap import HttpReply, read_reply
from bot.gateway.protocol.xml import MAX_ATTRIBUTES, MAX_DEPTH, MAX_PARTS, MAX_TEXT
from tests.gateway.gateway_loopback import envelope, result

SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
TEXT_XML = "text/xml; charset=utf-8"
HTML = b"<!DOCTYPE html><html><head><title>canary</title></head><body>Hi<br></body></html>"

# The widest reply within the limits: the result is at depth 4.
DEEPEST = "<a>" * (MAX_DEPTH - 4) + "</a>" * (MAX_DEPTH - 4)


def beside(content: str) -> bytes:
    """A good result with something beside it."""
    return envelope(
        f'<R xmlns="PWGatewayVoice"><X>{content}</X>'
        "<MPG_Status_VoiceResult>ok:85.00</MPG_Status_VoiceResult></R>"
    )


def fault11(code: str, text: str = "canary") -> bytes:
    """A fault of SOAP 1.1."""
    return envelope(
        f"<soap:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        "<detail /></soap:Fault>"
    )


def fault12(code: str, text: str = "canary") -> bytes:
    """A fault of SOAP 1.2, with a subcode and two languages."""
    return envelope(
        f"<soap:Fault><soap:Code><soap:Value>{code}</soap:Value><soap:Subcode>"
        "<soap:Value>soap:Sender</soap:Value></soap:Subcode></soap:Code><soap:Reason>"
        f'<soap:Text xml:lang="en">{text}</soap:Text><soap:Text xml:lang="pt">outro</soap:Text>'
        "</soap:Reason></soap:Fault>",
        uri=SOAP12,
    )


def read(status: int, content_type: str, content: bytes) -> str:
    """The result in a whole reply."""
    reply = HttpReply(http_status=status, content_type=content_type, content=content)
    return read_reply(reply)


READABLE = {
    "the sample of the specification": result("ok:85.00"),
    "SOAP 1.2, whatever was asked": result("ok:85.00").replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", SOAP12.encode()
    ),
    "another prefix": result("ok:85.00").replace(b"soap:", b"S:").replace(b":soap=", b":S="),
    "CDATA": result("<![CDATA[ok:85.00]]>"),
    "half CDATA, half text": result("ok:<![CDATA[85]]>.00"),
    "character references": result("&#111;k:85.00"),
    "a comment within": result("ok:<!-- canary -->85.00"),
    "a BOM": b"\xef\xbb\xbf" + result("ok:85.00"),
    "white space before the declaration": b"\r\n \t" + result("ok:85.00"),
    "UTF-16 with its mark": result("ok:85.00").decode().replace("utf-8", "utf-16").encode("utf-16"),
    "zeros behind the text": result("ok:85.00") + b"\0\0",
    "the first of several parts (MTOM)": (
        b'\r\n--uuid:1\r\nContent-Type: application/xop+xml; type="text/xml"\r\n\r\n'
        + result("ok:85.00")
        + b"\r\n--uuid:1\r\nContent-Type: text/plain\r\n\r\nfailed:486\r\n--uuid:1--\r\n"
    ),
    "another namespace": result("ok:85.00").replace(b"PWGatewayVoice", b"PWGateway"),
    "no namespace": result("ok:85.00").replace(b' xmlns="PWGatewayVoice"', b""),
    "extra attributes": result("ok:85.00").replace(b"Result>ok", b'Result id="1">ok'),
    "the same result twice": envelope(
        '<MPG_Status_VoiceResult xmlns="PWGatewayVoice">ok:85.00</MPG_Status_VoiceResult>' * 2
    ),
    "another namespace's result beside it": envelope(
        '<MPG_Status_VoiceResult xmlns="X">023</MPG_Status_VoiceResult>'
        '<MPG_Status_VoiceResult xmlns="PWGatewayVoice">ok:85.00</MPG_Status_VoiceResult>'
    ),
    "what another vocabulary calls a fault": result("ok:85.00").replace(
        b"<soap:Body>", b'<soap:Body><Fault xmlns="urn:geology" />'
    ),
    "a header before the body": result("ok:85.00").replace(
        b"<soap:Body>", b"<soap:Header><a /></soap:Header><soap:Body>"
    ),
    "nil that says false": result("ok:85.00").replace(b"Result>ok", b'Result xsi:nil="0">ok'),
    "as deep as allowed": beside(DEEPEST),
    "as many parts as allowed": beside("<a />" * (MAX_PARTS - 8)),
    "as many attributes as allowed": beside(
        "<a " + " ".join(f'b{n}="1"' for n in range(MAX_ATTRIBUTES)) + " />"
    ),
    "as much text as allowed": beside("x" * (MAX_TEXT - len("ok:85.00"))),
}


@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE.keys())
def test_a_result_is_read(content: bytes) -> None:
    """The same result in every format that a server may use."""
    assert read(200, TEXT_XML, content) == "ok:85.00"


def test_a_declared_latin_1_is_honoured() -> None:
    """The document's own declaration defines the encoding."""
    content = result("número").decode().replace("utf-8", "iso-8859-1").encode("latin-1")
    assert read(200, TEXT_XML, content) == "número"


def test_a_byte_order_mark_counts_before_the_declaration() -> None:
    """A document that begins with the UTF-8 mark is UTF-8, whatever it declares."""
    content = b"\xef\xbb\xbf" + result("número").replace(b"utf-8", b"iso-8859-1")
    assert read(200, TEXT_XML, content) == "número"


CHARSETS: dict[str, tuple[str, bytes]] = {
    "the header's": ("; charset=iso-8859-1", result("número").decode().encode("latin-1")),
    "the header's, in quotes": (
        ' ; Charset = "Windows-1252"',
        result("número").decode().encode("cp1252"),
    ),
    "the header's, among others": (
        '; action="a"; charset=UTF-16BE; b',
        result("número").decode().encode("utf-16-be"),
    ),
    "the header's, before the declared one": (
        "; charset=utf-8",
        result("número").replace(b"utf-8", b"iso-8859-1"),
    ),
    "the mark's, before the header's": (
        "; charset=iso-8859-1",
        b"\xef\xbb\xbf" + result("número"),
    ),
    "the mark's in UTF-16, before the header's": (
        "; charset=utf-8",
        b"\xfe\xff" + result("número").decode().encode("utf-16-be"),
    ),
    "the declared one": (
        "",
        result("número").decode().replace("utf-8", "ISO-8859-1").encode("latin-1"),
    ),
    "the declared one, where the header's is wrong": (
        "; charset=utf-8",
        result("número").decode().replace("utf-8", "iso-8859-15").encode("latin-1"),
    ),
    "the declared one, where the header's does not exist": (
        "; charset=x-canary",
        result("número").decode().replace('"utf-8"', "'windows-1252'").encode("cp1252"),
    ),
    "the declared one, of several bytes": (
        "",
        result("número").decode().replace("utf-8", "gb18030").encode("gb18030"),
    ),
    "UTF-8, where no other exists": ("; charset=", result("número").replace(b"utf-8", b"x-a")),
    "UTF-8, where UTF-16 is declared": ("", result("número").replace(b"utf-8", b"utf-16")),
    "UTF-8, where ASCII is": ("; charset=us-ascii", result("número").replace(b"utf-8", b"ascii")),
    "UTF-8 without a declaration": ("", result("número").partition(b"\n")[2]),
    "UTF-8, where Python's own is declared": ("", result("número").replace(b"utf-8", b"punycode")),
}


@pytest.mark.parametrize(("parameter", "content"), CHARSETS.values(), ids=CHARSETS.keys())
def test_the_character_set_is_found(parameter: str, content: bytes) -> None:
    """By the mark, the header, the declaration; one that does not fit the bytes is no proof."""
    assert "número" == read(200, f"text/xml{parameter}", content)


def test_the_text_comes_back_as_it_was_received() -> None:
    """The domain judges the characters around the text."""
    assert read(200, TEXT_XML, result(" ok:85.00\n")) == " ok:85.00\n"


def test_a_result_may_come_with_any_success_status() -> None:
    """202 with a result is a result."""
    assert read(202, TEXT_XML, result("024")) == "024"


BOMB = (
    '<!DOCTYPE r [<!ENTITY a0 "canary">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)


def with_doctype(doctype: str, text: str = "ok:85.00") -> bytes:
    """A good reply behind a document type."""
    return result(text).replace(b"<soap:Envelope", doctype.encode() + b"<soap:Envelope", 1)


UNREADABLE: dict[str, tuple[bytes, type[UnreadableReply]]] = {
    "nothing": (b"", NotSoap),
    "white space": (b" \r\n", NotSoap),
    "plain text": (b"ok:85.00", NotSoap),
    "a web page": (HTML, NotSoap),
    "an XHTML page": (
        b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd"><html><body /></html>',
        NotSoap,
    ),
    "the bare string of HTTP GET": (b'<string xmlns="PWGatewayVoice">ok:85.00</string>', NotSoap),
    "cut off": (result("ok:85.00")[:-30], NotSoap),
    "something after the end": (result("ok:85.00") + b"<a/>", NotSoap),
    "a NUL": (result("ok:\x0085.00"), NotSoap),
    "bytes that are no UTF-8": (result("ok:85.00").replace(b"85", b"\xff\xfe"), NotSoap),
    "an envelope of no SOAP version": (envelope("<a />", uri="urn:canary"), NotSoap),
    "another root in the envelope's namespace": (
        result("ok:85.00").replace(b"soap:Envelope", b"soap:Letter"),
        NotSoap,
    ),
    "no body": (envelope("").replace(b"<soap:Body></soap:Body>", b""), NotSoap),
    "two bodies": (envelope("</soap:Body><soap:Body>"), NotSoap),
    "two different results": (
        envelope(
            '<MPG_Status_VoiceResult xmlns="PWGatewayVoice">ok:85.00</MPG_Status_VoiceResult>'
            '<MPG_Status_VoiceResult xmlns="PWGatewayVoice">023</MPG_Status_VoiceResult>'
        ),
        NotSoap,
    ),
    "elements within the result": (result("ok<b />:85.00"), NotSoap),
    "an empty result": (result(""), EmptyResult),
    "white space as a result": (result(" \n "), EmptyResult),
    "what only looks like white space": (result("\u00a0\u200b\ufeff"), EmptyResult),
    "nil": (
        result("ok:85.00").replace(b"Result>ok", b'Result xsi:nil="true">ok'),
        EmptyResult,
    ),
    "no result element": (
        envelope('<MPG_Status_VoiceResponse xmlns="PWGatewayVoice" />'),
        EmptyResult,
    ),
    "an empty body": (envelope(""), EmptyResult),
    "a document type": (with_doctype("<!DOCTYPE soap:Envelope>"), UnsafeXml),
    "an entity": (with_doctype('<!DOCTYPE r [<!ENTITY a "ok">]>', "&a;:85.00"), UnsafeXml),
    "an external entity": (
        with_doctype('<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;"),
        UnsafeXml,
    ),
    "an entity bomb": (with_doctype(BOMB, "&a9;"), UnsafeXml),
    "too deep": (beside(f"<a>{DEEPEST}</a>"), UnsafeXml),
    "too many parts": (beside("<a />" * (MAX_PARTS - 7)), UnsafeXml),
    "too many attributes": (
        beside("<a " + " ".join(f'b{n}="1"' for n in range(MAX_ATTRIBUTES + 1)) + " />"),
        UnsafeXml,
    ),
    "too much text": (beside("x" * (MAX_TEXT - len("ok:85.00") + 1)), UnsafeXml),
}


@pytest.mark.parametrize(("content", "error"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_holds_no_result_is_refused(content: bytes, error: type[UnreadableReply]) -> None:
    """Each kind of unreadable reply has its error, which quotes none of it."""
    with pytest.raises(error) as caught:
        read(200, "Text/HTML ; charset=canary", content)
    assert type(caught.value) is error
    assert caught.value.fact == "text/html"
    assert "canary" not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("content_type", ["", "canary", "text/<canary>", "a" * 41 + "/b"])
def test_a_media_type_that_is_none_is_not_kept(content_type: str) -> None:
    """Only a valid media type reaches the logs."""
    with pytest.raises(NotSoap) as caught:
        read(200, content_type, b"")
    assert not caught.value.fact


STATUSES: dict[str, tuple[int, bytes, type[HttpError]]] = {
    "moved": (301, b"", Redirected),
    "not modified": (304, b"", Redirected),
    "no content": (204, b"", HttpStatus),
    "bad request, empty": (400, b"", HttpStatus),
    "forbidden": (403, HTML, HttpStatus),
    "not found": (404, HTML, HttpStatus),
    "server error with a page": (500, HTML, HttpStatus),
    "server error with an entity bomb": (500, with_doctype(BOMB, "&a9;"), HttpStatus),
    "bad gateway": (502, HTML, GatewayUnavailable),
    "unavailable": (503, b"canary", GatewayUnavailable),
    "gateway time-out": (504, b"", GatewayUnavailable),
    "a result under an error status": (500, result("ok:85.00"), HttpStatus),
    "a result where nothing can answer": (503, result("ok:85.00"), HttpStatus),
    "an envelope without a result under an error status": (500, envelope(""), HttpStatus),
    # An envelope is an answer, so none of these may lead to a retry.
    "an envelope without a result where nothing can answer": (503, envelope(""), HttpStatus),
    "an empty result where nothing can answer": (502, result(""), HttpStatus),
    "a nil result where nothing can answer": (
        504,
        result("").replace(b"Result>", b'Result xsi:nil="true">', 1),
        HttpStatus,
    ),
    "an unreadable result where nothing can answer": (503, result("ok<b />:85.00"), HttpStatus),
    "an envelope without a body where nothing can answer": (
        503,
        envelope("").replace(b"<soap:Body></soap:Body>", b""),
        HttpStatus,
    ),
}


@pytest.mark.parametrize(("status", "content", "error"), STATUSES.values(), ids=STATUSES.keys())
def test_without_soap_the_status_speaks(
    status: int, content: bytes, error: type[HttpError]
) -> None:
    """The content counts first; without a result in it, the status does."""
    with pytest.raises(error) as caught:
        read(status, TEXT_XML, content)
    assert type(caught.value) is error
    assert caught.value.fact == f"HTTP {status}"


FAULTS: dict[str, tuple[bytes, type[SoapFault], str]] = {
    "1.1 client": (fault11("soap:Client"), RequestFault, "Client"),
    "1.1 client with a subcode": (fault11("soap:Client.Auth"), RequestFault, "Client"),
    "1.1 server": (fault11("soap:Server"), ServerFault, "Server"),
    "1.1 without a prefix, in white space": (fault11(" Client\n"), RequestFault, "Client"),
    "1.1 version mismatch": (fault11("soap:VersionMismatch"), RequestFault, "VersionMismatch"),
    "1.1 must understand": (fault11("soap:MustUnderstand"), RequestFault, "MustUnderstand"),
    "1.2 sender": (fault12("soap:Sender"), RequestFault, "Sender"),
    "1.2 receiver": (fault12("soap:Receiver"), ServerFault, "Receiver"),
    "a code nobody knows": (fault11("x:Odd"), ServerFault, "Odd"),
    "a code that is no name": (fault11("&lt;!channel&gt; canary"), ServerFault, ""),
    "neither code nor text": (envelope("<soap:Fault />"), ServerFault, ""),
    "an empty code": (fault11(""), ServerFault, ""),
    "beside a result": (
        fault11("soap:Server").replace(
            b"</soap:Body>",
            b'<MPG_Status_VoiceResult xmlns="PWGatewayVoice">023</MPG_Status_VoiceResult>'
            b"</soap:Body>",
        ),
        ServerFault,
        "Server",
    ),
}


@pytest.mark.parametrize("status", [200, 400, 500, 503])
@pytest.mark.parametrize(("content", "kind", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_a_fault_whatever_the_status(
    status: int, content: bytes, kind: type[SoapFault], code: str
) -> None:
    """Both versions' faults are read, and their texts stay out of the message."""
    with pytest.raises(SoapFault) as caught:
        read(status, TEXT_XML, content)
    assert (type(caught.value), caught.value.fact) == (kind, code)
    assert "canary" not in str(caught.value) + repr(caught.value)


pieces = st.sampled_from(
    [
        b"<soap:Body>",
        b"</soap:Body>",
        b"<![CDATA[",
        b"]]>",
        b"&a;",
        b"<!DOCTYPE x [",
        b'<!ENTITY a "b">',
        b"]>",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b'xsi:nil="1"',
        result("ok:85.00"),
        fault12("soap:Sender"),
    ]
)
hostile = st.lists(pieces | st.binary(max_size=20), max_size=8).map(b"".join)


@given(
    status=st.integers(100, 599),
    content_type=st.text(max_size=30),
    content=st.binary() | hostile,
    cut=st.integers(0, 400),
)
def test_any_bytes_give_a_text_or_an_error_of_ours(
    status: int, content_type: str, content: bytes, cut: int
) -> None:
    """Every possible reply raises only our own tree, and no result is ever blank."""
    for reply in (content, result("ok:85.00")[:cut] + content + result("ok:85.00")[cut:]):
        try:
            text = read(status, content_type, reply)
        except GatewayError:
            continue
        assert text.strip()
