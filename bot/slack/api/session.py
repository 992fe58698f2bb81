"""The way to Slack: every connection, of the Web API, the socket, response URLs and files.

The session alone decides on proxies and certificates. Libraries read the environment by rules of
their own: slack-sdk ignores NO_PROXY, and aiohttp would take a user and password from `.netrc`.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp.connector import Connection
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.gateway.http.proxy import read_proxy
from bot.slack.api.addresses import ip_address, is_loopback

# The limit on a reply of Slack's, unpacked, and on a message of the socket. Files have their own.
MAX_REPLY_BYTES: Final = 1024 * 1024
# A proxy, and the headers for it.
_Way = tuple[URL | None, Mapping[str, str]]
_NO_WAY: Final[_Way] = (None, {})


class Proxies:
    """Which proxy leads to an address.

    Args:
        https: for https and wss, with user name and password if it needs them; empty for none.
        http: for http and ws.
        direct: what is reached without one, as NO_PROXY lists it. A host includes its subdomains.
    """

    def __init__(self, *, https: str = "", http: str = "", direct: Iterable[str] = ()) -> None:
        self._ways: Mapping[str, _Way] = {
            scheme: _way(proxy)
            for schemes, proxy in ((("https", "wss"), https), (("http", "ws"), http))
            for scheme in schemes
            if proxy
        }
        self._direct = tuple(_host_and_port(entry) for entry in direct)

    async def lead(
        self, request: aiohttp.ClientRequest, go_on: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send a request on its way, as middleware of the session."""
        proxy, keys = self._ways.get(request.url.scheme, _NO_WAY)
        if self.is_direct(request.url.host or "", request.url.port):
            proxy, keys = _NO_WAY
        request.update_proxy(proxy, None, dict(keys))
        # Without a tunnel the proxy reads the request itself.
        request.headers.update({} if request.is_ssl() else keys)
        return await go_on(request)

    def is_direct(self, host: str, port: int | None) -> bool:
        """Whether an address is reached without a proxy; this machine always is."""
        host = host.rstrip(".").lower()
        return is_loopback(host) or any(
            wanted in {"", str(port)} and _covers(name, host) for name, wanted in self._direct
        )


def _way(proxy: str) -> _Way:
    address, keys = read_proxy(proxy)
    return URL(address), keys


def _host_and_port(entry: str) -> tuple[str, str]:
    """The parts of an entry of NO_PROXY; the port may be empty."""
    entry = entry.lower().rpartition("://")[2].rstrip("/")
    name, _, port = entry.rpartition(":")
    # An address of IPv6 has colons too.
    if not port.isdecimal() or (":" in name and not name.endswith("]")):
        name, port = entry, ""
    name = name.replace("[", "").replace("]", "")
    return name.removeprefix("*.").strip("."), port


def _covers(name: str, host: str) -> bool:
    if not name:
        return False
    with suppress(ValueError):
        return ip_address(host) in ipaddress.ip_network(name, strict=False)
    return fnmatchcase(host, name) or host.endswith(f".{name}")


class ReplyTooLongError(aiohttp.ClientPayloadError):
    """A reply that is longer than `MAX_REPLY_BYTES`."""


class RedirectedError(aiohttp.ClientPayloadError):
    """A reply that leads elsewhere."""


class _Reply(aiohttp.ClientResponse):
    """A reply that is read up to a limit, and leads nowhere else."""

    def __repr__(self) -> str:
        # aiohttp's has the URL, and a response URL is a secret.
        return f"<{type(self).__name__} {self.status}>"

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the head.

        Raises:
            RedirectedError: it leads elsewhere. slack-sdk would follow, and send the token too.
        """
        await super().start(connection)
        if HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST:
            raise RedirectedError
        return self

    async def read(self) -> bytes:
        """The whole body.

        Raises:
            ReplyTooLongError: it is longer.
        """
        if self._body is None:
            received = bytearray()
            async for piece in self.content.iter_any():
                received += piece
                if len(received) > MAX_REPLY_BYTES:
                    self.close()
                    raise ReplyTooLongError
            self._body = bytes(received)
        return await super().read()


def open_session(
    *, proxies: Proxies | None = None, trust: ssl.SSLContext | bool = True
) -> aiohttp.ClientSession:
    """The one pool of connections to Slack, which the caller closes.

    Args:
        proxies: the ways to Slack; directly without any.
        trust: whose certificates count; those of the system without one.
    """
    return aiohttp.ClientSession(
        response_class=_Reply,
        connector=aiohttp.TCPConnector(ssl=trust),
        cookie_jar=aiohttp.DummyCookieJar(),
        # Whoever calls has a deadline of their own (`within`).
        timeout=aiohttp.ClientTimeout(),
        trust_env=False,
        middlewares=(proxies.lead,) if proxies else (),
    )


def web_client(*, token: str, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client of the Web API, over the session."""
    client = AsyncWebClient(token=token, base_url=api_url, session=session)
    # It has taken one from the environment.
    client.proxy = None
    return client
