"""The panel that shows the traffic of the last action."""

from __future__ import annotations

import re
from typing import Final

from playwright.async_api import expect

from bot.fake_slack.state.workspace import VERIFICATION_TOKEN
from tests.browser.visitors import GLOBAL_SHORTCUT, Visitor, label
from tests.support.wording import say

_WIRE: Final = label("wire_short")
_SIGNATURE: Final = re.compile(r"^v0=[0-9a-f]{64}$")


async def test_the_last_action_is_shown_request_by_request(ana: Visitor) -> None:
    """It shows the signed request with its acknowledgement, SOAP, and the answer, in order."""
    await ana.type("/voicestatus SANDBOX-BUSY")
    await ana.page.locator(".acknowledged").click()
    exchanges = ana.page.locator(".exchange")
    await ana.sees("response_url", within="#wire")

    names = await exchanges.locator(".exchange-name").all_inner_texts()
    assert "POST /slack/events" == names[0]
    assert names.index("MPG_Status_Voice") < names.index("response_url")
    await expect(ana.page.locator(".wire-summary")).to_contain_text("acknowledged with 200")
    for summary in await exchanges.locator("> details > summary").all():
        await summary.click()
    await expect(exchanges.first.locator(".signature")).to_have_text(_SIGNATURE)
    await expect(exchanges.filter(has_text="MPG_Status_Voice").first).to_contain_text("failed:486")
    await ana.picture("wire")


async def test_no_secret_reaches_the_page(ana: Visitor) -> None:
    """Tokens and keys are masked on the server, so that no script of the page gets them."""
    await ana.button(_WIRE).click()
    await ana.type("@voicestatus SANDBOX-BUSY")
    await ana.sees("chat.postMessage", within="#wire")

    shown = await ana.page.locator("#wire").text_content() or ""
    assert "<Credencial>••••••</Credencial>" in shown
    assert "<Token>••••••</Token>" in shown
    assert "Bearer ••••••" in shown
    slack = ana.playground.stage.slack
    for secret in (slack.bot_token, slack.signing_secret, VERIFICATION_TOKEN):
        assert secret not in shown


async def test_a_fault_of_the_connection_is_shown_as_such(ana: Visitor) -> None:
    """Without an HTTP answer there is no status."""
    await ana.button(_WIRE).click()
    await ana.type("/voicestatus SANDBOX-FAULT-reset")

    fault = ana.page.locator(".exchange.to_gateway").first
    await expect(fault.locator(".status")).to_have_text("\u2013")
    await expect(fault).to_contain_text("fault: reset")


async def test_a_refusal_of_slack_is_shown_as_one(ana: Visitor) -> None:
    """Slack refuses with status 200; its error code is shown."""
    ana.playground.stage.slack.fail_next("chat.postMessage", error="channel_not_found")
    await ana.button(_WIRE).click()
    await ana.type("@voicestatus SANDBOX-BUSY")

    refused = ana.page.locator(".exchange.web_api .status.bad").first
    await expect(refused).to_have_text("200 channel_not_found")


async def test_closing_a_form_leaves_the_last_traffic_on_show(ana: Visitor) -> None:
    """Slack tells the bot nothing of it, so there is nothing new to see."""
    await ana.button(GLOBAL_SHORTCUT).click()
    await ana.sees(say("modal.hint"), within="#modal")
    await ana.page.keyboard.press("Escape")
    await expect(ana.page.locator("#modal")).to_be_hidden()
    await ana.button(_WIRE).click()

    await expect(ana.page.locator(".exchange-name").first).to_have_text("POST /slack/events")
