"""Access: one decision, the same on every surface."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.fake_slack.people.person import Kind, Person
from bot.fake_slack.state.ledger import Message, View
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
from tests.slack.requests_of_slack import home_opened
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
OPEN = ("help", "explain 486", "lang en", "health", "xyzzy?")
MANY = " ".join(f"SANDBOX-{number}" for number in range(400, 411))
ONLY_SUPPORT: dict[str, Any] = {"allowed_channels": frozenset({CHANNEL_ID})}
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


async def test_what_needs_no_gateway_is_open_to_colleagues(mode: Mode, stages: Stages) -> None:
    """The dictionary and the help have no data of calls; a channel does not read the answers."""
    async with stages.scene(mode, **ONLY_BRUNO) as bot:
        notes = [await bot.answer(text) for text in OPEN]
        notes += [await bot.mention(text) for text in OPEN]

    assert REFUSED not in map(heading, notes)
    assert {True} == {note.ephemeral for note in notes}


async def asking(person: Person, way: str, text: str) -> None:
    """Ask in the channel that is shared with a partner, by command or mention."""
    if way == "command":
        await person.command(COMMAND, text, channel=SHARED_CHANNEL_ID)
    else:
        await person.say(f"{BOT_MENTION} {text}", channel=SHARED_CHANNEL_ID)


@pytest.mark.parametrize("way", ["command", "mention"])
@pytest.mark.parametrize(
    "text",
    [
        *(*OPEN, "explain", "watches", "lang channel pt", "bulk", "bulk SANDBOX-OK", "SANDBOX-OK"),
        *("helb", "?", " ".join(f"SANDBOX-failed.{code}" for code in range(400, 420))),
    ],
)
async def test_outsiders_learn_who_they_are_and_nothing_else(
    bot: Scene, text: str, way: str
) -> None:
    """Whatever they write: one refusal, for their eyes only."""
    carla = bot.person.as_user(STRANGER_USER_ID)
    for words, expected in ((text, REFUSED), ("whoami", say("whoami.title"))):
        note = await bot.comes_of(asking(carla, way, words))

        assert expected == heading(note)
        assert (True, STRANGER_USER_ID) == (note.ephemeral, note.user)
    await bot.running.work.idle()
    assert 2 == len(bot.slack.messages)
    assert ([], []) == (bot.asked, bot.slack.modals_of(STRANGER_USER_ID))


async def test_the_app_home_of_an_outsider_has_only_the_refusal(bot: Scene) -> None:
    """No settings, no codes, no buttons; a choice on a page of before is refused."""
    carla = bot.person.as_user(STRANGER_USER_ID)
    await bot.person.open_home()
    before = bot.slack.open_views.publish(carla.user, carla.team, (await bot.home()).content)
    note = await bot.comes_of(carla.click(before, "home_language", value="pt-BR"))
    await carla.deliver(Kind.EVENT, home_opened(carla.user, carla.team))
    page = await bot.home(carla, shows=REFUSED)

    assert REFUSED == heading(note)
    assert ["header", "section", "section"] == [one["type"] for one in page.content["blocks"]]


@pytest.mark.parametrize("way", ["command", "mention"])
async def test_outsiders_who_are_let_in_are_answered_as_others_are(
    mode: Mode, stages: Stages, way: str
) -> None:
    """The setting is for all of the bot."""
    async with stages.scene(mode, allow_external_users=True) as bot:
        carla = bot.person.as_user(STRANGER_USER_ID)
        notes = [
            await bot.comes_of(asking(carla, way, text))
            for text in ("help", "explain 486", "SANDBOX-OK")
        ]

    assert REFUSED not in map(heading, notes)
    assert {way == "command"} == {note.ephemeral for note in notes}


async def opened_form(bot: Scene, way: str, channel: str) -> View:
    """A form, opened from this channel in one of the ways that know theirs."""
    if way == "list":
        await bot.person.command(COMMAND, "bulk", channel=channel)
        return await bot.modal()
    said = await bot.person.say(MANY if way == "many" else "no ids", channel=channel)
    await bot.person.message_shortcut(CHECK, said)
    form = await bot.modal()
    if way == "many":
        await bot.person.click(form, "bulk_open")
        form = await bot.modal_showing(say("bulk.modal.found", count=11))
    return form


def field_of(way: str) -> str:
    """The field of such a form."""
    return "ids" if way == "ids" else "bulk_ids"


WAYS_TO_A_FORM = pytest.mark.parametrize("way", ["list", "ids", "many"])


@WAYS_TO_A_FORM
async def test_a_form_decides_as_the_channel_that_it_was_opened_in(
    mode: Mode, stages: Stages, way: str
) -> None:
    """It admits where that one is listed; the buttons in it do, too."""
    async with stages.scene(mode, **ONLY_SUPPORT) as bot:
        form = await opened_form(bot, way, CHANNEL_ID)
        told = await bot.person.submit(form, {field_of(way): "SANDBOX-OK SANDBOX-BUSY"})
        if way == "ids":
            await bot.slack.wait_for_message(1)
            assert {"SANDBOX-OK", "SANDBOX-BUSY"} == set(bot.asked)
        else:
            assert told.view is not None
            assert say("bulk.modal.found", count=2) in in_view(told.view)


@WAYS_TO_A_FORM
async def test_a_form_from_elsewhere_refuses(mode: Mode, stages: Stages, way: str) -> None:
    """One that was opened while its channel was still listed."""
    async with stages.scene(mode) as before:
        content = (await opened_form(before, way, SHARED_CHANNEL_ID)).content
    async with stages.scene(mode, **ONLY_SUPPORT) as bot:
        form = bot.slack.open_views.open(bot.person.user, bot.person.team, content)
        await bot.person.submit(form, {field_of(way): "SANDBOX-OK"})

        def shown() -> str:
            modals = [in_view(one) for one in bot.slack.modals_of(USER_ID)]
            return "\n".join((*modals, *map(heading, bot.slack.messages)))

        await bot.slack.wait_for(lambda: REFUSED in shown())
        assert [] == bot.asked


@WAYS_TO_A_FORM
@pytest.mark.parametrize("name", ["channel", "thread_ts", "surface", "checked", "seal"])
async def test_a_form_that_this_bot_did_not_sign_leads_nowhere(
    bot: Scene, way: str, name: str
) -> None:
    """Whatever of it was changed; it says so below its field, and nothing typed is lost."""
    foreign = changed(bot, await opened_form(bot, way, CHANNEL_ID), name)
    before = len(bot.slack.messages)

    told = await bot.person.submit(foreign, {field_of(way): "SANDBOX-OK"})

    assert {field_of(way): say("outdated.field")} == dict(told.errors)
    assert ([], before) == (bot.asked, len(bot.slack.messages))


async def test_a_button_in_a_form_that_this_bot_did_not_sign_leads_nowhere(bot: Scene) -> None:
    """A note takes the place of the form."""
    await bot.person.message_shortcut(CHECK, await bot.person.say(MANY))

    await bot.person.click(changed(bot, await bot.modal(), "channel"), "bulk_open")

    await bot.modal_showing(say("outdated.text"))


def changed(bot: Scene, form: View, name: str) -> View:
    """The form with something else in what it carries."""
    carried = {**json.loads(form.content["private_metadata"]), name: "C0LOBBY0001"}
    content = {**form.content, "private_metadata": json.dumps(carried)}
    return bot.slack.open_views.open(bot.person.user, bot.person.team, content)


async def test_the_list_of_people_holds_for_the_button_of_lists_at_home(
    mode: Mode, stages: Stages
) -> None:
    """On a page from before; a direct message shows the refusal instead of the modal."""
    async with stages.scene(mode, **ONLY_BRUNO) as bot:
        bruno = bot.person.as_user(OTHER_USER_ID)
        await bruno.open_home()
        content = (await bot.home(bruno)).content
        view = bot.slack.open_views.publish(bot.person.user, bot.person.team, content)
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
