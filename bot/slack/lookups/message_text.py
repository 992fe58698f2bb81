"""The readable texts of a Slack message, without markup, and the question in them.

Anyone can write the message, so wrong types, deep nesting and great length give less text, never an
error. https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final

from bot.domain.input.found_ids import FoundIds
from bot.domain.input.query import MAX_IDS, Query, parse_query
from bot.domain.input.readable import whole_words
from bot.slack.blocks.block_kit import View, plain_text
from bot.slack.blocks.payload import first_word, parts
from bot.slack.blocks.style import CardStyle
from bot.slack.bulk.buttons import open_row
from bot.slack.cards.controls import Origin, asking

MAX_DEPTH: Final = 30
MAX_NODES: Final = 10_000
MAX_TEXT: Final = 100_000

# The fields of messages, attachments, blocks and files that Slack shows, in reading order.
_SHOWN: Final = (
    *("pretext", "title", "rich_text_title", "subtitle", "text", "label", "body", "description"),
    *("caption", "fields", "elements", "accessory", "rows", "alt_text", "blocks", "child_blocks"),
    *("message_blocks", "tasks", "details", "output", "sources"),
    *("message", "attachments", "files", "initial_comment", "comment", "alt_txt"),
    *("fallback", "footer"),
)
# Rich text whose elements Slack shows in one line, although their styles differ.
_LINES: Final = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_quote"})
# The fields of the elements of such a line; the first one that is not empty is its text. Mentions,
# channels and emoji have none of them.
_INLINE: Final = ("text", "fallback", "url")
_CELLS: Final = frozenset({"raw_text", "raw_number"})
_MENTION: Final = re.compile(r"<@[A-Z0-9]+(?:\|[^<>]*)?>")
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
            found = list(islice(_parts(node), MAX_NODES - len(waiting)))
            waiting.extend((one, depth + 1) for one in reversed(found))


def _parts(node: object) -> Iterable[object]:
    if not isinstance(node, Mapping):
        return _listed(node)
    kind = first_word(node.get("type"))
    if kind in _LINES:
        return ["".join(map(_inline, islice(_listed(node.get("elements")), MAX_NODES)))]
    if kind in _CELLS:
        return [_cell(node)]
    if "value" in node and not kind:
        # A field of an attachment.
        return [f"{first_word(node.get('title'))}\n{first_word(node.get('value'))}"]
    # `_SHOWN` includes the titles of files, but not their names.
    names = (first_word(file.get("name")) for file in parts(node, "files"))
    return chain((node[name] for name in _SHOWN if name in node), names)


def _listed(node: object) -> Sequence[object]:
    return node if isinstance(node, Sequence) else ()


def _inline(element: object) -> str:
    """The text of a part of a line, whatever its type."""
    if not isinstance(element, Mapping):
        return ""
    return first_word(*(element.get(name) for name in _INLINE))


def _cell(cell: Mapping[str, Any]) -> str:
    """The text of a table cell; a number may have no `text`."""
    value = cell.get("value")
    shown = isinstance(value, int | float) and abs(value) < _LARGEST
    return first_word(cell.get("text"), str(value) if shown else "")


def query_in(event: Mapping[str, Any], beside: Iterable[str] = ()) -> Query:
    """Read the question in a message to the bot: its text, and the ids in whatever it shows.

    Args:
        event: the message.
        beside: further texts of it, in which there are only ids.
    """
    typed = plain_text(_MENTION.sub(" ", first_word(event.get("text"))))
    words = typed.split()
    # Slack repeats the text in the blocks; nothing is read twice.
    others = (one for one in texts_of(event) if _MENTION.sub(" ", one).split() != words)
    return parse_query(typed, chain(others, beside))


def asking_about(found: FoundIds, style: CardStyle, origin: Origin) -> View:
    """Make the modal for a message with no, too many or uncertain ids, which it offers."""
    name = "many" if found.ids else "doubtful" if found.doubtful else "none"
    count = style.catalog.counted(len(found.ids), more=found.more)
    return asking(
        style.catalog,
        origin,
        found=tuple(one.value for one in found.ids) or found.doubtful,
        remark=style.catalog.say(f"modal.{name}", count=count, limit=MAX_IDS),
        row=open_row(style, found.ids) if found.ids else None,
    )
