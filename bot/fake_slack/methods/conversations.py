"""conversations.open, .info, .history and .replies."""

from __future__ import annotations

from bot.fake_slack.methods.method import Answer, Arguments, Method, arguments, needed, truth
from bot.fake_slack.payloads.objects import shown_message
from bot.fake_slack.state.ledger import Ledger, Message, UserMessage, time_order
from bot.fake_slack.state.refusals import RefusedError
from bot.fake_slack.state.workspace import BOT_USER_ID, TEAM_ID, Channel, Workspace

READING = ("channel", "cursor", "inclusive", "latest", "limit", "oldest", "include_all_metadata")
MOST_IN_A_PAGE = {"conversations.history": 999, "conversations.replies": 1_000}
USUAL_IN_A_PAGE = 100


class ConversationMethods:
    """The conversations methods."""

    def __init__(self, ledger: Ledger, workspace: Workspace) -> None:
        self._ledger = ledger
        self._workspace = workspace

    def table(self) -> dict[str, Method]:
        """The methods by their names."""
        return {
            "conversations.open": Method(
                answer=self.open,
                arguments=arguments("users", "channel", "return_im", "prevent_creation"),
                scope="im:write",
            ),
            "conversations.info": Method(
                answer=self.info,
                arguments=arguments("channel", "include_locale", "include_num_members"),
            ),
            "conversations.history": Method(answer=self.history, arguments=arguments(*READING)),
            "conversations.replies": Method(
                answer=self.replies, arguments=arguments(*READING, "ts")
            ),
        }

    def open(self, given: Arguments) -> Answer:
        """Open the direct conversation with one user."""
        existing = given.get("channel")
        if existing:
            if existing not in self._workspace.channels:
                raise RefusedError("channel_not_found")
            return {"channel": {"id": existing}}
        user = needed(given, "users")
        if user not in self._workspace.people:
            raise RefusedError("user_not_found")
        already = f"D{user[1:]}" in self._workspace.channels
        channel: Answer = {"id": self._workspace.direct(user).id}
        if truth(given, "return_im"):
            channel |= {"is_im": True, "user": user, "is_open": True}
        return {"channel": channel, "no_op": already, "already_open": already}

    def info(self, given: Arguments) -> Answer:
        """Describe a conversation; the scope required depends on its kind."""
        place = self._place(given, "read")
        if place.is_direct:
            return {"channel": _direct(place)}
        channel = _described(place)
        if truth(given, "include_num_members"):
            channel["num_members"] = len(place.members)
        return {"channel": channel}

    def history(self, given: Arguments) -> Answer:
        """The messages of a conversation outside of threads, newest first."""
        place = self._readable(given)
        everything: list[Message | UserMessage] = [*self._ledger.messages, *self._ledger.said]
        found = [
            one
            for one in everything
            if one.channel == place.id and one.thread_ts in (None, one.ts) and _is_readable(one)
        ]
        found.sort(key=time_order, reverse=True)
        return self._page("conversations.history", _within(found, given), given)

    def replies(self, given: Arguments) -> Answer:
        """A thread, oldest first; its first message is on every page."""
        place = self._readable(given)
        ts = needed(given, "ts")
        thread = [one for one in self._ledger.thread(place.id, ts) if _is_readable(one)]
        if not thread:
            raise RefusedError("thread_not_found")
        # The first message was deleted, but its replies remain.
        if thread[0].ts != ts:
            thread.insert(0, _tombstone(place.id, ts))
        root, *others = thread
        return self._page("conversations.replies", [root, *_within(others, given)], given)

    def _place(self, given: Arguments, right: str) -> Channel:
        channel = needed(given, "channel")
        # The scope is checked first, so that a missing one does not reveal whether it exists.
        self._check_scope(self._workspace.channels.get(channel), right)
        return self._workspace.visible_to_bot(channel)

    def _readable(self, given: Arguments) -> Channel:
        place = self._place(given, "history")
        if BOT_USER_ID not in place.members:
            raise RefusedError("not_in_channel")
        return place

    def _page(self, method: str, messages: list[Message | UserMessage], given: Arguments) -> Answer:
        first, limit = _bounds(given, MOST_IN_A_PAGE[method])
        more = len(messages) > first + limit
        whole = truth(given, "include_all_metadata")
        shown = [self._shown(one, whole=whole) for one in messages[first : first + limit]]
        page: Answer = {"messages": shown, "has_more": more}
        if more:
            page["response_metadata"] = {"next_cursor": f"next:{first + limit}"}
        return page

    def _shown(self, message: Message | UserMessage, *, whole: bool) -> Answer:
        """A message; its metadata is reduced to the event_type unless `whole`."""
        shown = shown_message(self._ledger, message)
        metadata = message.metadata if isinstance(message, Message) else None
        if metadata is not None:
            kind = {"event_type": metadata["event_type"]}
            shown["metadata"] = dict(metadata) if whole else kind
        return shown

    def _check_scope(self, place: Channel | None, right: str) -> None:
        if place is None or not place.is_private:
            needed_scope = f"channels:{right}"
        else:
            needed_scope = f"im:{right}" if place.is_direct else f"groups:{right}"
        if needed_scope not in self._workspace.scopes:
            provided = ",".join(sorted(self._workspace.scopes))
            details = {"needed": needed_scope, "provided": provided}
            raise RefusedError("missing_scope", details=details)


def _bounds(given: Arguments, most: int) -> tuple[int, int]:
    """The offset of a page and its maximum number of messages."""
    try:
        limit = int(given.get("limit", min(USUAL_IN_A_PAGE, most)))
        first = int(str(given.get("cursor") or "next:0").removeprefix("next:"))
    except ValueError:
        raise RefusedError("invalid_cursor" if given.get("cursor") else "invalid_limit") from None
    if not 1 <= limit <= most:
        raise RefusedError("invalid_limit")
    return first, limit


def _within(messages: list[Message | UserMessage], given: Arguments) -> list[Message | UserMessage]:
    """Messages after `oldest` and before `latest`; `inclusive` includes equal time stamps."""
    inclusive = truth(given, "inclusive")
    found = messages
    if oldest := given.get("oldest"):
        limit = _parsed(str(oldest), "invalid_ts_oldest")
        found = [
            one
            for one in found
            if limit < time_order(one) or (inclusive and limit == time_order(one))
        ]
    if latest := given.get("latest"):
        limit = _parsed(str(latest), "invalid_ts_latest")
        found = [
            one
            for one in found
            if limit > time_order(one) or (inclusive and limit == time_order(one))
        ]
    return found


def _parsed(moment: str, error: str) -> tuple[int, int]:
    second, _, rest = moment.partition(".")
    if not second.isdigit() or not (rest or "0").isdigit():
        raise RefusedError(error)
    return int(second), int((rest or "0").ljust(6, "0"))


def _tombstone(channel: str, ts: str) -> UserMessage:
    """The placeholder for a deleted message that still has replies."""
    return UserMessage(
        channel=channel,
        ts=ts,
        user="USLACKBOT",
        team=TEAM_ID,
        text="This message was deleted.",
        thread_ts=ts,
        subtype="tombstone",
    )


def _is_readable(message: Message | UserMessage) -> bool:
    """Whether the message can be read back: Slack does not store ephemeral messages."""
    return isinstance(message, UserMessage) or not message.ephemeral


def _direct(place: Channel) -> Answer:
    others = sorted(place.members - {BOT_USER_ID})
    return {"id": place.id, "is_im": True, "is_org_shared": False, "user": others[0]}


def _described(place: Channel) -> Answer:
    return {
        "id": place.id,
        "name": place.name,
        "is_channel": not place.is_private,
        "is_group": place.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": place.is_private,
        "is_archived": place.is_archived,
        "is_member": BOT_USER_ID in place.members,
        "is_shared": place.is_ext_shared,
        "is_ext_shared": place.is_ext_shared,
        "is_org_shared": False,
        "context_team_id": TEAM_ID,
    }
