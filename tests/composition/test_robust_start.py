"""The start with a Slack that is slow, silent, rate-limited or unreadable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from itertools import chain

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.composition.bootstrap import running_bot
from bot.composition.configured import slack_client
from bot.domain.timing import Timing
from bot.slack.api.calls import SlackError, SlackUnreachableError, TokenRefusedError, load_codes
from bot.slack.api.session import open_session
from bot.slack.api.workspace import find_workspace
from bot.slack.inbound.dialling import socket_address
from tests.support.rough_slack import WHO, RoughSlack, answering, in_turn, raw, rough_slack, silence


@pytest.fixture
async def slack() -> AsyncIterator[RoughSlack]:
    """A Slack that does whatever it is ordered to."""
    async with rough_slack() as running:
        yield running


@pytest.fixture
async def client(slack: RoughSlack) -> AsyncIterator[AsyncWebClient]:
    """The way to it."""
    async with open_session() as session:
        yield slack_client(slack.settings(), session)


async def outcome(asking: Awaitable[object]) -> str:
    """What becomes of a question that one cannot go on without."""
    try:
        await asking
    except TokenRefusedError as error:
        return f"refused: {error.reason}"
    except SlackError as error:
        return f"unreachable: {error.reason}"
    return "answered"


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_a_silent_slack_ends_the_start(slack: RoughSlack, method: str) -> None:
    """The start has a limit of its own."""
    slack.answers[method] = silence
    with pytest.raises(SlackUnreachableError, match="no connection within"):
        async with asyncio.timeout(30), running_bot(slack.settings(), timing=Timing(start=0.2)):
            pass


async def test_web_sockets_that_are_always_refused_end_the_start(slack: RoughSlack) -> None:
    """Tried again until the limit of the start."""
    slack.refused_dials = 1_000
    timing = Timing(start=0.5, first_redial=0.01)
    with pytest.raises(SlackUnreachableError, match="no connection within 0 s"):
        async with asyncio.timeout(30), running_bot(slack.settings(), timing=timing):
            pass

    assert len(slack.dials) >= 2


UNREADABLE = {
    "server error": raw(b"oops", status=500, content_type="text/plain"),
    "server error in JSON": answering({"ok": False, "error": "internal_error"}, status=500),
    "server error that says ok": answering(WHO, status=500),
    "HTML": raw(b"<html>proxy</html>", content_type="text/html"),
    "HTML that claims to be JSON": raw(b"<html>proxy</html>"),
    "null": answering(None),
    "empty object": answering({}),
    "list": answering([1]),
    "empty list": answering([]),
    "string": answering("ok"),
    "number": answering(1),
    "true": answering(True),
    "nothing": raw(b""),
    "no UTF-8": raw(b'{"ok": true, "team": "\xff"}'),
    "unknown charset": raw(b'{"ok": true}', content_type="application/json; charset=nonsense"),
    "gzip that is none": raw(b"junk", Content_Encoding="gzip"),
    "an archive": raw(b"junk", content_type="application/gzip"),
    "deep": raw(b"[" * 100_000),
    "rate limit": raw(b'{"ok": false, "error": "ratelimited"}', status=429, Retry_After="0"),
    "rate limit in words": raw(
        b"slow down", status=429, content_type="text/plain", Retry_After="0"
    ),
    "error of another kind": answering({"ok": False, "error": "fatal_error"}),
    "error that is no word": answering({"ok": False, "error": "invalid_auth\n\x1b[31mgo"}),
    "error that is a list": answering({"ok": False, "error": ["invalid_auth"]}),
}
NO_NAMES = {"ok with odd ids": answering({"ok": True, "team_id": 5, "user_id": []})}


async def test_an_odd_answer_at_the_start_is_no_refused_token(
    slack: RoughSlack, client: AsyncWebClient
) -> None:
    """Slack cannot be reached, or what it says cannot be read; nothing of it reaches a terminal."""
    found = {}
    for name, answer in (UNREADABLE | NO_NAMES).items():
        slack.answers["auth.test"] = answer
        found[name] = await outcome(find_workspace(client))

    assert {} == {
        name: said
        for name, said in found.items()
        if not said.startswith("unreachable: ") or "\x1b" in said
    }
    assert "unreachable: fatal_error" == found["error of another kind"]
    assert "unreachable: ratelimited" == found["rate limit"]


async def test_an_odd_answer_instead_of_an_address_is_no_refused_token(
    slack: RoughSlack, client: AsyncWebClient
) -> None:
    """The same for the method that opens Socket Mode."""
    found = {}
    for name, answer in UNREADABLE.items():
        slack.answers["apps.connections.open"] = answer
        found[name] = await outcome(socket_address(client, "xapp-rough"))

    assert {} == {
        name: said for name, said in found.items() if not said.startswith("unreachable: ")
    }


async def test_a_word_about_the_token_is_a_refused_token(
    slack: RoughSlack, client: AsyncWebClient
) -> None:
    """Only these end with the advice to look at the tokens."""
    found = {}
    known = load_codes().items()
    of_tokens = [codes for kind, codes in known if issubclass(kind, TokenRefusedError)]
    for word in chain.from_iterable(of_tokens):
        slack.answers["auth.test"] = answering({"ok": False, "error": word})
        found[word] = await outcome(find_workspace(client))

    assert {word: f"refused: {word}" for word in found} == found
    assert {"invalid_auth", "not_authed", "missing_scope", "token_expired"} <= found.keys()


@pytest.mark.parametrize(
    ("limits", "calls", "wanted"),
    [
        (["0", "0"], 3, "answered"),
        (["0", "0", "0"], 3, "unreachable: ratelimited"),
        (["5.5"], 1, "unreachable: ratelimited"),
        (["600"], 1, "unreachable: ratelimited"),
    ],
)
async def test_a_brief_rate_limit_is_waited_for_twice(
    slack: RoughSlack, client: AsyncWebClient, limits: list[str], calls: int, wanted: str
) -> None:
    """A longer one than five seconds ends the start at once."""
    body = b'{"ok": false, "error": "ratelimited"}'
    answers = [raw(body, status=429, Retry_After=seconds) for seconds in limits]
    slack.answers["auth.test"] = in_turn(*answers, answering(WHO))

    assert wanted == await outcome(find_workspace(client))
    assert calls == len(slack.calls)


async def test_names_are_printed_without_control_and_direction_characters(
    slack: RoughSlack, client: AsyncWebClient
) -> None:
    """A name in Slack is anybody's text; the operator's terminal is not."""
    name = "Ro\x1b[31mugh\u202e\n\u2066"
    slack.answers["auth.test"] = answering(WHO | {"team": name, "user": "b\x00ot"})
    workspace = await find_workspace(client)

    assert ("Ro[31mugh", "bot") == (workspace.team, workspace.bot_user)
