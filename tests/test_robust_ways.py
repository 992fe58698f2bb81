"""The ways of an answer when Slack hangs, limits, or answers with what nobody expects."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web
from rough_slack import Answer, RoughSlack, answering, raw, rough_slack, silence
from slack_sdk.web.async_client import AsyncWebClient

import bot.slack.door
import bot.slack.replies
from bot.slack.block_kit import Message, section
from bot.slack.door import SlackDoor
from bot.slack.plainer import FORM_REFUSALS
from bot.slack.replies import Replies
from bot.slack.ways import Place

MESSAGE = Message(text="hello", blocks=(section("hello"),))


@pytest.fixture
async def slack() -> AsyncIterator[RoughSlack]:
    """A Slack that takes whatever it is told."""
    async with rough_slack() as running:
        yield running


@pytest.fixture
async def door(slack: RoughSlack) -> AsyncIterator[SlackDoor]:
    """The way to it."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token="xoxb-1", base_url=f"{slack.url}/api/", session=session)
        yield SlackDoor(client=client, session=session)


async def show(slack: RoughSlack, door: SlackDoor) -> bool:
    """Answer one person privately: URL, ephemeral message, direct message."""
    place = Place(channel="C1", user="U1", response_url=f"{slack.url}/hook")
    return await Replies(door).privately(place).show(MESSAGE)


async def test_a_hanging_response_url_gives_way_in_time(
    slack: RoughSlack, door: SlackDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """slack-sdk would wait as long as the session allows; here each call has a limit."""
    monkeypatch.setattr(door, "_patience", 0.3)
    slack.hook = silence
    began = time.monotonic()

    assert await show(slack, door)
    assert time.monotonic() - began < 2
    assert ["response_url", "chat.postEphemeral"] == slack.calls


def test_the_limit_of_a_call_is_about_five_seconds() -> None:
    """Long enough for a slow Slack, short enough for who waits."""
    assert 5 == bot.slack.door.PATIENCE_SECONDS


async def test_a_call_that_hangs_when_the_end_comes_is_cut_short(
    slack: RoughSlack, door: SlackDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is running gets less time, so that the next way is tried before the end."""
    monkeypatch.setattr(bot.slack.door, "HURRIED_SECONDS", 1.0)
    slack.hook = silence
    showing = asyncio.create_task(show(slack, door))
    await slack.until(lambda: "response_url" in slack.calls)
    door.hurry()
    async with asyncio.timeout(5):
        assert await showing

    assert ["response_url", "chat.postEphemeral"] == slack.calls


def limited(seconds: str, *, then: Answer) -> Answer:
    """429 at first, then something else."""
    answers = iter([raw(b"slow down", status=429, content_type="text/plain", Retry_After=seconds)])

    async def answer(request: web.Request) -> web.StreamResponse:
        return await next(answers, then)(request)

    return answer


OK = raw(b"ok", content_type="text/html")


@pytest.mark.parametrize("seconds", ["6", "600", "1e9", "inf"])
async def test_a_long_rate_limit_gives_way_at_once(
    slack: RoughSlack, door: SlackDoor, seconds: str
) -> None:
    """More than five seconds are not waited for, on any way."""
    slack.hook = limited(seconds, then=OK)
    slack.answers["chat.postEphemeral"] = limited(seconds, then=answering({"ok": True}))
    async with asyncio.timeout(5):
        assert await show(slack, door)

    assert ["response_url", "chat.postEphemeral", "chat.postMessage"] == slack.calls


@pytest.mark.parametrize("seconds", ["1", "0", "soon", "-3"])
async def test_a_short_rate_limit_is_waited_for_once(
    slack: RoughSlack, door: SlackDoor, seconds: str
) -> None:
    """The same way is tried again; what is no number counts as a second."""
    slack.hook = limited(seconds, then=OK)

    assert await show(slack, door)
    assert ["response_url", "response_url"] == slack.calls


async def test_a_short_rate_limit_of_a_method_is_waited_for(
    slack: RoughSlack, door: SlackDoor
) -> None:
    """Methods as well as response URLs."""
    slack.answers["views.open"] = limited("1", then=answering({"ok": True, "view": {}}))

    assert {"ok": True, "view": {}} == await door.call("views.open")


@pytest.mark.parametrize(
    "body", ['{"ok": false, "error": "expired_url"}', ' {"ok":false}', '{"ok": null}'], ids=range(3)
)
async def test_a_response_url_that_says_no_with_200_has_refused(
    slack: RoughSlack, door: SlackDoor, body: str
) -> None:
    """The status alone does not tell."""
    slack.hook = raw(body.encode())

    assert await show(slack, door)
    assert ["response_url", "chat.postEphemeral"] == slack.calls


@pytest.mark.parametrize("body", ["ok", '{"ok": true}', "", "{", "{}"], ids=range(5))
async def test_other_answers_with_200_are_a_yes(
    slack: RoughSlack, door: SlackDoor, body: str
) -> None:
    """No answer is sent twice for want of a word."""
    slack.hook = raw(body.encode())

    assert await show(slack, door)
    assert ["response_url"] == slack.calls


ODD: dict[str, Callable[[], Answer]] = {
    "list": lambda: answering([1]),
    "empty list": lambda: answering([]),
    "string": lambda: answering("ok"),
    "text": lambda: raw(b"ok", content_type="text/plain"),
    "null": lambda: answering(None),
    "number": lambda: answering(5),
    "HTML": lambda: raw(b"<html>", content_type="text/html"),
    "an archive": lambda: raw(b"junk", content_type="application/gzip"),
    "unknown charset": lambda: raw(b"{}", content_type="application/json; charset=nonsense"),
    "no UTF-8": lambda: raw(b'{"ok": "\xff"}'),
    "deep": lambda: raw(b"[" * 100_000),
    "server error": lambda: answering([1], status=500),
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_answer_of_a_method_gives_way_to_the_next(
    slack: RoughSlack, door: SlackDoor, name: str
) -> None:
    """Whatever the shape of an answer, the person gets the message."""
    slack.hook = raw(b"gone", status=404)
    slack.answers["chat.postEphemeral"] = ODD[name]()

    assert await show(slack, door)
    assert ["response_url", "chat.postEphemeral", "chat.postMessage"] == slack.calls


@pytest.mark.parametrize("name", ["no UTF-8", "server error"])
async def test_an_odd_answer_of_a_response_url_gives_way_to_the_next(
    slack: RoughSlack, door: SlackDoor, name: str
) -> None:
    """The same for response URLs, which answer in words."""
    slack.hook = ODD[name]()

    assert await show(slack, door)
    assert "chat.postEphemeral" == slack.calls[-1]


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        ("not_in_channel", "not_in_channel"),
        ('x\n{"level": "error"}', "unknown"),
        ("a" * 65, "unknown"),
        ("Não", "unknown"),
        (["not_in_channel"], "unknown"),
        ({"a": 1}, "unknown"),
        (None, "unknown"),
        ("", "unknown"),
    ],
    ids=range(8),
)
async def test_only_a_word_of_slacks_is_logged(
    slack: RoughSlack, door: SlackDoor, log: io.StringIO, error: object, logged: str
) -> None:
    """An error is a word of small letters, digits and underscores, or it is unknown."""
    slack.answers["views.open"] = answering({"ok": False, "error": error})

    assert await door.call("views.open") is None
    assert f'"error": "{logged}"' in log.getvalue().splitlines()[-1]


async def test_an_answer_that_no_way_takes_is_logged_once(
    slack: RoughSlack, door: SlackDoor, log: io.StringIO
) -> None:
    """One line for one answer, however often it was tried; no id stands in it."""
    slack.hook = raw(b"gone", status=404)
    for method in ("chat.postEphemeral", "chat.postMessage"):
        slack.answers[method] = answering({"ok": False, "error": "fatal_error"})
    place = Place(channel="C1CANARY", user="U1CANARY", response_url=f"{slack.url}/hook")
    reply = Replies(door).privately(place)

    assert [False, False] == [await reply.show(MESSAGE), await reply.show(MESSAGE)]
    assert 1 == log.getvalue().count("an answer was lost")
    assert "CANARY" not in log.getvalue()


def failing(*answers: Answer, then: Answer) -> Answer:
    """These answers, one a call, then another for ever."""
    coming = iter(answers)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await next(coming, then)(request)

    return answer


BROKEN = answering({"ok": False, "error": "internal_error"}, status=503)
FATAL = answering({"ok": False, "error": "fatal_error"})


@pytest.mark.parametrize("fault", [BROKEN, raw(b"<html>", status=502), silence], ids=range(3))
async def test_an_answer_outlasts_a_slack_that_is_away_for_a_moment(
    slack: RoughSlack, door: SlackDoor, monkeypatch: pytest.MonkeyPatch, fault: Answer
) -> None:
    """Every way is closed for a while; all are tried once more, and the first takes it."""
    monkeypatch.setattr(bot.slack.door, "RECOVERY_SECONDS", 0.3)
    monkeypatch.setattr(door, "_patience", 0.5)
    slack.hook = failing(fault, then=OK)
    for method in ("chat.postEphemeral", "chat.postMessage"):
        slack.answers[method] = fault

    assert await show(slack, door)
    assert ["response_url", "chat.postEphemeral", "chat.postMessage"] == slack.calls[:3]
    assert (4, "response_url") == (len(slack.calls), slack.calls[-1])


async def test_an_answer_without_another_way_waits_for_a_long_rate_limit(
    slack: RoughSlack, door: SlackDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes late, which is better than never, and not before Slack allows it."""
    monkeypatch.setattr(door, "_patience", 0.5)
    slack.hook = raw(b"gone", status=404)
    slack.answers["chat.postEphemeral"] = FATAL
    slack.answers["chat.postMessage"] = limited("1", then=answering({"ok": True}))
    began = time.monotonic()

    assert await show(slack, door)
    assert time.monotonic() - began >= 0.9
    assert 2 == slack.calls.count("chat.postMessage")


@pytest.mark.parametrize("seconds", ["61", "3600", "inf"])
async def test_nobody_waits_for_a_rate_limit_of_more_than_a_minute(
    slack: RoughSlack, door: SlackDoor, seconds: str
) -> None:
    """Then the answer is lost, and the log says so."""
    slack.hook = raw(b"gone", status=404)
    for method in ("chat.postEphemeral", "chat.postMessage"):
        slack.answers[method] = limited(seconds, then=FATAL)
    async with asyncio.timeout(5):
        assert not await show(slack, door)


async def test_the_word_that_work_goes_on_is_tried_once(
    slack: RoughSlack, door: SlackDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card that follows must not wait for it."""
    # However slow this machine is, these are refusals and not doubts.
    monkeypatch.setattr(bot.slack.replies, "DOUBTFUL_SECONDS", 60.0)
    slack.hook = failing(BROKEN, then=OK)
    for method in ("chat.postEphemeral", "chat.postMessage"):
        slack.answers[method] = BROKEN
    place = Place(channel="C1", user="U1", response_url=f"{slack.url}/hook")
    reply = Replies(door).privately(place)

    assert not await reply.show(MESSAGE, passing=True)
    assert 3 == len(slack.calls)
    assert await reply.show(MESSAGE)


async def test_the_word_that_work_goes_on_never_stands_twice(
    slack: RoughSlack, door: SlackDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Slack may have taken it without saying so, no other way is tried for it."""
    monkeypatch.setattr(door, "_patience", 1.2)
    slack.hook = silence
    place = Place(channel="C1", user="U1", response_url=f"{slack.url}/hook")
    reply = Replies(door).privately(place)

    assert not await reply.show(MESSAGE, passing=True)
    assert ["response_url"] == slack.calls
    assert await reply.show(MESSAGE)
    assert ["response_url", "response_url", "chat.postEphemeral"] == slack.calls


async def test_at_the_end_of_the_process_the_last_try_is_made_at_once(
    slack: RoughSlack, door: SlackDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for Slack to recover is woken; who begins later does not wait at all."""
    monkeypatch.setattr(bot.slack.door, "RECOVERY_SECONDS", 50.0)
    slack.hook = BROKEN
    for method in ("chat.postEphemeral", "chat.postMessage"):
        slack.answers[method] = BROKEN
    showing = asyncio.create_task(show(slack, door))
    await slack.until(lambda: len(slack.calls) == 3)
    door.hurry()
    async with asyncio.timeout(5):
        assert not await showing
        assert not await show(slack, door)

    assert 9 == len(slack.calls)


@pytest.mark.parametrize("word", sorted(FORM_REFUSALS))
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.postEphemeral", "chat.update"])
async def test_a_message_whose_form_a_method_refuses_is_sent_without_it(
    slack: RoughSlack, door: SlackDoor, method: str, word: str
) -> None:
    """Once, as one paragraph; what is refused again is refused."""
    refusal = answering({"ok": False, "error": word})
    slack.answers[method] = failing(refusal, refusal, refusal, then=answering({"ok": True}))
    card = {"text": "words", "blocks": [section("looks"), section("and more")]}

    assert await door.call(method, channel="C1", **card) is None
    assert 2 == slack.calls.count(method)
    assert {"ok": True} == await door.call(method, channel="C1", **card)


@pytest.mark.parametrize("word", sorted(FORM_REFUSALS))
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_a_message_whose_form_a_response_url_refuses_is_sent_without_it(
    slack: RoughSlack, door: SlackDoor, word: str, status: int
) -> None:
    """Whatever the status, as text or as JSON."""
    json_refusal = answering({"ok": False, "error": word}, status=status)
    slack.hook = failing(json_refusal, then=OK)
    card = {"text": "words", "blocks": [section("looks"), section("and more")]}

    assert await door.post(f"{slack.url}/hook", card)
    assert 2 == slack.calls.count("response_url")
