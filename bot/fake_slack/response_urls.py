"""response_urls: one per request, valid for 5 posts within 30 minutes.

Every post to a valid URL counts, even a refused one; failures injected by a test do not count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.fake_slack.rules.message_rules import Content, note_content, read_content
from bot.fake_slack.state.ledger import Ledger, Message, ResponsePost
from bot.fake_slack.state.refusals import OrderedFailures, RefusedError
from bot.fake_slack.state.workspace import TEAM_ID

MOST_USES = 5
LIFETIME_SECONDS = 30 * 60
SOURCE = "response_url"
EPHEMERAL = "ephemeral"
IN_CHANNEL = "in_channel"
FLAGS = ("replace_original", "delete_original", "unfurl_links", "unfurl_media")
FIELDS = frozenset({"text", "blocks", "response_type", "thread_ts", *FLAGS})


@dataclass(slots=True, kw_only=True)
class Issued:
    """One response_url: its user and channel, and the message that `replace_original` replaces."""

    channel: str
    user: str
    issued_at: float
    thread_ts: str | None
    original_ts: str | None
    is_of_a_button: bool
    uses: int = 0


class ResponseUrls:
    """Issues response_urls and applies the posts to them."""

    def __init__(self, ledger: Ledger, failures: OrderedFailures, base_url: str) -> None:
        self._ledger = ledger
        self._base_url = base_url
        self._failures = failures
        self._issued: dict[str, Issued] = {}

    def issue(
        self,
        *,
        channel: str,
        user: str,
        kind: str = "commands",
        thread_ts: str | None = None,
        original_ts: str | None = None,
    ) -> str:
        """A new response_url.

        `kind` is "commands", "actions" or "app" (shortcuts). `original_ts` is the message whose
        button was pressed; it remains the original after further posts to this URL.
        """
        number = self._ledger.next_number()
        path = f"/{kind}/{TEAM_ID}/{number:012d}/LoopbackResponseUrl{number:05d}"
        self._issued[path] = Issued(
            channel=channel,
            user=user,
            issued_at=self._ledger.clock(),
            thread_ts=thread_ts,
            original_ts=original_ts,
            is_of_a_button=original_ts is not None,
        )
        return f"{self._base_url}{path}"

    async def post(self, request: web.Request) -> web.Response:
        """Handle one HTTP post."""
        body = _parsed(await request.read())
        headers: dict[str, str] = {}
        try:
            self._take(request.path, body)
        except RefusedError as refused:
            status, answer, headers = _answer_to(refused)
        else:
            status, answer = 200, "ok"
        self._ledger.posts.append(
            ResponsePost(url=str(request.url), body=body, status=status, answer=answer)
        )
        self._ledger.notify()
        return web.Response(status=status, text=answer, headers=headers)

    def show_ack(self, response_url: str, body: str) -> None:
        """Show the user the body of an acknowledgement, text or JSON; it does not count as a use.

        `response_url` is the one of the acknowledged request.
        """
        path = response_url.removeprefix(self._base_url)
        parsed = _parsed(body.encode())
        arguments = parsed if isinstance(parsed, dict) else {"text": body}
        if not arguments.get("text") and not arguments.get("blocks"):
            return
        try:
            self._apply(self._issued[path], arguments, source="acknowledgement")
        except RefusedError as refused:
            self._ledger.refusals.append(f"acknowledgement: {refused.error}")
        self._ledger.notify()

    def _take(self, path: str, body: object) -> None:
        self._failures.raise_next(SOURCE)
        issued = self._issued.get(path)
        if issued is None:
            raise RefusedError("invalid_url", status=404)
        if self._ledger.clock() - issued.issued_at > LIFETIME_SECONDS:
            raise RefusedError("expired_url", status=404)
        if issued.uses >= MOST_USES:
            raise RefusedError("used_url", status=404)
        # Counted before validation: with Slack, a refused post uses up one of the five, too.
        issued.uses += 1
        self._failures.check_content(body if isinstance(body, dict) else {})
        try:
            self._apply(issued, _as_object(body), source=SOURCE)
        except RefusedError as refused:
            self._ledger.refusals.append(f"{SOURCE}: {refused.error} {dict(refused.details)}")
            raise

    def _apply(self, issued: Issued, body: Mapping[str, Any], *, source: str) -> None:
        _check_fields(body)
        original = self._ledger.find(issued.channel, issued.original_ts or "")
        if body.get("delete_original"):
            self._delete(issued, original)
            return
        content = read_content(body)
        note_content(self._ledger, source, content)
        if original is not None and body.get("replace_original"):
            self._ledger.change(original, text=content.text, blocks=content.blocks)
            return
        self._add(issued, content, body)

    def _delete(self, issued: Issued, original: Message | None) -> None:
        if original is not None:
            self._ledger.messages.remove(original)
        issued.original_ts = None

    def _add(self, issued: Issued, content: Content, body: Mapping[str, Any]) -> None:
        ephemeral = body.get("response_type", EPHEMERAL) == EPHEMERAL
        thread_ts = body.get("thread_ts", issued.thread_ts)
        if not ephemeral:
            thread_ts = self._ledger.thread_for(issued.channel, thread_ts)
        message = Message(
            channel=issued.channel,
            ts=self._ledger.next_ts(),
            text=content.text,
            blocks=content.blocks,
            thread_ts=thread_ts,
            user=issued.user if ephemeral else None,
            ephemeral=ephemeral,
        )
        self._ledger.messages.append(message)
        # A command's original is its latest post; a button's is always the clicked message.
        if not issued.is_of_a_button:
            issued.original_ts = message.ts


def _as_object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise RefusedError("invalid_payload")
    return body


def _check_fields(body: Mapping[str, Any]) -> None:
    unknown = sorted(set(body) - FIELDS)
    if unknown:
        raise RefusedError("invalid_payload", details={"unknown": unknown})
    if body.get("response_type", EPHEMERAL) not in (EPHEMERAL, IN_CHANNEL):
        raise RefusedError("invalid_payload", details={"wrong": "response_type"})
    for name in FLAGS:
        if not isinstance(body.get(name, False), bool):
            raise RefusedError("invalid_payload", details={"wrong": name})
    if not isinstance(body.get("thread_ts", ""), str):
        raise RefusedError("invalid_payload", details={"wrong": "thread_ts"})


def _answer_to(refused: RefusedError) -> tuple[int, str, dict[str, str]]:
    # Unlike the Web API, response_urls signal errors by status: JSON for 404, plain text otherwise.
    status = 400 if refused.status == 200 else refused.status  # noqa: PLR2004 - HTTP's numbers
    if status == 404:  # noqa: PLR2004
        return status, json.dumps({"ok": False, "error": refused.error}), refused.headers
    return status, refused.error, refused.headers


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
