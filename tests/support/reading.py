"""What a user sees of messages and views: texts in order, buttons, channel and thread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.fake_slack.state.ledger import Message, View
from bot.slack.blocks import block_kit


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


def row_of(shown: Message | View | block_kit.Message) -> dict[str, Mapping[str, Any]]:
    """The buttons and the choices of the menu by their actions, such as "refresh"."""
    blocks = shown.content["blocks"] if isinstance(shown, View) else shown.blocks
    row: dict[str, Mapping[str, Any]] = {}
    for element in (one for b in blocks if b["type"] == "actions" for one in b["elements"]):
        for one in element.get("options", [element]):
            action, _, value = str(one.get("action_id") or one["value"]).partition(" ")
            row[action.removeprefix("card_")] = _whole(one["value"], value) if value else one
    return row


def _whole(choice: str, ids: str) -> dict[str, str]:
    """A choice of the menu, and the value of the button that it stands for."""
    start, *rest = json.loads(ids)
    value = json.dumps([f"{start}{end}" for end in rest], ensure_ascii=False)
    return {"choice": choice, "value": value}


def carried(message: Message) -> list[str]:
    """The full ids in the buttons of a message."""
    ids: list[str] = json.loads(next(iter(row_of(message).values()))["value"])
    return ids
