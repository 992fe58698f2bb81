"""The readable texts of a Slack message, without markup.

Anyone can write the message, so wrong types, deep nesting and great length give less text, never an
error. https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from bot.domain.input.found_ids import whole_words
from bot.slack.blocks.mrkdwn import plain_text

MAX_DEPTH: Final = 30
MAX_NODES: Final = 10_000
MAX_TEXT: Final = 100_000

# The fields of messages, attachments, blocks and files that Slack shows, in reading order.
_SHOWN: Final = (
    *("pretext", "title", "subtitle", "text", "label", "body", "description", "caption"),
    *("fields", "elements", "accessory", "rows", "alt_text", "blocks", "message_blocks"),
    *("message", "attachments", "files", "fallback", "footer"),
)
# Rich text whose elements Slack shows in one line, although their styles differ.
_LINES: Final = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_quote"})
_CELLS: Final = frozenset({"raw_text", "raw_number"})
# `str` raises ValueError for integers of more than 4,300 digits.
_LARGEST: Final = 10**40


def texts_of(message: Mapping[str, Any]) -> Iterator[str]:
    """The texts of a message with its blocks, attachments and files, without Slack's markup.

    At most `MAX_TEXT` characters; no word is cut in two.
    """
    room = MAX_TEXT
    for text in _texts(message):
        piece = plain_text(whole_words(text, room)).strip()
        if piece:
            yield piece
        room -= len(text)
        if room <= 0:
            return


def _texts(message: object) -> Iterator[str]:
    """The texts as Slack sent them; an explicit stack, since nesting may exceed recursion."""
    waiting: list[tuple[object, int]] = [(message, 0)]
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node, depth = waiting.pop()
        if isinstance(node, str):
            yield node
        elif depth < MAX_DEPTH:
            parts = list(islice(_parts(node), MAX_NODES - len(waiting)))
            waiting.extend((part, depth + 1) for part in reversed(parts))


def _parts(node: object) -> Iterable[object]:
    if isinstance(node, Mapping):
        return _parts_of_mapping(node)
    return _listed(node)


def _listed(node: object) -> Sequence[object]:
    return node if isinstance(node, Sequence) else ()


def _parts_of_mapping(node: Mapping[str, Any]) -> Iterator[object]:
    kind = _text(node, "type")
    if kind in _LINES:
        yield _line(node.get("elements"))
    elif kind in _CELLS:
        yield _cell(node)
    elif "value" in node and not kind:
        yield _field(node)
    else:
        yield from (node[name] for name in _SHOWN if name in node)
        yield from _file_names(node.get("files"))


def _text(node: Mapping[str, Any], name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""


def _line(elements: object) -> str:
    """The text and the links of one line; mentions, channels and emoji are left out."""
    return "".join(map(_inline, islice(_listed(elements), MAX_NODES)))


def _inline(element: object) -> str:
    if not isinstance(element, Mapping):
        return ""
    match element.get("type"):
        case "text":
            return _text(element, "text")
        case "link":
            return _text(element, "text") or _text(element, "url")
        case "date":
            return _text(element, "fallback")
    return ""


def _cell(cell: Mapping[str, Any]) -> str:
    """The text of a table cell; a number may have no `text`."""
    value = cell.get("value")
    shown = isinstance(value, int | float) and abs(value) < _LARGEST
    return _text(cell, "text") or (str(value) if shown else "")


def _field(field: Mapping[str, Any]) -> str:
    """A field of an attachment, with its title."""
    return f"{_text(field, 'title')}\n{_text(field, 'value')}"


def _file_names(files: object) -> Iterator[str]:
    """The names of files; `_SHOWN` includes their titles."""
    for file in islice(_listed(files), MAX_NODES):
        if isinstance(file, Mapping):
            yield _text(file, "name")
