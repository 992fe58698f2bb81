"""The playground's HTTP server: what it serves, to whom, and what it makes of hostile requests."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.demo.playground.seed_data import ADMIN, LOBBY, PORTUGUESE_CHANNEL
from bot.demo.playground.server import MAX_BODY_BYTES
from bot.demo.playground.serving import Playground, running_playground
from bot.domain.texts.catalog import Language
from bot.fake_slack.state.workspace import CHANNEL_ID, OTHER_USER_ID, USER_ID
from bot.slack.cards.modals import IDS_BLOCK
from bot.web.accepting import CannotListenError
from tests.support.reading import texts
from tests.support.scene import UNHURRIED
from tests.support.wording import ANSWERED, BUSY

CSV = "IDMSG;telefone\r\nSANDBOX-OK;x\r\n".encode("cp1252")


@dataclass(kw_only=True)
class Guest:
    """A client of the playground's server."""

    playground: Playground
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        """GET an address of it."""
        response = await self.session.get(self.playground.url + path, headers=headers)
        # What nobody reads keeps its connection, and complains of it in the midst of another test.
        if response.content_type != "text/event-stream":
            await response.read()
        return response

    async def post(self, body: bytes, **headers: str) -> aiohttp.ClientResponse:
        """POST a deed."""
        sent = {"Content-Type": "application/json", **headers}
        address = f"{self.playground.url}deed"
        response = await self.session.post(address, data=io.BytesIO(body), headers=sent)
        await response.read()
        return response

    async def do(self, deed: str, **given: Any) -> tuple[int, Any]:
        """Let Ana do something; gives the status and the answer."""
        body = json.dumps({"as": USER_ID, "do": deed, **given}).encode()
        response = await self.post(body)
        return response.status, await response.json()


@pytest.fixture(scope="module")
async def guest() -> AsyncIterator[Guest]:
    """A running playground and a client."""
    async with (
        running_playground(Language.ENGLISH, 0, timing=UNHURRIED) as playground,
        aiohttp.ClientSession() as session,
    ):
        yield Guest(playground=playground, session=session)


async def test_what_the_page_needs_is_served_under_a_strict_policy(guest: Guest) -> None:
    """No inline script, no other host, no frame, no guessing of types, nothing kept."""
    for path, kind in (
        ("", "text/html"),
        ("gallery", "text/html"),
        ("page/playground.js", "text/javascript"),
        ("page/theme.css", "text/css"),
        ("page/mark.svg", "image/svg+xml"),
        ("start", "application/json"),
        ("exhibits", "application/json"),
    ):
        response = await guest.get(path)

        assert (200, kind) == (response.status, response.content_type)
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'"), path
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "nosniff" == response.headers["X-Content-Type-Options"]
        assert "no-referrer" == response.headers["Referrer-Policy"]
        assert "no-store" == response.headers["Cache-Control"]


async def test_nothing_but_the_pages_files_can_be_asked_for(guest: Guest) -> None:
    """Whatever a path climbs over."""
    for path in (
        "page/../server.py",
        "page/%2e%2e/server.py",
        "page/..%2fserver.py",
        "page//etc/passwd",
        "page/",
        "page/none.js",
        "server.py",
    ):
        raw = await _raw(guest, f"GET /{path} HTTP/1.1\r\nHost: {_host(guest)}\r\n\r\n")
        assert raw.startswith("HTTP/1.1 404"), path


async def test_a_foreign_host_is_refused(guest: Guest) -> None:
    """A name of somebody else's that leads to this machine opens nothing (DNS rebinding)."""
    for host in ("evil.example", "evil.example:80", "127.0.0.1:1", "localhost", ""):
        for path in ("", "start", f"stream?as={USER_ID}"):
            raw = await _raw(guest, f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
            assert raw.startswith("HTTP/1.1 421"), (host, path)


async def test_the_other_names_of_this_machine_are_let_in(guest: Guest) -> None:
    """Localhost is a name that people type."""
    port = _host(guest).rpartition(":")[2]
    raw = await _raw(guest, f"GET /start HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")

    assert raw.startswith("HTTP/1.1 200")


async def test_a_foreign_page_cannot_let_people_do_things(guest: Guest) -> None:
    """By its origin, by what the browser says of it, and by the only types it may send."""
    body = json.dumps({"as": USER_ID, "do": "global_shortcut"}).encode()
    before = guest.playground.stage.slack.wire.action

    for headers, status in (
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ):
        response = await guest.post(body, **headers)
        assert status == response.status, headers
        assert "Access-Control-Allow-Origin" not in response.headers
    assert before == guest.playground.stage.slack.wire.action
    assert 200 == (await guest.post(body, Origin=guest.playground.url.rstrip("/"))).status


async def test_junk_is_refused_and_does_nothing(guest: Guest) -> None:
    """What is no JSON, no object, or of nobody whose eyes the page may have."""
    before = guest.playground.stage.slack.wire.action
    for body in (
        *(b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 20_000),
        *(b'{"as": 1}', b'{"as": "U0NOBODY"}'),
        json.dumps({"as": ADMIN, "do": "command", "channel": CHANNEL_ID, "text": "x"}).encode(),
    ):
        assert 400 == (await guest.post(body)).status, body[:80]
    assert before == guest.playground.stage.slack.wire.action


async def test_the_page_learns_why_a_deed_was_not_done(guest: Guest) -> None:
    """What cannot be read is one thing; what Slack's client would not allow has a reason."""
    assert (400, {"problem": "unreadable"}) == await guest.do("home", tab="attic")
    status, answer = await guest.do("say", channel="C0NOWHERE", text="x")

    assert (409, f"{USER_ID} is not in C0NOWHERE") == (status, answer["problem"])


async def test_a_huge_body_is_refused(guest: Guest) -> None:
    """Before it is read."""
    response = await guest.post(b" " * (MAX_BODY_BYTES + 1))

    assert 413 == response.status


async def test_a_deed_becomes_a_signed_request_and_its_acknowledgement_comes_back(
    guest: Guest,
) -> None:
    """The page learns how long the bot took to acknowledge; the answer comes by the stream."""
    status, done = await guest.do("command", channel=CHANNEL_ID, text="SANDBOX-BUSY")

    assert (200, 200) == (status, done["status"])
    assert 0 < done["seconds"] < 3
    sight = await _sight(guest, lambda seen: BUSY in texts(seen["messages"]))
    (card,) = [one for one in sight["messages"] if BUSY in texts(one)]
    assert card["ephemeral"]


async def test_the_page_learns_what_became_of_a_modal(guest: Guest) -> None:
    """Its errors by the blocks they belong to; it is before the person until it is closed."""
    bruno = {"as": OTHER_USER_ID}
    await guest.do("global_shortcut", **bruno)
    sight = await _sight(guest, lambda seen: bool(seen["modals"]), user=OTHER_USER_ID)
    view = {"view": sight["modals"][0]["id"], **bruno}
    status, done = await guest.do("submit", values={IDS_BLOCK: "x" * 60}, **view)
    closed, _ = await guest.do("close", **view)

    assert (200, 200, "errors", [IDS_BLOCK]) == (status, closed, done["action"], [*done["errors"]])
    assert [] == (await _sight(guest, lambda _: True, user=OTHER_USER_ID))["modals"]


async def test_the_stream_shows_each_person_what_is_theirs(guest: Guest) -> None:
    """An ephemeral answer is in no other agent's stream; the admin's own note in none."""
    await guest.do("command", channel=CHANNEL_ID, text="SANDBOX-OK")
    mine = await _sight(guest, lambda seen: ANSWERED in texts(seen["messages"]))
    others = await _sight(guest, lambda _: True, user=OTHER_USER_ID)

    assert [] == [one for one in others["messages"] if one["ephemeral"]]
    assert (USER_ID, OTHER_USER_ID) == (mine["me"], others["me"])
    assert others["direct"] not in json.dumps(mine["rooms"])


async def test_the_rooms_are_set_up_as_a_workspace_would_be(guest: Guest) -> None:
    """Customers' messages in both languages; the bot is in two of three channels."""
    sight = await _sight(guest, lambda _: True)

    assert ["support-en", "suporte", "lobby"] == [one["name"] for one in sight["rooms"]]
    assert {CHANNEL_ID, PORTUGUESE_CHANNEL, LOBBY} == {one["channel"] for one in sight["messages"]}
    assert [True, True, False] == [one["has_bot"] for one in sight["rooms"]]
    assert [] == sight["complaints"]


async def test_a_refusal_of_slack_shows_on_the_page_for_those_who_change_cards(
    guest: Guest,
) -> None:
    """What the strict Slack says of a card is shown; a closed way that has another is not."""
    slack = guest.playground.stage.slack
    slack.refusals += ["chat.postMessage: not_in_channel {}", "chat.update: invalid_blocks {}"]
    sight = await _sight(guest, lambda _: True)
    slack.refusals.clear()

    assert ["chat.update: invalid_blocks"] == sight["complaints"]


async def test_a_closed_page_leaves_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    """A stream whose reader went ends at the next change, without an error."""
    before = asyncio.all_tasks()
    async with (
        running_playground(Language.ENGLISH, 0, timing=UNHURRIED) as playground,
        aiohttp.ClientSession() as session,
    ):
        guest = Guest(playground=playground, session=session)
        stream = await guest.get(f"stream?as={USER_ID}")
        await stream.content.readline()
        stream.close()
        await guest.do("say", channel=CHANNEL_ID, text="anybody there?")
    ending = asyncio.all_tasks() - before
    if ending:
        await asyncio.wait(ending, timeout=20)

    assert [] == caplog.records
    assert set() == asyncio.all_tasks() - before


async def test_a_stream_belongs_to_an_agent(guest: Guest) -> None:
    """Nobody else's eyes can be borrowed."""
    for query in ("", "?as=", "?as=U0NOBODY", f"?as={ADMIN}"):
        assert 400 == (await guest.get(f"stream{query}")).status, query


async def test_a_taken_port_that_was_asked_for_is_said_to_be_taken(guest: Guest) -> None:
    """Without being asked for one, a free one is found."""
    port = int(_host(guest).rpartition(":")[2])

    with pytest.raises(CannotListenError):
        async with running_playground(Language.ENGLISH, port):
            pass


async def test_a_taken_usual_port_gives_way_to_a_free_one() -> None:
    """Two playgrounds can run side by side."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with running_playground(Language.PORTUGUESE, None, usual_port=port) as playground:
            assert str(port) not in playground.url


async def _sight(guest: Guest, wanted: Callable[[Any], bool], user: str = USER_ID) -> Any:
    """What a person sees, as soon as it is what a test waits for."""
    async with asyncio.timeout(20):
        response = await guest.get(f"stream?as={user}")
        event = ""
        async for line in response.content:
            name, _, rest = line.decode().rstrip("\n").partition(": ")
            event = rest if name == "event" else event
            if name == "data" and event == "sight" and wanted(seen := json.loads(rest)):
                response.close()
                return seen
    raise AssertionError


def _host(guest: Guest) -> str:
    return guest.playground.url.removeprefix("http://").rstrip("/")


async def _raw(guest: Guest, request: str) -> str:
    """The first line of the answer to a request that no client would write."""
    name, _, port = _host(guest).rpartition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(request.encode())
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line.decode()


def attached(name: str, content: bytes) -> dict[str, str]:
    """A file as the page sends it."""
    return {"name": name, "content": base64.b64encode(content).decode()}


async def test_a_file_can_go_with_a_message_and_be_opened_again(guest: Guest) -> None:
    """Byte by byte, with its own name, and never shown in the page's own place."""
    status, _ = await guest.do(
        "say", channel=CHANNEL_ID, text="", files=[attached("Ligações é.csv", CSV)]
    )
    file = guest.playground.stage.slack.said[-1].files[0]

    response = await guest.get(f"files/{file['id']}?as={USER_ID}")

    assert (200, 200, CSV) == (status, response.status, await response.read())
    assert "application/octet-stream" == response.content_type
    assert (
        "attachment; filename*=UTF-8''Liga%C3%A7%C3%B5es%20%C3%A9.csv"
        == response.headers["Content-Disposition"]
    )


async def test_a_file_is_for_those_in_its_conversation(guest: Guest) -> None:
    """Neither another person's, nor a deleted one, nor one that there never was."""
    slack = guest.playground.stage.slack
    other = guest.playground.stage.person.as_user(OTHER_USER_ID)
    said = await other.say("x", channel=other.direct_channel, files=["a.csv"])
    mine = await guest.playground.stage.person.say("x", files=["b.csv"])
    slack.files.delete(mine.files[0]["id"])

    for file_id in (said.files[0]["id"], mine.files[0]["id"], "F404"):
        assert 404 == (await guest.get(f"files/{file_id}?as={USER_ID}")).status
    assert 400 == (await guest.get(f"files/{said.files[0]['id']}?as={ADMIN}")).status
