"""What each setting means, its format, and where to get its value.

`make pages` generates docs/settings.md and .env.example from this.
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

HINTS: Final[Mapping[str, str]] = {
    "SLACK_BOT_TOKEN": "xoxb-…, from your app's page at api.slack.com/apps, OAuth & Permissions",
    "SLACK_SIGNING_SECRET": "from your app's page, Basic Information, App Credentials (HTTP mode)",
    "SLACK_APP_TOKEN": "xapp-… with the scope connections:write, from your app's page, "
    "Basic Information, App-Level Tokens (Socket Mode)",
    "SLACK_CLIENT_ID": "must not be set: this version serves one workspace, by SLACK_BOT_TOKEN; "
    "OAuth for many workspaces comes later",
    "SLACK_CLIENT_SECRET": "must not be set: this version serves one workspace, by "
    "SLACK_BOT_TOKEN; OAuth for many workspaces comes later",
    "SLACK_API_URL": "an address such as https://slack.com/api/",
    "BOT_MODE": "socket or http",
    "BOT_HOST": "a host name or address to listen on, such as 127.0.0.1",
    "BOT_PORT": "a port number, 0 to 65535",
    "BOT_LANGUAGE": "en or pt-BR",
    "BOT_COMMAND": "a slash and up to 31 characters, without spaces or capitals, "
    "such as /voicestatus",
    "BOT_TIMEZONE": "a name of the tz database, such as America/Sao_Paulo",
    "BOT_SUPPORT_CONTACT": "up to 200 characters",
    "BOT_HASH_KEY": "at least 16 characters that cannot be guessed",
    "BOT_LOG_FORMAT": "text or json",
    "BOT_LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "GATEWAY_URL": "the address of the service, such as "
    "https://pw-api.com/voice/v_3_00/service.asmx, without user name and password",
    "GATEWAY_CREDENTIAL": "the Credencial of 40 characters of your Mobile Pronto account",
    "GATEWAY_TOKEN": "the Token of 6 characters of your Mobile Pronto account",
    "GATEWAY_SOAP_VERSION": "1.1 or 1.2",
    "GATEWAY_TIMEOUT_SECONDS": "seconds, more than 0 and up to 120",
    "GATEWAY_REQUESTS_PER_SECOND": "a number, more than 0 and up to 1000",
    "GATEWAY_MAX_CONCURRENCY": "a whole number, 1 to 1000",
    "GATEWAY_SUPPORT_CONTACT": "up to 200 characters",
    "GATEWAY_PROXY": "an address such as http://proxy.example:3128",
    "GATEWAY_CA_FILE": "a PEM file that can be read",
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
    "are at the end of a channel's details), separated by commas",
    "ALLOWED_USERS": "Slack user ids such as U0123456789 (they begin with U or W; a profile's "
    "menu has Copy member ID), separated by commas",
    "ADMIN_USERS": "Slack user ids such as U0123456789 (they begin with U or W; a profile's "
    "menu has Copy member ID), separated by commas",
    "ALLOW_EXTERNAL_USERS": "true or false",
    "BOT_OWN_TEAMS": "ids of Slack workspaces and organisations such as T0123456789 or E0123456789 "
    "(Slack in a browser shows them in its address: app.slack.com/client/…), separated by commas",
}

# Each setting's meaning, in the sections and the order of docs/settings.md and .env.example.
MEANINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "Slack": {
        "SLACK_BOT_TOKEN": "The app's bot token.",
        "SLACK_APP_TOKEN": "For Socket Mode, which needs no public address: the app-level token.",
        "SLACK_SIGNING_SECRET": "For HTTP mode: the secret that Slack signs its requests with.",
        "SLACK_API_URL": "Base URL of Slack's Web API. GovSlack has another one.",
        "SLACK_CLIENT_ID": "Reserved for OAuth.",
        "SLACK_CLIENT_SECRET": "Reserved for OAuth.",
    },
    "Gateway": {
        "GATEWAY_CREDENTIAL": "The first of the gateway's two keys.",
        "GATEWAY_TOKEN": "The second of the gateway's two keys.",
        "GATEWAY_URL": "The gateway's address. The keys travel in the request's body, so use "
        "https.",
        "GATEWAY_SOAP_VERSION": "The SOAP version of the requests.",
        "GATEWAY_TIMEOUT_SECONDS": "How long one look-up may take, retries included.",
        "GATEWAY_REQUESTS_PER_SECOND": "The rate limit of all processes on one database together. "
        "Too many requests make the gateway answer 900.",
        "GATEWAY_MAX_CONCURRENCY": "How many requests may run at once, in all processes on one "
        "database together.",
        "GATEWAY_PROXY": "The proxy for requests to the gateway.",
        "GATEWAY_CA_FILE": "A private certificate authority to trust beside the system's.",
        "GATEWAY_SUPPORT_CONTACT": "Whom cards name beside the gateway's support, such as an "
        "e-mail address or a contract number.",
    },
    "The bot": {
        "BOT_MODE": "How Slack reaches the bot. Not set: socket if SLACK_APP_TOKEN is set, else "
        "http.",
        "BOT_HOST": "The address for health, metrics and, in HTTP mode, Slack's requests.",
        "BOT_PORT": "The port for the same.",
        "BOT_LANGUAGE": "The language of answers, unless a person or a channel has another. "
        "pt, pt_BR and en-US are understood too.",
        "BOT_COMMAND": "The slash command. The app's manifest must have the same one.",
        "BOT_TIMEZONE": "The time zone of times in texts that Slack does not localise.",
        "BOT_SUPPORT_CONTACT": "Whom cards name when this bot's admins must act.",
        "BOT_HASH_KEY": "The key of the hash that replaces an IDMSG in the log and the audit. "
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
        "ask.",
        "BOT_OWN_TEAMS": "Further workspaces and organisations whose people are colleagues: on "
        "Enterprise Grid, or after a merger.",
    },
    "Storage": {
        "DATABASE_URL": "Where everything is stored: a SQLite file, or "
        "postgresql://user:password@host/database.",
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
