"""Everything that reached the loopback Slack, the resulting state, and waiting for changes.

The ledger records and does not validate. Arguments are stored as received, tokens never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

Blocks = tuple[Mapping[str, Any], ...]
# What a user has typed or chosen, by block_id and action_id, in the shape of `state.values`.
State: TypeAlias = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One Web API request, answered or refused."""

    method: str
    arguments: Mapping[str, Any]
    token_ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePost:
    """One post to a response_url: its body as received, and the HTTP answer."""

    url: str
    body: Any
    status: int
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The current state of a message of the bot; `user` is the only one to see an ephemeral one.

    `metadata` is for apps; users do not see it. `files` are the file objects that it shares.
    """

    channel: str
    ts: str
    text: str
    blocks: Blocks
    thread_ts: str | None = None
    user: str | None = None
    ephemeral: bool = False
    metadata: Mapping[str, Any] | None = None
    files: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMessage:
    """A message of a user; `event_id` is the event that the bot received for it, if any.

    `subtype` is Slack's, such as "tombstone" for the placeholder of a deleted message. `app` is the
    app that posted it with the user's token, if not one of Slack's own clients.
    """

    channel: str
    ts: str
    user: str
    team: str
    text: str
    blocks: Blocks = ()
    thread_ts: str | None = None
    files: tuple[Mapping[str, Any], ...] = ()
    attachments: tuple[Mapping[str, Any], ...] = ()
    event_id: str | None = None
    edited_ts: str | None = None
    subtype: str = ""
    app: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The bot's answer to one delivery: HTTP status, body, and seconds until it arrived.

    Over a socket, an acknowledgement is 200 with its payload as JSON. Without an answer the status
    is 0 and the body is Slack's error: operation_timeout or dispatch_failed.
    """

    status: int
    body: str
    seconds: float

    @property
    def accepted(self) -> bool:
        """Whether Slack regards the request as delivered."""
        return self.status == 200  # noqa: PLR2004 - HTTP's number


@dataclass(frozen=True, slots=True, kw_only=True)
class SentEvent:
    """An event and the answer to each delivery of it, in order."""

    payload: Mapping[str, Any]
    envelope_id: str
    acks: list[Ack] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The event_id, the same in every delivery."""
        return str(self.payload["event_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The current state of a modal or a Home tab; `state` is what the user has entered."""

    id: str
    user: str
    content: Mapping[str, Any]
    hash: str
    team: str = ""
    root_id: str = ""
    previous_id: str | None = None
    state: State = field(default_factory=dict)

    @property
    def is_modal(self) -> bool:
        """Whether it is a modal rather than a Home tab."""
        return bool(self.content["type"] == "modal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Markup that notifies or names people or channels; `pointer` is its JSON pointer."""

    source: str
    pointer: str
    markup: str


def time_order(message: Message | UserMessage) -> tuple[int, ...]:
    """The sort key of messages: as integers, since texts of different lengths sort wrongly."""
    return tuple(map(int, message.ts.split(".")))


class Ledger:
    """Everything that arrived, in order, and the resulting state.

    `revision` counts the changes, so that a waiting reader notices each.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.calls: list[ApiCall] = []
        self.posts: list[ResponsePost] = []
        self.messages: list[Message] = []
        self.said: list[UserMessage] = []
        self.events: list[SentEvent] = []
        self.views: list[View] = []
        self.pings: list[Ping] = []
        self.warnings: list[str] = []
        self.refusals: list[str] = []
        self.revision = 0
        self._number = 0
        self._changed = asyncio.Event()

    def next_number(self) -> int:
        """A number that no earlier message, view or request has."""
        self._number += 1
        return self._number

    def next_ts(self, *, seconds_ago: float = 0.0) -> str:
        """The time stamp of a new message, different from all earlier ones."""
        return f"{int(self.clock() - seconds_ago)}.{self.next_number():06d}"

    def find(self, channel: str, ts: str) -> Message | None:
        """The bot's message with this time stamp, if it exists."""
        matches = (found for found in self.messages if (found.channel, found.ts) == (channel, ts))
        return next(matches, None)

    def find_said(self, channel: str, ts: str) -> UserMessage | None:
        """The user's message with this time stamp, if it exists."""
        matches = (found for found in self.said if (found.channel, found.ts) == (channel, ts))
        return next(matches, None)

    def replace_said(self, message: UserMessage, **changes: Any) -> UserMessage:
        """Change fields of a user's message in place."""
        changed = replace(message, **changes)
        self.said[self.said.index(message)] = changed
        self.notify()
        return changed

    def thread(self, channel: str, ts: str) -> list[Message | UserMessage]:
        """The message `ts` and all replies to it, by users and by the bot, in order of time."""
        everything: list[Message | UserMessage] = [*self.messages, *self.said]
        found = [
            entry
            for entry in everything
            if entry.channel == channel and ts in (entry.ts, entry.thread_ts)
        ]
        return sorted(found, key=time_order)

    def thread_for(self, channel: str, thread_ts: str | None) -> str | None:
        """The thread in which Slack puts a message: `thread_ts`, or None if that thread is gone.

        A thread exists as long as its first message or any reply does. Slack silently posts a
        message for a deleted thread into the channel itself.
        """
        exists = thread_ts is not None and any(
            not (isinstance(entry, Message) and entry.ephemeral)
            for entry in self.thread(channel, thread_ts)
        )
        return thread_ts if exists else None

    def change(self, message: Message, **changes: Any) -> Message:
        """Change fields of a bot message in place."""
        changed = replace(message, **changes)
        self.messages[self.messages.index(message)] = changed
        self.notify()
        return changed

    def notify(self) -> None:
        """Wake everything that waits for a change."""
        self.revision += 1
        # A new Event for each change: set() wakes current waiters, later ones wait for the next.
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], bool], seconds: float) -> None:
        """Wait until the predicate holds; it is evaluated again at every change.

        Raises:
            TimeoutError: it did not become true in time; the text sums up what had arrived.
        """
        try:
            async with asyncio.timeout(seconds):
                while not predicate():
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"nothing of the kind within {seconds} s; {self}") from None

    def __str__(self) -> str:
        methods = [call.method for call in self.calls]
        answers = [f"{post.status} {post.answer[:60]}" for post in self.posts]
        texts = [message.text[:60] for message in self.messages]
        return f"calls {methods}, posts {answers}, messages {texts}, refusals {self.refusals}"
