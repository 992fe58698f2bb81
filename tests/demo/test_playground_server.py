"""The playground's HTTP server: what it serves, to whom, and hostile requests."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.demo.playground.seed_data import ADMIN, LOBBY, PORTUGUESE_CHANNEL
from bot.demo.playground.server import MAX_BODY_BYTES
from bot.demo.playground.serving import Playground, running_playground
from bot.domain.texts.catalog import Language
from bot.fake_slack.people.delivery import sign
from bot.fake_slack.state.workspace import CHANNEL_ID, OTHER_USER_ID, USER_ID, Secrets
from bot.slack.cards.controls import IDS_BLOCK
from bot.web.server import CannotListenError
from tests.support.reading import texts
from tests.support.scene import UNHURRIED
from tests.support.wording import ANSWERED, BUSY

CSV = "IDMSG;telefone\r\nSANDBOX-OK;x\r\n".encode("cp1252")


@dataclass(kw_only=True)
class PageClient:
    """A client of the playground's server."""

    playground: Playground
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        """GET a path."""
        response = await self.session.get(self.playground.url + path, headers=headers)
        # An unread answer would warn of its open connection in the middle of another test.
        if response.content_type != "text/event-stream":
            await response.read()
        return response

    async def post(self, body: bytes, **headers: str) -> aiohttp.ClientResponse:
        """POST an action."""
        sent = {"Content-Type": "application/json", **headers}
        address = f"{self.playground.url}action"
        response = await self.session.post(address, data=io.BytesIO(body), headers=sent)
        await response.read()
        return response

    async def do(self, action: str, **given: Any) -> tuple[int, Any]:
        """Perform an action as Ana; returns the status and the answer."""
        body = json.dumps({"as": USER_ID, "do": action, **given}).encode()
        response = await self.post(body)
        return response.status, await response.json()


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[PageClient]:
    """A running playground and a client."""
    async with (
        running_playground(Language.ENGLISH, 0, timing=UNHURRIED) as playground,
        aiohttp.ClientSession() as session,
    ):
        yield PageClient(playground=playground, session=session)


async def test_what_the_page_needs_is_served_under_a_strict_policy(client: PageClient) -> None:
    """No inline scripts, other hosts, frames, MIME sniffing or caching."""
    for path, kind in (
        ("", "text/html"),
        ("gallery", "text/html"),
        ("page/playground.js", "text/javascript"),
        ("page/theme.css", "text/css"),
        ("page/mark.svg", "image/svg+xml"),
        ("start", "application/json"),
        ("exhibits", "application/json"),
    ):
        response = await client.get(path)

        assert (200, kind) == (response.status, response.content_type)
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'"), path
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "nosniff" == response.headers["X-Content-Type-Options"]
        assert "no-referrer" == response.headers["Referrer-Policy"]
        assert "no-store" == response.headers["Cache-Control"]


async def test_nothing_but_the_pages_files_can_be_asked_for(client: PageClient) -> None:
    """Path traversal finds nothing."""
    for path in (
        "page/../server.py",
        "page/%2e%2e/server.py",
        "page/..%2fserver.py",
        "page//etc/passwd",
        "page/",
        "page/none.js",
        "server.py",
    ):
        raw = await _raw(client, f"GET /{path} HTTP/1.1\r\nHost: {_host(client)}\r\n\r\n")
        assert raw.startswith("HTTP/1.1 404"), path


async def test_a_foreign_host_is_refused(client: PageClient) -> None:
    """A foreign name that resolves to this machine is refused (DNS rebinding)."""
    for host in ("evil.example", "evil.example:80", "127.0.0.1:1", "localhost", ""):
        for path in ("", "start", f"stream?as={USER_ID}"):
            raw = await _raw(client, f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
            assert raw.startswith("HTTP/1.1 421"), (host, path)


@pytest.mark.parametrize("place", range(3), ids=["slack", "gateway", "bot"])
async def test_no_page_reaches_the_other_ports(client: PageClient, place: int) -> None:
    """Neither by a foreign Host on any path nor, as a form, from a foreign page."""
    address = urlsplit(client.playground.stage.addresses[place])
    heads = [
        *((path, {"Host": "evil.example"}) for path in (address.path, "/", "/healthz")),
        (address.path, {"Host": f"evil.example:{address.port}"}),
        (address.path, {"Origin": "https://evil.example"}),
        (address.path, {"Origin": "http://127.0.0.1:1"}),
        (address.path, {"Sec-Fetch-Site": "cross-site"}),
    ]
    found = []
    for path, headers in heads:
        url = address._replace(path=path).geturl()
        async with client.session.post(url, data="x=1", headers=headers) as answer:
            found.append(answer.status)

    assert [421] * 4 + [403] * 3 == found


async def test_each_demo_has_secrets_of_its_own(client: PageClient) -> None:
    """What is in the source opens nothing; those in use look like Slack's."""
    slack, public = client.playground.stage.slack, Secrets()
    url = f"{slack.api_url}auth.test"
    answers = []
    for token in (public.bot_token, public.app_token, slack.bot_token):
        headers = {"Authorization": f"Bearer {token}"}
        async with client.session.post(url, headers=headers) as answer:
            answers.append((await answer.json()).get("error"))
    time_stamp, body = int(time.time()), b"command=/voicestatus"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    signed = form | sign(public.signing_secret, time_stamp, body)
    bot = client.playground.stage.addresses[-1]
    async with client.session.post(bot, data=body, headers=signed) as answer:
        assert 401 == answer.status

    assert ["invalid_auth", "invalid_auth", None] == answers
    assert 32 == len(slack.signing_secret)
    assert Secrets.new() != Secrets.new()


async def test_the_other_names_of_this_machine_are_let_in(client: PageClient) -> None:
    """Users type localhost, too."""
    port = _host(client).rpartition(":")[2]
    raw = await _raw(client, f"GET /start HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")

    assert raw.startswith("HTTP/1.1 200")


async def test_a_foreign_page_cannot_let_people_do_things(client: PageClient) -> None:
    """Its Origin, Sec-Fetch-Site and content types are refused."""
    body = json.dumps({"as": USER_ID, "do": "global_shortcut"}).encode()
    before = client.playground.stage.slack.wire.action

    for headers, status in (
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ):
        response = await client.post(body, **headers)
        assert status == response.status, headers
        assert "Access-Control-Allow-Origin" not in response.headers
    assert before == client.playground.stage.slack.wire.action
    assert 200 == (await client.post(body, Origin=client.playground.url.rstrip("/"))).status


async def test_junk_is_refused_and_does_nothing(client: PageClient) -> None:
    """Malformed JSON, JSON that is no object, and an unknown agent."""
    before = client.playground.stage.slack.wire.action
    for body in (
        *(b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 20_000),
        *(b'{"as": 1}', b'{"as": "U0NOBODY"}'),
        json.dumps({"as": ADMIN, "do": "command", "channel": CHANNEL_ID, "text": "x"}).encode(),
    ):
        assert 400 == (await client.post(body)).status, body[:80]
    assert before == client.playground.stage.slack.wire.action


async def test_the_page_gets_the_reason_of_a_refusal(client: PageClient) -> None:
    """A malformed action gets 400; one that Slack's client would not allow gets a reason."""
    assert (400, {"problem": "unreadable"}) == await client.do("home", tab="attic")
    status, answer = await client.do("say", channel="C0NOWHERE", text="x")

    assert (409, f"{USER_ID} is not in C0NOWHERE") == (status, answer["problem"])


async def test_a_huge_body_is_refused(client: PageClient) -> None:
    """It is refused before it is read."""
    response = await client.post(b" " * (MAX_BODY_BYTES + 1))

    assert 413 == response.status


async def test_an_action_becomes_a_signed_request_and_its_acknowledgement_comes_back(
    client: PageClient,
) -> None:
    """The page gets the acknowledgement's time; the bot's answer arrives in the stream."""
    status, done = await client.do("command", channel=CHANNEL_ID, text="SANDBOX-BUSY")

    assert (200, 200) == (status, done["status"])
    assert 0 < done["seconds"] < 3
    snapshot = await _snapshot(client, lambda seen: BUSY in texts(seen["messages"]))
    (card,) = [one for one in snapshot["messages"] if BUSY in texts(one)]
    assert card["ephemeral"]


async def test_the_page_gets_the_result_of_a_submission(client: PageClient) -> None:
    """It gets the errors by block; the modal stays open until it is closed."""
    bruno = {"as": OTHER_USER_ID}
    await client.do("global_shortcut", **bruno)
    snapshot = await _snapshot(client, lambda seen: bool(seen["modals"]), user=OTHER_USER_ID)
    view = {"view": snapshot["modals"][0]["id"], **bruno}
    status, done = await client.do("submit", values={IDS_BLOCK: "x" * 60}, **view)
    closed, _ = await client.do("close", **view)

    assert (200, 200, "errors", [IDS_BLOCK]) == (status, closed, done["action"], [*done["errors"]])
    assert [] == (await _snapshot(client, lambda _: True, user=OTHER_USER_ID))["modals"]


async def test_a_stream_shows_only_what_its_user_sees(client: PageClient) -> None:
    """An ephemeral answer is in no other agent's stream; the admin's note is in none."""
    await client.do("command", channel=CHANNEL_ID, text="SANDBOX-OK")
    mine = await _snapshot(client, lambda seen: ANSWERED in texts(seen["messages"]))
    others = await _snapshot(client, lambda _: True, user=OTHER_USER_ID)

    assert [] == [one for one in others["messages"] if one["ephemeral"]]
    assert (USER_ID, OTHER_USER_ID) == (mine["me"], others["me"])
    assert others["direct"] not in json.dumps(mine)


async def test_the_rooms_are_set_up_as_a_workspace_would_be(client: PageClient) -> None:
    """There are customers' messages in both languages; the bot is in two of three channels."""
    start = json.loads(await (await client.get("start")).read())
    snapshot = await _snapshot(client, lambda _: True)

    assert ["support-en", "suporte", "lobby"] == [one["name"] for one in start["rooms"]]
    assert {CHANNEL_ID, PORTUGUESE_CHANNEL, LOBBY} == {
        one["channel"] for one in snapshot["messages"]
    }
    assert [True, True, False] == [one["has_bot"] for one in start["rooms"]]
    assert [] == snapshot["complaints"]


async def test_a_refusal_of_slack_is_shown_on_the_page(
    client: PageClient,
) -> None:
    """A refused card is shown; a refusal that the bot has a fallback for is not."""
    slack = client.playground.stage.slack
    slack.refusals += [
        "chat.postMessage: not_in_channel {}",
        "chat.update: invalid_blocks {}",
        "views.update: not_found {}",
    ]
    snapshot = await _snapshot(client, lambda _: True)
    slack.refusals.clear()

    assert ["chat.update: invalid_blocks"] == snapshot["complaints"]


async def test_a_closed_page_leaves_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    """A stream whose page was closed ends at the next change, without an error."""
    before = asyncio.all_tasks()
    async with (
        running_playground(Language.ENGLISH, 0, timing=UNHURRIED) as playground,
        aiohttp.ClientSession() as session,
    ):
        client = PageClient(playground=playground, session=session)
        stream = await client.get(f"stream?as={USER_ID}")
        await stream.content.readline()
        stream.close()
        await client.do("say", channel=CHANNEL_ID, text="anybody there?")
    ending = asyncio.all_tasks() - before
    if ending:
        await asyncio.wait(ending, timeout=20)

    assert [] == caplog.records
    assert set() == asyncio.all_tasks() - before


async def test_a_stream_belongs_to_an_agent(client: PageClient) -> None:
    """Other users have no stream."""
    for query in ("", "?as=", "?as=U0NOBODY", f"?as={ADMIN}"):
        assert 400 == (await client.get(f"stream{query}")).status, query


async def test_a_taken_port_that_was_asked_for_is_said_to_be_taken(client: PageClient) -> None:
    """Only without a requested port is a free one chosen."""
    port = int(_host(client).rpartition(":")[2])

    with pytest.raises(CannotListenError):
        async with running_playground(Language.ENGLISH, port):
            pass


async def test_a_taken_usual_port_gives_way_to_a_free_one() -> None:
    """Two playgrounds can run side by side."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with running_playground(Language.PORTUGUESE, None, usual_port=port) as playground:
            assert str(port) not in playground.url


async def _snapshot(client: PageClient, wanted: Callable[[Any], bool], user: str = USER_ID) -> Any:
    """A user's snapshot, once it is as a test expects."""
    async with asyncio.timeout(20):
        response = await client.get(f"stream?as={user}")
        event = ""
        async for line in response.content:
            name, _, rest = line.decode().rstrip("\n").partition(": ")
            event = rest if name == "event" else event
            if name == "data" and event == "snapshot" and wanted(seen := json.loads(rest)):
                response.close()
                return seen
    raise AssertionError


def _host(client: PageClient) -> str:
    return client.playground.url.removeprefix("http://").rstrip("/")


async def _raw(client: PageClient, request: str) -> str:
    """The status line for a request that no client library would send."""
    name, _, port = _host(client).rpartition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(request.encode())
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line.decode()


def attached(name: str, content: bytes) -> dict[str, str]:
    """A file as the page sends it."""
    return {"name": name, "content": base64.b64encode(content).decode()}


async def test_a_file_can_go_with_a_message_and_be_opened_again(client: PageClient) -> None:
    """It has its bytes and its name, and is a download, never a page."""
    status, _ = await client.do(
        "say", channel=CHANNEL_ID, text="", files=[attached("Ligações é.csv", CSV)]
    )
    file = client.playground.stage.slack.said[-1].files[0]

    response = await client.get(f"files/{file['id']}?as={USER_ID}")

    assert (200, 200, CSV) == (status, response.status, await response.read())
    assert "application/octet-stream" == response.content_type
    assert (
        "attachment; filename*=UTF-8''Liga%C3%A7%C3%B5es%20%C3%A9.csv"
        == response.headers["Content-Disposition"]
    )


async def test_a_file_is_for_those_in_its_conversation(client: PageClient) -> None:
    """Other users' files, deleted and unknown ones are not found."""
    slack = client.playground.stage.slack
    other = client.playground.stage.person.as_user(OTHER_USER_ID)
    said = await other.say("x", channel=other.direct_channel, files=["a.csv"])
    mine = await client.playground.stage.person.say("x", files=["b.csv"])
    slack.files.delete(mine.files[0]["id"])

    for file_id in (said.files[0]["id"], mine.files[0]["id"], "F404"):
        assert 404 == (await client.get(f"files/{file_id}?as={USER_ID}")).status
    assert 400 == (await client.get(f"files/{said.files[0]['id']}?as={ADMIN}")).status
