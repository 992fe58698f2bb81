"""The buttons below a card, and the menu with the rest of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from bot.domain.input.message_id import MessageId
from bot.slack.blocks.block_kit import Block, button, overflow
from bot.slack.blocks.payload import first_word, parsed
from bot.slack.blocks.style import CardStyle
from bot.slack.cards.controls import ids_value, row_for


class Action(StrEnum):
    """The `action_id`s of the buttons, which are also the first word of a choice in the menu."""

    CUSTOMER = "card_customer"
    WATCH = "card_watch"
    REFRESH = "card_refresh"
    SHARE = "card_share"
    DETAILS = "card_details"


MENU_ACTION: Final = "card_more"
_PREFIX: Final = "card_"
# Of the 150 characters in the value of an option, what the name of the action leaves.
_IDS_LIMIT: Final = 136


def buttons(
    message_ids: Sequence[MessageId], style: CardStyle, offered: Iterable[Action], reader: str = ""
) -> Block:
    """Make the row of buttons for these calls: the next step, *Share*, and the rest in a menu.

    Slack hides buttons from others, but no menu; and a menu has no room for long ids. There the
    rest are buttons as well.

    Args:
        message_ids: the ids in the value of each button.
        style: who reads the card, in which language, and who shared it.
        offered: what to offer, the next step first.
        reader: the only user who sees them on a public card; empty for all.
    """
    say, value = style.catalog.say, ids_value(message_ids)
    # Whoever reads a public card sees it already.
    first, *others = (one for one in offered if one is not Action.SHARE or not style.public)
    name = "again" if first is Action.REFRESH else first.removeprefix(_PREFIX)
    row = [button(f"{first}", say(f"button.{name}"), value=value, style="primary")]
    short = _shortened(message_ids)
    in_menu = not style.public and len(short) <= _IDS_LIMIT
    menu = {}
    for one in others:
        label = say(f"button.{one.removeprefix(_PREFIX)}")
        if in_menu and one is not Action.SHARE:
            menu[f"{one} {short}"] = label
        else:
            row.append(button(f"{one}", label, value=value))
    return row_for(style, [*row, overflow(MENU_ACTION, menu)] if menu else row, reader)


def _shortened(message_ids: Sequence[MessageId]) -> str:
    """The ids for a choice in the menu: what all of them begin with, and the rest of each."""
    first, *others = ids = [one.value for one in message_ids]
    ends = range(len(first), -1, -1)
    start = next(s for s in (first[:end] for end in ends) if all(o.startswith(s) for o in others))
    return json.dumps([start, *(one.removeprefix(start) for one in ids)], ensure_ascii=False)


def choice_of(value: object) -> tuple[str, str]:
    """Read a choice in the menu, as the action and the value of the button that it stands for."""
    name, _, given = first_word(value).partition(" ")
    start, *rest = parsed(given, list) or [""]
    return name, json.dumps([f"{start}{one}" for one in rest], ensure_ascii=False)
