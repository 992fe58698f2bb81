"""Variables that resemble settings but are not: a typo in a name must not go unnoticed.

A misspelt permission would admit everyone, so that one stops the start; any other is a warning.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
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


def unknown_names(
    env_file: str | None = ENV_FILE, secrets_directory: str | None = SECRETS_DIRECTORY
) -> tuple[str, ...]:
    """The names set in the environment, the file or the folder that are not settings."""
    folder = Path(secrets_directory or os.devnull)
    names = {
        *os.environ,
        *(dotenv_values(env_file) if env_file is not None else ()),
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
