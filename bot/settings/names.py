"""Settings by name, without pydantic: one read alone, and variables that only resemble settings.

A typo in a name must not go unnoticed: a misspelt permission would admit everyone, so that one
stops the start; any other is a warning.
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

from bot.settings.hints import HINTS

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
