"""Slack's file objects, parsed defensively, and which of them may have a list.

A field of the wrong type counts as absent.

https://docs.slack.dev/reference/objects/file-object
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, Final

from bot.domain.id_lists.id_list import IdList, UnreadableListError
from bot.domain.privacy import shorten
from bot.slack.blocks.block_kit import visible
from bot.slack.blocks.payload import first_word, parts
from bot.slack.files.shown_text import ShownText, shown_text

# Slack's own clients attach at most ten.
MOST_FILES: Final = 10
_LONGEST_NAME: Final = 80
_MOST_NODES: Final = 1_000
# What may contain rich text, in reverse order.
_WITH_ELEMENTS: Final = ("message", "message_blocks", "elements", "blocks")
_ID: Final = re.compile(r"[A-Z0-9]{1,64}")
# Many systems export text or a web page under the name of a spreadsheet.
_ENDINGS: Final = frozenset({".csv", ".tsv", ".txt", ".tab", ".text", ".lst", ".xls"})
_KINDS: Final = frozenset({"csv", "tsv", "text", "plain_text", "txt"})
_NOT_TEXT: Final = frozenset({"text/html", "text/rtf", "text/calendar", "text/vcard"})
# What certainly has no list, unless it has the name of a text.
_NO_LISTS: Final = frozenset({"image", "audio", "video", "font", "model"})
_NO_LIST_ENDINGS: Final = re.compile(
    r"\.(?:png|jpe?g|gif|webp|bmp|tiff?|heic|heif|avif|svg|ico|psd|mp3|wav|og[ga]|opus|m4[av]|aac|flac"
    r"|wm[av]|amr|mp4|mov|avi|mkv|webm|3gp|zip|rar|7z|t?gz|tar|bz2|xz|zst|exe|msi|dll|apk|dmg|iso)"
)
# Slack Connect: the message has only the id, and files.info the rest.
_UNTOLD: Final = "check_file_info"
_HOSTED: Final = frozenset({"hosted", "snippet", ""})
_GONE: Final = frozenset({"tombstone", "hidden_by_limit"})


class FileProblem(StrEnum):
    """Why a message's file was not read; each has a phrase.

    `PAGE`: Slack keeps it in a form of its own, such as an e-mail or a canvas. `OUTSIDE`: its
    content is at another service, such as Google Drive. `SIGN_IN`: Slack sent its sign-in page
    instead. `ELSEWHERE`: the download URL is not Slack's. `AWAY`: the download failed, and may work
    later. `STILL_READING`: another file of the same user is being read.
    """

    NONE = "none"
    SEVERAL = "several"
    NOT_A_LIST = "not_a_list"
    PAGE = "page"
    OUTSIDE = "outside"
    DELETED = "deleted"
    NOT_VISIBLE = "not_visible"
    NO_PERMISSION = "no_permission"
    SIGN_IN = "sign_in"
    TOO_LARGE = "too_large"
    ELSEWHERE = "elsewhere"
    AWAY = "away"
    STILL_READING = "still_reading"


# The most specific first.
_BY_PLACE: Final = (
    *(FileProblem.OUTSIDE, FileProblem.DELETED, FileProblem.NOT_VISIBLE, FileProblem.PAGE),
)


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
    """The list in a file; `name` is safe to show, but not escaped; `digest` is of its content."""

    id: str
    name: str
    digest: str = ""
    ids: IdList


@dataclass(frozen=True, slots=True, kw_only=True)
class FileObject:
    """A file of a message.

    Attributes:
        name: safe to show, but not escaped; empty if it has none.
        problem: why it cannot contain a list, by its type and place; `None` if it may.
        likely: its name or type is that of a text; what else it may be, its bytes decide.
        untold: only `files.info` knows what it is, because the channel is shared.
        size: in bytes, as reported by Slack; `None` if missing.
        address: the download URL, not yet checked.
        shown: what Slack shows of it in the message.
    """

    id: str
    name: str
    problem: FileProblem | None
    likely: bool = True
    untold: bool = False
    size: int | None = None
    address: str = ""
    shown: ShownText = field(default_factory=ShownText)


def files_on(message: Mapping[str, Any]) -> tuple[FileObject, ...]:
    """The files of a message and of the messages forwarded in it; at most `MOST_FILES`.

    An `app_mention` may name its files only in its rich text.
    """
    places = [message, *parts(message, "attachments")[:MOST_FILES]]
    listed = (one for place in places for one in parts(place, "files"))
    named = (untold(file_id) for file_id in _named_in(places))
    found: dict[str, FileObject] = {}
    for file in filter(None, map(file_object, chain(listed, named))):
        found.setdefault(file.id, file)
        if len(found) == MOST_FILES:
            break
    return tuple(found.values())


def _named_in(messages: object) -> Iterator[str]:
    """The ids of the file elements in rich text; an explicit stack, since nesting may be deep."""
    waiting = [messages]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(reversed(node[:_MOST_NODES]))
        elif isinstance(node, dict):
            if node.get("type") == "file":
                yield first_word(node.get("file_id"))
            waiting.extend(node.get(name) for name in _WITH_ELEMENTS)


def untold(file_id: str) -> Mapping[str, str]:
    """A file object with only the id; `files.info` has the rest."""
    return {"id": file_id, "file_access": _UNTOLD}


def only_list(files: Sequence[FileObject]) -> FileObject:
    """The one file that may have a list.

    Raises:
        UnreadableFileError: there is none, or several.
    """
    if not files:
        raise UnreadableFileError(FileProblem.NONE)
    readable = {file.id: file for file in files if file.problem is None}
    lists = [file for file in readable.values() if file.likely]
    if len(lists) > 1:
        raise UnreadableFileError(FileProblem.SEVERAL, [file.name for file in lists])
    if lists or len(readable) == 1:
        return lists[0] if lists else next(iter(readable.values()))
    for problem in _BY_PLACE:
        if names := [file.name for file in files if file.problem is problem]:
            raise UnreadableFileError(problem, names)
    raise UnreadableFileError(FileProblem.NOT_A_LIST, [file.name for file in files])


def file_object(given: Mapping[str, Any]) -> FileObject | None:
    """Parse one file; `None` without a valid id."""
    file_id = first_word(given.get("id"))
    if not _ID.fullmatch(file_id):
        return None
    name = visible(first_word(given.get("name"), given.get("title"))).strip()
    untold = given.get("file_access") == _UNTOLD
    size = given.get("size")
    return FileObject(
        id=file_id,
        name=shorten(name, _LONGEST_NAME),
        problem=None if untold else _problem_of(given),
        likely=untold or _is_text(given),
        untold=untold,
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        address=first_word(given.get("url_private_download"), given.get("url_private")),
        shown=shown_text(given),
    )


def _problem_of(given: Mapping[str, Any]) -> FileProblem | None:
    mode = first_word(given.get("mode"))
    if mode in _GONE or given.get("file_access") == "file_not_found":
        return FileProblem.DELETED
    if mode == "external" or given.get("is_external") is True:
        return FileProblem.OUTSIDE
    if mode == "file_access":
        return FileProblem.NOT_VISIBLE
    if mode not in _HOSTED:
        return FileProblem.PAGE
    may_be_list = _is_text(given) or not _is_something_else(given)
    return None if may_be_list else FileProblem.NOT_A_LIST


def _is_text(given: Mapping[str, Any]) -> bool:
    ending = PurePosixPath(first_word(given.get("name"))).suffix.lower()
    kind = first_word(given.get("mimetype")).lower()
    by_kind = kind.startswith("text/") and kind not in _NOT_TEXT
    return by_kind or ending in _ENDINGS or first_word(given.get("filetype")) in _KINDS


def _is_something_else(given: Mapping[str, Any]) -> bool:
    """Whether it is a picture, a recording, an archive or a program."""
    ending = PurePosixPath(first_word(given.get("name"))).suffix.lower()
    kind = first_word(given.get("mimetype")).lower().partition("/")[0]
    return kind in _NO_LISTS or _NO_LIST_ENDINGS.fullmatch(ending) is not None
