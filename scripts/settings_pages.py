"""`python -m scripts.settings_pages`: write docs/settings.md and .env.example."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import wrap
from typing import Final

from pydantic import SecretStr

from bot.settings.hints import HINTS, MEANINGS
from bot.settings.settings import Settings

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "settings.md"
EXAMPLE: Final = ROOT / ".env.example"

# What an operator fills in to begin with, in Socket Mode.
_TO_FILL_IN: Final = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "GATEWAY_CREDENTIAL", "GATEWAY_TOKEN")
_WIDTH: Final = 98

_PAGE_HEAD: Final = """\
# Settings

Settings come from environment variables, from a `.env` file in the working directory, or from
files in `/run/secrets`, one for each setting. An empty value counts as not set. If settings are
missing or wrong, the bot does not start, and lists all problems at once.

A variable that looks like a setting but is none causes a warning at the start and in
`voicestatus doctor`. A misspelt permission (`ALOWED_USERS`) stops the start, because it would let
everybody in.

`make pages` writes this page and [`.env.example`](../.env.example) from the code.
"""
_EXAMPLE_HEAD: Final = """\
# Copy to .env, and fill in the lines that do not begin with #. The same names work as environment
# variables, and as files in /run/secrets. An empty value counts as not set.
# `make pages` writes this file from the code.
"""


def page() -> str:
    """Every setting with its default, its meaning and its form, as Markdown."""
    lines = [_PAGE_HEAD]
    for section, meanings in MEANINGS.items():
        lines += [f"## {section}", "", "| Setting | Default | Meaning | Form |"]
        lines += ["| --- | --- | --- | --- |"]
        for name, meaning in meanings.items():
            value = f"`{default(name)}`" if default(name) else ""
            cells = f"`{name}`", value, _with_code(meaning), _with_code(HINTS[name])
            lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |"))
        lines.append("")
    return "\n".join(lines)


def example() -> str:
    """The file that an operator copies and fills in; what has a default is commented out."""
    lines = [_EXAMPLE_HEAD]
    for section, meanings in MEANINGS.items():
        lines += [f"# ---- {section} ".ljust(_WIDTH, "-"), ""]
        for name, meaning in meanings.items():
            mark = "" if name in _TO_FILL_IN else "#"
            lines += [*_comment(meaning), *_comment(f"Form: {HINTS[name]}")]
            lines += [f"{mark}{name}={default(name)}", ""]
    return "\n".join(lines)


def default(name: str) -> str:
    """As it would stand in the environment; empty where nothing would."""
    value = getattr(Settings.of(), name.lower())
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(f"{one:g}" for one in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value or "")


def _with_code(text: str) -> str:
    return re.sub(r"\b[A-Z]+_[A-Z_]+\b", r"`\g<0>`", text)


def _comment(text: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")
