"""The notifier of watches: one message with its mark, and an accurate report of the delivery."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.domain.call_status import Answer, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Delivery, Destination, Report
from bot.domain.privacy import public_id
from bot.domain.timing import Timing
from bot.fake_slack.state.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
    TEAM_ID,
    USER_ID,
)
from tests.slack.notifying import ASKED, Telling, choices, connected, notifier_at, telling
from tests.slack.watching import NOW, watch_of
from tests.support.reading import seen, texts, where
from tests.support.rough_slack import Answer as RawAnswer
from tests.support.rough_slack import raw, rough_slack, silence
from tests.support.wording import BUSY, EN, say

ROOT = "1795579300.000001"
DIRECT = f"D{USER_ID[1:]}"
TO_ASKER = Destination(team=TEAM_ID, channel=USER_ID)
POST = "chat.postMessage"
LINK = "chat.getPermalink"


@pytest.fixture
async def scene() -> AsyncIterator[Telling]:
    """A notifier and its Slack."""
    async with telling() as running:
        yield running


async def test_the_notice_stands_in_its_thread_and_bears_the_name_of_the_watch(
    scene: Telling,
) -> None:
    """In its metadata, and in the `block_id` of its first block, which needs no extra scope."""
    watch = watch_of()

    assert Report(delivery=Delivery.SENT) == await scene.notifier.tell(watch)

    (told,) = scene.messages
    assert (CHANNEL_ID, ROOT, False) == where(told)
    payload = {"watch": watch.id}
    assert {"event_type": "watch_notice", "event_payload": payload} == told.metadata
    assert f"watch_notice_{watch.id}" == told.blocks[0]["block_id"]
    assert [f"<@{USER_ID}>"] * 2 == [ping.markup for ping in scene.slack.pings]


async def test_one_notice_reports_several_calls(scene: Telling) -> None:
    """In one message with one mention: each call in its line, which has the mark of its watch."""
    results = ["ok:85.00", "failed:486", "024"]
    watches = [
        watch_of(
            idmsg := f"MPG00023618047{number}",
            id=f"{number:016x}",
            last=Answer(message_id=MessageId(idmsg), finding=read_result(result), checked_at=NOW),
        )
        for number, result in enumerate(results)
    ]

    assert Report(delivery=Delivery.SENT) == await scene.notifier.tell(*watches)

    (told,) = scene.messages
    assert (CHANNEL_ID, ROOT, False) == where(told)
    assert say("notice.several", count=3) in seen(told)
    rows = {block.get("block_id"): "".join(texts(block)) for block in told.blocks}
    for watch in watches:
        assert public_id(watch.message_id.value) in rows[f"watch_notice_{watch.id}"]
    payload = {"watch": " ".join(watch.id for watch in watches)}
    assert {"event_type": "watch_notice", "event_payload": payload} == told.metadata
    assert [f"<@{USER_ID}>"] * 2 == [ping.markup for ping in scene.slack.pings]


async def test_without_a_thread_it_goes_to_the_asker_directly(scene: Telling) -> None:
    """With the whole id and without a mention."""
    watch = watch_of("MPG000236180474", destination=TO_ASKER)

    assert Delivery.SENT is (await scene.notifier.tell(watch)).delivery

    (told,) = scene.messages
    assert (DIRECT, None, False) == where(told)
    assert "MPG000236180474" in seen(told)
    assert [] == scene.slack.pings


async def test_a_user_who_cannot_be_messaged_is_not_tried_twice(scene: Telling) -> None:
    """There is no other place."""
    scene.slack.fail_next(POST, error="messages_tab_disabled")

    report = await scene.notifier.tell(watch_of(destination=TO_ASKER))

    assert (Delivery.UNDELIVERABLE, 1) == (report.delivery, scene.called(POST))


NOT_NOW: list[dict[str, Any]] = [
    {"error": "ratelimited", "retry_after": 7},
    *({"error": word} for word in ("rate_limited", "message_limit_exceeded", "team_added_to_org")),
    *({"error": word} for word in ("invalid_auth", "missing_scope")),
]
MAYBE: list[dict[str, Any]] = [
    *({"error": word} for word in ("internal_error", "fatal_error", "No Such Word")),
    {"error": "service_unavailable", "status": 503},
    {"error": "channel_not_found", "status": 500},
]


@pytest.mark.parametrize(
    ("failures", "delivery"),
    [(NOT_NOW, Delivery.NOT_SENT), (MAYBE, Delivery.UNKNOWN)],
    ids=["not now", "perhaps"],
)
async def test_what_is_not_certain_is_not_said_and_nothing_is_repeated(
    scene: Telling, failures: list[dict[str, Any]], delivery: Delivery
) -> None:
    """One request each, without a fallback, which could post a second notice."""
    found = []
    for failure in failures:
        scene.slack.fail_next(POST, **failure)
        found.append(await scene.notifier.tell(watch_of()))

    pauses = [timedelta(seconds=7) if "retry_after" in one else None for one in failures]
    assert [delivery] * len(failures) == [report.delivery for report in found]
    assert pauses == [report.pause for report in found]
    assert (len(failures), []) == (scene.called(POST), scene.messages)


async def test_a_pause_without_an_end_is_a_long_one(scene: Telling) -> None:
    """For any Retry-After."""
    scene.slack.fail_next(POST, error="ratelimited", retry_after=10**40)

    pause = (await scene.notifier.tell(watch_of())).pause

    assert pause is not None
    assert pause > timedelta(seconds=10**9)


async def test_a_thread_that_refuses_for_good_sends_it_directly(scene: Telling) -> None:
    """As a direct message that says why."""
    refusals = (
        *("channel_not_found", "is_archived", "not_in_channel", "cannot_reply_to_message"),
        *("restricted_action", "thread_not_found"),
    )
    for refusal in refusals:
        scene.slack.fail_next(POST, error=refusal)
        assert Delivery.SENT is (await scene.notifier.tell(watch_of())).delivery, refusal

    assert [(DIRECT, None, False)] * len(refusals) == [where(told) for told in scene.messages]
    assert all(say("notice.moved") in seen(told) for told in scene.messages)
    assert all(told.metadata is not None for told in scene.messages)
    assert [] == scene.slack.pings


@pytest.mark.parametrize("seen_before", [True, False], ids=["seen before", "seen by the answer"])
async def test_a_thread_that_is_gone_sends_it_directly(
    scene: Telling, *, seen_before: bool
) -> None:
    """The channel keeps no part of it; the notice says why."""
    scene.slack.said.clear()
    if not seen_before:
        scene.slack.fail_next(LINK)
    assert Delivery.SENT is (await scene.notifier.tell(watch_of())).delivery

    (told,) = scene.messages
    assert ((DIRECT, None, False), True) == (where(told), told.metadata is not None)
    assert (True, False) == (say("notice.gone") in seen(told), say("notice.moved") in seen(told))
    assert (1, 0) if seen_before else (2, 1) == (scene.called(POST), scene.called("chat.delete"))
    scene.slack.pings.clear()


async def test_in_the_conversation_with_the_bot_a_thread_that_is_gone_needs_no_look(
    scene: Telling,
) -> None:
    """Only the asker reads a post outside of its thread there."""
    direct = scene.slack.workspace.direct(USER_ID).id
    place = Destination(team=TEAM_ID, channel=direct, thread=ASKED.ts)

    assert Delivery.SENT is (await scene.notifier.tell(watch_of(destination=place))).delivery
    assert [(DIRECT, None, False)] == [where(told) for told in scene.messages]
    assert [POST] == [call.method for call in scene.slack.calls]


@pytest.mark.parametrize("channel", [CHANNEL_WITHOUT_BOT_ID, PRIVATE_CHANNEL_ID, "C0GONE00001"])
async def test_a_channel_out_of_reach_sends_it_directly(scene: Telling, channel: str) -> None:
    """Not a member, private, deleted."""
    place = Destination(team=TEAM_ID, channel=channel, thread=ROOT)

    assert Delivery.SENT is (await scene.notifier.tell(watch_of(destination=place))).delivery
    assert [DIRECT] == [told.channel for told in scene.messages]


async def test_an_archived_channel_sends_it_directly(scene: Telling) -> None:
    """The channel was archived during the watch."""
    scene.slack.workspace.archive(CHANNEL_ID)

    assert Delivery.SENT is (await scene.notifier.tell(watch_of())).delivery
    assert [DIRECT] == [told.channel for told in scene.messages]


async def test_what_is_refused_everywhere_is_undeliverable(scene: Telling) -> None:
    """By the thread, and then by the direct message."""
    scene.slack.fail_next(POST, error="is_archived")
    scene.slack.fail_next(POST, error="user_disabled")

    report = await scene.notifier.tell(watch_of())
    assert Report(delivery=Delivery.UNDELIVERABLE, why="user_disabled") == report
    assert 2 == scene.called(POST)


@pytest.mark.parametrize(
    ("failure", "delivery"),
    [
        ({"error": "ratelimited", "retry_after": 7}, Delivery.NOT_SENT),
        ({"error": "internal_error"}, Delivery.UNKNOWN),
    ],
)
async def test_an_escape_that_fails_is_reported_as_it_failed(
    scene: Telling, failure: dict[str, Any], delivery: Delivery
) -> None:
    """The first refusal posted no message."""
    scene.slack.fail_next(POST, error="is_archived")
    scene.slack.fail_next(POST, **failure)

    assert delivery is (await scene.notifier.tell(watch_of())).delivery


@pytest.mark.parametrize("word", ["invalid_blocks", "invalid_attachments", "some_new_word"])
async def test_what_slack_refuses_for_its_form_is_told_in_plainer_ones(
    scene: Telling, word: str
) -> None:
    """In paragraphs, as text, and as text without the mark; in the same place, with all words."""
    for refused in range(4):
        scene.slack.fail_next(POST, error=word, times=refused)
        assert Delivery.SENT is (await scene.notifier.tell(watch_of())).delivery

    kinds = [{block["type"] for block in told.blocks} for told in scene.messages]
    assert [{"section"}, set(), set()] == kinds[1:]
    assert [True, True, True, False] == [one.metadata is not None for one in scene.messages]
    assert {CHANNEL_ID} == {told.channel for told in scene.messages}
    said = [told.text for told in scene.messages]
    headline = BUSY.split(maxsplit=1)[1]
    assert all(headline in text and EN.sip(486).advice in text for text in said)


async def test_a_word_that_every_place_and_form_meets_loses_no_time(scene: Telling) -> None:
    """Each form is tried once in the thread and once directly."""
    scene.slack.fail_next(POST, error="some_new_word", times=50)

    assert Delivery.UNDELIVERABLE is (await scene.notifier.tell(watch_of())).delivery

    bodies = [call.arguments for call in scene.slack.calls if call.method == POST]
    assert ([CHANNEL_ID] * 4 + [USER_ID] * 4) == [body["channel"] for body in bodies]
    assert 8 == len({str(body) for body in bodies})


async def test_a_notice_whose_answer_gets_lost_stands_there_and_is_reported_as_unsure(
    scene: Telling,
) -> None:
    """slack-sdk by itself would retry and post it twice."""
    scene.slack.lose_next_answer(POST)

    assert Delivery.UNKNOWN is (await scene.notifier.tell(watch_of())).delivery
    assert 1 == len(scene.messages) == scene.called(POST)


async def reset(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize(
    "answer",
    [
        reset,
        raw(b"<html>", content_type="text/html"),
        raw(b"{", content_type="application/json"),
        raw(b"[]", content_type="application/json"),
        raw(b"", status=502),
    ],
    ids=["reset", "no JSON", "broken JSON", "a list", "a bad gateway"],
)
async def test_an_answer_that_cannot_be_read_is_unsure(answer: RawAnswer) -> None:
    """For any content; posted once."""
    async with rough_slack() as slack, connected(f"{slack.url}/api/") as client, choices() as who:
        slack.answers[POST] = answer

        report = await notifier_at(client, who).tell(watch_of())

    assert (Delivery.UNKNOWN, [LINK, POST]) == (report.delivery, slack.calls)


async def test_a_slack_that_is_silent_is_given_up_and_the_notice_is_unsure() -> None:
    """It is not posted again."""
    async with rough_slack() as slack, connected(f"{slack.url}/api/") as client, choices() as who:
        slack.answers[POST] = silence

        report = await notifier_at(client, who, timing=Timing(posting=0.1)).tell(watch_of())

    assert Report(delivery=Delivery.UNKNOWN, why="TimeoutError") == report
    assert slack.calls in ([LINK], [LINK, POST])


async def test_a_slack_that_nobody_reaches_has_certainly_nothing() -> None:
    """It refuses the connection."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    async with connected(f"http://127.0.0.1:{port}/api/") as client, choices() as who:
        report = await notifier_at(client, who).tell(watch_of())

    assert Report(delivery=Delivery.NOT_SENT, why="ClientConnectorError") == report
