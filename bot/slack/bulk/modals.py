"""The modal for a list: the user pastes ids, sees the ids found, and starts the list.

Each step updates the same modal, so that the pasted text is never lost. A digest in it shows
whether the list to start is the one that the user has seen.
https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from bot.domain.access import Asker
from bot.domain.id_lists.id_list import (
    IdList,
    ListProblem,
    UnreadableListError,
    say_problem,
    say_reason,
    say_remarks,
)
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import Block, Message, View, code_span, context, section
from bot.slack.blocks.style import CardStyle, is_direct
from bot.slack.bulk.cards import roughly
from bot.slack.cards.controls import Origin, carried, modal, submission, text_field, typed_in

LIST_CALLBACK: Final = "bulk_list"
LIST_BLOCK: Final = "bulk_ids"
LIST_ACTION: Final = "bulk_ids_text"
# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
PASTED_LIMIT: Final = 3_000

_MOST_IGNORED: Final = 5
_IGNORED_LIMIT: Final = 60
_ERROR_LIMIT: Final = 150


def pasting(style: CardStyle, origin: Origin, text: str = "") -> View:
    """Make the first step of the modal.

    Args:
        style: the language.
        origin: where it was opened from.
        text: the initial content; left out if longer than `PASTED_LIMIT`.
    """
    intro = section(style.catalog.say("bulk.modal.intro"))
    return list_view(style, origin, [intro, section(where(origin, style)), _input(style, text)])


def confirming(
    style: CardStyle,
    origin: Origin,
    found: IdList,
    *,
    text: str,
    lasts: timedelta,
    problem: Message | None = None,
) -> View:
    """Make the second step of the modal, whose submission starts the list.

    Args:
        style: the language.
        origin: where it was opened from.
        found: the list, with at least one id.
        text: the pasted text.
        lasts: the minimum duration of the look-ups.
        problem: why the list was not started.
    """
    blocks = [
        *(problem.blocks if problem is not None else ()),
        *summary(found, style, lasts),
        section(where(origin, style)),
        _input(style, text),
        context([style.catalog.say("bulk.modal.edit")]),
    ]
    return list_view(style, origin, blocks, checked=digest(found.ids))


def digest(ids: Sequence[MessageId]) -> str:
    """Hash a list, to check that it is the one that the user has seen."""
    return hashlib.sha256(text_of(ids).encode()).hexdigest()[:16]


def checked_digest(view: Mapping[str, Any]) -> str:
    """The digest of the list that the modal showed; empty if it showed none."""
    return str(carried(view).get("checked") or "")


def pasted(view: Mapping[str, Any]) -> str:
    """The text in the field."""
    return typed_in(view, LIST_BLOCK, LIST_ACTION)


def unreadable(error: UnreadableListError, catalog: Catalog) -> str:
    """The error in the pasted text; plain text for the line below the field."""
    if error.problem in {ListProblem.EMPTY, ListProblem.NO_IDS}:
        return catalog.say("bulk.modal.nothing_found")
    return shorten(say_problem(error, catalog).replace("`", ""), _ERROR_LIMIT)


def text_of(ids: Sequence[MessageId]) -> str:
    """These ids as text for the field."""
    return "\n".join(one.value for one in ids)


def destination_of(origin: Origin, asker: Asker) -> Destination:
    """Where the cards of a list are posted: where it was started; in direct messages in line."""
    in_line = is_direct(origin.channel) and (origin.begins or not origin.thread_ts)
    if in_line or not origin.channel:
        return Destination(team=asker.team, channel=asker.user)
    return Destination(team=asker.team, channel=origin.channel, thread=origin.thread_ts or None)


def where(origin: Origin, style: CardStyle) -> str:
    """What `destination_of` decides, in words."""
    if not origin.channel or is_direct(origin.channel):
        return style.catalog.say("bulk.modal.to_you")
    name = "bulk.modal.to_thread" if origin.thread_ts else "bulk.modal.to_channel"
    return style.catalog.say(name, channel=code_span(origin.channel))


def summary(found: IdList, style: CardStyle, lasts: timedelta) -> Iterator[Block]:
    """Show the ids found, the ignored lines and the minimum duration."""
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
    yield from say_remarks(found, style.catalog)


def _ignored(found: IdList, style: CardStyle) -> Iterator[str]:
    """List the first ignored lines, and why they are ignored."""
    say = style.catalog.say
    yield say("bulk.modal.ignored", count=len(found.ignored))
    for line in found.ignored[:_MOST_IGNORED]:
        yield say(
            "bulk.modal.ignored_line" if line.text else "bulk.modal.ignored_row",
            number=line.number,
            text=code_span(shorten(line.text, _IGNORED_LIMIT)),
            problem=say_reason(line.problem, style.catalog),
        )
    more = len(found.ignored) - _MOST_IGNORED
    if more > 0:
        yield say("bulk.modal.ignored_more", count=more)


def _input(style: CardStyle, text: str) -> Block:
    fits = text if len(text) <= PASTED_LIMIT else ""
    caption = style.catalog.say("bulk.modal.label")
    return text_field(LIST_BLOCK, LIST_ACTION, caption, fits, limit=PASTED_LIMIT)


def list_view(
    style: CardStyle,
    origin: Origin,
    blocks: Sequence[Block],
    callback: str = LIST_CALLBACK,
    **more: str,
) -> View:
    """Make a modal; one that shows a list, with its digest in `more`, starts the list."""
    say, submit = style.catalog.say, "start" if more else "check"
    view = modal(callback, say("bulk.modal.title"), say("bulk.modal.cancel"), blocks)
    return view | submission(say(f"bulk.modal.{submit}"), origin, **more)
