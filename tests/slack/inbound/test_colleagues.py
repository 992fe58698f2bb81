"""People of other workspaces before a real bot: every listener asks whose they are, and in one way.

The bot's workspace is part of an organisation, which Slack names in every request, whoever asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from bot.fake_slack.people.person import Kind, Person
from bot.fake_slack.slack_server import LoopbackSlack
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
from tests.slack.listing import forged, form
from tests.slack.requests_of_slack import mention
from tests.support.reading import in_view, row_of, seen
from tests.support.scene import ASK, CHECK, COMMAND, Scene, Stages, playing
from tests.support.wording import REFUSED

READ = ("users:read",)
MANY = " ".join(f"SANDBOX-{number}" for number in range(400, 411))
ELISA = Profile(id="U0ELISA0001", name="elisa", real_name="Elisa Reis", team=SISTER_TEAM_ID)
Seen = Callable[[Scene, Person], Awaitable[str]]


def in_an_organisation(slack: LoopbackSlack) -> None:
    """Put the bot's workspace and Elisa's into one, the partner's into another."""
    slack.workspace.enterprises |= {
        TEAM_ID: ENTERPRISE_ID,
        SISTER_TEAM_ID: ENTERPRISE_ID,
        STRANGER_TEAM_ID: STRANGER_ENTERPRISE_ID,
    }
    slack.workspace.add_person(ELISA)
    slack.workspace.join(SHARED_CHANNEL_ID, ELISA.id)


def installed_for_all_of_it(slack: LoopbackSlack) -> None:
    """The same, and the app serves the whole organisation."""
    in_an_organisation(slack)
    slack.workspace.org_wide = True


async def by_command(bot: Scene, person: Person) -> str:
    """What the command comes to."""
    return seen(await bot.comes_of(person.command(COMMAND, "SANDBOX-OK")))


async def by_mention(bot: Scene, person: Person) -> str:
    """What a mention in a shared channel comes to."""
    said = person.say(f"{BOT_MENTION} SANDBOX-OK", channel=SHARED_CHANNEL_ID)
    return seen(await bot.comes_of(said))


async def by_direct_message(bot: Scene, person: Person) -> str:
    """What a message to the bot comes to."""
    return seen(await bot.comes_of(person.say("SANDBOX-OK", channel=person.direct_channel)))


async def by_message_shortcut(bot: Scene, person: Person) -> str:
    """What the shortcut on a message of one of ours comes to."""
    said = await bot.person.say("SANDBOX-OK", channel=SHARED_CHANNEL_ID)
    return seen(await bot.comes_of(person.message_shortcut(CHECK, said)))


async def by_a_button(bot: Scene, person: Person) -> str:
    """What a button of a public card comes to, pressed by somebody for whom it is not meant."""
    card = await bot.mention("SANDBOX-OK", channel=SHARED_CHANNEL_ID)
    value = str(row_of(card)["details"]["value"])
    place = {"team": {"id": TEAM_ID}, "enterprise": {"id": ENTERPRISE_ID, "name": "Loopback"}}
    click = {**forged(person, card, "card_details", value), **place}
    return seen(await bot.comes_of(person.deliver(Kind.INTERACTIVE, click)))


async def by_global_shortcut(bot: Scene, person: Person) -> str:
    """What is shown in the form of the global shortcut."""
    await person.global_shortcut(ASK)
    return await changed(bot, person, await bot.modal(person), {"ids": "SANDBOX-OK"})


async def by_the_list_form(bot: Scene, person: Person) -> str:
    """What is shown in the form for lists, as if it had been opened for them."""
    view = put_before(bot, person, await form(bot))
    return await changed(bot, person, view, {"bulk_ids": "SANDBOX-OK"})


async def by_a_button_in_a_form(bot: Scene, person: Person) -> str:
    """What is shown after the button that leads from the form to the one for lists."""
    bot.slack.open_views.clear(bot.person.user)
    said = await bot.person.say(MANY)
    await bot.person.message_shortcut(CHECK, said)
    return await changed(bot, person, put_before(bot, person, await bot.modal()), None)


async def by_the_app_home(bot: Scene, person: Person) -> str:
    """What the button for lists on the App Home comes to: a form, or a message."""
    await person.open_home()
    home = await bot.home(person)
    before = len(bot.slack.messages)
    await person.click(home, "home_bulk_open")
    await bot.running.work.idle()
    shown = [in_view(view) for view in bot.slack.modals_of(person.user)]
    return "".join([*shown, *map(seen, bot.slack.messages[before:])])


def put_before(bot: Scene, person: Person, view: View) -> View:
    """The same view before somebody else."""
    return bot.slack.open_views.open(person.user, person.team, view.content)


async def changed(bot: Scene, person: Person, view: View, values: Mapping[str, Any] | None) -> str:
    """What the modal shows after it was submitted, or after its button was pressed."""
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
    "direct message": by_direct_message,
    "message shortcut": by_message_shortcut,
    "button of a card": by_a_button,
    "global shortcut": by_global_shortcut,
    "form for lists": by_the_list_form,
    "button in a form": by_a_button_in_a_form,
    "App Home": by_the_app_home,
}


async def refused_by(bot: Scene, user: str) -> set[str]:
    """The ways that are closed to a person, each gone once."""
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
    """By each of the three ways to know them; the partner's people are not."""
    async with playing(mode, settle=settle, **settings) as bot:
        assert set() == await refused_by(bot, ELISA.id)
        assert set(WAYS) == await refused_by(bot, STRANGER_USER_ID)


async def test_nobody_else_is_answered_because_a_request_names_our_organisation(mode: Mode) -> None:
    """It names the app's, whoever asks; a partner's person is not asked about at the gateway."""
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
    """What says nothing of its author, and what says one foreign word."""
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
    """The rights of an operator rest on the same answer."""
    async with stages.scene(mode, admin_users=frozenset({STRANGER_USER_ID})) as bot:
        carla = bot.person.as_user(STRANGER_USER_ID)
        answer = await bot.comes_of(carla.command(COMMAND, "SANDBOX-OK", channel=CHANNEL_ID))

        assert REFUSED in seen(answer)
