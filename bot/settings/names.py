"""Variables that look like settings and are none: a slip in a name must not pass in silence.

A misspelt permission would let everybody in, so that one stops the start; any other is a warning.
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
# How alike two names are of which one is a slip of the other: enough for a hint, and enough to
# stop the start (ALLOWED_HOSTS is another program's).
_SIMILAR: Final = 0.75
_NEARLY_THE_SAME: Final = 0.8


def unknown_names(
    env_file: str | None = ENV_FILE, secrets_directory: str | None = SECRETS_DIRECTORY
) -> tuple[str, ...]:
    """The names that are set, in the environment, the file or the folder, and are no settings."""
    folder = Path(secrets_directory or os.devnull)
    names = {
        *os.environ,
        *(dotenv_values(env_file) if env_file is not None else ()),
        *(path.name for path in (folder.iterdir() if folder.is_dir() else ())),
    }
    return tuple(sorted({name.upper() for name in names} - set(HINTS)))


def foreign_names(unknown: Iterable[str]) -> tuple[str, ...]:
    """Those that begin as our settings do; a warning each."""
    ours = (name for name in unknown if name.startswith(_PREFIXES))
    return tuple(name for name in ours if not _SERVICE_LINK.fullmatch(name))


def misspelt_permissions(unknown: Iterable[str]) -> list[str]:
    """What to say of names that are nearly those of a setting which keeps people out."""
    permissions = [name for name in HINTS if name.startswith(_PERMISSIONS)]
    return [
        f"{name} is not a setting and keeps nobody out. Did you mean {meant}? Rename or unset it."
        for name in unknown
        if (meant := meant_by(name, permissions, _NEARLY_THE_SAME))
    ]


def meant_by(name: str, settings: Iterable[str] = HINTS, alike: float = _SIMILAR) -> str | None:
    """The setting that a name is nearly."""
    close = difflib.get_close_matches(name, list(settings), n=1, cutoff=alike)
    return close[0] if close else None
