"""A list from the pasting to the report, on every way in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from listing import DONE, MIXED, REPORT, begun, checked, form, reports, said, saying
from scene import heading, seen
from watching import buttons_of, expect_rings
from ways import Ways, in_view, visiting

from bot.demo.loopback.workspace import BOT_MENTION, CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID, USER_ID
from bot.demo.person import Outcome
from bot.settings import Mode


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot in both modes."""
    async with visiting(mode) as scene:
        yield scene


async def test_a_pasted_list_is_checked_begun_and_reported_in_its_thread(ways: Ways) -> None:
    """What was found is shown first; then one card in the channel, and the report below it."""
    view = await checked(ways, "\n".join((*MIXED, "SANDBOX-OK", "hello")))
    assert "8 calls are looked up." in in_view(view)
    assert "1 repetition is left out" in in_view(view)
    assert "Line 10, `hello`" in in_view(view)
    assert f"<#{CHANNEL_ID}>" in in_view(view)
    assert ways.asked == []

    told = await ways.person.submit(view)
    assert told.view is not None
    assert "I have begun with the list" in in_view(told.view)

    report = await said(ways, REPORT)
    card = await said(ways, DONE)
    assert (CHANNEL_ID, None) == (card.channel, card.thread_ts)
    assert "📋 8 calls" == heading(card)
    assert (CHANNEL_ID, card.ts) == (report.channel, report.thread_ts)
    assert "*Answer rate: 28.6%*" in seen(report)
    assert "2 of the 7 calls that have a final status were answered." in seen(report)
    assert "the line was busy.*\n2 calls (25%)" in seen(report)
    assert "1 call has no status yet.* That is not a failure." in seen(report)
    assert sorted(MIXED) == sorted(str(one) for one in ways.asked)
    assert [report] == reports(ways)
    expect_rings(ways, USER_ID)
    assert "stop" not in str(buttons_of(card))


async def test_nothing_begins_before_it_was_shown(ways: Ways) -> None:
    """A list that was changed after it was checked is checked again."""
    view = await checked(ways, "SANDBOX-OK")
    changed = await ways.person.submit(view, {"bulk_ids": "SANDBOX-OK SANDBOX-BUSY"})

    assert changed.action is Outcome.UPDATED
    assert changed.view is not None
    assert "2 calls are looked up." in in_view(changed.view)
    assert [] == ways.asked


async def test_what_holds_no_id_stays_in_the_form(ways: Ways) -> None:
    """The error stands under the field, and what was pasted can be put right."""
    submission = await ways.person.submit(await form(ways), {"bulk_ids": "nothing here"})

    assert submission.action is Outcome.ERRORS
    assert {"bulk_ids"} == set(submission.errors)


async def test_where_the_bot_is_no_member_all_of_it_comes_directly(ways: Ways) -> None:
    """Card and report stand in the direct conversation, and nobody is called."""
    await begun(ways, "SANDBOX-OK SANDBOX-BUSY", channel=CHANNEL_WITHOUT_BOT_ID)

    report = await said(ways, REPORT)
    direct = ways.person.direct_channel
    assert (direct, True) == (report.channel, report.thread_ts is not None)
    assert "SANDBOX-BUSY" in seen(report)
    ways.expect_refusals("chat.postMessage: not_in_channel")


async def test_a_list_from_the_app_home_comes_directly(ways: Ways) -> None:
    """There is no conversation, so the form says that it comes in a direct message."""
    await ways.person.open_home()
    await ways.person.click(await ways.home(), "home_bulk_open")
    view = await ways.modal()
    assert "come to you in a direct message" in in_view(view)
    shown = await ways.person.submit(view, {"bulk_ids": "SANDBOX-OK SANDBOX-BUSY"})
    assert shown.view is not None
    await ways.person.submit(shown.view)

    report = await said(ways, REPORT)
    assert ways.person.direct_channel == report.channel


async def test_words_after_the_command_word_are_checked_at_once(ways: Ways) -> None:
    """The form opens with the list in it and what was found."""
    view = await form(ways, "SANDBOX-OK SANDBOX-BUSY")

    assert "2 calls are looked up." in in_view(view)
    assert ways.person is not None
    await ways.person.submit(view)
    await said(ways, REPORT)
    expect_rings(ways, USER_ID)


async def test_a_mention_is_answered_with_a_button_that_opens_the_form(ways: Ways) -> None:
    """Slack lets no form be opened from a message; the asker presses the button."""
    note = await ways.comes_of(ways.person.say(f"{BOT_MENTION} bulk"))
    assert note.ephemeral
    await ways.person.click(note, "bulk_open")

    assert "Look up a list" in str((await ways.modal()).content["title"])


@pytest.mark.parametrize("count", [11, 40])
async def test_more_ids_than_a_command_takes_are_offered_as_a_list(ways: Ways, count: int) -> None:
    """One press, and they are in the form, checked."""
    ids = " ".join(f"SANDBOX-failed.{code}" for code in range(400, 400 + count))
    note = await ways.answer(ids)
    await ways.person.click(note, "bulk_open")

    assert f"{count} calls are looked up." in in_view(await ways.modal())
    assert [] == saying(ways, REPORT)
