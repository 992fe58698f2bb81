"""The same content as plain text, for a message or view whose form Slack refuses.

Cards are built within Slack's limits, but Slack can change these; a plain answer beats none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.domain.privacy import shorten
from bot.slack.blocks.block_kit import SECTION_LIMIT, Block, escape, section

Arguments = dict[str, Any]

# Interactive elements, which have no text worth reading.
_CONTROLS: Final = frozenset({"actions", "button", "static_select", "divider"})


def plain_text_fallback(arguments: Mapping[str, Any]) -> Arguments | None:
    """A message or view as plain paragraphs; `None` if it is plain already, or is neither."""
    plain = dict(arguments)
    if isinstance(arguments.get("view"), dict):
        plain["view"] = _plain_view(arguments["view"])
    elif arguments.get("blocks") is not None:
        text = shorten(str(arguments.get("text", "")), SECTION_LIMIT)
        plain |= {"text": text, "blocks": [section(text)]}
    return None if plain == arguments else plain


def _plain_view(view: Mapping[str, Any]) -> dict[str, Any]:
    """The view with its inputs unchanged and one paragraph for each other block."""
    plain: list[Block] = []
    for block in view["blocks"]:
        words = "".join(_words(block))
        if block["type"] == "input":
            plain.append(block)
        elif words:
            plain.append(section(words))
    return {**view, "blocks": plain}


def _words(part: Any) -> Iterator[str]:
    """The texts of a block as mrkdwn, in order."""
    if isinstance(part, list):
        for one in part:
            yield from _words(one)
    elif isinstance(part, dict) and part.get("type") not in _CONTROLS:
        text = part.get("text")
        if isinstance(text, str):
            yield text if part["type"] == "mrkdwn" else escape(text)
        else:
            yield from _words(text)
        yield from _words(part.get("elements"))
