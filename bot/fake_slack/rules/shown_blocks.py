"""Blocks as Slack returns them: with the ids and flags that the sender omitted.

Also the blocks that Slack makes of typed text, and the interactive elements of blocks.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.fake_slack.rules.element_rules import INPUTS, MENUS

INTERACTIVE = frozenset({"button", *MENUS, *INPUTS})
FLAG_OF_TEXT = {"plain_text": ("emoji", True), "mrkdwn": ("verbatim", False)}
MARKUP = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
NAMED = {"@": ("user", "user_id"), "#": ("channel", "channel_id"), "!": ("broadcast", "range")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An interactive element and the block that contains it."""

    block: Mapping[str, Any]
    content: Mapping[str, Any]

    @property
    def block_id(self) -> str:
        """The id of its block."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """Its own id."""
        return str(self.content["action_id"])

    @property
    def kind(self) -> str:
        """Its type."""
        return str(self.content["type"])


def shown_blocks(blocks: Sequence[Mapping[str, Any]], seed: str) -> list[dict[str, Any]]:
    """The blocks with every block_id and action_id; equal seeds give equal ids."""
    return [
        {"block_id": made_up_id(seed, number), **_shown(block, f"{seed}/{number}")}
        for number, block in enumerate(blocks)
    ]


def elements_of(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Element]:
    """The interactive elements of blocks that have all their ids."""
    for block in blocks:
        found = [block.get("accessory"), block.get("element"), *block.get("elements", ())]
        for content in found:
            if isinstance(content, Mapping) and content.get("type") in INTERACTIVE:
                yield Element(block=block, content=content)


def typed_blocks(
    text: str, seed: str, *, files: Sequence[str] = ()
) -> tuple[Mapping[str, Any], ...]:
    """A typed text as Slack stores it: one rich text block with mentions and links parsed.

    The files are those whose ids the text names.
    """
    parts = [*_parts(text), *({"type": "file", "file_id": file_id} for file_id in files)]
    if not parts:
        return ()
    section = {"type": "rich_text_section", "elements": parts}
    return tuple(shown_blocks([{"type": "rich_text", "elements": [section]}], seed))


def made_up_id(*seeds: object) -> str:
    """A deterministic five-character id, in place of one that Slack would generate."""
    # Deterministic, so that a block has the same id each time it is returned.
    return hashlib.sha256("/".join(map(str, seeds)).encode()).hexdigest()[:5]


def _shown(value: Any, seed: str) -> Any:
    if isinstance(value, list | tuple):
        return [_shown(item, f"{seed}/{number}") for number, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    shown = {name: _shown(content, f"{seed}/{name}") for name, content in value.items()}
    kind = shown.get("type")
    if kind in FLAG_OF_TEXT:
        name, usual = FLAG_OF_TEXT[kind]
        return {**shown, name: shown.get(name, usual)}
    if kind in INTERACTIVE:
        return {"action_id": made_up_id(seed), **shown}
    return shown


def _parts(text: str) -> Iterator[dict[str, Any]]:
    at = 0
    for found in MARKUP.finditer(text):
        yield from _plain(text[at : found.start()])
        yield _part(found[1], found[2])
        at = found.end()
    yield from _plain(text[at:])


def _plain(text: str) -> Iterator[dict[str, Any]]:
    if text:
        yield {"type": "text", "text": html.unescape(text)}


def _part(target: str, label: str | None) -> dict[str, Any]:
    if target[0] in NAMED:
        kind, name = NAMED[target[0]]
        return {"type": kind, name: target[1:]}
    link = {"type": "link", "url": html.unescape(target)}
    return {**link, "text": html.unescape(label)} if label else link
