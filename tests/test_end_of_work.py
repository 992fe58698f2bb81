"""The end of the process in the middle of work: no answer is lost, and nothing new is taken."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from contextlib import suppress
from urllib.parse import urlencode

import aiohttp
import pytest
from rough_slack import RoughSlack, rough_slack
from scene import heading, texts
from test_end import Running, running
from test_robust_end import ask, ended, port_of
from test_robust_start import started
from ways import ANSWERED, ASK

from bot.demo.loopback.delivery import FORM, sign
from bot.demo.loopback.ledger import Message, View
from bot.demo.loopback.workspace import BOT_MENTION, SIGNING_SECRET
from bot.settings import Mode

pytestmark = pytest.mark.slow

APOLOGY = "Something went wrong in this bot"
# What is promised of the end.
IN_TIME = 10


async def ending(bot: Running, number: signal.Signals = signal.SIGTERM) -> tuple[int, bool, str]:
    """Send the signal: the exit code, whether it was in time, and the log."""
    began = time.monotonic()
    bot.process.send_signal(number)
    async with asyncio.timeout(30):
        _, err = await bot.process.communicate()
    return bot.process.returncode or 0, time.monotonic() - began < IN_TIME, err.decode()


@pytest.mark.parametrize(
    ("typed", "heard"), [("SANDBOX-SLOW-1.5", ANSWERED), ("SANDBOX-SLOW-60", APOLOGY)]
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_of_twenty_look_ups_at_once_each_ends_with_an_answer(
    mode: Mode, number: signal.Signals, typed: str, heard: str
) -> None:
    """The card where the gateway answers in time, else an apology; each once."""
    async with running(mode, GATEWAY_TIMEOUT_SECONDS="100", GATEWAY_MAX_CONCURRENCY="30") as bot:
        ids = [f"{typed}{'0' * n}" if "." in typed else f"{typed}.{'0' * n}1" for n in range(20)]
        await asyncio.gather(*(bot.person.command("/voicestatus", one) for one in ids))
        code, in_time, err = await ending(bot, number)

        assert [heard] * 20 == [heading(message) for message in bot.slack.messages]
    assert (0, True) == (code, in_time)
    assert ("Traceback" in err, "lost" in err) == (False, False)


@pytest.mark.parametrize(
    ("typed", "heard"), [("SANDBOX-SLOW-2", ANSWERED), ("SANDBOX-SLOW-60", APOLOGY)]
)
async def test_a_modal_that_waits_for_its_first_word_is_answered(
    mode: Mode, typed: str, heard: str
) -> None:
    """Submitted a moment before the end: acknowledged, and then filled in."""
    async with running(mode, GATEWAY_TIMEOUT_SECONDS="100") as bot:
        await bot.person.global_shortcut(ASK)
        await bot.slack.wait_for(lambda: bool(bot.slack.modals_of(bot.person.user)))
        view = bot.slack.modals_of(bot.person.user)[-1]
        submitting = asyncio.create_task(bot.person.submit(view, {"ids": typed}))
        await asyncio.sleep(0.1)
        code, in_time, err = await ending(bot)
        submission = await submitting

        assert 200 == submission.ack.status
        assert heard in shown(bot.slack.modals_of(bot.person.user), bot.slack.messages)
    assert (0, True) == (code, in_time)
    assert ("Traceback" in err, "lost" in err) == (False, False)


def shown(views: list[View], messages: list[Message]) -> str:
    """All that stands in modals and messages."""
    parts = [list(view.content["blocks"]) for view in views]
    return "\n".join(texts(parts + [list(message.blocks) for message in messages]))


async def test_mentions_that_run_at_the_end_are_answered(mode: Mode) -> None:
    """An event is acknowledged before its listener has begun."""
    async with running(mode) as bot:
        await bot.person.say(f"{BOT_MENTION} SANDBOX-SLOW-1.5")
        code, in_time, _ = await ending(bot)

        assert [ANSWERED] == [heading(message) for message in bot.slack.messages]
    assert (0, True) == (code, in_time)


async def test_a_second_signal_of_the_other_kind_changes_nothing(mode: Mode) -> None:
    """Ctrl-C after SIGTERM does not cost anybody an answer either."""
    async with running(mode) as bot:
        await bot.person.command("/voicestatus", "SANDBOX-SLOW-2")
        bot.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        bot.process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
        code, in_time, _ = await ending(bot, signal.SIGINT)

        assert [ANSWERED] == [heading(message) for message in bot.slack.messages]
    assert (0, True) == (code, in_time)


async def test_after_the_signal_http_takes_no_request() -> None:
    """While earlier work is finished, new and kept connections are closed; nothing is acked."""
    async with running(Mode.HTTP) as bot, aiohttp.ClientSession() as kept:
        port = int(bot.first_line.rpartition("port ")[2])
        assert 200 == await command(kept, port, "help")
        await bot.person.command("/voicestatus", "SANDBOX-SLOW-4")
        bot.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        answers = []
        async with aiohttp.ClientSession() as fresh:
            for session in (kept, fresh):
                try:
                    answers.append(await command(session, port, "whoami"))
                except aiohttp.ClientConnectionError:
                    answers.append(503)
        running_on = bot.process.returncode is None
        code, in_time, _ = await ending(bot)

        assert ANSWERED in [heading(message) for message in bot.slack.messages]
    assert ([503, 503], True) == (answers, running_on)
    assert (0, True) == (code, in_time)


async def command(session: aiohttp.ClientSession, port: int, text: str) -> int:
    """The status of a command that Slack signed; it has nowhere to be answered."""
    body = urlencode(command_of(text)).encode()
    headers = sign(SIGNING_SECRET, int(time.time()), body) | {"Content-Type": FORM}
    url = f"http://127.0.0.1:{port}/slack/events"
    async with session.post(url, data=body, headers=headers) as reply:
        return reply.status


async def test_after_the_signal_no_envelope_is_acknowledged() -> None:
    """Slack gives it to another process; who dawdles over HTTP meanwhile opens no gap."""
    async with rough_slack() as slack, started(slack, Mode.SOCKET) as process:
        port = await port_of(process)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /healthz HTTP/1.1\r\nHost: b\r\nContent-Length: 99\r\n\r\nhalf")
        await ask(slack, Mode.SOCKET, port, "help")
        await slack.until(lambda: len(slack.received) == 1)
        finishing = asyncio.create_task(ended(process))
        await asyncio.sleep(0.3)
        await envelopes_until_closed(slack)
        seconds, _ = await finishing
        writer.close()

    assert (0, True) == (process.returncode, seconds < IN_TIME)
    assert [{"envelope_id": "e-1"}] == slack.received


async def envelopes_until_closed(slack: RoughSlack) -> None:
    """Go on sending what a person types, each time another envelope."""
    socket = slack.open_sockets[0]
    with suppress(ConnectionError):
        for number in range(100):
            envelope = {"type": "slash_commands", "envelope_id": f"late-{number}", "payload": {}}
            await socket.send_str(json.dumps(envelope | {"payload": command_of("whoami")}))
            await asyncio.sleep(0.05)


def command_of(text: str) -> dict[str, str]:
    """A typed command."""
    return {"command": "/voicestatus", "text": text, "user_id": "U1", "channel_id": "C1"}
