"""The address of a proxy as operators write it, for the gateway and for Slack.

Both tell their libraries address and credentials apart, since these do so by rules of their own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit


def read_proxy(proxy: str) -> tuple[str, Mapping[str, str]]:
    """The address without its credentials, and the header that carries them (RFC 9110, 11.7.2).

    Raises:
        ValueError: it is no address.
    """
    # Classes for URLs refuse some of what people have as user and password, such as a backslash.
    parts = urlsplit(proxy)
    keys, has_keys, place = parts.netloc.rpartition("@")
    address = f"{parts.scheme}://{place}"
    if not has_keys:
        return address, {}
    user, _, password = keys.partition(":")
    passport = f"{unquote(user)}:{unquote(password)}".encode(errors="surrogateescape")
    return address, {"Proxy-Authorization": f"Basic {b64encode(passport).decode()}"}
