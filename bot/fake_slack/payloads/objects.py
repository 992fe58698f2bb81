"""Users, conversations, messages and views as they appear in Slack's payloads."""

from __future__ import annotations

from typing import Any

from bot.fake_slack.payloads.form_state import state_of
from bot.fake_slack.rules.shown_blocks import Element, elements_of, made_up_id, shown_blocks
from bot.fake_slack.state.ledger import Ledger, Message, UserMessage, View
from bot.fake_slack.state.workspace import (
    APP_ID,
    BOT_ID,
    BOT_NAME,
    BOT_USER_ID,
    TEAM_ID,
    VERIFICATION_TOKEN,
    Workspace,
)

Payload = dict[str, Any]
TOMBSTONE = "tombstone"
# Slack returns these fields of a view even if the app omitted them.
USUAL_IN_VIEWS: Payload = {
    "private_metadata": "",
    "callback_id": "",
    "external_id": "",
    "title": None,
    "submit": None,
    "close": None,
    "clear_on_close": False,
    "notify_on_close": False,
}


def person_in_payload(workspace: Workspace, user: str, team: str) -> Payload:
    """`user` of an interaction; `team_id` is the user's own workspace."""
    profile = workspace.people.get(user)
    name = profile.name if profile else user.lower()
    return {"id": user, "username": name, "name": name, "team_id": team}


def interaction(workspace: Workspace, kind: str, user: str, team: str) -> Payload:
    """The fields that all interactions have.

    `enterprise` is the app's. `team` is the user's; it is None for an app that is installed in a
    whole organisation.
    """
    enterprise = workspace.enterprise
    return {
        "type": kind,
        "token": VERIFICATION_TOKEN,
        "team": None if workspace.org_wide else made_up_team(workspace, team),
        "user": person_in_payload(workspace, user, team),
        "enterprise": enterprise and {"id": enterprise, "name": enterprise.lower()},
        "is_enterprise_install": workspace.org_wide,
    }


def made_up_team(workspace: Workspace, team: str) -> Payload:
    """`team` of an interaction, with the organisation if it belongs to one."""
    shown = {"id": team, "domain": workspace.domain(team)}
    enterprise = workspace.enterprises.get(team)
    if enterprise is not None:
        shown |= {"enterprise_id": enterprise, "enterprise_name": enterprise.lower()}
    return shown


def channel_in_payload(workspace: Workspace, channel: str) -> Payload:
    """`channel` of an interaction: Slack names public channels only."""
    place = workspace.channels.get(channel)
    return {"id": channel, "name": place.name_in_payloads if place else "privategroup"}


def shown_message(ledger: Ledger, message: Message | UserMessage) -> Payload:
    """A message as Slack returns it in answers and payloads, with its thread fields."""
    shown = _of_bot(message) if isinstance(message, Message) else _of_person(message)
    shown |= {"type": "message", "text": message.text, "ts": message.ts}
    if message.blocks:
        shown["blocks"] = shown_blocks(message.blocks, message.ts)
    return shown | place_in_thread(ledger, message)


def place_in_thread(ledger: Ledger, message: Message | UserMessage) -> Payload:
    """`thread_ts` of a reply or of a message with replies, and the author of the thread."""
    if message.thread_ts is not None:
        root = ledger.find_said(message.channel, message.thread_ts)
        known = root or ledger.find(message.channel, message.thread_ts)
        author = root.user if root else BOT_USER_ID
        parent = {"parent_user_id": author} if known else {}
        return {"thread_ts": message.thread_ts, **parent}
    if len(ledger.thread(message.channel, message.ts)) > 1:
        return {"thread_ts": message.ts}
    return {}


def elements_of_message(message: Message) -> list[Element]:
    """The interactive elements of a message."""
    return list(elements_of(shown_blocks(message.blocks, message.ts)))


def elements_of_view(view: View) -> list[Element]:
    """The interactive elements of a view."""
    return list(elements_of(shown_blocks(view.content["blocks"], view.hash)))


def shown_view(view: View) -> Payload:
    """A view as Slack returns it, with what the user has entered."""
    given = {**USUAL_IN_VIEWS, **view.content}
    return {
        **given,
        # Seeded by the hash: generated ids change with each update, as in Slack.
        "blocks": shown_blocks(view.content["blocks"], view.hash),
        "state": {"values": state_of(elements_of_view(view), view.state)},
        "id": view.id,
        "hash": view.hash,
        "team_id": view.team or TEAM_ID,
        "app_id": APP_ID,
        "bot_id": BOT_ID,
        "app_installed_team_id": TEAM_ID,
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id or view.id,
    }


def _of_bot(message: Message) -> Payload:
    profile = {"id": BOT_ID, "app_id": APP_ID, "name": BOT_NAME, "deleted": False}
    shown: Payload = {
        "user": BOT_USER_ID,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "team": TEAM_ID,
        "bot_profile": profile | {"team_id": TEAM_ID},
    }
    return shown | _with_files(message)


def _of_person(message: UserMessage) -> Payload:
    shown: Payload = {**_origin_of(message), "user": message.user, "team": message.team}
    if message.team != TEAM_ID:
        shown |= {"user_team": message.team, "source_team": message.team}
    shown |= _with_files(message)
    if message.attachments:
        shown["attachments"] = list(message.attachments)
    if message.subtype:
        shown["subtype"] = message.subtype
    if message.subtype == TOMBSTONE:
        shown["hidden"] = True
    if message.edited_ts is not None:
        shown["edited"] = {"user": message.user, "ts": message.edited_ts}
    return shown


def _origin_of(message: UserMessage) -> Payload:
    """What says that a client of Slack's sent it, or which app did as the user."""
    code = made_up_id(message.channel, message.ts)
    if not message.app:
        return {"client_msg_id": f"{code}000-0000-4000-8000-000000000000"}
    profile = {"id": f"B{code}", "app_id": message.app, "name": "client", "deleted": False}
    return {
        "bot_id": f"B{code}",
        "app_id": message.app,
        "bot_profile": profile | {"team_id": message.team},
    }


def _with_files(message: Message | UserMessage) -> Payload:
    if not message.files:
        return {}
    return {"files": list(message.files), "upload": False, "display_as_bot": False}
