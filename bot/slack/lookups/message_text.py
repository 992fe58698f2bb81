"""The readable texts of a Slack message, without markup, and the question in them.

Anyone can write the message, so wrong types, deep nesting and great length give less text, never an
error. https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final

from bot.domain.input.found_ids import FoundIds, find_ids, whole_words
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import MAX_IDS, LookUp, Nothing, Query, Run, TooMany, parse_query
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
    *("pretext", "title", "subtitle", "text", "label", "body", "description", "caption"),
    *("fields", "elements", "accessory", "rows", "alt_text", "blocks", "message_blocks"),
    *("message", "attachments", "files", "fallback", "footer"),
)
# Rich text whose elements Slack shows in one line, although their styles differ.
_LINES: Final = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_quote"})
# The fields of the elements of such a line; the first one that is not empty is its text.
_INLINE: Final = {"text": ("text",), "link": ("text", "url"), "date": ("fallback",)}
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
    """The text of a part of a line; mentions, channels and emoji are left out."""
    if not isinstance(element, Mapping):
        return ""
    names = _INLINE.get(first_word(element.get("type")), ())
    return first_word(*(element.get(name) for name in names))


def _cell(cell: Mapping[str, Any]) -> str:
    """The text of a table cell; a number may have no `text`."""
    value = cell.get("value")
    shown = isinstance(value, int | float) and abs(value) < _LARGEST
    return first_word(cell.get("text"), str(value) if shown else "")


def query_in(event: Mapping[str, Any]) -> Query:
    """Read the question: ids anywhere in the text, else the text as a command."""
    query = parse_query(plain_text(_MENTION.sub(" ", str(event.get("text") or ""))))
    if isinstance(query, Run):
        return query
    found = find_ids(texts_of(event))
    watch = isinstance(query, LookUp) and query.watch
    if found.ids:
        # The ids are part of a sentence, so its other words are not reported as bad ids.
        return _look_up(found.ids, watch=watch)
    if isinstance(query, LookUp | TooMany) and _is_prose(query):
        return _look_up(tuple(map(MessageId, found.doubtful)), watch=watch)
    # A text without a typical IDMSG: its words are ids, unless they are prose.
    return query


def _look_up(ids: tuple[MessageId, ...], *, watch: bool) -> Query:
    if len(ids) > MAX_IDS:
        return TooMany(count=len(ids), ids=ids)
    return LookUp(ids=ids, watch=watch) if ids else Nothing()


def _is_prose(query: LookUp | TooMany) -> bool:
    """Whether some of several words have no digit: an IDMSG is hardly ever only letters."""
    if isinstance(query, TooMany):
        return True
    return len(query.ids) > 1 and not all(any(map(str.isdigit, i.value)) for i in query.ids)


def asking_about(found: FoundIds, style: CardStyle, origin: Origin) -> View:
    """Make the modal for a message with no, too many or uncertain ids, which it offers."""
    name = "many" if found.ids else "doubtful" if found.doubtful else "none"
    return asking(
        style.catalog,
        origin,
        found=tuple(one.value for one in found.ids) or found.doubtful,
        remark=style.catalog.say(f"modal.{name}", count=len(found.ids), limit=MAX_IDS),
        row=open_row(style, found.ids) if found.ids else None,
    )
