"""What a user sees of messages and views: texts in order, buttons, channel and thread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.fake_slack.state.ledger import Message, View


def texts(part: Any) -> Iterator[str]:
    """Every visible text in a block, or in anything made of blocks, in order."""
    if isinstance(part, Mapping):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from texts(value)


def seen(message: Message) -> str:
    """All visible texts of a message, joined."""
    return "\n".join(texts(message.blocks))


def heading(message: Message) -> str:
    """The text of the first block: the verdict of a card, the title of a note."""
    return next(texts(message.blocks[0]))


def copied(message: Message) -> str:
    """The text of the preformatted box, which is meant to be copied; empty without one."""
    boxes = [
        element
        for block in message.blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
        if element["type"] == "rich_text_preformatted"
    ]
    return "".join(texts(boxes))


def in_view(view: View) -> str:
    """All visible texts of a view, joined."""
    return seen(Message(channel="", ts="", text="", blocks=tuple(view.content["blocks"])))


def where(message: Message) -> tuple[str, str | None, bool]:
    """Channel, thread and whether only one user sees it."""
    return message.channel, message.thread_ts, message.ephemeral


def row_of(message: Message) -> dict[str, Mapping[str, Any]]:
    """The buttons of a message by their actions, such as "refresh"."""
    return {
        element["action_id"].removeprefix("card_"): element
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }


def carried(message: Message) -> list[str]:
    """The full ids in the buttons of a message."""
    ids: list[str] = json.loads(row_of(message)["refresh"]["value"])
    return ids
