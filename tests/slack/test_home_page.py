"""The App Home: useful on the first day, a person's look-ups and settings afterwards."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from scene import heading
from watching import watch_of
from ways import BUSY, BUSY_PT, Ways, in_view, visiting

from bot.demo.loopback.block_rules import Surface
from bot.demo.loopback.view_rules import problems_of_view
from bot.demo.loopback.workspace import BOT_MENTION, OTHER_USER_ID
from bot.domain.catalog import Language
from bot.domain.sums import COUNTED
from bot.locales import load_catalog
from bot.settings import Mode
from bot.slack.home_page import Recent, home
from bot.slack.style import Contacts, Styles

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "What happened to a call?",
                "Type `/voicestatus IDMSG` in any channel",
                "Nothing yet.",
                "The language in which I answer you",
                "`486`  The line was busy",
                "Questions about this bot: Ana &amp; Co",
            ],
        ),
        (
            "pt-BR",
            [
                "O que aconteceu com a chamada?",
                "Digite `/voicestatus IDMSG` em qualquer canal",
                "Ainda nada.",
                "O idioma em que respondo a você",
                "`486`  Número ocupado",
                "Dúvidas sobre este bot: Ana &amp; Co",
            ],
        ),
    ],
)
async def test_on_the_first_day_it_says_how_to_begin(
    mode: Mode, language: str, lines: list[str]
) -> None:
    """What the bot is for, how to ask, the settings, frequent codes, and whom to turn to."""
    async with visiting(mode, bot_language=language, bot_support_contact="Ana & Co") as ways:
        await ways.person.open_home()
        shown = in_view(await ways.home())

    for line in lines:
        assert line in shown


async def page_with(ways: Ways, pattern: str) -> str:
    """The page once it shows this; what is looked up is kept beside the answer, or after it."""
    shown = ""
    async with asyncio.timeout(30):
        while not re.search(pattern, shown):
            await ways.person.open_home()
            shown = in_view(await ways.home(shows="Your last look-ups"))
            await asyncio.sleep(0.02)
    return shown


async def test_afterwards_it_shows_the_persons_own_look_ups(ways: Ways) -> None:
    """From every way in, the newest first, each id once; nobody else's."""
    await ways.answer("SANDBOX-MACHINE", user=OTHER_USER_ID)
    await ways.answer("SANDBOX-BUSY")
    await page_with(ways, "`SANDBOX-BUSY`  not completed, ")
    await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))
    await page_with(ways, "`SANDBOX-OK`  answered, .*\n.*`SANDBOX-BUSY`")
    await ways.answer("NO-SUCH-ID")
    await page_with(ways, "🔍 `NO-SUCH-ID`  not found, ")
    await ways.answer("SANDBOX-BUSY")
    shown = await page_with(ways, "`SANDBOX-BUSY`.*\n.*`NO-SUCH-ID`.*\n.*`SANDBOX-OK`")

    assert 1 == shown.count("`SANDBOX-BUSY`")
    assert "SANDBOX-MACHINE" not in shown


async def test_the_language_is_chosen_there(ways: Ways) -> None:
    """The page changes at once, and so does every answer; `automatic` takes the choice back."""
    await ways.person.open_home()
    await ways.person.click(await ways.home(), "home_language", value="pt-BR")
    page = await ways.home(shows="Suas configurações")
    chosen = await ways.answer("SANDBOX-BUSY")
    await ways.person.click(page, "home_language", value="auto")
    await ways.home(shows="Your settings")
    automatic = await ways.answer("SANDBOX-BUSY")

    assert [BUSY_PT, BUSY] == [heading(chosen), heading(automatic)]


async def test_the_menu_shows_what_was_chosen(ways: Ways) -> None:
    """Also where it was chosen by the command."""
    await ways.answer("lang pt")
    await ways.person.open_home()
    page = await ways.home()

    (menu,) = [block["accessory"] for block in page.content["blocks"] if "accessory" in block]
    assert "pt-BR" == menu["initial_option"]["value"]


async def test_its_button_opens_the_modal_that_asks(ways: Ways) -> None:
    """The answer stands in the modal."""
    await ways.person.open_home()
    await ways.person.click(await ways.home(), "home_ask")
    await ways.person.submit(await ways.modal(), {"ids": "SANDBOX-BUSY"})

    assert BUSY in in_view(await ways.modal_showing(BUSY))


async def test_slacks_locale_draws_it(mode: Mode) -> None:
    """Bruno has chosen nothing, and his Slack speaks Portuguese."""
    async with visiting(mode, scopes={"users:read"}) as ways:
        bruno = ways.person.as_user(OTHER_USER_ID)
        await bruno.open_home()

        assert "Suas últimas consultas" in in_view(await ways.home(bruno))


async def test_the_tab_of_messages_draws_nothing(ways: Ways) -> None:
    """Slack tells of it by the same event."""
    await ways.nothing_comes_of(ways.person.open_home("messages"))

    assert ways.slack.home_of(ways.person.user) is None


@pytest.mark.parametrize("language", list(Language))
def test_the_fullest_page_is_inside_slacks_limits(language: Language) -> None:
    """Ids of forty hostile characters, the longest contact, every outcome, too many watches."""
    style = Styles(contacts=Contacts(bot="&" * 200), zone=ZoneInfo("America/Sao_Paulo"))
    page = home(
        style.private(load_catalog(language)),
        command="/" + "c" * 31,
        recent=[Recent(idmsg="`<&>" * 10, counted_as=name, at=NOW) for name in COUNTED],
        watches=[watch_of("`<&>" * 10)] * 250,
        chosen=language,
    )

    assert [] == problems_of_view(page, Surface.HOME)
