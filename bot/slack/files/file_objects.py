"""Slack's file objects, parsed defensively, and which of them may have a list.

A field of the wrong type counts as absent.

https://docs.slack.dev/reference/objects/file-object
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, Final

from bot.domain.id_lists.id_list import IdList, UnreadableListError
from bot.domain.input.found_ids import FoundIds
from bot.domain.privacy import shorten
from bot.slack.blocks.block_kit import visible
from bot.slack.blocks.payload import first_word, parts

# Slack's own clients attach at most ten.
MOST_FILES: Final = 10
_LONGEST_NAME: Final = 80
_ID: Final = re.compile(r"[A-Z0-9]{1,64}")
_ENDINGS: Final = frozenset({".csv", ".tsv", ".txt", ".tab", ".text", ".lst"})
_KINDS: Final = frozenset({"csv", "tsv", "text", "plain_text", "txt"})
_NOT_TEXT: Final = frozenset({"text/html", "text/rtf", "text/calendar", "text/vcard"})
# Slack Connect: the message has only the id, and files.info the rest.
_UNTOLD: Final = "check_file_info"
_HOSTED: Final = frozenset({"hosted", "snippet", ""})
_GONE: Final = frozenset({"tombstone", "hidden_by_limit"})


class FileProblem(StrEnum):
    """Why a message's file was not read; each has a phrase.

    `OUTSIDE`: its content is at another service, such as Google Drive. `SIGN_IN`: Slack sent its
    sign-in page instead. `ELSEWHERE`: the download URL is not Slack's. `AWAY`: the download failed,
    and may work later. `STILL_READING`: another file of the same user is being read.
    """

    NONE = "none"
    SEVERAL = "several"
    NOT_A_LIST = "not_a_list"
    OUTSIDE = "outside"
    DELETED = "deleted"
    NOT_VISIBLE = "not_visible"
    NO_PERMISSION = "no_permission"
    SIGN_IN = "sign_in"
    TOO_LARGE = "too_large"
    ELSEWHERE = "elsewhere"
    AWAY = "away"
    STILL_READING = "still_reading"


class UnreadableFileError(Exception):
    """No list was read.

    Attributes:
        problem: why; the parser's error if the file was downloaded.
        names: of the files concerned, safe to show but not escaped.
    """

    def __init__(
        self, problem: FileProblem | UnreadableListError, names: Iterable[str] = ()
    ) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.names = tuple(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileList:
    """The list in a file; `name` is safe to show, but not escaped."""

    id: str
    name: str
    ids: IdList


@dataclass(frozen=True, slots=True, kw_only=True)
class FileObject:
    """A file of a message.

    Attributes:
        name: safe to show, but not escaped; empty if it has none.
        problem: why it cannot contain a list, by its type and place; `None` if it may.
        untold: only `files.info` knows what it is, because the channel is shared.
        size: in bytes, as reported by Slack; `None` if missing.
        address: the download URL, not yet checked.
    """

    id: str
    name: str
    problem: FileProblem | None
    untold: bool = False
    size: int | None = None
    address: str = ""


def files_on(message: Mapping[str, Any]) -> tuple[FileObject, ...]:
    """The files of a message and of the messages forwarded in it; at most `MOST_FILES`."""
    places = [message, *parts(message, "attachments")[:MOST_FILES]]
    found = (file_object(one) for place in places for one in parts(place, "files"))
    return tuple(islice((file for file in found if file is not None), MOST_FILES))


def untold(file_id: str) -> Mapping[str, str]:
    """A file object with only the id; `files.info` has the rest."""
    return {"id": file_id, "file_access": _UNTOLD}


def is_worth_reading(message: Mapping[str, Any], found: FoundIds) -> bool:
    """Whether the files of a message should be read.

    Args:
        message: Slack's message object.
        found: the ids in its text; if there are any, only a file that may have a list is read.
    """
    files = files_on(message)
    in_text = bool(found.ids or found.doubtful)
    return any(file.problem is None for file in files) or (bool(files) and not in_text)


def only_list(files: Sequence[FileObject]) -> FileObject:
    """The one file that may have a list.

    Raises:
        UnreadableFileError: there is none, or several.
    """
    if not files:
        raise UnreadableFileError(FileProblem.NONE)
    lists = {file.id: file for file in files if file.problem is None}
    if len(lists) > 1:
        raise UnreadableFileError(FileProblem.SEVERAL, [file.name for file in lists.values()])
    if lists:
        return next(iter(lists.values()))
    # The most specific problem first.
    for problem in (FileProblem.OUTSIDE, FileProblem.DELETED):
        if names := [file.name for file in files if file.problem is problem]:
            raise UnreadableFileError(problem, names)
    raise UnreadableFileError(FileProblem.NOT_A_LIST, [file.name for file in files])


def file_object(given: Mapping[str, Any]) -> FileObject | None:
    """Parse one file; `None` without a valid id."""
    file_id = first_word(given.get("id"))
    if not _ID.fullmatch(file_id):
        return None
    name = visible(first_word(given.get("name"), given.get("title"))).strip()
    size = given.get("size")
    untold = given.get("file_access") == _UNTOLD
    return FileObject(
        id=file_id,
        name=shorten(name, _LONGEST_NAME),
        problem=None if untold else _problem_of(given),
        untold=untold,
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        address=first_word(given.get("url_private_download"), given.get("url_private")),
    )


def _problem_of(given: Mapping[str, Any]) -> FileProblem | None:
    mode = first_word(given.get("mode"))
    if mode in _GONE or given.get("file_access") == "file_not_found":
        return FileProblem.DELETED
    if mode == "external" or given.get("is_external") is True:
        return FileProblem.OUTSIDE
    # Other modes are posts, canvases and the like, which have no content to download.
    return None if mode in _HOSTED and _is_text(given) else FileProblem.NOT_A_LIST


def _is_text(given: Mapping[str, Any]) -> bool:
    ending = PurePosixPath(first_word(given.get("name"))).suffix.lower()
    kind = first_word(given.get("mimetype")).lower()
    by_kind = kind.startswith("text/") and kind not in _NOT_TEXT
    return by_kind or ending in _ENDINGS or first_word(given.get("filetype")) in _KINDS
