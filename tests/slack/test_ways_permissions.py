"""Who may ask: one decision, whichever way somebody comes in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from scene import COMMAND, heading, seen
from ways import ANSWERED, ASK, CHECK, REFUSED, Ways, in_view, visiting

from bot.demo.loopback.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    GUEST_USER_ID,
    OTHER_USER_ID,
    SHARED_CHANNEL_ID,
    STRANGER_USER_ID,
    USER_ID,
)
from bot.demo.person import Person
from bot.settings import Mode

Asking = Callable[[Ways, Person, str], Awaitable[str]]


async def by_command(ways: Ways, person: Person, channel: str) -> str:
    """The heading of the answer to the command."""
    return heading(await ways.comes_of(person.command(COMMAND, "SANDBOX-OK", channel=channel)))


async def by_mention(ways: Ways, person: Person, channel: str) -> str:
    """The heading of the answer to a mention."""
    said = person.say(f"{BOT_MENTION} SANDBOX-OK", channel=channel)
    return heading(await ways.comes_of(said))


async def by_message_shortcut(ways: Ways, person: Person, channel: str) -> str:
    """The heading of the answer to the message shortcut."""
    said = await person.say("SANDBOX-OK", channel=channel)
    return heading(await ways.comes_of(person.message_shortcut(CHECK, said)))


async def by_direct_message(ways: Ways, person: Person, channel: str) -> str:
    """The heading of the answer to a message to the bot, wherever the person is otherwise."""
    del channel
    return heading(await ways.comes_of(person.say("SANDBOX-OK", channel=person.direct_channel)))


async def by_modal(ways: Ways, person: Person, channel: str) -> str:
    """The heading in the modal of the global shortcut."""
    del channel
    await person.global_shortcut(ASK)
    before = in_view(await ways.modal(person))
    await person.submit(await ways.modal(person), {"ids": "SANDBOX-OK"})
    await ways.slack.wait_for(lambda: before != in_view(ways.slack.modals_of(person.user)[-1]))
    return in_view(ways.slack.modals_of(person.user)[-1]).splitlines()[0]


SURFACES: dict[str, Asking] = {
    "command": by_command,
    "mention": by_mention,
    "message shortcut": by_message_shortcut,
    "direct message": by_direct_message,
    "modal": by_modal,
}
BY_ALL = pytest.mark.parametrize("ask", SURFACES.values(), ids=SURFACES)
ONLY_BRUNO: dict[str, Any] = {"allowed_users": frozenset({OTHER_USER_ID})}
ELSEWHERE: dict[str, Any] = {"allowed_channels": frozenset({"C0ELSEWHERE"})}


@BY_ALL
@pytest.mark.parametrize(
    ("changes", "user", "expected"),
    [
        ({}, USER_ID, ANSWERED),
        ({}, GUEST_USER_ID, ANSWERED),
        (ONLY_BRUNO, USER_ID, REFUSED),
        (ONLY_BRUNO, OTHER_USER_ID, ANSWERED),
        (ONLY_BRUNO, GUEST_USER_ID, REFUSED),
        (ELSEWHERE, USER_ID, REFUSED),
        (ELSEWHERE | {"admin_users": frozenset({USER_ID})}, USER_ID, ANSWERED),
        (ONLY_BRUNO | {"admin_users": frozenset({USER_ID})}, USER_ID, ANSWERED),
    ],
    ids=[
        "everybody",
        "a guest",
        "not on the list",
        "on the list",
        "a guest not on the list",
        "in another channel",
        "an admin in another channel",
        "an admin not on the list",
    ],
)
async def test_the_rules_hold_on_every_way_in(
    mode: Mode, ask: Asking, changes: dict[str, Any], user: str, expected: str
) -> None:
    """Users, channels and admins, the same by every surface."""
    async with visiting(mode, **changes) as ways:
        found = await ask(ways, ways.person.as_user(user), CHANNEL_ID)

        assert expected == found
        assert (["SANDBOX-OK"] if expected == ANSWERED else []) == ways.asked


@BY_ALL
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, REFUSED),
        ({"admin_users": frozenset({STRANGER_USER_ID})}, REFUSED),
        ({"allow_external_users": True}, ANSWERED),
        ({"allow_external_users": True} | ONLY_BRUNO, REFUSED),
    ],
    ids=["refused", "no admin here", "allowed", "allowed, not on the list"],
)
async def test_people_of_other_organisations_are_refused_unless_allowed(
    mode: Mode, ask: Asking, changes: dict[str, Any], expected: str
) -> None:
    """In a channel that two organisations share."""
    async with visiting(mode, **changes) as ways:
        found = await ask(ways, ways.person.as_user(STRANGER_USER_ID), SHARED_CHANNEL_ID)

        assert expected == found


async def test_an_allowed_channel_is_answered_in(mode: Mode) -> None:
    """Only there; the list says so."""
    async with visiting(mode, allowed_channels=frozenset({CHANNEL_ID})) as ways:
        inside = await by_command(ways, ways.person, CHANNEL_ID)
        outside = await by_command(ways, ways.person, SHARED_CHANNEL_ID)

    assert [ANSWERED, REFUSED] == [inside, outside]


@pytest.mark.parametrize(
    ("changes", "user", "lines"),
    [
        ({}, USER_ID, ["You may look calls up in this channel.", "You are not an admin"]),
        (
            {"admin_users": frozenset({USER_ID})},
            USER_ID,
            ["You may look calls up in this channel.", "You are an admin of this bot."],
        ),
        (ONLY_BRUNO, USER_ID, ["You may not look calls up here.", "not on the list", "ask Ana"]),
        (ELSEWHERE, USER_ID, ["only in certain channels", "ask Ana"]),
        ({}, STRANGER_USER_ID, ["only people of its own organisation", "ask Ana"]),
    ],
    ids=["may", "admin", "not on the list", "other channel", "other organisation"],
)
async def test_whoami_says_what_one_may_do_why_and_whom_to_ask(
    mode: Mode, changes: dict[str, Any], user: str, lines: list[str]
) -> None:
    """For one person alone, with the ids that an admin needs."""
    async with visiting(mode, bot_support_contact="Ana", **changes) as ways:
        person = ways.person.as_user(user)
        note = await ways.comes_of(person.command(COMMAND, "whoami", channel=SHARED_CHANNEL_ID))

    shown = seen(note).replace("ask the admins of this bot: Ana", "ask Ana")
    for line in (*lines, f"`{user}`", f"`{SHARED_CHANNEL_ID}`"):
        assert line in shown


async def test_who_may_not_ask_may_still_learn(mode: Mode) -> None:
    """Help and explanations are for everybody."""
    async with visiting(mode, **ONLY_BRUNO) as ways:
        help_ = await ways.answer("help")
        note = await ways.answer("explain 486")

    assert ["What happened to a call?", "486: the line was busy"] == [heading(help_), heading(note)]
