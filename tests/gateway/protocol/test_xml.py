"""The hardened parser against the standard library's own: accepted documents have the same tree."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.protocol.errors import NotSoap, UnreadableReply, UnsafeXml
from bot.gateway.protocol.xml import MAX_NAMESPACE, MAX_PARTS, PIECE_BYTES, _pieces, parse_xml
from tests.gateway.gateway_loopback import result

DOCUMENTS = {
    "prefixes": b"<a:b xmlns:a='u' a:c='1' d='2'><a:b/></a:b>",
    "a default namespace, not for attributes": b"<b xmlns='u' c='1'><d/></b>",
    "a default namespace that ends": b"<b xmlns='u'><c xmlns=''/><d/></b>",
    "a prefix that is given again": b"<a:b xmlns:a='u'><a:c xmlns:a='v' a:d=''/><a:e/></a:b>",
    "the prefix that needs no declaration": b"<b xml:lang='pt'/>",
    "text around elements": b"<b>one<c>two</c>three<!-- no -->four<d/>five</b>",
    "text over the edge of a piece": b"<b>" + b"ok" * PIECE_BYTES + b"</b>",
    "the longest namespace": b"<b xmlns='" + b"u" * MAX_NAMESPACE + b"'/>",
    "references": b"<b c='&lt;&#233;'>&amp;&#xe9;</b>",
    "UTF-16": "<?xml version='1.0'?><b>não</b>".encode("utf-16"),
    "UTF-16 without a mark": "<b>não</b>".encode("utf-16-be"),
}


@pytest.mark.parametrize("content", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_document_is_read_as_the_standard_library_reads_it(content: bytes) -> None:
    """Names, attributes and texts are the same."""
    assert ET.tostring(ET.fromstring(content)) == ET.tostring(parse_xml(content))


REFUSED: dict[str, tuple[bytes, type[UnreadableReply]]] = {
    "a prefix of an element that is nobody's": (b"<a:b/>", NotSoap),
    "a prefix of an attribute that is nobody's": (b"<b a:c=''/>", NotSoap),
    "a prefix that was another element's": (b"<b><c xmlns:a='u'/><a:d/></b>", NotSoap),
    "a namespace that is too long": (
        b"<b xmlns='" + b"u" * (MAX_NAMESPACE + 1) + b"'/>",
        UnsafeXml,
    ),
    "too many comments": (b"<b>" + b"<!---->" * MAX_PARTS + b"</b>", UnsafeXml),
    "too many instructions": (b"<b>" + b"<?c?>" * MAX_PARTS + b"</b>", UnsafeXml),
    "too many document types": (b"<!--" + b"<!DOCTYPE [" * 9 + b"--><b/>", UnsafeXml),
    "half a character": (b"\xff\xfe<\x00\x00", NotSoap),
}


@pytest.mark.parametrize(("content", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_answer_needs_is_refused(content: bytes, error: type[UnreadableReply]) -> None:
    """Each with its own error."""
    with pytest.raises(error) as caught:
        parse_xml(content)
    assert type(caught.value) is error


def test_a_document_type_is_refused_before_what_it_declares_is_read() -> None:
    """Expat reads a piece to its end, so an entity bomb must not be in the same one."""
    beginning, *rest = _pieces(b"<!-- [ --><!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>")
    assert beginning.endswith(b"<!DOCTYPE r [")
    assert b"".join(rest).startswith(b"<!ENTITY")
    assert max(map(len, _pieces(b"x" * 100_000))) == PIECE_BYTES


def test_a_page_that_a_fault_quotes_is_text() -> None:
    """A document type is one at the beginning only."""
    content = b"<b><![CDATA[<!DOCTYPE html><html>]]></b>"
    assert parse_xml(content).text == "<!DOCTYPE html><html>"


parts = st.sampled_from(
    [
        b"<soap:Body>",
        b"</soap:Body>",
        b"<a xmlns='u'>",
        b"</a>",
        b"<x:a/>",
        b" xmlns:x='v'",
        b" x:b='1'",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<?a b?>",
        b"&#0;",
        b"&lt;",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"\xff",
        b"\x00",
    ]
)
edits = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 60), parts | st.binary(max_size=6)), max_size=5
)


@given(edits)
def test_any_changed_envelope_is_read_alike_or_refused(
    changes: list[tuple[int, int, bytes]],
) -> None:
    """With any cut from and any insertion into an answer, only our own errors are raised."""
    content = result("ok:85.00")
    for start, length, put in changes:
        content = content[:start] + put + content[start + length :]
    try:
        ours = parse_xml(content)
    except UnreadableReply:
        return
    assert ET.tostring(ours) == ET.tostring(ET.fromstring(content.strip()))
