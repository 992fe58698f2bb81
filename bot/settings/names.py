"""The settings by name, and the format of each.

`scripts/settings_pages.py` adds the meaning, and writes docs/settings.md and .env.example.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

COMMAND_PATTERN: Final = r"^/[^\sA-Z]{1,31}$"

# The hint if neither mode's secret is set, so the intended mode is unknown.
EITHER_MODE: Final = "SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode)"
EITHER_FORM: Final = (
    "the token is xapp-… with the scope connections:write, from App-Level Tokens; the secret is "
    "from App Credentials; both are on your app's page, Basic Information"
)

_NO_OAUTH: Final = (
    "must not be set: this version serves one workspace, with SLACK_BOT_TOKEN, and has no OAuth yet"
)
_HOST: Final = (
    "a host name or address to listen on, such as 127.0.0.1, or 0.0.0.0 or :: for all; "
    "without http:// and without a port"
)
_PROXY: Final = "an address such as http://proxy.example:3128; SOCKS is not supported"
_USER_IDS: Final = (
    "Slack user ids such as U0123456789 (they begin with U or W; a profile's "
    "menu has Copy member ID), separated by commas"
)
HINTS: Final[Mapping[str, str]] = {
    "SLACK_BOT_TOKEN": "xoxb-…, from your app's page at api.slack.com/apps, OAuth & Permissions",
    "SLACK_SIGNING_SECRET": "32 hexadecimal digits, from your app's page, Basic Information, "
    "App Credentials (HTTP mode)",
    "SLACK_APP_TOKEN": "xapp-… with the scope connections:write, from your app's page, "
    "Basic Information, App-Level Tokens (Socket Mode)",
    "SLACK_CLIENT_ID": _NO_OAUTH,
    "SLACK_CLIENT_SECRET": _NO_OAUTH,
    "SLACK_API_URL": "an address such as https://slack.com/api/",
    "BOT_MODE": "socket or http",
    "BOT_HOST": _HOST,
    "BOT_PORT": "a port number, 0 to 65535",
    "BOT_HEALTH_HOST": _HOST,
    "BOT_HEALTH_PORT": "a port number, 0 to 65535",
    "BOT_LANGUAGE": "en or pt-BR",
    "BOT_COMMAND": "a slash and up to 31 characters, without spaces or capitals, "
    "such as /voicestatus",
    "BOT_TIMEZONE": "a name of the tz database, such as America/Sao_Paulo",
    "BOT_SUPPORT_CONTACT": "up to 200 characters",
    "BOT_HASH_KEY": "at least 16 characters that nobody can guess, without a comment",
    "BOT_LOG_FORMAT": "text or json",
    "BOT_LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "GATEWAY_URL": "the address of the service, such as "
    "https://pw-api.com/voice/v_3_00/service.asmx, without user name and password",
    "GATEWAY_CREDENTIAL": "the 40-character Credencial of your Mobile Pronto account",
    "GATEWAY_TOKEN": "the 6-character Token of your Mobile Pronto account",
    "GATEWAY_SOAP_VERSION": "1.1 or 1.2",
    "GATEWAY_TIMEOUT_SECONDS": "seconds, more than 0 and up to 120",
    "GATEWAY_REQUESTS_PER_SECOND": "a number, more than 0 and up to 1000",
    "GATEWAY_MAX_CONCURRENCY": "a whole number, 1 to 1000",
    "GATEWAY_SUPPORT_CONTACT": "up to 200 characters",
    "GATEWAY_PROXY": _PROXY,
    "GATEWAY_CA_FILE": "a readable PEM file",
    "HTTPS_PROXY": _PROXY,
    "HTTP_PROXY": _PROXY,
    "NO_PROXY": "hosts, domains, addresses and networks such as slack.com,.example,10.0.0.0/8, "
    "each with a port if needed; * for all",
    "DATABASE_URL": "sqlite:///file.db or postgresql://…",
    "BOT_RETENTION_DAYS": "a whole number of days, 1 to 3650",
    "WATCH_INTERVALS_SECONDS": "seconds up to 86400, separated by commas, such as 15,30,60,120,300",
    "WATCH_LIMIT_MINUTES": "minutes, more than 0 and up to 1440",
    "WATCH_MAX_OPEN": "a whole number, 1 to 1000000",
    "WATCH_MAX_PER_USER": "a whole number, 1 to 1000000",
    "WATCH_MAX_PER_CHANNEL": "a whole number, 1 to 1000000",
    "WATCH_IN_DOUBT": "repeat or drop",
    "BULK_MAX_IDS": "a whole number, 10 to 10000",
    "ALLOWED_CHANNELS": "Slack channel ids such as C0123456789 (they begin with C, G or D and "
    "are at the bottom of a channel's details), separated by commas",
    "ALLOWED_USERS": _USER_IDS,
    "ADMIN_USERS": _USER_IDS,
    "ALLOW_EXTERNAL_USERS": "true or false",
    "ALLOW_CLEAR_TEXT": "true or false",
    "BOT_OWN_TEAMS": "ids of Slack workspaces and organisations such as T0123456789 or E0123456789 "
    "(Slack in a browser shows them in its address: app.slack.com/client/…), separated by commas",
}
