"""A single setting, for the commands that need none: read without the weight of all the others.

The environment goes before `.env`, as everywhere. What is wrong with other settings, or with the
file, does not matter here and is not said.
"""

from __future__ import annotations

import logging
import os
from typing import Final

from dotenv import dotenv_values

ENV_FILE: Final = ".env"


def single_setting(name: str) -> str:
    """The text of a setting by its name in capitals; empty where it is not set or blank."""
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
