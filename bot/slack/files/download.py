"""Finds, downloads and parses an id list attached to a message.

Anyone can write the message, so only the id of its file is used: the download URL comes from
`files.info`, and the bot's token is sent to Slack's own hosts only, without following redirects.
https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, NoReturn

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.id_lists.id_list import MAX_BYTES, IdList
from bot.domain.timing import Timing
from bot.services.file_reading import FileReading, StillReadingError
from bot.slack.api.errors import (
    NO_SCOPE,
    TRANSPORT_ERRORS,
    SlackRefusedError,
    SlackUnreachableError,
    slack_answer,
)
from bot.slack.api.payload import part
from bot.slack.files.addresses import FileAddresses
from bot.slack.files.file_objects import FileObject, FileState, file_object, files_on

MOST_BYTES: Final = MAX_BYTES
READ_SCOPE: Final = "files:read"

_log = structlog.get_logger(__name__)
_PIECE_BYTES: Final = 64 * 1024
_HTML: Final = "text/html"
# aiohttp also uses this if there is no Content-Type.
_ANYTHING: Final = "application/octet-stream"
_BEGINNINGS_OF_HTML: Final = (b"<!doctype html", b"<html")


class FileProblem(StrEnum):
    """Why a message's file was not read; each has a phrase.

    `SIGN_IN`: Slack sent its sign-in page instead. `ELSEWHERE`: the download URL is not Slack's.
    `AWAY`: the download failed, and may work later. `STILL_READING`: another file of the same
    user is being read.
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


_PROBLEMS: Final[Mapping[str, FileProblem]] = {
    "file_deleted": FileProblem.DELETED,
    "file_not_found": FileProblem.NOT_VISIBLE,
}
# The problem of a message without any possible list, the most specific first.
_BY_STATE: Final = (
    (FileState.OUTSIDE, FileProblem.OUTSIDE),
    (FileState.GONE, FileProblem.DELETED),
)


class UnreadableFileError(Exception):
    """No list was read; `names` are the files concerned, safe to show but not escaped."""

    def __init__(self, problem: FileProblem, names: Iterable[str] = ()) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.names = tuple(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """A downloaded file; `name` is safe to show, but not escaped."""

    id: str
    name: str
    content: bytes = field(repr=False)


class AttachedFiles:
    """Reads files of messages with the token of one client."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        reading: FileReading,
        timing: Timing = Timing(),
    ) -> None:
        self._client = client
        self._session = session
        self._reading = reading
        self._timing = timing
        self._addresses = FileAddresses(client.base_url)

    @contextmanager
    def turn_of(self, person: str) -> Iterator[None]:
        """Allow a user one file at a time: a second one is refused while the block runs.

        Raises:
            UnreadableFileError: another file of theirs is being read.
        """
        try:
            with self._reading.turn_of(person):
                yield
        except StillReadingError:
            raise UnreadableFileError(FileProblem.STILL_READING) from None

    async def read(self, file: FetchedFile, *, max_ids: int) -> IdList:
        """Parse the list in a file.

        Raises:
            UnreadableListError: it is not a list.
        """
        return await self._reading.read(file.content, max_ids=max_ids)

    async def fetch(self, message: Mapping[str, Any]) -> FetchedFile:
        """Download the message's list file, at most `MOST_BYTES`.

        Raises:
            UnreadableFileError: there is no such file, or it is not available.
        """
        try:
            file = await self._chosen(files_on(message))
            return FetchedFile(id=file.id, name=file.name, content=await self._content(file))
        except UnreadableFileError as error:
            _log.info("an attached file was not read", error=error.problem.value)
            raise

    async def _chosen(self, files: tuple[FileObject, ...]) -> FileObject:
        """The one file that may contain a list, as `files.info` describes it."""
        if not files:
            raise UnreadableFileError(FileProblem.NONE)
        asked: dict[str, FileObject] = {}
        for file in files:
            if file.state is FileState.UNTOLD:
                asked[file.id] = await self._described(file)
        known = [asked.get(file.id, file) for file in files]
        lists = {file.id: file for file in known if file.may_hold_list}
        if not lists:
            _refuse(known)
        if len(lists) > 1:
            raise UnreadableFileError(FileProblem.SEVERAL, _names(lists.values()))
        (file,) = lists.values()
        # The message's own copy may be forged: only files.info's URL and size are trusted.
        whole = asked.get(file.id) or await self._described(file)
        if not whole.may_hold_list:
            _refuse([whole])
        return whole

    async def _described(self, file: FileObject) -> FileObject:
        """The file as Slack describes it to this bot."""
        try:
            answer = await slack_answer(lambda: self._client.files_info(file=file.id))
        except SlackRefusedError as error:
            no_scope = error.error in NO_SCOPE
            problem = FileProblem.NO_PERMISSION if no_scope else FileProblem.AWAY
            raise UnreadableFileError(problem) from None
        except SlackUnreachableError as error:
            problem = _PROBLEMS.get(error.reason, FileProblem.AWAY)
            raise UnreadableFileError(problem, _names([file])) from None
        data = answer.data if isinstance(answer.data, dict) else {}
        described = file_object(part(data, "file"))
        if described is None or described.id != file.id or described.state is FileState.UNTOLD:
            raise UnreadableFileError(FileProblem.AWAY)
        return described

    async def _content(self, file: FileObject) -> bytes:
        if file.size is not None and file.size > MOST_BYTES:
            raise UnreadableFileError(FileProblem.TOO_LARGE, _names([file]))
        # Checked before the request, which carries the token: a foreign URL would leak it.
        if not self._addresses.are_slacks(file.address):
            raise UnreadableFileError(FileProblem.ELSEWHERE, _names([file]))
        headers = {"Authorization": f"Bearer {self._client.token}"}
        try:
            async with (
                asyncio.timeout(self._timing.fetch),
                self._session.get(file.address, headers=headers, allow_redirects=False) as response,
            ):
                return await _read(response)
        except _NotGivenError as error:
            raise UnreadableFileError(error.problem, _names([file])) from None
        except TRANSPORT_ERRORS:
            raise UnreadableFileError(FileProblem.AWAY, _names([file])) from None


class _NotGivenError(Exception):
    """Slack's answer does not contain the file."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read an answer, counting its bytes, since Content-Length may be missing or wrong."""
    _check(response)
    content = bytearray()
    async for piece in response.content.iter_chunked(_PIECE_BYTES):
        content += piece
        if len(content) > MOST_BYTES:
            # Closes the connection; otherwise aiohttp would read the rest to reuse it.
            response.close()
            raise _NotGivenError(FileProblem.TOO_LARGE)
    beginning = bytes(content[:_PIECE_BYTES]).lstrip().lower()
    if response.content_type == _ANYTHING and beginning.startswith(_BEGINNINGS_OF_HTML):
        raise _NotGivenError(FileProblem.SIGN_IN)
    return bytes(content)


def _check(response: aiohttp.ClientResponse) -> None:
    status = response.status
    leads_away = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    if leads_away or status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise _NotGivenError(FileProblem.SIGN_IN)
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise _NotGivenError(FileProblem.DELETED)
    if status != HTTPStatus.OK:
        raise _NotGivenError(FileProblem.AWAY)
    if response.content_type == _HTML:
        raise _NotGivenError(FileProblem.SIGN_IN)
    if response.content_length is not None and response.content_length > MOST_BYTES:
        raise _NotGivenError(FileProblem.TOO_LARGE)


def _refuse(files: Iterable[FileObject]) -> NoReturn:
    """Raise the reason why none of them is read."""
    found = tuple(files)
    for state, problem in _BY_STATE:
        named = [file for file in found if file.state is state]
        if named:
            raise UnreadableFileError(problem, _names(named))
    raise UnreadableFileError(FileProblem.NOT_A_LIST, _names(found))


def _names(files: Iterable[FileObject]) -> tuple[str, ...]:
    return tuple(file.name for file in files)
