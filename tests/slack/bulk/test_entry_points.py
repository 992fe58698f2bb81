"""A list from the pasted text to the report, on every surface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import MOST_CALLS_A_DAY, Bulk
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Bounds
from bot.fake_slack.people.person import Outcome
from bot.fake_slack.state.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    TEAM_ID,
    USER_ID,
)
from bot.settings.settings import Mode
from tests.slack.listing import DONE, MIXED, REPORT, begun, checked, form, reports
from tests.slack.watching import SWIFT, buttons_of, expect_rings, saying, shown
from tests.support.reading import heading, in_view, seen, where
from tests.support.scene import Scene, Stages
from tests.support.wording import EN, phrase, say


@pytest.fixture
async def ways(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot without delays."""
    async with stages.scene(mode, timing=SWIFT) as scene:
        yield scene


def found(count: int) -> str:
    """The text in the modal about so many calls."""
    return say("bulk.modal.found", count=count)


async def test_a_pasted_list_is_checked_begun_and_reported_in_its_thread(ways: Scene) -> None:
    """The modal shows the ids; then a card is posted, and the report below it."""
    view = await checked(ways, "\n".join((*MIXED, "SANDBOX-OK", "hello")))
    assert found(8) in in_view(view)
    assert say("bulk.doubles", count=1) in in_view(view)
    assert phrase("bulk.modal.ignored_line", number=10, text="hello").search(in_view(view))
    assert f"<#{CHANNEL_ID}>" in in_view(view)
    assert ways.asked == []

    assert Outcome.CLEARED is (await ways.person.submit(view)).action

    report = await shown(ways, REPORT)
    card = await shown(ways, DONE)
    share = EN.writing.share(2, 7)
    assert (CHANNEL_ID, None) == (card.channel, card.thread_ts)
    assert say("bulk.heading", count=8) == heading(card)
    assert (CHANNEL_ID, card.ts) == (report.channel, report.thread_ts)
    assert say("bulk.report.rate", share=share, answered=2, count=7) in seen(report)
    assert EN.sip(486).heading in seen(report)
    assert say("count.pending", count=1) in seen(report)
    assert sorted(MIXED) == sorted(str(one) for one in ways.asked)
    assert [report] == reports(ways)
    expect_rings(ways, USER_ID)
    assert "stop" not in str(buttons_of(card))


async def test_nothing_begins_before_it_was_shown(ways: Scene) -> None:
    """A list that was edited after the check is checked again."""
    view = await checked(ways, "SANDBOX-OK")
    changed = await ways.person.submit(view, {"bulk_ids": "SANDBOX-OK SANDBOX-BUSY"})

    assert changed.action is Outcome.UPDATED
    assert changed.view is not None
    assert found(2) in in_view(changed.view)
    assert [] == ways.asked


async def test_a_list_that_is_too_long_for_the_form_is_cut_after_an_id(ways: Scene) -> None:
    """Which says where; what is shown is what is in the field, and what begins."""
    ids = [f"MPG{number:012}" for number in range(300)]
    view = await form(ways, "\n".join(ids))

    assert found(187) in in_view(view)
    assert say("bulk.modal.cut_title") in in_view(view)
    assert say("bulk.modal.cut", last=ids[186]) in in_view(view)
    assert ids[:187] == view.content["blocks"][-2]["element"]["initial_value"].split()

    assert Outcome.CLEARED is (await ways.person.submit(view)).action


async def test_what_holds_no_id_stays_in_the_form(ways: Scene) -> None:
    """The error is below the field, and the user can correct the text."""
    submission = await ways.person.submit(await form(ways), {"bulk_ids": "nothing here"})

    assert submission.action is Outcome.ERRORS
    assert {"bulk_ids"} == set(submission.errors)


async def test_where_the_bot_is_no_member_all_of_it_comes_directly(ways: Scene) -> None:
    """Card and report are posted as direct messages, without a mention."""
    await begun(ways, "SANDBOX-OK SANDBOX-BUSY", channel=CHANNEL_WITHOUT_BOT_ID)

    report = await shown(ways, REPORT)
    assert (ways.person.direct_channel, None, False) == where(report)
    assert "SANDBOX-BUSY" in seen(report)
    ways.expect_refusals("chat.postMessage: not_in_channel")


async def test_a_list_from_the_app_home_comes_directly(ways: Scene) -> None:
    """It has no conversation, so the modal says that the report is a direct message."""
    await ways.person.open_home()
    await ways.person.click(await ways.home(), "home_bulk_open")
    view = await ways.modal()
    assert say("bulk.modal.to_you") in in_view(view)
    submission = await ways.person.submit(view, {"bulk_ids": "SANDBOX-OK SANDBOX-BUSY"})
    assert submission.view is not None
    await ways.person.submit(submission.view)

    report = await shown(ways, REPORT)
    assert ways.person.direct_channel == report.channel


async def test_words_after_the_command_word_are_checked_at_once(ways: Scene) -> None:
    """The modal opens with the list and the ids found."""
    view = await form(ways, "SANDBOX-OK SANDBOX-BUSY")

    assert found(2) in in_view(view)
    await ways.person.submit(view)
    await shown(ways, REPORT)
    expect_rings(ways, USER_ID)


async def test_a_mention_is_answered_with_a_button_that_opens_the_form(ways: Scene) -> None:
    """Slack sends no `trigger_id` with a message; the asker clicks the button."""
    note = await ways.comes_of(ways.person.say(f"{BOT_MENTION} bulk"))
    assert note.ephemeral
    await ways.person.click(note, "bulk_open")

    assert say("bulk.modal.title") == (await ways.modal()).content["title"]["text"]


async def test_more_ids_than_a_command_takes_are_offered_as_a_list(ways: Scene) -> None:
    """One click opens the modal with the ids, checked."""
    ids = " ".join(f"SANDBOX-failed.{code}" for code in range(400, 411))
    note = await ways.answer(ids)
    await ways.person.click(note, "bulk_open")

    assert found(11) in in_view(await ways.modal())
    assert [] == saying(ways, REPORT)


async def test_where_all_can_read_it_the_offer_is_the_askers_alone(ways: Scene) -> None:
    """Another user's click would start the list as theirs."""
    ids = " ".join(f"SANDBOX-failed.{code}" for code in range(400, 411))
    note = await ways.comes_of(ways.person.say(f"{BOT_MENTION} {ids}"))

    assert not note.ephemeral
    assert [USER_ID] == buttons_of(note)["bulk_open"]["visible_to_user_ids"]


async def test_a_person_who_has_had_enough_lists_today_is_told_so_kindly(ways: Scene) -> None:
    """The form stays with its text; nothing is looked up."""
    before = Bulk(
        id="0123456789abcdef",
        user=USER_ID,
        destination=Destination(team=TEAM_ID, channel=CHANNEL_ID),
        total=MOST_CALLS_A_DAY - 1,
        started_at=(now := datetime.now(UTC)),
        due_at=now,
        ended_at=now,
    )
    bounds = Bounds(user=9, all=9)
    await ways.running.stores.bulks.add(before, [MessageId("SANDBOX-OK")], (), bounds)
    view = await checked(ways, " ".join(MIXED))

    again = (await ways.person.submit(view)).view
    assert again is not None
    assert say("bulk.note.full_day", limit=MOST_CALLS_A_DAY) in in_view(again)
    assert MIXED[0] in str(again.content)
    assert [] == ways.asked
