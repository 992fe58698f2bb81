"""All results of a bulk, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from bot.domain.jobs.bulk import Bulk, BulkItem
from bot.domain.privacy import shorten
from bot.slack.blocks.block_kit import MESSAGE_TEXT_LIMIT, Message, escape, header
from bot.slack.blocks.style import CardStyle
from bot.slack.bulk.buttons import page_row
from bot.slack.bulk.tables import ROWS_OF_A_PAGE, Form, fitting, lines, results
from bot.slack.cards.buttons import Row


def pages_of(bulk: Bulk) -> int:
    """How many pages the results of a bulk have."""
    return max(1, -(-bulk.total // ROWS_OF_A_PAGE))


async def items_of_page(items: AsyncIterator[BulkItem], page: int) -> list[BulkItem]:
    """Those of a page, counted from 1; none where there is no such page."""
    first, last = (page - 1) * ROWS_OF_A_PAGE, page * ROWS_OF_A_PAGE
    found: list[BulkItem] = []
    async for item in items:
        if item.position >= last:
            break
        if item.position >= first:
            found.append(item)
    return found


def page_of_results(
    bulk: Bulk,
    items: Sequence[BulkItem],
    page: int,
    style: CardStyle,
    *,
    row: Row,
    form: Form = Form.SORTABLE,
) -> Message:
    """One page with the way to its neighbours.

    Args:
        bulk: whose results they are.
        items: those of the page, at least one.
        page: its number, from 1.
        style: the language, and who reads it.
        row: the same.
        form: in which form the table is.
    """
    pages = pages_of(bulk)
    title = style.catalog.say("bulk.page.title", page=page, pages=pages)
    under = page_row(bulk, row, style.catalog, page=page, pages=pages)
    shown = fitting(items, style, form)
    blocks = [
        header(title),
        results(shown, style, form, total=bulk.total),
        *([under] if under is not None else []),
    ]
    # In full, for whoever sees no table.
    text = "\n".join((escape(title), *lines(items, style)))
    return Message(text=shorten(text, MESSAGE_TEXT_LIMIT), blocks=tuple(blocks))
