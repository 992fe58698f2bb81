"""The buttons about bulks: begin, stop, watch what is pending, leaf through the results.

They carry the name of a bulk, not its calls. Whoever presses one is checked against that bulk: a
value can be forged, and others see the buttons of a card in a channel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import Block, Element, actions, button, label
from bot.slack.blocks.style import CardStyle
from bot.slack.cards.buttons import ids_of, ids_value, row_for, seen_by

OPEN_ACTION: Final = "bulk_open"
HOME_OPEN_ACTION: Final = "home_bulk_open"
STOP_ACTION: Final = "bulk_stop"
WATCH_ACTION: Final = "bulk_watch"
# Two buttons of one row differ by the page that they lead to.
SHOW_ACTION: Final = "bulk_page_show"
LEAF_ACTIONS: Final = re.compile(r"bulk_page_(?:before|next)")

# https://docs.slack.dev/reference/block-kit/block-elements/button-element
_VALUE_LIMIT: Final = 2_000
_NAME: Final = re.compile(r"[0-9a-f]{16}")
_PAGE: Final = re.compile(r"([0-9a-f]{16}):([0-9]{1,4})")


def open_button(
    catalog: Catalog, ids: Sequence[MessageId] = (), action: str = OPEN_ACTION
) -> Element:
    """Opens the form for a list, filled in with these ids where a button can carry them."""
    value = ids_value(ids)
    value = value if len(value) <= _VALUE_LIMIT else ids_value(())
    return button(action, catalog.say("bulk.note.open"), value=value)


def open_row(style: CardStyle, ids: Sequence[MessageId] = (), *, reader: str = "") -> Block:
    """That button in a row; `reader` is the Slack id of the one who sees it where others read."""
    return actions("bulk_open_row", [seen_by(reader, open_button(style.catalog, ids), style)])


def opened_with(value: object) -> tuple[MessageId, ...]:
    """The ids that such a button carries; none where the value is not one of ours."""
    return ids_of(value, most=_VALUE_LIMIT)


def stop_row(bulk: Bulk, style: CardStyle) -> Block:
    """Asks no further, after a question whether that is meant."""
    say = style.catalog.say
    confirm = {
        "title": label(say("bulk.stop_title")),
        "text": label(say("bulk.stop_text")),
        "confirm": label(say("bulk.stop_yes")),
        "deny": label(say("bulk.stop_no")),
        "style": "danger",
    }
    stop = button(STOP_ACTION, say("bulk.stop"), value=bulk.id, style="danger", confirm=confirm)
    return row_for(style, [stop], bulk.user)


def report_row(bulk: Bulk, style: CardStyle, *, pending: int) -> Block:
    """Watch what is pending, which is for the one who asked; and see all results."""
    say = style.catalog.say
    show = button(SHOW_ACTION, say("bulk.report.show_all"), value=page_value(bulk, 1))
    label_of_watch = say("bulk.report.watch", count=pending)
    watch = [button(WATCH_ACTION, label_of_watch, value=bulk.id)] if pending else []
    return row_for(style, [*watch, show], bulk.user)


def page_row(bulk: Bulk, style: CardStyle, *, page: int, pages: int) -> Block | None:
    """To the page before and the next one; `None` where there is but one."""
    say, row = style.catalog.say, []
    if page > 1:
        value = page_value(bulk, page - 1)
        row.append(button("bulk_page_before", say("bulk.page.before"), value=value))
    if page < pages:
        value = page_value(bulk, page + 1)
        row.append(button("bulk_page_next", say("bulk.page.next"), value=value))
    return row_for(style, row, bulk.user) if row else None


def page_value(bulk: Bulk, page: int) -> str:
    """What leads to a page, counted from 1."""
    return f"{bulk.id}:{page}"


def bulk_of(value: object) -> str | None:
    """The name of a bulk that a button carries; `None` where it is none of ours."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def page_of(value: object) -> tuple[str, int] | None:
    """The name of a bulk and the page that a button leads to; `None` where it is none of ours."""
    found = _PAGE.fullmatch(value) if isinstance(value, str) else None
    return (found[1], int(found[2])) if found else None
