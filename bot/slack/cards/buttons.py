"""The buttons of a card, and what they carry: the whole ids, so that a shortened card can go on.

https://docs.slack.dev/reference/block-kit/block-elements/button-element
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from bot.domain.input.message_id import InvalidMessageIdError, MessageId
from bot.domain.input.query import MAX_IDS
from bot.slack.blocks.block_kit import Block, Element, actions, button
from bot.slack.blocks.style import Audience, CardStyle


class Action(StrEnum):
    """What a button does; the names are Slack's `action_id`s."""

    REFRESH = "card_refresh"
    WATCH = "card_watch"
    SHARE = "card_share"
    CUSTOMER = "card_customer"
    DETAILS = "card_details"


# Between the name of a row and that of a person, in a `block_id` of 255 characters at most.
_SHARED_BY: Final = ":"
_NAME_LIMIT: Final = 100
# By the `block_id` a click says whose card it was.
_BLOCK_IDS: Final = {
    Audience.PRIVATE: "card_actions",
    Audience.DIRECT: "card_actions_direct",
    Audience.PUBLIC: "card_actions_public",
    Audience.MODAL: "card_actions_modal",
}
_WITHOUT_SHARE: Final = (Action.REFRESH, Action.WATCH, Action.CUSTOMER, Action.DETAILS)
_BUTTONS: Final = {
    Audience.PRIVATE: (
        *(Action.REFRESH, Action.WATCH, Action.SHARE, Action.CUSTOMER, Action.DETAILS),
    ),
    # Between two there is nobody to share with.
    Audience.DIRECT: _WITHOUT_SHARE,
    Audience.PUBLIC: _WITHOUT_SHARE,
    # There is no message for the others to act on.
    Audience.MODAL: (Action.WATCH,),
}


def buttons(
    message_ids: Sequence[MessageId], style: CardStyle, reader: str = "", *, watching: bool = False
) -> Block | None:
    """A row of buttons about these calls; `None` where there would be none.

    Args:
        message_ids: what the buttons carry.
        style: who reads the card, in which language, and who shared it.
        reader: the Slack id of the one who sees them where others read the card; empty for all.
        watching: there is something to wait for.
    """
    say, value = style.catalog.say, ids_value(message_ids)
    elements = [
        button(one.value, say(f"button.{one.value.removeprefix('card_')}"), value=value)
        for one in _BUTTONS[style.audience]
        if watching or one is not Action.WATCH
    ]
    return row_for(style, elements, reader) if elements else None


def row_for(style: CardStyle, elements: Sequence[Element], reader: str = "") -> Block:
    """A row of buttons which says who reads its message.

    Args:
        style: who reads it, and who shared it.
        elements: the buttons.
        reader: the Slack id of the one who sees them where others read it; empty for all.
    """
    block_id = _BLOCK_IDS[style.audience]
    if style.shared_by:
        block_id = f"{block_id}{_SHARED_BY}{style.shared_by[:_NAME_LIMIT]}"
    return actions(block_id, [seen_by(reader, one, style) for one in elements])


def seen_by(reader: str, element: Element, style: CardStyle) -> Element:
    """A button, for this person alone where others read its message."""
    return element | {"visible_to_user_ids": [reader]} if reader and style.public else element


def audience_of(block_id: object) -> tuple[Audience | None, str]:
    """Who reads the card of such a row, and who shared it; `None` where it is none of ours."""
    name, _, shared_by = (block_id if isinstance(block_id, str) else "").partition(_SHARED_BY)
    audience = next((one for one, known in _BLOCK_IDS.items() if known == name), None)
    return audience, shared_by if audience is Audience.PUBLIC else ""


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
