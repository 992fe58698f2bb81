"""`python -m scripts.settings_pages`: write docs/settings.md and .env.example."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Final

from pydantic import SecretStr

from bot.settings.names import HINTS
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

# Each setting's meaning, in the sections and the order of docs/settings.md and .env.example.
MEANINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "Slack": {
        "SLACK_BOT_TOKEN": "The app's bot token.",
        "SLACK_APP_TOKEN": "For Socket Mode, which needs no public address: the app-level token.",
        "SLACK_SIGNING_SECRET": "For HTTP mode: the secret that Slack signs its requests with.",
        "SLACK_API_URL": "Base URL of Slack's Web API. GovSlack has another one.",
        "HTTPS_PROXY": "The proxy to Slack, if Slack can only be reached through one.",
        "HTTP_PROXY": "The same for a SLACK_API_URL that begins with http://.",
        "NO_PROXY": "What is reached without these proxies; a host includes its subdomains. This "
        "machine always is.",
        "SLACK_CLIENT_ID": "Reserved for OAuth.",
        "SLACK_CLIENT_SECRET": "Reserved for OAuth.",
    },
    "Gateway": {
        "GATEWAY_CREDENTIAL": "The first of the gateway's two keys.",
        "GATEWAY_TOKEN": "The second of the gateway's two keys.",
        "GATEWAY_URL": "The gateway's address. The requests carry the keys, so use https.",
        "GATEWAY_SOAP_VERSION": "The SOAP version of the requests.",
        "GATEWAY_TIMEOUT_SECONDS": "How long one look-up may take, retries included.",
        "GATEWAY_REQUESTS_PER_SECOND": "The rate limit of all processes on one database together; "
        "requests start 5 % below it. Too many requests make the gateway answer 900.",
        "GATEWAY_MAX_CONCURRENCY": "How many requests may run at once, in all processes on one "
        "database together. Busy processes divide it evenly.",
        "GATEWAY_PROXY": "The proxy for requests to the gateway. No other one is used for them.",
        "GATEWAY_CA_FILE": "A private certificate authority to trust beside the system's.",
        "GATEWAY_SUPPORT_CONTACT": "Whom cards name when the gateway's support must act, such "
        "as an e-mail address or a contract number.",
    },
    "The bot": {
        "BOT_MODE": "How Slack reaches the bot. Not set: socket if SLACK_APP_TOKEN is set, else "
        "http.",
        "BOT_HOST": "The address for health, metrics and, in HTTP mode, Slack's requests.",
        "BOT_PORT": "The port for the same.",
        "BOT_HEALTH_HOST": "The address for health and metrics, if they should have one of their "
        "own: then BOT_PORT serves only Slack's requests. Not set: BOT_HOST.",
        "BOT_HEALTH_PORT": "The port for the same. Not set: BOT_PORT.",
        "BOT_LANGUAGE": "The language of answers, unless a person or a channel has chosen another. "
        "pt, pt_BR and en-US are understood too.",
        "BOT_COMMAND": "The slash command. The app's manifest must have the same one.",
        "BOT_TIMEZONE": "The time zone of times in texts that Slack does not localise.",
        "BOT_SUPPORT_CONTACT": "Whom cards name when this bot's admins must act.",
        "BOT_HASH_KEY": "The key of the hash that replaces an IDMSG in the log and the audit; "
        "forms are signed with a key derived from it. "
        "Not set: one is created at the first start and stored beside the database.",
        "BOT_LOG_FORMAT": "The format of the log. Not set: text in a terminal, else json.",
        "BOT_LOG_LEVEL": "The lowest level that is logged.",
    },
    "Who may ask": {
        "ALLOWED_CHANNELS": "The channels where people may ask. Not set: all.",
        "ALLOWED_USERS": "The people who may ask. Not set: everybody.",
        "ADMIN_USERS": "The admins: they may ask anywhere, choose a channel's language, and get "
        "alerts.",
        "ALLOW_EXTERNAL_USERS": "Whether people from other organisations in shared channels may "
        "ask. Otherwise they get `whoami` and nothing else.",
        "BOT_OWN_TEAMS": "Further workspaces and organisations whose people are colleagues: on "
        "Enterprise Grid, or after a merger.",
    },
    "Connections": {
        "ALLOW_CLEAR_TEXT": "Whether the gateway, Slack's API and a PostgreSQL server on other "
        "machines may be reached without TLS; for networks that are protected in another way.",
    },
    "Storage": {
        "DATABASE_URL": "Where everything is stored: a SQLite file, or "
        "postgresql://user:password@host/database?sslmode=verify-full. On another machine it "
        "needs sslmode=require, verify-ca or verify-full.",
        "BOT_RETENTION_DAYS": "How long look-ups are stored, in the audit and among a user's "
        "recent ones.",
    },
    "Watches": {
        "WATCH_INTERVALS_SECONDS": "The time from the start to the first poll, and then between "
        "polls. The last one repeats.",
        "WATCH_LIMIT_MINUTES": "How long a pending call is watched. The person who asks can "
        "choose up to 24 hours.",
        "WATCH_MAX_OPEN": "Open watches of everybody. Not set: as many as the gateway's rate "
        "limit allows, which is 150 times GATEWAY_REQUESTS_PER_SECOND with the default intervals. "
        "A higher number is lowered to that.",
        "WATCH_MAX_PER_USER": "Open watches of one person.",
        "WATCH_MAX_PER_CHANNEL": "Open watches in one channel.",
        "WATCH_IN_DOUBT": "What to do with a notice or report that may have been posted before a "
        "crash, in a conversation that the bot may not read: repeat it (it may come twice) or "
        "drop it (it may never come).",
    },
    "Lists": {
        "BULK_MAX_IDS": "The most ids in one list.",
    },
}


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
