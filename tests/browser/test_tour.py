"""A tour of the playground in a real browser: every surface, by mouse."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import expect

from bot.domain.timing import Timing
from tests.browser.visitors import (
    BRUNO,
    GLOBAL_SHORTCUT,
    HINT,
    ONLY_YOU,
    SHORTCUT,
    Gateway,
    Visitor,
    Visitors,
    explained,
    label,
)
from tests.support.wording import ANSWERED, BUSY, BUSY_PT, PT, say, verdict

WORKING: Final = say("working.title")
SUBMIT: Final = say("modal.submit")


async def test_a_newcomer_understands_a_failed_call_with_one_click(ana: Visitor) -> None:
    """The hint's button answers a customer's complaint with verdict and next step in the thread."""
    await ana.picture("start")
    await ana.button(HINT).click()

    await ana.sees(BUSY, within="#thread")
    await ana.sees(explained("failed:486").entry.advice, within="#thread")
    await expect(ana.page.locator("#thread textarea")).to_be_focused()
    await expect(ana.page.locator("#start")).to_be_hidden()
    replies = ana.page.locator("#messages").get_by_text(label("replies", count=1))
    await expect(replies).to_be_visible()
    await ana.picture("thread")


async def test_the_shortcut_is_in_the_menu_of_a_message(ana: Visitor) -> None:
    """Hovering over a message shows its menu; as in Slack, only a count tells of the answer."""
    await ana.messages.first.hover()
    await ana.messages.first.get_by_role("button", name=SHORTCUT).click()
    await ana.sees(label("replies", count=1), within="#messages")
    await expect(ana.page.locator("#thread")).to_be_hidden()
    await ana.open_thread()

    await expect(ana.thread).to_have_count(2)


async def test_a_command_is_answered_privately(ana: Visitor) -> None:
    """The card is marked as private, and the command itself is not shown."""
    await ana.type("/voicestatus SANDBOX-OK")

    await ana.sees(ANSWERED)
    await expect(ana.messages.last.get_by_text(ONLY_YOU)).to_be_visible()
    await expect(
        ana.page.locator("#messages").get_by_text("/voicestatus SANDBOX-OK")
    ).to_have_count(0)


async def test_buttons_of_a_card_work(ana: Visitor) -> None:
    """They show details and the customer reply, and share the card with the channel."""
    await ana.type("/voicestatus SANDBOX-BUSY")
    await ana.sees(BUSY)
    card = ana.messages.filter(has_text=BUSY).first
    for name in ("details", "customer", "share"):
        await ana.press(card, name)

    await ana.sees(say("details.title"))
    await ana.sees(say("customer_card.title"))
    shared = ana.messages.filter(has_text=say("card.shared_by", user="ana"))
    await shared.wait_for()
    assert "ephemeral" not in (await shared.get_attribute("class") or "")
    await ana.picture("buttons")


async def test_an_answer_in_the_form_can_be_shared(ana: Visitor) -> None:
    """A form over it asks where; then the answer is there again."""
    await ana.button(GLOBAL_SHORTCUT).click()
    await ana.page.locator("#modal").get_by_label(say("modal.label")).fill("SANDBOX-OK")
    await ana.button(say("modal.submit")).click()
    await ana.sees(ANSWERED, within="#modal")
    await ana.picture("answer-in-a-form")
    await ana.page.locator("#modal").get_by_role("button", name=say("button.share")).click()
    await ana.sees(say("modal.where"), within="#modal")
    await ana.picture("share-form")
    await ana.page.locator("#modal [type=submit]").click()

    await ana.sees(say("card.shared_by", user="ana"), within="#messages")
    await ana.sees(ANSWERED, within="#modal")


async def test_a_card_is_refreshed_in_its_place_and_keeps_the_focus(
    ana: Visitor, gateway: Gateway
) -> None:
    """The menu that was used has the focus afterwards."""
    await ana.type("/voicestatus SANDBOX-PENDING-2")
    await ana.sees(verdict("024"))
    gateway.now += 2
    await ana.press(ana.messages.last, "refresh")

    await ana.sees(ANSWERED)
    await expect(ana.messages.last.get_by_role("button", name=label("more"))).to_be_focused()


@pytest.mark.parametrize("timing", [Timing(note_after=0)], ids=["note at once"])
async def test_the_note_about_a_slow_gateway_becomes_the_card(
    ana: Visitor, gateway: Gateway
) -> None:
    """The user sees a progress note, and then the answer in its place."""
    gateway.answering.clear()
    await ana.type("/voicestatus SANDBOX-OK")
    await ana.sees(WORKING, within="#messages")
    gateway.answering.set()

    await ana.sees(ANSWERED, within="#messages")
    await expect(ana.page.locator("#messages").get_by_text(WORKING)).to_have_count(0)


async def test_a_mention_is_answered_in_its_thread(ana: Visitor) -> None:
    """The user mentions the bot in a channel, and opens the thread."""
    await ana.type("@voicestatus SANDBOX-NOANSWER")
    await ana.sees(label("replies", count=1), within="#messages")
    await expect(ana.page.locator("#thread")).to_be_hidden()
    await ana.open_thread()

    await ana.sees(verdict("failed:480"), within="#thread")
    await expect(ana.messages.last.locator(".mention")).to_have_text("@voicestatus")


async def test_what_only_one_user_sees_is_no_reply(ana: Visitor) -> None:
    """The count of a thread is the same for everybody, as in Slack."""
    await ana.button(HINT).click()
    await ana.sees(BUSY, within="#thread")
    await ana.press(ana.thread.last, "customer")

    await ana.sees(ONLY_YOU, within="#thread")
    await expect(ana.page.locator("#messages .answers")).to_have_text(label("replies", count=1))


async def test_a_thread_can_be_written_in(ana: Visitor) -> None:
    """A mention in a thread is answered there; commands in threads are refused, as by Slack."""
    await ana.messages.first.hover()
    await ana.messages.first.get_by_role("button", name=label("reply")).click()
    box = ana.page.locator("#thread textarea")
    await box.fill("@voicestatus SANDBOX-BLOCKED")
    await box.press("Enter")

    await ana.sees(verdict("blocked:608"), within="#thread")
    await box.fill("/voicestatus SANDBOX-OK")
    await box.press("Enter")
    await ana.sees(label("no_commands_in_threads", command="/voicestatus"), within="#toasts")
    await expect(box).to_have_value("/voicestatus SANDBOX-OK")


async def test_a_watch_ends_with_a_notice_that_cannot_be_overlooked(
    ana: Visitor, gateway: Gateway
) -> None:
    """It is a direct message; the sidebar shows it as unread until it is opened."""
    await ana.type("/voicestatus SANDBOX-PENDING-4")
    await ana.messages.last.get_by_role("button", name=say("button.watch")).click()
    await ana.sees(say("watch.title", count=1), within="#messages")
    gateway.now += 4

    await ana.go(f"voicestatus {label('unread', count=1)}", "voicestatus")
    await ana.sees(say("notice.status"), within="#messages")
    await ana.picture("watch")
    seen = ana.page.get_by_role("link", name=f"voicestatus {label('direct')}", exact=True)
    await expect(seen).to_be_visible()


async def test_the_notice_of_a_watch_leads_to_its_card(ana: Visitor, gateway: Gateway) -> None:
    """On this page, not in Slack; the card is the answer, and the thread that it is in is open."""
    await ana.type("@voicestatus SANDBOX-PENDING-6")
    await ana.open_thread()
    await ana.page.locator("#thread").get_by_role("button", name=say("button.watch")).click()
    await ana.sees(say("watch.title", count=1), within="#thread")
    gateway.now += 6
    await ana.sees(say("notice.status"), within="#thread")
    await ana.picture("watch-in-a-thread")
    await ana.page.get_by_role("link", name=say("notice.to_card")).click()

    await ana.sees(ANSWERED, within="#thread li:nth-child(2)")
    assert 1 == len(ana.page.context.pages)


async def test_a_direct_message_needs_no_command(ana: Visitor) -> None:
    """Any text with an id is answered."""
    await ana.go(f"voicestatus {label('direct')}", "voicestatus")
    await ana.type("Please check SANDBOX-NOTFOUND")

    await ana.sees(verdict("failed:404"), within="#messages")
    await expect(ana.page.locator("#thread")).to_be_hidden()
    await ana.picture("direct")


async def test_the_bot_answers_where_it_is_no_member(ana: Visitor) -> None:
    """It answers by the click's response_url, the only channel available there."""
    await ana.go("lobby", "#lobby")
    await ana.messages.first.hover()
    await ana.messages.first.get_by_role("button", name=SHORTCUT).click()
    await ana.open_thread()

    await ana.sees(verdict("failed:603"), within="#thread")
    slack = ana.playground.stage.slack
    assert ["chat.postMessage: not_in_channel {}"] == slack.refusals
    await expect(ana.page.locator(".complaints")).to_have_count(0)
    slack.refusals.clear()


async def test_the_app_home_keeps_what_was_looked_up_and_changes_the_language(ana: Visitor) -> None:
    """The bot publishes the page, and again after a choice."""
    await ana.type("/voicestatus SANDBOX-DECLINED")
    await ana.sees("SANDBOX-DECLINED")
    await ana.go(label("home"), label("home"))
    await ana.sees(say("home.recent"), within="#home")
    await ana.sees("SANDBOX-DECLINED", within="#home")
    await ana.picture("home")
    await ana.page.locator("#home select").select_option("pt-BR")

    await ana.sees(say("home.recent", PT), within="#home")


async def test_the_form_says_what_is_wrong_and_then_shows_the_answer(ana: Visitor) -> None:
    """An error is shown under the input, and the answer replaces the modal."""
    await ana.button(GLOBAL_SHORTCUT).click()
    form = ana.page.get_by_role("dialog", name=say("modal.title"))
    box = form.get_by_label(say("modal.label"))
    await box.fill("+55 (11) 98765-4321")
    await form.get_by_role("button", name=SUBMIT, exact=True).click()
    await expect(form.locator(".error")).to_contain_text(say("problem.phone"))
    await ana.picture("form-error")
    await box.fill("SANDBOX-OK")
    await form.get_by_role("button", name=SUBMIT, exact=True).click()

    await ana.sees(ANSWERED, within="#modal")
    await form.get_by_role("button", name=say("modal.close")).last.click()
    await expect(form).to_be_hidden()


@pytest.mark.parametrize("timing", [Timing(note_after=0)], ids=["note at once"])
async def test_a_form_closed_before_its_answer_alarms_nobody(
    ana: Visitor, gateway: Gateway
) -> None:
    """The answer becomes a direct message, and the page does not report Slack's refusal."""
    gateway.answering.clear()
    await ana.button(GLOBAL_SHORTCUT).click()
    await ana.page.locator("#modal").get_by_label(say("modal.label")).fill("SANDBOX-OK")
    await ana.button(SUBMIT).click()
    await ana.sees(WORKING, within="#modal")
    await ana.page.keyboard.press("Escape")
    await expect(ana.page.locator("#modal")).to_be_hidden()
    gateway.answering.set()

    await ana.go(f"voicestatus {label('unread', count=1)}", "voicestatus")
    await ana.sees(ANSWERED, within="#messages")
    slack = ana.playground.stage.slack
    assert ["views.update: not_found {}"] == slack.refusals
    await expect(ana.page.locator(".complaints")).to_have_count(0)
    slack.refusals.clear()


async def test_an_empty_form_is_not_sent(ana: Visitor) -> None:
    """The page requires missing inputs, as Slack's client does."""
    await ana.button(GLOBAL_SHORTCUT).click()
    check = ana.button(SUBMIT)
    await expect(check).to_be_visible()
    before = ana.playground.stage.slack.wire.action
    await check.click()

    await ana.sees(label("required"), within="#modal")
    assert before == ana.playground.stage.slack.wire.action


async def test_two_people_see_their_own_answers_only(visitors: Visitors) -> None:
    """Bruno does not see Ana's ephemeral card, but sees what she shares."""
    ana, bruno = await visitors.come(), await visitors.come_apart()
    await bruno.button(BRUNO).click()
    await bruno.go("support-en", "#support-en")
    await ana.type("/voicestatus SANDBOX-OK")
    await ana.sees(ANSWERED)
    await ana.type("/voicestatus SANDBOX-BUSY share")

    await bruno.sees(BUSY)
    await expect(bruno.page.get_by_text(ANSWERED)).to_have_count(0)


async def test_the_portuguese_agent_reads_portuguese_everywhere(ana: Visitor) -> None:
    """Page, messages, card and buttons are in Portuguese."""
    await ana.button(BRUNO).click()
    await ana.button(label("start_button", PT)).click()

    await ana.sees(BUSY_PT, within="#thread")
    await expect(ana.page.locator("html")).to_have_attribute("lang", "pt-BR")
    await ana.type("/voicestatus ajuda")
    await ana.sees(label("only_you", PT))
    await ana.picture("portuguese")


async def test_an_unknown_command_loses_nothing(ana: Visitor) -> None:
    """The typed text stays in the box."""
    await ana.type("/voice SANDBOX-OK")

    said = label("no_such_command", word="/voice", command="/voicestatus")
    await ana.sees(said, within="#toasts")
    await expect(ana.page.locator("#foot textarea")).to_have_value("/voice SANDBOX-OK")


async def test_typed_markup_is_shown_as_text(ana: Visitor) -> None:
    """HTML typed by a user is shown as typed and not executed."""
    await ana.type("<img src=x onerror=\"document.title='run'\"> & <b>bold</b>")

    await ana.sees("<img src=x onerror=\"document.title='run'\"> & <b>bold</b>")
    await expect(ana.page).to_have_title(label("title"))
    assert 0 == await ana.page.locator("#messages img, #messages .content b").count()


async def test_the_newest_message_is_visible_after_loading(ana: Visitor) -> None:
    """It is below the hint and above the acknowledgement line, also after a reload."""
    await ana.type("/voicestatus SANDBOX-BUSY")
    await ana.sees(BUSY)
    await ana.page.evaluate("localStorage.removeItem('voicestatus-hint')")
    await ana.page.reload()
    await ana.button(HINT).wait_for()

    await expect(ana.messages.last).to_be_in_viewport()
    inside = (
        "one => one.getBoundingClientRect().top < one.parentElement.getBoundingClientRect().bottom"
    )
    assert await ana.messages.last.evaluate(inside)


async def test_a_card_that_changes_stays_where_its_reader_sees_it(
    ana: Visitor, gateway: Gateway
) -> None:
    """The list does not jump, neither to its beginning nor to its end."""
    await ana.type("/voicestatus SANDBOX-PENDING-2")
    for _ in range(3):
        await ana.type("/voicestatus help")
    await expect(ana.messages.filter(has_text=ONLY_YOU)).to_have_count(4)
    card = ana.messages.filter(has_text="SANDBOX-PENDING-2")
    await card.focus()
    top = "one => one.getBoundingClientRect().top"
    before = await card.evaluate(top)
    gateway.now += 2
    await ana.press(card, "refresh")

    await ana.sees(ANSWERED)
    assert before == await card.evaluate(top)
    await expect(card).to_be_in_viewport()


async def test_a_new_message_is_scrolled_to_in_a_low_window(visitors: Visitors) -> None:
    """Even if the newest card, whose top is shown, is taller than the window."""
    ana = await visitors.come(width=640, height=400)
    await ana.type("/voicestatus help")
    help_card = ana.messages.filter(has_text=ONLY_YOU)
    await expect(help_card.locator("h3").first).to_be_in_viewport()
    await expect(help_card.get_by_role("button").last).not_to_be_in_viewport()
    await ana.playground.stage.person.as_user("U0TOM000001").say("Good morning")

    await ana.sees("Good morning", within="#messages")
    await expect(ana.messages.last).to_be_in_viewport()


async def test_the_newest_message_stays_in_view_in_a_window_made_lower(ana: Visitor) -> None:
    """As by zooming in."""
    await ana.type("/voicestatus SANDBOX-BUSY")
    await ana.sees(BUSY)
    await ana.page.set_viewport_size({"width": 640, "height": 400})

    await expect(ana.messages.last.locator("h3")).to_be_in_viewport()


async def test_agent_and_drafts_survive_navigation(ana: Visitor) -> None:
    """A reload preserves the agent; a draft stays in its conversation."""
    await ana.button(BRUNO).click()
    await ana.page.reload()
    box = ana.page.locator("#foot textarea")
    await box.fill("rascunho")
    await ana.page.keyboard.press("Alt+ArrowDown")

    await expect(ana.page.locator("html")).to_have_attribute("lang", "pt-BR")
    await expect(box).to_have_value("")
    await expect(box).to_be_focused()
    await ana.page.keyboard.press("Alt+ArrowUp")
    await expect(box).to_have_value("rascunho")


async def test_a_channel_without_the_bot_warns_about_mentions(ana: Visitor) -> None:
    """Its examples are commands only."""
    await ana.go("lobby", "#lobby")

    await expect(ana.page.locator(".example").filter(has_text="@")).to_have_count(0)
    await ana.type("@voicestatus SANDBOX-OK")
    await ana.sees(label("not_heard"), within="#toasts")


async def test_a_pane_on_a_phone_leaves_nothing_behind_it_to_reach(visitors: Visitors) -> None:
    """Covered elements cannot get the focus."""
    phone = await visitors.come(width=390, height=844)
    await phone.button(HINT).click()
    await phone.sees(BUSY, within="#thread")

    assert await phone.ask("document.getElementById('main').inert")
    await phone.button(label("close_thread")).click()
    assert not await phone.ask("document.getElementById('main').inert")


async def test_a_file_goes_with_a_message_and_can_be_opened(ana: Visitor) -> None:
    """It can be chosen, removed and sent, and its name is shown with the message."""
    page = ana.page
    chosen = {"name": "list.csv", "mimeType": "text/csv", "buffer": b"IDMSG\r\nSANDBOX-OK\r\n"}
    picker = page.locator("#foot input[type=file]")
    await picker.set_input_files(chosen)  # type: ignore[arg-type]
    await ana.button(label("file_away", name="list.csv")).click()
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
    """Slack's client shows the same."""
    stage = ana.playground.stage
    said = await stage.person.say("x", files=["list.csv"])
    await ana.messages.last.get_by_role("link", name="list.csv").wait_for()

    stage.slack.files.delete(said.files[0]["id"])

    await ana.sees(label("file_gone"), within="#messages")
