"""The classes of the gateway's error tree, for tests that want each of them."""

from __future__ import annotations

from bot.gateway.protocol.errors import GatewayError


def descendants(cls: type[GatewayError]) -> list[type[GatewayError]]:
    """All classes below a class, in the order in which they are written."""
    return [one for child in cls.__subclasses__() for one in (child, *descendants(child))]


LEAVES = [cls for cls in descendants(GatewayError) if not cls.__subclasses__()]
