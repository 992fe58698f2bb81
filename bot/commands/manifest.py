"""`voicestatus manifest`: what Slack needs to create the app, as YAML."""

from __future__ import annotations

import re
from typing import Final

import typer
import yaml

from bot import __version__
from bot.domain.texts.catalog import Catalog
from bot.settings.names import COMMAND_PATTERN, forms
from bot.settings.sources import single_setting
from bot.slack.manifest import manifest
from bot.web import SLACK_PATH

_HEADER: Final = (
    f"# The Slack app of voicestatus {__version__}, written by `voicestatus manifest`.\n"
    "# Create it at https://api.slack.com/apps with Create New App, From a manifest."
)


def print_manifest(catalog: Catalog, *, http: str, command: str | None) -> list[str]:
    """Print the manifest, or return what is wrong with the options.

    Args:
        catalog: of the language of its texts.
        http: the bot's public URL; empty for Socket Mode.
        command: the name of the slash command; `None` for that of BOT_COMMAND.
    """
    name = (single_setting("BOT_COMMAND") or "/voicestatus") if command is None else command
    problems = []
    if http and not http.startswith("https://"):
        problems.append("--http must begin with https://, because Slack requires it.")
    if not re.fullmatch(COMMAND_PATTERN, name):
        place = "BOT_COMMAND" if command is None else "--command"
        problems.append(f"{place} is wrong. It should be {forms()['BOT_COMMAND']}.")
    if not problems:
        # Whoever copies it from Slack has the path too.
        endpoint = f"{http.rstrip('/').removesuffix(SLACK_PATH)}{SLACK_PATH}" if http else None
        data = manifest(catalog, command=name, endpoint=endpoint)
        typer.echo(_HEADER)
        typer.echo(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=96), nl=False)
    return problems
