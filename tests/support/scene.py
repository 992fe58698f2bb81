"""The scene of the scenario tests: the real bot between a loopback Slack and the sandbox gateway.

Nothing is faked but the two outermost ends, and both are reached over real sockets. `playing` runs
a bot of its own for one test; `Stages` keeps the bots that many tests share, one after the other,
each with a new Slack.
"""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.composition.bootstrap import RunningBot, running_bot
from bot.domain.timing import Timing
from bot.fake_slack.people.person import Ack, Person, person_over_http, person_over_socket
from bot.fake_slack.slack_server import HOST, LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import Message, View
from bot.fake_slack.state.workspace import BOT_MENTION
from bot.gateway.sandbox import running_sandbox
from bot.gateway.sandbox.server import SeenRequest
from bot.settings.settings import Mode, Settings
from bot.storage.alarms import FleetingAlarms
from bot.storage.schema import METADATA
from tests.support.reading import in_view

COMMAND: Final = "/voicestatus"
CREDENTIAL: Final = "C" * 40
TOKEN: Final = "T0K3N5"
HASH_KEY: Final = "a key of the tests alone"
CHECK: Final = "check_voice_status"
ASK: Final = "ask_voice_status"
# Less than the pauses that tests ask for and nobody is to wait for.
PATIENCE: Final = 40.0
# On a busy machine anything may take seconds: nothing is given up for that, and the note that work
# goes on comes where it is meant. No choice of language outlives the test in which it was made.
UNHURRIED: Final = Timing(
    choices=0.0,
    readiness=0.0,
    note_after=PATIENCE,
    slack_call=PATIENCE,
    doubtful=PATIENCE,
    person=PATIENCE,
    transaction=PATIENCE,
    gate=PATIENCE,
)
# The note comes at once, whatever the gateway does.
WITH_NOTE: Final = replace(UNHURRIED, note_after=0.0)
# Where nothing is watched; in a file, the engine takes a second of the processor to start.
WITHOUT_ENGINE: Final = replace(UNHURRIED, engine_head_start=3_600.0)


class GatewayClock:
    """Seconds as the sandbox gateway counts them: the machine's, until a test lets time pass."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        """So many have passed."""
        return time.monotonic() + self._ahead

    def forward(self, seconds: float) -> None:
        """Let this time pass at once."""
        self._ahead += seconds


@dataclass(kw_only=True)
class Scene:
    """A running bot, the person who types to it, and what reached both ends."""

    mode: Mode
    person: Person
    slack: LoopbackSlack
    gateway_requests: list[SeenRequest]
    gateway_clock: GatewayClock
    running: RunningBot
    acks: list[Ack] = field(default_factory=list)

    async def type(self, text: str, **who_and_where: str) -> Ack:
        """Type the command with this text; the acknowledgement is Slack's own measure."""
        ack = await self.person.command(COMMAND, text, **who_and_where)
        self.acks.append(ack)
        return ack

    async def answer(self, text: str, *, patience: float = 20.0, **who_and_where: str) -> Message:
        """Type the command and wait for the first message that comes of it."""
        before = len(self.slack.messages)
        await self.type(text, **who_and_where)
        return await self.slack.wait_for_message(before + 1, patience)

    async def settled(self, count: int, *, patience: float = 20.0) -> None:
        """Wait until so many posts to response URLs have arrived."""
        await self.slack.wait_for(lambda: len(self.slack.posts) >= count, patience)

    async def come_of(self, doing: Awaitable[object], count: int = 1) -> list[Message]:
        """Do something and wait for so many messages that come of it."""
        before = len(self.slack.messages)
        await doing
        await self.slack.wait_for_message(before + count)
        return self.slack.messages[before:]

    async def comes_of(self, doing: Awaitable[object]) -> Message:
        """The one message that comes of it."""
        (message,) = await self.come_of(doing)
        return message

    async def mention(self, text: str, **where: Any) -> Message:
        """What is answered to a mention of the bot."""
        return await self.comes_of(self.person.say(f"{BOT_MENTION} {text}", **where))

    async def direct(self, text: str, **more: Any) -> Message:
        """What is answered to a message to the bot."""
        return await self.comes_of(
            self.person.say(text, channel=self.person.direct_channel, **more)
        )

    async def shortcut(self, text: str, **where: Any) -> Message:
        """What is answered to the shortcut in the menu of a message with this text."""
        said = await self.person.say(text, **where)
        return await self.comes_of(self.person.message_shortcut(CHECK, said))

    async def nothing_comes_of(self, doing: Awaitable[object]) -> None:
        """Do something of which no message comes, as a question asked afterwards shows."""
        before = len(self.slack.messages)
        await doing
        card = await self.answer("SANDBOX-404")
        await self.running.work.idle()
        assert [card] == self.slack.messages[before:]

    async def latest(self, message: Message, shows: Callable[[Message], bool]) -> Message:
        """The message as it stands, once it shows something."""

        def now() -> Message:
            found = self.slack.ledger.find(message.channel, message.ts)
            assert found is not None
            return found

        await self.slack.wait_for(lambda: shows(now()))
        return now()

    async def modal(self, person: Person | None = None) -> View:
        """The modal that is then before a person."""
        user = (person or self.person).user
        await self.slack.wait_for(lambda: bool(self.slack.modals_of(user)))
        return self.slack.modals_of(user)[-1]

    async def modal_showing(self, text: str, person: Person | None = None) -> View:
        """The same, once it shows a text."""
        user = (person or self.person).user

        def shows() -> bool:
            return any(text in in_view(view) for view in self.slack.modals_of(user))

        await self.slack.wait_for(shows)
        return self.slack.modals_of(user)[-1]

    async def home(self, person: Person | None = None, shows: str = "") -> View:
        """The Home tab of a person, once it shows a text."""
        user = (person or self.person).user

        def there() -> bool:
            view = self.slack.home_of(user)
            return view is not None and shows in in_view(view)

        await self.slack.wait_for(there)
        view = self.slack.home_of(user)
        assert view is not None
        return view

    def expect_refusals(self, *refusals: str) -> None:
        """Slack refused these, in this order, and nothing else; the bot found another way."""
        assert list(refusals) == [refusal.removesuffix(" {}") for refusal in self.slack.refusals]
        self.slack.refusals.clear()

    @property
    def asked(self) -> list[str | None]:
        """The ids that the gateway was asked for, in order."""
        return [request.idmsg for request in self.gateway_requests]

    def url(self, path: str) -> str:
        """An address of the bot's own HTTP server."""
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
    **changes: Any,
) -> AsyncIterator[Scene]:
    """Run a scene with a bot of its own; at its end Slack must be content.

    Args:
        mode: how Slack reaches the bot.
        scopes: granted beside the usual ones.
        timing: the seconds that the bot waits for things.
        clock: Slack's, in seconds since the epoch.
        ping_seconds: how often Slack pings a socket.
        settle: makes the workspace another one before the bot asks who it is.
        changes: settings that differ from the plain ones.
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
            running_sandbox(port=0, requests=requests, clock=gateway_clock)
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
    assert_slack_content(slack)


@dataclass(kw_only=True)
class Stage:
    """One bot that many tests share, one after the other, each with a new Slack before it.

    The new Slack answers at the same door as the last one, which is never closed in between;
    the bot's tables are emptied, and what it remembers of the gateway is forgotten. What the bot
    keeps in memory of people and tokens stays: a test that changes these has a bot of its own.
    """

    door: socket.socket
    running: RunningBot
    gateway_requests: list[SeenRequest]
    gateway_clock: GatewayClock
    scopes: frozenset[str]
    used_numbers: int = 0

    @asynccontextmanager
    async def scene(self) -> AsyncIterator[Scene]:
        """A scene as if everything were new; at its end Slack must be content."""
        async with running_slack(door=self.door) as slack:
            slack.workspace.scopes |= self.scopes
            # Slack gives no id twice, and the bot remembers them.
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
        await self.running.database.write(_empty)
        if isinstance(self.running.alarms, FleetingAlarms):
            # Watches and lists that were taken up find nothing any more, and end.
            await self.running.alarms.idle()
            await self.running.database.write(_empty)
        self.gateway_requests.clear()
        self.running.gateway.forget()


def _empty(connection: Any) -> None:
    for table in METADATA.sorted_tables:
        if table.name not in {"schema_migration", "installation"}:
            connection.execute(table.delete())


class Stages:
    """The bots that tests share: one for each way to set one up, made when it is needed."""

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
        """A scene with a bot of these settings, as if everything were new."""
        if mode is Mode.SOCKET:  # a socket does not survive that its Slack is replaced
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
            running_sandbox(port=0, requests=requests, clock=gateway_clock)
        )
        door = stack.enter_context(socket.create_server((HOST, 0)))
        async with running_slack(door=door) as slack:
            slack.workspace.scopes |= set(scopes)
            settings = settings_for(slack, url, Mode.HTTP, **changes)
            running = await stack.enter_async_context(running_bot(settings, timing=timing))
        yield Stage(
            door=door,
            running=running,
            gateway_requests=requests,
            gateway_clock=gateway_clock,
            scopes=frozenset(scopes),
        )


@asynccontextmanager
async def person_of(slack: LoopbackSlack, running: RunningBot) -> AsyncIterator[Person]:
    """The person who reaches the bot in the bot's own mode."""
    if running.mode is Mode.SOCKET:
        yield person_over_socket(slack, patience=PATIENCE)
        return
    url = f"http://127.0.0.1:{running.port}/slack/events"
    async with person_over_http(slack, url, patience=PATIENCE) as person:
        yield person


def assert_slack_content(slack: LoopbackSlack) -> None:
    """Fail if the strict Slack refused, warned of or rang anything."""
    assert [] == slack.refusals
    assert [] == slack.pings
    assert [] == slack.warnings
