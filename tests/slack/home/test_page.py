"""The App Home: the first visit, then the user's look-ups and settings."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from bot.domain.call_status import COUNTED
from bot.domain.texts.catalog import Catalog
from bot.fake_slack.rules.block_rules import Surface
from bot.fake_slack.rules.view_rules import problems_of_view
from bot.fake_slack.state.workspace import OTHER_USER_ID
from bot.settings.settings import Mode
from bot.slack.blocks.style import CardStyle, Contacts
from bot.slack.cards.notes import Notes
from bot.slack.home.page import home
from bot.storage.records import RecentLookup
from tests.slack.judging import NOW
from tests.slack.watching import watch_of
from tests.support.reading import heading, in_view, row_of, seen
from tests.support.scene import Scene, Stages
from tests.support.wording import BUSY, BUSY_PT, EN, PT, phrase, say


@pytest.mark.both_modes
async def test_on_the_first_day_it_says_how_to_begin(mode: Mode, stages: Stages) -> None:
    """In the bot's language, with the configured contact."""
    async with stages.scene(mode, bot_language="pt-BR", bot_support_contact="Ana & Co") as bot:
        await bot.person.open_home()
        shown = in_view(await bot.home())

    for line in (
        say("home.nothing_yet", PT, command="/voicestatus"),
        say("watches.none", PT, command="/voicestatus"),
        say("help.contact", PT, contact="Ana &amp; Co"),
    ):
        assert line in shown


async def page(bot: Scene) -> str:
    """The page that is published when all look-ups are answered and stored."""
    await bot.running.work.idle()
    before = len(bot.slack.calls)
    await bot.person.open_home()
    await bot.slack.wait_for(
        lambda: "views.publish" in [call.method for call in bot.slack.calls[before:]]
    )
    await bot.running.work.idle()
    return in_view(await bot.home())


async def test_afterwards_it_shows_the_persons_own_look_ups(bot: Scene) -> None:
    """From every surface, the newest first, each id once, and no other user's."""
    await bot.answer("SANDBOX-MACHINE", user=OTHER_USER_ID)
    await bot.answer("SANDBOX-BUSY")
    await page(bot)
    await bot.mention("SANDBOX-OK")
    await page(bot)
    await bot.answer("NO-SUCH-ID-1")
    await page(bot)
    await bot.answer("SANDBOX-BUSY")
    shown = await page(bot)

    lines = {"SANDBOX-BUSY": "failed", "NO-SUCH-ID-1": "gateway.023", "SANDBOX-OK": "answered"}
    assert list(lines) == re.findall(r"`((?:SANDBOX|NO)-[^`]*)`", shown)
    for idmsg, name in lines.items():
        icon, outcome = say(f"icon.{name}"), say(f"outcome_word.{name}")
        line = phrase("home.recent_line", icon=icon, idmsg=idmsg, outcome=outcome)
        assert line.search(shown), line


async def test_the_language_is_chosen_there(bot: Scene) -> None:
    """The page and all answers change immediately; `automatic` undoes the choice."""
    await bot.person.open_home()
    await bot.person.click(await bot.home(), "home_language", value="pt-BR")
    in_portuguese = await bot.home(shows=say("home.settings", PT))
    chosen = await bot.answer("SANDBOX-BUSY")
    await bot.person.click(in_portuguese, "home_language", value="auto")
    await bot.home(shows=say("home.settings"))
    automatic = await bot.answer("SANDBOX-BUSY")

    assert [BUSY_PT, BUSY] == [heading(chosen), heading(automatic)]


async def test_a_choice_on_a_page_that_slack_does_not_take_is_confirmed_directly(
    bot: Scene,
) -> None:
    """In the chosen language."""
    await bot.person.open_home()
    view = await bot.home()
    bot.slack.fail_next("views.publish", error="not_enabled")

    told = await bot.comes_of(bot.person.click(view, "home_language", value="pt-BR"))

    assert bot.person.direct_channel == told.channel
    assert say("language.chosen", PT) in seen(told)


async def test_the_menu_shows_what_was_chosen(bot: Scene) -> None:
    """Even if it was chosen by command."""
    await bot.answer("lang pt")
    await bot.person.open_home()
    view = await bot.home()

    (menu,) = [block["accessory"] for block in view.content["blocks"] if "accessory" in block]
    assert "pt-BR" == menu["initial_option"]["value"]


async def test_a_call_of_the_page_is_opened_in_a_modal(bot: Scene) -> None:
    """With its buttons; if Slack opens no modal, in a direct message."""
    await bot.answer("SANDBOX-BUSY")
    await page(bot)
    await bot.person.click(await bot.home(), "home_recent")
    shown = await bot.modal_showing(BUSY)
    bot.slack.fail_next("views.open", error="expired_trigger_id")
    told = await bot.comes_of(bot.person.click(await bot.home(), "home_recent"))

    assert "customer" in row_of(shown)
    assert (bot.person.direct_channel, BUSY) == (told.channel, heading(told))


async def test_its_button_opens_the_modal_that_asks(bot: Scene) -> None:
    """The modal shows the answer."""
    await bot.person.open_home()
    await bot.person.click(await bot.home(), "home_ask")
    await bot.person.submit(await bot.modal(), {"ids": "SANDBOX-BUSY"})

    assert BUSY in in_view(await bot.modal_showing(BUSY))


async def test_a_form_that_slack_does_not_open_is_no_silence(bot: Scene) -> None:
    """A direct message shows the user how to ask."""
    await bot.person.open_home()
    view = await bot.home()
    bot.slack.fail_next("views.open", error="expired_trigger_id")

    told = await bot.comes_of(bot.person.click(view, "home_ask"))

    assert bot.person.direct_channel == told.channel
    assert say("help.usage_title") == heading(told)


async def test_the_tab_of_messages_draws_nothing(bot: Scene) -> None:
    """Slack sends the same event for it."""
    await bot.nothing_comes_of(bot.person.open_home("messages"))

    assert bot.slack.home_of(bot.person.user) is None


@pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])
def test_the_fullest_page_is_inside_slacks_limits(catalog: Catalog) -> None:
    """Ids of forty hostile characters, the longest contact, every outcome, too many watches."""
    contacts, zone = Contacts(bot="&" * 200), ZoneInfo("America/Sao_Paulo")
    style = CardStyle(catalog=catalog, contacts=contacts, zone=zone)
    fullest = home(
        Notes(style, "/" + "c" * 31),
        recent=[
            RecentLookup(team="T1", user="U1", idmsg="`<&>" * 10, outcome=name, at=NOW)
            for name in COUNTED
        ],
        watches=[watch_of("`<&>" * 10)] * 250,
        chosen=catalog.language,
    )

    assert [] == problems_of_view(fullest, Surface.HOME)
