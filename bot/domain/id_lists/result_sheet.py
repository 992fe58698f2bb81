"""The whole result of a bulk as a CSV file that spreadsheets open correctly.

Excel reads a file by the computer's region: in Portuguese with semicolons and decimal commas, in
English with commas and points; UTF-8 with a byte order mark, because Excel reads a file without one
as Windows-1252; lines end with CR LF (RFC 4180).

A cell that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV
Injection"), also if the dangerous sign follows a delimiter or quote within the cell: a reader with
another delimiter would start a cell there. An identifier or code that would lose digits or become a
date gets the same apostrophe. It is the only text marker that is visible, works in every
spreadsheet and is not itself a formula, as `="0123"` is. Reading a list removes it again. An IDMSG
in the usual form, MPG and digits, needs none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Final

from bot.domain.call_status import CallStatus, Finding, LookupFailure, outcome_key
from bot.domain.id_lists.id_list import IgnoredLine, say_reason
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.jobs.bulk import BulkItem
from bot.domain.privacy import mask_people, shared_id, shorten
from bot.domain.texts.catalog import Catalog, Language
from bot.domain.texts.explanation import explain

COLUMNS: Final = (
    "line",
    "idmsg",
    "outcome",
    "headline",
    "sip_code",
    "gateway_code",
    "duration",
    "who_acts",
    "advice",
    "raw",
    "checked",
    "note",
)
MAX_RAW: Final = 500

_MARK: Final = "\ufeff"
_LINE_END: Final = "\r\n"
# Characters that start a formula, full-width ones too, at the start or after a possible delimiter.
_FORMULA: Final = re.compile(r"(^|[;,|\"'\t]) *(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_MONTH: Final = (
    r"(?:jan|fev|feb|mar|abr|apr|mai|may|jun|jul|ago|aug|set|sep|out|oct|nov|dez|dec)[a-z]{0,6}"
)
# Words that a spreadsheet reads as a number, a date or a time, and rewrites.
_TAKEN_FOR_NUMBER: Final = re.compile(
    r"0[0-9]+|[0-9]{12,}|[0-9]+e[0-9]+|[0-9]+[-/.,:][0-9]+(?:[-/.,:][0-9]+)*"
    rf"|{_MONTH}[-/ ]?[0-9]{{1,4}}|[0-9]{{1,2}}[-/ ]?{_MONTH}(?:[-/ ]?[0-9]{{2,4}})?",
    re.IGNORECASE,
)


class ResultSheet:
    """Writes the sheet line by line.

    Args:
        catalog: the reader's language.
        moment: formats a time in the reader's format and time zone; see `local_moment`.
        public: others read it, so ids that are personal data are masked.
        before: headings of columns in front.
        width: how many columns are in front.
    """

    def __init__(
        self,
        catalog: Catalog,
        moment: Callable[[datetime], str],
        *,
        public: bool = False,
        before: Sequence[str] = (),
        width: int = 0,
    ) -> None:
        self._catalog = catalog
        self._moment = moment
        self._public = public
        self._before = before
        self._width = width
        self._portuguese = catalog.language is Language.PORTUGUESE
        self._delimiter = ";" if self._portuguese else ","

    def head(self) -> bytes:
        """The byte order mark and the headings."""
        names = (self._catalog.say(f"sheet.{name}") for name in COLUMNS)
        return _MARK.encode() + self._written(*names, before=self._before)

    def line(self, item: BulkItem) -> bytes:
        """The line of one call; its number is its place in the list, from 1."""
        return self._written(str(item.position + 1), *self._result(item))

    def tail(self, ignored: Iterable[IgnoredLine]) -> Iterator[bytes]:
        """After a blank line, the lines without an id, with their numbers and the reasons."""
        title = self._catalog.say("sheet.ignored_title")
        for place, line in enumerate(ignored):
            if not place:
                yield self._written()
                yield self._written("", title)
            yield self._written(str(line.number), *self._ignored(line.problem))

    def _ignored(self, problem: LineProblem) -> Iterator[str]:
        """The cells after the number, of a line without an id."""
        yield ""
        yield self._catalog.say("sheet.ignored")
        yield say_reason(problem, self._catalog)

    def _result(self, item: BulkItem) -> Iterator[str]:
        """The cells after the number, of a call."""
        message_id = item.message_id.value
        yield as_text(shared_id(message_id) if self._public else message_id)
        if item.finding is None:
            yield self._catalog.say("sheet.not_asked")
        else:
            yield from self._told(item, item.finding)

    def _told(self, item: BulkItem, finding: Finding) -> Iterator[str]:
        """The cells from the outcome to the end of the row."""
        say, explanation = self._catalog.say, explain(finding, self._catalog)
        status = finding if isinstance(finding, CallStatus) else None
        yield say(f"outcome_word.{outcome_key(finding)}")
        yield explanation.headline
        yield str(status.sip_code or "") if status else ""
        yield as_text(status.gateway_code or "") if status else ""
        yield self._duration(status)
        yield say(f"who.{explanation.entry.who_acts.value}")
        yield explanation.entry.advice
        yield as_text(shorten(mask_people(status.raw), MAX_RAW)) if status else ""
        yield self._moment(item.checked_at) if item.checked_at is not None else ""
        notes = [*explanation.remarks]
        if isinstance(finding, LookupFailure):
            notes.append(f"{say('details.error')}: {finding.error}")
        if item.sandbox:
            notes.append(say("card.sandbox"))
        yield " ".join(notes)

    def _duration(self, status: CallStatus | None) -> str:
        if status is None or status.duration is None:
            return ""
        seconds = f"{status.duration:f}"
        return seconds.replace(".", ",") if self._portuguese else seconds

    def _written(self, *cells: str, before: Sequence[str] = ()) -> bytes:
        front = [*before, *[""] * (self._width - len(before))]
        padded = [*front, *cells, *[""] * (len(COLUMNS) - len(cells))]
        line = self._delimiter.join(self._cell(cell) for cell in padded)
        return (line + _LINE_END).encode("utf-8", "replace")

    def _cell(self, text: str) -> str:
        plain = _FORMULA.sub(r"\g<0>'", _one_line(text))
        if any(sign in plain for sign in ';,"|'):
            doubled = plain.replace('"', '""')
            return f'"{doubled}"'
        return plain


def as_text(word: str) -> str:
    """The word with an apostrophe in front if a spreadsheet would change it."""
    return f"'{word}" if _TAKEN_FOR_NUMBER.fullmatch(word) else word


def local_moment(zone: tzinfo, language: Language) -> Callable[[datetime], str]:
    """Formats times in a time zone, in a form that spreadsheets of that language read."""
    form = "%d/%m/%Y %H:%M:%S" if language is Language.PORTUGUESE else "%Y-%m-%d %H:%M:%S"
    return lambda moment: moment.astimezone(zone).strftime(form)


def _one_line(text: str) -> str:
    """The text without line ends, and without invisible characters in front of a sign."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return text.strip()
