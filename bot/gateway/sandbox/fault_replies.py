"""The faults that are valid HTTP: the status, the headers or the body is wrong.

Pure: a name and a SOAP version in, a whole reply out.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.gateway.sandbox.answers import FaultName
from bot.gateway.sandbox.envelope import (
    NAMESPACE,
    OPERATION,
    FaultCode,
    Reply,
    Version,
    document,
    fault_document,
    page_reply,
    response_document,
    result_element,
    result_reply,
    soap_reply,
)

Builder = Callable[[Version], Reply]

MANY: Final = 10_000

_OK: Final = "ok:85.00"
_RESULT: Final = f"{OPERATION}Result"
_ENTITY_BOMB: Final = "".join(
    f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' if level else '<!ENTITY e0 "ok">'
    for level in range(10)
)


def fault(code: FaultCode, text: str, *, status: int = 500) -> Builder:
    """A SOAP fault."""
    return lambda version: soap_reply(version, fault_document(version, code, text), status=status)


def page(status: int, title: str, **headers: str) -> Builder:
    """An HTML page."""
    made = page_reply(status, title, "This page comes from the sandbox.")
    return lambda _version: replace(made, headers=headers)


def text(result: str) -> Builder:
    """A valid answer with an odd result."""
    return lambda version: result_reply(version, result)


def elements(*results: str, namespace: str = NAMESPACE) -> Builder:
    """A response around result elements given as markup."""
    return lambda version: soap_reply(
        version, response_document(version, *results, namespace=namespace)
    )


def declared(subset: str, result: str) -> Builder:
    """A response behind a document type, the result given as markup."""

    def build(version: Version) -> Reply:
        body = response_document(version, f"<{_RESULT}>{result}</{_RESULT}>")
        head, _, rest = body.partition("\n")
        return soap_reply(version, f"{head}\n<!DOCTYPE reply{subset}>\n{rest}")

    return build


def encoded(charset: str, codec: str, result: str) -> Builder:
    """A response in another character set, which the header and the document both name."""

    def build(version: Version) -> Reply:
        body = response_document(version, result_element(result))
        return Reply(
            content_type=f"{version.media_type}; charset={charset}",
            content=body.replace('"utf-8"', f'"{charset}"', 1).encode(codec),
        )

    return build


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def compressed(
    result: Callable[[], str] = lambda: _OK,
    *,
    by: Callable[[bytes], bytes] = _gzip,
    announced: str = "gzip",
) -> Builder:
    """A response under a compression, and what the header says of it."""

    def build(version: Version) -> Reply:
        whole = result_reply(version, result())
        headers = {"Content-Encoding": announced} if announced else {}
        return replace(whole, content=by(whole.content), headers=headers)

    return build


def altered(change: Callable[[Reply], Reply]) -> Builder:
    """A good reply after this change."""
    return lambda version: change(result_reply(version, _OK))


def nested(depth: int) -> Builder:
    """A result inside so many elements."""

    def build(version: Version) -> Reply:
        inside = f"{'<a>' * depth}{_OK}{'</a>' * depth}"
        return elements(f"<{_RESULT}>{inside}</{_RESULT}>")(version)

    return build


def beside(content: Callable[[], str]) -> Builder:
    """A valid result, and an excess beside it, given as markup."""
    return lambda version: soap_reply(
        version, response_document(version, result_element(_OK), content())
    )


def _wrong_charset(version: Version) -> Reply:
    body = response_document(version, result_element("failed:486 não atendida"))
    return replace(soap_reply(version, body), content=body.encode("latin-1"))


def _two_charsets(version: Version) -> Reply:
    return replace(
        _wrong_charset(version), content_type=f"{version.media_type}; charset=iso-8859-1"
    )


def _namespaces() -> str:
    names = " ".join(f"n:a{number}=''" for number in range(MANY))
    return f"<a xmlns:n='{'n' * 100_000}' {names} />"


def _other_prefix(version: Version) -> Reply:
    result = f"<v:{_RESULT}>{_OK}</v:{_RESULT}>"
    name = f"v:{OPERATION}Response"
    body = f'    <{name} xmlns:v="{NAMESPACE}">{result}</{name}>\n'
    return soap_reply(version, document(version, body, prefix="SOAP-ENV"))


def _bare_string(_version: Version) -> Reply:
    bare = f'<?xml version="1.0" encoding="utf-8"?>\n<string xmlns="{NAMESPACE}">{_OK}</string>'
    return Reply(content_type="text/xml; charset=utf-8", content=bare.encode())


# What is large is made for each request, so that the sandbox itself stays small.
BUILDERS: Final[Mapping[FaultName, Builder]] = {
    FaultName.CLIENT: fault(FaultCode.CLIENT, "The sandbox could not read the request."),
    FaultName.SERVER: fault(
        FaultCode.SERVER,
        "The sandbox failed.\n   at Sandbox.Voice.Status() in service.asmx.cs:line 1",
    ),
    FaultName.VERSION_MISMATCH: fault(FaultCode.VERSION_MISMATCH, "Another version, please."),
    FaultName.MUST_UNDERSTAND: fault(FaultCode.MUST_UNDERSTAND, "A header is not understood."),
    FaultName.FAULT_200: fault(FaultCode.SERVER, "The sandbox failed.", status=200),
    FaultName.HTML: page(200, "Welcome"),
    FaultName.HTML_500: page(500, "Runtime Error"),
    FaultName.UNAVAILABLE: page(503, "Service Unavailable"),
    FaultName.BAD_GATEWAY: page(502, "Bad Gateway"),
    FaultName.GATEWAY_TIMEOUT: page(504, "Gateway Timeout"),
    FaultName.FORBIDDEN: page(403, "Forbidden"),
    FaultName.NOT_FOUND: page(404, "Not Found"),
    FaultName.REDIRECT: page(302, "Moved", Location="/voice/moved"),
    FaultName.REDIRECT_AWAY: page(308, "Moved", Location="https://elsewhere.invalid/voice"),
    FaultName.RETRY_AFTER: page(503, "Service Unavailable", **{"Retry-After": "2"}),
    FaultName.NO_CONTENT: lambda _version: Reply(status=204, content_type="", content=b""),
    FaultName.BOM: altered(lambda ok: replace(ok, content=b"\xef\xbb\xbf" + ok.content)),
    FaultName.UTF16: encoded("utf-16", "utf-16", _OK),
    FaultName.LATIN1: encoded("iso-8859-1", "latin-1", "failed:486 não atendida"),
    FaultName.UTF16_BARE: encoded("utf-16", "utf-16-le", _OK),
    FaultName.WRONG_CHARSET: _wrong_charset,
    FaultName.BAD_CHARSET: encoded("x-sandbox-none", "utf-8", _OK),
    FaultName.TWO_CHARSETS: _two_charsets,
    FaultName.UTF16_LIE: altered(
        lambda ok: replace(
            ok,
            content_type=ok.content_type.partition(";")[0],
            content=ok.content.replace(b'"utf-8"', b'"utf-16"', 1),
        )
    ),
    FaultName.GZIP: compressed(),
    FaultName.GZIP_TWICE: compressed(by=lambda whole: _gzip(_gzip(whole)), announced="gzip, gzip"),
    FaultName.GZIP_SILENT: compressed(announced=""),
    FaultName.GZIP_DAMAGED: compressed(by=lambda whole: _gzip(whole)[:-8] + bytes(8)),
    FaultName.DEFLATE: compressed(by=zlib.compress, announced="deflate"),
    FaultName.BROTLI: compressed(by=lambda _: b"\x8b\x02\x80" * 40, announced="br"),
    FaultName.GZIP_LIE: altered(lambda ok: replace(ok, headers={"Content-Encoding": "gzip"})),
    FaultName.GZIP_BOMB: compressed(lambda: "0" * 10_000_000),
    FaultName.DOCTYPE: declared("", _OK),
    FaultName.ENTITY: declared(f' [<!ENTITY status "{_OK}">]', "&status;"),
    FaultName.ENTITY_BOMB: declared(f" [{_ENTITY_BOMB}]", "&e9;"),
    FaultName.EXTERNAL_ENTITY: declared(
        ' [<!ENTITY file SYSTEM "file:///etc/hostname">]', "&file;"
    ),
    FaultName.DEEP: nested(1_000),
    FaultName.NESTING_100000: nested(100_000),
    FaultName.ATTRIBUTES: beside(lambda: "<a " + " ".join(f"a{n}=''" for n in range(MANY)) + " />"),
    FaultName.NAMESPACES: beside(_namespaces),
    FaultName.COMMENTS: beside(lambda: "<!---->" * 2 * MANY),
    FaultName.HUGE: lambda version: result_reply(version, "0" * 5_000_000),
    FaultName.MALFORMED: altered(
        lambda ok: replace(ok, content=ok.content[: len(ok.content) // 2])
    ),
    FaultName.EMPTY_BODY: lambda version: soap_reply(version, ""),
    FaultName.NIL: elements(f'<{_RESULT} xsi:nil="true" />'),
    FaultName.MISSING: elements(),
    FaultName.DUPLICATE: elements(result_element(_OK), result_element("failed:486")),
    FaultName.CDATA: elements(f"<{_RESULT}><![CDATA[{_OK}]]></{_RESULT}>"),
    FaultName.OTHER_PREFIX: _other_prefix,
    FaultName.OTHER_NAMESPACE: elements(result_element(_OK), namespace="MobileProntoMPGateway"),
    FaultName.BARE_STRING: _bare_string,
    FaultName.SOAP12_TO_11: lambda version: result_reply(version.other, _OK),
    FaultName.NUL: text("ok:\x0085.00"),
    FaultName.UNSAFE_TEXT: text("<!channel> `code` ```block``` <@U0SANDBOX> *bold* &amp;"),
    FaultName.LONG_TEXT: text("long " * 2_000),
    FaultName.RTL: text("\u202e684:deliaf\u202c"),
}
