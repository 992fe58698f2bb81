"""A bot that is started again with other rules ends what people began who may not ask now."""

from __future__ import annotations

from pathlib import Path

from bot.composition.bootstrap import running_bot
from bot.fake_slack.people.person import person_over_http
from bot.fake_slack.slack_server import running_slack
from bot.fake_slack.state.workspace import BOT_MENTION, OTHER_USER_ID, USER_ID
from bot.gateway.sandbox.server import running_sandbox
from bot.settings.settings import Mode
from tests.support.reading import heading, in_view
from tests.support.scene import UNHURRIED, settings_for
from tests.support.seen_requests import SeenRequest, recording
from tests.support.wording import say

IDS = " ".join(f"SANDBOX-SLOW-5.{number}" for number in range(20))


async def test_it_is_said_once_to_the_person_and_to_no_channel(tmp_path: Path) -> None:
    """For all watches and lists together; the gateway is not asked, and the App Home is empty."""
    asked = list[SeenRequest]()
    async with (
        running_slack() as slack,
        running_sandbox(port=0, middlewares=[recording(asked)]) as gateway,
    ):
        more = {"database_url": f"sqlite:///{tmp_path}/bot.db", "watch_intervals_seconds": (1,)}
        settings = settings_for(slack, gateway, Mode.HTTP, **more)
        async with (
            running_bot(settings, timing=UNHURRIED) as bot,
            person_over_http(slack, f"http://127.0.0.1:{bot.port}/slack/events") as ana,
        ):
            bruno = ana.as_user(OTHER_USER_ID)
            for number in range(2):
                await bruno.say(f"{BOT_MENTION} SANDBOX-FOREVER.{number} watch")
                await slack.wait_for_message(2 * number + 2)
            await bruno.command("/voicestatus", f"bulk {IDS}")
            await slack.wait_for(lambda: bool(slack.modals_of(OTHER_USER_ID)))
            await bruno.submit(slack.modals_of(OTHER_USER_ID)[-1], {"bulk_ids": IDS})
            await slack.wait_for_message(5)
        asked.clear()
        before = len(slack.messages)
        settings = settings_for(
            slack, gateway, Mode.HTTP, allowed_users=frozenset({USER_ID}), **more
        )
        async with (
            running_bot(settings, timing=UNHURRIED) as bot,
            person_over_http(slack, f"http://127.0.0.1:{bot.port}/slack/events") as ana,
        ):
            bruno = ana.as_user(OTHER_USER_ID)
            await slack.wait_for_message(before + 1)
            while await bot.stores.watches.latest(9, only_open=True):
                await bot.poller.idle()
            await bot.poller.idle()
            assert () == await bot.stores.bulks.latest(9, only_open=True)
            await bruno.open_home()
            await slack.wait_for(lambda: slack.home_of(OTHER_USER_ID) is not None)
            page = slack.home_of(OTHER_USER_ID)
    assert page is not None
    assert ([], True) == (asked, say("refusal.user") in in_view(page))
    assert "FOREVER" not in in_view(page)
    (told,) = slack.messages[before:]
    assert (bruno.direct_channel, say("refusal.ended_title")) == (told.channel, heading(told))
