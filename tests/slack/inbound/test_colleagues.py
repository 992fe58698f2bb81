"""Users of other workspaces and a real bot: every listener checks their organisation the same way.

The bot's workspace is part of an organisation, which Slack names in every request of every user.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from bot.fake_slack.people.person import Kind, Person
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.file_shelf import File
from bot.fake_slack.state.ledger import View
from bot.fake_slack.state.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    ENTERPRISE_ID,
    SHARED_CHANNEL_ID,
    SISTER_TEAM_ID,
    STRANGER_ENTERPRISE_ID,
    STRANGER_TEAM_ID,
    STRANGER_USER_ID,
    TEAM_ID,
    Profile,
)
from bot.settings.settings import Mode
from bot.slack.blocks.block_kit import Message, actions, button
from bot.slack.blocks.seal import Seal
from bot.slack.cards.controls import Origin, carrying
from tests.slack.listing import forged, form
from tests.slack.requests_of_slack import mention
from tests.support.reading import in_view, row_of, seen
from tests.support.scene import ASK, CHECK, COMMAND, HASH_KEY, Scene, Stages, playing
from tests.support.wording import REFUSED

READ = ("users:read",)
MANY = " ".join(f"SANDBOX-{number}" for number in range(400, 411))
ELISA = Profile(id="U0ELISA0001", name="elisa", real_name="Elisa Reis", team=SISTER_TEAM_ID)
Seen = Callable[[Scene, Person], Awaitable[str]]


def in_an_organisation(slack: LoopbackSlack) -> None:
    """Put the workspaces of the bot and of Elisa in one organisation, the partner's in another."""
    slack.workspace.enterprises |= {
        TEAM_ID: ENTERPRISE_ID,
        SISTER_TEAM_ID: ENTERPRISE_ID,
        STRANGER_TEAM_ID: STRANGER_ENTERPRISE_ID,
    }
    slack.workspace.add_person(ELISA)
    slack.workspace.join(SHARED_CHANNEL_ID, ELISA.id)


def installed_for_all_of_it(slack: LoopbackSlack) -> None:
    """The same, with an organisation-wide app."""
    in_an_organisation(slack)
    slack.workspace.org_wide = True


async def by_command(bot: Scene, person: Person) -> str:
    """The result of the command."""
    return seen(await bot.comes_of(person.command(COMMAND, "SANDBOX-OK")))


async def by_mention(bot: Scene, person: Person) -> str:
    """The result of a mention in a shared channel."""
    said = person.say(f"{BOT_MENTION} SANDBOX-OK", channel=SHARED_CHANNEL_ID)
    return seen(await bot.comes_of(said))


async def by_edited_mention(bot: Scene, person: Person) -> str:
    """The result of another id in a mention that was answered before."""
    await by_mention(bot, person)
    edit = person.edit(bot.slack.said[-1], f"{BOT_MENTION} SANDBOX-404")
    return seen(await bot.comes_of(edit))


async def by_file(bot: Scene, person: Person) -> str:
    """The result of a file in a direct message."""
    files: list[File] = [{"name": "calls.csv", "content": b"IDMSG\r\nSANDBOX-OK\r\n"}]
    said = person.say("", channel=person.direct_channel, files=files)
    return seen(await bot.comes_of(said))


async def by_an_offered_list(bot: Scene, person: Person) -> str:
    """The result of a click that starts a list, with the bot's own signature."""
    card = await bot.mention("SANDBOX-OK", channel=SHARED_CHANNEL_ID)
    value = carrying(Origin(channel=SHARED_CHANNEL_ID), file="F1", checked="x")
    row = actions("row", [button("bulk_begin", "Go", value=value)])
    (signed,) = Seal(HASH_KEY.encode()).on_message(Message(text="", blocks=(row,))).blocks
    click = forged(person, card, "bulk_begin", signed["elements"][0]["value"])
    before = len(bot.slack.messages)
    await person.deliver(Kind.INTERACTIVE, click)
    await bot.running.work.idle()
    return "".join(map(seen, bot.slack.messages[before:]))


async def by_direct_message(bot: Scene, person: Person) -> str:
    """The result of a direct message to the bot."""
    return seen(await bot.comes_of(person.say("SANDBOX-OK", channel=person.direct_channel)))


async def by_message_shortcut(bot: Scene, person: Person) -> str:
    """The result of the shortcut on a colleague's message."""
    said = await bot.person.say("SANDBOX-OK", channel=SHARED_CHANNEL_ID)
    return seen(await bot.comes_of(person.message_shortcut(CHECK, said)))


async def by_a_button(bot: Scene, person: Person) -> str:
    """The result of a click on a public card by a user who cannot see the button."""
    card = await bot.mention("SANDBOX-OK", channel=SHARED_CHANNEL_ID)
    value = str(row_of(card)["details"]["value"])
    place = {"team": {"id": TEAM_ID}, "enterprise": {"id": ENTERPRISE_ID, "name": "Loopback"}}
    click = {**forged(person, card, "card_details", value), **place}
    return seen(await bot.comes_of(person.deliver(Kind.INTERACTIVE, click)))


async def by_global_shortcut(bot: Scene, person: Person) -> str:
    """The text in the modal of the global shortcut."""
    await person.global_shortcut(ASK)
    return await changed(bot, person, await bot.modal(person), {"ids": "SANDBOX-OK"})


async def by_the_list_form(bot: Scene, person: Person) -> str:
    """The text in the modal for lists, opened for this user."""
    view = put_before(bot, person, await form(bot))
    return await changed(bot, person, view, {"bulk_ids": "SANDBOX-OK"})


async def by_a_button_in_a_form(bot: Scene, person: Person) -> str:
    """The result of the button that leads from the modal to the one for lists."""
    bot.slack.open_views.clear(bot.person.user)
    said = await bot.person.say(MANY)
    await bot.person.message_shortcut(CHECK, said)
    return await changed(bot, person, put_before(bot, person, await bot.modal()), None)


async def by_the_app_home(bot: Scene, person: Person) -> str:
    """The result of the button for lists on the App Home: a modal, or a message."""
    await person.open_home()
    home = await bot.home(person)
    before = len(bot.slack.messages)
    await person.click(home, "home_bulk_open")
    await bot.running.work.idle()
    shown = [in_view(view) for view in bot.slack.modals_of(person.user)]
    return "".join([*shown, *map(seen, bot.slack.messages[before:])])


def put_before(bot: Scene, person: Person, view: View) -> View:
    """The same view, opened for another user."""
    return bot.slack.open_views.open(person.user, person.team, view.content)


async def changed(bot: Scene, person: Person, view: View, values: Mapping[str, Any] | None) -> str:
    """The text in the modal after its submission or a click in it."""
    before = in_view(view)
    if values is None:
        await person.click(view, "bulk_open")
    else:
        await person.submit(view, values)

    def now() -> str:
        return in_view(bot.slack.modals_of(person.user)[-1])

    await bot.slack.wait_for(lambda: now() != before)
    return now()


WAYS: Mapping[str, Seen] = {
    "command": by_command,
    "mention": by_mention,
    "edited mention": by_edited_mention,
    "direct message": by_direct_message,
    "file in a direct message": by_file,
    "button of an offered list": by_an_offered_list,
    "message shortcut": by_message_shortcut,
    "button of a card": by_a_button,
    "global shortcut": by_global_shortcut,
    "form for lists": by_the_list_form,
    "button in a form": by_a_button_in_a_form,
    "App Home": by_the_app_home,
}


async def refused_by(bot: Scene, user: str) -> set[str]:
    """The surfaces that refuse a user, each tried once."""
    person = bot.person.as_user(user)
    refused = set()
    for name, way in WAYS.items():
        bot.slack.open_views.clear(user)
        if REFUSED in await way(bot, person):
            refused.add(name)
    return refused


@pytest.mark.parametrize(
    ("settle", "settings"),
    [
        (in_an_organisation, {"bot_own_teams": frozenset({SISTER_TEAM_ID})}),
        (in_an_organisation, {"scopes": READ}),
        (installed_for_all_of_it, {}),
    ],
    ids=["BOT_OWN_TEAMS", "users.info", "auth.teams.list"],
)
async def test_colleagues_of_other_workspaces_are_answered_on_every_surface(
    mode: Mode, settle: Callable[[LoopbackSlack], None], settings: dict[str, Any]
) -> None:
    """By each of the three ways to recognise them; a partner's users are refused."""
    async with playing(mode, settle=settle, **settings) as bot:
        assert set() == await refused_by(bot, ELISA.id)
        assert set(WAYS) == await refused_by(bot, STRANGER_USER_ID)


async def test_nobody_else_is_answered_because_a_request_names_our_organisation(mode: Mode) -> None:
    """It names the app's; the gateway gets no request for a partner's user."""
    async with playing(mode, settle=in_an_organisation) as bot:
        assert set(WAYS) == await refused_by(bot, ELISA.id)
        assert set(WAYS) == await refused_by(bot, STRANGER_USER_ID)
        # The card whose button was pressed.
        assert {"SANDBOX-OK"} == set(bot.asked)
        assert all(
            payload.get("enterprise_id") == ENTERPRISE_ID
            for payload in (event.payload for event in bot.slack.events)
            if payload["team_id"] == TEAM_ID
        )


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"team": TEAM_ID, "source_team": STRANGER_TEAM_ID},
        {"team": TEAM_ID, "user_profile": {"team": STRANGER_TEAM_ID}},
        {"team": TEAM_ID, "user_team": STRANGER_ENTERPRISE_ID},
    ],
    ids=["unsaid", "source_team", "user_profile", "their organisation"],
)
async def test_a_mention_in_a_shared_channel_is_refused_unless_all_of_it_is_ours(
    bot: Scene, words: dict[str, Any]
) -> None:
    """Payloads without an id of the author, and with one foreign id."""
    said = {
        "channel": SHARED_CHANNEL_ID,
        "text": f"{BOT_MENTION} SANDBOX-OK",
        "ts": bot.slack.ledger.next_ts(),
    }
    request = mention(STRANGER_USER_ID, None, shared=True)
    request["event"] |= said | words

    told = await bot.comes_of(bot.person.deliver(Kind.EVENT, request))

    assert REFUSED in seen(told)
    assert [] == bot.asked


async def test_an_admin_of_another_organisation_is_none(mode: Mode, stages: Stages) -> None:
    """The same check decides who is an admin."""
    async with stages.scene(mode, admin_users=frozenset({STRANGER_USER_ID})) as bot:
        carla = bot.person.as_user(STRANGER_USER_ID)
        answer = await bot.comes_of(carla.command(COMMAND, "SANDBOX-OK", channel=CHANNEL_ID))

        assert REFUSED in seen(answer)
