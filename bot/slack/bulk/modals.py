"""The modal for a list: the user pastes ids, sees the ids found, and starts the list.

Each step updates the same modal, so that the pasted text is never lost. A digest in it shows
whether the list to start is the one that the user has seen.
https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from bot.domain.id_lists.id_list import (
    IdList,
    ListProblem,
    UnreadableListError,
    say_problem,
    say_reason,
)
from bot.domain.input.message_id import MessageId
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import Block, Message, View, code_span, context, label, section
from bot.slack.blocks.style import CardStyle, is_direct
from bot.slack.bulk.cards import roughly
from bot.slack.cards.modals import Origin, carried, modal, typed_in

LIST_CALLBACK: Final = "bulk_list"
FILE_CALLBACK: Final = "bulk_file"
LIST_BLOCK: Final = "bulk_ids"
LIST_ACTION: Final = "bulk_ids_text"
# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
PASTED_LIMIT: Final = 3_000

_MOST_IGNORED: Final = 5
_IGNORED_LIMIT: Final = 60
_ERROR_LIMIT: Final = 150


def pasting(style: CardStyle, origin: Origin, text: str = "", told: Message | None = None) -> View:
    """Make the first step of the modal.

    Args:
        style: the language.
        origin: where it was opened from.
        text: the initial content; left out if longer than `PASTED_LIMIT`.
        told: a note at the top.
    """
    blocks = [
        *(told.blocks if told is not None else ()),
        section(style.catalog.say("bulk.modal.intro")),
        section(_where(origin, style)),
    ]
    return _view(style, origin, [*blocks, _input(style, text)], submit="check")


def confirming(
    style: CardStyle,
    origin: Origin,
    found: IdList,
    *,
    text: str,
    lasts: timedelta,
    told: Message | None = None,
) -> View:
    """Make the second step of the modal, whose submission starts the list.

    Args:
        style: the language.
        origin: where it was opened from.
        found: the list, with at least one id.
        text: the pasted text.
        lasts: the minimum duration of the look-ups.
        told: a note at the top.
    """
    say = style.catalog.say
    blocks = [
        *(told.blocks if told is not None else ()),
        *_read(found, style, lasts),
        section(_where(origin, style)),
        _input(style, text),
        context([say("bulk.modal.edit")]),
    ]
    return _view(style, origin, blocks, submit="start", checked=digest(found.ids))


def confirming_file(
    style: CardStyle, origin: Origin, found: IdList, *, name: str, file_id: str, lasts: timedelta
) -> View:
    """Make the modal for the list in a file, whose submission starts it.

    Args:
        style: the language.
        origin: the message that the file is attached to.
        found: the list, with at least one id.
        name: of the file, not escaped.
        file_id: of the file, which is read again on submission.
        lasts: the minimum duration of the look-ups.
    """
    say = style.catalog.say
    blocks = [
        section(say("bulk.modal.file", file=code_span(name))),
        *_read(found, style, lasts),
        section(_where(origin, style)),
    ]
    return _view(
        style,
        origin,
        blocks,
        submit="start",
        checked=digest(found.ids),
        callback=FILE_CALLBACK,
        file=file_id,
    )


def digest(ids: Sequence[MessageId]) -> str:
    """Hash a list, to check that it is the one that the user has seen."""
    return hashlib.sha256("\n".join(one.value for one in ids).encode()).hexdigest()[:16]


def checked_digest(view: Mapping[str, Any]) -> str:
    """The digest of the list that the modal showed; empty if it showed none."""
    return str(carried(view).get("checked") or "")


def file_of(view: Mapping[str, Any]) -> str:
    """The id of the file that the modal showed; empty if it showed none."""
    return str(carried(view).get("file") or "")


def pasted(view: Mapping[str, Any]) -> str:
    """The text in the field."""
    return typed_in(view, LIST_BLOCK, LIST_ACTION)


def unreadable(error: UnreadableListError, catalog: Catalog) -> str:
    """The error in the pasted text; plain text for the line below the field."""
    if error.problem in {ListProblem.EMPTY, ListProblem.NO_IDS}:
        return catalog.say("bulk.modal.nothing_found")
    return shorten(say_problem(error, catalog).replace("`", ""), _ERROR_LIMIT)


def _where(origin: Origin, style: CardStyle) -> str:
    if not origin.channel or is_direct(origin.channel):
        return style.catalog.say("bulk.modal.to_you")
    name = "bulk.modal.to_thread" if origin.thread_ts else "bulk.modal.to_channel"
    return style.catalog.say(name, channel=code_span(origin.channel))


def _read(found: IdList, style: CardStyle, lasts: timedelta) -> Iterator[Block]:
    """Show the ids found and the ignored lines, and the minimum duration."""
    yield section("\n".join(_found(found, style)))
    if found.ignored:
        yield section("\n".join(_ignored(found, style)))
    yield section(style.catalog.say("bulk.modal.time", duration=roughly(lasts, style)))


def _found(found: IdList, style: CardStyle) -> Iterator[str]:
    yield style.catalog.say("bulk.modal.found", count=len(found.ids))
    if found.column:
        column = code_span(shorten(found.column, _IGNORED_LIMIT))
        yield style.catalog.say("bulk.modal.column", column=column)
    if found.doubles:
        yield style.catalog.say("bulk.doubles", count=found.doubles)


def _ignored(found: IdList, style: CardStyle) -> Iterator[str]:
    """List the first ignored lines, and why they are ignored."""
    say = style.catalog.say
    yield say("bulk.modal.ignored", count=len(found.ignored))
    for line in found.ignored[:_MOST_IGNORED]:
        yield say(
            "bulk.modal.ignored_line",
            number=line.number,
            text=code_span(shorten(line.text, _IGNORED_LIMIT)),
            problem=say_reason(line.problem, style.catalog),
        )
    more = len(found.ignored) - _MOST_IGNORED
    if more > 0:
        yield say("bulk.modal.ignored_more", count=more)


def _input(style: CardStyle, text: str) -> Block:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": LIST_ACTION,
        "multiline": True,
        "max_length": PASTED_LIMIT,
    }
    if 0 < len(text) <= PASTED_LIMIT:
        element["initial_value"] = text
    return {
        "type": "input",
        "block_id": LIST_BLOCK,
        "label": label(style.catalog.say("bulk.modal.label")),
        "element": element,
    }


def _view(
    style: CardStyle,
    origin: Origin,
    blocks: Sequence[Block],
    *,
    submit: str,
    callback: str = LIST_CALLBACK,
    **more: str,
) -> View:
    say = style.catalog.say
    return modal(callback, say("bulk.modal.title"), say("bulk.modal.cancel"), blocks) | {
        "submit": label(say(f"bulk.modal.{submit}")),
        "private_metadata": json.dumps(asdict(origin) | more),
    }
