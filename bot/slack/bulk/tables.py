"""The results of a bulk, by pages: as a sortable table, a plain one, or lines of text.

Slack's sortable table is new: if Slack rejects one form, the next one is sent.
https://docs.slack.dev/reference/block-kit/blocks/data-table-block
https://docs.slack.dev/reference/block-kit/blocks/table-block
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import accumulate
from typing import Final

from bot.domain.call_status import CallStatus, LookupFailure
from bot.domain.jobs.bulk import Bulk, BulkItem
from bot.domain.privacy import shorten
from bot.domain.texts.explanation import explain
from bot.slack.blocks.block_kit import (
    MESSAGE_TEXT_LIMIT,
    SECTION_LIMIT,
    Block,
    Element,
    Message,
    code_span,
    escape,
    header,
    section,
    visible,
)
from bot.slack.blocks.style import CardStyle
from bot.slack.bulk.buttons import page_row

# Slack allows 100 rows in a table, including the head.
MOST_ROWS: Final = 99
# As many lines with the longest ids as fit into a section.
ROWS_OF_A_PAGE: Final = 40

_CHARACTERS: Final = 10_000
_COLUMNS: Final = ("idmsg", "result", "code", "duration")


class Form(StrEnum):
    """The forms of results, the best one first."""

    SORTABLE = "sortable"
    PLAIN = "plain"
    LINES = "lines"


def fitting(items: Sequence[BulkItem], style: CardStyle, form: Form) -> Sequence[BulkItem]:
    """The first items that fit into one block of this form; at least one if there are any."""
    if form is Form.LINES:
        sizes = (len(line) + 1 for line in lines(items[:ROWS_OF_A_PAGE], style))
        return items[: _count(sizes, SECTION_LIMIT)]
    head = sum(map(len, _head(style)))
    rows = (sum(len(cell["text"]) for cell in _row(item, style)) for item in items[:MOST_ROWS])
    return items[: _count(rows, _CHARACTERS - head)]


def results(items: Sequence[BulkItem], style: CardStyle, form: Form, *, total: int) -> Block:
    """Make the block of these results.

    Args:
        items: at least one and as many as fit, in order.
        style: the language, and who reads it.
        form: the form of the block.
        total: the number of calls in the bulk.
    """
    if form is Form.LINES:
        return section("\n".join(lines(items, style)))
    rows = [[_text(name) for name in _head(style)], *(_row(item, style) for item in items)]
    if form is Form.PLAIN:
        # A plain table has no numbers.
        return {"type": "table", "rows": [[_text(cell["text"]) for cell in row] for row in rows]}
    first, last, say = items[0].position + 1, items[-1].position + 1, style.catalog.say
    caption = say("bulk.table.caption", first=first, last=last, total=total)
    return {
        "type": "data_table",
        "caption": caption if len(items) < total else say("bulk.file.title", count=total),
        "row_header_column_index": 0,
        "page_size": 10,
        "rows": rows,
    }


def lines(items: Sequence[BulkItem], style: CardStyle) -> Iterator[str]:
    """Make a line of mrkdwn for each item."""
    for item in items:
        idmsg, result, code, _ = (cell["text"] for cell in _row(item, style))
        suffix = f" `{escape(code)}`" if _code(item) else ""
        yield f"{item.position + 1}. `{code_span(idmsg)}` {escape(result)}{suffix}"


def pages_of(bulk: Bulk) -> int:
    """The number of pages of results of a bulk."""
    return max(1, -(-bulk.total // ROWS_OF_A_PAGE))


def page_of_results(
    bulk: Bulk,
    items: Sequence[BulkItem],
    page: int,
    style: CardStyle,
    *,
    form: Form = Form.SORTABLE,
) -> Message:
    """Make one page with buttons to the previous and the next one.

    Args:
        bulk: the bulk of the results.
        items: the items of the page, at least one.
        page: its number, from 1.
        style: the language, and who reads it.
        form: the form of the table.
    """
    pages = pages_of(bulk)
    title = style.catalog.say("bulk.page.title", page=page, pages=pages)
    under = page_row(bulk, style, page=page, pages=pages)
    shown = fitting(items, style, form)
    blocks = [
        header(title),
        results(shown, style, form, total=bulk.total),
        *([under] if under is not None else []),
    ]
    # In full: clients and screen readers without tables show the text.
    text = "\n".join((escape(title), *lines(items, style)))
    return Message(text=shorten(text, MESSAGE_TEXT_LIMIT), blocks=tuple(blocks))


def _row(item: BulkItem, style: CardStyle) -> list[Element]:
    """Id, result, code, duration; no cell is empty, because Slack rejects that."""
    finding, catalog = item.finding, style.catalog
    nothing = catalog.say("bulk.table.nothing")
    result = catalog.say("bulk.not_asked") if finding is None else explain(finding, catalog).reason
    duration = _text(nothing)
    if isinstance(finding, CallStatus) and finding.duration is not None:
        seconds = finding.duration
        duration = _number(float(seconds), catalog.writing.duration(seconds))
    return [
        _text(visible(style.shown_id(item.message_id))),
        _text(result),
        _text(_code(item) or nothing),
        duration,
    ]


def _code(item: BulkItem) -> str:
    finding = item.finding
    if finding is None:
        return ""
    if isinstance(finding, LookupFailure):
        return finding.error
    number = finding.sip_code if finding.sip_code is not None else finding.other_code
    return finding.gateway_code or ("" if number is None else f"{number:03d}")


def _head(style: CardStyle) -> list[str]:
    return [style.catalog.say(f"bulk.table.{name}") for name in _COLUMNS]


def _count(sizes: Iterable[int], room: int) -> int:
    """How many of these sizes fit into the room, in order; at least one."""
    return max(1, sum(used <= room for used in accumulate(sizes)))


def _text(text: str) -> Element:
    return {"type": "raw_text", "text": text}


def _number(value: float, text: str) -> Element:
    """A cell that is sorted by its value."""
    return {"type": "raw_number", "value": value, "text": text}
