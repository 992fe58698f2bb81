"""The notifier of a list: one card that is updated, one report, and Slack's refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.call_status import Outcome, read_result
from bot.domain.id_lists.id_list import IgnoredLine, Original
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, Tally
from bot.domain.jobs.job import Delivery, Destination, PostedCard, Report, Trace
from bot.domain.privacy import public_id
from bot.domain.timing import Timing
from bot.fake_slack.people.person import person_over_socket
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID, TEAM_ID, USER_ID
from bot.services.file_reading import FileReading
from bot.slack.api.post_once import OncePoster
from bot.slack.bulk.cards import bar
from bot.slack.bulk.notifier import SlackBulkNotifier
from bot.slack.bulk.places import direct_to, file_name, home_of, result_mark
from bot.slack.files.download import AttachedFiles
from bot.slack.files.upload import TOO_LARGE, ResultFiles
from bot.storage.errors import StorageError
from tests.slack.file_scene import one_by_one, shared
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
    in_memory: list[bool] = field(default_factory=list)
    running: int = 0
    # How many files were read at once.
    reading: list[int] = field(default_factory=list)

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

    async def original(self, *_: object, **__: object) -> Original | None:
        """Find the list's file gone, after a moment."""
        self.running += 1
        self.reading.append(self.running)
        await asyncio.sleep(0)
        self.running -= 1
        return None

    async def upload(
        self, lines: AsyncIterator[bytes], *, in_memory: bool = False, **_: object
    ) -> str | Report:
        """Read the file; with columns it is too large."""
        self.in_memory.append(in_memory)
        whole = b"".join([line async for line in lines])
        return Report(delivery=Delivery.UNDELIVERABLE, why=TOO_LARGE) if b"Ana" in whole else "F0"

    async def show(self, *_: object, place: Destination, **__: object) -> Report:
        """Show the file, or do not."""
        self.homes.append(place)
        return Report(delivery=self.file)

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
            attached=scene,  # type: ignore[arg-type]
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
    """Card, report and pages are direct messages in line, with unshortened ids."""
    bulk = await scene.shown(
        a_bulk(destination=Destination(team=TEAM_ID, channel=CHANNEL_WITHOUT_BOT_ID))
    )
    assert bulk.card is not None
    assert DIRECT == bulk.card.channel
    report = await scene.speaker.report(over(bulk))

    assert Delivery.SENT is report.delivery
    told = scene.messages[-1]
    assert (DIRECT, None, False) == where(told)
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
    """The card says why it is a direct message; the report follows it in line."""
    place = Destination(team=TEAM_ID, channel=CHANNEL_ID, thread=ASKED.ts)
    bulk = await scene.shown(a_bulk(destination=place))
    report = await scene.speaker.report(over(bulk))

    card, told = scene.messages
    assert [(DIRECT, None, False)] * 2 == [where(card), where(told)]
    assert (True, False) == (say("bulk.moved") in seen(card), say("bulk.report.gone") in seen(told))
    assert None is report.card


async def test_a_report_whose_card_was_deleted_takes_the_rest_along(scene: Speaking) -> None:
    """The result is posted in that conversation, and the report says why."""
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
    assert Destination(team=TEAM_ID, channel=DIRECT) == home_of(
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
        Destination(team=TEAM_ID, channel=DIRECT),
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


@pytest.mark.parametrize("channel", [CHANNEL_ID, USER_ID], ids=("in a thread", "directly"))
async def test_pages_that_stand_there_are_found(channel: str) -> None:
    """By their mark; another list's pages are not."""
    async with speaking(*READING) as scene:
        scene.total = 500
        place = Destination(team=TEAM_ID, channel=channel)
        bulk = await scene.shown(a_bulk(total=500, destination=place))
        assert Trace.NONE is await scene.speaker.trace_result(over(bulk))
        await scene.speaker.report(over(bulk))
        assert Trace.NONE is await scene.speaker.trace_result(over(bulk))
        await scene.speaker.deliver_results(over(bulk))
        assert Trace.FOUND is await scene.speaker.trace_result(over(bulk))
        assert Trace.NONE is await scene.speaker.trace_result(over(replace(bulk, id="f" * 16)))


@pytest.mark.parametrize("channel", [CHANNEL_ID, USER_ID], ids=("in a thread", "directly"))
async def test_a_file_that_stands_there_is_found(channel: str) -> None:
    """By its name, beside the report."""
    async with speaking(*READING, "files:write") as scene:
        place = Destination(team=TEAM_ID, channel=channel)
        bulk = await scene.shown(a_bulk(total=500, destination=place))
        home = home_of(bulk)
        files = ResultFiles(client=scene.client, session=scene.client.session)  # type: ignore[arg-type]
        for name, trace in (("other.csv", Trace.NONE), (file_name(bulk, EN), Trace.FOUND)):
            lines = one_by_one([b"x"])
            assert Delivery.SENT is await shared(files, lines, name=name, title="t", place=home)
            assert trace is await scene.speaker.trace_result(over(bulk))


@dataclass(frozen=True, kw_only=True)
class Giving:
    """A list of two calls of a file, which ended in a thread of the channel."""

    scene: Speaking
    bulk: Bulk

    async def deliver(self, bulk: Bulk | None = None) -> Report:
        """Deliver its columns."""
        return await self.scene.speaker.deliver_columns(bulk or self.bulk)

    @property
    def own(self) -> list[tuple[str, int]]:
        """The text, and the number of the files, of each message to its asker."""
        messages = self.scene.messages
        return [(one.text, len(one.files)) for one in messages if one.channel == DIRECT]

    @property
    def sheets(self) -> list[str]:
        """The files of results in Slack."""
        files = [file for one in self.scene.messages for file in one.files]
        found = [self.scene.slack.files.find(str(file["id"])) for file in files]
        return [one.content.decode("utf-8-sig") for one in found if one is not None]


@asynccontextmanager
async def giving(*scopes: str) -> AsyncIterator[Giving]:
    """Attach the file, read it, and show the list."""
    content = "Nome;IDMSG\r\nAna;MPG000000000000\r\nBia;MPG000000000001\r\n"
    async with (
        speaking("files:read", *scopes) as scene,
        aiohttp.ClientSession() as session,
    ):
        person, client = person_over_socket(scene.slack), scene.client
        said = await person.say("my list", files=[{"name": "list.csv", "content": content}])
        attached = AttachedFiles(client=client, session=session, reading=FileReading())
        message = {"files": [dict(said.files[0])]}
        found = await attached.read(message, user=USER_ID, max_ids=2)
        files = ResultFiles(client=client, session=session)
        scene.speaker, scene.total = replace(scene.speaker, files=files, attached=attached), 2
        shown = await scene.shown(a_bulk(total=2, file=found.id, digest=found.digest, attempts=1))
        yield Giving(scene=scene, bulk=over(shown))


WITH_COLUMNS: Final = (say("bulk.file.with_columns"), 0)
WITHOUT: Final = (say("bulk.file.no_columns"), 0)


async def test_the_columns_go_to_the_asker_alone() -> None:
    """A message says so, the file stands below it, and a retry finds it."""
    async with giving(*READING, "files:write") as given:
        await given.scene.speaker.deliver_results(given.bulk)
        assert Report(delivery=Delivery.SENT) == await given.deliver()
        assert 0 == given.scene.called("conversations.open")

        assert [WITH_COLUMNS, ("", 1)] == given.own
        assert [False, True] == ["Ana" in one for one in given.sheets]
        assert Trace.FOUND is await given.scene.speaker.trace_columns(given.bulk)
        assert [] == given.scene.slack.pings


async def test_columns_that_were_announced_before_a_crash_are_not_again() -> None:
    """The next attempt finds the message, and puts the file below it."""
    async with giving(*READING, "files:write") as given:
        given.scene.slack.fail_next("files.completeUploadExternal", error="internal_error")
        assert Delivery.SENT is not (await given.deliver()).delivery
        assert [WITH_COLUMNS] == given.own
        assert Trace.NONE is await given.scene.speaker.trace_columns(given.bulk)
        again = replace(given.bulk, attempts=2)
        assert Delivery.SENT is (await given.deliver(again)).delivery
        assert [WITH_COLUMNS, ("", 1)] == given.own


async def test_without_its_file_the_asker_is_told_once() -> None:
    """No second file comes, and a retry says nothing new."""
    async with giving(*READING, "files:write") as given:
        given.scene.slack.files.delete(str(given.bulk.file))
        for attempts in (1, 2):
            report = await given.deliver(replace(given.bulk, attempts=attempts))
            assert Report(delivery=Delivery.SENT) == report

        assert [WITHOUT] == given.own


async def test_a_file_that_cannot_be_read_now_is_waited_for() -> None:
    """For a few attempts; then the result comes without it."""
    async with giving("files:write") as given:
        given.scene.slack.fail_next("files.info", error="internal_error", times=2)
        for attempts, delivery, own in ((4, Delivery.NOT_SENT, []), (5, Delivery.SENT, [WITHOUT])):
            report = await given.deliver(replace(given.bulk, attempts=attempts))
            assert (delivery, own) == (report.delivery, given.own)


async def test_without_the_scope_for_files_nothing_is_announced() -> None:
    """Nor is it with results that cannot be read, which a retry may."""
    async with giving() as given:
        assert Delivery.UNDELIVERABLE is (await given.deliver()).delivery
        given.scene.away = True
        assert Delivery.NOT_SENT is (await given.deliver()).delivery
        assert [] == given.own


async def test_columns_that_make_the_file_too_large_are_left_out() -> None:
    """It says so."""
    async with giving("files:write") as given:
        speaker = replace(given.scene.speaker, files=given.scene)  # type: ignore[arg-type]
        given.scene.speaker = speaker
        assert Report(delivery=Delivery.SENT) == await given.deliver()
        assert [WITHOUT] == given.own
        assert [True] == given.scene.in_memory


async def test_the_columns_of_one_file_at_a_time_are_in_memory(scene: Speaking) -> None:
    """Many lists may end at once."""
    bulk = over(await scene.shown(a_bulk(file="F1", digest="0f", attempts=1)))
    deliver = scene.speaker.deliver_columns
    reports = await asyncio.gather(deliver(bulk), deliver(replace(bulk, id="e" * 16)))

    assert [Report(delivery=Delivery.SENT)] * 2 == [*reports]
    assert [1, 1] == scene.reading


@pytest.mark.parametrize("gone", [False, True])
async def test_a_list_of_direct_messages_has_one_file(gone: bool) -> None:
    """With the columns, or it says why there are none; nothing follows it."""
    async with giving(*READING, "files:write") as given:
        bulk = replace(given.bulk, card=None, destination=direct_to(given.bulk))
        bulk = over(await given.scene.shown(bulk))
        if gone:
            given.scene.slack.files.delete(str(bulk.file))
        assert Report(delivery=Delivery.SENT) == await given.scene.speaker.deliver_results(bulk)
        assert Report(delivery=Delivery.SENT) == await given.deliver(bulk)

        assert [("", WITHOUT[0])[gone]] == [text for text, files in given.own if files]
        assert [not gone] == ["Ana" in one for one in given.sheets]
        assert Trace.FOUND is await given.scene.speaker.trace_result(bulk)


async def test_a_file_of_direct_messages_waits_for_its_columns() -> None:
    """If Slack does not give the list now."""
    async with giving("files:write") as given:
        bulk = replace(given.bulk, card=None, destination=direct_to(given.bulk))
        bulk = over(await given.scene.shown(bulk))
        given.scene.slack.fail_next("files.info", error="internal_error")
        report = await given.scene.speaker.deliver_results(bulk)
        assert (Delivery.NOT_SENT, []) == (report.delivery, given.sheets)
