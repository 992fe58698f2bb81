"""Builders of blocks and views for the tests of the loopback Slack."""

from __future__ import annotations

from typing import Any

Block = dict[str, Any]


def plain(text: str) -> Block:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def button(action_id: str = "go", **fields: Any) -> Block:
    """A button."""
    return {"type": "button", "text": plain("Go"), "action_id": action_id, **fields}


def options(*values: str) -> list[Block]:
    """Options whose texts equal their values."""
    return [{"text": plain(value), "value": value} for value in values]


def actions(*elements: Block, **fields: Any) -> Block:
    """A block of actions."""
    return {"type": "actions", "elements": list(elements), **fields}


def section(text: str = "x", **fields: Any) -> Block:
    """A section."""
    return {"type": "section", "text": mrkdwn(text), **fields}


def rich(*parts: Block, kind: str = "section", **fields: Any) -> Block:
    """A rich_text block of one element."""
    element = {"type": f"rich_text_{kind}", "elements": list(parts), **fields}
    return {"type": "rich_text", "elements": [element]}


def asks(block_id: str, element: Block, **fields: Any) -> Block:
    """An input block."""
    shown = {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element}
    return {**shown, **fields}


def modal(*blocks: Block, **fields: Any) -> Block:
    """A modal that can be submitted."""
    frame = {"type": "modal", "callback_id": "ask", "title": plain("Ask"), "submit": plain("Go")}
    return {**frame, "blocks": list(blocks), **fields}


IDS = asks("ids", {"type": "plain_text_input", "action_id": "text", "multiline": True})
