"""What a person does about watches that are open: for how long, no longer, the list, the page."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
from scene import COMMAND, heading, seen
from watching import BEGUN, buttons_of, mentioned, notices, shown, watching
from ways import DATABASE, Ways, audited, hashed, where

from bot.demo.loopback.interactions import Interactions
from bot.demo.loopback.ledger import Message
from bot.demo.loopback.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    OTHER_USER_ID,
    STRANGER_USER_ID,
)
from bot.demo.person import Kind
from bot.settings import Mode
from bot.slack.watch_buttons import limit_of, watches_of

WAITS = "SANDBOX-PENDING-900"
NONE = "I am watching no call for you"
LIST = "Calls that I am watching for you"
STOPPED = "🔕 I have stopped watching this call"
AWAY = "I could not note that down"
FILE = "voicestatus-watches.db"
OVER = "That watch is over already"


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot whose watches look often, in both modes."""
    async with watching(mode) as scene:
        yield scene


async def begun(ways: Ways, idmsg: str = WAITS, **who: str) -> Message:
    """The note that says that a watch was begun."""
    before = len(ways.slack.messages)
    await ways.type(f"{idmsg} watch", **who)
    return await shown(ways, BEGUN, since=before)


async def after(ways: Ways, message: Message, action: str, text: str, value: Any = None) -> Message:
    """The message after a click, once it shows a text."""
    await ways.person.click(message, action, value=value)
    return await ways.latest(message, lambda m: text in seen(m))


async def test_another_time_can_be_chosen_with_one_click(ways: Ways) -> None:
    """The default is not offered again; the note is told anew, and there is one watch."""
    note = await begun(ways)
    longer = await after(ways, note, "watch_limit_1440", "Watch for 30 min")

    offered = ["watch_limit_60", "watch_limit_240", "watch_limit_1440", "watch_stop"]
    assert offered == list(buttons_of(note))
    assert ["watch_limit_30", *offered[:2], "watch_stop"] == list(buttons_of(longer))
    assert BEGUN == heading(longer)
    assert 1 == len(buttons_of(await ways.answer("watches")))


async def test_a_watch_can_be_stopped_at_once(ways: Ways) -> None:
    """Nothing comes of it any more."""
    note = await begun(ways, "SANDBOX-PENDING-4")
    stopped = await after(ways, note, "watch_stop", STOPPED)
    await asyncio.sleep(3.5)
    await ways.answer("SANDBOX-SLOW-1.5", patience=10)
    await asyncio.sleep(0.5)

    assert "`SANDBOX-PENDING-4`" in seen(stopped)
    assert {} == buttons_of(stopped)
    assert [] == notices(ways)


@pytest.mark.parametrize("action", ["watch_stop", "watch_limit_60"])
async def test_what_is_over_is_said_to_be_over(ways: Ways, action: str) -> None:
    """A click on an old note, or a second click, breaks nothing and begins nothing."""
    note = await begun(ways)
    pressed = forged(ways, note, action)
    await after(ways, note, "watch_stop", STOPPED)

    await ways.person.deliver(Kind.INTERACTIVE, pressed)
    again = await ways.latest(note, lambda m: heading(m) == OVER)

    assert "`/voicestatus watches` shows" in seen(again)
    assert NONE == heading(await ways.answer("watches"))


def forged(ways: Ways, message: Message, action: str, **changes: Any) -> dict[str, Any]:
    """A click as it was when the button was there, or with something else in it."""
    asking = Interactions(slack=ways.slack, user=ways.person.user, team=ways.person.team)
    payload = asking.click_in_message(message, action, None, None)
    payload["actions"][0] |= changes
    return payload


@pytest.mark.parametrize("typed", ["watches", "avisos", "acompanhamentos"])
async def test_the_list_of_nobody_says_how_to_begin(ways: Ways, typed: str) -> None:
    """For the asker alone."""
    note = await ways.answer(typed)

    assert NONE == heading(note)
    assert "`/voicestatus IDMSG watch`" in seen(note)
    assert note.ephemeral


async def test_the_list_names_each_call_since_when_until_when_and_where(ways: Ways) -> None:
    """The oldest first, each with its own button; nobody else's."""
    await begun(ways)
    await mentioned(ways, "SANDBOX-FOREVER watch")
    await shown(ways, "`SANDBOX-FOREVER`: as soon as")
    await begun(ways, "SANDBOX-PENDING-800", user=OTHER_USER_ID)
    listed = await ways.answer("watches")
    ways.slack.pings.clear()

    first, second = (b["text"]["text"] for b in listed.blocks if "accessory" in b)
    assert LIST == heading(listed)
    assert f"`{WAITS}`\nSince <!date^" in first
    assert "I tell you directly" in first
    assert "`SANDBOX-FOREVER`\nSince <!date^" in second
    assert f"in its thread in <#{CHANNEL_ID}>" in second
    assert listed.ephemeral


async def test_one_of_the_list_can_be_cancelled_and_the_rest_stays(ways: Ways) -> None:
    """Cancelled twice, it is said to be over, and the list is shown all the same."""
    await begun(ways)
    await begun(ways, "SANDBOX-FOREVER")
    listed = await ways.answer("watches")
    pressed = listed.blocks[1]["accessory"]["value"]

    left = await after(ways, listed, "watch_cancel", STOPPED, value=pressed)
    assert ["SANDBOX-FOREVER"] == [
        i for i in (WAITS, "SANDBOX-FOREVER") if f"`{i}`\n" in seen(left)
    ]

    again = forged(ways, left, "watch_cancel", value=pressed)
    await ways.person.deliver(Kind.INTERACTIVE, again)
    shows = await ways.latest(listed, lambda m: OVER in seen(m))
    assert "`SANDBOX-FOREVER`\n" in seen(shows)


async def test_the_list_is_private_wherever_it_is_asked_for(ways: Ways) -> None:
    """In a public thread only the asker sees it; in the conversation with the bot it is there."""
    await begun(ways)
    said = await ways.person.say("hello")
    in_thread = await ways.comes_of(ways.person.say(f"{BOT_MENTION} watches", thread_ts=said.ts))
    person = ways.person
    directly = await ways.comes_of(person.say("avisos", channel=person.direct_channel))

    assert (CHANNEL_ID, said.ts, True) == where(in_thread)
    assert (person.direct_channel, False) == (directly.channel, directly.ephemeral)
    assert [LIST] * 2 == [heading(one) for one in (in_thread, directly)]


async def test_the_list_of_a_direct_message_can_be_used_as_well(ways: Ways) -> None:
    """It changes where it stands."""
    await begun(ways)
    person = ways.person
    listed = await ways.comes_of(person.say("watches", channel=person.direct_channel))

    left = await after(ways, listed, "watch_cancel", STOPPED)

    assert NONE in seen(left)


async def test_the_list_is_in_the_readers_language(mode: Mode) -> None:
    """Buttons too."""
    async with watching(mode, bot_language="pt-BR") as ways:
        before = len(ways.slack.messages)
        await ways.type(f"avisar {WAITS}")
        await shown(ways, "estou acompanhando esta chamada", since=before)
        listed = await ways.answer("avisos")

    assert "Chamadas que estou acompanhando para você" == heading(listed)
    assert "Aviso você diretamente." in seen(listed)
    assert "Cancelar" in seen(listed)


async def test_the_app_home_lists_watches_and_cancels_them(ways: Ways) -> None:
    """A second click on an old page finds nothing left to do."""
    await begun(ways)
    await ways.person.open_home()
    page = await ways.home(shows=f"`{WAITS}`\nSince")
    value = next(
        b["accessory"]["value"]
        for b in page.content["blocks"]
        if WAITS in str(b.get("text")) and "accessory" in b
    )
    asking = Interactions(slack=ways.slack, user=ways.person.user, team=ways.person.team)
    pressed = asking.click_in_view(page, "home_watch_cancel", None, value)

    await ways.person.deliver(Kind.INTERACTIVE, pressed)
    empty = await ways.home(shows="While a call has no status, press *Watch*")
    await ways.person.deliver(Kind.INTERACTIVE, pressed)
    await ways.slack.wait_for(lambda: ways.slack.home_of(ways.person.user) != empty)

    assert NONE == heading(await ways.answer("watches"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"watch_max_per_user": 1}, "as many calls for you already as one person may have (1)"),
        ({"watch_max_per_channel": 1}, "as many answers as one place may wait for (1) are to come"),
        (
            {"watch_max_open": 1},
            "as many calls for everybody as the gateway can be asked about (1)",
        ),
    ],
    ids=["person", "place", "all"],
)
async def test_where_there_is_no_room_it_is_said_whose_and_what_to_do(
    mode: Mode, changes: dict[str, Any], told: str
) -> None:
    """The first is watched, the second is not."""
    async with watching(mode, **changes) as ways:
        await begun(ways)
        before = len(ways.slack.messages)
        await ways.type("SANDBOX-FOREVER watch")
        note = await shown(ways, told, since=before)

    assert "I cannot watch this now" == heading(note)
    assert {} == buttons_of(note)


async def test_somebody_elses_watch_cannot_be_touched(ways: Ways) -> None:
    """Its name alone gives no right to it."""
    note = await begun(ways)
    value = buttons_of(note)["watch_stop"]["value"]
    bruno = ways.person.as_user(OTHER_USER_ID)
    payload = forged(ways, note, "watch_stop")
    payload["user"] |= {"id": bruno.user}

    await bruno.deliver(Kind.INTERACTIVE, payload)
    await shown(ways, OVER)

    assert value == buttons_of(await ways.answer("watches"))["watch_cancel"]["value"]


@pytest.mark.parametrize("action", ["watch_limit_60", "watch_stop"])
async def test_who_lost_the_right_may_stop_but_not_go_on(ways: Ways, action: str) -> None:
    """Of another organisation, say; watching for longer is asking."""
    note = await begun(ways)
    payload = forged(ways, note, action)
    payload["user"] |= {"id": STRANGER_USER_ID, "team_id": "T0PARTNER01"}

    await ways.person.deliver(Kind.INTERACTIVE, payload)

    await shown(ways, OVER if action == "watch_stop" else "You may not look calls up here")


HOSTILE = {
    "no JSON": "0123456789abcdef",
    "no list": '{"a": 1}',
    "no texts": "[1, null]",
    "no names": json.dumps(["../../etc", "X" * 41, "0123456789ABCDEF"]),
    "deep": "[" * 2_000,
    "a number": 7,
    "a huge number": "[" + "9" * 1_990 + "]",
    "lone surrogate": '["\\ud800"]',
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
async def test_a_forged_value_names_no_watch(ways: Ways, value: Any) -> None:
    """It is as if there were nothing to stop."""
    note = await begun(ways)
    await ways.person.deliver(Kind.INTERACTIVE, forged(ways, note, "watch_stop", value=value))
    await ways.latest(note, lambda m: heading(m) == OVER)

    assert () == watches_of(value)
    assert LIST == heading(await ways.answer("watches"))


def test_only_the_limits_that_are_offered_can_be_chosen() -> None:
    """A forged action is none of ours."""
    assert [None] * 3 == [limit_of(one) for one in ("watch_limit_61", "card_watch", None)]


async def test_what_people_do_about_watches_is_in_the_audit(mode: Mode) -> None:
    """Begun and given up, by whom and by which way in; the id as its keyed hash."""
    async with watching(mode, database_url=DATABASE) as ways:
        note = await begun(ways)
        await after(ways, note, "watch_stop", STOPPED)
        kept = await audited(3)
        await begun(ways)
        await ways.person.open_home()
        page = await ways.home(shows=f"`{WAITS}`\nSince")
        await ways.person.click(page, "home_watch_cancel")
        await ways.home(shows="While a call has no status, press *Watch*")
        kept = await audited(6)

    found = {(entry.action, entry.surface, entry.user, entry.idmsg_hash) for entry in kept}
    who = (ways.person.user, hashed(WAITS))
    assert {
        ("lookup", "command", *who),
        ("watch", "command", *who),
        ("cancel", "button", *who),
        ("cancel", "home", *who),
    } == found


def lose_watches() -> None:
    """Let every statement about watches fail."""
    with closing(sqlite3.connect(FILE, isolation_level=None)) as connection:
        connection.execute("DROP TABLE watch")


async def test_a_database_that_is_away_is_said_kindly(mode: Mode) -> None:
    """Nothing was begun or given up, and that says nothing about the call."""
    async with watching(mode, database_url=f"sqlite:///{FILE}") as ways:
        note = await begun(ways)
        await ways.person.open_home()
        page = await ways.home(shows=f"`{WAITS}`\nSince")
        await asyncio.to_thread(lose_watches)
        again = await after(ways, note, "watch_limit_60", "nothing has changed")
        listed = await ways.answer("watches", patience=20)
        before = len(ways.slack.messages)
        await ways.type("SANDBOX-FOREVER watch")
        begins = await shown(ways, "nothing has changed", since=before)
        await ways.person.click(page, "home_watch_cancel")
        await ways.home(shows="While a call has no status, press *Watch*")

    assert [AWAY] * 3 == [heading(one) for one in (again, listed, begins)]


async def test_a_watch_that_cannot_be_given_up_is_said_to_go_on(mode: Mode) -> None:
    """By the button beside it."""
    async with watching(mode, database_url=f"sqlite:///{FILE}") as ways:
        note = await begun(ways)
        await asyncio.to_thread(lose_watches)

        assert AWAY == heading(await after(ways, note, "watch_stop", "nothing has changed"))


async def test_a_person_on_a_command_of_another_name_is_told_that_name(mode: Mode) -> None:
    """The texts name what can be typed."""
    async with watching(mode, bot_command="/chamada") as ways:
        note = await ways.comes_of(ways.person.command("/chamada", "watches"))

    assert "`/chamada IDMSG watch`" in seen(note)
    assert COMMAND not in seen(note)
