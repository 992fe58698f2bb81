"""A file of IDMSGs: a column of a table, or one a line, as spreadsheets write them.

Those in Brazil write Windows-1252 ("CSV"), UTF-8 with a byte order mark ("CSV UTF-8") or UTF-16
with one ("Unicode text"); other programs UTF-8 without.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

from bot.domain.id_lists.effort import LINE_LEFT_OUT, Effort, TooMuchWorkError
from bot.domain.id_lists.id_column import Column, find_column
from bot.domain.id_lists.id_list import (
    MAX_BYTES,
    IdList,
    ListProblem,
    UnreadableListError,
    lines_of,
    to_list,
)
from bot.domain.id_lists.list_words import Judged, LineProblem, judge
from bot.domain.id_lists.table_rows import Table

_ZIP: Final = b"PK\x03\x04"
_IN_SPREADSHEETS: Final = (b"xl/", b"opendocument.spreadsheet")
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
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_END_OF_FILE: Final = "\x1a"
_CONTROL: Final = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# Old systems leave a stray control character or two; in a binary file one byte in ten is one.
_MOST_CONTROL: Final = 0.01


def read_file(data: bytes, *, max_ids: int, effort: Effort | None = None) -> IdList:
    """Read the ids of a file.

    Encoding, delimiter and column are found from the file's content.

    Args:
        data: the file.
        max_ids: how many ids may be in it.
        effort: limits the work, whatever the file contains.

    Raises:
        UnreadableListError: `problem` says what is wrong with the file.
    """
    effort = effort or Effort()
    table = Table(lines_of(_text_of(data)), effort)
    try:
        column = find_column(table, effort)
        return to_list(_cells(table, column, effort), max_ids, column.heading)
    except TooMuchWorkError:
        raise UnreadableListError(ListProblem.TOO_MUCH_WORK) from None


def _cells(table: Table, column: Column, effort: Effort) -> Iterator[tuple[int, str, Judged]]:
    """The cells that should have an id; the whole row if that cell is empty."""
    for row in table.rows(column.delimiter):
        if row.number <= column.above or row.blank:
            continue
        cell, judged = row.cell(column.place), Judged(problem=LineProblem.EMPTY)
        if cell.strip():
            judged = judge(cell, named=column.named, effort=effort)
        else:
            cell = f"{column.delimiter} ".join(filter(None, row.cells))
        if judged.problem is not None:
            effort.spend(LINE_LEFT_OUT)
        yield row.number, cell, judged


def _text_of(data: bytes) -> str:
    """The text of a file.

    Raises:
        UnreadableListError: empty, larger than `MAX_BYTES`, or not text; `problem` says which.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableListError(ListProblem.TOO_LARGE, count=len(data), limit=MAX_BYTES)
    if (kind := _kind_of(data)) is not None:
        raise UnreadableListError(kind)
    text = _decoded(data).rstrip(_END_OF_FILE)
    if "\0" in text or len(_CONTROL.findall(text)) > len(text) * _MOST_CONTROL:
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
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
