"""URLs that files may be downloaded from and uploaded to.

A download carries the bot's token, which opens every file that the bot sees. The URL comes from
outside, so it counts as Slack's only if no URL parser can read another host in it.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_SLACK: Final = ("slack.com", "slack-gov.com")
_PORTS: Final = {"https": 443, "http": 80}
# Narrower than RFC 3986: user names, brackets and backslashes are excluded, because URL parsers
# disagree on the host of such URLs.
_ADDRESS: Final = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)(?::([0-9]{1,5}))?"
    r"/[!-\[\]-~]{0,4000}"
)

_Origin = tuple[str, str, int]


class FileAddresses:
    """Recognises URLs of Slack and of the configured Web API."""

    def __init__(self, api_url: str) -> None:
        parts = urlsplit(api_url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        self._api: _Origin = (parts.scheme, parts.hostname or "", port)

    def are_slacks(self, address: object) -> bool:
        """Whether this untrusted value is a URL on one of Slack's hosts."""
        origin = _origin(address)
        if origin is None:
            return False
        scheme, host, port = origin
        of_slack = any(host == name or host.endswith(f".{name}") for name in _SLACK)
        return origin == self._api or (of_slack and (scheme, port) == ("https", _PORTS["https"]))


def _origin(address: object) -> _Origin | None:
    found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if found is None:
        return None
    scheme, host, port = found.groups()
    return scheme, host.lower(), int(port) if port else _PORTS[scheme]
