"""Slack's file objects, parsed defensively: a field of the wrong type counts as absent.

https://docs.slack.dev/reference/objects/file-object
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, Final

from bot.domain.privacy import shorten
from bot.slack.blocks.block_kit import visible

# Slack's own clients attach at most ten.
MOST_FILES: Final = 10
_LONGEST_NAME: Final = 80
_MOST_LOOKED_AT: Final = 100
_ID: Final = re.compile(r"[A-Z0-9]{1,64}")
_ENDINGS: Final = frozenset({".csv", ".tsv", ".txt", ".tab", ".text", ".lst"})
_KINDS: Final = frozenset({"csv", "tsv", "text", "plain_text", "txt"})
_NOT_TEXT: Final = frozenset({"text/html", "text/rtf", "text/calendar", "text/vcard"})
# Slack Connect: the message has only the id, and files.info the rest.
_UNTOLD: Final = "check_file_info"
_HOSTED: Final = frozenset({"hosted", "snippet", ""})
_GONE: Final = frozenset({"tombstone", "hidden_by_limit"})


class FileState(StrEnum):
    """Where the content of a file is.

    `HERE`: at Slack. `UNTOLD`: only `files.info` knows (shared channels). `OUTSIDE`: at another
    service, such as Google Drive. `GONE`: deleted. `NO_FILE`: a post, a canvas or the like.
    """

    HERE = "here"
    UNTOLD = "untold"
    OUTSIDE = "outside"
    GONE = "gone"
    NO_FILE = "no_file"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileObject:
    """A file of a message.

    Attributes:
        name: safe to show, but not escaped; empty if it has none.
        size: in bytes, as reported by Slack; `None` if missing.
        is_text: whether it may contain a list, by its name or type.
        address: the download URL, not yet checked.
    """

    id: str
    name: str
    state: FileState
    size: int | None = None
    is_text: bool = False
    address: str = ""

    @property
    def may_hold_list(self) -> bool:
        """Whether it may contain a list."""
        return self.state is FileState.UNTOLD or (self.state is FileState.HERE and self.is_text)


def files_on(message: Mapping[str, Any]) -> tuple[FileObject, ...]:
    """The files of a message and of the messages forwarded in it; at most `MOST_FILES`."""
    places = [message, *islice(_mappings(message.get("attachments")), MOST_FILES)]
    found = (file_object(one) for place in places for one in _mappings(place.get("files")))
    return tuple(islice((file for file in found if file is not None), MOST_FILES))


def file_object(given: Mapping[str, Any]) -> FileObject | None:
    """Parse one file; `None` without a valid id."""
    file_id = _text(given, "id")
    if not _ID.fullmatch(file_id):
        return None
    size = given.get("size")
    return FileObject(
        id=file_id,
        name=shorten(visible(_text(given, "name") or _text(given, "title")).strip(), _LONGEST_NAME),
        state=_state(given),
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        is_text=_is_text(given),
        address=_text(given, "url_private_download") or _text(given, "url_private"),
    )


def _state(given: Mapping[str, Any]) -> FileState:
    mode, access = _text(given, "mode"), _text(given, "file_access")
    if access == _UNTOLD:
        return FileState.UNTOLD
    if mode in _GONE or access == "file_not_found":
        return FileState.GONE
    if mode == "external" or given.get("is_external") is True:
        return FileState.OUTSIDE
    return FileState.HERE if mode in _HOSTED else FileState.NO_FILE


def _is_text(given: Mapping[str, Any]) -> bool:
    ending = PurePosixPath(_text(given, "name")).suffix.lower()
    kind = _text(given, "mimetype").lower()
    by_kind = kind.startswith("text/") and kind not in _NOT_TEXT
    return by_kind or ending in _ENDINGS or _text(given, "filetype") in _KINDS


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    for one in islice(value, _MOST_LOOKED_AT) if isinstance(value, list | tuple) else ():
        if isinstance(one, Mapping):
            yield one


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""
