"""The whole bot in each mode makes the same calls and acknowledgements."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from bot.fake_slack.people.person import Outcome
from bot.fake_slack.state.workspace import BOT_MENTION, SHARED_CHANNEL_ID, STRANGER_USER_ID
from bot.settings.settings import Mode
from bot.slack.bulk.buttons import OPEN_ACTION
from bot.slack.cards.controls import ASK_ACTION
from bot.slack.home.page import LANGUAGE_ACTION
from tests.contract.recording import Noting
from tests.support.scene import ASK, CHECK, Scene, playing
from tests.support.wording import PT, say

FILE = {"name": "a.csv", "content": b"IDMSG\r\nSANDBOX-OK\r\nSANDBOX-BUSY\r\n"}
# The time of a look-up: the bot's clock runs, Slack's is frozen.
MOMENT = re.compile(r"<!date\^[^>]*>|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


async def use_everything(scene: Scene) -> None:
    """Use every entry point of the bot and every button of its answers."""
    person = scene.person
    card = await scene.answer("SANDBOX-BUSY")
    await scene.answer("help")
    for action in ("details", "customer", "share"):
        await scene.comes_of(scene.press(card, action))
    pending = await scene.answer("SANDBOX-FOREVER")
    posts = len(scene.slack.posts)
    await scene.press(pending, "refresh")
    await scene.settled(posts + 1)

    answer = await scene.comes_of(person.say(f"{BOT_MENTION} SANDBOX-OK"))
    await person.deliver_again(2)
    for said in ({"text": "SANDBOX-NOANSWER"}, {"text": "", "files": [FILE]}):
        await scene.comes_of(person.say(channel=person.direct_channel, **said))
    stranger = person.as_user(STRANGER_USER_ID)
    await scene.comes_of(stranger.say(f"{BOT_MENTION} SANDBOX-OK", channel=SHARED_CHANNEL_ID))

    found, none, many = [
        await person.say(text)
        for text in ("SANDBOX-OK", "nothing", " ".join(f"SANDBOX-OK-{n}" for n in range(12)))
    ]
    await scene.comes_of(person.message_shortcut(CHECK, found))
    await person.message_shortcut(CHECK, none)
    await scene.comes_of(person.submit(await scene.modal(), {"ids": "SANDBOX-BUSY"}))
    await person.message_shortcut(CHECK, many)
    asking = await scene.modal()
    await person.click(asking, OPEN_ACTION)
    await scene.slack.wait_for(lambda: scene.slack.modals_of(person.user)[-1].hash != asking.hash)
    await person.close(await scene.modal())

    await person.global_shortcut(ASK)
    wrong = await person.submit(await scene.modal(), {"ids": "x" * 60})
    right = await person.submit(await scene.modal(), {"ids": "SANDBOX-OK"})
    assert [Outcome.ERRORS, Outcome.UPDATED] == [wrong.action, right.action]
    await person.close(await scene.modal())

    await person.open_home()
    home = await scene.home()
    await person.click(home, LANGUAGE_ACTION, value="pt-BR")
    await scene.home(shows=say("home.settings", PT))
    await person.click(await scene.home(), ASK_ACTION)
    await scene.modal()
    await scene.running.work.idle()
    assert answer.thread_ts is not None
    assert [answer] == scene.slack.replies(answer.channel, answer.thread_ts)


async def transcript(mode: Mode, started: float) -> Mapping[str, Any]:
    """The traffic between Slack and the bot, in order, without Slack's address and the time."""
    async with playing(mode, clock=lambda: started, scopes=("files:read",)) as scene:
        slack = scene.slack
        slack.ledger._number = 1_000
        noting = Noting(slack, scene.person.delivery)
        scene.person = replace(scene.person, delivery=noting)  # type: ignore[arg-type]
        seen = len(slack.calls)
        await use_everything(scene)
    facts = {
        "acknowledged": noting.delivered,
        "called": slack.calls[seen:],
        "posted": slack.posts,
        "shown": [*slack.messages, *slack.views],
        "asked": [one.idmsg for one in scene.gateway_requests],
    }
    text = json.dumps(facts, default=asdict).replace(slack.base_url, "http://slack")
    traffic: Mapping[str, Any] = json.loads(MOMENT.sub("<moment>", text))
    return traffic


async def test_the_whole_bot_does_the_same_in_both_modes() -> None:
    """The same calls with the same arguments, the same posts, acknowledgements and look-ups."""
    started = float(int(time.time()))
    over_http, over_socket = [await transcript(mode, started) for mode in (Mode.HTTP, Mode.SOCKET)]

    assert [] == [name for name, traffic in over_http.items() if traffic != over_socket[name]]
    # Every kind of traffic is there.
    assert [] == [name for name, traffic in over_http.items() if not traffic]
    ways = {"chat.postMessage", "chat.postEphemeral", "views.open", "views.update", "views.publish"}
    assert ways <= {call["method"] for call in over_http["called"]}
