"""Rules for a whole message: text, blocks, metadata, and markup that notifies people.

The same rules apply to the Web API, response_urls and acknowledgements.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.fake_slack.rules.block_rules import Surface, problems_of_blocks
from bot.fake_slack.rules.json_rules import Rule, problem, record, string
from bot.fake_slack.state.ledger import Blocks, Ledger, Ping
from bot.fake_slack.state.refusals import RefusedError

MOST_CHARACTERS_OF_TEXT = 40_000
# Slack turns these into notifications and names; <!date^...> and links are harmless.
CALLING_MARKUP = re.compile(r"<(?:!(?!date\^)|[@#])[^<>]*>")
NAMING_PARTS = frozenset({"broadcast", "user", "usergroup", "channel", "team"})
MARKED_UP_TYPES = frozenset({"mrkdwn", "markdown"})
MOST_CHARACTERS_OF_METADATA = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The validated content of a message."""

    text: str
    blocks: Blocks
    metadata: Mapping[str, Any] | None = None


def payload(value: object, pointer: str) -> Iterator[str]:
    """The payload of message metadata: any JSON object.

    https://docs.slack.dev/messaging/message-metadata
    """
    if not isinstance(value, dict):
        yield problem("must be an object", pointer)


metadata_shape: Rule = record({"event_type": string(255), "event_payload": payload})


def refused_blocks(problems: list[str]) -> RefusedError:
    """Slack's error for invalid blocks."""
    messages = [f"[ERROR] {line}" for line in problems]
    details = {"errors": problems, "response_metadata": {"messages": messages}}
    return RefusedError("invalid_blocks", details=details)


def read_blocks(value: object) -> list[Any]:
    """The blocks in an argument, which may be a list or its JSON text.

    Raises:
        RefusedError: it is neither.
    """
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except ValueError:
            raise RefusedError("invalid_blocks_format") from None
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise RefusedError("invalid_blocks_format")
    return value


def read_content(arguments: Mapping[str, Any]) -> Content:
    """The validated content of a message.

    Raises:
        RefusedError: as Slack would refuse them.
    """
    text = arguments.get("text") or ""
    if not isinstance(text, str):
        raise RefusedError("invalid_arguments")
    blocks = read_blocks(arguments.get("blocks"))
    if not blocks and not text.strip():
        raise RefusedError("no_text")
    if len(text) > MOST_CHARACTERS_OF_TEXT:
        raise RefusedError("msg_too_long")
    problems = problems_of_blocks(blocks, Surface.MESSAGE)
    if problems:
        raise refused_blocks(problems)
    return Content(
        text=text, blocks=tuple(blocks), metadata=read_metadata(arguments.get("metadata"))
    )


def read_metadata(value: object) -> Mapping[str, Any] | None:
    """The metadata in an argument, which may be an object or its JSON text.

    Raises:
        RefusedError: it is neither, lacks a part, or is too long.
    """
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except ValueError:
            raise RefusedError("invalid_metadata_format") from None
    if value in (None, "", {}):
        return None
    if not isinstance(value, dict) or list(metadata_shape(value, "/metadata")):
        raise RefusedError("invalid_metadata_format")
    if len(json.dumps(value)) > MOST_CHARACTERS_OF_METADATA:
        raise RefusedError("metadata_too_large")
    return value


def note_content(ledger: Ledger, source: str, content: Content) -> None:
    """Record what Slack accepts but users would dislike: pings, and blocks without a text."""
    # Notifications and screen readers use the top-level text.
    if content.blocks and not content.text.strip():
        ledger.warnings.append(f"{source}: blocks without a top-level text")
    for pointer, markup in calling_markup(content):
        ledger.pings.append(Ping(source=source, pointer=pointer, markup=markup))


def calling_markup(content: Content) -> Iterator[tuple[str, str]]:
    """Pointer and markup of everything in a message that notifies or names people or channels."""
    yield from _in_text(content.text, "/text")
    yield from _in_value(list(content.blocks), "/blocks")


def _in_value(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _in_value(item, f"{pointer}/{number}")
    elif isinstance(value, dict):
        kind = value.get("type")
        if kind in NAMING_PARTS:
            yield pointer, json.dumps(value)
        if kind in MARKED_UP_TYPES:
            yield from _in_text(str(value.get("text")), f"{pointer}/text")
        for name, item in value.items():
            yield from _in_value(item, f"{pointer}/{name}")


def _in_text(text: str, pointer: str) -> Iterator[tuple[str, str]]:
    for found in CALLING_MARKUP.finditer(text):
        yield pointer, found[0]
