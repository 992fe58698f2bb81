"""What people press on the cards of lists: stop, watch, leaf; and who may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from listing import MIXED, REPORT, begun, checked, press, reports, said, saying
from scene import seen
from watching import PATIENCE, buttons_of, expect_rings
from ways import REFUSED, Ways, in_view, visiting, where

from bot.demo.loopback.workspace import CHANNEL_ID, OTHER_USER_ID, USER_ID
from bot.settings import Mode

# So slow that a person has time to press something.
SLOW = " ".join(f"SANDBOX-failed.{code}" for code in range(400, 460))


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot in both modes whose gateway may be asked twice a second."""
    async with visiting(mode, gateway_requests_per_second=2) as scene:
        yield scene


async def slow_card(ways: Ways) -> str:
    """Begin a list that takes long; the name that its card's button carries."""
    await begun(ways, SLOW)
    card = await said(ways, "You need not wait")
    return str(buttons_of(card)["bulk_stop"]["value"])


async def test_the_asker_stops_a_list_and_what_is_known_is_reported(ways: Ways) -> None:
    """The rest is not asked about, and that is said; a second press does no harm."""
    name = await slow_card(ways)
    card = await said(ways, "You need not wait")
    await ways.person.click(card, "bulk_stop")
    await said(ways, "I ask no further")

    report = await said(ways, "The list was stopped")
    assert "calls were not asked about." in seen(report)
    assert "Stopped:" in seen(await said(ways, "⏹️ Stopped"))
    asked = len(ways.asked)
    await press(ways.person, card, "bulk_stop", name)
    await said(ways, "There is nothing to stop")
    assert [report] == reports(ways)
    assert asked == len(ways.asked) < 60
    expect_rings(ways, USER_ID)


async def test_others_see_no_button_and_can_stop_nothing(ways: Ways) -> None:
    """Who puts the click together by hand is told whose list it is, and it goes on."""
    name = await slow_card(ways)
    card = await said(ways, "You need not wait")
    assert [USER_ID] == buttons_of(card)["bulk_stop"]["visible_to_user_ids"]
    bruno = ways.person.as_user(OTHER_USER_ID)
    await press(bruno, card, "bulk_stop", name)

    told = await said(ways, "This list is somebody else's")
    assert told.ephemeral
    assert OTHER_USER_ID == told.user
    assert [] == saying(ways, "⏹️ Stopped")


@pytest.mark.parametrize("value", ["", "x", "0123456789abcdeg", "f" * 16, "'; drop table bulk"])
async def test_a_forged_name_stops_nothing(ways: Ways, value: str) -> None:
    """Neither a text that is no name nor the name of no list."""
    await slow_card(ways)
    card = await said(ways, "You need not wait")
    await press(ways.person, card, "bulk_stop", value)

    if value == "f" * 16:
        await said(ways, "This list is somebody else's")
    assert [] == saying(ways, "⏹️ Stopped")


async def test_a_fourth_list_has_no_room_and_stays_in_the_form(ways: Ways) -> None:
    """It is said kindly, what was pasted is kept, and nothing of it is asked."""
    for number in range(3):
        await begun(ways, f"{SLOW} SANDBOX-00{number}")
    view = await checked(ways, "SANDBOX-SLOW-9")
    refused = await ways.person.submit(view)

    assert refused.view is not None
    assert "You have lists enough open already" in in_view(refused.view)
    assert "SANDBOX-SLOW-9" in str(refused.view.content)
    assert "SANDBOX-SLOW-9" not in ways.asked


async def test_who_may_not_ask_gets_no_form_and_no_list(mode: Mode) -> None:
    """The same rules as for a single look-up, and a row in the audit for the refusal."""
    async with visiting(mode, allowed_users=OTHER_USER_ID) as ways:
        note = await ways.answer("bulk SANDBOX-OK")

        assert REFUSED in seen(note)
        assert [] == ways.slack.modals_of(USER_ID)


async def test_the_pending_calls_of_a_list_are_watched_with_one_press(mode: Mode) -> None:
    """For the one who asked; how many, and where they are listed, is said."""
    async with visiting(mode) as ways:
        await begun(ways, "\n".join((*MIXED, "SANDBOX-PENDING-900")))
        report = await said(ways, REPORT)
        await ways.person.click(report, "bulk_watch")

        told = await said(ways, "I am watching 2 calls of the list")
        assert told.ephemeral
        await ways.type("watches")
        listed = await said(ways, "Calls that I am watching for you")
        assert "SANDBOX-FOREVER" in seen(listed)
        assert "SANDBOX-PENDING-900" in seen(listed)
        assert {f"<@{USER_ID}>", f"<#{CHANNEL_ID}>"} == {p.markup for p in ways.slack.pings}
        ways.slack.pings.clear()


async def test_what_has_got_its_status_meanwhile_is_not_watched_again(mode: Mode) -> None:
    """A second press tells nothing twice."""
    async with visiting(mode) as ways:
        await begun(ways, "SANDBOX-OK SANDBOX-PENDING-1")
        report = await said(ways, REPORT)
        await asyncio.sleep(1)
        await ways.answer("SANDBOX-PENDING-1")
        await ways.person.click(report, "bulk_watch")

        await said(ways, "Nothing is pending any more")
        expect_rings(ways, USER_ID)


async def test_all_results_are_leafed_through(mode: Mode) -> None:
    """The first page stands beside the report for the one who pressed; others replace it."""
    async with visiting(mode) as ways:
        ids = [f"SANDBOX-failed.{code}" for code in range(400, 499)]
        await begun(ways, " ".join(ids))
        report = await said(ways, REPORT)
        expect_rings(ways, USER_ID)
        await ways.person.click(report, "bulk_page_show")
        page = await said(ways, "All results, page 1 of 3")

        assert page.ephemeral
        assert "SANDBOX-failed.400" in seen(page)
        await ways.person.click(page, "bulk_page_next")
        second = await said(ways, "All results, page 2 of 3")
        assert "SANDBOX-failed.440" in seen(second)
        assert [] == saying(ways, "All results, page 1 of 3")


async def test_a_long_list_without_a_file_comes_as_pages_in_the_thread(mode: Mode) -> None:
    """Ids are shortened there, since everybody reads them."""
    async with visiting(mode) as ways:
        ids = [f"SANDBOX-failed.{code}" for code in range(400, 500)]
        await begun(ways, " ".join(ids))
        pages = await said(ways, "All results, page 1 of 3")
        card = await said(ways, "All of them were asked about.")

        assert (CHANNEL_ID, card.ts, False) == where(pages)
        assert "SAND….400" in seen(pages)
        assert "SANDBOX-failed" not in seen(pages)
        expect_rings(ways, USER_ID)


@pytest.mark.parametrize("value", ["", "x:1", "0123456789abcdef:1", "0123456789abcdef:0"])
async def test_a_forged_page_shows_nothing(mode: Mode, value: str) -> None:
    """Whatever stands in the value."""
    async with visiting(mode) as ways:
        await begun(ways, "SANDBOX-OK SANDBOX-BUSY")
        report = await said(ways, REPORT)
        expect_rings(ways, USER_ID)
        await press(ways.person, report, "bulk_page_next", value)
        await ways.answer("SANDBOX-404")
        await asyncio.sleep(0)

        assert [] == saying(ways, "All results, page")


async def test_a_list_that_the_gateway_refuses_is_told_as_such(mode: Mode) -> None:
    """Not one of its calls is told as failed."""
    async with visiting(mode) as ways:
        await begun(ways, "SANDBOX-019 SANDBOX-OK")
        report = await said(ways, "The gateway refuses this bot")
        await ways.slack.wait_for(lambda: bool(reports(ways)), PATIENCE)
        report = reports(ways)[0]

        assert "not completed" not in seen(report)
        assert "says nothing about the others" in seen(report)
        expect_rings(ways, USER_ID)
