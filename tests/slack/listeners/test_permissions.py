"""Access: one decision, the same on every surface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.fake_slack.people.person import Person
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    GUEST_USER_ID,
    OTHER_USER_ID,
    SHARED_CHANNEL_ID,
    STRANGER_USER_ID,
    USER_ID,
)
from bot.settings.settings import Mode
from tests.support.reading import heading, in_view, seen
from tests.support.scene import ASK, CHECK, COMMAND, Scene, Stages
from tests.support.wording import ANSWERED, REFUSED, say

Asking = Callable[[Scene, Person, str], Awaitable[str]]


async def by_command(bot: Scene, person: Person, channel: str) -> str:
    """The first line of the answer to the command."""
    return heading(await bot.comes_of(person.command(COMMAND, "SANDBOX-OK", channel=channel)))


async def by_mention(bot: Scene, person: Person, channel: str) -> str:
    """The first line of the answer to a mention."""
    said = person.say(f"{BOT_MENTION} SANDBOX-OK", channel=channel)
    return heading(await bot.comes_of(said))


async def by_message_shortcut(bot: Scene, person: Person, channel: str) -> str:
    """The first line of the answer to the message shortcut."""
    said = await person.say("SANDBOX-OK", channel=channel)
    return heading(await bot.comes_of(person.message_shortcut(CHECK, said)))


async def by_direct_message(bot: Scene, person: Person, _channel: str) -> str:
    """The first line of the answer to a message to the bot."""
    return heading(await bot.comes_of(person.say("SANDBOX-OK", channel=person.direct_channel)))


async def by_modal(bot: Scene, person: Person, _channel: str) -> str:
    """The first line in the modal of the global shortcut."""
    await person.global_shortcut(ASK)
    before = in_view(await bot.modal(person))
    await person.submit(await bot.modal(person), {"ids": "SANDBOX-OK"})
    await bot.slack.wait_for(lambda: before != in_view(bot.slack.modals_of(person.user)[-1]))
    return in_view(bot.slack.modals_of(person.user)[-1]).splitlines()[0]


IN_THE_CHANNEL: dict[str, Asking] = {
    "command": by_command,
    "mention": by_mention,
    "message shortcut": by_message_shortcut,
}
ELSEWHERE: dict[str, Asking] = {"direct message": by_direct_message, "modal": by_modal}
SURFACES = IN_THE_CHANNEL | ELSEWHERE
BY_ALL = pytest.mark.parametrize("ask", SURFACES.values(), ids=SURFACES)
ONLY_BRUNO: dict[str, Any] = {"allowed_users": frozenset({OTHER_USER_ID})}


@BY_ALL
@pytest.mark.parametrize(
    ("user", "expected"), [(USER_ID, REFUSED), (OTHER_USER_ID, ANSWERED)], ids=["ana", "bruno"]
)
async def test_the_list_of_people_holds_on_every_surface(
    mode: Mode, stages: Stages, ask: Asking, user: str, expected: str
) -> None:
    """Other users get a refusal, and the gateway gets no request."""
    async with stages.scene(mode, **ONLY_BRUNO) as bot:
        found = await ask(bot, bot.person.as_user(user), CHANNEL_ID)

        assert expected == found
        assert (["SANDBOX-OK"] if expected == ANSWERED else []) == bot.asked


@BY_ALL
@pytest.mark.parametrize(
    ("user", "expected"), [(STRANGER_USER_ID, REFUSED), (GUEST_USER_ID, ANSWERED)]
)
async def test_people_of_other_organisations_are_refused_on_every_surface(
    bot: Scene, ask: Asking, user: str, expected: str
) -> None:
    """Each payload names the user's organisation; guests of the workspace are its members."""
    channel = SHARED_CHANNEL_ID if user == STRANGER_USER_ID else CHANNEL_ID

    assert expected == await ask(bot, bot.person.as_user(user), channel)


@BY_ALL
async def test_the_list_of_channels_holds_on_every_surface(
    mode: Mode, stages: Stages, ask: Asking
) -> None:
    """A surface without a channel is refused."""
    expected = ANSWERED if ask in IN_THE_CHANNEL.values() else REFUSED
    async with stages.scene(mode, allowed_channels=frozenset({CHANNEL_ID})) as bot:
        assert expected == await ask(bot, bot.person, CHANNEL_ID)


async def asked_and_whoami(bot: Scene, user: str) -> tuple[Message, str]:
    """The answer to a look-up in a shared channel, and what `whoami` says there."""
    person = bot.person.as_user(user)
    place = {"channel": SHARED_CHANNEL_ID}
    answer = await bot.comes_of(person.command(COMMAND, "SANDBOX-OK", **place))
    whoami = seen(await bot.comes_of(person.command(COMMAND, "whoami", **place)))
    assert say("whoami.identity", user=user, channel=SHARED_CHANNEL_ID) in whoami
    return answer, whoami


@pytest.mark.parametrize(
    ("rules", "user", "reason"),
    [
        (ONLY_BRUNO, USER_ID, "user"),
        ({"allowed_channels": frozenset({CHANNEL_ID})}, USER_ID, "channel"),
        ({}, STRANGER_USER_ID, "external"),
    ],
    ids=["user", "channel", "external"],
)
async def test_a_refusal_gives_its_reason_and_whom_to_turn_to(
    mode: Mode, stages: Stages, rules: dict[str, Any], user: str, reason: str
) -> None:
    """Only to the asker; `whoami` shows the same."""
    async with stages.scene(mode, bot_support_contact="Ops <x>", **rules) as bot:
        note, whoami = await asked_and_whoami(bot, user)

    assert (REFUSED, True) == (heading(note), note.ephemeral)
    for line in (say(f"refusal.{reason}"), say("refusal.ask_contact", contact="Ops &lt;x&gt;")):
        assert line in seen(note)
        assert line in whoami
    assert say("whoami.not_admin") in whoami


@pytest.mark.parametrize(
    ("rules", "user", "admin"),
    [
        ({"allow_external_users": True}, STRANGER_USER_ID, "not_admin"),
        (ONLY_BRUNO | {"admin_users": frozenset({USER_ID})}, USER_ID, "admin"),
    ],
    ids=["external", "admin"],
)
async def test_an_operator_may_let_in_more(
    mode: Mode, stages: Stages, rules: dict[str, Any], user: str, admin: str
) -> None:
    """Users of other organisations; and admins, regardless of the lists."""
    async with stages.scene(mode, **rules) as bot:
        card, whoami = await asked_and_whoami(bot, user)

    assert ANSWERED == heading(card)
    assert {say("whoami.allowed"), say(f"whoami.{admin}")} <= set(whoami.split("\n"))


async def test_what_needs_no_gateway_is_open_to_everybody(mode: Mode, stages: Stages) -> None:
    """The dictionary and the help have no data of calls."""
    async with stages.scene(mode, **ONLY_BRUNO) as bot:
        notes = [await bot.answer(text) for text in ("help", "explain 486", "lang pt", "health")]

    assert REFUSED not in map(heading, notes)


async def test_the_list_of_people_holds_for_the_button_of_lists_at_home(
    mode: Mode, stages: Stages
) -> None:
    """Everybody sees the page, and a direct message shows the refusal instead of the modal."""
    async with stages.scene(mode, **ONLY_BRUNO) as bot:
        await bot.person.open_home()
        view = await bot.home()
        note = await bot.comes_of(bot.person.click(view, "home_bulk_open"))

        assert (REFUSED, bot.person.direct_channel) == (heading(note), note.channel)
        assert [] == bot.slack.modals_of(bot.person.user)


async def test_the_list_of_people_holds_for_the_modal_of_lists(mode: Mode, stages: Stages) -> None:
    """Whoever has lost access since it was opened sees the refusal in it."""
    async with stages.scene(mode, **ONLY_BRUNO) as bot:
        bruno = bot.person.as_user(OTHER_USER_ID)
        await bruno.command(COMMAND, "bulk SANDBOX-OK")
        content = (await bot.modal(bruno)).content
        view = bot.slack.open_views.open(bot.person.user, bot.person.team, content)
        await bot.person.submit(view, {"bulk_ids": "SANDBOX-OK"})

        assert REFUSED in in_view(await bot.modal())
        assert [] == bot.asked
