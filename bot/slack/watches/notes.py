"""The notes to a user about their watches, with their buttons; the list of watches.

Only that user reads them, so ids are not shortened. The values of buttons have ids of watches: a
click acts only on watches of the user who clicked, even if the value is forged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.call_status import Answer
from bot.domain.input.query import MAX_IDS
from bot.domain.jobs.watch import NotWatchable, Watch, why_not_watchable
from bot.domain.texts.catalog import Catalog
from bot.services.watches.service import AlreadyWatched, NoRoom, Started, StartOutcome
from bot.slack.blocks.block_kit import (
    Block,
    Message,
    actions,
    button,
    code_span,
    context,
    header,
    message,
    note,
    section,
)
from bot.slack.blocks.payload import parsed
from bot.slack.blocks.style import is_direct
from bot.slack.cards.notes import Notes

STOP_ACTION: Final = "watch_stop"
CANCEL_ACTION: Final = "watch_cancel"
HOME_CANCEL_ACTION: Final = "home_watch_cancel"
LIMIT_ACTIONS: Final = re.compile(r"watch_limit_\d+")

_CONTROLS: Final = "watch_controls"
_LIMIT: Final = "watch_limit_"
# By the suffix of the `action_id` and of the phrase.
LIMITS: Final = {f"{minutes}": timedelta(minutes=minutes) for minutes in (30, 60, 240, 1440)}
_NAME: Final = re.compile(r"[0-9a-f]{16}")

# Below the limit of 50 blocks; cancelling some of them shows the next ones.
_MOST_LISTED: Final = 20


def controls(watches: Sequence[Watch], catalog: Catalog, chosen: timedelta | None = None) -> Block:
    """Make the buttons for the other time limits, if there is one, and the one to stop.

    Args:
        watches: the watches that have just been started or changed.
        catalog: the language.
        chosen: the new time limit; `None` if they have just been started.
    """
    value = value_of(watches)
    spans = {chosen or watch.expires_at - watch.started_at for watch in watches}
    elements = [
        button(f"{_LIMIT}{name}", catalog.say(f"watch.limit.{name}"), value=value)
        for name, limit in LIMITS.items()
        if spans != {limit} and not _only_once_more(watches)
    ]
    elements.append(button(STOP_ACTION, catalog.say("watch.stop"), value=value))
    return actions(_CONTROLS, elements)


def value_of(watches: Sequence[Watch]) -> str:
    """The value of a button for these watches."""
    return json.dumps([watch.id for watch in watches])


def limit_of(action: object) -> timedelta | None:
    """Read the time limit from an `action_id`; `None` if it is not ours."""
    return LIMITS.get(str(action).removeprefix(_LIMIT))


def watches_of(value: object) -> tuple[str, ...]:
    """Read the ids of watches from a button's value; none if the value is not ours."""
    loaded = parsed(value, list) or []
    return tuple(one for one in loaded[:MAX_IDS] if isinstance(one, str) and _NAME.fullmatch(one))


def started(
    outcomes: Sequence[StartOutcome],
    notes: Notes,
    user: str,
    answers: Sequence[Answer] = (),
    *,
    limit: timedelta | None = None,
) -> Message:
    """Report for each call whether it is watched.

    Args:
        outcomes: for the calls that may still get a status.
        notes: the language.
        user: the reader.
        answers: for all calls; the note says why some are not watched.
        limit: the time limit that was just chosen, which is not offered again.
    """
    begun = [one.watch for one in outcomes if isinstance(one, Started)]
    lines = [*(_outcome(one, notes, user) for one in outcomes), *_hindrances(answers, notes)]
    message = note(_title(outcomes, notes, len(begun)), "\n".join(lines))
    if not begun:
        return message
    small = [] if _only_once_more(begun) else [context([notes.say("watch.limit_is_told")])]
    return message.followed_by(controls(begun, notes.style.catalog, limit), *small)


def _only_once_more(watches: Sequence[Watch]) -> bool:
    """Whether they end with their next look, unless the gateway knows the call by then."""
    return all(watch.unknown for watch in watches)


def _hindrances(answers: Sequence[Answer], notes: Notes) -> Iterator[str]:
    """Why some calls are not watched; lines of mrkdwn."""
    for answer in answers:
        why = why_not_watchable(answer.finding)
        if why is not None:
            idmsg = code_span(answer.message_id.value)
            yield notes.say(f"watch.hindered.{why.value}", idmsg=idmsg)


def needless(answers: Sequence[Answer], notes: Notes) -> Iterator[str]:
    """Why none of the calls is watched; lines of mrkdwn for their card."""
    reasons = {why_not_watchable(answer.finding) for answer in answers}
    for why in NotWatchable:
        if why in reasons:
            yield notes.say(f"watch.needless.{why.value}")


def not_stored(notes: Notes) -> Message:
    """Report that the database failed, so nothing has changed."""
    return notes.titled("watch.not_kept")


def stopped(given_up: Sequence[Watch], notes: Notes) -> Message:
    """Confirm that watches were stopped, or report that all were over already."""
    if not given_up:
        return notes.titled("watch.over")
    ids = ", ".join(f"`{code_span(watch.message_id.value)}`" for watch in given_up)
    return notes.titled("watch.stopped", count=len(given_up), ids=ids)


def listed(watches: Sequence[Watch], notes: Notes, change: Message | None = None) -> Message:
    """List all watches of a user, each with a button to cancel it.

    Args:
        watches: the oldest first.
        notes: the language.
        change: a note about the last change.
    """
    if watches:
        title = notes.say("watches.title")
        rows = rows_of(watches, notes, CANCEL_ACTION, most=_MOST_LISTED)
        shown = message(title, [header(title), *rows])
    else:
        shown = notes.titled("watches.none")
    return shown if change is None else change.followed_by(*shown.blocks)


def rows_of(watches: Sequence[Watch], notes: Notes, action: str, *, most: int) -> Iterator[Block]:
    """Make a section with a button for each watch, and a line for those left out."""
    for watch in watches[:most]:
        cancel = button(action, notes.say("watches.cancel"), value=value_of([watch]))
        yield section(_line(watch, notes)) | {"accessory": cancel}
    if len(watches) > most:
        yield context([notes.say("watches.more", count=len(watches) - most)])


def _line(watch: Watch, notes: Notes) -> str:
    channel = watch.destination.channel
    name = "watches.to_you" if is_direct(channel) else "watches.to_thread"
    return notes.say(
        "watches.line",
        idmsg=code_span(watch.message_id.value),
        since=notes.style.moment(watch.started_at),
        until=notes.style.moment(watch.expires_at),
        where=notes.say(name, channel=channel),
    )


def _title(outcomes: Sequence[StartOutcome], notes: Notes, begun: int) -> str:
    if begun:
        return notes.say("watch.title", count=begun)
    if any(isinstance(one, AlreadyWatched) for one in outcomes):
        return notes.say("watch.already_title")
    return notes.say("watch.no_room_title")


def _outcome(outcome: StartOutcome, notes: Notes, user: str) -> str:
    if isinstance(outcome, NoRoom):
        idmsg = code_span(outcome.message_id.value)
        return notes.say(f"watch.no_room.{outcome.bound.value}", idmsg=idmsg, most=outcome.most)
    watch = outcome.watch
    in_thread = watch.destination.thread is not None
    if isinstance(outcome, Started):
        name = "watch.once_more" if watch.unknown else "watch.started"
    else:
        name = "watch.yours" if watch.user == user else "watch.anothers"
    return notes.say(
        name,
        idmsg=code_span(watch.message_id.value),
        where=notes.say("watch.in_thread" if in_thread else "watch.directly"),
        until=notes.style.moment(watch.expires_at),
    )
