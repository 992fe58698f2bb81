"""The playground for everybody: keyboard alone, screen readers, dark, narrow, without motion."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import expect

from browser.visitors import Visitor, Visitors, script

BUSY: Final = "The call did not go through: the line was busy."
# Between its last control and its first, a dialog leaves the page for the browser's own bar.
IS_INSIDE: Final = """() => document.activeElement === document.body
    || document.activeElement.closest('#modal') !== null"""
WIDTHS: Final = (360, 768, 1280, 1920)

AUDIT: Final = script("audit.js")
NOTHING: Final[dict[str, list[str]]] = {"nameless": [], "doubled": [], "faint": []}


async def audited(visitor: Visitor) -> Any:
    """What a person with a screen reader or weak eyes would stumble over."""
    # Nothing may be in the middle of a change of its colours.
    await visitor.page.wait_for_timeout(400)
    return await visitor.ask(AUDIT)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_control_has_a_name_and_every_text_can_be_read(
    visitors: Visitors, scheme: str
) -> None:
    """On each surface, in both colour schemes; the contrast is WCAG's for small text."""
    ana = await visitors.come(width=1700, color_scheme=scheme)
    assert NOTHING == await audited(ana)
    await ana.page.get_by_role("button", name="Check it for me").click()
    await ana.sees(BUSY, within="#thread")
    await ana.type("/voicestatus SANDBOX-850")
    await ana.sees("Only visible to you")
    await ana.page.locator(".exchange summary").first.click()
    assert NOTHING == await audited(ana)
    await ana.picture(f"everything-{scheme}")
    await ana.page.get_by_role("button", name="Check a voice call").click()
    await ana.sees("One to ten", within="#modal")
    assert NOTHING == await audited(ana)
    await ana.page.keyboard.press("Escape")
    await expect(ana.page.locator("#modal")).to_be_hidden()
    await ana.page.get_by_role("link", name="App Home").click()
    await ana.sees("Your settings", within="#home")
    assert NOTHING == await audited(ana)
    await ana.page.get_by_role("button", name="Keyboard").click()
    assert NOTHING == await audited(ana)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_gallery_can_be_read_by_everybody(visitors: Visitors, scheme: str) -> None:
    """All cards at once."""
    gallery = await visitors.come("gallery", color_scheme=scheme)
    await gallery.sees("cards", within="#hall")

    assert NOTHING == await audited(gallery)


async def test_everything_can_be_done_with_the_keyboard_alone(ana: Visitor) -> None:
    """From the address bar to a customer's reply: Tab, arrows, Enter and Escape."""
    press, focused = ana.page.keyboard.press, ana.page.locator(":focus")
    await press("Tab")
    await expect(focused).to_have_text("Skip to the message box")
    await press("Enter")
    await press("Tab")
    await press("Tab")
    while "Message to" not in (await focused.get_attribute("aria-label") or ""):
        await press("Tab")
    await ana.page.keyboard.type("/voicestatus SANDBOX-BUSY")
    await press("Enter")
    await ana.sees(BUSY)
    await expect(focused).to_have_attribute("aria-label", "Message to #support-en")

    while "message" not in (await focused.get_attribute("class") or ""):
        await press("Shift+Tab")
    await press("End")
    await expect(focused).to_contain_text(BUSY)
    while "Reply for the customer" != await focused.text_content():
        await press("Tab")
    await press("Enter")
    await ana.sees("A reply for the customer")

    while "message" not in (await focused.get_attribute("class") or ""):
        await press("Shift+Tab")
    await press("Home")
    await expect(focused).to_contain_text("Three from this morning")
    while "Check voice status" != await focused.text_content():
        await press("Tab")
    await press("Enter")
    await ana.sees("3 calls", within="#thread")
    await press("Escape")
    await expect(ana.page.locator("#thread")).to_be_hidden()
    await press("Alt+ArrowDown")
    await expect(ana.page.locator("h1")).to_have_text("#suporte")


async def test_a_form_keeps_the_focus_inside_and_gives_it_back(ana: Visitor) -> None:
    """Tab goes round in the dialog; Escape closes it, and the bot's modal is gone."""
    opener = ana.page.get_by_role("button", name="Check a voice call")
    await opener.focus()
    await ana.page.keyboard.press("Enter")
    await ana.sees("One to ten", within="#modal")
    await expect(ana.page.locator("#modal").get_by_label("IDMSG")).to_be_focused()
    for _ in range(8):
        await ana.page.keyboard.press("Tab")
        assert await ana.ask(IS_INSIDE)
    await ana.page.keyboard.press("Escape")

    await expect(ana.page.locator("#modal")).to_be_hidden()
    await expect(opener).to_be_focused()
    stage = ana.playground.stage
    await stage.slack.wait_for(lambda: not stage.slack.modals_of(stage.person.user))


async def test_a_screen_reader_hears_what_the_bot_says(ana: Visitor) -> None:
    """New messages of the bot are said as full sentences, and who alone sees them."""
    await ana.type("/voicestatus SANDBOX-BUSY")
    await ana.sees(BUSY, within="#messages")

    said = await ana.page.locator("#announcer").text_content() or ""
    assert "voicestatus: Call SANDBOX-BUSY" in said
    assert "Only visible to you" in said


@pytest.mark.parametrize("width", WIDTHS)
async def test_nothing_stands_out_of_the_page(visitors: Visitors, width: int) -> None:
    """From a phone to a wide screen, with a thread open and without."""
    ana = await visitors.come(width=width, height=780)
    overflows = "() => document.documentElement.scrollWidth > innerWidth"
    assert not await ana.ask(overflows)
    await ana.picture(f"start-{width}")
    await ana.page.get_by_role("button", name="Check it for me").click()
    await ana.sees("Who resolves it", within="#thread")
    assert not await ana.ask(overflows)
    await ana.picture(f"thread-{width}")
    await ana.page.get_by_role("button", name="Close the thread").click()
    await ana.page.locator("#topbar [data-focus=wire]").click()
    await expect(ana.page.locator("#wire")).to_be_visible(visible=width < 1560)
    assert not await ana.ask(overflows)


async def test_a_phone_reaches_every_conversation(visitors: Visitors) -> None:
    """The list comes out at a button and goes when something was chosen."""
    ana = await visitors.come(width=360, height=740, has_touch=True)
    await ana.page.get_by_role("button", name="Conversations").click()
    await ana.page.get_by_role("link", name="App Home").click()

    await ana.sees("Your settings", within="#home")
    await expect(ana.page.get_by_role("link", name="lobby")).to_be_hidden()


async def test_the_colours_follow_the_system_until_one_chooses(visitors: Visitors) -> None:
    """The choice is kept in the browser."""
    ana = await visitors.come(color_scheme="dark")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert "rgb(22, 25, 28)" == await ana.ask(ground)
    await ana.page.get_by_role("button", name="Light colours").click()
    assert "rgb(255, 255, 255)" == await ana.ask(ground)
    await ana.page.reload()
    await ana.page.locator("h1").wait_for()

    assert "rgb(255, 255, 255)" == await ana.ask(ground)


async def test_nothing_moves_for_those_who_want_no_motion(visitors: Visitors) -> None:
    """No animation runs."""
    ana = await visitors.come(reduced_motion="reduce")

    assert 0 == await ana.ask("() => document.getAnimations().length")


async def test_the_page_asks_nobody_else(ana: Visitor) -> None:
    """Every request goes to the playground itself, and there are some."""
    await ana.type("/voicestatus help")
    await ana.sees("Only visible to you")

    hosts = {url.split("/")[2] for url in ana.requests}
    assert {ana.playground.url.split("/")[2]} == hosts
    assert len(ana.requests) > 10


async def test_a_playground_that_was_stopped_says_so(ana: Visitor) -> None:
    """The page tells that nobody answers, in place of silence."""
    await ana.page.route("**/stream*", lambda route: route.abort())
    await ana.page.get_by_role("button", name="Bruno Português").click()

    await ana.sees("O laboratório não responde", within="#away")
    ana.complaints.clear()


async def test_pressing_escape_twice_closes_a_form_once(ana: Visitor) -> None:
    """Slack is not asked to close what is gone."""
    await ana.page.get_by_role("button", name="Check a voice call").click()
    await ana.sees("One to ten", within="#modal")
    await ana.page.keyboard.press("Escape")
    await ana.page.keyboard.press("Escape")

    await expect(ana.page.locator("#modal")).to_be_hidden()
    await expect(ana.page.locator(".toast")).to_have_count(0)


async def test_moving_to_a_message_says_who_wrote_what(ana: Visitor) -> None:
    """A screen reader reads the name of what has the focus: author, time, and the text."""
    label = await ana.messages.last.get_attribute("aria-label") or ""

    assert label.startswith("Helen Park, ")
    assert "nobody called her about the delivery" in label


async def test_the_focus_stays_where_it_is_when_a_message_comes(ana: Visitor) -> None:
    """Whoever is about to press a button is not thrown out of it."""
    await ana.type("/voicestatus SANDBOX-OK")
    details = ana.messages.last.get_by_role("button", name="Details")
    await details.focus()
    stage = ana.playground.stage
    await stage.person.as_user("U0TOM000001").say("Good morning")

    await ana.sees("Good morning", within="#messages")
    await expect(ana.page.locator(":focus")).to_have_text("Details")
