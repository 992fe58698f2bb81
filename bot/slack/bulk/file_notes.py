"""What people are told of a file that was not read, and the list of a message or that line.

Every name of a file is somebody's own words, so it stands between backticks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.id_lists.id_list import IdList, UnreadableListError
from bot.domain.id_lists.list_texts import say_problem
from bot.domain.texts.catalog import Catalog
from bot.slack.blocks.block_kit import code_span
from bot.slack.files.download import (
    MOST_BYTES,
    READ_SCOPE,
    AttachedFiles,
    UnreadableFileError,
)
from bot.slack.files.file_objects import files_on

_MOST_NAMES: Final = 5
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundList:
    """What the file of a message holds: a list, or a line of mrkdwn that says why there is none.

    Attributes:
        file_id: Slack's; empty where there is no list.
        name: of the file, not escaped; empty where there is no list.
        ids: `None` where there is no list.
        line: empty where there is a list.
    """

    file_id: str = ""
    name: str = ""
    ids: IdList | None = None
    line: str = ""


def may_hold_list(message: Mapping[str, Any]) -> bool:
    """Whether a file of the message is worth a look."""
    return any(file.may_hold_list for file in files_on(message))


async def list_on(
    files: AttachedFiles,
    message: Mapping[str, Any],
    catalog: Catalog,
    *,
    person: str,
    max_ids: int,
) -> FoundList:
    """The list in the file of a message, or why there is none, for the person who asked."""
    name = ""
    try:
        with files.turn_of(person):
            fetched = await files.fetch(message)
            name = fetched.name
            ids = await files.read(fetched, max_ids=max_ids)
    except (UnreadableFileError, UnreadableListError) as error:
        return FoundList(line=unread_line(error, catalog, name=name))
    return FoundList(file_id=fetched.id, name=name, ids=ids)


def unread_line(
    error: UnreadableFileError | UnreadableListError, catalog: Catalog, *, name: str = ""
) -> str:
    """Why a file was not read, and what to do about it: one paragraph of mrkdwn, escaped.

    Args:
        error: why.
        catalog: in whose language.
        name: of the file that holds no list, where it is known.
    """
    if isinstance(error, UnreadableListError):
        reason = say_problem(error, catalog)
        return catalog.say("file.unread", file=_shown((name,), catalog), reason=reason)
    return catalog.say(
        f"file.{error.problem.value}",
        files=_shown(error.names, catalog),
        scope=READ_SCOPE,
        limit=MOST_BYTES // _MEGABYTE,
    )


def _shown(names: tuple[str, ...], catalog: Catalog) -> str:
    shown = [f"`{code_span(name)}`" if name else catalog.say("file.unnamed") for name in names]
    more = [] if len(shown) <= _MOST_NAMES else ["…"]
    return ", ".join(shown[:_MOST_NAMES] + more) or catalog.say("file.unnamed")
