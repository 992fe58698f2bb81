"""`python -m scripts.settings_pages`: write docs/settings.md and .env.example."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import wrap
from typing import Final

from pydantic import SecretStr

from bot.settings.names import load_sections
from bot.settings.settings import Settings

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "settings.md"
EXAMPLE: Final = ROOT / ".env.example"

# What an operator fills in to begin with, in Socket Mode.
_TO_FILL_IN: Final = (
    *("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"),
    *("GATEWAY_SUPPORT_CONTACT", "BOT_LANGUAGE", "BOT_SUPPORT_CONTACT", "ADMIN_USERS"),
)
_WIDTH: Final = 98

_PAGE_HEAD: Final = """\
# Settings

Settings come from environment variables, from a `.env` file in the working directory, or from
files in `/run/secrets`, one for each setting. An empty value counts as not set. If settings are
missing or wrong, the bot does not start, and lists all problems at once.

A value means the same wherever it is set. Blanks around it are left out. So are quotes, and a
comment after it (` # …`), which Docker passes on from an `--env-file`; a warning names the setting.

A variable that looks like a setting but isn't one causes a warning at the start and in
`voicestatus doctor`. A misspelt permission (`ALOWED_USERS`) stops the start, because it would let
everybody in.

If a service in Kubernetes is called `bot`, Kubernetes sets `BOT_PORT` to an address such as
`tcp://10.0.0.7:3000`. Such a value is left out, with a warning; `enableServiceLinks: false` in the
pod avoids it.

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
    for section, settings in load_sections().items():
        lines += [f"## {section}", "", "| Setting | Default | Meaning | Form |"]
        lines += ["| --- | --- | --- | --- |"]
        for name, of in settings.items():
            value = f"`{default(name)}`" if default(name) else ""
            cells = f"`{name}`", value, _with_code(of["meaning"]), _with_code(of["form"])
            lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |"))
        lines.append("")
    return "\n".join(lines)


def example() -> str:
    """The file that an operator copies and fills in; what has a default is commented out."""
    lines = [_EXAMPLE_HEAD]
    for section, settings in load_sections().items():
        lines += [f"# ---- {section} ".ljust(_WIDTH, "-"), ""]
        for name, of in settings.items():
            mark = "" if name in _TO_FILL_IN else "#"
            lines += [*_comment(of["meaning"]), *_comment(f"Form: {of['form']}")]
            lines += [f"{mark}{name}={default(name)}", ""]
    return "\n".join(lines)


def default(name: str) -> str:
    """As it is written in the environment; empty without one."""
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
