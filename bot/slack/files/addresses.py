"""URLs that files may be downloaded from and uploaded to.

A download carries the bot's token, which opens every file that the bot sees. The URL comes from
outside, so it counts as Slack's only if no URL parser can read another host in it.
"""

from __future__ import annotations

import re
from typing import Final

_SLACK: Final = re.compile(r"(?:.+\.)?slack(?:-gov)?\.com")
_PORTS: Final = {"https": 443, "http": 80}
# Narrower than RFC 3986: user names, brackets and backslashes are excluded, because URL parsers
# disagree on the host of such URLs.
_ADDRESS: Final = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)(?::([0-9]{1,5}))?"
    r"/[!-\[\]-~]{0,4000}"
)


def is_slacks(address: object, api_url: str) -> bool:
    """Whether this untrusted value is a URL on one of Slack's hosts, or that of the Web API."""
    origin = _origin(address)
    if origin is None or origin == _origin(api_url):
        return origin is not None
    scheme, host, port = origin
    return (scheme, port) == ("https", _PORTS["https"]) and _SLACK.fullmatch(host) is not None


def _origin(address: object) -> tuple[str, str, int] | None:
    found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if found is None:
        return None
    scheme, host, port = found.groups()
    return scheme, host.lower(), int(port) if port else _PORTS[scheme]
