"""The buttons of a card and their values: whole ids, because a public card shortens them.

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
from bot.slack.blocks.payload import first_word, parsed
from bot.slack.blocks.style import Audience, CardStyle


class Action(StrEnum):
    """The `action_id`s of the buttons, in their order."""

    REFRESH = "card_refresh"
    WATCH = "card_watch"
    SHARE = "card_share"
    CUSTOMER = "card_customer"
    DETAILS = "card_details"


# Separates the name of a row from that of a user, in a `block_id` of at most 255 characters.
_SHARED_BY: Final = ":"
_NAME_LIMIT: Final = 100
# A payload has no field for who reads the card, so the `block_id` says it.
_BLOCK_IDS: Final = {
    Audience.PRIVATE: "card_actions",
    Audience.DIRECT: "card_actions_direct",
    Audience.PUBLIC: "card_actions_public",
    Audience.MODAL: "card_actions_modal",
}


def buttons(
    message_ids: Sequence[MessageId], style: CardStyle, reader: str = "", *, watching: bool = False
) -> Block | None:
    """Make the row of buttons for these calls; `None` if it would be empty.

    Args:
        message_ids: the ids in the value of each button.
        style: who reads the card, in which language, and who shared it.
        reader: the only user who sees them on a public card; empty for all.
        watching: whether to offer a watch.
    """
    say, value = style.catalog.say, ids_value(message_ids)
    elements = [
        button(one.value, say(f"button.{one.value.removeprefix('card_')}"), value=value)
        for one in Action
        if _is_offered(one, style.audience) and (watching or one is not Action.WATCH)
    ]
    return row_for(style, elements, reader) if elements else None


def _is_offered(action: Action, audience: Audience) -> bool:
    if audience is Audience.MODAL:
        # The other buttons need a message to act on.
        return action is Action.WATCH
    # Elsewhere there are no other readers to share with, or they see the card already.
    return audience is Audience.PRIVATE or action is not Action.SHARE


def row_for(style: CardStyle, elements: Sequence[Element], reader: str = "") -> Block:
    """Make a row of buttons, whose `block_id` says who reads its message.

    Args:
        style: who reads it, and who shared it.
        elements: the buttons.
        reader: the only user who sees them on a public message; empty for all.
    """
    block_id = _BLOCK_IDS[style.audience]
    if style.shared_by:
        block_id = f"{block_id}{_SHARED_BY}{style.shared_by[:_NAME_LIMIT]}"
    return actions(block_id, [seen_by(reader, one, style) for one in elements])


def seen_by(reader: str, element: Element, style: CardStyle) -> Element:
    """Make a button visible only to this user, if the message is public."""
    return element | {"visible_to_user_ids": [reader]} if reader and style.public else element


def audience_of(block_id: object) -> tuple[Audience | None, str]:
    """Read the audience and the sharer from a `block_id`; `None` if it is not ours."""
    name, _, shared_by = first_word(block_id).partition(_SHARED_BY)
    audience = next((one for one, known in _BLOCK_IDS.items() if known == name), None)
    return audience, shared_by if audience is Audience.PUBLIC else ""


def ids_value(message_ids: Sequence[MessageId]) -> str:
    """The value of a button for these ids."""
    return json.dumps([one.value for one in message_ids], ensure_ascii=False)


def ids_of(value: object, *, most: int = MAX_IDS) -> tuple[MessageId, ...]:
    """Read the ids from a button's value, at most `most`; none if the value is not ours."""
    loaded = parsed(value, list) or []
    if not all(isinstance(one, str) for one in loaded):
        return ()
    try:
        return tuple(MessageId(one) for one in loaded[:most])
    except InvalidMessageIdError:
        return ()
