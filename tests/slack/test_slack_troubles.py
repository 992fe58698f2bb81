"""Each trouble that Slack can make on each way in: the answer arrives all the same, and once."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import aiohttp
import pytest
from scene import heading
from ways import ANSWERED, ASK, BUSY, CHECK, Ways, in_view, visiting

from bot.demo.loopback.ledger import Message
from bot.demo.loopback.workspace import BOT_MENTION
from bot.settings import Mode

pytestmark = pytest.mark.slow

# What Slack says for good, of one way and not of the others.
CLOSED: Final = (
    *("channel_not_found", "not_in_channel", "is_archived", "restricted_action", "user_not_found"),
    *("cannot_dm_bot", "msg_too_long", "invalid_blocks", "invalid_arguments", "fatal_error"),
)
TROUBLES: Final[dict[str, dict[str, Any]]] = {
    **{word: {"error": word, "times": 2} for word in CLOSED},
    "500": {"error": "internal_error", "status": 500},
    "503": {"error": "service_unavailable", "status": 503},
    "limited": {"error": "ratelimited", "retry_after": 0},
    "limited for long": {"error": "ratelimited", "retry_after": 50},
}
URL_TROUBLES: Final[dict[str, dict[str, Any]]] = {
    "used": {"error": "used_url", "status": 404},
    "expired": {"error": "expired_url", "status": 404},
    "expired with 200": {"error": "expired_url", "status": 200},
    "gone": {"error": "no_service", "status": 410},
    "500": {"status": 500},
    "503": {"status": 503},
    "limited": {"error": "ratelimited", "retry_after": 0},
    "limited for long": {"error": "ratelimited", "retry_after": 50},
    "blocks": {"error": "invalid_blocks", "status": 400, "times": 1},
}
DEAD: Final = ("token_revoked", "invalid_auth", "account_inactive")
METHODS: Final = (
    *("chat.postMessage", "chat.postEphemeral", "chat.update"),
    *("views.open", "views.update", "views.publish", "auth.test"),
)


@pytest.fixture
async def ways() -> AsyncIterator[Ways]:
    """A bot with plain settings; what it sends to Slack does not depend on the mode."""
    async with visiting(Mode.HTTP) as scene:
        yield scene


async def command(ways: Ways) -> None:
    """Type the command."""
    await ways.type("SANDBOX-BUSY")


async def mention(ways: Ways) -> None:
    """Mention the bot."""
    await ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY")


async def direct_message(ways: Ways) -> None:
    """Write to the bot."""
    await ways.person.say("SANDBOX-BUSY", channel=ways.person.direct_channel)


async def message_shortcut(ways: Ways) -> None:
    """Use the menu of a message."""
    said = await ways.person.say("SANDBOX-BUSY")
    await ways.person.message_shortcut(CHECK, said)


async def modal_of_a_message(ways: Ways) -> None:
    """Type into the modal that the menu of a message without an id opens."""
    said = await ways.person.say("nobody called")
    await ways.person.message_shortcut(CHECK, said)
    await ways.person.submit(await ways.modal(), {"ids": "SANDBOX-BUSY"})


Door = Callable[[Ways], Awaitable[None]]
OTHERS: Final[tuple[Door, ...]] = (direct_message, message_shortcut, modal_of_a_message)
FEW: Final = ("not_in_channel", "invalid_blocks", "503", "limited", "limited for long")


async def once(ways: Ways, door: Door) -> Message:
    """The one message that comes of asking; a second one would still have come."""
    message = await ways.comes_of(door(ways))
    await asyncio.sleep(0.1)
    assert [message] == ways.slack.messages
    return message


@pytest.mark.parametrize(
    ("door", "trouble"),
    [
        *((mention, trouble) for trouble in TROUBLES),
        *((door, trouble) for door in OTHERS for trouble in FEW),
    ],
)
async def test_a_thread_that_takes_no_post_costs_no_answer(
    ways: Ways, door: Door, trouble: str
) -> None:
    """The thread is the first way of these four; one card arrives, by whichever way is next."""
    ways.slack.fail_next("chat.postMessage", **TROUBLES[trouble])

    card = await once(ways, door)

    assert "the line was busy" in card.text


@pytest.mark.parametrize("trouble", URL_TROUBLES)
async def test_a_response_url_that_takes_no_post_costs_no_answer(ways: Ways, trouble: str) -> None:
    """It is the first way of a command."""
    ways.slack.fail_next("response_url", **URL_TROUBLES[trouble])

    card = await once(ways, command)

    assert "the line was busy" in card.text


@pytest.mark.parametrize("trouble", ["used", "503", "limited", "limited for long", "blocks"])
async def test_a_click_whose_response_url_takes_no_post_costs_no_answer(
    ways: Ways, trouble: str
) -> None:
    """What the buttons open is for the one who clicked."""
    card = await ways.answer("SANDBOX-BUSY")
    ways.slack.fail_next("response_url", **URL_TROUBLES[trouble])

    opened = await ways.comes_of(ways.person.click(card, "card_details"))
    await asyncio.sleep(0.1)

    assert opened.text.startswith("Details")
    assert [card, opened] == ways.slack.messages


@pytest.mark.notes
@pytest.mark.parametrize("trouble", ["fatal_error", "invalid_blocks", "503", "limited for long"])
async def test_a_modal_that_cannot_be_updated_gives_way_to_a_direct_message(
    ways: Ways, trouble: str
) -> None:
    """The gateway was slow, so the answer comes after the acknowledgement."""
    await ways.person.global_shortcut(ASK)
    ways.slack.fail_next("views.update", **TROUBLES[trouble])
    await ways.person.submit(await ways.modal(), {"ids": "SANDBOX-SLOW-1.1"})

    card = await ways.slack.wait_for_message()

    assert (ways.person.direct_channel, ANSWERED) == (card.channel, heading(card))
    assert [card] == ways.slack.messages


@pytest.mark.notes
@pytest.mark.parametrize("word", ["invalid_blocks", "invalid_arguments", "view_too_large"])
async def test_views_that_slack_refuses_become_plain(ways: Ways, word: str) -> None:
    """The page and the modal that answers keep their words, and lose the rest."""
    ways.slack.fail_next("views.publish", error=word)
    await ways.person.open_home()
    page = await ways.home()
    await ways.person.global_shortcut(ASK)
    ways.slack.fail_next("views.update", error=word)
    await ways.person.submit(await ways.modal(), {"ids": "SANDBOX-SLOW-1.1"})
    answer = await ways.modal_showing(ANSWERED)

    for view in (page, answer):
        assert {"section"} == {block["type"] for block in view.content["blocks"]}
        assert {"type", "text", "expand"} == set(view.content["blocks"][0])
    assert "What happened to a call?" in in_view(page)
    assert "SANDBOX-SLOW-1.1" in in_view(answer)
    assert [] == ways.slack.messages


@pytest.mark.parametrize("trouble", ["fatal_error", "503", "limited for long"])
async def test_a_modal_that_does_not_open_is_told(ways: Ways, trouble: str) -> None:
    """From the shortcut and from the Home tab: the person learns how to ask otherwise."""
    await ways.person.open_home()
    home = await ways.home()
    for doing in (ways.person.global_shortcut(ASK), ways.person.click(home, "home_ask")):
        ways.slack.fail_next("views.open", **(TROUBLES[trouble] | {"times": 1}))
        told = await ways.comes_of(doing)

        assert ways.person.direct_channel == told.channel
        assert "/voicestatus" in told.text


@pytest.mark.parametrize("word", DEAD)
async def test_a_token_that_dies_at_run_time_is_said_once_and_people_are_still_answered(
    ways: Ways, log: io.StringIO, word: str
) -> None:
    """Command, shortcut and button have response URLs, which need no token; /readyz shows it."""
    card = await ways.answer("SANDBOX-BUSY")
    assert (200, True) == await readiness(ways)
    for method in METHODS:
        ways.slack.fail_next(method, error=word, times=50)

    said = await ways.person.say("SANDBOX-BUSY")
    shortcut = await ways.comes_of(ways.person.message_shortcut(CHECK, said))
    opened = await ways.comes_of(ways.person.click(card, "card_details"))
    again = await ways.answer("SANDBOX-BUSY")
    await ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY")
    await until(lambda: "an answer was lost" in log.getvalue())

    assert [BUSY, "Details for an engineer", BUSY] == [
        heading(one) for one in (shortcut, opened, again)
    ]
    assert (503, False) == await readiness(ways)
    assert 1 == log.getvalue().count("SLACK_BOT_TOKEN")
    assert 1 == log.getvalue().count(word)


async def test_a_token_that_works_again_makes_the_bot_ready(ways: Ways, log: io.StringIO) -> None:
    """The first call that Slack takes tells; a later death is said once more."""
    for _ in range(2):
        ways.slack.fail_next("chat.postMessage", error="token_revoked")
        await ways.comes_of(mention(ways))

    assert (200, True) == await readiness(ways)
    assert 2 == log.getvalue().count("no longer takes SLACK_BOT_TOKEN")
    assert 2 == log.getvalue().count("takes SLACK_BOT_TOKEN again")


async def test_a_bot_that_nobody_asks_finds_out_that_its_token_works_again(
    ways: Ways, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `/readyz` says no, no requests may come: it tries the token itself, now and then."""
    for method in METHODS:
        ways.slack.fail_next(method, error="token_revoked", times=3)
    await mention(ways)
    await until(lambda: "an answer was lost" in log.getvalue())
    before = len(ways.slack.calls)
    assert (503, False) == await readiness(ways)
    assert before == len(ways.slack.calls)

    monkeypatch.setattr("bot.slack.bot_token.RETRY_SECONDS", 0.0)
    seen = [await readiness(ways)]
    async with asyncio.timeout(30):
        while seen[-1] != (200, True):
            seen.append(await readiness(ways))

    assert len(seen) >= 4
    assert {(503, False)} == set(seen[:-1])


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what is no change in Slack."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - nothing tells of a line in the log
            await asyncio.sleep(0.01)


async def readiness(ways: Ways) -> tuple[int, bool]:
    """The status of `/readyz`, and what it says of the token."""
    async with aiohttp.ClientSession() as session, session.get(ways.url("/readyz")) as reply:
        return reply.status, (await reply.json())["parts"]["slack_token"]
