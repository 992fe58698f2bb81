"""The playground's HTTP server: what it serves, to whom, and what it makes of hostile requests."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.demo.loopback.workspace import CHANNEL_ID, OTHER_USER_ID, USER_ID
from bot.demo.playground.scenery import ADMIN, LOBBY, PORTUGUESE_CHANNEL
from bot.demo.playground.server import MAX_BODY_BYTES
from bot.demo.playground.serving import Playground, running_playground
from bot.domain.catalog import Language
from bot.server import CannotListenError

CSV = "IDMSG;telefone\r\nSANDBOX-OK;x\r\n".encode("cp1252")
BUSY = "The call did not go through: the line was busy."


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


@pytest.fixture
async def guest() -> AsyncIterator[Guest]:
    """A running playground and a client."""
    async with (
        running_playground(Language.ENGLISH, 0) as playground,
        aiohttp.ClientSession() as session,
    ):
        yield Guest(playground=playground, session=session)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html"),
        ("gallery", "text/html"),
        ("page/playground.js", "text/javascript"),
        ("page/theme.css", "text/css"),
        ("page/mark.svg", "image/svg+xml"),
        ("start", "application/json"),
        ("exhibits", "application/json"),
    ],
)
async def test_what_the_page_needs_is_served_under_a_strict_policy(
    guest: Guest, path: str, kind: str
) -> None:
    """No inline script, no other host, no frame, no guessing of types, nothing kept."""
    response = await guest.get(path)

    assert (200, kind) == (response.status, response.content_type)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "nosniff" == response.headers["X-Content-Type-Options"]
    assert "no-referrer" == response.headers["Referrer-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "page/../server.py",
        "page/%2e%2e/server.py",
        "page/..%2fserver.py",
        "page//etc/passwd",
        "page/",
        "page/none.js",
        "server.py",
    ],
)
async def test_nothing_but_the_pages_files_can_be_asked_for(guest: Guest, path: str) -> None:
    """Whatever a path climbs over."""
    raw = await _raw(guest, f"GET /{path} HTTP/1.1\r\nHost: {_host(guest)}\r\n\r\n")

    assert raw.startswith("HTTP/1.1 404")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1:1", "localhost", ""]
)
async def test_a_foreign_host_is_refused(guest: Guest, host: str) -> None:
    """A name of somebody else's that leads to this machine opens nothing (DNS rebinding)."""
    for path in ("", "start", f"stream?as={USER_ID}"):
        raw = await _raw(guest, f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
        assert raw.startswith("HTTP/1.1 421"), path


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


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"as": 1}',
        b'{"as": "U0NOBODY"}',
        json.dumps({"as": ADMIN, "do": "command", "channel": CHANNEL_ID, "text": "x"}).encode(),
    ],
)
async def test_junk_is_refused_and_does_nothing(guest: Guest, body: bytes) -> None:
    """What is no JSON, no object, or of nobody whose eyes the page may have."""
    response = await guest.post(body)

    assert 400 == response.status
    assert 0 == guest.playground.stage.slack.wire.action


@pytest.mark.parametrize(
    "deed",
    [
        {},
        {"do": "fly"},
        {"do": ["say"]},
        {"do": "say", "channel": CHANNEL_ID},
        {"do": "say", "channel": CHANNEL_ID, "text": 7},
        {"do": "say", "channel": CHANNEL_ID, "text": "x" * 12_001},
        {"do": "say", "channel": "C" * 256, "text": "x"},
        {"do": "command", "text": "x"},
        {"do": "click", "channel": CHANNEL_ID},
        {"do": "click", "view": {}, "action_id": "a", "block_id": "b"},
        {"do": "submit", "view": "V1", "values": []},
        {"do": "submit", "view": "V1", "values": {"a": {"b": 1}}},
        {"do": "submit", "view": "V1", "values": {str(n): "x" for n in range(51)}},
        {"do": "home"},
        {"do": "home", "tab": "attic"},
        {"do": "say", "channel": CHANNEL_ID, "text": "half \ud800"},
        {"do": "command", "channel": CHANNEL_ID, "text": "half \ud800"},
    ],
)
async def test_a_deed_of_another_shape_is_refused(guest: Guest, deed: dict[str, Any]) -> None:
    """Each part has its type and its bounds."""
    response = await guest.post(json.dumps({"as": USER_ID, **deed}).encode())

    assert 400 == response.status
    assert {"problem": "unreadable"} == await response.json()


@pytest.mark.parametrize(
    "deed",
    [
        {"do": "say", "channel": "C0NOWHERE", "text": "x"},
        {"do": "say", "channel": CHANNEL_ID, "text": "x", "thread_ts": "abc"},
        {"do": "command", "channel": "C0NOWHERE", "text": "x"},
        {"do": "shortcut", "channel": CHANNEL_ID, "ts": "1.000001"},
        {"do": "click", "view": "V1", "action_id": "a", "block_id": "b"},
        {"do": "submit", "view": "V1", "values": {}},
        {"do": "close", "view": "V1"},
    ],
)
async def test_what_slack_would_not_allow_is_said_to_be_so(
    guest: Guest, deed: dict[str, Any]
) -> None:
    """The page shows the reason."""
    response = await guest.post(json.dumps({"as": USER_ID, **deed}).encode())

    assert 409 == response.status
    assert (await response.json())["problem"]


async def test_a_click_on_a_persons_message_is_not_possible(guest: Guest) -> None:
    """People's messages have no buttons."""
    said = guest.playground.stage.slack.said[0]
    where = {"channel": said.channel, "ts": said.ts}

    assert 409 == (await guest.do("click", **where, action_id="a", block_id="b", value=None))[0]


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
    sight = await _sight(guest, lambda seen: BUSY in json.dumps(seen["messages"]))
    (card,) = [one for one in sight["messages"] if one["ephemeral"]]
    assert "SANDBOX-BUSY" in card["text"]


async def test_the_stream_shows_each_person_what_is_theirs(guest: Guest) -> None:
    """An ephemeral answer is in no other agent's stream; the admin's own note in none."""
    await guest.do("command", channel=CHANNEL_ID, text="SANDBOX-BUSY")
    await _sight(guest, lambda seen: BUSY in json.dumps(seen["messages"]))
    others = await _sight(guest, lambda _: True, user=OTHER_USER_ID)

    assert [] == [one for one in others["messages"] if one["ephemeral"]]
    assert OTHER_USER_ID == others["me"]
    assert others["direct"] not in json.dumps((await _sight(guest, lambda _: True))["rooms"])


async def test_the_rooms_are_set_up_as_a_workspace_would_be(guest: Guest) -> None:
    """Customers' messages in both languages; the bot is in two of three channels."""
    sight = await _sight(guest, lambda _: True)

    assert ["support-en", "suporte", "lobby"] == [one["name"] for one in sight["rooms"]]
    assert {CHANNEL_ID, PORTUGUESE_CHANNEL, LOBBY} == {one["channel"] for one in sight["messages"]}
    assert [True, True, False] == [one["has_bot"] for one in sight["rooms"]]
    assert [] == sight["complaints"]


async def test_typed_markup_and_the_bots_name_are_stored_as_slack_does(guest: Guest) -> None:
    """Three characters are escaped, a mention has its id, half a name is none."""
    await guest.do(
        "say", channel=LOBBY, text="a < b & c @voicestatus, x@voicestatus @voicestatuses"
    )

    stored = guest.playground.stage.slack.said[-1].text
    assert "a &lt; b &amp; c <@U0VOICEBOT1>, x@voicestatus @voicestatuses" == stored


async def test_a_refusal_of_slack_shows_on_the_page_for_those_who_change_cards(
    guest: Guest,
) -> None:
    """What the strict Slack says of a card is shown; a closed way that has another is not."""
    slack = guest.playground.stage.slack
    slack.refusals += ["chat.postMessage: not_in_channel {}", "chat.update: invalid_blocks {}"]
    sight = await _sight(guest, lambda _: True)
    slack.refusals.clear()

    assert ["chat.update: invalid_blocks"] == sight["complaints"]


async def test_a_closed_page_leaves_no_trace(
    guest: Guest, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream whose reader went ends at the next change, without an error."""
    stream = await guest.get(f"stream?as={USER_ID}")
    await stream.content.readline()
    stream.close()
    for _ in range(3):
        await guest.do("say", channel=CHANNEL_ID, text="anybody there?")
        await asyncio.sleep(0.05)

    assert [] == caplog.records


@pytest.mark.parametrize("query", ["", "?as=", "?as=U0NOBODY", f"?as={ADMIN}"])
async def test_a_stream_belongs_to_an_agent(guest: Guest, query: str) -> None:
    """Nobody else's eyes can be borrowed."""
    assert 400 == (await guest.get(f"stream{query}")).status


async def test_a_taken_port_that_was_asked_for_is_said_to_be_taken(guest: Guest) -> None:
    """Without being asked for one, a free one is found."""
    port = int(_host(guest).rpartition(":")[2])

    with pytest.raises(CannotListenError):
        async with running_playground(Language.ENGLISH, port):
            pass


async def test_a_taken_usual_port_gives_way_to_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two playgrounds can run side by side."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr("bot.demo.playground.serving.USUAL_PORT", port)
        async with running_playground(Language.PORTUGUESE, None) as playground:
            assert str(port) not in playground.url


async def _sight(guest: Guest, wanted: Any, user: str = USER_ID) -> Any:
    """What a person sees, as soon as it is what a test waits for."""
    async with asyncio.timeout(10):
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


@pytest.mark.parametrize(
    "files",
    [
        None,
        "x",
        {},
        [1],
        [{}],
        [{"name": "a.csv"}],
        [{"name": "", "content": ""}],
        [{"name": "a.csv", "content": "no base64!"}],
        [{"name": "a.csv", "content": "é"}],
        [{"name": "a" * 256, "content": ""}],
        [attached("a.csv", b"")] * 11,
    ],
)
async def test_junk_instead_of_a_file_is_no_deed(guest: Guest, files: Any) -> None:
    """And no message stands there after it."""
    before = len(guest.playground.stage.slack.said)

    status, _ = await guest.do("say", channel=CHANNEL_ID, text="x", files=files)

    assert (400, before) == (status, len(guest.playground.stage.slack.said))
