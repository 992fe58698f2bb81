"""The buttons of bulks: start, stop, watch pending calls, page through the results.

Their values have the id of a bulk, not its calls. The service checks that the bulk belongs to the
user who clicked, because a value can be forged.
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
from bot.slack.cards.controls import ids_of, ids_value, row_for, seen_by

OPEN_ACTION: Final = "bulk_open"
HOME_OPEN_ACTION: Final = "home_bulk_open"
BEGIN_ACTION: Final = "bulk_begin"
DECLINE_ACTION: Final = "bulk_decline"
STOP_ACTION: Final = "bulk_stop"
WATCH_ACTION: Final = "bulk_watch"
# Slack requires different `action_id`s within a row, so each direction has its own.
SHOW_ACTION: Final = "bulk_page_show"
TURN_ACTIONS: Final = re.compile(r"bulk_page_(?:before|next)")

# https://docs.slack.dev/reference/block-kit/block-elements/button-element
_VALUE_LIMIT: Final = 2_000
_NAME: Final = re.compile(r"[0-9a-f]{16}")
_PAGE: Final = re.compile(r"([0-9a-f]{16}):([0-9]{1,4})")


def open_button(
    catalog: Catalog, ids: Sequence[MessageId] = (), action: str = OPEN_ACTION
) -> Element:
    """Make the button that opens the modal, with these ids if they fit into its value."""
    value = ids_value(ids if takes(ids) else ())
    return button(action, catalog.say("bulk.note.open"), value=value)


def takes(ids: Sequence[MessageId]) -> bool:
    """Whether these ids fit into that button's value."""
    return len(ids_value(ids)) <= _VALUE_LIMIT


def open_row(style: CardStyle, ids: Sequence[MessageId] = (), *, reader: str = "") -> Block:
    """Make a row of that button; on a public message only `reader` sees it."""
    return actions("bulk_open_row", [seen_by(reader, open_button(style.catalog, ids), style)])


def offer_row(style: CardStyle, value: str) -> Block:
    """Make the buttons that start an offered list, or do not; the first one has this value."""
    say = style.catalog.say
    begin = button(BEGIN_ACTION, say("bulk.offer.begin"), value=value, style="primary")
    return row_for(style, [begin, button(DECLINE_ACTION, say("bulk.offer.decline"))])


def opened_with(value: object) -> tuple[MessageId, ...]:
    """Read the ids from that button's value; none if the value is not ours."""
    return ids_of(value, most=_VALUE_LIMIT)


def stop_row(bulk: Bulk, style: CardStyle) -> Block:
    """Make the button that stops a bulk after a confirmation."""
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
    """Make the buttons that watch pending calls and show all results."""
    say = style.catalog.say
    show = button(SHOW_ACTION, say("bulk.report.show_all"), value=page_value(bulk, 1))
    label_of_watch = say("bulk.report.watch", count=pending)
    watch = [button(WATCH_ACTION, label_of_watch, value=bulk.id)] if pending else []
    return row_for(style, [*watch, show], bulk.user)


def page_row(bulk: Bulk, style: CardStyle, *, page: int, pages: int) -> Block | None:
    """Make the buttons to the previous and the next page; `None` if there is one page."""
    row = [
        button(
            f"bulk_page_{name}",
            style.catalog.say(f"bulk.page.{name}"),
            value=page_value(bulk, other),
        )
        for name, other in (("before", page - 1), ("next", page + 1))
        if 1 <= other <= pages
    ]
    return row_for(style, row, bulk.user) if row else None


def page_value(bulk: Bulk, page: int) -> str:
    """The value of a button to a page, counted from 1."""
    return f"{bulk.id}:{page}"


def bulk_of(value: object) -> str | None:
    """Read the id of a bulk from a button's value; `None` if it is not ours."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def page_of(value: object) -> tuple[str, int] | None:
    """Read the id of a bulk and a page from a button's value; `None` if it is not ours."""
    found = _PAGE.fullmatch(value) if isinstance(value, str) else None
    return (found[1], int(found[2])) if found else None
