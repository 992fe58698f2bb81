"""A single setting, for the commands that need no others: read without loading them all.

The environment overrides `.env`, as everywhere. Problems in other settings, or in the file, do not
matter here and are not reported.
"""

from __future__ import annotations

import logging
import os
from typing import Final

from dotenv import dotenv_values

ENV_FILE: Final = ".env"


def single_setting(name: str) -> str:
    """The text of a setting by its name in capitals; empty if unset or blank."""
    return _in_environment(name) or _in_env_file(name)


def _in_environment(name: str) -> str:
    return next((v.strip() for n, v in os.environ.items() if n.upper() == name), "")


def _in_env_file(name: str) -> str:
    log = logging.getLogger("dotenv")
    silence = logging.NullHandler()
    # Without a handler Python writes the warnings about unreadable lines to standard error.
    log.addHandler(silence)
    try:
        values = dotenv_values(ENV_FILE, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    finally:
        log.removeHandler(silence)
    return next((v.strip() for n, v in values.items() if n.upper() == name and v), "")
