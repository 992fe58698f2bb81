"""The Slack app manifest; `manifest.yml` is generated from this module.

https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from typing import Any, Final

from bot.domain.texts.catalog import Catalog

# What each is for is in docs/installing.md.
SCOPES: Final = ("app_mentions:read", "chat:write", "commands", "im:history")
# The bot works without these; remedies.toml has what is off then.
OPTIONAL_SCOPES: Final = (
    *("channels:history", "files:read", "files:write", "groups:history", "im:write"),
    *("mpim:history", "users:read"),
)
EVENTS: Final = ("app_home_opened", "app_mention", "message.im")
MESSAGE_SHORTCUT: Final = "check_voice_status"
GLOBAL_SHORTCUT: Final = "ask_voice_status"


def manifest(catalog: Catalog, *, command: str, endpoint: str | None = None) -> dict[str, Any]:
    """The manifest as data.

    Args:
        catalog: the language of names and hints; a Slack manifest has only one.
        command: the slash command's name.
        endpoint: the URL that Slack sends requests to in HTTP mode; `None` is Socket Mode.
    """
    request_url = {} if endpoint is None else {"request_url": endpoint}
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "voicestatus",
            "description": catalog.say("manifest.description"),
            "long_description": catalog.say("manifest.long_description"),
            "background_color": "#1d3557",
        },
        "features": _features(catalog, command, endpoint),
        "oauth_config": {
            "scopes": {"bot": sorted(SCOPES), "bot_optional": sorted(OPTIONAL_SCOPES)}
        },
        "settings": {
            "event_subscriptions": request_url | {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True} | request_url,
            "org_deploy_enabled": False,
            "socket_mode_enabled": endpoint is None,
            "token_rotation_enabled": False,
        },
    }


def _features(catalog: Catalog, command: str, endpoint: str | None) -> dict[str, Any]:
    slash_command = {
        "command": command,
        "description": catalog.say("manifest.command_description"),
        "usage_hint": catalog.say("manifest.command_usage"),
        "should_escape": False,
    }
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "voicestatus", "always_online": True},
        "shortcuts": [
            {
                "name": catalog.say(f"manifest.{kind}_shortcut"),
                "type": kind,
                "callback_id": callback,
                "description": catalog.say(f"manifest.{kind}_shortcut_description"),
            }
            for kind, callback in (("message", MESSAGE_SHORTCUT), ("global", GLOBAL_SHORTCUT))
        ],
        "slash_commands": [slash_command | ({} if endpoint is None else {"url": endpoint})],
    }
