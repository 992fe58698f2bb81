"""The buttons of a card, and what they carry: the whole ids, so that a shortened card can go on.

https://docs.slack.dev/reference/block-kit/block-elements/button-element
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from bot.domain.input.message_id import InvalidMessageIdError, MessageId
from bot.domain.input.query import MAX_IDS
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import Block


class Action(StrEnum):
    """What a button does; the names are Slack's `action_id`s."""

    REFRESH = "card_refresh"
    WATCH = "card_watch"
    SHARE = "card_share"
    CUSTOMER = "card_customer"
    DETAILS = "card_details"


class Row(StrEnum):
    """Which buttons stand together, by who reads the card; the names are Slack's `block_id`s.

    A click says by it whose card it was: a message in a direct conversation is not ephemeral, and
    yet one person's own.
    """

    PRIVATE = "card_actions"
    DIRECT = "card_actions_direct"
    PUBLIC = "card_actions_public"
    MODAL = "card_actions_modal"


# Between the name of a row and that of a person, in a `block_id` of 255 characters at most.
_SHARED_BY: Final = ":"
_NAME_LIMIT: Final = 100

_BUTTONS: Final = {
    Row.PRIVATE: (Action.REFRESH, Action.WATCH, Action.SHARE, Action.CUSTOMER, Action.DETAILS),
    # Between two there is nobody to share with.
    Row.DIRECT: (Action.REFRESH, Action.WATCH, Action.CUSTOMER, Action.DETAILS),
    Row.PUBLIC: (Action.REFRESH, Action.WATCH, Action.CUSTOMER, Action.DETAILS),
    # There is no message for the others to act on.
    Row.MODAL: (Action.WATCH,),
}


def buttons(
    message_ids: Sequence[MessageId],
    row: Row,
    catalog: Catalog,
    *,
    only_for: str = "",
    watching: bool = False,
    shared_by: str = "",
) -> Block | None:
    """A row of buttons about these calls; `None` where there would be none.

    Args:
        message_ids: what the buttons carry.
        row: which buttons.
        catalog: the language of their labels.
        only_for: the Slack id of the one person who sees them; empty for all.
        watching: there is something to wait for.
        shared_by: the name of the person who shared the card, for the card that replaces it.
    """
    value = ids_value(message_ids)
    actions = [one for one in _BUTTONS[row] if watching or one is not Action.WATCH]
    elements = [_button(action, value, catalog, only_for) for action in actions]
    block_id = f"{row.value}{_SHARED_BY}{shared_by[:_NAME_LIMIT]}" if shared_by else row.value
    return {"type": "actions", "block_id": block_id, "elements": elements} if elements else None


def row_of(block_id: object) -> tuple[Row | None, str]:
    """The row that a click came from, and who shared its card; `None` where it is none of ours."""
    name, _, shared_by = (block_id if isinstance(block_id, str) else "").partition(_SHARED_BY)
    row = next((row for row in Row if row == name), None)
    return row, shared_by if row is Row.PUBLIC else ""


def _button(action: Action, value: str, catalog: Catalog, only_for: str) -> dict[str, Any]:
    label = catalog.say(f"button.{action.value.removeprefix('card_')}")
    button: dict[str, Any] = {
        "type": "button",
        "action_id": action.value,
        "text": {"type": "plain_text", "text": label, "emoji": True},
        "value": value,
    }
    if only_for:
        button["visible_to_user_ids"] = [only_for]
    return button


def ids_value(message_ids: Sequence[MessageId]) -> str:
    """What a button carries for these ids."""
    return json.dumps([one.value for one in message_ids], ensure_ascii=False)


def ids_of(value: object, *, most: int = MAX_IDS) -> tuple[MessageId, ...]:
    """The ids that a button carries, at most so many; none where the value is not one of ours."""
    try:
        loaded = json.loads(value) if isinstance(value, str) else None
        if not isinstance(loaded, list) or not all(isinstance(one, str) for one in loaded):
            return ()
        return tuple(MessageId(one) for one in loaded[:most])
    except (ValueError, RecursionError, InvalidMessageIdError):
        return ()
