"""The settings by name, with the meaning and the form of each: `names.toml`.

Without pydantic, whose import takes longer than all that `voicestatus health` does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

COMMAND_PATTERN: Final = r"^/[^\sA-Z]{1,31}$"


@cache
def load_sections() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """What operators read about the settings, by section and name: `meaning` and `form`."""
    return tomllib.loads(resources.files(__package__).joinpath("names.toml").read_text("utf-8"))


@cache
def forms() -> Mapping[str, str]:
    """The form of each setting, by its name."""
    sections = load_sections().values()
    return {name: of["form"] for section in sections for name, of in section.items()}
