"""The text in a file: its bytes decide what it is, and how they are encoded.

Spreadsheets in Brazil write Windows-1252 ("CSV"), UTF-8 with a byte order mark ("CSV UTF-8") or
UTF-16 with one ("Unicode text"); other programs UTF-8 without, and some UTF-16 without; those of a
Macintosh may write Mac Roman. Where files were joined, each line has its own encoding. An e-mail
may have cut its lines.
"""

from __future__ import annotations

import codecs
import quopri
import re
from typing import Final

from bot.domain.id_lists.id_list import MAX_BYTES, MAX_LINES, ListProblem, UnreadableListError

_ZIP: Final = b"PK\x03\x04"
_IN_SPREADSHEETS: Final = (b"xl/", b"opendocument.spreadsheet", b"Index/Tables/")
_IN_DOCUMENTS: Final = (b"word/", b"ppt/", b"opendocument.")
# The first bytes of files that are often attached by mistake.
_SIGNATURES: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ListProblem.SPREADSHEET),
    (b"%PDF-", ListProblem.DOCUMENT),
    (b"{\\rtf", ListProblem.DOCUMENT),
    (b"\x89PNG\r\n", ListProblem.PICTURE),
    (b"\xff\xd8\xff", ListProblem.PICTURE),
    (b"GIF8", ListProblem.PICTURE),
    (b"PK\x05\x06", ListProblem.ARCHIVE),
    (b"Rar!", ListProblem.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ListProblem.ARCHIVE),
    (b"\x1f\x8b", ListProblem.ARCHIVE),
)
# UTF-32 first, since its mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Without a mark: which byte of each character is never zero, of how many.
_WIDE: Final = (
    ("utf-32-le", 0, 4),
    ("utf-32-be", 3, 4),
    ("utf-16-le", 0, 2),
    ("utf-16-be", 1, 2),
)
# In text of that encoding nearly all the others are zero, also with names in other scripts.
_MOST_ZEROS: Final = 0.7
_FEWEST_ZEROS: Final = 0.05
# Of old Macintosh programs: ã, ç, é, ó, õ between letters, the blank between thousands, a quote
# before an id. In Windows-1252 these bytes are signs, which do not stand there, or Ê, Ò, Ô.
_MACINTOSH: Final = re.compile(
    rb"(?<=[A-Za-z])[\x8b\x8d\x8e\x97\x9b](?=[A-Za-z\x8b])|(?<=[0-9])\xca(?=[0-9]{3})"
    rb"|[\xd2\xd4](?=MPG|[0-9]{5})"
)
# ã, ç, é, ó, õ and others of Windows-1252.
_WINDOWS: Final = re.compile(rb"(?<=[A-Za-z])[\xe0-\xe3\xe7-\xea\xed\xf3-\xf5\xfa]")
# What systems fill a file up with, and half of a character that was cut off.
_AT_THE_END: Final = "\0\x1a\ufffd"
_E_MAIL: Final = re.compile(
    rb"^content-transfer-encoding:[ \t]*quoted-printable", re.IGNORECASE | re.MULTILINE
)
_HEADERS_WITHIN: Final = 100_000
_CONTROL: Final = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# Old systems leave a stray control character or two; in a binary file one byte in ten is one.
_STRAY: Final = 2
_MOST_CONTROL: Final = 0.01


def text_of(data: bytes) -> str:
    """The text of a file.

    Raises:
        UnreadableListError: empty, larger than `MAX_BYTES`, or not text; `problem` says which.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableListError(ListProblem.TOO_LARGE, count=len(data), limit=MAX_BYTES)
    if (kind := _kind_of(data)) is not None:
        raise UnreadableListError(kind)
    if _E_MAIL.search(data, 0, _HEADERS_WITHIN):
        data = quopri.decodestring(data)
    text = _decoded(data).rstrip(_AT_THE_END)
    if "\0" in text or len(_CONTROL.findall(text)) > _STRAY + len(text) * _MOST_CONTROL:
        raise UnreadableListError(ListProblem.NOT_TEXT)
    if not text.strip():
        raise UnreadableListError(ListProblem.EMPTY)
    return text


def _kind_of(data: bytes) -> ListProblem | None:
    if data.startswith(_ZIP):
        # An office file is a ZIP archive; the names of its parts give it away.
        if any(name in data for name in _IN_SPREADSHEETS):
            return ListProblem.SPREADSHEET
        inside_document = any(name in data for name in _IN_DOCUMENTS)
        return ListProblem.DOCUMENT if inside_document else ListProblem.ARCHIVE
    return next((kind for signature, kind in _SIGNATURES if data.startswith(signature)), None)


def _decoded(data: bytes) -> str:
    wide = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if wide := wide or next((name for name, *form in _WIDE if _is_wide(data, *form)), None):
        return data.decode(wide, "replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    # With more lines it is refused, whatever is in them.
    if data.count(b"\n") + data.count(b"\r") > 2 * MAX_LINES:
        return data.decode("cp1252", "replace")
    lines = data.splitlines(keepends=True)
    read = [_utf8_of(line) for line in lines]
    others = b"".join(line for line, text in zip(lines, read, strict=True) if text is None)
    is_macintosh = len(_MACINTOSH.findall(others)) > len(_WINDOWS.findall(others))
    old = "mac_roman" if is_macintosh else "cp1252"
    return "".join(
        line.decode(old, "replace") if text is None else text
        for line, text in zip(lines, read, strict=True)
    )


def _is_wide(data: bytes, never_zero: int, width: int) -> bool:
    """Whether the zeros are where characters of this many bytes have them."""
    room = len(data) // width
    zeros = [data[place::width].count(0) for place in range(width)]
    few = zeros.pop(never_zero) <= room * _FEWEST_ZEROS
    return few and all(count > room * _MOST_ZEROS for count in zeros)


def _utf8_of(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None
