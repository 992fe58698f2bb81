"""What arrived at the loopback Slack and what the conversations show; and waiting for more of it.

The ledger records; it judges nothing. Arguments are kept as they came, tokens never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

Blocks = tuple[Mapping[str, Any], ...]
# What a person has typed or chosen, by block_id and action_id, in the shape of `state.values`.
State: TypeAlias = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One Web API request, whether it was answered or refused."""

    method: str
    arguments: Mapping[str, Any]
    token_ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePost:
    """One post to a response_url: its body as it came and the HTTP status it was answered with."""

    url: str
    body: Any
    status: int
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of the bot as it stands now; `user` is who alone sees an ephemeral one.

    `metadata` is what the bot has put on it for itself and other apps; no person sees it. `files`
    are Slack's objects of the files that it shares.
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
    """A message of a person; `event_id` names the event that told the bot of it, if one did.

    `subtype` is Slack's; "tombstone" for what stands in the place of a deleted message.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The bot's answer to one delivery: HTTP status, body, and the seconds until it came.

    Over a socket, an acknowledgement is 200 with its payload as JSON. Where nothing came, the
    status is 0 and the body what Slack shows then: operation_timeout or dispatch_failed.
    """

    status: int
    body: str
    seconds: float

    @property
    def accepted(self) -> bool:
        """Whether Slack takes the request for delivered."""
        return self.status == 200  # noqa: PLR2004 - HTTP's number


@dataclass(frozen=True, slots=True, kw_only=True)
class SentEvent:
    """An event that was delivered, and the answer to each delivery of it, in order."""

    payload: Mapping[str, Any]
    envelope_id: str
    acks: list[Ack] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The event_id, the same in every delivery."""
        return str(self.payload["event_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A modal or a Home tab as it stands now; `state` is what the person has put into it."""

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
        """Whether it is a modal; else it is a Home tab."""
        return bool(self.content["type"] == "modal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Markup, as it came, that calls or names people or channels; `pointer` is where it stood."""

    source: str
    pointer: str
    markup: str


class Ledger:
    """Everything that arrived, in order, and the state that came of it.

    `revision` counts the changes, for those who look again at each.
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
        """The message with this time stamp, if it still stands."""
        matches = (found for found in self.messages if (found.channel, found.ts) == (channel, ts))
        return next(matches, None)

    def find_said(self, channel: str, ts: str) -> UserMessage | None:
        """The person's message with this time stamp, if it still stands."""
        matches = (found for found in self.said if (found.channel, found.ts) == (channel, ts))
        return next(matches, None)

    def replace_said(self, message: UserMessage, **changes: Any) -> UserMessage:
        """Change fields of a person's message where it stands."""
        changed = replace(message, **changes)
        self.said[self.said.index(message)] = changed
        self.ring()
        return changed

    def thread(self, channel: str, ts: str) -> list[Message | UserMessage]:
        """The message `ts` and all replies to it, of people and of the bot, in order of time."""
        everything: list[Message | UserMessage] = [*self.messages, *self.said]
        found = [
            entry
            for entry in everything
            if entry.channel == channel and ts in (entry.ts, entry.thread_ts)
        ]
        return sorted(found, key=lambda entry: tuple(map(int, entry.ts.split("."))))

    def where_it_lands(self, channel: str, thread_ts: str | None) -> str | None:
        """The thread in which Slack puts a message: the wanted one, or none where that is gone.

        A thread is there as long as its first message or any reply is. Slack takes a message for
        one that is not, without a word, and puts it into the conversation itself.
        """
        stands = thread_ts is not None and any(
            not (isinstance(entry, Message) and entry.ephemeral)
            for entry in self.thread(channel, thread_ts)
        )
        return thread_ts if stands else None

    def change(self, message: Message, **changes: Any) -> Message:
        """Put new content into a message where it stands."""
        changed = replace(message, **changes)
        self.messages[self.messages.index(message)] = changed
        self.ring()
        return changed

    def ring(self) -> None:
        """Wake those who wait: something has changed."""
        self.revision += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], bool], seconds: float) -> None:
        """Wait until the predicate holds; it is asked again at every change.

        Raises:
            TimeoutError: it did not hold in time; the text sums up what had arrived.
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
