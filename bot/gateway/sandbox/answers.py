"""The sandbox's answer to an account and an IDMSG: the script, as pure decisions.

Uses no clock and no socket of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final, Self

PREFIX: Final = "SANDBOX-"
PENDING_SECONDS: Final = 20.0
MAX_SLOW_SECONDS: Final = 600.0
MAX_IDMSG: Final = 40

_OK: Final = "ok:85.00"
_PENDING: Final = "024"
_UNKNOWN: Final = "023"

# What follows the prefix, the result if it is always the same, and one sentence on the effect.
_SCRIPT: Final = (
    ("OK", _OK, "Answered, 85 seconds (ok:85.00)."),
    ("SHORT", "ok:3.00", "Answered for 3 seconds only (ok:3.00)."),
    ("BUSY", "failed:486", "Busy (failed:486)."),
    ("NOANSWER", "failed:480", "Nobody answered (failed:480)."),
    ("NOTFOUND", "failed:404", "No such number (failed:404)."),
    ("DECLINED", "failed:603", "Declined (failed:603)."),
    ("ERROR", "error:503", "Broke down while the call was running (error:503)."),
    ("BLOCKED", "blocked:608", "Barred on the way (blocked:608)."),
    ("MACHINE", "machine:200", "An answering machine was detected (machine:200)."),
    ("PENDING", None, "No status (024) for 20 seconds after it is first asked, then ok."),
    ("PENDING-n", None, "No status (024) for n seconds after it is first asked, then ok."),
    ("FOREVER", _PENDING, "No status (024), always."),
    ("001", None, "That gateway code; any three digits may stand here."),
    ("failed.486", None, "That result; the first point stands for the colon (failed:486)."),
    ("SLOW-n", None, "Answered (ok:85.00), but n seconds late, 600 at most."),
    ("EMPTY", "", "An empty result element."),
)
_FIXED: Final = {tail: result for tail, result, _ in _SCRIPT if result is not None}
# The example of all texts, and the ids that follow it.
_EXAMPLES: Final = {
    "MPG000236180474": "BUSY",
    "MPG000236180475": "OK",
    "MPG000236180476": "NOANSWER",
    "MPG000236180477": "MACHINE",
    "MPG000236180478": "NOTFOUND",
    "MPG000236180479": "DECLINED",
    "MPG000236180480": "PENDING",
    "MPG000236180481": "BLOCKED",
    "MPG000236180482": "ERROR",
    "MPG000236180483": "SHORT",
}
_WAITING: Final = re.compile(r"PENDING(?:-([0-9]+(?:\.[0-9]+)?))?")
_SLOW: Final = re.compile(r"SLOW-([0-9]+(?:\.[0-9]+)?)")
_CODE: Final = re.compile(r"[0-9]{3}")
_RESULT: Final = re.compile(r"([A-Z]+|[0-9]{3})\.(.*)", re.DOTALL)


@unique
class FaultName(StrEnum):
    """The text after `SANDBOX-FAULT-`; case does not matter."""

    sentence: str

    def __new__(cls, name: str, sentence: str) -> Self:
        """Makes the member's value its name alone."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.sentence = sentence
        return member

    CLIENT = "client", "A fault that blames the request (soap:Client, soap:Sender)."
    SERVER = "server", "A fault of the service (soap:Server, soap:Receiver) with a stack trace."
    VERSION_MISMATCH = "version-mismatch", "A fault soap:VersionMismatch."
    MUST_UNDERSTAND = "must-understand", "A fault soap:MustUnderstand."
    FAULT_200 = "fault-200", "A fault of the service with HTTP status 200."

    HTML = "html", "An HTML page with status 200."
    HTML_500 = "html-500", "An HTML page with status 500."
    UNAVAILABLE = "unavailable", "Status 503 with an HTML page."
    BAD_GATEWAY = "bad-gateway", "Status 502 with an HTML page."
    GATEWAY_TIMEOUT = "gateway-timeout", "Status 504 with an HTML page."
    FORBIDDEN = "forbidden", "Status 403 with an HTML page."
    NOT_FOUND = "not-found", "Status 404 with an HTML page."
    REDIRECT = "redirect", "Status 302 to another path of this server, which answers 404."

    REDIRECT_AWAY = "redirect-away", "Status 308 to another host, which does not exist."
    RETRY_AFTER = "retry-after", "Status 503 that asks to be left alone for 2 seconds."
    NO_CONTENT = "no-content", "Status 204, which has no body."
    REASON_LATIN1 = "reason-latin1", "ok:85.00 under a status line with accents in ISO-8859-1."

    RESET = "reset", "Resets the connection instead of an answer."
    CLOSE = "close", "Closes the connection without an answer."
    TRUNCATED = "truncated", "Announces a whole answer, sends half of it and closes."
    WRONG_LENGTH = "wrong-length", "Announces fewer bytes than it sends, so the XML is cut short."
    GARBAGE = "garbage", "Bytes that are not HTTP, then closes."
    BAD_CHUNK = "bad-chunk", "A chunked answer whose chunk size is not a number."
    HANG = "hang", "Never answers; closes after 120 seconds."
    DRIP = "drip", "Headers at once, then the body at one byte a second."
    HANG_HEAD = "hang-head", "Most of the headers, then silence; closes after 120 seconds."
    HANG_BODY = "hang-body", "Half of the body, then silence; closes after 120 seconds."
    HTTP_09 = "http-09", "ok:85.00 without any head, as in HTTP/0.9."
    HTTP_2 = "http-2", "The frame with which a server begins HTTP/2."
    TWO_LENGTHS = "two-lengths", "ok:85.00 with two lengths that differ."
    SPLIT = "split", "ok:85.00 and right behind it another whole answer, 023."
    SURPLUS = "surplus", "ok:85.00 and right behind it bytes that are nothing."
    EQUAL_LENGTHS = "equal-lengths", "ok:85.00 with the same length three times, in two fields."
    LENGTH_AND_CHUNKS = "length-and-chunks", "ok:85.00 in chunks, with a length that is wrong."
    ODD_FIELDS = "odd-fields", "ok:85.00 under header fields that no standard allows."

    ENDLESS_HEADERS = "endless-headers", "Header fields without an end, at full speed."
    ENDLESS_LINE = "endless-line", "One header field without an end, at full speed."
    INTERIM_FLOOD = "interim-flood", "100 Continue without an end, at full speed."
    TINY_CHUNKS = "tiny-chunks", "Chunks of one byte without an end, at full speed."
    CHUNK_EXTENSION = "chunk-extension", "A chunk whose extension has no end, at full speed."
    ENDLESS_TRAILERS = "endless-trailers", "Fields behind the last chunk without an end."
    TEXT_200MB = "text-200mb", "200 MB of text with a Content-Length."
    CHUNKED_200MB = "chunked-200mb", "200 MB of text in chunks."
    GZIP_GIGABYTE = "gzip-gigabyte", "A gigabyte under gzip, announced as such."
    GZIP_UNANNOUNCED = "gzip-unannounced", "A gigabyte under gzip, announced as XML."

    BOM = "bom", "ok:85.00 behind a UTF-8 byte order mark."
    UTF16 = "utf16", "ok:85.00 in UTF-16 with a byte order mark, declared as such."
    LATIN1 = "latin1", "A result with accents in ISO-8859-1, declared as such."
    UTF16_BARE = "utf16-bare", "ok:85.00 in UTF-16 without a byte order mark."
    WRONG_CHARSET = "wrong-charset", "Declares UTF-8 and has accents in ISO-8859-1."
    BAD_CHARSET = "bad-charset", "Declares a character set that does not exist."
    TWO_CHARSETS = "two-charsets", "ISO-8859-1 by the header and the bytes, UTF-8 by the document."
    UTF16_LIE = "utf16-lie", "ok:85.00 in UTF-8; only the document says UTF-16."
    GZIP = "gzip", "ok:85.00 compressed with gzip, which nobody asked for."
    GZIP_LIE = "gzip-lie", "ok:85.00 in plain text, announced as gzip."
    GZIP_TWICE = (
        "gzip-twice",
        "ok:85.00 compressed with gzip by the server and once more by a proxy.",
    )
    GZIP_SILENT = "gzip-silent", "ok:85.00 compressed with gzip, which no header says."
    GZIP_DAMAGED = "gzip-damaged", "ok:85.00 compressed with gzip, with a wrong checksum."
    DEFLATE = "deflate", "ok:85.00 compressed with deflate, which nobody asked for."
    BROTLI = "brotli", "Bytes that are announced as Brotli."
    GZIP_BOMB = "gzip-bomb", "A few kilobytes of gzip that unfold to 10 MB."

    DOCTYPE = "doctype", "ok:85.00 behind a harmless document type."
    ENTITY = "entity", "ok:85.00 by way of an entity that the document defines."
    ENTITY_BOMB = "entity-bomb", "Nested entities that would unfold to a billion words."
    EXTERNAL_ENTITY = "external-entity", "An entity that points at a local file."
    DEEP = "deep", "A result inside a thousand nested elements."
    NESTING_100000 = "nesting-100000", "A result inside 100,000 nested elements."
    ATTRIBUTES = "attributes", "An element with 10,000 attributes."
    NAMESPACES = "namespaces", "10,000 names in a namespace of 100,000 characters."
    COMMENTS = "comments", "20,000 comments beside the result."
    HUGE = "huge", "A result of 5 MB."
    MALFORMED = "malformed", "Half of the XML, with a Content-Length that agrees."
    EMPTY_BODY = "empty-body", "Status 200 with the right Content-Type and no body."

    NIL = "nil", "A result element with xsi:nil."
    MISSING = "missing", "A response without a result element."
    DUPLICATE = "duplicate", "Two result elements that differ."
    CDATA = "cdata", "ok:85.00 in a CDATA section."
    OTHER_PREFIX = "other-prefix", "ok:85.00 with other namespace prefixes than the samples."
    OTHER_NAMESPACE = "other-namespace", "ok:85.00 in the namespace of a sibling service."
    BARE_STRING = "bare-string", "ok:85.00 in a bare string element, without an envelope."
    SOAP12_TO_11 = "soap12-to-11", "ok:85.00 in the SOAP version that was not asked for."

    NUL = "nul", "A NUL byte in the result, which XML forbids."
    UNSAFE_TEXT = "unsafe-text", "A result with <!channel> and backticks."
    LONG_TEXT = "long-text", "A result of 10,000 characters."
    RTL = "rtl", "A result that a right-to-left override turns into failed:486 on screen."


#: Every id, or form of ids, with one sentence on its effect.
SCRIPTED: Final[Mapping[str, str]] = {
    **{f"{PREFIX}{tail}": sentence for tail, _, sentence in _SCRIPT},
    **{idmsg: f"Like {PREFIX}{tail}." for idmsg, tail in _EXAMPLES.items()},
    **{f"{PREFIX}FAULT-{name}": name.sentence for name in FaultName},
}
_FAULTS: Final[Mapping[str, FaultName]] = {f"FAULT-{name}".upper(): name for name in FaultName}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer: a result text, `delay` seconds late; or a fault, if one is named."""

    text: str = ""
    delay: float = 0.0
    fault: FaultName | None = None


def pending_seconds(idmsg: str | None) -> float | None:
    """How long this id has no status after its first request; None if it does not wait."""
    found = _WAITING.fullmatch(_tail(idmsg))
    if found is None:
        return None
    return PENDING_SECONDS if found[1] is None else float(found[1])


def answer(idmsg: str | None, *, elapsed: float = 0.0) -> Answer:
    """The scripted answer; `elapsed` is the time in seconds since the id was first asked."""
    tail, seconds = _tail(idmsg), pending_seconds(idmsg)
    if seconds is not None:
        return Answer(text=_PENDING if elapsed < seconds else _OK)
    if tail in _FIXED:
        return Answer(text=_FIXED[tail])
    if tail in _FAULTS:
        return Answer(fault=_FAULTS[tail])
    for form, read in _FORMS.items():
        if found := form.fullmatch(tail):
            return read(found)
    return Answer(text=_UNKNOWN)


_FORMS: Final[Mapping[re.Pattern[str], Callable[[re.Match[str]], Answer]]] = {
    _SLOW: lambda found: Answer(text=_OK, delay=min(float(found[1]), MAX_SLOW_SECONDS)),
    _CODE: lambda found: Answer(text=found[0]),
    _RESULT: lambda found: Answer(text=f"{found[1]}:{found[2]}".lower()),
}


@dataclass(slots=True, kw_only=True, eq=False)
class Script:
    """The answers to requests over time: when each waiting id was first requested.

    Attributes:
        clock: seconds from any origin.
        remembered: the most waiting ids to store.
    """

    clock: Callable[[], float]
    remembered: int
    first_asked: dict[str, float] = field(default_factory=dict)

    def answer(self, credential: str | None, token: str | None, idmsg: str | None) -> Answer:
        """The answer now; the gateway code for a rejected account.

        Any credential of 40 and token of 6 characters is accepted, unless it begins with BAD.
        """
        if credential is None or len(credential) != 40 or credential.startswith("BAD"):  # noqa: PLR2004
            return Answer(text="001")
        if token is None or len(token) != 6 or token.startswith("BAD"):  # noqa: PLR2004
            return Answer(text="019")
        return answer(idmsg, elapsed=self._elapsed(idmsg))

    def _elapsed(self, idmsg: str | None) -> float:
        """Seconds since the first request for a waiting id; 0 for any other."""
        if idmsg is None or pending_seconds(idmsg) is None:
            return 0.0
        now = self.clock()
        first = self.first_asked.setdefault(idmsg.upper(), now)
        if len(self.first_asked) > self.remembered:
            del self.first_asked[next(iter(self.first_asked))]
        return now - first


def _tail(idmsg: str | None) -> str:
    """The text after the prefix, in upper case, or that of an example; empty for unknown ids."""
    if idmsg is None or len(idmsg) > MAX_IDMSG:
        return ""
    upper = idmsg.upper()
    prefixed = upper.startswith(PREFIX)
    return upper.removeprefix(PREFIX) if prefixed else _EXAMPLES.get(upper, "")
