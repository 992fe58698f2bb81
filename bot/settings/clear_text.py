"""Addresses on other machines that would be reached without TLS."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from bot.settings.settings import Settings
from bot.settings.sources import Remark
from bot.slack.api.addresses import is_loopback

_HTTPS: Final = "Use https://"
_SSLMODE: Final = "Add sslmode=verify-full to it (or require)"
# As SQLAlchemy reads it: a password may have any character but an @.
_SERVER: Final = re.compile(
    r"postgresql://(?:[^:/]*(?::[^@]*)?@)?(?:\[([^/?]+)\]|([^/:?]+))?(?::[^/?]*)?(?:/[^?]*)?"
    r"(?:\?(.*))?",
    re.DOTALL,
)
_PREFERRED: Final = "prefer"
# With these, libpq refuses a server without TLS; with the last, one with a wrong certificate too.
_WITH_TLS: Final = ("require", "verify-ca", "verify-full")


def in_clear_text(settings: Settings) -> Iterator[Remark]:
    """The settings whose address is on another machine and may be without TLS."""
    for name, url, what in (
        ("GATEWAY_URL", settings.gateway_url, "the gateway's keys"),
        ("SLACK_API_URL", settings.slack_api_url, "the bot's token"),
    ):
        parts = urlsplit(url)
        if parts.scheme == "http" and not _is_here(parts.hostname or ""):
            yield _remark(name, what, _HTTPS)
    if sslmode_of(settings) not in {None, *_WITH_TLS}:
        yield _remark("DATABASE_URL", "everything stored", _SSLMODE)


def _remark(name: str, what: str, remedy: str) -> Remark:
    detail = f"leads to another machine without TLS, so {what} could be read in transit"
    return Remark(name, detail, remedy)


def sslmode_of(settings: Settings) -> str | None:
    """How PostgreSQL's connections are secured; `None` if the database is on this machine.

    https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
    """
    found = _SERVER.fullmatch(settings.database_url.get_secret_value())
    if found is None:
        return None
    asked = parse_qs(found[3] or "")
    hosts = [found[1] or found[2], *asked.get("host", ()), *asked.get("hostaddr", ())]
    if not any(hosts):
        hosts = [os.environ.get("PGHOST"), os.environ.get("PGHOSTADDR")]
    if all(_is_here(host) for one in hosts if one for host in one.split(",")):
        return None
    return str(asked.get("sslmode", [os.environ.get("PGSSLMODE", _PREFERRED)])[-1])


def _is_here(host: str) -> bool:
    """Whether it is this machine, or a socket in its file system."""
    host = host.rstrip(".").lower()
    return host.startswith(("/", "@")) or is_loopback(host) or is_loopback(host.partition(":")[0])
