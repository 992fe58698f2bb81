"""A tour of the playground in a real browser: every surface, by mouse."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from browser.visitors import Visitor, Visitors

BUSY = "The call did not go through: the line was busy."
ANSWERED = "The call was answered and the message played: 85 seconds."


async def test_a_newcomer_understands_a_failed_call_with_one_click(ana: Visitor) -> None:
    """The hint leads from a customer's complaint to verdict and next step in the thread."""
    await ana.picture("start")
    await ana.page.get_by_role("button", name="Check it for me").click()

    await ana.sees(BUSY, within="#thread")
    await ana.sees("Next step", within="#thread")
    await expect(ana.page.locator("#start")).to_be_hidden()
    await expect(ana.page.locator("#messages").get_by_text("1 reply")).to_be_visible()
    await ana.picture("thread")


async def test_the_shortcut_stands_in_the_menu_of_a_message(ana: Visitor) -> None:
    """Pointing at a message shows its menu; the answer goes into its thread."""
    await ana.messages.first.hover()
    await ana.messages.first.get_by_role("button", name="Check voice status").click()

    await ana.sees("3 calls: 1 answered", within="#thread")


async def test_a_command_is_answered_for_the_one_who_typed_it(ana: Visitor) -> None:
    """The card is marked, and the command itself is shown to nobody."""
    await ana.type("/voicestatus SANDBOX-OK")

    await ana.sees(ANSWERED)
    await expect(ana.messages.last.get_by_text("Only visible to you")).to_be_visible()
    await expect(
        ana.page.locator("#messages").get_by_text("/voicestatus SANDBOX-OK")
    ).to_have_count(0)


async def test_buttons_of_a_card_work(ana: Visitor) -> None:
    """Details, the reply for the customer, and sharing, which all can see."""
    await ana.type("/voicestatus SANDBOX-BUSY")
    await ana.sees(BUSY)
    for name in ("Details", "Reply for the customer", "Share"):
        await ana.page.locator("#messages").get_by_role("button", name=name).first.click()

    await ana.sees("Details for an engineer")
    await ana.sees("A reply for the customer")
    shared = ana.messages.filter(has_text="Shared by @ana")
    await shared.wait_for()
    assert "ephemeral" not in (await shared.get_attribute("class") or "")
    await ana.picture("buttons")


async def test_a_card_is_refreshed_in_its_place_and_keeps_the_focus(ana: Visitor) -> None:
    """The button that was pressed is the one that has the focus afterwards."""
    await ana.type("/voicestatus SANDBOX-PENDING-2")
    await ana.sees("No status yet")
    refresh = ana.messages.last.get_by_role("button", name="Refresh")
    await ana.page.wait_for_timeout(2_100)
    await refresh.click()

    await ana.sees(ANSWERED)
    await expect(refresh).to_be_focused()


@pytest.mark.notes
async def test_a_slow_gateway_is_told_and_then_replaced(ana: Visitor) -> None:
    """The note that work is going on becomes the card."""
    await ana.type("/voicestatus SANDBOX-SLOW-2")

    await ana.sees("Asking the gateway", within="#messages")
    await ana.sees(ANSWERED, within="#messages")
    await expect(ana.page.locator("#messages").get_by_text("Asking the gateway")).to_have_count(0)


async def test_a_mention_is_answered_in_the_thread_that_opens(ana: Visitor) -> None:
    """A person writes in a channel with the bot's name."""
    await ana.type("@voicestatus SANDBOX-NOANSWER")

    await ana.sees("Who resolves it", within="#thread")
    await expect(ana.messages.last.locator(".mention")).to_have_text("@voicestatus")


async def test_a_thread_can_be_written_in(ana: Visitor) -> None:
    """A mention in a thread is answered there; commands are refused there, as Slack does."""
    await ana.messages.first.hover()
    await ana.messages.first.get_by_role("button", name="Reply").click()
    box = ana.page.locator("#thread textarea")
    await box.fill("@voicestatus SANDBOX-BLOCKED")
    await box.press("Enter")

    await ana.sees("Who resolves it", within="#thread")
    await box.fill("/voicestatus SANDBOX-OK")
    await box.press("Enter")
    await ana.sees("does not work in threads", within="#toasts")
    await expect(box).to_have_value("/voicestatus SANDBOX-OK")


async def test_a_watch_ends_with_a_notice_that_cannot_be_overlooked(ana: Visitor) -> None:
    """It comes directly; the list of conversations says so until it is seen."""
    await ana.type("/voicestatus SANDBOX-PENDING-4")
    await ana.messages.last.get_by_role("button", name="Watch").click()
    await ana.sees("I am watching this call", within="#messages")

    await ana.page.get_by_role("link", name="voicestatus 1 new").click()
    await ana.sees("it has its final status", within="#messages")
    await ana.picture("watch")
    await expect(ana.page.get_by_role("link", name="voicestatus messages")).to_be_visible()


async def test_a_direct_message_needs_no_command(ana: Visitor) -> None:
    """A sentence with an id is enough."""
    await ana.page.get_by_role("link", name="voicestatus messages").click()
    await ana.type("Please check SANDBOX-NOTFOUND")

    await expect(ana.thread).to_have_count(2)
    await ana.picture("direct")


async def test_the_bot_answers_where_it_is_no_member(ana: Visitor) -> None:
    """By the address that came with the click, since no other way is open."""
    await ana.page.get_by_role("link", name=re.compile("lobby")).click()
    await ana.messages.first.hover()
    await ana.messages.first.get_by_role("button", name="Check voice status").click()

    await expect(ana.thread).to_have_count(2)
    slack = ana.playground.stage.slack
    assert ["chat.postMessage: not_in_channel {}"] == slack.refusals
    await expect(ana.page.locator(".complaints")).to_have_count(0)
    slack.refusals.clear()


async def test_the_app_home_keeps_what_was_looked_up_and_changes_the_language(ana: Visitor) -> None:
    """The page is drawn by the bot, and drawn anew after a choice."""
    await ana.type("/voicestatus SANDBOX-DECLINED")
    await ana.sees("SANDBOX-DECLINED")
    await ana.page.get_by_role("link", name="App Home").click()
    await ana.sees("Your last look-ups", within="#home")
    await ana.sees("SANDBOX-DECLINED", within="#home")
    await ana.picture("home")
    await ana.page.locator("#home select").select_option("pt-BR")

    await ana.sees("Suas últimas consultas", within="#home")


async def test_the_form_says_what_is_wrong_and_then_shows_the_answer(ana: Visitor) -> None:
    """A modal with an error under its input, a correction, and the answer in its place."""
    await ana.page.get_by_role("button", name="Check a voice call").click()
    form = ana.page.get_by_role("dialog", name="Check voice status")
    await form.get_by_label("IDMSG").fill("+55 (11) 98765-4321")
    await form.get_by_role("button", name="Check", exact=True).click()
    await expect(form.locator(".error")).to_contain_text("phone")
    await ana.picture("form-error")
    await form.get_by_label("IDMSG").fill("SANDBOX-OK")
    await form.get_by_role("button", name="Check", exact=True).click()

    await ana.sees(ANSWERED, within="#modal")
    await form.get_by_role("button", name="Close").last.click()
    await expect(form).to_be_hidden()


async def test_an_empty_form_is_not_sent(ana: Visitor) -> None:
    """Slack's client asks for what is missing, so the page does."""
    await ana.page.get_by_role("button", name="Check a voice call").click()
    check = ana.page.get_by_role("button", name="Check", exact=True)
    await expect(check).to_be_visible()
    before = ana.playground.stage.slack.wire.action
    await check.click()

    await ana.sees("Please fill this in.", within="#modal")
    assert before == ana.playground.stage.slack.wire.action


async def test_two_people_see_their_own_answers_only(visitors: Visitors) -> None:
    """An ephemeral card of Ana is not before Bruno; what she shares is."""
    ana, bruno = await visitors.come(), await visitors.come()
    await bruno.page.get_by_role("button", name="Bruno Português").click()
    await bruno.page.get_by_role("link", name="support-en").click()
    await ana.type("/voicestatus SANDBOX-OK")
    await ana.sees(ANSWERED)
    await ana.type("/voicestatus SANDBOX-BUSY share")

    await bruno.sees(BUSY)
    await expect(bruno.page.get_by_text(ANSWERED)).to_have_count(0)


async def test_the_portuguese_agent_reads_portuguese_everywhere(ana: Visitor) -> None:
    """Page, messages, card and buttons."""
    await ana.page.get_by_role("button", name="Bruno Português").click()
    await ana.page.get_by_role("button", name="Checar para mim").click()

    await ana.sees("A chamada não foi completada: número ocupado.", within="#thread")
    await expect(ana.page.locator("html")).to_have_attribute("lang", "pt-BR")
    await ana.type("/voicestatus ajuda")
    await ana.sees("Visível só para você")
    await ana.picture("portuguese")


async def test_an_unknown_command_loses_nothing(ana: Visitor) -> None:
    """What was typed stays in the box."""
    await ana.type("/voice SANDBOX-OK")

    await ana.sees("/voice is not a command here", within="#toasts")
    await expect(ana.page.locator("#foot textarea")).to_have_value("/voice SANDBOX-OK")


async def test_what_is_typed_is_text_whatever_it_holds(ana: Visitor) -> None:
    """Markup of a page, typed by a person, is shown as typed and not run."""
    await ana.type("<img src=x onerror=\"document.title='run'\"> & <b>bold</b>")

    await ana.sees("<img src=x onerror=\"document.title='run'\"> & <b>bold</b>")
    await expect(ana.page).to_have_title("voicestatus playground")
    assert 0 == await ana.page.locator("#messages img, #messages .content b").count()


async def test_the_newest_message_is_in_view_from_the_beginning(ana: Visitor) -> None:
    """Under the hint and above the line about the acknowledgement, also after a reload."""
    await ana.type("/voicestatus SANDBOX-BUSY")
    await ana.sees(BUSY)
    await ana.page.evaluate("localStorage.removeItem('voicestatus-hint')")
    await ana.page.reload()
    await ana.page.get_by_role("button", name="Check it for me").wait_for()

    await expect(ana.messages.last).to_be_in_viewport()
    inside = (
        "one => one.getBoundingClientRect().top < one.parentElement.getBoundingClientRect().bottom"
    )
    assert await ana.messages.last.evaluate(inside)


async def test_who_looks_and_what_is_typed_outlast_a_change_of_place(ana: Visitor) -> None:
    """A reload keeps the person; a draft waits where it was typed."""
    await ana.page.get_by_role("button", name="Bruno Português").click()
    await ana.page.reload()
    box = ana.page.locator("#foot textarea")
    await box.fill("rascunho")
    await ana.page.keyboard.press("Alt+ArrowDown")

    await expect(ana.page.locator("html")).to_have_attribute("lang", "pt-BR")
    await expect(box).to_have_value("")
    await expect(box).to_be_focused()
    await ana.page.keyboard.press("Alt+ArrowUp")
    await expect(box).to_have_value("rascunho")


async def test_a_channel_without_the_bot_says_that_names_are_not_heard(ana: Visitor) -> None:
    """Its examples hold commands only."""
    await ana.page.get_by_role("link", name="lobby").click()

    await expect(ana.page.locator(".example").filter(has_text="@")).to_have_count(0)
    await ana.type("@voicestatus SANDBOX-OK")
    await ana.sees("does not hear its name", within="#toasts")


async def test_a_pane_on_a_phone_leaves_nothing_behind_it_to_reach(visitors: Visitors) -> None:
    """What is covered cannot have the focus."""
    phone = await visitors.come(width=390, height=844)
    await phone.page.get_by_role("button", name="Check it for me").click()
    await phone.sees("Next step", within="#thread")

    assert await phone.ask("document.getElementById('main').inert")
    await phone.page.get_by_role("button", name="Close the thread").click()
    assert not await phone.ask("document.getElementById('main').inert")


async def test_a_file_goes_with_a_message_and_can_be_opened(ana: Visitor) -> None:
    """It is chosen, can be taken away again, is sent, and stands there by its name."""
    page = ana.page
    chosen = {"name": "list.csv", "mimeType": "text/csv", "buffer": b"IDMSG\r\nSANDBOX-OK\r\n"}
    picker = page.locator("#foot input[type=file]")
    await picker.set_input_files(chosen)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Take list.csv away").click()
    await expect(page.locator("#foot").get_by_text("list.csv")).to_have_count(0)
    await picker.set_input_files(chosen)  # type: ignore[arg-type]
    await page.locator("#foot").get_by_text("list.csv").wait_for()
    await ana.type("my list")

    link = ana.messages.last.get_by_role("link", name="list.csv")
    await link.wait_for()
    await ana.picture("file")
    async with page.expect_download() as opening:
        await link.click()
    download = await opening.value

    assert "list.csv" == download.suggested_filename
    await expect(page.locator("#foot .chosen")).to_be_hidden()


async def test_a_deleted_file_is_said_to_be_deleted(ana: Visitor) -> None:
    """As Slack's client shows it."""
    stage = ana.playground.stage
    said = await stage.person.say("x", files=["list.csv"])
    await ana.messages.last.get_by_role("link", name="list.csv").wait_for()

    stage.slack.files.delete(said.files[0]["id"])

    await ana.sees("This file was deleted.", within="#messages")
