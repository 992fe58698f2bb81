"""The end of the bot in the middle of work: no answer is lost, and nothing new is taken."""

from __future__ import annotations

import asyncio
import io
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace

import aiohttp
import pytest

from bot.composition.bootstrap import running_bot
from bot.domain.timing import Timing
from bot.fake_slack.people.delivery import FORM, sign
from bot.fake_slack.people.person import Person
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.workspace import BOT_MENTION, SIGNING_SECRET, TEAM_ID, USER_ID
from bot.settings.settings import Mode
from bot.slack.inbound.app import RunningListeners
from bot.storage.audit import Audit
from bot.storage.database import open_database
from bot.storage.records import Recents
from tests.composition.held_gateway import HeldGateway, held_gateway
from tests.support.reading import heading, in_view
from tests.support.records import AUDIT_KEY, recent
from tests.support.rough_slack import RoughSlack, rough_slack, silence
from tests.support.scene import (
    ASK,
    COMMAND,
    UNHURRIED,
    assert_slack_content,
    person_of,
    playing,
    settings_for,
)
from tests.support.wording import ANSWERED, say

APOLOGY = say("broken.title")
# Nothing ends because this machine is slow; who waits longer than a minute waits for ever.
PATIENT = replace(
    UNHURRIED, end=120.0, last_words=60.0, shutdown=60.0, last_acks=60.0, hurried_call=60.0
)
# Work has a moment to end by itself.
IMPATIENT = replace(PATIENT, end=60.1)
PATIENCE_SECONDS = 60
TWENTY = [f"SANDBOX-SLOW-0.{number * '0'}" for number in range(1, 21)]


@dataclass(kw_only=True)
class Ending:
    """A bot that is about to end, and what reaches both of its ends."""

    bot: AsyncExitStack
    port: int
    slack: LoopbackSlack
    person: Person
    gateway: HeldGateway

    def begin(self) -> asyncio.Task[None]:
        """Let it end."""
        return asyncio.create_task(self.bot.aclose())

    async def until_doors_are_closed(self) -> None:
        """Wait until nobody can connect to it any more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except ConnectionError:
                    return
                writer.close()
                await asyncio.sleep(0.01)

    @property
    def headings(self) -> list[str]:
        """What stands first in each message."""
        return [heading(message) for message in self.slack.messages]


@asynccontextmanager
async def ending(mode: Mode, timing: Timing = PATIENT) -> AsyncIterator[Ending]:
    """A bot that asks a gateway which answers nobody before it may."""
    async with running_slack() as slack, held_gateway() as gateway, AsyncExitStack() as bot:
        settings = settings_for(slack, gateway.url, mode, gateway_timeout_seconds=100)
        running = await bot.enter_async_context(running_bot(settings, timing=timing))
        async with person_of(slack, running) as person, asyncio.timeout(PATIENCE_SECONDS):
            yield Ending(bot=bot, port=running.port, slack=slack, person=person, gateway=gateway)
    assert_slack_content(slack)


def test_ten_seconds_are_enough_for_the_end() -> None:
    """A second stays for the interpreter; three ways to a person fit in before the last words."""
    timing = Timing()
    assert timing.end + 1 <= 10
    assert 3 * timing.hurried_call <= timing.end - timing.last_words


@pytest.mark.both_modes
async def test_of_twenty_look_ups_each_gets_its_card(mode: Mode, log: io.StringIO) -> None:
    """The end waits for the gateway: behind closed doors the answers still come, each once."""
    async with ending(mode) as bot:
        asked = (bot.person.command(COMMAND, one) for one in TWENTY)
        await asyncio.gather(*asked)
        end = bot.begin()
        await bot.until_doors_are_closed()
        assert not end.done()
        bot.gateway.may_answer.set()
        await end

    assert [ANSWERED] * 20 == bot.headings
    assert '"level": "error"' not in log.getvalue()


@pytest.mark.both_modes
async def test_of_twenty_look_ups_that_take_too_long_each_gets_an_apology(
    mode: Mode, log: io.StringIO
) -> None:
    """The person hears that the bot is being restarted, once, and nothing is lost."""
    async with ending(mode, IMPATIENT) as bot:
        await asyncio.gather(*(bot.person.command(COMMAND, one) for one in TWENTY))
        await bot.begin()

    assert [APOLOGY] * 20 == bot.headings
    assert '"level": "error"' not in log.getvalue()


@pytest.mark.both_modes
@pytest.mark.parametrize("answered", [True, False])
async def test_a_modal_that_waits_for_its_first_word_is_answered(
    mode: Mode, log: io.StringIO, answered: bool
) -> None:
    """Submitted a moment before the end: acknowledged, and then filled in."""
    timing = replace(PATIENT if answered else IMPATIENT, note_after=0.1)
    async with ending(mode, timing) as bot:
        await bot.person.global_shortcut(ASK)
        await bot.slack.wait_for(lambda: bool(bot.slack.modals_of(bot.person.user)))
        (view,) = bot.slack.modals_of(bot.person.user)
        submitting = asyncio.create_task(bot.person.submit(view, {"ids": "SANDBOX-OK"}))
        await bot.gateway.until_asked()
        end = bot.begin()
        submission = await submitting
        if answered:
            bot.gateway.may_answer.set()
        await end
        (view,) = bot.slack.modals_of(bot.person.user)

    assert 200 == submission.ack.status
    assert (ANSWERED if answered else APOLOGY) in in_view(view)
    assert '"level": "error"' not in log.getvalue()


@pytest.mark.both_modes
async def test_a_mention_is_answered(mode: Mode) -> None:
    """An event is acknowledged before its listener has begun."""
    async with ending(mode) as bot:
        await bot.person.say(f"{BOT_MENTION} SANDBOX-OK")
        bot.gateway.may_answer.set()
        await bot.begin()

    assert [ANSWERED] == bot.headings


async def test_after_the_signal_http_takes_no_request() -> None:
    """While earlier work is finished, new and kept connections are closed; nothing is acked."""
    async with (
        ending(Mode.HTTP) as bot,
        aiohttp.ClientSession() as kept,
        aiohttp.ClientSession() as fresh,
    ):
        before = await status_of_a_check(kept, bot.port)
        await bot.person.command(COMMAND, "SANDBOX-OK")
        end = bot.begin()
        await bot.until_doors_are_closed()
        after = [await status_of_a_check(session, bot.port) for session in (kept, fresh)]
        assert not end.done()
        bot.gateway.may_answer.set()
        await end

    assert (200, [503, 503]) == (before, after)
    assert [ANSWERED] == bot.headings


async def status_of_a_check(session: aiohttp.ClientSession, port: int) -> int:
    """What a request that Slack signed is answered with; 503 for none."""
    body = b"ssl_check=1&token=x"
    headers = sign(SIGNING_SECRET, int(time.time()), body) | {"Content-Type": FORM}
    url = f"http://127.0.0.1:{port}/slack/events"
    try:
        async with session.post(url, data=body, headers=headers) as reply:
            return reply.status
    except aiohttp.ClientConnectionError:
        return 503


async def half_sent(port: int, path: str = "/slack/events") -> asyncio.StreamWriter:
    """Half a request, which the bot has begun to read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\nContent-Length: 99\r\n"
    signed = sign(RoughSlack.signing_secret, int(time.time()), b"")
    head += "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    writer.write(f"{head}\r\n".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 100")
    writer.write(b"half")
    return writer


async def test_after_the_signal_no_envelope_is_acknowledged() -> None:
    """Slack gives it to another process; who dawdles over HTTP meanwhile opens no gap."""
    async with rough_slack() as slack, AsyncExitStack() as bot, asyncio.timeout(PATIENCE_SECONDS):
        timing = replace(PATIENT, shutdown=0.2)
        running = await bot.enter_async_context(running_bot(slack.settings(), timing=timing))
        writer = await half_sent(running.port, "/healthz")
        await slack.type("help")
        await slack.until(lambda: len(slack.received) == 1)
        end = asyncio.create_task(bot.aclose())
        await asyncio.sleep(0)
        while not slack.open_sockets[0].closed and len(slack.received) == 1:
            await slack.type("whoami", envelope="late")
            await asyncio.sleep(0.01)
        await end
        writer.close()

    assert [{"envelope_id": "e-1"}] == slack.received


async def test_a_half_sent_request_does_not_delay_the_end(log: io.StringIO) -> None:
    """Who sends it gets a moment, and nobody else has to wait for them."""
    timing = replace(PATIENT, shutdown=0.1, body=3_600.0)
    async with rough_slack() as slack, asyncio.timeout(PATIENCE_SECONDS):
        async with running_bot(slack.settings(Mode.HTTP), timing=timing) as running:
            writer = await half_sent(running.port)
        writer.close()

    assert '"level": "error"' not in log.getvalue()


@pytest.mark.both_modes
async def test_a_hanging_response_url_at_the_end_still_gives_way(mode: Mode) -> None:
    """The answer leaves by the next way before the process ends."""
    timing = replace(PATIENT, slack_call=3_600.0, hurried_call=0.3)
    async with rough_slack() as slack, asyncio.timeout(PATIENCE_SECONDS):
        slack.hook = silence
        async with running_bot(slack.settings(mode), timing=timing) as running:
            await slack.type("help", mode, running.port)
            await slack.until(lambda: "response_url" in slack.calls)

    assert "chat.postEphemeral" == slack.calls[-1]


async def test_when_every_way_hangs_the_loss_is_logged(log: io.StringIO) -> None:
    """One line says what it cost."""
    timing = replace(PATIENT, slack_call=3_600.0, hurried_call=0.1)
    async with rough_slack() as slack, asyncio.timeout(PATIENCE_SECONDS):
        slack.hook = silence
        slack.answers |= {"chat.postEphemeral": silence, "chat.postMessage": silence}
        async with running_bot(slack.settings(Mode.HTTP), timing=timing) as running:
            await slack.type("help", Mode.HTTP, running.port)
            await slack.until(lambda: "response_url" in slack.calls)

    assert 1 == log.getvalue().count("lost")


async def test_a_web_socket_that_never_answers_does_not_delay_the_end() -> None:
    """Closing the connection is not waited for."""
    async with rough_slack() as slack, asyncio.timeout(PATIENCE_SECONDS):

        async def stay(_: RoughSlack, __: object) -> None:
            await asyncio.Event().wait()

        slack.socket = stay
        timing = replace(PATIENT, hang_up=0.1)
        async with running_bot(slack.settings(), timing=timing):
            pass


async def test_work_that_does_not_end_when_it_is_cancelled_is_lost(log: io.StringIO) -> None:
    """It is waited for a little, and counted; what ends in time is not."""
    work = RunningListeners(timing=Timing(last_words=0.1))
    never = asyncio.Event()

    async def stubborn() -> None:
        work.track()
        while not never.is_set():
            with suppress(asyncio.CancelledError):
                await never.wait()

    async def quick() -> None:
        work.track()

    stuck = [asyncio.create_task(stubborn()) for _ in range(2)]
    await asyncio.create_task(quick())
    late = await work.drain(0.15)
    never.set()
    await asyncio.gather(*stuck)

    assert 2 == late
    assert ['"count": 2'] == re.findall('"count": [0-9]+', log.getvalue())
    assert "answers were lost" in log.getvalue()


async def test_what_was_looked_up_last_is_stored_at_the_end(mode: Mode, sqlite_url: str) -> None:
    """In the audit and among the recent look-ups, however long they would have waited."""
    patient = replace(UNHURRIED, records_kept=600.0)
    async with playing(mode, timing=patient, database_url=sqlite_url) as bot:
        await bot.answer("SANDBOX-OK")

    async with open_database(sqlite_url) as database:
        entries = await recent(Audit(database, AUDIT_KEY), 9)
        latest = await Recents(database).of(TEAM_ID, USER_ID)
    assert ["lookup"] == [entry.action for entry in entries]
    assert ["SANDBOX-OK"] == [one.idmsg for one in latest]
