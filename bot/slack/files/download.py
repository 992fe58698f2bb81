"""Finds, downloads and parses an id list attached to a message.

Anyone can write the message, so only the id of its file is used: the download URL comes from
`files.info`, and the bot's token is sent to Slack's own hosts only, without following redirects.
https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.id_lists.id_list import MAX_BYTES, Original, UnreadableListError
from bot.domain.timing import Timing
from bot.services.file_reading import FileReading, StillReadingError
from bot.slack.api.addresses import is_slacks
from bot.slack.api.calls import MissingScopeError, SlackError, slack_answer, within
from bot.slack.api.session import RedirectedError
from bot.slack.blocks.payload import part
from bot.slack.files.file_objects import (
    FileList,
    FileObject,
    FileProblem,
    UnreadableFileError,
    file_object,
    files_on,
    only_list,
    untold,
)

_PIECE_BYTES: Final = 64 * 1024
# A web page that was attached is none of Slack's; this is in the head of those for signing in.
_PAGE_OF_SLACK: Final = re.compile(
    rb"\s*(?:<!doctype html[^>]*+>\s*)?<html\b.{0,60000}?"
    rb"(?:\bslack-edge\.com/|<title>[^<]*\bSlack</title>)",
    re.IGNORECASE | re.DOTALL,
)
# By the error code of `files.info`; the download redirects to the page for signing in.
_PROBLEMS: Final[Mapping[str, FileProblem]] = {
    RedirectedError.__name__: FileProblem.SIGN_IN,
    "file_deleted": FileProblem.DELETED,
    "file_not_found": FileProblem.NOT_VISIBLE,
}
# By the status of the download.
_STATUSES: Final[Mapping[int, FileProblem]] = {
    HTTPStatus.UNAUTHORIZED: FileProblem.SIGN_IN,
    HTTPStatus.FORBIDDEN: FileProblem.SIGN_IN,
    HTTPStatus.NOT_FOUND: FileProblem.DELETED,
    HTTPStatus.GONE: FileProblem.DELETED,
}


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
        self._api_url = client.base_url

    async def read(self, message: Mapping[str, Any], *, user: str, max_ids: int) -> FileList:
        """Read the list in the file of a message; one at a time for each user.

        Raises:
            UnreadableFileError: there is no list, or it is not available.
        """
        try:
            with self._reading.turn_of(user):
                file, content = await self.fetch(message)
                ids = await self._reading.read(content, max_ids=max_ids)
        except StillReadingError:
            raise UnreadableFileError(FileProblem.STILL_READING) from None
        except UnreadableListError as error:
            raise UnreadableFileError(error, [file.name]) from None
        return FileList(id=file.id, name=file.name, digest=_digest(content), ids=ids)

    async def original(self, file_id: str, digest: str, *, max_ids: int) -> Original | None:
        """The columns of a file that was read before; `None` if it is gone or has changed.

        Raises:
            UnreadableFileError: it may be available later.
        """
        try:
            _, content = await self.fetch({"files": [untold(file_id)]})
            if _digest(content) != digest:
                return None
            return (await self._reading.read(content, max_ids=max_ids, columns=True)).original
        except UnreadableListError:
            return None
        except UnreadableFileError as error:
            if error.problem is FileProblem.AWAY:
                raise
            return None

    async def fetch(self, message: Mapping[str, Any]) -> tuple[FileObject, bytes]:
        """Download the message's list file, at most `MAX_BYTES`.

        Raises:
            UnreadableFileError: there is no such file, or it is not available.
        """
        file = await self._chosen(files_on(message))
        content = await self._content(file)
        if isinstance(content, FileProblem):
            raise UnreadableFileError(content, [file.name])
        return file, content

    async def _chosen(self, files: tuple[FileObject, ...]) -> FileObject:
        """The one file that may contain a list, as `files.info` describes it."""
        asked: dict[str, FileObject] = {}
        for file in files:
            if file.untold:
                asked[file.id] = await self._described(file)
        chosen = only_list([asked.get(file.id, file) for file in files])
        # The message's own copy may be forged: only files.info's URL and size are trusted.
        return only_list([asked.get(chosen.id) or await self._described(chosen)])

    async def _described(self, file: FileObject) -> FileObject:
        """The file as Slack describes it to this bot."""
        try:
            answer = await slack_answer(lambda: self._client.files_info(file=file.id))
        except MissingScopeError:
            raise UnreadableFileError(FileProblem.NO_PERMISSION) from None
        except SlackError as error:
            problem = _PROBLEMS.get(error.reason, FileProblem.AWAY)
            raise UnreadableFileError(problem, [file.name]) from None
        described = file_object(part(answer.data, "file"))
        if described is None or described.id != file.id or described.untold:
            raise UnreadableFileError(FileProblem.AWAY)
        return described

    async def _content(self, file: FileObject) -> bytes | FileProblem:
        if (file.size or 0) > MAX_BYTES:
            return FileProblem.TOO_LARGE
        # Checked before the request, which carries the token: a foreign URL would leak it.
        if not is_slacks(file.address, self._api_url):
            return FileProblem.ELSEWHERE
        headers = {"Authorization": f"Bearer {self._client.token}"}
        try:
            async with (
                within(self._timing.fetch),
                self._session.get(file.address, headers=headers) as response,
            ):
                return _problem_of(response) or await _read(response)
        except SlackError as error:
            return _PROBLEMS.get(error.reason, FileProblem.AWAY)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def _read(response: aiohttp.ClientResponse) -> bytes | FileProblem:
    """Read an answer, counting its bytes, since Content-Length may be missing or wrong."""
    content = bytearray()
    async for piece in response.content.iter_chunked(_PIECE_BYTES):
        content += piece
        if len(content) > MAX_BYTES:
            # Closes the connection; otherwise aiohttp would read the rest to reuse it.
            response.close()
            return FileProblem.TOO_LARGE
    return FileProblem.SIGN_IN if _PAGE_OF_SLACK.match(content) else bytes(content)


def _problem_of(response: aiohttp.ClientResponse) -> FileProblem | None:
    """Why an answer does not have the file, by its head."""
    status = response.status
    if status != HTTPStatus.OK:
        return _STATUSES.get(status, FileProblem.AWAY)
    return FileProblem.TOO_LARGE if (response.content_length or 0) > MAX_BYTES else None
