"""The ways of an answer when Slack hangs, limits, or answers with what nobody expects."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.timing import Timing
from bot.slack.api.calls import FormRefusedError, load_codes, refusal
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.block_kit import Message, section
from bot.slack.replies.reply import Reply
from bot.slack.replies.routes import ReplyTarget, Route
from tests.slack.notifying import NOTES
from tests.support.rough_slack import (
    Answer,
    RoughSlack,
    answering,
    in_turn,
    raw,
    rough_slack,
    silence,
)

MESSAGE = Message(text="hello", blocks=(section("hello"),))


OK = raw(b"ok", content_type="text/html")
GONE = raw(b"gone", status=404)
BROKEN = answering({"ok": False, "error": "internal_error"}, status=503)
FATAL = answering({"ok": False, "error": "fatal_error"})


@pytest.fixture
async def slack() -> AsyncIterator[RoughSlack]:
    """A Slack that does whatever it is ordered to."""
    async with rough_slack() as running:
        yield running


@asynccontextmanager
async def door_to(slack: RoughSlack, timing: Timing) -> AsyncIterator[SlackClient]:
    """A way to it that waits for so long."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token="xoxb-1", base_url=slack.api_url, session=session)
        yield SlackClient(client=client, session=session, timing=timing)


@pytest.fixture
async def door(slack: RoughSlack) -> AsyncIterator[SlackClient]:
    """The way to it."""
    async with door_to(slack, Timing()) as opened:
        yield opened


def private_reply(door: SlackClient, place: ReplyTarget) -> Reply:
    """Reply to one person by URL, ephemeral message, direct message."""
    return Reply(door, Route.PRIVATE, place, NOTES)


async def show(slack: RoughSlack, door: SlackClient) -> bool:
    """Answer one person privately: URL, ephemeral message, direct message."""
    place = ReplyTarget(channel="C1", user="U1", response_url=f"{slack.url}/hook")
    return await private_reply(door, place).show(MESSAGE)


async def ways(slack: RoughSlack, door: SlackClient) -> list[str]:
    """What is called on the way of one answer, which arrives."""
    slack.calls.clear()
    assert await show(slack, door)
    return slack.calls[:]


async def test_a_hanging_response_url_gives_way_in_time(slack: RoughSlack) -> None:
    """slack-sdk would wait as long as the session allows; here each call has a limit."""
    slack.hook = silence
    async with door_to(slack, Timing(slack_call=0.3)) as door, asyncio.timeout(20):
        assert ["response_url", "chat.postEphemeral"] == await ways(slack, door)


async def test_a_call_that_hangs_when_the_end_comes_is_cut_short(slack: RoughSlack) -> None:
    """What is running gets less time, so that the next way is tried before the end."""
    slack.hook = silence
    timing = Timing(slack_call=3_600.0, hurried_call=0.3)
    async with door_to(slack, timing) as door, asyncio.timeout(20):
        showing = asyncio.create_task(show(slack, door))
        await slack.until(lambda: "response_url" in slack.calls)
        door.hurry()
        assert await showing

    assert ["response_url", "chat.postEphemeral"] == slack.calls


def limit(seconds: str) -> Answer:
    """So many seconds of silence are asked for."""
    return raw(b"slow down", status=429, content_type="text/plain", Retry_After=seconds)


@pytest.mark.parametrize("seconds", ["6", "600", "1e9", "inf"])
async def test_a_long_rate_limit_gives_way_at_once(
    slack: RoughSlack, door: SlackClient, seconds: str
) -> None:
    """More than five seconds are not waited for, on any way."""
    slack.hook = in_turn(limit(seconds), OK)
    slack.answers["chat.postEphemeral"] = in_turn(limit(seconds), answering({"ok": True}))
    async with asyncio.timeout(5):
        called = await ways(slack, door)

    assert ["response_url", "chat.postEphemeral", "chat.postMessage"] == called


async def test_a_short_rate_limit_is_waited_for_once(slack: RoughSlack) -> None:
    """The same way is tried again, a response URL as well as a method."""
    slack.hook = in_turn(limit("0.3"), OK)
    slack.answers["views.open"] = in_turn(limit("0.1"), answering({"ok": True, "view": {}}))
    began = time.monotonic()
    async with door_to(slack, Timing(slack_call=0.3)) as door:
        assert ["response_url", "response_url"] == await ways(slack, door)
        assert {"ok": True, "view": {}} == await door.call("views.open")

    assert time.monotonic() - began >= 0.4


async def test_a_second_rate_limit_gives_way(slack: RoughSlack, door: SlackClient) -> None:
    """However short it is."""
    slack.hook = limit("0")
    called = ["response_url", "response_url", "chat.postEphemeral"]

    assert called == await ways(slack, door)


def test_how_long_a_rate_limit_lasts() -> None:
    """What is no number counts as a second, what is less than nothing as nothing."""
    wanted = {"0": 0.0, "-3": 0.0, "0.5": 0.5, "61": 61.0, "soon": 1.0, "inf": inf, "nan": inf}
    found = {said: refusal(429, {"Retry-After": said}, None).retry_after for said in wanted}

    assert wanted == found
    assert 1.0 == refusal(429, {}, None).retry_after
    assert refusal(200, {"Retry-After": "3"}, None).retry_after is None


async def test_a_response_url_that_says_no_with_200_has_refused(
    slack: RoughSlack, door: SlackClient
) -> None:
    """The status alone does not tell; other answers are a yes, so that no answer comes twice."""
    bodies = {
        '{"ok": false, "error": "expired_url"}': False,
        ' {"ok":false}': False,
        '{"ok": null}': False,
        **dict.fromkeys(("ok", '{"ok": true}', "", "{", "{}"), True),
    }
    found = {}
    for body in bodies:
        slack.hook = raw(body.encode())
        found[body] = await ways(slack, door) == ["response_url"]

    assert bodies == found


ODD = {
    "list": answering([1]),
    "empty list": answering([]),
    "string": answering("ok"),
    "text": raw(b"ok", content_type="text/plain"),
    "null": answering(None),
    "number": answering(5),
    "HTML": raw(b"<html>", content_type="text/html"),
    "an archive": raw(b"junk", content_type="application/gzip"),
    "unknown charset": raw(b"{}", content_type="application/json; charset=nonsense"),
    "no UTF-8": raw(b'{"ok": "\xff"}'),
    "deep": raw(b"[" * 100_000),
    "server error": answering([1], status=500),
}


async def test_an_odd_answer_gives_way_to_the_next(slack: RoughSlack, door: SlackClient) -> None:
    """Whatever the shape of an answer, the person gets the message.

    Response URLs answer in words, so that only some are odd from them.
    """
    found = {}
    for name, odd in ODD.items():
        slack.hook, slack.answers["chat.postEphemeral"] = GONE, odd
        found[name] = await ways(slack, door)
    del slack.answers["chat.postEphemeral"]
    for name in ("no UTF-8", "server error"):
        slack.hook = ODD[name]
        found[f"{name} of a response URL"] = await ways(slack, door)

    both = ["response_url", "chat.postEphemeral"]
    assert {} == {
        name: called
        for name, called in found.items()
        if called != (both if "URL" in name else [*both, "chat.postMessage"])
    }


async def test_only_a_word_of_slacks_is_logged(
    slack: RoughSlack, door: SlackClient, log: io.StringIO
) -> None:
    """An error is a word of small letters, digits and underscores, or is withheld."""
    odd = ('x\n{"level": "error"}', "a" * 65, "Não", ["not_in_channel"], {"a": 1}, None, "")
    for error in ("not_in_channel", *odd):
        slack.answers["views.open"] = answering({"ok": False, "error": error})
        assert await door.call("views.open") is None

    words = [json.loads(line)["error"] for line in log.getvalue().splitlines() if "refused" in line]
    assert ["not_in_channel", *["an answer that cannot be read, status 200"] * len(odd)] == words


async def test_an_answer_that_no_way_takes_is_logged_once(
    slack: RoughSlack, door: SlackClient, log: io.StringIO
) -> None:
    """One line for one answer, however often it was tried; no id stands in it."""
    slack.hook = GONE
    slack.answers |= {"chat.postEphemeral": FATAL, "chat.postMessage": FATAL}
    place = ReplyTarget(channel="C1CANARY", user="U1CANARY", response_url=f"{slack.url}/hook")
    reply = private_reply(door, place)

    for _ in range(2):
        assert not await reply.show(MESSAGE)
        assert 1 == log.getvalue().count("an answer was lost")
    assert "CANARY" not in log.getvalue()


@pytest.mark.parametrize("fault", [BROKEN, raw(b"<html>", status=502), silence], ids=range(3))
@pytest.mark.parametrize("by_url", [True, False], ids=["response URL", "method"])
async def test_an_answer_outlasts_a_slack_that_is_away_for_a_moment(
    slack: RoughSlack, log: io.StringIO, fault: Answer, by_url: bool
) -> None:
    """Every way is closed, one of them for a while: all are tried once more."""
    slack.hook = in_turn(fault, OK) if by_url else GONE
    by_post = FATAL if by_url else in_turn(fault, answering({"ok": True}))
    slack.answers |= {"chat.postEphemeral": FATAL, "chat.postMessage": by_post}
    began = time.monotonic()
    async with door_to(slack, Timing(recovery=0.2, slack_call=0.3)) as door:
        called = await ways(slack, door)

    closed = ["response_url", "chat.postEphemeral", "chat.postMessage"]
    assert [*closed, *(closed[:1] if by_url else closed)] == called
    assert time.monotonic() - began >= 0.2
    assert (fault is silence) == ("unreachable" in log.getvalue())


async def test_an_answer_without_another_way_waits_for_a_long_rate_limit(
    slack: RoughSlack,
) -> None:
    """It comes late, which is better than never, and not before Slack allows it."""
    slack.hook = GONE
    slack.answers["chat.postEphemeral"] = FATAL
    slack.answers["chat.postMessage"] = in_turn(limit("0.3"), answering({"ok": True}))
    began = time.monotonic()
    async with door_to(slack, Timing(slack_call=0.25)) as door:
        called = await ways(slack, door)

    assert 2 == called.count("chat.postMessage")
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("seconds", ["61", "3600", "inf"])
async def test_nobody_waits_for_a_rate_limit_of_more_than_a_minute(
    slack: RoughSlack, door: SlackClient, seconds: str
) -> None:
    """Then the answer is lost, and the log says so."""
    slack.hook = GONE
    for method in ("chat.postEphemeral", "chat.postMessage"):
        slack.answers[method] = in_turn(limit(seconds), FATAL)
    async with asyncio.timeout(5):
        assert not await show(slack, door)


async def test_the_word_that_work_goes_on_is_tried_once(slack: RoughSlack) -> None:
    """The card that follows must not wait for it."""
    slack.hook = in_turn(BROKEN, OK)
    slack.answers |= {"chat.postEphemeral": BROKEN, "chat.postMessage": BROKEN}
    place = ReplyTarget(channel="C1", user="U1", response_url=f"{slack.url}/hook")
    # However slow this machine is, these are refusals and not doubts.
    async with door_to(slack, Timing(doubtful=60.0)) as door:
        reply = private_reply(door, place)

        assert not await reply.show(MESSAGE, passing=True)
        assert 3 == len(slack.calls)
        assert await reply.show(MESSAGE)


async def test_the_word_that_work_goes_on_never_stands_twice(slack: RoughSlack) -> None:
    """Where Slack may have taken it without saying so, no other way is tried for it."""
    slack.hook = silence
    place = ReplyTarget(channel="C1", user="U1", response_url=f"{slack.url}/hook")
    timing = Timing(slack_call=0.3, doubtful=0.2)
    async with door_to(slack, timing) as door:
        reply = private_reply(door, place)
        assert not await reply.show(MESSAGE, passing=True)
        assert ["response_url"] == slack.calls
        assert await reply.show(MESSAGE)
    assert ["response_url", "response_url", "chat.postEphemeral"] == slack.calls


async def test_at_the_end_of_the_process_the_last_try_is_made_at_once(slack: RoughSlack) -> None:
    """Who waits for Slack to recover is woken; who begins later does not wait at all."""
    slack.hook = BROKEN
    slack.answers |= {"chat.postEphemeral": BROKEN, "chat.postMessage": BROKEN}
    async with door_to(slack, Timing(recovery=50.0)) as door:
        showing = asyncio.create_task(show(slack, door))
        await slack.until(lambda: len(door._reopens) == 3)
        door.hurry()
        async with asyncio.timeout(20):
            assert not await showing
            assert not await show(slack, door)

    assert 9 == len(slack.calls)


CARD = {"text": "words", "blocks": [section("looks"), section("and more")]}


async def test_a_message_whose_form_a_method_refuses_is_sent_without_it(
    slack: RoughSlack, door: SlackClient
) -> None:
    """Once, as text only; what is refused again is refused."""
    found = {}
    for method in ("chat.postMessage", "chat.postEphemeral", "chat.update"):
        for word in (*load_codes()[FormRefusedError], "a_new_word"):
            refusal = answering({"ok": False, "error": word})
            slack.answers[method] = in_turn(refusal, refusal, refusal, answering({"ok": True}))
            slack.calls.clear()
            given_up = await door.call(method, text="words", blocks=CARD["blocks"])
            calls = len(slack.calls)
            again = await door.call(method, text="words", blocks=CARD["blocks"])
            found[method, word] = (given_up, calls, again)

    assert dict.fromkeys(found, (None, 2, {"ok": True})) == found
    assert found


async def test_a_message_whose_form_a_response_url_refuses_is_sent_without_it(
    slack: RoughSlack, door: SlackClient
) -> None:
    """Whatever the status, as text or as JSON."""
    found = {}
    for status in (200, 400, 500):
        for word in load_codes()[FormRefusedError]:
            slack.hook = in_turn(answering({"ok": False, "error": word}, status=status), OK)
            slack.calls.clear()
            found[status, word] = (await door.post(f"{slack.url}/hook", CARD), len(slack.calls))

    assert dict.fromkeys(found, (True, 2)) == found
    assert found
