"""The files of the fake workspace: attached by users, or uploaded and shared by the bot.

Fields follow docs.slack.dev/reference/objects/file-object; the reduced file object in a message of
a shared channel follows docs.slack.dev/apis/slack-connect/using-slack-connect-in-apps.
"""

from __future__ import annotations

import html
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from bot.fake_slack.state.ledger import Ledger, Message, UserMessage
from bot.fake_slack.state.workspace import BOT_USER_ID, TEAM_DOMAIN, TEAM_ID, Channel, Workspace

# A file is given as its name, or as fields of Slack's file object including `name`. `content` is
# its bytes or text; an explicit `size` overrides the real one, to test a wrong answer of Slack's.
# A snippet gets a preview of its content, an e-mail one of its `plain_text`.
File: TypeAlias = str | Mapping[str, Any]

CHECK = "check_file_info"
IN_TEXT = "in_text"
# How much of a snippet Slack shows.
SHOWN_LINES = 5
TOMBSTONE = "tombstone"
LIST_TYPES = {".csv": "text/csv", ".txt": "text/plain", ".tsv": "text/tab-separated-values"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A stored file.

    Attributes:
        described: the whole file object, as files.info returns it.
        channel: where it is shared; empty while it is private.
    """

    id: str
    described: Mapping[str, Any]
    content: bytes = field(repr=False)
    channel: str = ""
    deleted: bool = False

    @property
    def name(self) -> str:
        """The file name."""
        return str(self.described["name"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A started upload that expects `length` bytes."""

    file_id: str
    name: str
    length: int
    content: bytes | None = field(default=None, repr=False)


class FileShelf:
    """Stores files and uploads."""

    def __init__(self, ledger: Ledger, workspace: Workspace, base_url: str) -> None:
        self._ledger = ledger
        self._workspace = workspace
        self._base_url = base_url
        self._stored: dict[str, StoredFile] = {}
        self._tickets: dict[str, Ticket] = {}

    def find(self, file_id: str) -> StoredFile | None:
        """The file with this id, even if deleted."""
        return self._stored.get(file_id)

    def attach(self, message: UserMessage, given: File) -> Mapping[str, Any]:
        """Store a file that a user attaches; returns the file object for the message.

        For a file of another organisation, that is only a reference to files.info.
        """
        fields = {"name": given} if isinstance(given, str) else dict(given)
        fields.pop(IN_TEXT, None)
        content = fields.pop("content", b"")
        whole = content.encode() if isinstance(content, str) else bytes(content)
        fields = {**_shown(fields, whole), **fields}
        access = fields.pop("file_access", "visible" if message.team == TEAM_ID else CHECK)
        described = self._described(
            self._new_id(),
            str(fields["name"]),
            whole,
            user=message.user,
            team=message.team,
            second=int(float(message.ts)),
        )
        stored = self._store({**described, **fields}, whole, message.channel)
        if access == "visible":
            return stored.described
        return {"id": stored.id, "mode": "file_access", "file_access": access}

    def delete(self, file_id: str) -> None:
        """Delete a file; messages show a tombstone in its place."""
        self._stored[file_id] = replace(self._stored[file_id], deleted=True, content=b"")
        stone = {"id": file_id, "mode": TOMBSTONE}
        for said in [one for one in self._ledger.said if _holds(one, file_id)]:
            self._ledger.replace_said(said, files=_buried(said, stone))
        for message in [one for one in self._ledger.messages if _holds(one, file_id)]:
            self._ledger.change(message, files=_buried(message, stone))

    def begin_upload(self, name: str, length: int) -> tuple[str, str]:
        """Start an upload; returns the file id and the upload URL."""
        file_id = self._new_id()
        key = f"LoopbackUpload{self._ledger.next_number()}"
        self._tickets[key] = Ticket(file_id=file_id, name=name, length=length)
        return file_id, f"{self._base_url}/upload/v1/{key}"

    def ticket(self, key: str) -> Ticket | None:
        """The upload with this key."""
        return self._tickets.get(key)

    def receive(self, key: str, content: bytes) -> None:
        """Store the bytes of an upload."""
        self._tickets[key] = replace(self._tickets[key], content=content)

    def is_received(self, file_id: str) -> bool:
        """Whether an upload has its bytes and is not yet finished."""
        return any(
            one.file_id == file_id and one.content is not None for one in self._tickets.values()
        )

    def finish_upload(self, file_id: str, title: str, channel: str) -> StoredFile:
        """Turn an upload into a file of the bot; an upload URL is valid for one file."""
        key = next(key for key, one in self._tickets.items() if one.file_id == file_id)
        ticket = self._tickets.pop(key)
        described = self._described(
            file_id,
            ticket.name,
            ticket.content or b"",
            user=BOT_USER_ID,
            team=TEAM_ID,
            second=int(self._ledger.clock()),
        )
        return self._store(
            {**described, "title": title or ticket.name}, ticket.content or b"", channel
        )

    def note_share(self, file_id: str, place: Channel, message: Message) -> None:
        """Record which message shares a file; as with Slack, only files.info returns it."""
        thread = {} if message.thread_ts is None else {"thread_ts": message.thread_ts}
        share = {"ts": message.ts, "channel_name": place.name, "team_id": TEAM_ID, **thread}
        kind = "private" if place.is_private else "public"
        stored = self._stored[file_id]
        described = {**stored.described, "shares": {kind: {place.id: [share]}}}
        self._stored[file_id] = replace(stored, described=described)

    def is_seen_by_bot(self, stored: StoredFile) -> bool:
        """Whether the bot can see it: its own files, and those shared where it can read."""
        place = self._workspace.channels.get(stored.channel)
        if place is None:
            return stored.described.get("user") == BOT_USER_ID
        return not place.is_private or BOT_USER_ID in place.members

    def _new_id(self) -> str:
        return f"F{self._ledger.next_number():010d}"

    def _store(self, described: Mapping[str, Any], content: bytes, channel: str) -> StoredFile:
        stored = StoredFile(
            id=str(described["id"]), described=described, content=content, channel=channel
        )
        self._stored[stored.id] = stored
        return stored

    def _described(
        self, file_id: str, name: str, content: bytes, *, user: str, team: str, second: int
    ) -> Mapping[str, Any]:
        ending = PurePosixPath(name).suffix.lower()
        kind = LIST_TYPES.get(ending) or mimetypes.guess_type(name)[0]
        private = f"{self._base_url}/files-pri/{team}-{file_id}"
        return {
            "id": file_id,
            "created": second,
            "timestamp": second,
            "name": name,
            "title": name,
            "mimetype": kind or "application/octet-stream",
            "filetype": {".txt": "text"}.get(ending, ending.lstrip(".") or "binary"),
            "user": user,
            "user_team": team,
            "editable": False,
            "size": len(content),
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "url_private": f"{private}/{_in_address(name)}",
            "url_private_download": f"{private}/download/{_in_address(name)}",
            "permalink": f"https://{TEAM_DOMAIN}.slack.com/files/{user}/{file_id}/{name}",
            "file_access": "visible",
        }


def _shown(fields: Mapping[str, Any], content: bytes) -> dict[str, Any]:
    """What Slack shows of a snippet or an e-mail."""
    if fields.get("mode") == "snippet":
        lines = content.decode(errors="replace").splitlines()
        more = max(0, len(lines) - SHOWN_LINES)
        return {
            "editable": True,
            "preview": "\n".join(lines[:SHOWN_LINES]),
            "lines": len(lines),
            "lines_more": more,
            "preview_is_truncated": more > 0,
        }
    if fields.get("mode") == "email":
        text = str(fields.get("plain_text", ""))
        preview = {"preview_plain_text": text, "preview": f"<div>{html.escape(text)}</div>"}
        return {"filetype": "email", "mimetype": "text/html", "has_more": False, **preview}
    return {}


def _in_address(name: str) -> str:
    """A name as Slack puts it in a URL: lower case, other characters replaced by `_`."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "_" for c in name)
    return safe.lower() or "file"


def _holds(message: Message | UserMessage, file_id: str) -> bool:
    return any(file.get("id") == file_id for file in message.files)


def _buried(
    message: Message | UserMessage, stone: Mapping[str, Any]
) -> tuple[Mapping[str, Any], ...]:
    return tuple(stone if file.get("id") == stone["id"] else file for file in message.files)
