"""The set-up of scenario tests: the real bot between a loopback Slack and the sandbox gateway.

Only the two outermost ends are fakes, and both are reached over real sockets. `playing` runs a bot
for one test; `Stages` holds bots that many tests share one after the other, each with a new Slack.
"""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.composition.bootstrap import RunningBot, running_bot
from bot.domain.gateway_health import GatewayHealth
from bot.domain.timing import Timing
from bot.fake_slack.people.person import Ack, Person, person_over_http, person_over_socket
from bot.fake_slack.slack_server import HOST, LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import Message, View
from bot.fake_slack.state.workspace import BOT_MENTION
from bot.gateway.client import GatewayClient
from bot.gateway.sandbox.server import running_sandbox
from bot.settings.settings import Mode, Settings
from bot.slack.cards.buttons import MENU_ACTION
from bot.storage.preferences import Scope
from bot.storage.schema import METADATA
from tests.support.reading import in_view, row_of
from tests.support.seen_requests import SeenRequest, recording

COMMAND: Final = "/voicestatus"
CREDENTIAL: Final = "C" * 40
TOKEN: Final = "T0K3N5"
HASH_KEY: Final = "a key of the tests alone"
CHECK: Final = "check_voice_status"
ASK: Final = "ask_voice_status"
# Less than the rate limits in tests that must not be waited for.
PATIENCE: Final = 40.0
# A busy machine may need seconds for anything, so time limits are long, and the progress note
# appears only where a test wants it.
UNHURRIED: Final = Timing(
    choices=0.1,
    readiness=0.0,
    note_after=PATIENCE,
    slack_call=PATIENCE,
    doubtful=PATIENCE,
    person=PATIENCE,
    transaction=PATIENCE,
    redelivery=PATIENCE,
    gate=PATIENCE,
    poll=0.1,
    pace=0.0,
    gather=0.0,
    get_ready=0.0,
)
# The progress note appears immediately, whatever the gateway does.
WITH_NOTE: Final = replace(UNHURRIED, note_after=0.0)


class GatewayClock:
    """The sandbox gateway's clock: the machine's, plus what a test has added."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        """The seconds of the clock."""
        return time.monotonic() + self._ahead

    def forward(self, seconds: float) -> None:
        """Advance the clock."""
        self._ahead += seconds


@dataclass(kw_only=True)
class Scene:
    """A running bot, its user, and what reached both ends."""

    mode: Mode
    person: Person
    slack: LoopbackSlack
    gateway_requests: list[SeenRequest]
    gateway_clock: GatewayClock
    running: RunningBot
    acks: list[Ack] = field(default_factory=list)

    async def type(self, text: str, **who_and_where: str) -> Ack:
        """Type the command with this text; returns the acknowledgement as Slack saw it."""
        ack = await self.person.command(COMMAND, text, **who_and_where)
        self.acks.append(ack)
        return ack

    async def answer(self, text: str, *, patience: float = 20.0, **who_and_where: str) -> Message:
        """Type the command and wait for the first message in response."""
        before = len(self.slack.messages)
        await self.type(text, **who_and_where)
        return await self.slack.wait_for_message(before + 1, patience)

    async def settled(self, count: int, *, patience: float = 20.0) -> None:
        """Wait for this many posts to response URLs."""
        await self.slack.wait_for(lambda: len(self.slack.posts) >= count, patience)

    async def come_of(self, doing: Awaitable[object], count: int = 1) -> list[Message]:
        """Perform an action and wait for this many messages in response."""
        before = len(self.slack.messages)
        await doing
        await self.slack.wait_for_message(before + count)
        return self.slack.messages[before:]

    async def comes_of(self, doing: Awaitable[object]) -> Message:
        """Perform an action and wait for the one message in response."""
        (message,) = await self.come_of(doing)
        return message

    async def mention(self, text: str, **where: Any) -> Message:
        """The answer to a mention of the bot."""
        return await self.comes_of(self.person.say(f"{BOT_MENTION} {text}", **where))

    async def direct(self, text: str, **more: Any) -> Message:
        """The answer to a direct message to the bot."""
        return await self.comes_of(
            self.person.say(text, channel=self.person.direct_channel, **more)
        )

    async def shortcut(self, text: str, **where: Any) -> Message:
        """The answer to the shortcut on a message with this text."""
        said = await self.person.say(text, **where)
        return await self.comes_of(self.person.message_shortcut(CHECK, said))

    async def press(self, on: Message | View, name: str, person: Person | None = None) -> Ack:
        """Use a card's button, or the choice in its menu, such as "details"."""
        pressed, person = row_of(on)[name], person or self.person
        if "choice" in pressed:
            return await person.click(on, MENU_ACTION, value=pressed["choice"])
        return await person.click(on, f"card_{name}", value=pressed["value"])

    async def nothing_comes_of(self, doing: Awaitable[object]) -> None:
        """Perform an action that gets no message, as the answer to a later question proves."""
        before = len(self.slack.messages)
        await doing
        card = await self.answer("SANDBOX-404")
        await self.running.work.idle()
        assert [card] == self.slack.messages[before:]

    async def latest(self, message: Message, shows: Callable[[Message], bool]) -> Message:
        """The current state of a message, once it shows something."""

        def now() -> Message:
            found = self.slack.ledger.find(message.channel, message.ts)
            assert found is not None
            return found

        await self.slack.wait_for(lambda: shows(now()))
        return now()

    async def modal(self, person: Person | None = None) -> View:
        """The user's modal, once one is open."""
        user = (person or self.person).user
        await self.slack.wait_for(lambda: bool(self.slack.modals_of(user)))
        return self.slack.modals_of(user)[-1]

    async def modal_showing(self, text: str, person: Person | None = None) -> View:
        """The user's modal, once it shows a text."""
        user = (person or self.person).user

        def shows() -> bool:
            return any(text in in_view(view) for view in self.slack.modals_of(user))

        await self.slack.wait_for(shows)
        return self.slack.modals_of(user)[-1]

    async def home(self, person: Person | None = None, shows: str = "") -> View:
        """The user's Home tab, once it shows a text."""
        user = (person or self.person).user

        def there() -> bool:
            view = self.slack.home_of(user)
            return view is not None and shows in in_view(view)

        await self.slack.wait_for(there)
        view = self.slack.home_of(user)
        assert view is not None
        return view

    def expect_refusals(self, *refusals: str) -> None:
        """Assert that Slack refused exactly these, in order; the bot had a fallback for each."""
        assert list(refusals) == [refusal.removesuffix(" {}") for refusal in self.slack.refusals]
        self.slack.refusals.clear()

    @property
    def asked(self) -> list[str | None]:
        """The ids that the gateway received, in order."""
        return [request.idmsg for request in self.gateway_requests]

    def url(self, path: str) -> str:
        """A URL of the bot's HTTP server."""
        return f"http://127.0.0.1:{self.running.port}{path}"


def settings_for(slack: LoopbackSlack, gateway: str, mode: Mode, **changes: Any) -> Settings:
    """Settings that connect the bot to both loopback ends."""
    values: dict[str, Any] = {
        "slack_bot_token": slack.bot_token,
        "slack_signing_secret": slack.signing_secret,
        "slack_app_token": slack.app_token,
        "slack_api_url": slack.api_url,
        "bot_mode": mode,
        "bot_port": 0,
        "bot_hash_key": HASH_KEY,
        "gateway_url": gateway,
        "gateway_credential": CREDENTIAL,
        "gateway_token": TOKEN,
        "gateway_requests_per_second": 1000,
        "gateway_max_concurrency": 100,
        "gateway_timeout_seconds": PATIENCE,
        "database_url": "sqlite:///:memory:",
    }
    return Settings.of(**(values | changes))


@asynccontextmanager
async def playing(
    mode: Mode,
    *,
    scopes: Iterable[str] = (),
    timing: Timing = UNHURRIED,
    clock: Callable[[], float] = time.time,
    ping_seconds: float = 5.0,
    settle: Callable[[LoopbackSlack], object] = lambda _: None,
    notifies: bool = False,
    **changes: Any,
) -> AsyncIterator[Scene]:
    """Run a scene with a new bot; at its end Slack must have no complaints.

    Args:
        mode: how Slack reaches the bot.
        scopes: granted in addition to the default ones.
        timing: the bot's waits.
        clock: Slack's clock, in seconds since the epoch.
        ping_seconds: how often Slack pings a socket.
        settle: changes the workspace before the bot starts.
        notifies: the bot may mention people until it has stopped.
        changes: settings that differ from the defaults.
    """
    requests: list[SeenRequest] = []
    gateway_clock = GatewayClock()
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(
            running_slack(clock=clock, ping_seconds=ping_seconds)
        )
        slack.workspace.scopes |= set(scopes)
        settle(slack)
        url = await stack.enter_async_context(
            running_sandbox(port=0, middlewares=[recording(requests)], clock=gateway_clock)
        )
        settings = settings_for(slack, url, mode, **changes)
        running = await stack.enter_async_context(running_bot(settings, timing=timing))
        person = await stack.enter_async_context(person_of(slack, running))
        yield Scene(
            mode=mode,
            person=person,
            slack=slack,
            gateway_requests=requests,
            gateway_clock=gateway_clock,
            running=running,
        )
    if notifies:
        slack.pings.clear()
    assert_slack_content(slack)


@dataclass(kw_only=True)
class Stage:
    """One bot that many tests share one after the other, each with a new Slack.

    The new Slack uses the same listening socket, which is never closed in between. The bot's
    tables are emptied and its gateway state is reset. What it caches about users and tokens
    remains: a test that changes these needs its own bot.
    """

    listener: socket.socket
    running: RunningBot
    gateway_requests: list[SeenRequest]
    gateway_clock: GatewayClock
    scopes: frozenset[str]
    used_numbers: int = 0

    @asynccontextmanager
    async def scene(self) -> AsyncIterator[Scene]:
        """A scene with a fresh state; at its end Slack must have no complaints."""
        async with running_slack(listener=self.listener) as slack:
            slack.workspace.scopes |= self.scopes
            # The bot deduplicates by Slack's ids, so the new Slack must not reuse any.
            slack.ledger._number = self.used_numbers
            try:
                async with person_of(slack, self.running) as person:
                    yield Scene(
                        mode=self.running.mode,
                        person=person,
                        slack=slack,
                        gateway_requests=self.gateway_requests,
                        gateway_clock=self.gateway_clock,
                        running=self.running,
                    )
                await self.running.work.idle()
            finally:
                self.used_numbers = slack.ledger._number
                await self._forget()
        assert_slack_content(slack)

    async def _forget(self) -> None:
        await self.running.stores.records.flush()
        await self.running.stores.database.write(_empty)
        # Running watches and bulk look-ups end when they find no row.
        await self.running.poller.idle()
        await self.running.stores.database.write(_empty)
        # A change, after which no choice is left in memory either.
        await self.running.stores.preferences.set_language(Scope.USER, "", "", None)
        await self.running.stores.preferences.refresh()
        self.gateway_requests.clear()
        self.running.pace._conversations.clear()
        forget_answers(self.running.gateway)


def forget_answers(gateway: GatewayClient) -> None:
    """Let it know as little as after a restart: no final status, and nothing of its health."""
    gateway._finals.clear()
    gateway._circuit.health = GatewayHealth(since=gateway.health.since)


def _empty(connection: Any) -> None:
    for table in METADATA.sorted_tables:
        if table.name not in {"schema_migration", "installation", "executor"}:
            connection.execute(table.delete())


class Stages:
    """The shared bots: one for each combination of settings, started on first use."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._stages: dict[object, Stage] = {}

    @asynccontextmanager
    async def scene(
        self,
        mode: Mode,
        *,
        scopes: Iterable[str] = (),
        timing: Timing = UNHURRIED,
        **changes: Any,
    ) -> AsyncIterator[Scene]:
        """A scene with a bot of these settings and a fresh state."""
        if mode is Mode.SOCKET:  # a socket does not survive the replacement of its Slack
            async with playing(mode, scopes=scopes, timing=timing, **changes) as scene:
                yield scene
            return
        key = (frozenset(scopes), timing, frozenset(changes.items()))
        if key not in self._stages:
            entered = stage(scopes=key[0], timing=timing, **changes)
            self._stages[key] = await self._stack.enter_async_context(entered)
        async with self._stages[key].scene() as scene:
            yield scene


@asynccontextmanager
async def stage(
    *, scopes: Iterable[str] = (), timing: Timing = UNHURRIED, **changes: Any
) -> AsyncIterator[Stage]:
    """Run a bot in HTTP mode for many tests; arguments as for `playing`."""
    requests: list[SeenRequest] = []
    gateway_clock = GatewayClock()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(
            running_sandbox(port=0, middlewares=[recording(requests)], clock=gateway_clock)
        )
        listener = stack.enter_context(socket.create_server((HOST, 0)))
        async with running_slack(listener=listener) as slack:
            slack.workspace.scopes |= set(scopes)
            settings = settings_for(slack, url, Mode.HTTP, **changes)
            running = await stack.enter_async_context(running_bot(settings, timing=timing))
        yield Stage(
            listener=listener,
            running=running,
            gateway_requests=requests,
            gateway_clock=gateway_clock,
            scopes=frozenset(scopes),
        )


@asynccontextmanager
async def person_of(slack: LoopbackSlack, running: RunningBot) -> AsyncIterator[Person]:
    """A user who is connected in the bot's mode."""
    if running.mode is Mode.SOCKET:
        yield person_over_socket(slack, patience=PATIENCE)
        return
    url = f"http://127.0.0.1:{running.port}/slack/events"
    async with person_over_http(slack, url, patience=PATIENCE) as person:
        yield person


def assert_slack_content(slack: LoopbackSlack) -> None:
    """Assert that the strict Slack recorded no refusal, warning or ping."""
    assert [] == slack.refusals
    assert [] == slack.pings
    assert [] == slack.warnings
