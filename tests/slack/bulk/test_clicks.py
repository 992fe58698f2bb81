"""The buttons on the cards of lists: stop, watch, page through; and who may click them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import CHANNEL_ID, OTHER_USER_ID, USER_ID
from bot.settings.settings import Mode
from tests.slack.listing import MIXED, REPORT, begun, checked, press, reports
from tests.slack.watching import (
    SWIFT,
    buttons_of,
    end_waiting,
    expect_rings,
    saying,
    shown,
    until,
    waiting,
)
from tests.support.reading import in_view, seen
from tests.support.scene import Scene, Stages
from tests.support.wording import REFUSED, phrase, say

# Two calls are answered, two block the gateway until the end of a test, six are queued.
NEVER_DONE = [f"SANDBOX-SLOW-{seconds}" for seconds in range(60, 68)]
SLOW = " ".join(("SANDBOX-OK", "SANDBOX-BUSY", *NEVER_DONE))
STOPPED = say("bulk.over.stopped", asked=2, total=10)
NOT_YOURS = say("bulk.note.not_yours_title")
PAGE = phrase("bulk.page.title")


@pytest.fixture
async def ways(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot without delays."""
    async with stages.scene(mode, timing=SWIFT) as scene:
        yield scene


@pytest.fixture
async def slow(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot that sends the gateway two requests at a time."""
    async with stages.scene(
        mode, timing=SWIFT, gateway_max_concurrency=2, gateway_timeout_seconds=60
    ) as scene:
        yield scene


async def slow_card(ways: Scene) -> Message:
    """Start a list that never finishes, and wait until the gateway blocks it."""
    await begun(ways, SLOW)
    await until(lambda: len(ways.asked) == 4)
    return await shown(ways, say("bulk.heading", count=10))


async def test_the_asker_stops_a_list_and_what_is_known_is_reported(slow: Scene) -> None:
    """Its card shows that, and no other note comes; a second click has no effect."""
    card = await slow_card(slow)
    name = str(buttons_of(card)["bulk_stop"]["value"])
    await slow.person.click(card, "bulk_stop")

    report = await shown(slow, say("bulk.report.stopped", asked=2, total=10))
    assert [await shown(slow, STOPPED), report] == slow.slack.messages
    await press(slow.person, card, "bulk_stop", name)
    await shown(slow, say("bulk.note.over_title"))
    assert [report] == reports(slow)
    assert 4 == len(slow.asked)
    expect_rings(slow, USER_ID)


@pytest.mark.parametrize(("text", "asked"), [(SLOW, 2), (" ".join(NEVER_DONE), 0)])
async def test_a_stopped_list_shows_what_was_looked_up(slow: Scene, text: str, asked: int) -> None:
    """Its pages have no other calls; without any, a note says so."""
    await begun(slow, text)
    await until(lambda: len(slow.asked) == asked + 2)
    total = len(text.split())
    await slow.person.click(await shown(slow, say("bulk.heading", count=total)), "bulk_stop")
    report = await shown(slow, say("bulk.report.stopped", asked=asked, total=total))
    await slow.person.click(report, "bulk_page_show")
    if asked:
        page = await shown(slow, say("bulk.page.title", page=1, pages=1))
        assert "SANDBOX-BUSY" in seen(page)
        assert NEVER_DONE[0] not in seen(page)
    else:
        await shown(slow, say("bulk.note.no_results_title"))
    expect_rings(slow, USER_ID)


async def test_others_see_no_button_and_can_stop_nothing(slow: Scene) -> None:
    """A forged click shows that the list is another user's; the list goes on."""
    card = await slow_card(slow)
    button = buttons_of(card)["bulk_stop"]
    assert [USER_ID] == button["visible_to_user_ids"]
    await press(slow.person.as_user(OTHER_USER_ID), card, "bulk_stop", str(button["value"]))

    told = await shown(slow, NOT_YOURS)
    assert told.ephemeral
    assert OTHER_USER_ID == told.user
    assert [] == saying(slow, STOPPED)


async def test_a_forged_name_stops_nothing(slow: Scene) -> None:
    """A malformed id, and the id of no list."""
    card = await slow_card(slow)
    await press(slow.person, card, "bulk_stop", "'; drop table bulk")
    await press(slow.person, card, "bulk_stop", "f" * 16)
    await shown(slow, NOT_YOURS)
    await slow.running.work.idle()

    assert 1 == len(saying(slow, NOT_YOURS))
    assert [] == saying(slow, STOPPED)


async def test_a_fourth_list_has_no_room_and_stays_in_the_form(slow: Scene) -> None:
    """A note says so, the pasted text stays, and the gateway gets no request."""
    for number in range(3):
        await begun(slow, f"{SLOW} SANDBOX-00{number}")
    view = await checked(slow, "SANDBOX-404")
    refused = await slow.person.submit(view)

    assert refused.view is not None
    assert say("bulk.note.no_room_title") in in_view(refused.view)
    assert "SANDBOX-404" in str(refused.view.content)
    assert "SANDBOX-404" not in slow.asked


async def test_who_may_not_ask_gets_no_form_and_no_list(mode: Mode, stages: Stages) -> None:
    """The access rules are those of a single look-up."""
    async with stages.scene(mode, allowed_users=OTHER_USER_ID) as ways:
        note = await ways.answer("bulk SANDBOX-OK")

        assert REFUSED in seen(note)
        assert [] == ways.slack.modals_of(USER_ID)


async def test_the_pending_calls_of_a_list_are_watched_with_one_press(ways: Scene) -> None:
    """The asker sees how many, and where they are listed."""
    idmsg = waiting()
    await begun(ways, "\n".join((*MIXED, idmsg)))
    report = await shown(ways, REPORT)
    await ways.person.click(report, "bulk_watch")

    told = await shown(ways, say("bulk.note.watching_title", count=2))
    assert told.ephemeral
    await ways.type("watches")
    listed = await shown(ways, say("watches.title"))
    assert "SANDBOX-FOREVER" in seen(listed)
    assert idmsg in seen(listed)
    assert {f"<@{USER_ID}>", f"<#{CHANNEL_ID}>"} == {p.markup for p in ways.slack.pings}
    ways.slack.pings.clear()


async def test_what_has_got_its_status_meanwhile_is_not_watched_again(ways: Scene) -> None:
    """A second click sends no second notice."""
    idmsg = waiting()
    await begun(ways, f"SANDBOX-OK {idmsg}")
    report = await shown(ways, REPORT)
    end_waiting(ways)
    await ways.answer(idmsg)
    await ways.person.click(report, "bulk_watch")

    await shown(ways, say("bulk.note.none_pending_title"))
    expect_rings(ways, USER_ID)


async def test_all_results_are_leafed_through(ways: Scene) -> None:
    """The first page is posted beside the report, for the asker; other pages replace it."""
    await begun(ways, " ".join(f"SANDBOX-failed.{code}" for code in range(400, 441)))
    report = await shown(ways, REPORT)
    expect_rings(ways, USER_ID)
    await ways.person.click(report, "bulk_page_show")
    page = await shown(ways, say("bulk.page.title", page=1, pages=2))

    assert page.ephemeral
    assert "SANDBOX-failed.400" in seen(page)
    assert "SANDBOX-failed.439" in seen(page)
    assert "SANDBOX-failed.440" not in seen(page)
    await ways.person.click(page, "bulk_page_next")
    second = await shown(ways, say("bulk.page.title", page=2, pages=2))
    assert "SANDBOX-failed.440" in seen(second)
    assert "SANDBOX-failed.439" not in seen(second)
    assert [second] == saying(ways, PAGE)


@pytest.mark.parametrize("page", ["0123456789abcdef:1", "{own}:0", "{own}:2"])
async def test_a_page_that_is_not_there_is_not_shown(ways: Scene, page: str) -> None:
    """Of no list, or before the first page or after the last one."""
    await begun(ways, "SANDBOX-OK SANDBOX-BUSY")
    report = await shown(ways, REPORT)
    expect_rings(ways, USER_ID)
    own = reports(ways)[0].metadata
    assert own is not None
    value = page.format(own=own["event_payload"]["bulk"])
    await press(ways.person, report, "bulk_page_next", value)

    await shown(ways, NOT_YOURS)
    assert [] == saying(ways, PAGE)


async def test_a_list_that_the_gateway_refuses_is_told_as_such(ways: Scene) -> None:
    """None of its calls is reported as failed."""
    await begun(ways, "SANDBOX-019 SANDBOX-OK")
    await shown(ways, phrase("bulk.report.refused", total=2))
    (report,) = reports(ways)

    assert say("count.failed", count=1) not in seen(report)
    expect_rings(ways, USER_ID)
