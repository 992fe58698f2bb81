"""The notes to a user about their lists; only that user reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.id_lists.id_list import MAX_BYTES, UnreadableListError, say_problem
from bot.domain.input.message_id import MAX_LENGTH
from bot.domain.input.query import MAX_IDS, TooMany
from bot.domain.jobs.bulk import MOST_CALLS_A_DAY, Bulk
from bot.domain.jobs.watch import Bound
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.services.watches.service import AlreadyWatched, Started, StartOutcome
from bot.slack.blocks.block_kit import Message, code_span, note
from bot.slack.blocks.style import is_direct
from bot.slack.bulk.buttons import open_row, takes
from bot.slack.cards.notes import Notes
from bot.slack.files.file_objects import UnreadableFileError

READ_SCOPE: Final = "files:read"
_MOST_NAMES: Final = 5
_MEGABYTE: Final = 1_000_000


def how_to_begin(notes: Notes) -> Message:
    """Show how to start a list, with the button that opens the modal."""
    return notes.titled("bulk.note.ask").followed_by(open_row(notes.style))


def too_many(query: TooMany, notes: Notes, reader: str = "") -> Message:
    """Report too many ids for one command, with a button to look up all of them.

    Args:
        query: the question, whose ids the button gets.
        notes: the language, and who reads it.
        reader: the only user who sees the button on a public note.
    """
    count = notes.style.catalog.counted(query.count, more=query.more)
    row = open_row(notes.style, query.ids, reader=reader)
    # A button takes about a hundred ids.
    body = "too_many.body" if takes(query.ids) else "too_many.to_paste"
    message = notes.note("too_many.title", body, count=count, limit=MAX_IDS)
    return message.followed_by(row)


def cut_short(text: str, notes: Notes) -> Message:
    """Report that a form took only the beginning of a list, up to the end of this text."""
    last = "".join(text.split()[-1:])
    return notes.titled("bulk.modal.cut", last=code_span(shorten(last, MAX_LENGTH)))


def begun(bulk: Bulk, notes: Notes) -> Message:
    """Confirm, in place of an offer, that a list has started, and where its card is posted."""
    name = "directly" if is_direct(bulk.destination.channel) else "in_thread"
    return notes.titled("bulk.note.begun", where=notes.say(f"bulk.note.{name}"))


def no_room(bound: Bound, notes: Notes, most: int) -> Message:
    """Report that too many lists are open, of all, or of this user, who may have `most`.

    Or that the user's lists of a day would have too many calls.
    """
    if bound is Bound.USER:
        return notes.titled("bulk.note.no_room", count=most)
    if bound is Bound.DAY:
        return notes.titled("bulk.note.full_day", limit=MOST_CALLS_A_DAY)
    return notes.note("bulk.note.no_room_title_all", "bulk.note.no_room_all")


def watching(outcomes: Sequence[StartOutcome], notes: Notes) -> Message:
    """Report how many calls are watched now, were watched before, or are not watched."""
    fresh = sum(isinstance(one, Started) for one in outcomes)
    before = sum(isinstance(one, AlreadyWatched) for one in outcomes)
    refused = len(outcomes) - fresh - before
    name = "watching_title" if fresh or not refused else "watching_none_title"
    lines = [
        notes.say(f"bulk.note.{line}", count=count)
        for line, count in (
            ("watching", fresh),
            ("watched_before", before),
            ("not_watched", refused),
        )
        if count
    ]
    return note(notes.say(f"bulk.note.{name}", count=fresh), "\n".join(lines))


def no_list(line: str, notes: Notes) -> Message:
    """Report that a message has no list, for this reason."""
    return note(notes.say("bulk.modal.no_list_title"), line)


def unread_line(error: UnreadableFileError, catalog: Catalog) -> str:
    """Why a file was not read, and what to do: one paragraph of mrkdwn, escaped."""
    files, problem = _file_names(error.names, catalog), error.problem
    if isinstance(problem, UnreadableListError):
        return catalog.say("file.unread", file=files, reason=say_problem(problem, catalog))
    limit = MAX_BYTES // _MEGABYTE
    return catalog.say(f"file.{problem.value}", files=files, scope=READ_SCOPE, limit=limit)


def _file_names(names: tuple[str, ...], catalog: Catalog) -> str:
    shown = [f"`{code_span(name)}`" if name else catalog.say("file.unnamed") for name in names]
    more = [] if len(shown) <= _MOST_NAMES else ["…"]
    return ", ".join(shown[:_MOST_NAMES] + more) or catalog.say("file.unnamed")
