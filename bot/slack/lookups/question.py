"""What a message asks: by its words, by its files, and by the texts that Slack shows of these."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final

from bot.domain.input.commands import Command
from bot.domain.input.found_ids import FoundIds, find_ids
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import MAX_IDS, LookUp, Query, Run, TooMany
from bot.slack.files.file_objects import FileObject, files_on
from bot.slack.lookups.message_text import query_in, texts_of

# The part of a question that asks for neither an id nor a command nor a file.
WORDS: Final = ""
# Another argument makes another question of these.
_WITH_ARGUMENT: Final = frozenset({Command.EXPLAIN, Command.LANGUAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a message asks.

    Attributes:
        query: what its texts ask; `None` if nothing, or if only its files can answer.
        found: the ids in its texts, of a message that was not written to the bot.
        files: its files, if they are to be read, or the user is to learn why they are not.
    """

    query: Query | None
    found: FoundIds = field(default_factory=FoundIds)
    files: tuple[FileObject, ...] = ()

    @property
    def parts(self) -> frozenset[str]:
        """The names of what it asks; two messages with the same name ask the same."""
        return _names_of(self.query) | frozenset(map(_name_of_file, self.files))

    def only(self, parts: AbstractSet[str]) -> Question:
        """What is left of it if only these parts are new."""
        files = tuple(one for one in self.files if _name_of_file(one) in parts)
        return replace(self, query=_left_of(self.query, parts), files=files)


def question_in(
    message: Mapping[str, Any], *, reads_files: bool, addressed: bool = True
) -> Question:
    """Read what a message asks.

    Args:
        message: as Slack sent it.
        reads_files: the bot has the permission to read files.
        addressed: it was written to the bot, so words and commands count, too.
    """
    files = files_on(message)
    as_text = [one for one in files if _counts_as_text(one, reads_files=reads_files)]
    shown = [one.shown.text for one in as_text]
    query = query_in(message, shown) if addressed else None
    if query is not None and not files:
        return Question(query=query)
    found = find_ids(chain(texts_of(message), shown))
    # Slack shows all of the others, so there is nothing to read in them.
    unread = [
        one for one in files if one.problem is None and not (one in as_text and one.shown.whole)
    ]
    has_list = any(one.likely for one in unread)
    if not _is_command(query):
        if has_list or not addressed:
            # Beside a list, only what is certainly an id is asked about.
            query = _look_up(found, query)
        elif not found.ids and not isinstance(query, LookUp | TooMany):
            query = None
    # What may be an id comes before a file that is hardly a list; a modal offers it.
    in_modal = not addressed and bool(found.doubtful)
    alone = query is None and not in_modal
    wanted = has_list or alone or (bool(unread) and not found.doubtful)
    return Question(query=query, found=found, files=files if wanted else ())


def _counts_as_text(file: FileObject, *, reads_files: bool) -> bool:
    """Whether what Slack shows of the file is a text of the message, and not a list to be read."""
    if file.problem is not None or not reads_files:
        return True
    ids = find_ids([file.shown.text]) if file.shown.whole else FoundIds()
    return 0 < len(ids.ids) <= MAX_IDS and not ids.doubtful


def _is_command(query: Query | None) -> bool:
    """Whether it is a command that a file says nothing about."""
    return isinstance(query, Run) and query.command is not Command.BULK


def _look_up(found: FoundIds, query: Query | None) -> Query | None:
    """The question about the certain ids, watched if the query says so."""
    if not found.ids:
        return None
    if len(found.ids) > MAX_IDS:
        return TooMany(count=len(found.ids), ids=found.ids, more=found.more)
    return LookUp(ids=found.ids, watch=isinstance(query, LookUp) and query.watch)


def _ids_of(query: Query | None) -> tuple[MessageId, ...]:
    return query.ids if isinstance(query, LookUp | TooMany) else ()


def _names_of(query: Query | None) -> frozenset[str]:
    if isinstance(query, Run):
        argument = query.argument if query.command in _WITH_ARGUMENT else ""
        return frozenset({f"{query.command} {argument}"})
    ids = frozenset(chain.from_iterable(_names_of_id(one, query) for one in _ids_of(query)))
    return ids if ids or query is None else frozenset({WORDS})


def _names_of_id(message_id: MessageId, query: Query | None) -> frozenset[str]:
    """To look a call up, and to watch it."""
    watched = isinstance(query, LookUp) and query.watch
    return frozenset({message_id.value, *([f"watch {message_id}"] if watched else [])})


def _name_of_file(file: FileObject) -> str:
    return f"file {file.id}"


def _left_of(query: Query | None, parts: AbstractSet[str]) -> Query | None:
    if _names_of(query) <= parts:
        return query
    left = tuple(one for one in _ids_of(query) if not _names_of_id(one, query).isdisjoint(parts))
    if isinstance(query, LookUp) and left:
        return replace(query, ids=left)
    return _look_up(FoundIds(ids=left), None)
