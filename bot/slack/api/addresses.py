"""Addresses from outside: which are Slack's, and which are this machine's.

The bot sends its token and customers' data there. So an address counts as Slack's only if no URL
parser can read another host in it.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from typing import Final

_SLACK: Final = re.compile(r"(?:.+\.)?slack(?:-gov)?\.com")
_PORTS: Final = {"https": 443, "http": 80}
# Narrower than RFC 3986: user names, backslashes and other brackets are excluded, because URL
# parsers disagree on the host of such URLs.
_ADDRESS: Final = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?|\[[0-9A-Fa-f:]{2,39}\])"
    r"(?::([0-9]{1,5}))?/[!-\[\]-~]{0,4000}"
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


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IP address that a host is, of IPv4 if it is one in the form of IPv6.

    Raises:
        ValueError: it is a name.
    """
    address = ipaddress.ip_address(host)
    return getattr(address, "ipv4_mapped", None) or address
