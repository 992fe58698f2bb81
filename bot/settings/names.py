"""The settings by name, without pydantic: the format of each, and variables that resemble settings.

A typo in a name must not go unnoticed: a misspelt permission would admit everyone, so that one
stops the start; any other is a warning. `scripts/settings_pages.py` adds the meaning of each
setting, and writes docs/settings.md and .env.example.
"""

from __future__ import annotations

import difflib
import logging
import os
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

COMMAND_PATTERN: Final = r"^/[^\sA-Z]{1,31}$"

# The hint if neither mode's secret is set, so the intended mode is unknown.
EITHER_MODE: Final = "SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode)"
EITHER_FORM: Final = (
    "the token is xapp-… with the scope connections:write, from App-Level Tokens; the secret is "
    "from App Credentials; both are on your app's page, Basic Information"
)

_NO_OAUTH: Final = (
    "must not be set: this version serves one workspace, by SLACK_BOT_TOKEN; "
    "OAuth for many workspaces comes later"
)
_USER_IDS: Final = (
    "Slack user ids such as U0123456789 (they begin with U or W; a profile's "
    "menu has Copy member ID), separated by commas"
)
HINTS: Final[Mapping[str, str]] = {
    "SLACK_BOT_TOKEN": "xoxb-…, from your app's page at api.slack.com/apps, OAuth & Permissions",
    "SLACK_SIGNING_SECRET": "from your app's page, Basic Information, App Credentials (HTTP mode)",
    "SLACK_APP_TOKEN": "xapp-… with the scope connections:write, from your app's page, "
    "Basic Information, App-Level Tokens (Socket Mode)",
    "SLACK_CLIENT_ID": _NO_OAUTH,
    "SLACK_CLIENT_SECRET": _NO_OAUTH,
    "SLACK_API_URL": "an address such as https://slack.com/api/",
    "BOT_MODE": "socket or http",
    "BOT_HOST": "a host name or address to listen on, such as 127.0.0.1",
    "BOT_PORT": "a port number, 0 to 65535",
    "BOT_LANGUAGE": "en or pt-BR",
    "BOT_COMMAND": "a slash and up to 31 characters, without spaces or capitals, "
    "such as /voicestatus",
    "BOT_TIMEZONE": "a name of the tz database, such as America/Sao_Paulo",
    "BOT_SUPPORT_CONTACT": "up to 200 characters",
    "BOT_HASH_KEY": "at least 16 characters that cannot be guessed",
    "BOT_LOG_FORMAT": "text or json",
    "BOT_LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "GATEWAY_URL": "the address of the service, such as "
    "https://pw-api.com/voice/v_3_00/service.asmx, without user name and password",
    "GATEWAY_CREDENTIAL": "the Credencial of 40 characters of your Mobile Pronto account",
    "GATEWAY_TOKEN": "the Token of 6 characters of your Mobile Pronto account",
    "GATEWAY_SOAP_VERSION": "1.1 or 1.2",
    "GATEWAY_TIMEOUT_SECONDS": "seconds, more than 0 and up to 120",
    "GATEWAY_REQUESTS_PER_SECOND": "a number, more than 0 and up to 1000",
    "GATEWAY_MAX_CONCURRENCY": "a whole number, 1 to 1000",
    "GATEWAY_SUPPORT_CONTACT": "up to 200 characters",
    "GATEWAY_PROXY": "an address such as http://proxy.example:3128",
    "GATEWAY_CA_FILE": "a PEM file that can be read",
    "DATABASE_URL": "sqlite:///file.db or postgresql://…",
    "BOT_RETENTION_DAYS": "a whole number of days, 1 to 3650",
    "WATCH_INTERVALS_SECONDS": "seconds up to 86400, separated by commas, such as 15,30,60,120,300",
    "WATCH_LIMIT_MINUTES": "minutes, more than 0 and up to 1440",
    "WATCH_MAX_OPEN": "a whole number, 1 to 1000000",
    "WATCH_MAX_PER_USER": "a whole number, 1 to 1000000",
    "WATCH_MAX_PER_CHANNEL": "a whole number, 1 to 1000000",
    "WATCH_IN_DOUBT": "repeat or drop",
    "BULK_MAX_IDS": "a whole number, 10 to 10000",
    "ALLOWED_CHANNELS": "Slack channel ids such as C0123456789 (they begin with C, G or D and "
    "are at the end of a channel's details), separated by commas",
    "ALLOWED_USERS": _USER_IDS,
    "ADMIN_USERS": _USER_IDS,
    "ALLOW_EXTERNAL_USERS": "true or false",
    "BOT_OWN_TEAMS": "ids of Slack workspaces and organisations such as T0123456789 or E0123456789 "
    "(Slack in a browser shows them in its address: app.slack.com/client/…), separated by commas",
}

ENV_FILE: Final = ".env"
SECRETS_DIRECTORY: Final = "/run/secrets"
_PERMISSIONS: Final = ("ALLOWED_", "ALLOW_", "ADMIN_")
_PREFIXES: Final = (
    *("SLACK_", "GATEWAY_", "BOT_", "WATCH_", "BULK_", "DATABASE_"),
    *_PERMISSIONS,
)
# Kubernetes describes each service in these; a service may be called "bot" or "gateway".
_SERVICE_LINK: Final = re.compile(r".*_(SERVICE_HOST|SERVICE_PORT.*|PORT|PORT_\d+_(TCP|UDP).*)")
# How similar two names must be to count as a typo: for a hint, and for stopping the start
# (ALLOWED_HOSTS is another program's).
_SIMILAR: Final = 0.75
_NEARLY_THE_SAME: Final = 0.8


def single_setting(name: str) -> str:
    """The text of one setting by its name in capitals; empty if unset or blank.

    For the commands that need no others: problems elsewhere are not reported. The environment
    overrides `.env`, as for all settings.
    """
    values = chain(os.environ.items(), _env_file().items())
    return next((v.strip() for n, v in values if n.upper() == name and v and v.strip()), "")


def _env_file() -> Mapping[str, str | None]:
    log = logging.getLogger("dotenv")
    silence = logging.NullHandler()
    # Without a handler Python writes the warnings about unreadable lines to standard error.
    log.addHandler(silence)
    try:
        return dotenv_values(ENV_FILE, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    finally:
        log.removeHandler(silence)


def unknown_names(secrets_directory: str | None = SECRETS_DIRECTORY) -> tuple[str, ...]:
    """The names set in the environment, `.env` or the folder that are not settings."""
    folder = Path(secrets_directory or os.devnull)
    names = {
        *os.environ,
        *dotenv_values(ENV_FILE),
        *(path.name for path in (folder.iterdir() if folder.is_dir() else ())),
    }
    return tuple(sorted({name.upper() for name in names} - set(HINTS)))


def foreign_names(unknown: Iterable[str]) -> tuple[str, ...]:
    """Those with the prefix of our settings; a warning each."""
    ours = (name for name in unknown if name.startswith(_PREFIXES))
    return tuple(name for name in ours if not _SERVICE_LINK.fullmatch(name))


def misspelt_permissions(unknown: Iterable[str]) -> list[str]:
    """The warning about names that nearly match a setting which restricts access."""
    permissions = [name for name in HINTS if name.startswith(_PERMISSIONS)]
    return [
        f"{name} is not a setting and restricts no one. Did you mean {meant}? Rename or unset it."
        for name in unknown
        if (meant := meant_by(name, permissions, _NEARLY_THE_SAME))
    ]


def meant_by(name: str, settings: Iterable[str] = HINTS, alike: float = _SIMILAR) -> str | None:
    """The setting that a name nearly matches."""
    close = difflib.get_close_matches(name, list(settings), n=1, cutoff=alike)
    return close[0] if close else None
