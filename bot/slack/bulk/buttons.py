"""The buttons about bulks: begin, stop, watch what is pending, leaf through the results.

They carry the name of a bulk, not its calls. Whoever presses one is checked against that bulk: a
value can be forged, and others see the buttons of a card in a channel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import Block
from bot.slack.cards.buttons import Row, ids_of, ids_value

OPEN_ACTION: Final = "bulk_open"
HOME_OPEN_ACTION: Final = "home_bulk_open"
STOP_ACTION: Final = "bulk_stop"
WATCH_ACTION: Final = "bulk_watch"
# Two buttons of one row differ by the page that they lead to.
PAGE_ACTIONS: Final = re.compile(r"bulk_page_(?:show|before|next)")

# https://docs.slack.dev/reference/block-kit/block-elements/button-element
_VALUE_LIMIT: Final = 2_000
_NAME: Final = re.compile(r"[0-9a-f]{16}")
_PAGE: Final = re.compile(r"([0-9a-f]{16}):([0-9]{1,4})")


def open_button(
    catalog: Catalog, ids: Sequence[MessageId] = (), action: str = OPEN_ACTION
) -> dict[str, Any]:
    """Opens the form for a list, filled in with these ids where a button can carry them."""
    label = catalog.say("bulk.note.open")
    value = ids_value(ids)
    return _button(action, label, value if len(value) <= _VALUE_LIMIT else ids_value(()))


def open_row(catalog: Catalog, ids: Sequence[MessageId] = (), *, only_for: str = "") -> Block:
    """That button in a row; `only_for` is the Slack id of the one who sees it, empty for all."""
    button = open_button(catalog, ids)
    if only_for:
        button["visible_to_user_ids"] = [only_for]
    return {"type": "actions", "block_id": "bulk_open_row", "elements": [button]}


def opened_with(value: object) -> tuple[MessageId, ...]:
    """The ids that such a button carries; none where the value is not one of ours."""
    return ids_of(value, most=_VALUE_LIMIT)


def stop_row(bulk: Bulk, row: Row, catalog: Catalog) -> Block:
    """Asks no further, after a question whether that is meant."""
    button = _button(STOP_ACTION, catalog.say("bulk.stop"), bulk.id) | {
        "style": "danger",
        "confirm": {
            "title": _plain(catalog.say("bulk.stop_title")),
            "text": _plain(catalog.say("bulk.stop_text")),
            "confirm": _plain(catalog.say("bulk.stop_yes")),
            "deny": _plain(catalog.say("bulk.stop_no")),
            "style": "danger",
        },
    }
    return _row(row, [_for_the_asker(button, bulk, row)])


def report_row(bulk: Bulk, row: Row, catalog: Catalog, *, pending: int) -> Block:
    """Watch what is pending, which is for the one who asked; and see all results."""
    show = _button("bulk_page_show", catalog.say("bulk.report.show_all"), page_value(bulk, 1))
    show = _for_the_asker(show, bulk, row)
    if not pending:
        return _row(row, [show])
    label = catalog.say("bulk.report.watch", count=pending)
    watch = _for_the_asker(_button(WATCH_ACTION, label, bulk.id), bulk, row)
    return _row(row, [watch, show])


def page_row(bulk: Bulk, row: Row, catalog: Catalog, *, page: int, pages: int) -> Block | None:
    """To the page before and the next one; `None` where there is but one."""
    buttons = []
    if page > 1:
        label = catalog.say("bulk.page.before")
        buttons.append(_button("bulk_page_before", label, page_value(bulk, page - 1)))
    if page < pages:
        label = catalog.say("bulk.page.next")
        buttons.append(_button("bulk_page_next", label, page_value(bulk, page + 1)))
    return _row(row, [_for_the_asker(one, bulk, row) for one in buttons]) if buttons else None


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


def _row(row: Row, elements: list[dict[str, Any]]) -> Block:
    # The row says who reads the message that a click comes from.
    return {"type": "actions", "block_id": row.value, "elements": elements}


def _for_the_asker(button: dict[str, Any], bulk: Bulk, row: Row) -> dict[str, Any]:
    return button | {"visible_to_user_ids": [bulk.user]} if row is Row.PUBLIC else button


def _button(action: str, label: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label, "emoji": True}
    return {"type": "button", "action_id": action, "text": text, "value": value}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}
