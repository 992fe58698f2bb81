"""The notifier of a list: one card that is updated, one report, and Slack's refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.call_status import Outcome, read_result
from bot.domain.id_lists.id_list import IgnoredLine
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, Tally
from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report, Trace
from bot.domain.privacy import public_id
from bot.domain.timing import Timing
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID, TEAM_ID, USER_ID
from bot.slack.api.post_once import OncePoster
from bot.slack.bulk.cards import bar
from bot.slack.bulk.notifier import SlackBulkNotifier, file_name, home_of, result_mark
from bot.slack.files.upload import ResultFiles
from bot.storage.errors import StorageError
from tests.slack.file_scene import one_by_one
from tests.slack.notifying import ASKED, choices, connected, plain_styles
from tests.slack.watching import NOW, READING
from tests.support.reading import seen, where
from tests.support.wording import EN, say

POST: Final = "chat.postMessage"
UPDATE: Final = "chat.update"
DIRECT: Final = f"D{USER_ID[1:]}"
HALF: Final = Tally(counts=MappingProxyType({Outcome.ANSWERED: 4}))


@dataclass(kw_only=True)
class Speaking:
    """A notifier, its Slack, and a file that may be available."""

    slack: LoopbackSlack
    speaker: SlackBulkNotifier
    client: AsyncWebClient
    total: int = 8
    file: Delivery = Delivery.UNDELIVERABLE
    away: bool = False
    homes: list[Destination] = field(default_factory=list)

    @property
    def messages(self) -> list[Message]:
        """The messages in Slack."""
        return self.slack.messages

    def called(self, method: str) -> int:
        """The number of calls of a method."""
        return sum(call.method == method for call in self.slack.calls)

    async def results(self, bulk_id: str) -> AsyncIterator[BulkItem]:
        """That many answered calls."""
        del bulk_id
        if self.away:
            raise StorageError("away")
        for position in range(self.total):
            yield BulkItem(
                position=position,
                message_id=MessageId(f"MPG{position:012}"),
                finding=read_result("ok:85.00"),
                checked_at=NOW,
            )

    async def ignored(self, bulk_id: str) -> AsyncIterator[IgnoredLine]:
        """No lines without an id."""
        del bulk_id
        nothing: tuple[IgnoredLine, ...] = ()
        for line in nothing:
            yield line

    async def share(self, *_: object, place: Destination, **__: object) -> Delivery:
        """Share the file, or do not."""
        self.homes.append(place)
        return self.file

    async def shown(self, bulk: Bulk, tally: Tally = HALF) -> Bulk:
        """The bulk with its posted card."""
        report = await self.speaker.show_progress(bulk, tally)
        return replace(bulk, card=report.card)


@asynccontextmanager
async def speaking(*scopes: str, timing: Timing = Timing()) -> AsyncIterator[Speaking]:
    """Make a notifier at a loopback Slack."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(running_slack())
        slack.workspace.scopes |= set(scopes)
        client = await stack.enter_async_context(connected(slack.api_url, slack.bot_token))
        languages = await stack.enter_async_context(choices())
        readers = plain_styles(languages)
        scene = Speaking(slack=slack, speaker=None, client=client)  # type: ignore[arg-type]
        scene.speaker = SlackBulkNotifier(
            poster=OncePoster(client=client, readers=readers, timing=timing),
            files=scene,  # type: ignore[arg-type]
            results=scene.results,
            ignored=scene.ignored,
            now=lambda: NOW + timedelta(seconds=30),
        )
        yield scene


@pytest.fixture
async def scene() -> AsyncIterator[Speaking]:
    """A notifier and its Slack."""
    async with speaking() as running:
        yield running


def a_bulk(**changes: Any) -> Bulk:
    """A list of ana's that was started in the channel."""
    values: dict[str, Any] = {
        "id": "0123456789abcdef",
        "user": USER_ID,
        "destination": Destination(team=TEAM_ID, channel=CHANNEL_ID),
        "total": 8,
        "started_at": NOW,
        "due_at": NOW,
    }
    return Bulk(**(values | changes))


def over(bulk: Bulk) -> Bulk:
    """That list after its end."""
    return replace(bulk, ending=BulkEnding.ALL_ASKED, decided_at=NOW)


def progress(asked: int) -> str:
    """The text of the card after so many of the eight calls."""
    values = {"bar": bar(asked, 8), "share": EN.writing.share(asked, 8)}
    return say("bulk.progress", asked=asked, total=8, **values)


async def test_one_card_is_posted_and_then_changed_in_its_place(scene: Speaking) -> None:
    """The channel and the `ts` of the card are returned once."""
    bulk = await scene.shown(a_bulk())
    (card,) = scene.messages
    assert PostedCard(channel=card.channel, ts=card.ts) == bulk.card
    assert progress(4) in seen(card)

    all_asked = Tally(counts=MappingProxyType({Outcome.ANSWERED: 8}))
    assert Report(delivery=Delivery.SENT) == await scene.speaker.show_progress(bulk, all_asked)
    (card,) = scene.messages
    assert progress(8) in seen(card)


async def test_a_card_that_slack_wants_plainer_stays_plain(scene: Speaking) -> None:
    """Updates come every few seconds, so the refused forms are not tried each time."""
    bulk = await scene.shown(a_bulk())
    scene.slack.failures.forbid("a_new_word", lambda given: bool(given.get("blocks")))
    for asked in (4, 8):
        tally = Tally(counts=MappingProxyType({Outcome.ANSWERED: asked}))
        assert Delivery.SENT is (await scene.speaker.show_progress(bulk, tally)).delivery

        (card,) = scene.messages
        assert (progress(asked) in card.text, card.blocks) == (True, ())
    assert 4 == scene.called(UPDATE)


async def test_the_last_state_names_the_ending(scene: Speaking) -> None:
    """In the same card."""
    bulk = await scene.shown(a_bulk())
    await scene.speaker.show_progress(over(bulk), HALF)
    assert 1 == scene.called(UPDATE)
    assert say("bulk.over.all_asked") in seen(scene.messages[0])


async def test_a_pause_that_slack_asks_for_is_reported(scene: Speaking) -> None:
    """Of a card that is changed, and of one that is posted."""
    bulk = await scene.shown(a_bulk())
    for method, one in ((UPDATE, bulk), (POST, a_bulk(id="e" * 16))):
        scene.slack.fail_next(method, error="ratelimited", retry_after=600)
        report = await scene.speaker.show_progress(one, HALF)
        assert (Delivery.NOT_SENT, timedelta(minutes=10)) == (report.delivery, report.pause)


@pytest.mark.parametrize("error", ["message_not_found", "internal_error", "cant_update_message"])
async def test_a_card_that_cannot_be_changed_is_no_fault_of_the_list(
    scene: Speaking, error: str
) -> None:
    """The next update tries again."""
    bulk = await scene.shown(a_bulk())
    scene.slack.fail_next(UPDATE, error=error)
    await scene.speaker.show_progress(bulk, HALF)
    await scene.speaker.show_progress(bulk, HALF)

    assert 2 == scene.called(UPDATE)


async def test_a_channel_that_refuses_the_card_gets_nothing_and_the_asker_all(
    scene: Speaking,
) -> None:
    """Card, report and pages are direct messages, with unshortened ids."""
    bulk = await scene.shown(
        a_bulk(destination=Destination(team=TEAM_ID, channel=CHANNEL_WITHOUT_BOT_ID))
    )
    assert bulk.card is not None
    assert DIRECT == bulk.card.channel
    report = await scene.speaker.report(over(bulk))

    assert Delivery.SENT is report.delivery
    told = scene.messages[-1]
    assert (DIRECT, bulk.card.ts, False) == where(told)
    assert "MPG000000000007" in seen(told)
    assert [] == scene.slack.pings


async def test_the_report_stands_in_the_cards_thread_and_bears_the_name_of_the_list(
    scene: Speaking,
) -> None:
    """In its metadata and in the `block_id` of its first block; it mentions the asker."""
    bulk = await scene.shown(a_bulk())
    assert Delivery.SENT is (await scene.speaker.report(over(bulk))).delivery

    card, told = scene.messages
    assert (CHANNEL_ID, card.ts, False) == where(told)
    payload = {"event_type": "bulk_report", "event_payload": {"bulk": bulk.id}}
    assert payload == told.metadata
    assert f"bulk_report_{bulk.id}" == told.blocks[0]["block_id"]
    assert {f"<@{USER_ID}>"} == {ping.markup for ping in scene.slack.pings}


async def test_a_list_that_began_in_a_thread_stays_there(scene: Speaking) -> None:
    """The card and the report."""
    thread = ASKED.ts
    scene.slack.said.append(ASKED)
    place = Destination(team=TEAM_ID, channel=CHANNEL_ID, thread=thread)
    bulk = await scene.shown(a_bulk(destination=place))
    await scene.speaker.report(over(bulk))

    assert [(CHANNEL_ID, thread, False)] * 2 == [where(one) for one in scene.messages]


async def test_a_thread_that_takes_no_report_leads_to_the_asker(scene: Speaking) -> None:
    """The report says why it is a direct message."""
    bulk = await scene.shown(a_bulk())
    scene.slack.fail_next(POST, error="is_archived")
    assert Delivery.SENT is (await scene.speaker.report(over(bulk))).delivery

    told = scene.messages[-1]
    assert (DIRECT, None) == (told.channel, told.thread_ts)
    assert say("bulk.report.moved") in seen(told)


async def test_a_thread_that_is_gone_gets_nothing_and_the_asker_all(scene: Speaking) -> None:
    """The card says that it is a direct message; the report is posted in its thread."""
    place = Destination(team=TEAM_ID, channel=CHANNEL_ID, thread=ASKED.ts)
    bulk = await scene.shown(a_bulk(destination=place))
    report = await scene.speaker.report(over(bulk))

    card, told = scene.messages
    assert [(DIRECT, None, False), (DIRECT, card.ts, False)] == [where(card), where(told)]
    assert (True, False) == (say("bulk.moved") in seen(card), say("bulk.report.gone") in seen(told))
    assert None is report.card


async def test_a_report_whose_card_was_deleted_takes_the_rest_along(scene: Speaking) -> None:
    """The result is posted in the report's own thread, and the report says why."""
    bulk = await scene.shown(a_bulk())
    assert say("bulk.moved") not in seen(scene.messages[0])
    scene.messages.clear()
    report = await scene.speaker.report(over(bulk))

    (told,) = scene.messages
    assert ((DIRECT, None, False), PostedCard(channel=DIRECT, ts=told.ts)) == (
        where(told),
        report.card,
    )
    assert (True, False) == (
        say("bulk.report.gone") in seen(told),
        say("bulk.report.moved") in seen(told),
    )
    assert Destination(team=TEAM_ID, channel=DIRECT, thread=told.ts) == home_of(
        replace(over(bulk), card=report.card)
    )


async def test_pages_whose_thread_is_gone_go_to_the_asker_and_the_file_with_them(
    scene: Speaking,
) -> None:
    """The thread was deleted after the report."""
    scene.total = 100
    bulk = await scene.shown(a_bulk(total=100))
    scene.messages.clear()
    await scene.speaker.deliver_results(over(bulk))

    (page,) = scene.messages
    assert (DIRECT, None, False) == where(page)
    assert bulk.card is not None
    assert [
        Destination(team=TEAM_ID, channel=CHANNEL_ID, thread=bulk.card.ts),
        Destination(team=TEAM_ID, channel=DIRECT, thread=page.ts),
    ] == scene.homes


@pytest.mark.parametrize(
    ("refused", "form"),
    [(0, "data_table"), (1, "table"), (2, "lines"), (3, "paragraphs"), (4, "text")],
)
@pytest.mark.parametrize("word", ["invalid_blocks", "invalid_attachments", "a_new_word"])
async def test_what_slack_refuses_for_its_form_comes_in_a_plainer_one(
    scene: Speaking, refused: int, form: str, word: str
) -> None:
    """Sortable table, plain table, lines, paragraphs, then text only; always with the mark."""
    bulk = await scene.shown(a_bulk())
    scene.slack.fail_next(POST, error=word, times=refused)
    assert Delivery.SENT is (await scene.speaker.report(over(bulk))).delivery

    (told,) = scene.messages[1:]
    kinds = {block["type"] for block in told.blocks}
    assert kinds & {"data_table", "table"} == ({form} if "table" in form else set())
    assert (form == "text") is (told.blocks == ())
    assert say("bulk.report.all_asked") in told.text
    assert EN.writing.share(8, 8) in told.text
    assert public_id("MPG000000000007") in f"{told.text} {seen(told)}"
    assert told.metadata is not None


async def test_a_report_without_an_answer_is_unsure_and_posted_once(scene: Speaking) -> None:
    """A retry first looks for the report."""
    bulk = await scene.shown(a_bulk())
    scene.slack.lose_next_answer(POST)

    assert Delivery.UNKNOWN is (await scene.speaker.report(over(bulk))).delivery
    assert 2 == len(scene.messages)


@pytest.mark.parametrize("channel", [CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID])
async def test_a_report_that_stands_there_is_found(channel: str) -> None:
    """By its mark, beside its card."""
    async with speaking(*READING) as scene:
        bulk = await scene.shown(a_bulk(destination=Destination(team=TEAM_ID, channel=channel)))
        assert Trace.NONE is await scene.speaker.trace(over(bulk))
        await scene.speaker.report(over(bulk))

        assert Trace.FOUND is await scene.speaker.trace(over(bulk))
        assert Trace.NONE is await scene.speaker.trace(over(replace(bulk, id="f" * 16)))


@pytest.mark.parametrize(
    ("channel", "thread"),
    [(CHANNEL_ID, None), (CHANNEL_ID, "root"), (USER_ID, None), (CHANNEL_WITHOUT_BOT_ID, None)],
    ids=("in a channel", "in a thread", "directly", "directly instead"),
)
async def test_a_progress_card_that_stands_there_is_found(channel: str, thread: str | None) -> None:
    """By its mark, to be updated; another list's card is not."""
    async with speaking(*READING) as scene:
        root = (await scene.shown(a_bulk(id="e" * 16))).card
        assert root is not None
        place = Destination(team=TEAM_ID, channel=channel, thread=thread and root.ts)
        bulk = a_bulk(destination=place)
        assert None is await scene.speaker.find_progress(bulk)
        shown = await scene.shown(bulk)
        assert shown.card is not None
        assert shown.card == await scene.speaker.find_progress(bulk)
        assert None is await scene.speaker.find_progress(replace(bulk, id="f" * 16))


async def test_a_card_that_cannot_be_looked_for_is_not_found(scene: Speaking) -> None:
    """Without the scopes to read conversations."""
    bulk = a_bulk(destination=Destination(team=TEAM_ID, channel=USER_ID))
    await scene.shown(bulk)
    assert None is await scene.speaker.find_progress(bulk)


async def test_without_a_card_the_report_goes_to_the_asker(scene: Speaking) -> None:
    """The channel has no message about the list, so its readers do not expect a report."""
    assert Delivery.SENT is (await scene.speaker.report(over(a_bulk()))).delivery

    assert DIRECT == scene.messages[0].channel


@pytest.mark.parametrize(
    ("total", "file", "pages"),
    [
        (99, Delivery.UNDELIVERABLE, 0),
        (100, Delivery.UNDELIVERABLE, 1),
        (100, Delivery.SENT, 0),
    ],
)
async def test_the_whole_result_comes_as_pages_where_no_file_is_given(
    scene: Speaking, total: int, file: Delivery, pages: int
) -> None:
    """Only if the report does not show all rows; public ids are shortened."""
    scene.total, scene.file = total, file
    bulk = await scene.shown(a_bulk(total=total))
    assert Report(delivery=Delivery.SENT) == await scene.speaker.deliver_results(over(bulk))

    assert [home_of(bulk)] == scene.homes
    title = say("bulk.page.title", page=1, pages=3)
    found = [one for one in scene.messages if title in one.text]
    assert pages == len(found)
    assert all(one.thread_ts == scene.messages[0].ts for one in found)
    assert all(public_id("MPG000000000039") in seen(one) for one in found)
    assert all("MPG000000000039" not in f"{one.text} {seen(one)}" for one in found)


@pytest.mark.parametrize(("stored", "pages"), [(99, 0), (100, 3), (81, 0)])
async def test_a_stopped_list_has_as_many_pages_as_results(
    scene: Speaking, stored: int, pages: int
) -> None:
    """What was not looked up is not stored any more."""
    scene.total, scene.file = stored, Delivery.UNDELIVERABLE
    bulk = await scene.shown(a_bulk(total=500))
    stopped = replace(over(bulk), ending=BulkEnding.STOPPED)
    assert Report(delivery=Delivery.SENT) == await scene.speaker.deliver_results(stopped)
    title = say("bulk.page.title", page=1, pages=pages)
    assert bool(pages) == any(title in one.text for one in scene.messages)


async def test_without_a_card_the_results_are_pages_for_the_asker(scene: Speaking) -> None:
    """The user's id names no conversation, so no file is shared."""
    scene.total, scene.file = 100, Delivery.SENT
    await scene.speaker.deliver_results(over(a_bulk(total=100)))

    assert [DIRECT] == [page.channel for page in scene.messages]
    assert [] == scene.homes


def test_results_are_looked_for_since_the_report() -> None:
    """Or since the start, if there was none yet."""
    decided = NOW + timedelta(hours=1)
    assert decided == result_mark(replace(a_bulk(), decided_at=decided)).since
    assert NOW == result_mark(a_bulk()).since


async def test_results_that_cannot_be_read_are_not_handed_over(scene: Speaking) -> None:
    """A retry follows later."""
    bulk = await scene.shown(a_bulk(total=500))
    scene.away = True
    assert Delivery.NOT_SENT is (await scene.speaker.deliver_results(over(bulk))).delivery

    assert 1 == len(scene.messages)


@pytest.mark.parametrize(
    ("file", "delivery"),
    [(Delivery.NOT_SENT, Delivery.NOT_SENT), (Delivery.UNKNOWN, Delivery.UNKNOWN)],
)
async def test_a_file_that_may_come_yet_is_not_replaced_by_pages(
    scene: Speaking, file: Delivery, delivery: Delivery
) -> None:
    """A retry first looks for the file in the thread."""
    scene.total, scene.file = 500, file
    bulk = await scene.shown(a_bulk(total=500))
    assert delivery is (await scene.speaker.deliver_results(over(bulk))).delivery
    assert 1 == len(scene.messages)


@pytest.mark.parametrize(
    ("refusal", "delivery"),
    [
        ({"error": "ratelimited", "retry_after": 7}, Delivery.NOT_SENT),
        ({"error": "is_archived"}, Delivery.UNDELIVERABLE),
    ],
    ids=("later", "never"),
)
async def test_pages_that_slack_does_not_take(
    scene: Speaking, refusal: dict[str, Any], delivery: Delivery
) -> None:
    """Retry-After is respected; pages refused in both places are left to the operator."""
    scene.total = 500
    bulk = await scene.shown(a_bulk(total=500))
    for _ in range(2):
        scene.slack.fail_next(POST, **refusal)
    assert delivery is (await scene.speaker.deliver_results(over(bulk))).delivery


async def test_pages_that_stand_there_are_found() -> None:
    """By their mark; another list's pages are not."""
    async with speaking(*READING) as scene:
        scene.total = 500
        bulk = await scene.shown(a_bulk(total=500))
        assert Trace.NONE is await scene.speaker.trace_result(over(bulk))
        await scene.speaker.report(over(bulk))
        assert Trace.NONE is await scene.speaker.trace_result(over(bulk))
        await scene.speaker.deliver_results(over(bulk))
        assert Trace.FOUND is await scene.speaker.trace_result(over(bulk))
        assert Trace.NONE is await scene.speaker.trace_result(over(replace(bulk, id="f" * 16)))


async def test_a_file_that_stands_there_is_found() -> None:
    """By its name, in the thread of the report."""
    async with speaking(*READING, "files:write") as scene:
        bulk = await scene.shown(a_bulk(total=500))
        home = home_of(bulk)
        files = ResultFiles(client=scene.client, session=scene.client.session)  # type: ignore[arg-type]
        for name, trace in (("other.csv", Trace.NONE), (file_name(bulk, EN), Trace.FOUND)):
            lines = one_by_one([b"x"])
            assert Delivery.SENT is await files.share(lines, name=name, title="t", place=home)
            assert trace is await scene.speaker.trace_result(over(bulk))
