"""The notes to a user about their lists; only that user reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.input.query import TooMany
from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.watch import Bound
from bot.services.bulk.service import NoRoomForBulk
from bot.services.watches.service import AlreadyWatched, NoRoom, Started, StartOutcome
from bot.slack.blocks.block_kit import Message, code_span, note
from bot.slack.blocks.style import is_direct
from bot.slack.bulk.buttons import open_row
from bot.slack.cards.notes import Notes


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
    message = notes.note("too_many.title", "too_many.body", count=query.count, limit=query.limit)
    return message.followed_by(open_row(notes.style, query.ids, reader=reader))


def begun(bulk: Bulk, notes: Notes) -> Message:
    """Confirm that a list has started, and where its card is posted."""
    channel = bulk.destination.channel
    if is_direct(channel):
        name = "directly"
    else:
        name = "in_channel" if bulk.destination.thread is None else "in_thread"
    where = notes.say(f"bulk.note.{name}", channel=code_span(channel))
    return notes.titled("bulk.note.begun", where=where)


def no_room(outcome: NoRoomForBulk, notes: Notes) -> Message:
    """Report that too many lists are open, of this user or of all."""
    if outcome.bound is Bound.USER:
        return notes.titled("bulk.note.no_room", count=outcome.most)
    return notes.note("bulk.note.no_room_title_all", "bulk.note.no_room_all")


def watching(outcomes: Sequence[StartOutcome], notes: Notes) -> Message:
    """Report how many calls are watched now, were watched before, or are not watched."""
    fresh = sum(isinstance(one, Started) for one in outcomes)
    if not fresh and any(isinstance(one, NoRoom) for one in outcomes):
        title = notes.say("bulk.note.watching_none_title")
    else:
        title = notes.say("bulk.note.watching_title", count=fresh)
    return note(title, "\n".join(_watched(outcomes, notes, fresh)))


def _watched(outcomes: Sequence[StartOutcome], notes: Notes, fresh: int) -> Iterator[str]:
    before = sum(isinstance(one, AlreadyWatched) for one in outcomes)
    refused = len(outcomes) - fresh - before
    if fresh:
        yield notes.say("bulk.note.watching")
    if before:
        yield notes.say("bulk.note.watched_before", count=before)
    if refused:
        yield notes.say("bulk.note.not_watched", count=refused)
