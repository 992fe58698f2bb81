"""The tables of a web page as a delimited text.

Many systems export HTML under the name of a spreadsheet, `relatorio.xls`.
"""

from __future__ import annotations

import html
import re
from typing import Final

from bot.domain.id_lists.effort import ENTITY, PASSED_OVER, TAG, Effort
from bot.domain.id_lists.id_list import ListProblem, UnreadableListError
from bot.domain.id_lists.table_rows import MAX_COLUMNS

_BEFORE: Final = r"\s*(?:<[!?](?!doctype)[^>]*+>\s*){0,20}"
_PAGE: Final = re.compile(
    rf"{_BEFORE}<(?:!doctype\s+html|html|head|meta|title|style|script|body|table|thead|tbody|tr|link"
    r"|div|span|center|font|form|pre|h[1-6]|[bh]r|[uo]l|p|b)\b",
    re.IGNORECASE,
)
# A workbook as XML, of Excel 2003; a page with its pictures in one file, whose lines are cut.
_WORKBOOK: Final = re.compile(rf"{_BEFORE}<(?:\w+:)?workbook\b", re.IGNORECASE)
_ARCHIVED: Final = re.compile(r"\s*mime-version:", re.IGNORECASE)

_COUNTED_AT_ONCE: Final = 4_096
# As a delimited text names its delimiter.
_NAMES_TAB: Final = "sep=\t\n"
_HIDDEN: Final = re.compile(r"<(?P<name>script|style)\b|<!--", re.IGNORECASE)
_ROW: Final = re.compile(r"<tr\b", re.IGNORECASE)
_PART: Final = re.compile(r"<(?:(?P<cell>t[dh])|tr|/table)\b[^>]*+>", re.IGNORECASE)
_BREAK: Final = re.compile(r"<(?:br|p|div|li)\b[^>]*+>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[/!?A-Za-z][^>]*+>")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_MERGED_ROWS: Final = re.compile(r"\browspan\s*=\s*[\"']?\s*(?!1\b)[0-9]", re.IGNORECASE)
_MERGED_CELLS: Final = re.compile(r"\bcolspan\s*=\s*[\"']?\s*([0-9]{1,3})", re.IGNORECASE)


def is_page(text: str) -> bool:
    """Whether a text is a web page.

    Raises:
        UnreadableListError: it is one that cannot be read, or a workbook.
    """
    if _WORKBOOK.match(text):
        raise UnreadableListError(ListProblem.SPREADSHEET)
    if _ARCHIVED.match(text):
        raise UnreadableListError(ListProblem.WEB_PAGE)
    return _PAGE.match(text) is not None


def text_of_page(text: str, effort: Effort) -> str:
    """What a web page shows: a line for each row, with tabs between its cells.

    Raises:
        TooMuchWorkError: `effort` is used up.
        UnreadableListError: a cell covers several rows, so columns cannot be told apart.
    """
    for start in range(0, len(text), _COUNTED_AT_ONCE):
        place = (start, start + _COUNTED_AT_ONCE)
        signs = TAG * text.count("<", *place) + ENTITY * text.count("&", *place)
        effort.spend(signs + _COUNTED_AT_ONCE // PASSED_OVER)
    text = _without_hidden(text).replace("&nbsp;", " ")
    if _MERGED_ROWS.search(text):
        raise UnreadableListError(ListProblem.WEB_PAGE)
    rows = len(_ROW.findall(text))
    text = _in_rows(text, rows) if rows else _BREAK.sub("\n", text)
    text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), _TAG.sub("", text))
    return _NAMES_TAB + text.replace('"', "'").strip(" \n") if rows else text


def _in_rows(text: str, rows: int) -> str:
    """A line end before each row and a tab between cells; other line ends are blanks."""
    for space in "\r\n\t":
        text = text.replace(space, " ")
    parted = False
    merged = 0

    def part(match: re.Match[str]) -> str:
        nonlocal parted, merged
        before = "\t" * (merged + 1) if parted else ""
        parted, merged = match["cell"] is not None, 0
        if not parted:
            return "\n"
        if covered := _MERGED_CELLS.search(match[0]):
            merged = min(max(1, int(covered[1])), MAX_COLUMNS) - 1
        # A table of a single row is a list of its cells.
        return before if rows > 1 else "\n"

    return _PART.sub(part, text)


def _without_hidden(text: str) -> str:
    pieces, start = [], 0
    while opened := _HIDDEN.search(text, start):
        pieces.append(text[start : opened.start()])
        name = opened["name"]
        end = re.compile(f"</{name}" if name else "-->", re.IGNORECASE).search(text, opened.end())
        start = end.end() if end else len(text)
    return "".join([*pieces, text[start:]])
