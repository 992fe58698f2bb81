"""Refuses connections that leave the machine, and records them, so that no test can hide one."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

_OUTGOING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})

left_the_machine: list[str] = []


def _is_loopback(address: object) -> bool:
    if not isinstance(address, tuple):
        # A path of a Unix socket, or a connected socket that needs no address.
        return True
    host = str(address[0]).partition("%")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def guard(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to connect to other machines; as an audit hook it covers every library."""
    if event in _OUTGOING and not _is_loopback(arguments[1]):
        left_the_machine.append(f"{event} {arguments[1]}")
        raise ConnectionRefusedError("tests reach loopback addresses only")
