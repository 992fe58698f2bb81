"""Downloads and uploads of file contents, as files.slack.com serves them.

Like Slack, it answers a download without a valid token with the sign-in page and status 200.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import BodyPartReader, web

from bot.fake_slack.methods.files import READ
from bot.fake_slack.state.file_shelf import FileShelf, StoredFile
from bot.fake_slack.state.refusals import OrderedFailures, RefusedError
from bot.fake_slack.state.workspace import Token, Workspace

DOWNLOAD, UPLOAD = "download", "upload"
SIGN_IN = (
    '<!DOCTYPE html><html lang="en-US" class="" data-primer data-cdn="https://a.slack-edge.com/">'
    "<head><title>Slack</title></head><body>Sign in</body>"
)
PIECE_BYTES = 64 * 1024


class FileTransfer:
    """Serves /files-pri/… and /upload/v1/…; `downloads` and `uploads` count the requests."""

    def __init__(
        self,
        shelf: FileShelf,
        workspace: Workspace,
        failures: OrderedFailures,
    ) -> None:
        self.downloads = 0
        self.uploads = 0
        self._shelf = shelf
        self._workspace = workspace
        self._failures = failures

    def add_to(self, application: web.Application) -> None:
        """Add the routes."""
        for middle in ("", "download/"):
            path = f"/files-pri/{{team}}-{{file}}/{middle}{{name}}"
            application.router.add_get(path, self.download)
        application.router.add_post("/upload/v1/{key}", self.upload)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Send a file to a token that may read it."""
        self.downloads += 1
        try:
            self._failures.raise_next(DOWNLOAD)
        except RefusedError as refused:
            return web.Response(status=refused.status, headers=refused.headers)
        kind = self._workspace.secrets.kind_of(request.headers.get("Authorization", ""))
        may_read = kind is Token.BOT and READ in self._workspace.scopes
        stored = self._shelf.find(request.match_info["file"])
        if not may_read or stored is None or not self._shelf.is_seen_by_bot(stored):
            return web.Response(text=SIGN_IN, content_type="text/html", charset="utf-8")
        if stored.deleted:
            return web.Response(status=404, text="File not found")
        return await sent(stored, request)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Receive a file of exactly the announced length, as a raw body or a form part."""
        self.uploads += 1
        try:
            self._failures.raise_next(UPLOAD)
        except RefusedError as refused:
            return web.Response(status=refused.status, headers=refused.headers)
        key = request.match_info["key"]
        ticket = self._shelf.ticket(key)
        # An upload URL accepts one upload.
        if ticket is None or ticket.content is not None:
            return web.Response(status=404)
        content = await _content(request, ticket.length)
        if content is None:
            return web.Response(status=400, text="the length differs from the announced one")
        self._shelf.receive(key, content)
        if self._failures.is_lost(UPLOAD) and request.transport is not None:
            request.transport.abort()
        return web.Response(text=f"OK - {len(content)}")


async def sent(
    stored: StoredFile, request: web.Request, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Stream the bytes of a file."""
    response = web.StreamResponse(headers=headers)
    response.content_type = str(stored.described["mimetype"])
    response.content_length = len(stored.content)
    await response.prepare(request)
    # A memoryview slices without copying the piece.
    view = memoryview(stored.content)
    for start in range(0, len(view), PIECE_BYTES):
        await response.write(view[start : start + PIECE_BYTES])
    await response.write_eof()
    return response


async def _content(request: web.Request, length: int) -> bytes | None:
    """The bytes received, or `None` if their number is not `length`."""
    content = bytearray()
    if request.content_type == "multipart/form-data":
        part = await (await request.multipart()).next()
        while isinstance(part, BodyPartReader) and (piece := await part.read_chunk()):
            content += piece
            if len(content) > length:
                return None
    else:
        async for piece in request.content.iter_chunked(PIECE_BYTES):
            content += piece
            if len(content) > length:
                return None
    return bytes(content) if len(content) == length else None
