"""What users do with open watches: change the limit, stop, list; and the App Home."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql

from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import Kind
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID, OTHER_USER_ID, STRANGER_USER_ID
from bot.settings.settings import Mode
from bot.slack.watches.notes import limit_of, watches_of
from tests.slack.watching import (
    BEGUN,
    SWIFT,
    TOLD,
    buttons_of,
    end_waiting,
    mentioned,
    notices,
    shown,
    waiting,
    watching,
)
from tests.support.audit import audited, hashed
from tests.support.reading import heading, seen, where
from tests.support.scene import COMMAND, Scene, Stages, playing
from tests.support.wording import PT, REFUSED, phrase, say

WAITS = "SANDBOX-FOREVER"
NONE = say("watches.none_title")
NOTHING = say("watches.none", command=COMMAND)
LIST = say("watches.title")
STOPPED = say("watch.stopped_title", count=1)
OVER = say("watch.over_title")
AWAY = say("watch.not_kept_title")


@pytest.fixture
async def ways(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot with short intervals between look-ups."""
    async with watching(stages, mode) as scene:
        yield scene


async def begun(ways: Scene, idmsg: str = WAITS, **who: str) -> Message:
    """The note that a watch has started."""
    before = len(ways.slack.messages)
    await ways.type(f"{idmsg} watch", **who)
    return await shown(ways, BEGUN, since=before)


async def after(
    ways: Scene, message: Message, action: str, text: str, value: Any = None
) -> Message:
    """The message after a click, when it shows a text."""
    await ways.person.click(message, action, value=value)
    return await ways.latest(message, lambda m: text in seen(m))


def rows(listed: Message) -> list[str]:
    """The texts beside the buttons of the list."""
    return [block["text"]["text"] for block in listed.blocks if "accessory" in block]


async def test_another_time_can_be_chosen_with_one_click(ways: Scene) -> None:
    """The current limit is not offered; the note is replaced, and there is one watch."""
    note = await begun(ways)
    longer = await after(ways, note, "watch_limit_1440", say("watch.limit.30"))

    offered = ["watch_limit_60", "watch_limit_240", "watch_limit_1440", "watch_stop"]
    assert offered == [one for one in buttons_of(note) if one.startswith("watch_")]
    assert ["watch_limit_30", *offered[:2], "watch_stop"] == list(buttons_of(longer))
    assert BEGUN == heading(longer)
    assert 1 == len(rows(await ways.answer("watches")))


async def test_a_watch_can_be_stopped_at_once(ways: Scene) -> None:
    """It sends no notice; a watch that is started later sends its own."""
    idmsg, other = waiting(), waiting()
    stopped = await after(ways, await begun(ways, idmsg), "watch_stop", STOPPED)
    assert NONE == heading(await ways.answer("watches"))
    await begun(ways, other)
    end_waiting(ways)
    told = await shown(ways, TOLD)

    assert f"`{idmsg}`" in seen(stopped)
    assert {} == buttons_of(stopped)
    assert other in seen(told)
    assert [told] == notices(ways)


@pytest.mark.parametrize("action", ["watch_stop", "watch_limit_60"])
async def test_what_is_over_is_said_to_be_over(ways: Scene, action: str) -> None:
    """A click on an old note, or a second click, changes nothing."""
    note = await begun(ways)
    pressed = forged(ways, note, action)
    await after(ways, note, "watch_stop", STOPPED)

    await ways.person.deliver(Kind.INTERACTIVE, pressed)
    again = await ways.latest(note, lambda m: heading(m) == OVER)

    assert say("watch.over", command=COMMAND) in seen(again)
    assert NONE == heading(await ways.answer("watches"))


def forged(ways: Scene, message: Message, action: str, **changes: Any) -> dict[str, Any]:
    """A click on a button that was removed, or with a forged value."""
    asking = Interactions(slack=ways.slack, user=ways.person.user, team=ways.person.team)
    payload = asking.click_in_message(message, action, None, None)
    payload["actions"][0] |= changes
    return payload


async def test_the_list_of_nobody_says_how_to_begin(ways: Scene) -> None:
    """Only the asker sees it."""
    note = await ways.answer("avisos")

    assert NONE == heading(note)
    assert NOTHING in seen(note)
    assert note.ephemeral


async def test_the_list_names_each_call_since_when_until_when_and_where(ways: Scene) -> None:
    """The oldest first, each with its button; no other user's."""
    idmsg = waiting()
    await begun(ways, idmsg)
    await mentioned(ways, f"{WAITS} watch")
    await shown(ways, phrase("watch.started", idmsg=WAITS))
    await begun(ways, waiting(), user=OTHER_USER_ID)
    listed = await ways.answer("watches")
    ways.slack.pings.clear()

    first, second = rows(listed)
    there = say("watches.to_thread", channel=CHANNEL_ID)
    assert LIST == heading(listed)
    assert phrase("watches.line", idmsg=idmsg, where=say("watches.to_you")).fullmatch(first)
    assert phrase("watches.line", idmsg=WAITS, where=there).fullmatch(second)
    assert [2, 2] == [row.count("<!date^") for row in (first, second)]
    assert listed.ephemeral


async def test_one_of_the_list_can_be_cancelled_and_the_rest_stays(ways: Scene) -> None:
    """A second click reports that it is over, and still shows the list."""
    await begun(ways, waiting())
    await begun(ways)
    listed = await ways.answer("watches")
    pressed = listed.blocks[1]["accessory"]["value"]

    left = await after(ways, listed, "watch_cancel", STOPPED, value=pressed)
    assert rows(listed)[1:] == rows(left)

    again = forged(ways, left, "watch_cancel", value=pressed)
    await ways.person.deliver(Kind.INTERACTIVE, again)
    shows = await ways.latest(listed, lambda m: OVER in seen(m))
    assert rows(left) == rows(shows)


async def test_the_list_is_private_wherever_it_is_asked_for(ways: Scene) -> None:
    """Ephemeral in a public thread, an ordinary message in a direct message."""
    await begun(ways)
    said = await ways.person.say("hello")
    in_thread = await ways.comes_of(ways.person.say(f"{BOT_MENTION} watches", thread_ts=said.ts))
    person = ways.person
    directly = await ways.comes_of(person.say("avisos", channel=person.direct_channel))

    assert (CHANNEL_ID, said.ts, True) == where(in_thread)
    assert (person.direct_channel, False) == (directly.channel, directly.ephemeral)
    assert [LIST] * 2 == [heading(one) for one in (in_thread, directly)]


async def test_the_list_of_a_direct_message_can_be_used_as_well(ways: Scene) -> None:
    """The message is updated."""
    await begun(ways)
    person = ways.person
    listed = await ways.comes_of(person.say("watches", channel=person.direct_channel))

    left = await after(ways, listed, "watch_cancel", STOPPED)

    assert NONE in seen(left)


async def test_the_list_is_in_the_readers_language(mode: Mode, stages: Stages) -> None:
    """So are its buttons."""
    async with watching(stages, mode, bot_language="pt-BR") as ways:
        before = len(ways.slack.messages)
        await ways.type(f"avisar {WAITS}")
        await shown(ways, say("watch.title", PT, count=1), since=before)
        listed = await ways.answer("avisos")

    (row,) = rows(listed)
    line = phrase("watches.line", PT, idmsg=WAITS, where=say("watches.to_you", PT))
    assert say("watches.title", PT) == heading(listed)
    assert line.fullmatch(row)
    assert say("watches.cancel", PT) == buttons_of(listed)["watch_cancel"]["text"]["text"]


async def test_the_app_home_lists_watches_and_cancels_them(ways: Scene) -> None:
    """A second click on an old page has no effect."""
    await begun(ways)
    await ways.person.open_home()
    page = await ways.home()
    (value,) = (b["accessory"]["value"] for b in page.content["blocks"] if is_watch(b))
    asking = Interactions(slack=ways.slack, user=ways.person.user, team=ways.person.team)
    first, second = (asking.click_in_view(page, "home_watch_cancel", None, value) for _ in range(2))

    await ways.person.deliver(Kind.INTERACTIVE, first)
    empty = await ways.home(shows=NOTHING)
    await ways.person.deliver(Kind.INTERACTIVE, second)
    await ways.slack.wait_for(lambda: ways.slack.home_of(ways.person.user) != empty)

    assert NONE == heading(await ways.answer("watches"))


async def test_what_was_cancelled_on_a_page_that_slack_does_not_take_is_said_directly(
    ways: Scene,
) -> None:
    """The page is the only other answer to the click."""
    await begun(ways)
    await ways.person.open_home()
    page = await ways.home()
    ways.slack.fail_next("views.publish", error="not_enabled")

    told = await ways.comes_of(ways.person.click(page, "home_watch_cancel"))

    assert (ways.person.direct_channel, STOPPED) == (told.channel, heading(told))


def is_watch(block: Any) -> bool:
    """Whether a block of the page is a watched call."""
    return "home_watch_cancel" in str(block.get("accessory"))


@pytest.mark.parametrize(
    ("setting", "bound"),
    [
        ("watch_max_per_user", "user"),
        ("watch_max_per_channel", "channel"),
        ("watch_max_open", "all"),
    ],
)
async def test_where_there_is_no_room_it_is_said_whose_and_what_to_do(
    mode: Mode, setting: str, bound: str
) -> None:
    """The first call is watched, the second is not."""
    told = say(f"watch.no_room.{bound}", idmsg=WAITS, most=1, command=COMMAND)
    changes: dict[str, Any] = {setting: 1}
    async with playing(mode, **changes) as ways:
        await begun(ways, waiting())
        await ways.type(f"{WAITS} watch")
        note = await shown(ways, told)

    assert say("watch.no_room_title") in seen(note)
    assert "watch_stop" not in buttons_of(note)


async def test_somebody_elses_watch_cannot_be_touched(ways: Scene) -> None:
    """Its id alone gives no access."""
    note = await begun(ways)
    value = buttons_of(note)["watch_stop"]["value"]
    bruno = ways.person.as_user(OTHER_USER_ID)
    payload = forged(ways, note, "watch_stop")
    payload["user"] |= {"id": bruno.user}

    await bruno.deliver(Kind.INTERACTIVE, payload)
    await shown(ways, OVER)

    assert value == buttons_of(await ways.answer("watches"))["watch_cancel"]["value"]


@pytest.mark.parametrize(("action", "told"), [("watch_limit_60", REFUSED), ("watch_stop", OVER)])
async def test_who_lost_the_right_may_stop_but_not_go_on(
    ways: Scene, action: str, told: str
) -> None:
    """For example from another organisation; a longer limit needs access."""
    note = await begun(ways)
    payload = forged(ways, note, action)
    payload["user"] |= {"id": STRANGER_USER_ID, "team_id": "T0PARTNER01"}

    await ways.person.deliver(Kind.INTERACTIVE, payload)

    await shown(ways, told)


def test_a_value_that_is_none_of_ours_names_no_watch() -> None:
    """For any content; the ids in the bot's own buttons are read back."""
    hostile = (
        *("0123456789abcdef", '{"a": 1}', "[1, null]", '["\\ud800"]', 7),
        json.dumps(["../../etc", "X" * 41, "0123456789ABCDEF"]),
        *("[" * 2_000, "[" + "9" * 1_990 + "]"),
    )

    assert [] == [value for value in hostile if watches_of(value)]
    assert ("0123456789abcdef",) == watches_of('["0123456789abcdef"]')


async def test_a_forged_value_stops_nothing(ways: Scene) -> None:
    """As if the watch did not exist."""
    note = await begun(ways)
    await ways.person.deliver(Kind.INTERACTIVE, forged(ways, note, "watch_stop", value="[1]"))
    await ways.latest(note, lambda m: heading(m) == OVER)

    assert LIST == heading(await ways.answer("watches"))


def test_only_the_limits_that_are_offered_can_be_chosen() -> None:
    """Each for as many minutes as its `action_id` says; a forged one is ignored."""
    offered = {minutes: limit_of(f"watch_limit_{minutes}") for minutes in (30, 60, 240, 1440)}

    assert {minutes: timedelta(minutes=minutes) for minutes in offered} == offered
    assert [None] * 3 == [limit_of(one) for one in ("watch_limit_61", "card_watch", None)]


async def test_what_people_do_about_watches_is_in_the_audit(ways: Scene) -> None:
    """Started, changed and cancelled, by whom and on which surface; the id as its keyed hash."""
    note = await begun(ways)
    await after(ways, note, "watch_limit_60", say("watch.limit.30"))
    await after(ways, note, "watch_stop", STOPPED)
    await audited(ways, 4)
    await begun(ways)
    await ways.person.open_home()
    await ways.person.click(await ways.home(), "home_watch_cancel")
    await ways.home(shows=NOTHING)
    kept = await audited(ways, 7)

    found = {(entry.action, entry.surface, entry.user, entry.idmsg_hash) for entry in kept}
    who = (ways.person.user, hashed(WAITS))
    assert {
        ("lookup", "command", *who),
        ("watch", "command", *who),
        ("watch", "button", *who),
        ("cancel", "button", *who),
        ("cancel", "home", *who),
    } == found


async def test_a_database_that_is_away_is_said_kindly(mode: Mode) -> None:
    """No watch was started or cancelled; the note reports nothing about the call."""
    async with playing(mode, timing=SWIFT) as ways:
        note, other = await begun(ways), await begun(ways, waiting())
        await ways.person.open_home()
        page = await ways.home()
        await ways.running.stores.database.write(
            lambda database: database.execute(sql("DROP TABLE watch"))
        )
        again = await after(ways, note, "watch_limit_60", AWAY)
        goes_on = await after(ways, other, "watch_stop", AWAY)
        listed = await ways.answer("watches")
        before = len(ways.slack.messages)
        await ways.type(f"{waiting()} watch")
        begins = await shown(ways, AWAY, since=before)
        await ways.person.click(
            page, "home_watch_cancel", value=buttons_of(note)["watch_stop"]["value"]
        )
        await ways.home(shows=NOTHING)

    told = (again, goes_on, listed, begins)
    assert [True] * 4 == [AWAY in seen(one) for one in told]
    assert [True] * 4 == [say("watch.not_kept") in seen(one) for one in told]


async def test_a_person_on_a_command_of_another_name_is_told_that_name(mode: Mode) -> None:
    """The texts show the command as users type it."""
    async with playing(mode, bot_command="/chamada") as ways:
        note = await ways.comes_of(ways.person.command("/chamada", "watches"))

    assert say("watches.none", command="/chamada") in seen(note)
    assert COMMAND not in seen(note)
