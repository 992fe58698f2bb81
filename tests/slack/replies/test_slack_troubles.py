"""Each error of Slack on each surface: the answer still arrives, and once."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import aiohttp
import pytest

from bot.fake_slack.state.workspace import BOT_MENTION
from bot.settings.settings import Mode
from bot.slack.api.calls import DeadTokenError, refusal
from tests.support.reading import heading, in_view, seen
from tests.support.scene import ASK, CHECK, COMMAND, UNHURRIED, WITH_NOTE, Scene, Stages, playing
from tests.support.wording import ANSWERED, BUSY, say

# Slack's permanent errors for one channel only.
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
# The acknowledgement shows the note, and the answer follows.
NOTE_FIRST: Final = replace(WITH_NOTE, modal_ack=0.1)


@pytest.fixture
async def ways(stages: Stages) -> AsyncIterator[Scene]:
    """A bot with plain settings; what it sends to Slack does not depend on the mode."""
    async with stages.scene(Mode.HTTP) as scene:
        yield scene


@pytest.fixture
async def noting(stages: Stages) -> AsyncIterator[Scene]:
    """That bot with a slow gateway."""
    async with stages.scene(Mode.HTTP, timing=NOTE_FIRST) as scene:
        yield scene


async def command(ways: Scene) -> None:
    """Type the command."""
    await ways.type("SANDBOX-BUSY")


async def mention(ways: Scene) -> None:
    """Mention the bot."""
    await ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY")


async def direct_message(ways: Scene) -> None:
    """Write to the bot."""
    await ways.person.say("SANDBOX-BUSY", channel=ways.person.direct_channel)


async def message_shortcut(ways: Scene) -> None:
    """Use the message shortcut."""
    said = await ways.person.say("SANDBOX-BUSY")
    await ways.person.message_shortcut(CHECK, said)


async def modal_of_a_message(ways: Scene) -> None:
    """Type into the modal that the shortcut opens on a message without an id."""
    said = await ways.person.say("nobody called")
    await ways.person.message_shortcut(CHECK, said)
    await ways.person.submit(await ways.modal(), {"ids": "SANDBOX-BUSY"})


Door = Callable[[Scene], Awaitable[object]]


async def arrives(ways: Scene, door: Door, text: str) -> bool:
    """Whether asking results in exactly one message, which has this text."""
    before = len(ways.slack.messages)
    await ways.come_of(door(ways))
    await ways.running.work.idle()
    return [True] == [text in message.text for message in ways.slack.messages[before:]]


async def lost(
    stages: Stages, door: Door, method: str, troubles: Mapping[str, dict[str, Any]]
) -> list[str]:
    """The errors with which the card did not arrive, or arrived more than once."""
    offenders = []
    for name, trouble in troubles.items():
        async with stages.scene(Mode.HTTP) as ways:
            ways.slack.fail_next(method, **trouble)
            if not await arrives(ways, door, BUSY.partition(" ")[2]):
                offenders.append(name)
    return offenders


async def test_a_thread_that_takes_no_post_costs_no_answer(stages: Stages) -> None:
    """One card arrives, by the next channel."""
    assert [] == await lost(stages, mention, "chat.postMessage", TROUBLES)


@pytest.mark.parametrize("door", [direct_message, message_shortcut, modal_of_a_message])
async def test_the_thread_is_the_first_way_of_others_too(stages: Stages, door: Door) -> None:
    """And not their only channel."""
    few = {name: TROUBLES[name] for name in ("not_in_channel", "503")}
    assert [] == await lost(stages, door, "chat.postMessage", few)


async def test_a_response_url_that_takes_no_post_costs_no_answer(stages: Stages) -> None:
    """It is the first channel of a command."""
    assert [] == await lost(stages, command, "response_url", URL_TROUBLES)


@pytest.mark.parametrize("trouble", ["used", "blocks"])
async def test_a_click_whose_response_url_takes_no_post_costs_no_answer(
    ways: Scene, trouble: str
) -> None:
    """Only the user who clicked sees the result."""
    card = await ways.answer("SANDBOX-BUSY")
    ways.slack.fail_next("response_url", **URL_TROUBLES[trouble])

    async def click(scene: Scene) -> None:
        await scene.press(card, "details")

    assert await arrives(ways, click, say("details.title"))


async def test_a_modal_that_cannot_be_updated_gives_way_to_a_direct_message(noting: Scene) -> None:
    """The gateway was slow, so the answer follows the acknowledgement."""
    await noting.person.global_shortcut(ASK)
    noting.slack.fail_next("views.update", **TROUBLES["invalid_blocks"])
    await noting.person.submit(await noting.modal(), {"ids": "SANDBOX-OK"})

    card = await noting.slack.wait_for_message()

    assert (noting.person.direct_channel, ANSWERED) == (card.channel, heading(card))
    assert [card] == noting.slack.messages


async def test_views_that_slack_refuses_become_plain(noting: Scene) -> None:
    """The App Home and the answer's modal keep their text, and lose the rest."""
    noting.slack.fail_next("views.publish", error="view_too_large")
    await noting.person.open_home()
    page = await noting.home()
    await noting.person.global_shortcut(ASK)
    noting.slack.fail_next("views.update", error="invalid_arguments")
    await noting.person.submit(await noting.modal(), {"ids": "SANDBOX-OK"})
    answer = await noting.modal_showing(ANSWERED)

    for view in (page, answer):
        assert {"section"} == {block["type"] for block in view.content["blocks"]}
        assert {"type", "text", "expand"} == set(view.content["blocks"][0])
    assert say("help.title") in in_view(page)
    assert "SANDBOX-OK" in in_view(answer)
    assert [] == noting.slack.messages


async def test_a_modal_that_does_not_open_is_told(ways: Scene) -> None:
    """For the shortcut and the App Home: a note shows how else to ask."""
    await ways.person.open_home()
    home = await ways.home()
    for doing in (ways.person.global_shortcut(ASK), ways.person.click(home, "home_ask")):
        ways.slack.fail_next("views.open", error="fatal_error")
        told = await ways.comes_of(doing)

        assert ways.person.direct_channel == told.channel
        assert say("help.usage", command=COMMAND) in seen(told)


async def test_a_token_that_dies_at_run_time_is_said_once_and_people_are_still_answered(
    log: io.StringIO,
) -> None:
    """Response URLs need no token, so commands and clicks are answered; /readyz reports it."""
    async with playing(Mode.HTTP) as ways:
        card = await ways.answer("SANDBOX-BUSY")
        assert (200, True) == await readiness(ways)
        for method in METHODS:
            ways.slack.fail_next(method, error="token_revoked", times=50)

        said = await ways.person.say("SANDBOX-BUSY")
        shortcut = await ways.comes_of(ways.person.message_shortcut(CHECK, said))
        opened = await ways.comes_of(ways.press(card, "details"))
        again = await ways.answer("SANDBOX-BUSY")
        await mention(ways)
        await ways.running.work.idle()
        before = len(ways.slack.calls)

        assert (503, False) == await readiness(ways)
        assert before == len(ways.slack.calls)

    told = [BUSY, say("details.title"), BUSY]
    assert told == [heading(one) for one in (shortcut, opened, again)]
    assert 1 == log.getvalue().count("SLACK_BOT_TOKEN")
    assert 1 == log.getvalue().count("token_revoked")
    assert "an answer was lost" in log.getvalue()


def test_every_word_for_a_dead_token_is_known() -> None:
    """And no other error code counts as one."""
    found = {word: type(refusal(200, {}, {"ok": False, "error": word})) for word in DEAD + CLOSED}

    assert set(DEAD) == {word for word, kind in found.items() if issubclass(kind, DeadTokenError)}


async def test_a_token_that_works_again_makes_the_bot_ready(log: io.StringIO) -> None:
    """The first call that succeeds shows it; a later failure is logged again."""
    async with playing(Mode.HTTP) as ways:
        for _ in range(2):
            ways.slack.fail_next("chat.postMessage", error="token_revoked")
            await ways.comes_of(mention(ways))

        assert (200, True) == await readiness(ways)
    assert 2 == log.getvalue().count("no longer accepts SLACK_BOT_TOKEN")
    assert 2 == log.getvalue().count("accepts SLACK_BOT_TOKEN again")


async def test_a_bot_that_nobody_asks_finds_out_that_its_token_works_again() -> None:
    """An unready bot may get no requests, so it probes the token itself."""
    async with playing(Mode.HTTP, timing=replace(UNHURRIED, token_retry=0.0)) as ways:
        for method in METHODS:
            ways.slack.fail_next(method, error="token_revoked", times=3)
        await mention(ways)
        await ways.running.work.idle()

        found = [await readiness(ways) for _ in range(4)]

    assert [(503, False)] * 3 + [(200, True)] == found


async def readiness(ways: Scene) -> tuple[int, bool]:
    """The status of `/readyz`, and its report on the token."""
    async with aiohttp.ClientSession() as session, session.get(ways.url("/readyz")) as reply:
        return reply.status, (await reply.json())["parts"]["slack_token"]
