"""The playground's accessibility: keyboard, screen readers, dark, narrow, reduced motion."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from playwright.async_api import expect

from bot.domain.texts.catalog import Language
from tests.browser.visitors import (
    BRUNO,
    GLOBAL_SHORTCUT,
    HINT,
    ONLY_YOU,
    SHORTCUT,
    Visitor,
    Visitors,
    audit,
    label,
)
from tests.support.wording import BUSY, PT, say

# After a dialog's last control, the focus moves to the browser's own bar before the first one.
IS_INSIDE: Final = """() => document.activeElement === document.body
    || document.activeElement.closest('#modal') !== null"""
OVERFLOWS: Final = "() => document.documentElement.scrollWidth > innerWidth"
WIDTHS: Final = (360, 768, 1280, 1920)
HINT_OF_FORM: Final = say("modal.hint")
# More than the number of controls on the page.
MOST_STEPS: Final = 80


async def test_every_control_has_a_name_and_every_text_can_be_read(visitors: Visitors) -> None:
    """This holds for each surface and colour scheme; contrast is WCAG's for small text."""
    ana = await visitors.come(width=1700)
    found = await audit(ana, "start")
    await ana.button(HINT).click()
    await ana.sees(BUSY, within="#thread")
    await ana.type("/voicestatus SANDBOX-850")
    await ana.sees(ONLY_YOU)
    await ana.page.locator(".exchange summary").first.click()
    found += await audit(ana, "everything")
    await ana.button(GLOBAL_SHORTCUT).click()
    await ana.sees(HINT_OF_FORM, within="#modal")
    found += await audit(ana, "form")
    await ana.page.keyboard.press("Escape")
    await expect(ana.page.locator("#modal")).to_be_hidden()
    await ana.go(label("home"), label("home"))
    await ana.sees(say("home.settings"), within="#home")
    found += await audit(ana, "home")
    await ana.button(label("keyboard")).click()
    await expect(ana.page.get_by_role("dialog", name=label("keyboard"))).to_be_visible()
    found += await audit(ana, "keys")

    assert [] == found


async def step(ana: Visitor, key: str, arrived: Callable[[], Awaitable[bool]]) -> None:
    """Press a key until `arrived` is true."""
    for _ in range(MOST_STEPS):
        if await arrived():
            return
        await ana.page.keyboard.press(key)
    raise AssertionError(await ana.page.locator(":focus").all_inner_texts())


async def test_everything_can_be_done_with_the_keyboard_alone(ana: Visitor) -> None:
    """Tab, arrows, Enter and Escape lead from the address bar to a customer's reply."""
    press, focused = ana.page.keyboard.press, ana.page.locator(":focus")
    composer = label("composer_label", where="#support-en")

    async def on_composer() -> bool:
        return composer == await focused.get_attribute("aria-label")

    async def on_message() -> bool:
        return "message" in (await focused.get_attribute("class") or "").split()

    def on_button(name: str) -> Callable[[], Awaitable[bool]]:
        async def arrived() -> bool:
            return name == await focused.text_content()

        return arrived

    await press("Tab")
    await expect(focused).to_have_text(label("skip"))
    await press("Enter")
    await expect(focused).to_have_attribute("aria-label", composer)
    await ana.page.keyboard.type("/voicestatus SANDBOX-BUSY")
    await press("Enter")
    await ana.sees(BUSY)
    await expect(focused).to_have_attribute("aria-label", composer)

    await step(ana, "Shift+Tab", on_message)
    await press("End")
    await expect(focused).to_contain_text(BUSY)
    await step(ana, "Tab", on_button(say("button.customer")))
    await press("Enter")
    await ana.sees(say("customer_card.title"))

    await step(ana, "Shift+Tab", on_message)
    await press("Home")
    await expect(focused).to_contain_text(label("seed_several"))
    await step(ana, "Tab", on_button(SHORTCUT))
    await press("Enter")
    await ana.sees(label("replies", count=1), within="#messages")
    await step(ana, "Shift+Tab", on_button(label("replies", count=1)))
    await press("Enter")
    await expect(ana.thread).to_have_count(2)
    await press("Escape")
    await expect(ana.page.locator("#thread")).to_be_hidden()
    await press("Alt+ArrowDown")
    await expect(ana.page.locator("h1")).to_have_text("#suporte")


async def test_the_focus_is_never_lost(ana: Visitor) -> None:
    """It moves to the message box, or to the App Home, from what disappears."""
    focused, press = ana.page.locator(":focus"), ana.page.keyboard.press
    await ana.button(label("start_close")).click()
    await expect(focused).to_have_attribute("aria-label", re.compile("support-en"))
    for title in (label("home"), "voicestatus"):
        await press("Alt+ArrowUp")
        await expect(ana.page.locator("h1")).to_have_text(title)
        await expect(focused).to_have_count(1)
    await press("Alt+ArrowDown")
    await ana.sees(say("home.settings"), within="#home")
    await expect(focused).to_have_id("home")


async def test_the_focus_returns_to_a_button_that_was_drawn_anew(ana: Visitor) -> None:
    """The App Home is published again while the form that it opened is there."""
    await ana.go(label("home"), label("home"))
    opener = ana.page.locator("#home").get_by_role("button", name=say("home.ask"))
    await opener.click()
    await ana.sees(HINT_OF_FORM, within="#modal")
    stage = ana.playground.stage
    _, answers = await stage.say("SANDBOX-OK")
    assert [answer async for answer in answers]
    await stage.person.open_home()
    await ana.sees("SANDBOX-OK", within="#home")
    await ana.page.keyboard.press("Escape")

    await expect(ana.page.locator("#modal")).to_be_hidden()
    await expect(opener).to_be_focused()


async def test_a_form_traps_the_focus_and_restores_it(ana: Visitor) -> None:
    """Tab cycles within the dialog; Escape closes it and the bot's modal."""
    opener = ana.button(GLOBAL_SHORTCUT)
    await opener.focus()
    await ana.page.keyboard.press("Enter")
    await ana.sees(HINT_OF_FORM, within="#modal")
    await expect(ana.page.locator("#modal").get_by_label(say("modal.label"))).to_be_focused()
    for _ in range(8):
        await ana.page.keyboard.press("Tab")
        assert await ana.ask(IS_INSIDE)
    await ana.page.keyboard.press("Escape")

    await expect(ana.page.locator("#modal")).to_be_hidden()
    await expect(opener).to_be_focused()
    stage = ana.playground.stage
    await stage.slack.wait_for(lambda: not stage.slack.modals_of(stage.person.user))


async def test_new_messages_are_announced_to_screen_readers(ana: Visitor) -> None:
    """They are full sentences, and private messages are announced as private."""
    await ana.type("/voicestatus SANDBOX-BUSY")
    await ana.sees(BUSY, within="#messages")

    (card,) = ana.playground.stage.slack.messages[-1:]
    said = ana.page.locator("#announcer p")
    await expect(said).to_have_text(f"voicestatus: {card.text} {ONLY_YOU}.")


async def test_nothing_overflows_the_page(visitors: Visitors) -> None:
    """Screens from phone to wide, with and without a thread and the wire panel."""
    found = []
    for width in WIDTHS:
        ana = await visitors.come(width=width, height=780)
        found += [f"start {width}"] if await ana.ask(OVERFLOWS) else []
        await ana.picture(f"start-{width}")
        await (ana.button(HINT).click() if width == WIDTHS[0] else ana.open_thread())
        await ana.sees(BUSY, within="#thread")
        found += [f"thread {width}"] if await ana.ask(OVERFLOWS) else []
        await ana.picture(f"thread-{width}")
        await ana.button(label("close_thread")).click()
        await ana.page.locator("#topbar [data-focus=wire]").click()
        await expect(ana.page.locator("#wire")).to_be_visible(visible=width < 1560)
        found += [f"panel {width}"] if await ana.ask(OVERFLOWS) else []

    assert [] == found


async def test_the_first_page_can_be_read_at_every_width(visitors: Visitors) -> None:
    """The highlighted button, too, which looks different in a narrow window."""
    found = []
    for width in WIDTHS:
        ana = await visitors.come(width=width, height=780)
        await expect(ana.page.locator(".tool.first")).to_be_visible()
        found += await audit(ana, f"start-{width}")

    assert [] == found


async def test_a_low_window_leaves_room_for_the_conversation(visitors: Visitors) -> None:
    """A window of 1280 by 800 at 200 % zoom has half of its height for it, with the hint, too."""
    ana = await visitors.come(width=640, height=400)
    height = "() => document.getElementById('messages').clientHeight"
    await expect(ana.button(HINT)).to_be_visible()
    await ana.picture("low")

    assert await ana.ask(height) >= 200


async def test_the_page_speaks_the_language_of_the_browser(visitors: Visitors) -> None:
    """So does the gallery; the switch names the languages."""
    for path in ("", "gallery"):
        visitor = await visitors.come_apart(path, locale="pt-PT")
        await expect(visitor.page.locator("html")).to_have_attribute("lang", "pt-BR")
    visitor = await visitors.come_apart(locale="fr-FR")
    await expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    switch = visitor.page.get_by_role("group", name=label("language"))
    names = [label("own_language"), label("own_language", PT)]
    await expect(switch.get_by_role("button")).to_have_text(names)


@pytest.mark.parametrize("opened_in", list(Language))
async def test_the_page_opens_in_the_language_that_was_asked_for(
    ana: Visitor, opened_in: Language
) -> None:
    """`voicestatus demo --language` is stronger than the browser's language."""
    await expect(ana.page.locator("html")).to_have_attribute("lang", opened_in.value)


async def test_a_phone_reaches_every_conversation(visitors: Visitors) -> None:
    """A button opens the list, and a choice closes it."""
    ana = await visitors.come(width=360, height=740)
    await ana.button(label("menu")).click()
    await ana.go(label("home"), label("home"))

    await ana.sees(say("home.settings"), within="#home")
    await expect(ana.page.get_by_role("link", name="lobby")).to_be_hidden()


async def test_the_colours_follow_the_system_until_one_chooses(visitors: Visitors) -> None:
    """The browser stores the choice."""
    ana = await visitors.come(scheme="dark")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert "rgb(22, 25, 28)" == await ana.ask(ground)
    await ana.button(label("to_light")).click()
    assert "rgb(255, 255, 255)" == await ana.ask(ground)
    await ana.page.reload()
    await ana.page.locator("h1").wait_for()

    assert "rgb(255, 255, 255)" == await ana.ask(ground)


async def test_nothing_moves_with_reduced_motion(visitors: Visitors) -> None:
    """No animation runs; without that preference one highlights the first message."""
    running = "() => document.getAnimations().length"
    ana = await visitors.come(moving=True)
    await expect(ana.button(HINT)).to_be_visible()
    assert await ana.ask(running) > 0
    ana = await visitors.come()
    await expect(ana.button(HINT)).to_be_visible()

    assert 0 == await ana.ask(running)


async def test_the_page_sends_no_request_elsewhere(ana: Visitor) -> None:
    """Every request goes to the playground, and there is at least one."""
    await ana.type("/voicestatus help")
    await ana.sees(ONLY_YOU)

    hosts = {url.split("/")[2] for url in ana.requests}
    assert {ana.playground.url.split("/")[2]} == hosts
    assert len(ana.requests) > 10


async def test_a_playground_that_was_stopped_says_so(ana: Visitor) -> None:
    """The page reports that the server does not answer."""
    await ana.page.route("**/stream*", lambda route: route.abort())
    await ana.button(BRUNO).click()

    await ana.sees(label("server_away", PT), within="#away")
    # Leaving the page ends its attempts to reconnect, which would log errors.
    await ana.page.goto("about:blank")
    ana.complaints.clear()


async def test_pressing_escape_twice_closes_a_form_once(ana: Visitor) -> None:
    """The second Escape sends no action."""
    await ana.button(GLOBAL_SHORTCUT).click()
    await ana.sees(HINT_OF_FORM, within="#modal")
    await ana.page.keyboard.press("Escape")
    await ana.page.keyboard.press("Escape")

    await expect(ana.page.locator("#modal")).to_be_hidden()
    await expect(ana.page.locator(".toast")).to_have_count(0)
    # One action opened the form, one closed it.
    assert 2 == sum(url.endswith("/action") for url in ana.requests)


async def test_a_focused_message_is_announced_with_its_author(ana: Visitor) -> None:
    """Screen readers read the name of the focused element: author, time and text."""
    said = await ana.messages.last.get_attribute("aria-label") or ""

    text = label("seed_nobody_called")
    before, after = label("message_label", who="Helen Park", time="|", text=text).split("|")
    assert (before, after) == (said[: len(before)], said[-len(after) :])


async def test_the_focus_stays_where_it_is_when_a_message_comes(ana: Visitor) -> None:
    """A button that has the focus does not lose it."""
    await ana.type("/voicestatus SANDBOX-OK")
    await ana.messages.last.get_by_role("button", name=say("button.share")).focus()
    stage = ana.playground.stage
    await stage.person.as_user("U0TOM000001").say("Good morning")

    await ana.sees("Good morning", within="#messages")
    await expect(ana.page.locator(":focus")).to_have_text(say("button.share"))
