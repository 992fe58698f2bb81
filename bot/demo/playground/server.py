"""The playground's HTTP server: its page, the user's view as a stream, the user's actions.

Only pages that this server sent may use it. Actions must also be JSON, which a foreign page cannot
send without a CORS preflight (https://fetch.spec.whatwg.org/#cors-protocol).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from bot.demo.gallery import exhibits
from bot.demo.local_only import Handler, local_only
from bot.demo.playground.actions import UnreadableError, do
from bot.demo.playground.seed_data import AGENTS, CHANNELS
from bot.demo.playground.snapshot import snapshot, surroundings, traffic
from bot.demo.stage import COMMAND, Stage
from bot.domain.texts.catalog import Catalog, Language
from bot.fake_slack.state.refusals import NotPossibleError
from bot.locales import load_catalog

# Room for a base64 file that is over the bot's own limit, so that the bot's refusal can be seen.
MAX_BODY_BYTES: Final = 8 * 1024 * 1024
# One event per burst of changes, and a keep-alive comment on a quiet stream.
_BURST_SECONDS: Final = 0.03
_QUIET_SECONDS: Final = 15.0
_PHRASES: Final = "playground."

_KINDS: Final[Mapping[str, str]] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "voicestatus",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class PlaygroundServer:
    """Serves one stage to the browsers of this machine.

    `language` is what the page opens in; None for the browser's.
    """

    def __init__(self, stage: Stage, language: Language | None) -> None:
        self._stage = stage
        self._language = language
        self._files = _page_files()
        self._ended = False

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[local_only])
        app.router.add_get("/", self._file("playground.html"))
        app.router.add_get("/gallery", self._file("gallery.html"))
        for name in self._files:
            app.router.add_get(f"/page/{name}", self._file(name))
        app.router.add_get("/start", self._start)
        app.router.add_get("/exhibits", self._exhibits)
        app.router.add_get("/stream", self._stream)
        app.router.add_get("/files/{file}", self._file_of_message)
        app.router.add_post("/action", self._action)
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._hang_up)
        return app

    def _file(self, name: str) -> Handler:
        content, kind = self._files[name]

        async def send(_: web.Request) -> web.StreamResponse:
            return web.Response(body=content, content_type=kind, charset="utf-8")

        return send

    async def _start(self, _: web.Request) -> web.StreamResponse:
        """What the page loads once: the workspace, and the agents with their texts."""
        agents = [
            {
                "id": user,
                "language": language,
                "room": CHANNELS[language],
                "texts": _texts(load_catalog(language)),
            }
            for language, user in AGENTS.items()
        ]
        start = {"agents": agents, "language": self._language, "command": COMMAND}
        return web.json_response(start | surroundings(self._stage.slack))

    async def _exhibits(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=_exhibits_json(), content_type="application/json")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `snapshot` and `wire`, each whenever it has changed."""
        user = _agent(request.query.get("as", ""))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        # A closed page is noticed only by a failing write.
        with suppress(ConnectionError):
            async for event in self._events(user):
                await response.write(event)
        return response

    async def _events(self, user: str) -> AsyncIterator[bytes]:
        slack = self._stage.slack
        sent: dict[str, str] = {}
        while not self._ended:
            revision = slack.ledger.revision
            for name, seen in (("snapshot", snapshot(slack, user)), ("wire", traffic(slack))):
                data = json.dumps(seen)
                if sent.get(name) != data:
                    sent[name] = data
                    yield f"event: {name}\ndata: {data}\n\n".encode()
            await self._change_after(revision)
            yield b": still here\n\n"

    async def _file_of_message(self, request: web.Request) -> web.StreamResponse:
        """Download a file from a conversation that this user is in."""
        user, slack = _agent(request.query.get("as", "")), self._stage.slack
        stored = slack.files.find(request.match_info["file"])
        place = slack.workspace.channels.get(stored.channel) if stored else None
        if stored is None or stored.deleted or place is None or user not in place.members:
            raise web.HTTPNotFound
        named = f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}"
        headers = {"Content-Disposition": named}
        return web.Response(body=stored.content, headers=headers)

    async def _hang_up(self, _: web.Application) -> None:
        """End the streams, which would otherwise delay the shutdown."""
        # aiohttp waits for open responses on shutdown; waking the streams lets them return.
        self._ended = True
        self._stage.slack.ledger.notify()

    async def _change_after(self, revision: int) -> None:
        ledger = self._stage.slack.ledger
        try:
            await ledger.wait_for(
                lambda: self._ended or ledger.revision != revision, _QUIET_SECONDS
            )
        except TimeoutError:
            return
        await asyncio.sleep(_BURST_SECONDS)

    async def _action(self, request: web.Request) -> web.StreamResponse:
        """Perform a user's action; 400 if invalid, 409 if Slack's client would not allow it."""
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        given = _object(await request.read())
        person = self._stage.person.as_user(_agent(given.get("as")))
        try:
            done = await do(person, given)
        except UnreadableError:
            return web.json_response({"problem": "unreadable"}, status=400)
        except NotPossibleError as error:
            return web.json_response({"problem": str(error)}, status=409)
        return web.json_response(done)


@cache
def _exhibits_json() -> bytes:
    """The exhibits as JSON; they never change, so they are made once."""
    return json.dumps([one.as_json() for one in exhibits()]).encode()


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    # Deeply nested JSON raises RecursionError in the json module.
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    if not isinstance(given, dict):
        raise web.HTTPBadRequest
    return given


def _agent(user: object) -> str:
    if not isinstance(user, str) or user not in AGENTS.values():
        raise web.HTTPBadRequest
    return user


def _page_files() -> dict[str, tuple[bytes, str]]:
    """The page's files by name, read once; only these can be requested."""
    files = {}
    for file in resources.files(__package__).joinpath("page").iterdir():
        kind = _KINDS.get(f".{file.name.rpartition('.')[2]}")
        if kind is not None:
            files[file.name] = (file.read_bytes(), kind)
    return files


def _texts(catalog: Catalog) -> dict[str, Any]:
    return {
        name.removeprefix(_PHRASES): phrase
        for name, phrase in catalog.phrases.items()
        if name.startswith(_PHRASES)
    }


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
