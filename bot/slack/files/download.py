"""A list of calls in a file that stands with a message: found, fetched, read.

The message is anybody's. So nothing of it is used but the id of the file: where its bytes are says
`files.info` alone, and the bot's token goes to Slack's own addresses and never after a redirection.
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
_NO_SCOPE: Final = frozenset({"missing_scope", "no_permission", "not_allowed_token_type"})
_HTML: Final = "text/html"
# Also what aiohttp puts where no kind is told.
_ANYTHING: Final = "application/octet-stream"
_BEGINNINGS_OF_HTML: Final = (b"<!doctype html", b"<html")


class FileProblem(StrEnum):
    """Why the file of a message was not read; each has a phrase.

    `SIGN_IN`: Slack gave its sign-in page in the file's place. `ELSEWHERE`: its bytes are said to
    be at an address that is not Slack's. `AWAY`: Slack did not give it, and may later.
    `STILL_READING`: another file of the same person is being read.
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
# What is wrong with a message none of whose files may hold a list, the most telling first.
_BY_STATE: Final = (
    (FileState.OUTSIDE, FileProblem.OUTSIDE),
    (FileState.GONE, FileProblem.DELETED),
)


class UnreadableFileError(Exception):
    """No list was read; `names` are the files that it is about, fit to be shown but not escaped."""

    def __init__(self, problem: FileProblem, names: Iterable[str] = ()) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.names = tuple(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """A file as it was fetched; `name` may be shown, but is not escaped."""

    id: str
    name: str
    content: bytes = field(repr=False)


class AttachedFiles:
    """Reads the files of messages, for the token of one client."""

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
        """One file of a person is fetched and read within the block, and no other meanwhile.

        Raises:
            UnreadableFileError: another one is.
        """
        try:
            with self._reading.turn_of(person):
                yield
        except StillReadingError:
            raise UnreadableFileError(FileProblem.STILL_READING) from None

    async def read(self, file: FetchedFile, *, max_ids: int) -> IdList:
        """The list in a file.

        Raises:
            UnreadableListError: it is no list.
        """
        return await self._reading.read(file.content, max_ids=max_ids)

    async def fetch(self, message: Mapping[str, Any]) -> FetchedFile:
        """The bytes of that file, `MOST_BYTES` at most.

        Raises:
            UnreadableFileError: there is no such file, or it cannot be had.
        """
        try:
            file = await self._chosen(files_on(message))
            return FetchedFile(id=file.id, name=file.name, content=await self._content(file))
        except UnreadableFileError as error:
            _log.info("an attached file was not read", error=error.problem.value)
            raise

    async def _chosen(self, files: tuple[FileObject, ...]) -> FileObject:
        """The one file that may hold a list, as `files.info` describes it."""
        if not files:
            raise UnreadableFileError(FileProblem.NONE)
        asked: dict[str, FileObject] = {}
        for file in files:
            if file.state is FileState.UNTOLD:
                asked[file.id] = await self._described(file)
        told = [asked.get(file.id, file) for file in files]
        lists = {file.id: file for file in told if file.may_hold_list}
        if not lists:
            _refuse(told)
        if len(lists) > 1:
            raise UnreadableFileError(FileProblem.SEVERAL, _names(lists.values()))
        (file,) = lists.values()
        whole = asked.get(file.id) or await self._described(file)
        if not whole.may_hold_list:
            _refuse([whole])
        return whole

    async def _described(self, file: FileObject) -> FileObject:
        """The file as Slack describes it to this bot."""
        try:
            answer = await slack_answer(lambda: self._client.files_info(file=file.id))
        except SlackRefusedError as error:
            no_scope = error.error in _NO_SCOPE
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
    """Slack's answer is not the file."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The bytes of an answer, counted as they come, since a length may be missing or wrong."""
    _check(response)
    content = bytearray()
    async for piece in response.content.iter_chunked(_PIECE_BYTES):
        content += piece
        if len(content) > MOST_BYTES:
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
    """Say why none of them is read."""
    found = tuple(files)
    for state, problem in _BY_STATE:
        named = [file for file in found if file.state is state]
        if named:
            raise UnreadableFileError(problem, _names(named))
    raise UnreadableFileError(FileProblem.NOT_A_LIST, _names(found))


def _names(files: Iterable[FileObject]) -> tuple[str, ...]:
    return tuple(file.name for file in files)
