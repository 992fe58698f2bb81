"""chat.postMessage, .postEphemeral, .update, .delete and .getPermalink."""

from __future__ import annotations

import re

from bot.fake_slack.methods.method import Answer, Arguments, Method, arguments, needed
from bot.fake_slack.payloads.objects import shown_message
from bot.fake_slack.rules.message_rules import Content, note_content, read_content
from bot.fake_slack.state.ledger import Ledger, Message
from bot.fake_slack.state.refusals import RefusedError
from bot.fake_slack.state.workspace import BOT_USER_ID, TEAM_DOMAIN, Channel, Workspace

WRITE = "chat:write"
WRITE_ANYWHERE_PUBLIC = "chat:write.public"
TIME_STAMP = re.compile(r"\d{1,16}\.\d{6}")
CONTENT = ("channel", "text", "blocks", "link_names", "parse", "metadata")


class ChatMethods:
    """The chat methods, for conversations that the bot may write in."""

    def __init__(self, ledger: Ledger, workspace: Workspace) -> None:
        self._ledger = ledger
        self._workspace = workspace

    def table(self) -> dict[str, Method]:
        """The methods by their names."""
        posting = (*CONTENT, "thread_ts", "mrkdwn", "unfurl_links", "unfurl_media")
        return {
            "chat.postMessage": Method(
                answer=self.post, arguments=arguments(*posting, "reply_broadcast"), scope=WRITE
            ),
            "chat.postEphemeral": Method(
                answer=self.post_ephemeral, arguments=arguments(*posting, "user"), scope=WRITE
            ),
            "chat.update": Method(
                answer=self.update,
                arguments=arguments(*CONTENT, "ts", "reply_broadcast"),
                scope=WRITE,
            ),
            "chat.delete": Method(
                answer=self.delete, arguments=arguments("channel", "ts"), scope=WRITE
            ),
            "chat.getPermalink": Method(
                answer=self.permalink, arguments=arguments("channel", "message_ts")
            ),
        }

    def post(self, given: Arguments) -> Answer:
        """Post a message that everyone in the channel sees."""
        place = place_to_speak(self._workspace, needed(given, "channel"))
        content = self._content("chat.postMessage", given)
        message = self._added(place, content, given, user=None)
        answer = {
            "channel": place.id,
            "ts": message.ts,
            "message": shown_message(self._ledger, message),
        }
        self._ledger.notify()
        return answer

    def post_ephemeral(self, given: Arguments) -> Answer:
        """Post a message that only one member of the channel sees."""
        user = needed(given, "user")
        place = place_to_speak(
            self._workspace, needed(given, "channel"), public_without_member=False
        )
        if user not in place.members:
            raise RefusedError("user_not_in_channel")
        content = self._content("chat.postEphemeral", given)
        message = self._added(place, content, given, user=user)
        self._ledger.notify()
        return {"message_ts": message.ts}

    def update(self, given: Arguments) -> Answer:
        """Update a message of the bot; blocks and metadata that are not given stay unchanged."""
        message = self._own_message(given, otherwise="cant_update_message")
        # chat.update replaces only the fields given; without `blocks` the old ones remain.
        unchanged = {"blocks": list(message.blocks), "metadata": message.metadata}
        content = self._content("chat.update", {**unchanged, **given})
        changed = self._ledger.change(
            message, text=content.text, blocks=content.blocks, metadata=content.metadata
        )
        shown = shown_message(self._ledger, changed)
        return {"channel": changed.channel, "ts": changed.ts, "text": changed.text} | {
            "message": shown
        }

    def delete(self, given: Arguments) -> Answer:
        """Delete a message of the bot."""
        message = self._own_message(given, otherwise="cant_delete_message")
        self._ledger.messages.remove(message)
        self._ledger.notify()
        return {"channel": message.channel, "ts": message.ts}

    def permalink(self, given: Arguments) -> Answer:
        """The link to a visible message; the link to a reply names its thread."""
        place = self._workspace.visible_to_bot(needed(given, "channel"))
        ts = needed(given, "message_ts")
        if self._ledger.thread_for(place.id, ts) is None:
            raise RefusedError("message_not_found")
        link = f"https://{TEAM_DOMAIN}.slack.com/archives/{place.id}/p{ts.replace('.', '')}"
        found = self._ledger.find(place.id, ts) or self._ledger.find_said(place.id, ts)
        if found is not None and found.thread_ts is not None:
            link += f"?thread_ts={found.thread_ts}&cid={place.id}"
        return {"channel": place.id, "permalink": link}

    def _content(self, method: str, given: Arguments) -> Content:
        content = read_content(given)
        note_content(self._ledger, method, content)
        return content

    def _added(
        self, place: Channel, content: Content, given: Arguments, *, user: str | None
    ) -> Message:
        thread_ts = given.get("thread_ts")
        if thread_ts is not None and not TIME_STAMP.fullmatch(str(thread_ts)):
            raise RefusedError("invalid_thread_ts")
        if user is None:
            thread_ts = self._ledger.thread_for(place.id, thread_ts)
        message = Message(
            channel=place.id,
            ts=self._ledger.next_ts(),
            text=content.text,
            blocks=content.blocks,
            thread_ts=thread_ts,
            user=user,
            ephemeral=user is not None,
            metadata=content.metadata,
        )
        self._ledger.messages.append(message)
        return message

    def _own_message(self, given: Arguments, *, otherwise: str) -> Message:
        place = place_to_speak(self._workspace, needed(given, "channel"))
        ts = needed(given, "ts")
        if self._ledger.find_said(place.id, ts) is not None:
            raise RefusedError(otherwise)
        message = self._ledger.find(place.id, ts)
        if message is None or message.ephemeral:
            raise RefusedError("message_not_found")
        return message


def place_to_speak(
    workspace: Workspace, channel: str, *, public_without_member: bool = True
) -> Channel:
    """The channel, if the bot may write there; a user id means their direct conversation.

    Raises:
        RefusedError: there is no such channel, or the bot may not write there.
    """
    if channel in workspace.people:
        return workspace.direct(channel)
    place = workspace.visible_to_bot(channel)
    if place.is_archived:
        raise RefusedError("is_archived")
    if place.is_read_only:
        raise RefusedError("restricted_action_read_only_channel")
    if BOT_USER_ID in place.members:
        return place
    if public_without_member and WRITE_ANYWHERE_PUBLIC in workspace.scopes:
        return place
    raise RefusedError("not_in_channel")
