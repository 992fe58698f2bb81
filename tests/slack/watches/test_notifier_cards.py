"""The notice for each ending, its readers and language; and the card that it updates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from bot.domain.call_status import Answer, read_result
from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report
from bot.domain.jobs.watch import Ending, Watch
from bot.domain.texts.catalog import Language
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import CHANNEL_ID, OTHER_USER_ID, TEAM_ID, USER_ID
from bot.storage.preferences import Scope
from tests.slack.notifying import Telling, choices, connected, notifier_at, telling
from tests.slack.watching import NOW, watch_of
from tests.support.reading import heading, row_of, seen
from tests.support.rough_slack import raw, rough_slack
from tests.support.wording import BUSY, BUSY_PT, EN, PT, say

DONE: Final = Report(delivery=Delivery.SENT)

DIRECT = f"D{USER_ID[1:]}"
TO_ASKER = Destination(team=TEAM_ID, channel=USER_ID)
IN_THREAD = watch_of().destination


@pytest.fixture
async def scene() -> AsyncIterator[Telling]:
    """A notifier and its Slack."""
    async with telling() as running:
        yield running


def last(result: str, **changes: Any) -> Answer:
    """The result of the last look-up."""
    return Answer(
        message_id=watch_of().message_id, finding=read_result(result), checked_at=NOW, **changes
    )


@pytest.mark.parametrize("destination", [IN_THREAD, TO_ASKER], ids=["thread", "direct"])
async def test_a_notice_is_in_the_language_of_its_readers(
    scene: Telling, destination: Destination
) -> None:
    """The asker's choice in a direct message, the channel's in a thread."""
    watch = watch_of(destination=destination)
    await scene.notifier.tell(watch)
    if destination is TO_ASKER:
        await scene.languages.choose(TEAM_ID, USER_ID, "pt")
    else:
        await scene.languages.choose(TEAM_ID, CHANNEL_ID, "pt", Scope.CHANNEL)
    await scene.notifier.tell(replace(watch, id="f" * 16))

    for told, catalog, verdict in zip(scene.messages, (EN, PT), (BUSY, BUSY_PT), strict=True):
        assert say("notice.status", catalog) in seen(told)
        assert verdict in seen(told)
    scene.slack.pings.clear()


async def test_at_the_limit_it_can_be_watched_again(scene: Telling) -> None:
    """With the card's button, for the asker only; in the sandbox the notice says so."""
    await scene.notifier.tell(watch_of(ending=Ending.LIMIT, last=last("024", sandbox=True)))

    (told,) = scene.messages
    row = row_of(told)
    assert [[USER_ID]] * 2 == [row[name]["visible_to_user_ids"] for name in ("refresh", "watch")]
    assert say("card.sandbox") in seen(told)


@pytest.mark.parametrize(
    ("ending", "result"), [(Ending.STATUS, "failed:486"), (Ending.LIMIT, "024")]
)
async def test_in_a_thread_ids_and_phone_numbers_are_hidden(
    scene: Telling, ending: Ending, result: str
) -> None:
    """A direct message shows them in full."""
    watch = watch_of("11987654321", ending=ending)
    watch = replace(watch, last=replace(last(result), message_id=watch.message_id))
    await scene.notifier.tell(watch)
    await scene.notifier.tell(replace(watch, destination=TO_ASKER))

    in_thread, directly = (f"{one.text} {seen(one)}" for one in scene.messages)
    assert ("98765" in in_thread, "11987654321" in directly) == (False, True)


def posted(scene: Telling, channel: str = CHANNEL_ID) -> Message:
    """A card that the bot posted."""
    card = Message(channel=channel, ts="1795579300.000002", text="before", blocks=())
    scene.messages.append(card)
    return card


def with_card(card: Message, **changes: Any) -> Watch:
    """A watch that was started on this card."""
    return watch_of(card=PostedCard(channel=card.channel, ts=card.ts), **changes)


@pytest.mark.parametrize(
    ("channel", "shown", "hidden"),
    [(CHANNEL_ID, "MPG0…0474", "MPG000236180474"), (DIRECT, "MPG000236180474", "…")],
    ids=["in a channel", "directly"],
)
async def test_the_card_becomes_the_answer_too(
    scene: Telling, channel: str, shown: str, hidden: str
) -> None:
    """An update can be repeated; it has no mark, mentions no one and posts no notice."""
    scene.slack.workspace.direct(USER_ID)
    watch = with_card(posted(scene, channel))

    for _ in range(2):
        assert DONE == await scene.notifier.update_card(watch)

    (card,) = scene.messages
    assert BUSY == heading(card)
    assert (shown in seen(card), hidden in seen(card)) == (True, False)
    assert (None, []) == (card.metadata, scene.slack.pings)


async def test_the_notice_is_a_line_that_leads_to_the_card(scene: Telling) -> None:
    """The card shows the status first; nothing is shown twice."""
    await scene.notifier.tell(with_card(posted(scene)))

    card, told = scene.messages
    assert BUSY == heading(card)
    (block,) = told.blocks
    link = f"/archives/{card.channel}/p{card.ts.replace('.', '')}|{say('notice.to_card')}>"
    assert link in block["text"]["text"]
    assert f"{say('notice.status')} {BUSY}" in block["text"]["text"]
    called = [call.method for call in scene.slack.calls]
    assert called.index("chat.update") < called.index("chat.postMessage")
    scene.slack.pings.clear()


@pytest.mark.parametrize("method", ["chat.update", "chat.getPermalink"])
async def test_a_notice_that_cannot_lead_to_the_card_shows_one(scene: Telling, method: str) -> None:
    """The card was deleted, say, or Slack gives no link."""
    scene.slack.fail_next(method, error="message_not_found")
    await scene.notifier.tell(with_card(posted(scene)))

    told = scene.messages[-1]
    assert BUSY in seen(told)
    assert say("notice.to_card") not in seen(told)
    assert "details" in row_of(told)
    scene.slack.pings.clear()


async def test_a_call_that_was_never_looked_up_needs_no_card(scene: Telling) -> None:
    """The notice says so in a line."""
    await scene.notifier.tell(with_card(posted(scene), ending=Ending.LIMIT, last=None))

    card, told = scene.messages
    assert ("before", 1) == (card.text, len(told.blocks))
    assert say("notice.no_look") in seen(told)
    scene.slack.pings.clear()


async def test_a_card_is_left_alone_where_there_is_nothing_to_say_or_to_change(
    scene: Telling,
) -> None:
    """Without a card or a look-up, Slack gets no call."""
    card = posted(scene)
    nothing = with_card(card, ending=Ending.LIMIT, last=None)
    assert [DONE] * 2 == [await scene.notifier.update_card(one) for one in (watch_of(), nothing)]

    assert ([card], []) == (scene.messages, scene.slack.calls)


@pytest.mark.parametrize(
    ("refusal", "delivery", "pause"),
    [
        ({"error": "message_not_found"}, Delivery.UNDELIVERABLE, None),
        ({"error": "cant_update_message"}, Delivery.UNDELIVERABLE, None),
        ({"error": "is_archived"}, Delivery.UNDELIVERABLE, None),
        ({"error": "internal_error"}, Delivery.UNKNOWN, None),
        ({"error": "ratelimited", "retry_after": 7}, Delivery.NOT_SENT, timedelta(seconds=7)),
    ],
    ids=str,
)
async def test_a_card_that_cannot_be_changed(
    scene: Telling, refusal: dict[str, Any], delivery: Delivery, pause: timedelta | None
) -> None:
    """The report says whether and when to retry."""
    card = posted(scene)
    scene.slack.fail_next("chat.update", **refusal)

    report = Report(delivery=delivery, why=refusal["error"], pause=pause)
    assert report == await scene.notifier.update_card(with_card(card))
    assert [card] == scene.messages


async def test_a_slack_that_talks_nonsense_is_no_trouble_either() -> None:
    """No error is raised."""
    async with rough_slack() as slack, connected(f"{slack.url}/api/") as client, choices() as who:
        slack.answers["chat.update"] = raw(b"[]")
        card = Message(channel=CHANNEL_ID, ts="1795579300.000002", text="t", blocks=())

        report = await notifier_at(client, who).update_card(with_card(card))

    assert Delivery.UNKNOWN is report.delivery
    assert ["chat.update"] == slack.calls


async def test_the_asker_is_the_one_who_is_called(scene: Telling) -> None:
    """Only the asker is mentioned, for any author of the thread."""
    await scene.notifier.tell(watch_of(user=OTHER_USER_ID))

    assert {f"<@{OTHER_USER_ID}>"} == {ping.markup for ping in scene.slack.pings}


async def test_without_a_choice_the_language_is_the_bots() -> None:
    """In a thread and directly."""
    async with telling(language=Language.PORTUGUESE) as other:
        await other.notifier.tell(watch_of())
        await other.notifier.tell(watch_of(destination=TO_ASKER))

    assert [True] * 2 == [BUSY_PT in seen(told) for told in other.messages]
